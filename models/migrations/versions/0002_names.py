"""The index of company names."""

import sqlalchemy as sa
from alembic import op
from opencc import OpenCC

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
    _simplify_keys()


def _simplify_keys() -> None:
    """Keys of names are simplified from here on, letter by letter; the new table is filled by `flask db upgrade`."""
    connection, simplify = op.get_bind(), OpenCC("t2s").convert
    customer = sa.table("customer", sa.column("id", _ID), sa.column("name_key", sa.String()))
    for number, key in connection.execute(sa.select(customer.c.id, customer.c.name_key)).all():
        simple = "".join(simplify(simplify(letter)) for letter in key) if not key.isascii() else key
        if simple != key:
            connection.execute(customer.update().where(customer.c.id == number).values(name_key=simple))


def downgrade() -> None:
    op.drop_table("name_posting")
    op.drop_table("company_name")
