"""Merges and collisions."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# What the radar compares besides names.
_COMPARED = (("customer", "phone"), ("customer", "website"), ("contact", "phone"))
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
    op.create_table(
        "collision",
        sa.Column("id", _ID, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("customer_id", _ID, nullable=False),
        sa.Column("asked_by_id", _ID, nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("name_key", sa.String(128), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("escalated_at", sa.DateTime(), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by_id", _ID, nullable=True),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("effect", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_collision_customer_id_customer")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_collision_asked_by_id_person")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_collision_decided_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collision")),
        sa.UniqueConstraint("public_id", name=op.f("uq_collision_public_id")),
    )
    for column in ("customer_id", "asked_by_id", "due_at"):
        op.create_index(op.f(f"ix_collision_{column}"), "collision", [column])
    still_open = sa.text("decided_at IS NULL")
    op.create_index(
        "uq_collision_open",
        "collision",
        ["customer_id", "asked_by_id"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_table(
        "collision_vote",
        sa.Column("collision_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("side", sa.String(8), nullable=False),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collision_id"], ["collision.id"], name=op.f("fk_collision_vote_collision_id_collision")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_collision_vote_person_id_person")),
        sa.PrimaryKeyConstraint("collision_id", "person_id", name=op.f("pk_collision_vote")),
    )
    op.create_table(
        "radar_rule",
        sa.Column("entry", sa.String(10), nullable=False),
        sa.Column("evidence", sa.String(10), nullable=False),
        sa.Column("weight", sa.String(8), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor_id", _ID, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_radar_rule_actor_id_person")),
        sa.PrimaryKeyConstraint("entry", "evidence", name=op.f("pk_radar_rule")),
    )
    for table, column in _COMPARED:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table, column in _COMPARED:
        op.drop_index(op.f(f"ix_{table}_{column}"), table)
    op.drop_table("radar_rule")
    op.drop_table("collision_vote")
    op.drop_table("collision")
    op.drop_table("merged_cell")
    op.drop_table("customer_merge")
