"""What the columns of a sheet may be, what they probably are, and how its rows are read."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.sheets import ImportKind
from config.vocabulary import FieldKind, FieldObject, StageKind
from crm.access import Actor
from crm.forms import specs
from crm.ladders import current_ladders
from crm.rules import header_words
from crm.rules.days import day_of
from crm.rules.fields import FieldSpec
from crm.rules.headers import Guess, Target, guess
from crm.rules.sheet_rows import Form, Mate, folded
from models.base import bare
from models.imports import ImportJob
from models.people import Person

_NO_COLUMN = (FieldKind.ATTACHMENT, FieldKind.COMPANY)
_PERSON = bare(Person).c


@dataclass(frozen=True, slots=True)
class Choice:
    """The fields a sheet may fill, those that it must with their labels, and those that several columns may."""

    targets: tuple[Target, ...]
    needed: dict[str, str]
    many: frozenset[str]

    @property
    def known(self) -> frozenset[str]:
        return frozenset(target.key for target in self.targets)


def choice(s: Session, kind: ImportKind) -> Choice:
    customer, contact = _fields(s)
    targets = header_words.targets(kind, customer, contact)
    labels = {target.key: target.label for target in targets}
    return Choice(targets, {key: labels[key] for key in header_words.NEEDED[kind]}, header_words.MANY)


def guesses(job: ImportJob, targets: tuple[Target, ...]) -> list[Guess]:
    """What each column probably is, by its header and its first cells."""
    return guess(job.headers, job.samples, targets)


def form_of(s: Session, actor: Actor, job: ImportJob, now: datetime) -> Form:
    """How the rows of this import are read; the importer is the actor."""
    customer, contact = _fields(s)
    return Form(
        kind=ImportKind(job.kind),
        headers=tuple(job.headers),
        columns=tuple((str(one["target"]), str(one["unit"])) for one in job.mapping),
        customer=customer,
        contact=contact,
        mates=_mates(s, actor),
        stages=_stages(s),
        today=day_of(now),
    )


def _fields(s: Session) -> tuple[tuple[FieldSpec, ...], tuple[FieldSpec, ...]]:
    """The forms of customers and contacts, without what was retired and what no cell can hold."""

    def usable(of: FieldObject) -> tuple[FieldSpec, ...]:
        return tuple(spec for spec in specs(s, of) if not spec.retired and spec.kind not in _NO_COLUMN)

    return usable(FieldObject.CUSTOMER), usable(FieldObject.CONTACT)


def _mates(s: Session, actor: Actor) -> dict[str, tuple[Mate, ...]]:
    """Everybody in the directory, by name and by userid. A rep imports for himself, a lead for his teams."""
    found: dict[str, list[Mate]] = defaultdict(list)
    for row in s.execute(select(_PERSON.id, _PERSON.name, _PERSON.userid, _PERSON.status, _PERSON.team_id)):
        inside = actor.sees_all or row.id == actor.person_id or row.team_id in actor.team_ids
        mate = Mate(row.id, row.name, row.userid, row.status, row.team_id, inside)
        for word in {folded(row.name), folded(row.userid)}:
            found[word].append(mate)
    return {word: tuple(mates) for word, mates in found.items()}


def _stages(s: Session) -> dict[str, str]:
    """The open rungs of the ladders by label: an import brings deals that run."""
    rungs = (rung for ladder in current_ladders(s) for rung in ladder.rungs if rung.kind is StageKind.OPEN)
    return {folded(rung.label): rung.key for rung in rungs}
