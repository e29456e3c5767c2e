"""PostgreSQL learns that a choice belongs to one field: it took the rows of one for a tenth of what they are."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE STATISTICS st_field_value_field_id_option_id (dependencies, mcv) "
            "ON field_id, option_id FROM field_value"
        )
        op.execute("ANALYZE field_value")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP STATISTICS st_field_value_field_id_option_id")
