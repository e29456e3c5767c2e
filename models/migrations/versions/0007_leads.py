"""Projects, leads and where they come from."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "project_block",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_project_block")),
    )
    op.create_table(
        "project",
        sa.Column("id", _ID, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("end_user_id", _ID, nullable=True),
        sa.Column("end_user", sa.String(length=128), nullable=False),
        sa.Column("user_key", sa.String(length=128), nullable=False),
        sa.Column("site", sa.String(length=255), nullable=False),
        sa.Column("tender_no", sa.String(length=64), nullable=False),
        sa.Column("tender_key", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_project_created_by_id_person")),
        sa.ForeignKeyConstraint(["end_user_id"], ["customer.id"], name=op.f("fk_project_end_user_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("public_id", name=op.f("uq_project_public_id")),
    )
    op.create_index(op.f("ix_project_created_by_id"), "project", ["created_by_id"])
    op.create_index(op.f("ix_project_end_user_id"), "project", ["end_user_id"])
    op.create_index(op.f("ix_project_state"), "project", ["state"])
    op.create_index(op.f("ix_project_tender_key"), "project", ["tender_key"])
    op.create_index(op.f("ix_project_user_key"), "project", ["user_key"])
    op.create_table(
        "project_party",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("customer_id", _ID, nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.Column("added_by_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name=op.f("fk_project_party_added_by_id_person")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_project_party_customer_id_customer")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_party_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_party")),
    )
    op.create_index(op.f("ix_project_party_customer_id"), "project_party", ["customer_id"])
    op.create_index(op.f("ix_project_party_project_id"), "project_party", ["project_id"])
    op.create_table(
        "project_registration",
        sa.Column("id", _ID, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("dealer_id", _ID, nullable=False),
        sa.Column("rep_id", _ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("extensions", _ID, nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_by_id", _ID, nullable=True),
        sa.Column("behind_id", _ID, nullable=True),
        sa.CheckConstraint("expires_at > registered_at", name=op.f("ck_project_registration_forward")),
        sa.ForeignKeyConstraint(
            ["behind_id"],
            ["project_registration.id"],
            name=op.f("fk_project_registration_behind_id_project_registration"),
        ),
        sa.ForeignKeyConstraint(
            ["dealer_id"], ["customer.id"], name=op.f("fk_project_registration_dealer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["person.id"], name=op.f("fk_project_registration_ended_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_project_registration_project_id_project")
        ),
        sa.ForeignKeyConstraint(["rep_id"], ["person.id"], name=op.f("fk_project_registration_rep_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_registration")),
        sa.UniqueConstraint("public_id", name=op.f("uq_project_registration_public_id")),
    )
    op.create_index(op.f("ix_project_registration_behind_id"), "project_registration", ["behind_id"])
    op.create_index(op.f("ix_project_registration_dealer_id"), "project_registration", ["dealer_id"])
    op.create_index(op.f("ix_project_registration_expires_at"), "project_registration", ["expires_at"])
    op.create_index(op.f("ix_project_registration_project_id"), "project_registration", ["project_id"])
    op.create_index(op.f("ix_project_registration_rep_id"), "project_registration", ["rep_id"])


def downgrade() -> None:
    op.drop_table("project_registration")
    op.drop_table("project_party")
    op.drop_table("project")
    op.drop_table("project_block")
