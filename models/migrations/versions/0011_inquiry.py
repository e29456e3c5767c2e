"""客户询盘 is a source that leads and channels know: customers may have it as well, on forms and in imports."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_FIELD = sa.table(
    "field_definition", sa.column("id"), sa.column("object_kind"), sa.column("key"), sa.column("built_in")
)
_OPTION = sa.table("field_option", sa.column("field_id"), sa.column("key"), sa.column("label"), sa.column("position"))


def _source() -> int | None:
    mine = (_FIELD.c.object_kind == "customer", _FIELD.c.key == "source", _FIELD.c.built_in.is_(True))
    return op.get_bind().scalar(sa.select(_FIELD.c.id).where(*mine))


def upgrade() -> None:
    field = _source()
    if field is not None:
        last = sa.select(sa.func.max(_OPTION.c.position)).where(_OPTION.c.field_id == field)
        place = 1 + (op.get_bind().scalar(last) or 0)
        row = {"field_id": field, "key": "inquiry", "label": "客户询盘", "position": place}
        op.execute(sa.insert(_OPTION).values(row))


def downgrade() -> None:
    op.execute(sa.delete(_OPTION).where(_OPTION.c.field_id == _source(), _OPTION.c.key == "inquiry"))
