"""Who published which version of a pipeline and when."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("pipeline") as batch_op:
        batch_op.add_column(sa.Column("published_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("published_by_id", _INT, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_pipeline_published_by_id_person"), "person", ["published_by_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("pipeline") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_pipeline_published_by_id_person"), type_="foreignkey")
        batch_op.drop_column("published_by_id")
        batch_op.drop_column("published_at")
