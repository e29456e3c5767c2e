"""The archive's rows by state and age, and since when a consent is withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_archive_entry_state_seen", "archive_entry", ["state", "seen_at"])
    with op.batch_alter_table("archive_consent") as batch_op:
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(), nullable=True))
        batch_op.create_index(op.f("ix_archive_consent_withdrawn_at"), ["withdrawn_at"])
    op.execute("UPDATE archive_consent SET withdrawn_at = checked_at WHERE NOT agreed")


def downgrade() -> None:
    with op.batch_alter_table("archive_consent") as batch_op:
        batch_op.drop_index(op.f("ix_archive_consent_withdrawn_at"))
        batch_op.drop_column("withdrawn_at")
    op.drop_index("ix_archive_entry_state_seen", "archive_entry")
