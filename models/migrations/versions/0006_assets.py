"""Merges and collisions."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "customer_merge",
        sa.Column("id", _ID, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("winner_id", _ID, nullable=False),
        sa.Column("loser_id", _ID, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor_id", _ID, nullable=False),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.Column("undone_by_id", _ID, nullable=True),
        sa.ForeignKeyConstraint(["winner_id"], ["customer.id"], name=op.f("fk_customer_merge_winner_id_customer")),
        sa.ForeignKeyConstraint(["loser_id"], ["customer.id"], name=op.f("fk_customer_merge_loser_id_customer")),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_customer_merge_actor_id_person")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["person.id"], name=op.f("fk_customer_merge_undone_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_merge")),
        sa.UniqueConstraint("public_id", name=op.f("uq_customer_merge_public_id")),
    )
    for column in ("winner_id", "loser_id", "at"):
        op.create_index(op.f(f"ix_customer_merge_{column}"), "customer_merge", [column])
    op.create_table(
        "merged_cell",
        sa.Column("id", _ID, nullable=False),
        sa.Column("merge_id", _ID, nullable=False),
        sa.Column("table_name", sa.String(63), nullable=False),
        sa.Column("row_key", sa.String(120), nullable=False),
        sa.Column("column_name", sa.String(63), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merge_id"], ["customer_merge.id"], name=op.f("fk_merged_cell_merge_id_customer_merge")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merged_cell")),
    )
    op.create_index("ix_merged_cell_merge", "merged_cell", ["merge_id", "id"])


def downgrade() -> None:
    op.drop_table("merged_cell")
    op.drop_table("customer_merge")
