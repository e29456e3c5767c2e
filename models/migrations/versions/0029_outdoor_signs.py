"""What WeCom's own 外出打卡 says of the days of visits."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "outdoor_sign",
        sa.Column("id", _INT, nullable=False),
        sa.Column("person_id", _INT, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("exception", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_outdoor_sign_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outdoor_sign")),
        sa.UniqueConstraint("person_id", "at", name=op.f("uq_outdoor_sign_person_id_at")),
    )
    op.create_index("ix_outdoor_sign_at", "outdoor_sign", ["at"])
    op.add_column("visit", sa.Column("compared_at", sa.DateTime(), nullable=True))
    op.create_index("ix_visit_compared_received", "visit", ["compared_at", "received_at"])


def downgrade() -> None:
    op.drop_index("ix_visit_compared_received", "visit")
    with op.batch_alter_table("visit") as visit:
        visit.drop_column("compared_at")
    op.drop_table("outdoor_sign")
