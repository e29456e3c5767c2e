"""A column of the board by amount and by age is read from an index as far as its page goes."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_deal_stage_amount", "deal", ["stage_id", "amount"])
    op.create_index("ix_deal_stage_created", "deal", ["stage_id", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_deal_stage_created", "deal")
    op.drop_index("ix_deal_stage_amount", "deal")
