"""Files that belong to a customer."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_PURGED = sa.text("purged_at IS NULL")


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", _id(), nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("customer_id", _id(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("note", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("size", _id(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", _id(), nullable=True),
        sa.Column("height", _id(), nullable=True),
        sa.Column("stored_name", sa.String(length=40), nullable=False),
        sa.Column("shown_name", sa.String(length=40), nullable=False),
        sa.Column("shown_kind", sa.String(length=8), nullable=False),
        sa.Column("thumb_name", sa.String(length=40), nullable=False),
        sa.Column("thumb_kind", sa.String(length=8), nullable=False),
        sa.Column("uploaded_by_id", _id(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("entry_id", _id(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.Column("removed_by_id", _id(), nullable=True),
        sa.Column("purged_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_attachment_customer_id_customer")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["person.id"], name=op.f("fk_attachment_uploaded_by_id_person")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["timeline_entry.id"], name=op.f("fk_attachment_entry_id_timeline_entry")
        ),
        sa.ForeignKeyConstraint(["removed_by_id"], ["person.id"], name=op.f("fk_attachment_removed_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("public_id", name=op.f("uq_attachment_public_id")),
    )
    op.create_index("ix_attachment_customer_at", "attachment", ["customer_id", "at"])
    op.create_index("ix_attachment_uploader_at", "attachment", ["uploaded_by_id", "at"])
    for name in ("stored_name", "shown_name", "thumb_name", "removed_at"):
        op.create_index(f"ix_attachment_{name}", "attachment", [name], sqlite_where=_PURGED, postgresql_where=_PURGED)


def downgrade() -> None:
    op.drop_table("attachment")
