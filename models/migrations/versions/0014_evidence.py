"""What a file says, so that evidence is known again in another format or with a passage changed."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "attachment_content",
        sa.Column("attachment_id", _INT, autoincrement=False, nullable=False),
        sa.Column("refused", sa.String(255), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("minhash", sa.LargeBinary(), nullable=False),
        sa.Column("pictures", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_attachment_content_attachment_id_attachment")
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachment_content")),
    )
    op.create_table(
        "evidence_band",
        sa.Column("key", _INT, autoincrement=False, nullable=False),
        sa.Column("evidence_id", _INT, nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_band_evidence_id_evidence")),
        sa.PrimaryKeyConstraint("key", "evidence_id", name=op.f("pk_evidence_band")),
    )
    op.create_index(op.f("ix_evidence_band_evidence_id"), "evidence_band", ["evidence_id"])
    turn = op.create_table(
        "evidence_turn",
        sa.Column("id", _INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_turn")),
    )
    op.bulk_insert(turn, [{"id": 1}])


def downgrade() -> None:
    op.drop_table("evidence_turn")
    op.drop_table("evidence_band")
    op.drop_table("attachment_content")
