"""Approvals, who stands in for whom, and cards that are exchanged on the phone."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PIPELINE = sa.table("pipeline", sa.column("id"))
_RULE = sa.table(
    "approval_rule", *(sa.column(name) for name in ("id", "public_id", "name", "stage_key", "measure")),
    sa.column("made_at", sa.DateTime()),
)  # fmt: skip
_STEP = sa.table(
    "approval_rule_step", *(sa.column(name) for name in ("rule_id", "position", "mode")), sa.column("seats", sa.JSON())
)


def _to(column: str, table: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{of}_{column}_{table}"))


def _public(of: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint("public_id", name=op.f(f"uq_{of}_public_id"))


def upgrade() -> None:
    with op.batch_alter_table("outbox_message") as batch_op:
        batch_op.add_column(sa.Column("redraws_id", _INT, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_outbox_message_redraws_id_outbox_message"), "outbox_message", ["redraws_id"], ["id"]
        )
    op.create_table(
        "approval_rule",
        sa.Column("id", _INT, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("stage_key", sa.String(32), nullable=False),
        sa.Column("measure", sa.String(10), nullable=False),
        sa.Column("bound", sa.Numeric(15, 2), nullable=True),
        sa.Column("made_by_id", _INT, nullable=True),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("retired_at", sa.DateTime(), nullable=True),
        _to("made_by_id", "person", "approval_rule"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_rule")),
        _public("approval_rule"),
    )
    op.create_table(
        "approval_rule_step",
        sa.Column("rule_id", _INT, nullable=False),
        sa.Column("position", _INT, nullable=False),
        sa.Column("mode", sa.String(10), nullable=False),
        sa.Column("seats", sa.JSON(), nullable=False),
        _to("rule_id", "approval_rule", "approval_rule_step"),
        sa.PrimaryKeyConstraint("rule_id", "position", name=op.f("pk_approval_rule_step")),
    )
    op.create_table(
        "approval",
        sa.Column("id", _INT, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("deal_id", _INT, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("move", sa.JSON(), nullable=False),
        sa.Column("requested_by_id", _INT, nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("nudged_at", sa.DateTime(), nullable=True),
        sa.Column("period_id", _INT, nullable=True),
        _to("deal_id", "deal", "approval"),
        _to("requested_by_id", "person", "approval"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        _public("approval"),
    )
    waiting = sa.text("state = 'waiting'")
    with op.batch_alter_table("approval") as batch_op:
        batch_op.create_index("ix_approval_state_at", ["state", "requested_at"])
        batch_op.create_index("ix_approval_deal_id_fingerprint", ["deal_id", "fingerprint"])
        batch_op.create_index(op.f("ix_approval_requested_by_id"), ["requested_by_id"])
    op.create_index(
        "uq_approval_deal_waiting", "approval", ["deal_id"], unique=True,
        sqlite_where=waiting, postgresql_where=waiting,
    )  # fmt: skip
    op.create_table(
        "approval_step",
        sa.Column("id", _INT, nullable=False),
        sa.Column("approval_id", _INT, nullable=False),
        sa.Column("position", _INT, nullable=False),
        sa.Column("mode", sa.String(10), nullable=False),
        _to("approval_id", "approval", "approval_step"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_step")),
        sa.UniqueConstraint("approval_id", "position", name=op.f("uq_approval_step_approval_id_position")),
    )
    op.create_table(
        "approval_signer",
        sa.Column("id", _INT, nullable=False),
        sa.Column("step_id", _INT, nullable=False),
        sa.Column("person_id", _INT, nullable=False),
        sa.Column("for_id", _INT, nullable=True),
        sa.Column("added_by_id", _INT, nullable=True),
        sa.Column("position", _INT, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=True),
        sa.Column("signed_at", sa.DateTime(), nullable=True),
        sa.Column("rejected_for", sa.String(10), nullable=False),
        sa.Column("words", sa.String(250), nullable=False),
        _to("step_id", "approval_step", "approval_signer"),
        _to("person_id", "person", "approval_signer"),
        _to("for_id", "person", "approval_signer"),
        _to("added_by_id", "person", "approval_signer"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_signer")),
        sa.UniqueConstraint("step_id", "person_id", name=op.f("uq_approval_signer_step_id_person_id")),
    )
    op.create_index("ix_approval_signer_person_id_state", "approval_signer", ["person_id", "state"])
    op.create_table(
        "approval_note",
        sa.Column("id", _INT, nullable=False),
        sa.Column("approval_id", _INT, nullable=False),
        sa.Column("person_id", _INT, nullable=False),
        sa.Column("told_id", _INT, nullable=True),
        sa.Column("words", sa.String(250), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        _to("approval_id", "approval", "approval_note"),
        _to("person_id", "person", "approval_note"),
        _to("told_id", "person", "approval_note"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_note")),
    )
    op.create_index(op.f("ix_approval_note_approval_id"), "approval_note", ["approval_id"])
    op.create_table(
        "absence",
        sa.Column("id", _INT, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("person_id", _INT, nullable=False),
        sa.Column("deputy_id", _INT, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        _to("person_id", "person", "absence"),
        _to("deputy_id", "person", "absence"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
        _public("absence"),
    )
    op.create_index(op.f("ix_absence_person_id"), "absence", ["person_id"])
    _teach()


def _teach() -> None:
    """A company that has begun gets the rule that every new one starts with."""
    store = op.get_bind()
    if store.scalar(sa.select(_PIPELINE.c.id).limit(1)) is None:
        return
    rule = {"public_id": secrets.token_hex(10), "name": "大额订单", "stage_key": "contract_review", "measure": "amount"}
    store.execute(sa.insert(_RULE).values(made_at=sa.func.now(), **rule))
    made = store.scalar(sa.select(_RULE.c.id).where(_RULE.c.name == rule["name"]))
    store.execute(sa.insert(_STEP).values(rule_id=made, position=0, mode="any", seats=["director"]))


def downgrade() -> None:
    for table in ("absence", "approval_note", "approval_signer", "approval_step", "approval", "approval_rule_step",
                  "approval_rule"):  # fmt: skip
        op.drop_table(table)
    with op.batch_alter_table("outbox_message") as batch_op:
        batch_op.drop_constraint(op.f("fk_outbox_message_redraws_id_outbox_message"), type_="foreignkey")
        batch_op.drop_column("redraws_id")
