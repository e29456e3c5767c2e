"""Products, dated prices and rates, quotes and their contests; an approval may be about a quote."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MONEY = sa.Numeric(15, 2)
_WAITING = sa.text("state = 'waiting'")
_UNDECIDED = sa.text("decided_at IS NULL")
_RULE = sa.table(
    "approval_rule", *(sa.column(name) for name in ("id", "public_id", "name", "stage_key", "measure", "bound")),
    sa.column("made_at", sa.DateTime()),
)  # fmt: skip
_APPROVAL = sa.table("approval", sa.column("id"), sa.column("quote_id"))
_STEP = sa.table(
    "approval_rule_step", *(sa.column(name) for name in ("rule_id", "position", "mode")), sa.column("seats", sa.JSON())
)


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _INT, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(), nullable=nullable)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _to(column: str, table: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{of}_{column}_{table}"))


def _keys(of: str) -> tuple[sa.PrimaryKeyConstraint, sa.UniqueConstraint]:
    return (
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{of}")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{of}_public_id")),
    )


def upgrade() -> None:
    op.create_table(
        "product",
        _id(),
        _text("public_id", 20),
        _text("model", 64),
        _text("model_key", 64),
        _text("name", 64),
        _text("calibre", 32),
        _text("pressure", 32),
        _text("material", 32),
        _text("unit", 8),
        _id("made_by_id"),
        _at("made_at"),
        _at("retired_at", nullable=True),
        _id("version"),
        _to("made_by_id", "person", "product"),
        sa.UniqueConstraint("model_key", name=op.f("uq_product_model_key")),
        *_keys("product"),
    )
    op.create_table(
        "rate",
        _text("currency", 3),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("to_yuan", sa.Numeric(18, 6), nullable=False),
        _id("made_by_id"),
        _at("made_at"),
        _to("made_by_id", "person", "rate"),
        sa.PrimaryKeyConstraint("currency", "day", name=op.f("pk_rate")),
    )
    op.create_table(
        "price",
        _id(),
        _text("public_id", 20),
        _id("product_id"),
        sa.Column("list_price", _MONEY, nullable=False),
        sa.Column("floor_price", _MONEY, nullable=False),
        _text("currency", 3),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        _id("made_by_id"),
        _at("made_at"),
        _to("made_by_id", "person", "price"),
        _to("product_id", "product", "price"),
        *_keys("price"),
    )
    op.create_index("ix_price_product_id_first_day", "price", ["product_id", "first_day"])
    _make_quotes()
    _make_contests()
    # Made over by hand: SQLite copies the table, and would make a plain index of one that has a condition.
    op.drop_index("uq_approval_deal_waiting", table_name="approval")
    with op.batch_alter_table("approval") as batch_op:
        batch_op.alter_column("deal_id", existing_type=_INT, nullable=True)
        batch_op.add_column(sa.Column("quote_id", _INT, nullable=True))
        batch_op.create_foreign_key(op.f("fk_approval_quote_id_quote"), "quote", ["quote_id"], ["id"])
        batch_op.create_check_constraint("about_one", "(deal_id IS NULL) <> (quote_id IS NULL)")
        batch_op.create_index("ix_approval_quote_id", ["quote_id"])
    for of in ("deal", "quote"):
        _one_waits(of)
    _teach()


def _make_quotes() -> None:
    op.create_table(
        "quote",
        _id(),
        _text("public_id", 20),
        _text("number", 24),
        _id("root_id", nullable=True),
        _id("version"),
        _id("customer_id"),
        _id("project_id", nullable=True),
        _id("deal_id", nullable=True),
        _id("owner_id"),
        _id("team_id"),
        _text("state", 12),
        sa.Column("valid_until", sa.Date(), nullable=False),
        _text("currency", 3),
        sa.Column("rate", sa.Numeric(18, 6), nullable=False),
        sa.Column("total", _MONEY, nullable=False),
        sa.Column("discount", sa.Numeric(9, 2), nullable=True),
        sa.Column("margin", sa.Numeric(9, 2), nullable=True),
        sa.Column("below_floor", sa.Boolean(), nullable=False),
        _text("note", 250),
        _at("made_at"),
        _at("sent_at", nullable=True),
        _at("ended_at", nullable=True),
        _to("customer_id", "customer", "quote"),
        _to("deal_id", "deal", "quote"),
        _to("owner_id", "person", "quote"),
        _to("project_id", "project", "quote"),
        _to("root_id", "quote", "quote"),
        _to("team_id", "team", "quote"),
        sa.UniqueConstraint("root_id", "version", name=op.f("uq_quote_root_id_version")),
        *_keys("quote"),
    )
    op.create_index("ix_quote_customer_id_made_at", "quote", ["customer_id", "made_at"])
    op.create_index("ix_quote_state_valid_until", "quote", ["state", "valid_until"])
    for column in ("deal_id", "number", "owner_id", "project_id"):
        op.create_index(op.f(f"ix_quote_{column}"), "quote", [column])
    op.create_table(
        "quote_line",
        _id(),
        _id("quote_id"),
        _id("position"),
        _id("product_id", nullable=True),
        _text("words", 128),
        sa.Column("quantity", sa.Numeric(12, 3), nullable=False),
        sa.Column("unit_price", _MONEY, nullable=False),
        sa.Column("list_price", _MONEY, nullable=True),
        sa.Column("floor_price", _MONEY, nullable=True),
        _to("product_id", "product", "quote_line"),
        _to("quote_id", "quote", "quote_line"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote_line")),
        sa.UniqueConstraint("quote_id", "position", name=op.f("uq_quote_line_quote_id_position")),
    )
    op.create_index("ix_quote_line_product_id_id", "quote_line", ["product_id", "id"])


def _make_contests() -> None:
    op.create_table(
        "quote_conflict",
        _id(),
        _text("public_id", 20),
        _id("first_id"),
        _id("second_id"),
        _text("reason", 60),
        _at("opened_at"),
        _at("due_at"),
        _at("escalated_at", nullable=True),
        _at("decided_at", nullable=True),
        _id("decided_by_id", nullable=True),
        _text("verdict", 10),
        sa.Column("effect", sa.JSON(), nullable=False),
        _to("decided_by_id", "person", "quote_conflict"),
        _to("first_id", "quote", "quote_conflict"),
        _to("second_id", "quote", "quote_conflict"),
        *_keys("quote_conflict"),
    )
    op.create_index(op.f("ix_quote_conflict_due_at"), "quote_conflict", ["due_at"])
    op.create_index(op.f("ix_quote_conflict_second_id"), "quote_conflict", ["second_id"])
    op.create_index(
        "uq_quote_conflict_open", "quote_conflict", ["first_id", "second_id"], unique=True,
        sqlite_where=_UNDECIDED, postgresql_where=_UNDECIDED,
    )  # fmt: skip
    op.create_table(
        "quote_vote",
        _id("conflict_id"),
        _id("person_id"),
        _text("side", 8),
        _text("verdict", 10),
        _at("at"),
        _to("conflict_id", "quote_conflict", "quote_vote"),
        _to("person_id", "person", "quote_vote"),
        sa.PrimaryKeyConstraint("conflict_id", "person_id", name=op.f("pk_quote_vote")),
    )


def _one_waits(of: str) -> None:
    op.create_index(
        f"uq_approval_{of}_waiting", "approval", [f"{of}_id"], unique=True,
        sqlite_where=_WAITING, postgresql_where=_WAITING,
    )  # fmt: skip


def _teach() -> None:
    """A company that has begun gets the rule that every new one starts with."""
    store = op.get_bind()
    if store.scalar(sa.select(_RULE.c.id).limit(1)) is None:
        return
    rule = {"public_id": secrets.token_hex(10), "name": "超折扣", "stage_key": "contract_review"}
    store.execute(sa.insert(_RULE).values(made_at=sa.func.now(), measure="discount", bound=20, **rule))
    made = store.scalar(sa.select(_RULE.c.id).where(_RULE.c.public_id == rule["public_id"]))
    store.execute(sa.insert(_STEP).values(rule_id=made, position=0, mode="any", seats=["supervisor"]))


def downgrade() -> None:
    about = sa.select(_APPROVAL.c.id).where(_APPROVAL.c.quote_id.is_not(None))
    step = sa.table("approval_step", sa.column("id"), sa.column("approval_id"))
    signer = sa.table("approval_signer", sa.column("step_id"))
    note = sa.table("approval_note", sa.column("approval_id"))
    theirs = sa.select(step.c.id).where(step.c.approval_id.in_(about))
    op.execute(sa.delete(signer).where(signer.c.step_id.in_(theirs)))
    op.execute(sa.delete(note).where(note.c.approval_id.in_(about)))
    op.execute(sa.delete(step).where(step.c.approval_id.in_(about)))
    op.execute(sa.delete(_APPROVAL).where(_APPROVAL.c.quote_id.is_not(None)))
    for of in ("deal", "quote"):
        op.drop_index(f"uq_approval_{of}_waiting", table_name="approval")
    with op.batch_alter_table("approval") as batch_op:
        batch_op.drop_index("ix_approval_quote_id")
        batch_op.drop_constraint(op.f("ck_approval_about_one"), type_="check")
        batch_op.drop_constraint(op.f("fk_approval_quote_id_quote"), type_="foreignkey")
        batch_op.drop_column("quote_id")
        batch_op.alter_column("deal_id", existing_type=_INT, nullable=False)
    _one_waits("deal")
    for table in ("quote_vote", "quote_conflict", "quote_line", "quote", "price", "rate", "product"):
        op.drop_table(table)
