"""Who may see and edit what beyond his role."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "customer_share",
        sa.Column("id", _id(), nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("customer_id", _id(), nullable=False),
        sa.Column("person_id", _id(), nullable=False),
        sa.Column("access", sa.String(length=8), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("credit_percent", _id(), nullable=False),
        sa.Column("granted_by_id", _id(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_by_id", _id(), nullable=True),
        sa.CheckConstraint("credit_percent BETWEEN 0 AND 100", name=op.f("ck_customer_share_credit")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_share_customer_id_customer")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_customer_share_person_id_person")),
        sa.ForeignKeyConstraint(["granted_by_id"], ["person.id"], name=op.f("fk_customer_share_granted_by_id_person")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["person.id"], name=op.f("fk_customer_share_ended_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_share")),
        sa.UniqueConstraint("public_id", name=op.f("uq_customer_share_public_id")),
    )
    op.create_index(op.f("ix_customer_share_customer_id"), "customer_share", ["customer_id"])
    op.create_index("ix_customer_share_person_live", "customer_share", ["person_id", "ended_at", "until"])
    op.create_table(
        "field_grant",
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("record", sa.String(length=16), nullable=False),
        sa.Column("group_key", sa.String(length=40), nullable=False),
        sa.Column("may_read", sa.Boolean(), nullable=False),
        sa.Column("may_edit", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor_id", _id(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_field_grant_actor_id_person")),
        sa.PrimaryKeyConstraint("role", "record", "group_key", name=op.f("pk_field_grant")),
    )
    op.create_table(
        "look_count",
        sa.Column("person_id", _id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("count", _id(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_look_count_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", "day", "kind", name=op.f("pk_look_count")),
    )


def downgrade() -> None:
    op.drop_table("look_count")
    op.drop_table("field_grant")
    op.drop_table("customer_share")
