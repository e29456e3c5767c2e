"""Visits carry a verdict, photos, plans and reviews; a call is kept; a customer's place may be learnt."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PLACE = ("place_learnt_at", "place_forgotten_at")
_TABLES = ("phone_call", "visit_review", "visit_plan", "visit_upload")


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _INT, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _point(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Float(), nullable=True)


def _of_a_visit() -> list[sa.Column[object]]:
    return [
        _at("fix_at", nullable=True),
        _at("sent_at", nullable=True),
        sa.Column("device", sa.String(64), server_default="", nullable=False),
        sa.Column("why", sa.String(255), server_default="", nullable=False),
        sa.Column("verdict", sa.String(8), nullable=True),
        sa.Column("score", _INT, nullable=True),
        sa.Column("signals", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("effective", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    ]


def _to(column: str, table: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{of}_{column}_{table}"))


def _key(of: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{of}"))


def _once(of: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{of}_{'_'.join(columns)}"))


def upgrade() -> None:
    for column in _of_a_visit():
        op.add_column("visit", column)
    op.create_index("ix_visit_person_at", "visit", ["person_id", "visited_at"])
    op.create_index("ix_visit_at", "visit", ["visited_at", "public_id"])
    op.create_index("ix_visit_entry_id", "visit", ["entry_id"])
    for name in _PLACE:
        op.add_column("customer", _at(name, nullable=True))
    op.create_index("ix_customer_place", "customer", ["latitude", "longitude"])
    _uploads()
    _plans()
    _reviews()
    _calls()


def _uploads() -> None:
    of = "visit_upload"
    op.create_table(
        of,
        _id(),
        _text("public_id", 20),
        _text("client_id", 64),
        _id("person_id"),
        _text("kind", 8),
        _id("size"),
        _text("sha256", 64),
        _id("width"),
        _id("height"),
        _text("stored_name", 40),
        _text("shown_name", 40),
        _text("shown_kind", 8),
        _text("thumb_name", 40),
        _text("thumb_kind", 8),
        _text("image_hash", 16),
        _at("taken_at", nullable=True),
        _point("latitude"),
        _point("longitude"),
        _at("received_at"),
        _id("visit_id", nullable=True),
        _id("place"),
        _to("person_id", "person", of),
        _to("visit_id", "visit", of),
        _key(of),
        _once(of, "public_id"),
        _once(of, "person_id", "client_id"),
    )
    for name in ("stored_name", "shown_name", "thumb_name", "sha256", "received_at", "visit_id"):
        op.create_index(f"ix_{of}_{name}", of, [name])
    op.create_index("ix_visit_upload_received", of, ["person_id", "received_at"])


def _plans() -> None:
    of = "visit_plan"
    op.create_table(
        of,
        _id(),
        _text("public_id", 20),
        _text("client_id", 64),
        _id("person_id"),
        _id("customer_id"),
        sa.Column("day", sa.Date(), nullable=False),
        _id("place"),
        _text("note", 255),
        _at("made_at"),
        _id("visit_id", nullable=True),
        _at("dropped_at", nullable=True),
        _to("person_id", "person", of),
        _to("customer_id", "customer", of),
        _to("visit_id", "visit", of),
        _key(of),
        _once(of, "public_id"),
        _once(of, "person_id", "client_id"),
    )
    op.create_index("ix_visit_plan_customer_id", of, ["customer_id"])
    op.create_index("ix_visit_plan_visit_id", of, ["visit_id"])
    op.create_index("ix_visit_plan_person_day", of, ["person_id", "day"])


def _reviews() -> None:
    of = "visit_review"
    op.create_table(
        of,
        _id(),
        _id("visit_id"),
        _at("asked_at"),
        _id("asked_by_id"),
        _text("words", 500),
        _at("decided_at", nullable=True),
        _id("decided_by_id", nullable=True),
        _text("verdict", 8, nullable=True),
        _text("decision_words", 500),
        _to("visit_id", "visit", of),
        _to("asked_by_id", "person", of),
        _to("decided_by_id", "person", of),
        _key(of),
    )
    op.create_index("ix_visit_review_visit_id", of, ["visit_id"])


def _calls() -> None:
    of = "phone_call"
    op.create_table(
        of,
        _id(),
        _text("public_id", 20),
        _text("client_id", 64),
        _id("person_id"),
        _id("customer_id"),
        _id("contact_id", nullable=True),
        _at("at"),
        _at("received_at"),
        sa.Column("reached", sa.Boolean(), nullable=True),
        _text("note", 500),
        _id("entry_id", nullable=True),
        _to("person_id", "person", of),
        _to("customer_id", "customer", of),
        _to("contact_id", "contact", of),
        _to("entry_id", "timeline_entry", of),
        _key(of),
        _once(of, "public_id"),
        _once(of, "person_id", "client_id"),
    )
    op.create_index("ix_phone_call_customer_id", of, ["customer_id"])
    op.create_index("ix_phone_call_contact_id", of, ["contact_id"])
    op.create_index("ix_phone_call_person_at", of, ["person_id", "at"])


def downgrade() -> None:
    for name in _TABLES:
        op.drop_table(name)
    op.drop_index("ix_customer_place", "customer")
    for name in _PLACE:
        op.drop_column("customer", name)
    for name in ("ix_visit_entry_id", "ix_visit_at", "ix_visit_person_at"):
        op.drop_index(name, "visit")
    for column in reversed(_of_a_visit()):
        op.drop_column("visit", column.name)
