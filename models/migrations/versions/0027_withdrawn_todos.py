"""A to-do that was taken back is not one that was done; a talk that was summed up is known again;
what goes out is listed by when it is due.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_outbox_message_due_at"), "outbox_message", ["due_at"])
    op.add_column("digest", sa.Column("talk_print", sa.String(64), server_default="", nullable=False))
    op.add_column("todo", sa.Column("withdrawn_at", sa.DateTime(), nullable=True))
    # Until now both had the same mark; the audit book knows which of them nobody did.
    op.execute(
        "UPDATE todo SET withdrawn_at = done_at, done_at = NULL WHERE done_at IS NOT NULL"
        " AND id IN (SELECT CAST(substr(subject, 6) AS BIGINT) FROM audit_entry WHERE verb = 'drop_todo')"
    )


def downgrade() -> None:
    op.execute("UPDATE todo SET done_at = withdrawn_at WHERE withdrawn_at IS NOT NULL")
    op.drop_column("todo", "withdrawn_at")
    op.drop_column("digest", "talk_print")
    op.drop_index(op.f("ix_outbox_message_due_at"), "outbox_message")
