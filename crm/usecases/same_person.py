"""A member who was met under his new userid before WeCom told us of the change: two rows become one person again."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, and_, exists, update
from sqlalchemy.orm import Session

from config.vocabulary import ChatKind, HolderKind
from crm.usecases.archive_twins import move_places
from models.base import bare
from models.customers import OwnershipPeriod
from models.links import ChatLink
from models.people import Person
from models.pointers import pointers, unique_sets

_STAYS = frozenset({"audit_entry"})  # what was written in the book, was written under that row


def absorb(s: Session, person_id: int, twin_id: int) -> None:
    """Whatever names the twin names the person; a row that he has already, by a unique key, stays where it is."""
    for table, column in pointers(bare(Person).c.id):
        if table.name in _STAYS:
            continue
        free = [~one for one in _taken(table, column, person_id)]
        s.execute(update(table).where(column == twin_id, *free).values({column.name: person_id}))
    held = (OwnershipPeriod.holder_kind == HolderKind.PERSON, OwnershipPeriod.holder_id == twin_id)
    s.execute(update(bare(OwnershipPeriod)).where(*held).values(holder_id=person_id))
    chat = bare(ChatLink).c
    taken = exists().where(ChatLink.kind == ChatKind.APP_USER, ChatLink.key == str(person_id))
    own = (chat.kind == ChatKind.APP_USER, chat.key == str(twin_id), ~taken)
    s.execute(update(bare(ChatLink)).where(*own).values(key=str(person_id)))
    move_places(s, person_id, twin_id)


def _taken(table: Table, column: Column[Any], person_id: int) -> Iterator[Any]:
    for names in unique_sets(table):
        if column.name in names:
            twin = table.alias()
            same = (twin.c[name] == table.c[name] for name in names if name != column.name)
            yield exists().where(and_(twin.c[column.name] == person_id, *same))
