"""What opens a stage, what proves it, why a deal ended; the ladder that stands learns what its stages ask for."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PIPELINE = sa.table("pipeline", *(sa.column(name) for name in ("id", "name", "version", "below", "retired_at")))
_STAGE = sa.table(
    "stage", *(sa.column(name) for name in ("id", "pipeline_id", "key", "label", "kind", "position", "probability"))
)
_NEED = sa.table("stage_need", sa.column("stage_id"), sa.column("kind"))
# As companies had it before this revision, and as it is since: the words of that day, whatever `config` says later.
_LADDER, _SMALL_LADDER = "标准流程", "小单流程"
_STANDARD = {
    "requirement": (10, ()),
    "proposal": (30, ("minutes",)),
    "negotiation": (50, ("technical_draft", "quotation")),
    "contract_review": (80, ("contract_draft",)),
    "won": (100, ("signed_contract",)),
}
_SMALL = (
    ("requirement", "需求确认", "open", 30),
    ("negotiation", "价格谈判", "open", 60),
    ("won", "赢单", "won", 100),
    ("lost", "输单", "lost", 0),
    ("shelved", "搁置", "shelved", 0),
)


def upgrade() -> None:
    with op.batch_alter_table("pipeline") as batch_op:
        batch_op.add_column(sa.Column("below", sa.Numeric(15, 2), nullable=True))
    with op.batch_alter_table("stage") as batch_op:
        batch_op.add_column(sa.Column("days", _INT, nullable=True))
        batch_op.add_column(sa.Column("probability", _INT, server_default="0", nullable=False))
    op.create_table(
        "stage_need",
        sa.Column("stage_id", _INT, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name=op.f("fk_stage_need_stage_id_stage")),
        sa.PrimaryKeyConstraint("stage_id", "kind", name=op.f("pk_stage_need")),
    )
    with op.batch_alter_table("deal") as batch_op:
        batch_op.add_column(sa.Column("ended_for", sa.String(16), server_default="", nullable=False))
        batch_op.add_column(sa.Column("competitor", sa.String(64), server_default="", nullable=False))
    with op.batch_alter_table("stage_period") as batch_op:
        batch_op.add_column(sa.Column("reason", sa.String(255), server_default="", nullable=False))
        batch_op.add_column(sa.Column("forced", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        batch_op.add_column(sa.Column("ended_for", sa.String(16), server_default="", nullable=False))
        batch_op.add_column(sa.Column("competitor", sa.String(64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("snoozed_before", sa.DateTime(), nullable=True))
    op.create_table(
        "evidence",
        sa.Column("id", _INT, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("deal_id", _INT, nullable=False),
        sa.Column("stage_key", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("attachment_id", _INT, nullable=False),
        sa.Column("added_by_id", _INT, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_evidence_deal_id_deal")),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_evidence_attachment_id_attachment")
        ),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name=op.f("fk_evidence_added_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("public_id", name=op.f("uq_evidence_public_id")),
    )
    with op.batch_alter_table("evidence") as batch_op:
        batch_op.create_index("ix_evidence_deal_id_stage_key", ["deal_id", "stage_key"])
        batch_op.create_index(op.f("ix_evidence_attachment_id"), ["attachment_id"])
    op.create_index("ix_attachment_sha256", "attachment", ["sha256"])
    _teach()


def _teach() -> None:
    """Only a company that has begun has a ladder; every other one starts with both."""
    store = op.get_bind()
    standing = store.scalar(sa.select(_PIPELINE.c.id).where(_PIPELINE.c.name == _LADDER, _PIPELINE.c.version == 1))
    if standing is None:
        return
    for key, (probability, needs) in _STANDARD.items():
        mine = (_STAGE.c.pipeline_id == standing, _STAGE.c.key == key)
        store.execute(sa.update(_STAGE).where(*mine).values(probability=probability))
        for kind in needs:
            found = sa.select(_STAGE.c.id, sa.literal(kind)).where(*mine)
            store.execute(sa.insert(_NEED).from_select(["stage_id", "kind"], found))
    again = _PIPELINE.c.name == _SMALL_LADDER  # retired by the way down, for deals may stand on it
    small = store.scalar(sa.select(_PIPELINE.c.id).where(again))
    if small is None:
        store.execute(sa.insert(_PIPELINE).values(name=_SMALL_LADDER, version=1))
        small = store.scalar(sa.select(_PIPELINE.c.id).where(again))
        for position, (key, label, kind, _) in enumerate(_SMALL):
            row = {"key": key, "label": label, "kind": kind, "position": position}
            store.execute(sa.insert(_STAGE).values(pipeline_id=small, **row))
    store.execute(sa.update(_PIPELINE).where(again).values(below=50_000, retired_at=None))
    for key, _, _, probability in _SMALL:
        mine = (_STAGE.c.pipeline_id == small, _STAGE.c.key == key)
        store.execute(sa.update(_STAGE).where(*mine).values(probability=probability))
    won = sa.select(_STAGE.c.id, sa.literal("proof")).where(_STAGE.c.pipeline_id == small, _STAGE.c.key == "won")
    store.execute(sa.insert(_NEED).from_select(["stage_id", "kind"], won))


def downgrade() -> None:
    retired = sa.update(_PIPELINE).where(_PIPELINE.c.name == _SMALL_LADDER).values(retired_at=sa.func.now())
    op.get_bind().execute(retired)
    op.drop_table("evidence")
    op.drop_index("ix_attachment_sha256", "attachment")
    with op.batch_alter_table("stage_period") as batch_op:
        batch_op.drop_column("snoozed_before")
        batch_op.drop_column("competitor")
        batch_op.drop_column("ended_for")
        batch_op.drop_column("forced")
        batch_op.drop_column("reason")
    with op.batch_alter_table("deal") as batch_op:
        batch_op.drop_column("competitor")
        batch_op.drop_column("ended_for")
    op.drop_table("stage_need")
    with op.batch_alter_table("stage") as batch_op:
        batch_op.drop_column("probability")
        batch_op.drop_column("days")
    with op.batch_alter_table("pipeline") as batch_op:
        batch_op.drop_column("below")
