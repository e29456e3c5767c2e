"""The book of who did what, as a person reads it: newest first, people and customers by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from config.policy import Policy
from config.vocabulary import Role
from crm.access import Actor, require
from crm.errors import Invalid
from crm.reads.audit_details import worded
from crm.rules.days import at
from models.audit import AuditEntry
from models.customers import Customer
from models.deals import Deal
from models.imports import ImportJob
from models.links import ExternalContact
from models.mirror import CustomerGroup
from models.people import Person, Team
from models.projects import Project
from models.timeline import Todo

_FIRST_YEAR, _LAST_YEAR = 2000, 2100


@dataclass(frozen=True, slots=True)
class Asked:
    """What to show: by whom (part of a name or userid), which verb, about what (part of a name), from when to when."""

    who: str = ""
    verb: str = ""
    about: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """`who` is empty for the system itself; `about` is the subject's name where it has one, `kind` what it is."""

    id: int
    at: datetime
    who: str
    entrance: str
    verb: str
    kind: str
    about: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entries:
    """`older` is the id to ask on with, None at the end of the book."""

    rows: tuple[Entry, ...]
    older: int | None


def entries(s: Session, actor: Actor, asked: Asked, *, before: int | None = None, size: int = 50) -> Entries:
    """One page of the book, by id downwards from `before`; for administrators and operations."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    query = select(AuditEntry, Person.name).outerjoin(Person, Person.id == AuditEntry.actor_id)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    if asked.who:
        by_name = Person.name.contains(asked.who, autoescape=True)
        query = query.where(by_name | Person.userid_key.contains(asked.who.casefold(), autoescape=True))
    if asked.verb:
        query = query.where(AuditEntry.verb == asked.verb)
    if asked.about:
        query = query.where(AuditEntry.subject.in_(_subjects_called(s, asked.about)))
    if any(day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR for day in (asked.since, asked.until)):
        raise Invalid(f"日期要在 {_FIRST_YEAR} 年到 {_LAST_YEAR} 年之间，请重新选择")
    if asked.since:
        query = query.where(AuditEntry.at >= at(asked.since, 0))
    if asked.until:
        query = query.where(AuditEntry.at < at(asked.until + timedelta(days=1), 0))
    found = s.execute(query.order_by(AuditEntry.id.desc()).limit(size + 1)).all()
    details = worded(s, [(entry.verb, entry.detail) for entry, _ in found[:size]])
    mentioned = [
        subject
        for (entry, _), detail in zip(found, details, strict=False)
        for key, value in detail.items()
        for subject in _rows(entry.verb, key, value)
    ]
    names = _names(s, [*(entry.subject for entry, _ in found), *mentioned])
    rows = tuple(
        Entry(
            id=entry.id,
            at=entry.at,
            who=who or "",
            entrance=entry.entrance,
            verb=entry.verb,
            kind=entry.subject.partition(":")[0],
            # As it was called then: a row that was taken back is gone, and SQLite gives its number away again.
            about=str(entry.detail.get("name") or names.get(entry.subject, "")),
            detail={
                key: "、".join(names.get(subject, "") for subject in subjects) if subjects else value
                for key, value in detail.items()
                for subjects in (_rows(entry.verb, key, value),)
            },
        )
        for (entry, who), detail in zip(found[:size], details, strict=True)
    )
    return Entries(rows, rows[-1].id if len(found) > size else None)


_NAMED: dict[str, tuple[InstrumentedAttribute[int], InstrumentedAttribute[str]]] = {
    "customer": (Customer.id, Customer.name),
    "person": (Person.id, Person.name),
    "deal": (Deal.id, Deal.name),
    "todo": (Todo.id, Todo.text),
    "team": (Team.id, Team.name),
    "project": (Project.id, Project.name),
    "import": (ImportJob.id, ImportJob.file_name),
    "external_contact": (ExternalContact.id, ExternalContact.name),
    "customer_group": (CustomerGroup.id, CustomerGroup.name),
}
# Particulars that name somebody or something by its row.
_ROW_OF = {
    "to": "person",
    "was": "person",
    "person": "person",
    "first": "person",
    "second": "person",
    "withdrawn_teams": "team",
    "team_id": "team",
    "customer": "customer",
    "job": "import",
}
_MOST_SUBJECTS = 500


def _subjects_called(s: Session, text: str) -> list[str]:
    """The subjects whose name contains the text; a business number is called by its own name."""
    found = [f"policy:{name}" for name, _, number in Policy() if text in number.label]
    for kind, (key, name) in _NAMED.items():
        named = select(key).where(name.contains(text, autoescape=True)).limit(_MOST_SUBJECTS)
        found += [f"{kind}:{number}" for number in s.scalars(named)]
    return found


def _rows(verb: str, key: str, value: object) -> list[str]:
    """The rows that a particular names, as subjects."""
    ids = value if isinstance(value, list) else [value]
    kind = "person" if verb == "direct_leader" and key in ("old", "new") else _ROW_OF.get(key)
    return [f"{kind}:{one}" for one in ids if kind is not None and type(one) is int]


def _names(s: Session, subjects: Iterable[str]) -> dict[str, str]:
    """What the subjects of one page are called, one query for each kind."""
    ids: dict[str, set[int]] = {}
    names: dict[str, str] = {}
    for subject in subjects:
        kind, _, number = subject.partition(":")
        if kind in _NAMED and number.isdigit():
            ids.setdefault(kind, set()).add(int(number))
        else:
            names[subject] = number
    for kind, wanted in ids.items():
        key, name = _NAMED[kind]
        for found, called in s.execute(select(key, name).where(key.in_(wanted))):
            names[f"{kind}:{found}"] = called
    return names
