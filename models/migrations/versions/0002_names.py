"""The index of company names."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "company_name",
        sa.Column("id", _ID, nullable=False),
        sa.Column("customer_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_company_name_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_name")),
    )
    op.create_index(op.f("ix_company_name_customer_id"), "company_name", ["customer_id"])
    op.create_index(op.f("ix_company_name_key"), "company_name", ["key"])
    op.create_table(
        "name_posting",
        sa.Column("id", _ID, nullable=False),
        sa.Column("token", _ID, nullable=False),
        sa.Column("many", _ID, nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_name_posting")),
    )
    op.create_index(op.f("ix_name_posting_token"), "name_posting", ["token"])


def downgrade() -> None:
    op.drop_table("name_posting")
    op.drop_table("company_name")
