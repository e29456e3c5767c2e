"""Digests of talks, their sentences, and the messages these cite."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _INT, nullable=nullable)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _to(column: str, table: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{of}_{column}_{table}"))


def upgrade() -> None:
    op.create_table(
        "digest",
        _number("id"),
        _text("public_id", 20),
        _number("entry_id"),
        _text("origin", 12),
        _text("engine", 12),
        _to("entry_id", "timeline_entry", "digest"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint("public_id", name=op.f("uq_digest_public_id")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_digest_entry_id")),
    )
    op.create_table(
        "digest_todo",
        _number("todo_id"),
        _number("digest_id"),
        _number("position"),
        _text("external_userid", 64),
        _to("todo_id", "todo", "digest_todo"),
        _to("digest_id", "digest", "digest_todo"),
        sa.PrimaryKeyConstraint("todo_id", name=op.f("pk_digest_todo")),
    )
    op.create_index(op.f("ix_digest_todo_digest_id"), "digest_todo", ["digest_id"])
    op.create_index(op.f("ix_digest_todo_external_userid"), "digest_todo", ["external_userid"])
    op.create_table(
        "digest_sentence",
        _number("digest_id"),
        _number("position"),
        _text("kind", 12),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("cites", sa.JSON(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        _to("digest_id", "digest", "digest_sentence"),
        sa.PrimaryKeyConstraint("digest_id", "position", name=op.f("pk_digest_sentence")),
    )
    op.create_table(
        "digest_message",
        _number("digest_id"),
        _number("number"),
        _text("speaker", 64),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        _to("digest_id", "digest", "digest_message"),
        sa.PrimaryKeyConstraint("digest_id", "number", name=op.f("pk_digest_message")),
    )


def downgrade() -> None:
    op.drop_table("digest_message")
    op.drop_table("digest_sentence")
    op.drop_table("digest_todo")
    op.drop_table("digest")
