"""Who extended a registration last, and when: for whom and how long that can be taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("project_registration") as batch_op:
        batch_op.add_column(sa.Column("extended_at", sa.DateTime(), nullable=True))
        batch_op.add_column(
            sa.Column("extended_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_project_registration_extended_by_id_person"), "person", ["extended_by_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("project_registration") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_project_registration_extended_by_id_person"), type_="foreignkey")
        batch_op.drop_column("extended_by_id")
        batch_op.drop_column("extended_at")
