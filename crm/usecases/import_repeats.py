"""Rows of one sheet that are one company under two spellings, judged as the radar judges names in the store."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.sheets import RowVerdict
from config.vocabulary import NameVerdict
from crm.rules.naming import core_name, rank
from crm.usecases.import_work import Work
from models.base import bare
from models.imports import ImportRow

_ROW = bare(ImportRow).c
_MADE_OF = (RowVerdict.NEW, RowVerdict.SIMILAR)
_ROWS_OF_ONE = 5  # rows with one 字号 and trade that a further one is compared with: elsewhere they are other companies


@dataclass(frozen=True, slots=True)
class Repeat:
    """An earlier row that says the same company, or one that is like it. `key` is how that row's customer is found."""

    number: int
    key: str
    same: bool
    why: str


@dataclass(frozen=True, slots=True)
class Above:
    """The rows judged so far that would make a customer, by the core of its name: kept by a run of the dry run."""

    rows: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def add(self, number: int, name: str) -> None:
        core = core_name(name)
        before = self.rows.get(core, ())
        if len(before) < _ROWS_OF_ONE:
            self.rows[core] = (*before, number)

    def like(self, name: str) -> tuple[int, ...]:
        return self.rows.get(core_name(name), ())


def rows_above(s: Session, work: Work) -> Above:
    """Those above the cursor: a worker that goes on where another died knows them too."""
    above = Above()
    made = (_ROW.job_id == work.id, _ROW.number <= work.cursor, _ROW.verdict.in_(_MADE_OF))
    for number, draft in s.execute(select(_ROW.number, _ROW.draft).where(*made).order_by(_ROW.number)):
        above.add(number, json.loads(draft)["name"])
    return above


def repeats(
    s: Session, work: Work, above: Above, rows: Sequence[tuple[int, str, str]], similar_at: int
) -> dict[int, Repeat]:
    """(number, name, key) of rows that would make a customer, in order: what an earlier row says already."""
    pairs, here = list[tuple[int, str, tuple[int, ...]]](), dict[int, tuple[str, str]]()
    for number, name, key in rows:
        pairs.append((number, name, above.like(name)))
        above.add(number, name)
        here[number] = name, key
    known = here | _read(s, work, {first for *_, firsts in pairs for first in firsts} - here.keys())
    found = {}
    for number, name, firsts in pairs:
        for best in rank(name, [(first, known[first][0]) for first in firsts], similar_at, 1):
            same = best.verdict is NameVerdict.SAME
            found[number] = Repeat(best.item, known[best.item][1], same, best.reason)
    return found


def _read(s: Session, work: Work, numbers: set[int]) -> dict[int, tuple[str, str]]:
    """Name and key of these rows."""
    if not numbers:
        return {}
    wanted = select(_ROW.number, _ROW.draft, _ROW.key).where(_ROW.job_id == work.id, _ROW.number.in_(numbers))
    return {number: (json.loads(draft)["name"], key) for number, draft, key in s.execute(wanted)}
