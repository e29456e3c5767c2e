"""Who published which version of a pipeline and when; the moments that a deal must not miss."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("pipeline") as batch_op:
        batch_op.add_column(sa.Column("published_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("published_by_id", _INT, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_pipeline_published_by_id_person"), "person", ["published_by_id"], ["id"]
        )
    op.create_table(
        "milestone",
        sa.Column("id", _INT, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("deal_id", _INT, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("note", sa.String(120), server_default="", nullable=False),
        sa.Column("made_by_id", _INT, nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("reminded", _INT, nullable=True),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_milestone_deal_id_deal")),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_milestone_made_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
        sa.UniqueConstraint("public_id", name=op.f("uq_milestone_public_id")),
    )
    with op.batch_alter_table("milestone") as batch_op:
        batch_op.create_index(op.f("ix_milestone_deal_id"), ["deal_id"])
        batch_op.create_index(op.f("ix_milestone_due_at"), ["due_at"])


def downgrade() -> None:
    op.drop_table("milestone")
    with op.batch_alter_table("pipeline") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_pipeline_published_by_id_person"), type_="foreignkey")
        batch_op.drop_column("published_by_id")
        batch_op.drop_column("published_at")
