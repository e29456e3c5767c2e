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
        "form_knock",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("hour", sa.DateTime(), nullable=False),
        sa.Column("count", _ID, nullable=False),
        sa.PrimaryKeyConstraint("key", "hour", name=op.f("pk_form_knock")),
    )
    op.create_index(op.f("ix_form_knock_hour"), "form_knock", ["hour"])
    op.create_table(
        "project_block",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_project_block")),
    )
    op.create_table(
        "lead_source",
        sa.Column("id", _ID, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("inlet", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("campaign_id", _ID, nullable=True),
        sa.Column("owner_id", _ID, nullable=True),
        sa.Column("team_id", _ID, nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by_id", _ID, nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_lead_source_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_lead_source_created_by_id_person")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_lead_source_owner_id_person")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_lead_source_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_source")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lead_source_public_id")),
        sa.UniqueConstraint("state", name=op.f("uq_lead_source_state")),
        sa.UniqueConstraint("token", name=op.f("uq_lead_source_token")),
    )
    op.create_index(op.f("ix_lead_source_campaign_id"), "lead_source", ["campaign_id"])
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
        "lead",
        sa.Column("id", _ID, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("company", sa.String(length=128), nullable=False),
        sa.Column("company_key", sa.String(length=128), nullable=False),
        sa.Column("contact_name", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=128), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("remark", sa.String(length=255), nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("inlet", sa.String(length=16), nullable=False),
        sa.Column("lead_source_id", _ID, nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("campaign_id", _ID, nullable=True),
        sa.Column("external_contact_id", _ID, nullable=True),
        sa.Column("owner_id", _ID, nullable=True),
        sa.Column("team_id", _ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("customer_id", _ID, nullable=True),
        sa.Column("rival_id", _ID, nullable=True),
        sa.Column("deal_id", _ID, nullable=True),
        sa.Column("invalid_reason", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by_id", _ID, nullable=True),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("late_at", sa.DateTime(), nullable=False),
        sa.Column("first_response_at", sa.DateTime(), nullable=True),
        sa.Column("response_kind", sa.String(length=8), nullable=False),
        sa.Column("converted_at", sa.DateTime(), nullable=True),
        sa.Column("turn", _ID, nullable=False),
        sa.CheckConstraint("state <> 'converted' OR customer_id IS NOT NULL", name=op.f("ck_lead_converted")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_lead_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_lead_created_by_id_person")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_lead_customer_id_customer")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_lead_deal_id_deal")),
        sa.ForeignKeyConstraint(
            ["external_contact_id"], ["external_contact.id"], name=op.f("fk_lead_external_contact_id_external_contact")
        ),
        sa.ForeignKeyConstraint(
            ["lead_source_id"], ["lead_source.id"], name=op.f("fk_lead_lead_source_id_lead_source")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_lead_owner_id_person")),
        sa.ForeignKeyConstraint(["rival_id"], ["customer.id"], name=op.f("fk_lead_rival_id_customer")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_lead_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lead_public_id")),
    )
    op.create_index(op.f("ix_lead_campaign_id"), "lead", ["campaign_id"])
    op.create_index(op.f("ix_lead_company_key"), "lead", ["company_key"])
    op.create_index(op.f("ix_lead_created_at"), "lead", ["created_at"])
    op.create_index(op.f("ix_lead_customer_id"), "lead", ["customer_id"])
    op.create_index(op.f("ix_lead_deal_id"), "lead", ["deal_id"])
    op.create_index(op.f("ix_lead_external_contact_id"), "lead", ["external_contact_id"])
    op.create_index(op.f("ix_lead_lead_source_id"), "lead", ["lead_source_id"])
    op.create_index("ix_lead_owner_state", "lead", ["owner_id", "state"])
    op.create_index(op.f("ix_lead_rival_id"), "lead", ["rival_id"])
    op.create_index("ix_lead_source_campaign", "lead", ["source", "campaign_id", "created_at"])
    op.create_index("ix_lead_state_due", "lead", ["state", "due_at"])
    op.create_index("ix_lead_team_state", "lead", ["team_id", "state"])
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
    op.create_table(
        "lead_event",
        sa.Column("id", _ID, nullable=False),
        sa.Column("lead_id", _ID, nullable=False),
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor_id", _ID, nullable=True),
        sa.Column("words", sa.String(length=255), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_lead_event_actor_id_person")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_event_lead_id_lead")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_event")),
    )
    op.create_index(op.f("ix_lead_event_lead_id"), "lead_event", ["lead_id"])


def downgrade() -> None:
    op.drop_table("lead_event")
    op.drop_table("project_registration")
    op.drop_table("project_party")
    op.drop_table("lead")
    op.drop_table("project")
    op.drop_table("lead_source")
    op.drop_table("project_block")
    op.drop_table("form_knock")
