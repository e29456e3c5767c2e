"""A digest as it is shown: its sentences, and beside each the messages it stands on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import DigestEngine, DigestKind, DigestOrigin
from crm.access import READ, Actor, sees_customer
from crm.errors import NotFound
from models.base import one_of
from models.customers import Customer
from models.digests import Digest, DigestMessage, DigestSentence
from models.timeline import TimelineEntry


@dataclass(frozen=True, slots=True)
class MessageRow:
    number: int
    speaker: str
    ours: bool
    at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class SentenceRow:
    """`cited` are the messages the sentence stands on, in order."""

    kind: DigestKind
    text: str
    due: date | None
    cited: tuple[MessageRow, ...]


@dataclass(frozen=True, slots=True)
class DigestRow:
    public_id: str
    origin: DigestOrigin
    engine: DigestEngine
    sentences: tuple[SentenceRow, ...]


@dataclass(frozen=True, slots=True)
class DigestFile:
    """One digest, and the line of the timeline it stands in."""

    digest: DigestRow
    customer_id: str
    customer_name: str
    at: datetime
    counts: bool


def digest_file(s: Session, actor: Actor, public_id: str) -> DigestFile:
    """One digest of a customer that the actor may see; NotFound for any other, and for one that was taken back."""
    row = s.execute(
        select(TimelineEntry, Customer.public_id, Customer.name)
        .join(Digest, Digest.entry_id == TimelineEntry.id)
        .join(Customer, Customer.id == TimelineEntry.customer_id)
        .where(Digest.public_id == public_id, TimelineEntry.retracted_at.is_(None), sees_customer(actor, READ))
    ).one_or_none()
    if row is None:
        raise NotFound("没有找到这条会话摘要，可能已经撤销，或者不归您看")
    entry, customer_id, name = row
    return DigestFile(digests_of(s, [entry.id])[entry.id], customer_id, name, entry.at, entry.counts)


def digests_of(s: Session, entry_ids: Collection[int]) -> dict[int, DigestRow]:
    """The digests of these lines of a timeline, whose reader has been let in already."""
    if not entry_ids:
        return {}
    found = {one.id: one for one in s.scalars(select(Digest).where(one_of(s, Digest.entry_id, entry_ids)))}
    cited: dict[tuple[int, int], MessageRow] = {
        (row.digest_id, row.number): MessageRow(row.number, row.speaker, row.ours, row.at, row.text)
        for row in s.scalars(select(DigestMessage).where(one_of(s, DigestMessage.digest_id, found)))
    }
    sentences: dict[int, list[SentenceRow]] = {}
    in_order = (
        select(DigestSentence).where(one_of(s, DigestSentence.digest_id, found)).order_by(DigestSentence.position)
    )
    for row in s.scalars(in_order):
        messages = tuple(cited[key] for number in row.cites if (key := (row.digest_id, number)) in cited)
        sentences.setdefault(row.digest_id, []).append(SentenceRow(DigestKind(row.kind), row.text, row.due, messages))
    return {
        one.entry_id: DigestRow(
            one.public_id, DigestOrigin(one.origin), DigestEngine(one.engine), tuple(sentences.get(one.id, ()))
        )
        for one in found.values()
    }
