"""Talks of the chat archive, and the digests that came of them."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "archive_talk",
        sa.Column("id", _INT, nullable=False),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("external_userid", sa.String(64), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.Column("waits_since", sa.DateTime(), nullable=True),
        sa.Column("summed_to", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_talk")),
        sa.UniqueConstraint("place", "external_userid", name=op.f("uq_archive_talk_place_external_userid")),
    )
    op.create_index("ix_archive_talk_waits", "archive_talk", ["waits_since"])
    op.create_table(
        "archive_digest",
        sa.Column("entry_id", _INT, nullable=False),
        sa.Column("talk_id", _INT, nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["timeline_entry.id"], name=op.f("fk_archive_digest_entry_id_timeline_entry")
        ),
        sa.ForeignKeyConstraint(["talk_id"], ["archive_talk.id"], name=op.f("fk_archive_digest_talk_id_archive_talk")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_archive_digest")),
    )
    op.create_index(op.f("ix_archive_digest_talk_id"), "archive_digest", ["talk_id"])


def downgrade() -> None:
    op.drop_table("archive_digest")
    op.drop_table("archive_talk")
