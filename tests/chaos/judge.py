"""The checker: client log, store and the phones' eye must tell one story. Each breach is a sentence."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.inbound import understand
from config.vocabulary import HolderKind, InboxState, OutboxState, TimelineKind
from crm import audit, uow
from models.audit import AuditEntry
from models.customers import Customer, OwnershipPeriod
from models.links import ChatLink, ExternalContact
from models.messages import Card, InboxEvent, OutboxMessage
from models.timeline import TimelineEntry
from tests.chaos.crowd import Crowd, Logged
from tests.load.stage import Stage

ALERT_LIMIT = timedelta(seconds=60)
NEVER_SHOWN = (OutboxState.DEAD, OutboxState.EXPIRED, OutboxState.FOLDED)


def breaches(stage: Stage, crowd: Crowd, *, alerts_in_time: bool) -> list[str]:
    """Everything that is wrong; empty when the promises were kept."""
    while uow.attempt(audit.seal):
        pass
    found: list[str] = []
    with uow.reading() as s:
        found += _every_200_is_kept(s, crowd, stage.spool().count())
        found += _follow_ups(s, crowd)
        found += _contacts(s, crowd)
        found += _taps(s, crowd)
        found += _seen_once(s, stage)
        found += _ownership(s)
        verdict = audit.verify(s)
        if verdict.broken_at is not None or verdict.unsealed:
            found.append(f"audit chain broken at {verdict.broken_at}, {verdict.unsealed} unsealed")
        if alerts_in_time:
            found += _in_time(s)
    found += [f"the platform dropped a message to {userid}" for userid in stage.dropped()]
    if refused := stage.spool().refused():
        found.append(f"{refused} spooled callbacks were refused")
    return found


def _every_200_is_kept(s: Session, crowd: Crowd, spooled: int) -> Iterator[str]:
    """A row for every 200, worked to its end, and one answer however often it was asked for."""
    rows = {row.key: row for row in s.scalars(select(InboxEvent))}
    missing = 0
    for logged in crowd.log:
        row = rows.get(_key(logged))
        if row is None:
            missing += bool(logged.answers)
            continue
        if row.state not in (InboxState.DONE,):
            yield f"{logged.event.kind} {logged.event.mark} ended as {row.state}: {row.error}"
        said = {crowd.seal.opened(answer) for answer in logged.answers} - {""}
        if not said <= {row.answer}:
            yield f"{logged.event.kind} {logged.event.mark} was answered otherwise than remembered"
    if missing > spooled:
        yield f"{missing} events were answered 200 and are not stored ({spooled} in the spool)"


def _follow_ups(s: Session, crowd: Crowd) -> Iterator[str]:
    """One timeline entry and one audit row for each."""
    entries: defaultdict[str, list[int]] = defaultdict(list)
    for entry_id, text in s.execute(
        select(TimelineEntry.id, TimelineEntry.text).where(TimelineEntry.kind == TimelineKind.FOLLOW_UP)
    ):
        entries[text].append(entry_id)
    written = s.scalars(select(AuditEntry.detail).where(AuditEntry.verb == "follow_up"))
    booked = Counter(detail["entry"] for detail in written)
    asked = crowd.by_kind()["follow_up"]
    yield from _once("follow-up", asked, {text: len(ids) for text, ids in entries.items()})
    for text, ids in entries.items():
        if [booked[entry_id] for entry_id in ids] != [1] * len(ids):
            yield f"follow-up {text} has {[booked[i] for i in ids]} audit rows"
    if foreign := set(entries) - {logged.event.mark for logged in asked}:
        yield f"{len(foreign)} timeline entries that nobody sent"


def _contacts(s: Session, crowd: Crowd) -> Iterator[str]:
    """One contact, one card and one message for each stranger."""
    names: dict[int, str] = dict(s.execute(select(ExternalContact.id, ExternalContact.external_userid)).all())
    asked = select(Card.matter).join(OutboxMessage, OutboxMessage.card_id == Card.id)
    cards = Counter(names[_contact(matter)] for matter in s.scalars(asked.where(Card.matter.startswith("link:"))))
    yield from _once("contact", crowd.by_kind()["contact"], cards)


def _taps(s: Session, crowd: Crowd) -> Iterator[str]:
    """However many fingers: one decision per card, with exactly its effects."""
    matter = dict(s.execute(select(OutboxMessage.id, Card.matter).join(Card, Card.id == OutboxMessage.card_id)).all())
    decided: defaultdict[int, list[str]] = defaultdict(list)
    names = dict(s.execute(select(ExternalContact.external_userid, ExternalContact.id)).all())
    for entry in s.scalars(select(AuditEntry).where(AuditEntry.verb.in_(("link", "ignore_contact")))):
        contact = names.get(entry.detail.get("external_userid", "")) or int(entry.subject.split(":")[1])
        decided[contact].append(entry.verb)
    answers = dict(s.execute(select(InboxEvent.key, InboxEvent.answer)).all())
    told = set(s.scalars(select(OutboxMessage.dedupe)))
    acted: Counter[int] = Counter()
    silent: Counter[int] = Counter()
    for logged in crowd.by_kind()["click"]:
        contact, key = _contact(matter[int(logged.task_id[1:])]), _key(logged)
        # A tap that was drained from the spool is answered by a message, a refused one always.
        did = "update_template_card" in answers.get(key, "") or f"tap:{key}" in told
        acted[contact] += did
        refused = f"refused:{key}" in told
        silent[contact] += bool(logged.answers) and not did and not refused
        if did and refused:
            yield f"contact {contact}: a tap was both done and refused"
    # A second tap by the same hand is passed over without a word, since the card shows what the first one did.
    if unheard := [contact for contact in silent if silent[contact] and not acted[contact]]:
        yield f"taps about the contacts {unheard[:5]} had no effect and no refusal"
    for contact in set(acted) | set(decided):
        if len(decided[contact]) > 1 or len(decided[contact]) != acted[contact]:
            yield f"contact {contact}: {acted[contact]} taps acted, decisions {decided[contact]}"
    linked = sum(verbs.count("link") for verbs in decided.values())
    links = len(s.scalars(select(ChatLink.id).where(ChatLink.kind == "external_contact")).all())
    lines = len(s.scalars(select(TimelineEntry.id).where(TimelineEntry.kind == TimelineKind.LINK)).all())
    if not linked == links == lines:
        yield f"{linked} links in the audit book, {links} in the store, {lines} on timelines"


def _contact(matter: str) -> int:
    """`link:CONTACT:…` asks about that contact."""
    return int(matter.split(":")[1])


def _key(logged: Logged) -> str:
    return understand(logged.event.xml.encode()).received.key


def _once(what: str, asked: list[Logged], found: dict[str, int]) -> Iterator[str]:
    """Exactly one effect where a 200 was given, at most one where none was."""
    for logged in asked:
        many = found.get(logged.event.mark, 0)
        if many > 1 or (logged.answers and many == 0):
            yield f"{what} {logged.event.mark}: {many} effects after {logged.attempts} attempts"


def _seen_once(s: Session, stage: Stage) -> Iterator[str]:
    """What counts as sent was seen once; what counts as dead was never seen; nothing else was seen."""
    eye = stage.eye()
    shown = Counter(item["msgid"] for item in eye)
    cards = Counter(item["task_id"] for item in eye if item["task_id"])
    bytes_of: dict[str, str | None] = {}
    for row in s.scalars(select(OutboxMessage)):
        # The very same sentence to the same person within one second may be read once.
        if row.msgid and bytes_of.setdefault(row.msgid, row.payload) != row.payload:
            yield f"outbox {row.id} was taken for another message by the platform: {row.payload}"
        seen = max(shown[row.msgid] if row.msgid else 0, cards[f"m{row.id}"])
        if row.state == OutboxState.SENT and seen != 1:
            yield f"outbox {row.id} was sent and seen {seen} times"
        elif row.state in NEVER_SHOWN and seen:
            yield f"outbox {row.id} is {row.state} and was seen"
        elif row.state not in (OutboxState.SENT, *NEVER_SHOWN):
            yield f"outbox {row.id} is still {row.state}: {row.error}"
    if strange := set(shown) - set(bytes_of):
        yield f"{len(strange)} messages were seen that no row knows"


def _ownership(s: Session) -> Iterator[str]:
    """Each customer's periods follow one another without a gap, the last is open and names the owner."""
    owners = dict(s.execute(select(Customer.id, Customer.owner_id)).all())
    periods: defaultdict[int, list[OwnershipPeriod]] = defaultdict(list)
    for period in s.scalars(select(OwnershipPeriod).order_by(OwnershipPeriod.started_at, OwnershipPeriod.id)):
        periods[period.customer_id].append(period)
    for customer_id, owner in owners.items():
        line = periods[customer_id]
        gaps = [a for a, b in pairwise(line) if a.ended_at != b.started_at]
        last = line[-1] if line else None
        held = last.holder_id if last and last.holder_kind == HolderKind.PERSON else None
        if last is None or gaps or last.ended_at is not None or held != owner:
            yield f"customer {customer_id}: ownership is not gapless"


def _in_time(s: Session) -> Iterator[str]:
    """With Redis switched off: nobody waits longer than a minute for what is due."""
    late = [row for row in s.scalars(select(OutboxMessage)) if row.sent_at and row.sent_at - row.due_at > ALERT_LIMIT]
    if late:
        most = max((row.sent_at or row.due_at) - row.due_at for row in late)
        yield f"{len(late)} messages later than a minute, the worst by {most}"
