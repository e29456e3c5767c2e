"""Tags, customer groups, 联系我 codes and the pulls that mirror them; a friendship tells more, a 忽略 its reason."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FOLLOW = (
    ("remark_corp_name", sa.String(128), "''"),
    ("state", sa.String(30), "''"),
    ("add_way", _INT, "0"),
    ("seen_in", _INT, "0"),
)


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _INT, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _to(column: str, table: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{of}_{column}_{table}"))


def _key(of: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*(columns or ("id",)), name=op.f(f"pk_{of}"))


def _once(of: str, column: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(column, name=op.f(f"uq_{of}_{column}"))


def upgrade() -> None:
    op.add_column("external_contact", _new("ignored_for", sa.String(10), "''"))
    for name, kind, usual in _FOLLOW:
        op.add_column("external_follow", _new(name, kind, usual))
    op.create_table(
        "corp_tag",
        _id(),
        _text("public_id", 20),
        _text("wecom_id", 64, nullable=True),
        _text("group_name", 64),
        _text("name", 64),
        _at("gone_at", nullable=True),
        _key("corp_tag"),
        _once("corp_tag", "public_id"),
        _once("corp_tag", "wecom_id"),
    )
    op.create_table(
        "follow_tag",
        _id("follow_id"),
        _id("tag_id"),
        _to("follow_id", "external_follow", "follow_tag"),
        _to("tag_id", "corp_tag", "follow_tag"),
        _key("follow_tag", "follow_id", "tag_id"),
    )
    op.create_index(op.f("ix_follow_tag_tag_id"), "follow_tag", ["tag_id"])
    op.create_table(
        "tag_change",
        _id(),
        _text("verb", 8),
        _id("tag_id"),
        _id("follow_id", nullable=True),
        _id("made_by_id"),
        _at("made_at"),
        _id("tries"),
        _at("next_at"),
        _at("done_at", nullable=True),
        _text("error", 255),
        sa.CheckConstraint("(verb = 'add') = (follow_id IS NULL)", name=op.f("ck_tag_change_about")),
        _to("tag_id", "corp_tag", "tag_change"),
        _to("follow_id", "external_follow", "tag_change"),
        _to("made_by_id", "person", "tag_change"),
        _key("tag_change"),
    )
    op.create_index("ix_tag_change_waiting", "tag_change", ["done_at", "next_at"])
    op.create_index("ix_tag_change_follow", "tag_change", ["follow_id", "done_at"])
    op.create_table(
        "customer_group",
        _id(),
        _text("chat_id", 64),
        _text("name", 128),
        _id("owner_id", nullable=True),
        _at("made_at"),
        _at("dissolved_at", nullable=True),
        _id("seen_in"),
        _to("owner_id", "person", "customer_group"),
        _key("customer_group"),
        _once("customer_group", "chat_id"),
    )
    op.create_index(op.f("ix_customer_group_owner_id"), "customer_group", ["owner_id"])
    op.create_table(
        "customer_group_member",
        _id("group_id"),
        _text("key", 64),
        sa.Column("outside", sa.Boolean(), nullable=False),
        _text("name", 128),
        _id("person_id", nullable=True),
        _at("joined_at"),
        _to("group_id", "customer_group", "customer_group_member"),
        _to("person_id", "person", "customer_group_member"),
        _key("customer_group_member", "group_id", "key"),
    )
    for column in ("person_id", "key"):
        op.create_index(op.f(f"ix_customer_group_member_{column}"), "customer_group_member", [column])
    op.create_table(
        "mirror_pull",
        _id(),
        _text("stretch", 16),
        _text("after", 64),
        sa.Column("members", sa.JSON(), nullable=False),
        _text("cursor", 512),
        _at("since"),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        _at("began_at"),
        _at("done_at", nullable=True),
        _key("mirror_pull"),
    )
    op.create_index(op.f("ix_mirror_pull_done_at"), "mirror_pull", ["done_at"])
    op.create_table(
        "contact_way",
        _id(),
        _text("public_id", 20),
        _text("state", 30),
        _id("person_id"),
        _id("lead_source_id", nullable=True),
        _id("customer_id", nullable=True),
        _text("name", 64),
        _text("config_id", 64),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        _id("made_by_id"),
        _at("made_at"),
        _at("closed_at", nullable=True),
        _to("person_id", "person", "contact_way"),
        _to("lead_source_id", "lead_source", "contact_way"),
        _to("customer_id", "customer", "contact_way"),
        _to("made_by_id", "person", "contact_way"),
        _key("contact_way"),
        _once("contact_way", "public_id"),
        _once("contact_way", "state"),
    )
    for column in ("person_id", "customer_id"):
        op.create_index(op.f(f"ix_contact_way_{column}"), "contact_way", [column])


def _new(name: str, kind: sa.types.TypeEngine[Any], usual: str) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, server_default=sa.text(usual))


def downgrade() -> None:
    for table in ("contact_way", "mirror_pull", "customer_group_member", "customer_group"):
        op.drop_table(table)
    for table in ("tag_change", "follow_tag", "corp_tag"):
        op.drop_table(table)
    for name, _, _ in reversed(_FOLLOW):
        op.drop_column("external_follow", name)
    op.drop_column("external_contact", "ignored_for")
