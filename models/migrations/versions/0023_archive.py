"""The chat archive: entries, how far they were pulled, gaps, and who agreed."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "archive_entry",
        sa.Column("id", _INT, nullable=False),
        sa.Column("seq", _INT, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("msgid", sa.String(128), nullable=True),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("person_id", _INT, nullable=True),
        sa.Column("external_userid", sa.String(64), nullable=False),
        sa.Column("room_id", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recalls", sa.String(128), nullable=False),
        sa.Column("recalled_at", sa.DateTime(), nullable=True),
        sa.Column("summed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_archive_entry_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_entry")),
        sa.UniqueConstraint("seq", name=op.f("uq_archive_entry_seq")),
        sa.UniqueConstraint("msgid", name=op.f("uq_archive_entry_msgid")),
    )
    with op.batch_alter_table("archive_entry") as batch_op:
        batch_op.create_index("ix_archive_entry_external_at", ["external_userid", "at"])
        batch_op.create_index(op.f("ix_archive_entry_person_id"), ["person_id"])
        batch_op.create_index(op.f("ix_archive_entry_room_id"), ["room_id"])
        batch_op.create_index(op.f("ix_archive_entry_recalls"), ["recalls"])
    op.create_table(
        "archive_cursor",
        sa.Column("id", _INT, nullable=False),
        sa.Column("seq", _INT, nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("caught_up_at", sa.DateTime(), nullable=True),
        sa.Column("trouble", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_cursor")),
    )
    op.create_table(
        "archive_gap",
        sa.Column("id", _INT, nullable=False),
        sa.Column("first", _INT, nullable=False),
        sa.Column("last", _INT, nullable=False),
        sa.Column("reason", sa.String(12), nullable=False),
        sa.Column("key_version", _INT, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("found_at", sa.DateTime(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("tries", _INT, nullable=False),
        sa.Column("told", sa.String(8), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_gap")),
    )
    op.create_index("ix_archive_gap_state_next", "archive_gap", ["state", "next_at"])
    op.create_table(
        "archive_consent",
        sa.Column("id", _INT, nullable=False),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("external_userid", sa.String(64), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=True),
        sa.Column("checked_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_consent")),
        sa.UniqueConstraint("place", "external_userid", name=op.f("uq_archive_consent_place_external_userid")),
    )
    op.create_index(op.f("ix_archive_consent_external_userid"), "archive_consent", ["external_userid"])
    op.create_table(
        "archive_purge",
        sa.Column("external_userid", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("external_userid", name=op.f("pk_archive_purge")),
    )


def downgrade() -> None:
    for table in ("archive_purge", "archive_consent", "archive_gap", "archive_cursor", "archive_entry"):
        op.drop_table(table)
