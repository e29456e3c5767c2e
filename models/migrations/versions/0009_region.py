"""A customer's region is no way to reach it: whoever sees the customer may read it, and look for customers by it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_GROUP = sa.table("field_group", sa.column("id"), sa.column("object_kind"), sa.column("key"))
_FIELD = sa.table(
    "field_definition", sa.column("object_kind"), sa.column("key"), sa.column("built_in"), sa.column("group_id")
)


def _move(was: str, to: str) -> None:
    """Under the other heading, unless operations have put it somewhere else."""

    def heading(key: str) -> sa.ScalarSelect[int]:
        mine = (_GROUP.c.object_kind == "customer", _GROUP.c.key == key)
        return sa.select(_GROUP.c.id).where(*mine).scalar_subquery()

    region = (_FIELD.c.object_kind == "customer", _FIELD.c.key == "region", _FIELD.c.built_in.is_(True))
    op.execute(sa.update(_FIELD).where(*region, _FIELD.c.group_id == heading(was)).values(group_id=heading(to)))


def upgrade() -> None:
    _move("reach", "basic")


def downgrade() -> None:
    _move("basic", "reach")
