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
        sa.Column("summed_at", sa.DateTime(), nullable=True),
        sa.Column("rests_until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_talk")),
        sa.UniqueConstraint("place", "external_userid", name=op.f("uq_archive_talk_place_external_userid")),
    )
    op.create_index("ix_archive_talk_waits", "archive_talk", ["waits_since"])
    op.create_index(op.f("ix_archive_talk_external_userid"), "archive_talk", ["external_userid"])
    op.create_table(
        "archive_digest",
        sa.Column("digest_id", _INT, nullable=False),
        sa.Column("talk_id", _INT, nullable=False),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("fk_archive_digest_digest_id_digest")),
        sa.ForeignKeyConstraint(["talk_id"], ["archive_talk.id"], name=op.f("fk_archive_digest_talk_id_archive_talk")),
        sa.PrimaryKeyConstraint("digest_id", name=op.f("pk_archive_digest")),
    )
    op.create_index(op.f("ix_archive_digest_talk_id"), "archive_digest", ["talk_id"])
    op.create_table(
        "archive_cited",
        sa.Column("digest_id", _INT, nullable=False),
        sa.Column("number", _INT, nullable=False),
        sa.Column("seq", _INT, nullable=False),
        sa.Column("external_userid", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("fk_archive_cited_digest_id_digest")),
        sa.PrimaryKeyConstraint("digest_id", "number", name=op.f("pk_archive_cited")),
    )
    op.create_index(op.f("ix_archive_cited_seq"), "archive_cited", ["seq"])
    op.create_index(op.f("ix_archive_cited_external_userid"), "archive_cited", ["external_userid"])


def downgrade() -> None:
    op.drop_table("archive_cited")
    op.drop_table("archive_digest")
    op.drop_table("archive_talk")
