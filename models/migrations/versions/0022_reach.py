"""Reminders that one message tells together, and who has been shown how to begin."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TO_BUNDLE = "fk_outbox_message_folded_into_id_outbox_message"


def upgrade() -> None:
    with op.batch_alter_table("outbox_message") as batch_op:
        batch_op.add_column(sa.Column("folded_into_id", _INT, nullable=True))
        batch_op.add_column(sa.Column("card_plan", sa.JSON(), nullable=True))
        batch_op.create_foreign_key(op.f(_TO_BUNDLE), "outbox_message", ["folded_into_id"], ["id"], ondelete="SET NULL")
        batch_op.create_index(op.f("ix_outbox_message_folded_into_id"), ["folded_into_id"])
    op.add_column("person", sa.Column("welcomed_at", sa.DateTime(), nullable=True))
    # Who is here already has found his way.
    op.execute("UPDATE person SET welcomed_at = changed_at")


def downgrade() -> None:
    op.drop_column("person", "welcomed_at")
    with op.batch_alter_table("outbox_message") as batch_op:
        batch_op.drop_index(op.f("ix_outbox_message_folded_into_id"))
        batch_op.drop_constraint(op.f(_TO_BUNDLE), type_="foreignkey")
        batch_op.drop_column("card_plan")
        batch_op.drop_column("folded_into_id")
