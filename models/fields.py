"""Fields without code: what a form asks for, and what was written into it, typed so that lists can filter and sort."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Numeric, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class FieldGroup(Base):
    """A heading of a form. Permissions speak of `key`."""

    __tablename__ = "field_group"
    __table_args__ = (UniqueConstraint("object_kind", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    object_kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]


class FieldDefinition(Base):
    """One field of a form. A built-in one is stored in a column of its object's own table, any other in `field_value`.

    `version` counts every change: an edit names the one it saw.
    """

    __tablename__ = "field_definition"
    __table_args__ = (UniqueConstraint("object_kind", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    object_kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(16))
    group_id: Mapped[int] = mapped_column(ForeignKey("field_group.id"))
    position: Mapped[int]
    help: Mapped[str] = mapped_column(String(255), default="")
    built_in: Mapped[bool] = mapped_column(default=False)
    always: Mapped[bool] = mapped_column(default=False)  # the product cannot do without it
    text_form: Mapped[str] = mapped_column(String(16), default="")  # a built-in's own check: uscc, phone, domain …
    longest: Mapped[int] = mapped_column(default=255)
    starts_as: Mapped[str] = mapped_column(String(40), default="")  # what a new record has where nothing was said
    version: Mapped[int] = mapped_column(default=1)
    retired_at: Mapped[datetime | None]


class FieldOption(Base):
    """One choice of a select. Retired, never deleted: what was chosen once keeps its name."""

    __tablename__ = "field_option"
    __table_args__ = (UniqueConstraint("field_id", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    field_id: Mapped[int] = mapped_column(ForeignKey("field_definition.id"))
    key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(64))
    position: Mapped[int]
    retired_at: Mapped[datetime | None]


class FieldRequirement(Base):
    """At this cooperation stage the field must be filled."""

    __tablename__ = "field_requirement"
    field_id: Mapped[int] = mapped_column(ForeignKey("field_definition.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)


class FieldRevision(Base):
    """Who changed a definition, when, and what it said before and after. Only ever added to."""

    __tablename__ = "field_revision"
    __table_args__ = (UniqueConstraint("field_id", "version"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    field_id: Mapped[int] = mapped_column(ForeignKey("field_definition.id"))
    version: Mapped[int]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)


def _filled(column: str) -> Index:
    """Finds and orders the records by one type of value; only the rows that have one are in it."""
    has_one = text(f"{column} IS NOT NULL")
    return Index(
        f"ix_field_value_{column}", "field_id", column, "object_id", sqlite_where=has_one, postgresql_where=has_one
    )


class FieldValue(Base):
    """One value of one record; exactly one of the typed columns is filled. `item` tells several choices apart.

    `object_id` is the row's number in the table that `object_kind` names.
    """

    __tablename__ = "field_value"
    __table_args__ = (
        UniqueConstraint("object_kind", "object_id", "field_id", "item"),
        *map(_filled, ("text", "number", "day", "person_id", "option_id")),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    object_kind: Mapped[str] = mapped_column(String(16))
    object_id: Mapped[int]
    field_id: Mapped[int] = mapped_column(ForeignKey("field_definition.id"))
    item: Mapped[int] = mapped_column(default=0)
    text: Mapped[str | None] = mapped_column(String(255))
    long_text: Mapped[str | None] = mapped_column(Text)
    number: Mapped[Decimal | None] = mapped_column(Numeric(20, 4))
    day: Mapped[date | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    option_id: Mapped[int | None] = mapped_column(ForeignKey("field_option.id"))
    attachment_id: Mapped[str | None] = mapped_column(String(20))  # its public id


class FieldChange(Base):
    """What one field of a record said before and after a change, as keys and plain text, so that it can go back."""

    __tablename__ = "field_change"
    __table_args__ = (Index("ix_field_change_object", "object_kind", "object_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    object_kind: Mapped[str] = mapped_column(String(16))
    object_id: Mapped[int]
    field_id: Mapped[int] = mapped_column(ForeignKey("field_definition.id"))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    entrance: Mapped[str] = mapped_column(String(10))
    before: Mapped[Any] = mapped_column(JSON, nullable=False)  # JSON's own null: it was empty
    after: Mapped[Any] = mapped_column(JSON, nullable=False)
