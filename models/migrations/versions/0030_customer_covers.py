"""Figures over deals and channels without a look at every customer."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_MERGED = sa.text("merged_into_id IS NOT NULL")


def upgrade() -> None:
    made = ["created_at", "source", "campaign_id", "merged_into_id", "owner_id", "queue_team_id", "id"]
    op.create_index("ix_customer_made", "customer", made)
    op.create_index(
        "ix_customer_merged_into_id", "customer", ["merged_into_id"], sqlite_where=_MERGED, postgresql_where=_MERGED
    )


def downgrade() -> None:
    op.drop_index("ix_customer_merged_into_id", "customer")
    op.drop_index("ix_customer_made", "customer")
