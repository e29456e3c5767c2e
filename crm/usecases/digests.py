"""Put the digest of a talk on a customer's timeline, with what we promised as to-dos; take both back together."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.vocabulary import DigestEngine, DigestKind, DigestOrigin, TimelineKind, label
from crm import audit
from crm.access import Actor, get_customer
from crm.errors import Conflict, Invalid, NotFound
from crm.rules.activity import counts as activity_counts
from crm.rules.dates import DAY_ENDS, DAY_STARTS
from crm.rules.days import SHANGHAI, at, day_of
from crm.rules.digest_dates import dated, days_in
from crm.rules.promised import Promise, promised
from crm.rules.utterance import Sentence, Utterance
from crm.rules.words import without_id_cards
from crm.usecases.followups import NOT_THE_HOLDER, strike, take_back_entry, touch, why_no_restart, write_entry
from crm.usecases.todos import TodoDone, add_todo, withdraw_todos
from models.base import one_of
from models.customers import Customer
from models.digests import Digest, DigestMessage, DigestSentence, DigestTodo
from models.timeline import TODO_IS_OPEN, TimelineEntry, Todo

NOTHING_IN_IT = "这段内容里没有找到可以记下来的事（只有问候或表情）。请多复制几条，或者直接说一段今天聊了什么"
_ONE_SIDED = "这段聊天里只有我方说话，已记下，但不计入跟进；对方回复以后再整理一次就算"
_REMEMBERED = 10
_SAME_TALK = timedelta(days=1)  # so far before its last message a talk may have begun
_MOST_TODOS = 10  # of one digest: more than that nobody promises in a day
_NAME_LONGEST, _TODO_LONGEST = 64, 500


@dataclass(frozen=True, slots=True)
class DigestDone:
    """`remark` tells why it does not count or does not restart the silence clock, else empty."""

    public_id: str
    entry_id: int
    customer_name: str
    engine: DigestEngine
    sentences: tuple[Sentence, ...]
    todos: tuple[TodoDone, ...]
    counts: bool
    remark: str


def keep_digest(
    s: Session,
    actor: Actor,
    customer_id: int | str,
    talk: Sequence[Utterance],
    sentences: Sequence[Sentence],
    now: datetime,
    *,
    entrance: str,
    origin: DigestOrigin,
    engine: DigestEngine = DigestEngine.EXTRACTIVE,
    own: Collection[int] | None = None,
) -> DigestDone:
    """Write a digest into the file of a customer that the actor may write into. Only the messages it cites are kept.

    It happened when the last message was said, never after `now`. The actor's own to-dos come of our promises: of those
    without a day tomorrow, of those whose day is over none. `own`: the numbers of what the actor said himself, where
    that is known (None: whatever our side said); what a colleague promised is not his, nor does it count for him.
    The same talk a second time is a Conflict; of one that has gone on since, only what is new is told. Numbers of
    identity cards are not written down whole.
    """
    customer = get_customer(s, actor, customer_id, lock=True)  # of the same talk twice at once the second waits
    if not sentences:
        raise Invalid(NOTHING_IN_IT, {"text": NOTHING_IN_IT})
    known_by = _print(talk)
    _refuse_again(s, customer, known_by)
    talk = [replace(one, text=without_id_cards(one.text)) for one in talk]
    sentences = [replace(one, text=without_id_cards(one.text)) for one in sentences]
    heard: Sequence[Utterance] = talk
    if origin is not DigestOrigin.ARCHIVE:
        new = _not_told_yet(s, customer, talk, sentences, now)
        if len(new) < len(sentences):  # what was told before has counted before
            heard = [one for one in talk if any(one.number in sentence.cites for sentence in new)]
        sentences = new
    text = in_words((one.kind, one.text) for one in sentences)
    happened = min(next((one.at for one in reversed(talk) if one.at is not None), now), now)
    valid, remark = (
        (False, NOT_THE_HOLDER) if own is not None and not own else _counts(s, customer.id, heard, sentences)
    )
    entry_id, _ = write_entry(
        s, customer.id, TimelineKind.DIGEST, text, actor.person_id, now, at=happened, counts=valid
    )
    made = Digest(entry_id=entry_id, origin=origin, engine=engine, talk_print=known_by)
    s.add(made)
    s.flush()
    _keep(s, made.id, talk, sentences)
    if valid:
        touch(s, customer.id, customer.owner_id, actor, happened)
    todos = []
    for position, words, due_at in _promised(talk, sentences, own, now):
        if _promised_before(s, actor, customer.id, words, happened, origin):
            continue
        todo = add_todo(s, actor, customer.id, words, due_at, now, entrance=entrance)
        s.add(DigestTodo(todo_id=todo.id, digest_id=made.id, position=position))
        todos.append(todo)
    s.flush()
    audit.record(
        s, actor.person_id, "digest", f"customer:{customer.id}", now, entrance=entrance, entry=entry_id, counts=valid,
        origin=origin, engine=engine,
    )  # fmt: skip
    remark = why_no_restart(s, customer.id, customer.owner_id, actor) if valid else remark
    return DigestDone(made.public_id, entry_id, customer.name, engine, tuple(sentences), tuple(todos), valid, remark)


def _promised_before(
    s: Session, actor: Actor, customer_id: int, words: str, about: datetime, origin: DigestOrigin
) -> bool:
    """Whether he has it to do already; of what he pasted himself the archive makes no second one either."""
    same = (Todo.person_id == actor.person_id, Todo.customer_id == customer_id, Todo.text == words)
    before = Todo.created_at >= about - _SAME_TALK if origin is DigestOrigin.ARCHIVE else TODO_IS_OPEN
    return s.scalar(select(Todo.id).where(*same, before).limit(1)) is not None


def _not_told_yet(
    s: Session, customer: Customer, talk: Sequence[Utterance], sentences: Sequence[Sentence], now: datetime
) -> list[Sentence]:
    """Without those whose every message stands on the timeline already: a talk is pasted again when it has gone on.

    A message is the same by speaker, words and moment; of one without a moment, what was told within a day.
    """
    begun = min((one.at for one in talk if one.at is not None), default=now)
    told_of = (
        select(DigestMessage.speaker, DigestMessage.at, DigestMessage.text)
        .join(Digest, Digest.id == DigestMessage.digest_id)
        .join(TimelineEntry, TimelineEntry.id == Digest.entry_id)
        .where(
            TimelineEntry.customer_id == customer.id,
            TimelineEntry.retracted_at.is_(None),
            or_(DigestMessage.at >= begun, TimelineEntry.recorded_at >= now - _SAME_TALK),
        )
    )
    told = {tuple(row) for row in s.execute(told_of)}
    known = {one.number for one in talk if (one.speaker[:_NAME_LONGEST], one.at, one.text) in told}
    left = [one for one in sentences if not known.issuperset(one.cites)]
    if not left:
        raise Conflict(f"这段内容里的事都已经整理过了，在「{customer.name}」的时间线上。没有再记一次，待办也没有再加")
    return left


def in_words(sentences: Iterable[tuple[DigestKind, str]]) -> str:
    """What the line of the timeline says."""
    return "\n".join(f"{label(kind)}：{text}" for kind, text in sentences)


def _print(talk: Sequence[Utterance]) -> str:
    said = [[one.speaker, one.ours, one.at and one.at.isoformat(), " ".join(one.text.split())] for one in talk]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _refuse_again(s: Session, customer: Customer, known_by: str) -> None:
    """A talk that stands on the timeline already is not told, nor its promises made, a second time."""
    same = (Digest.talk_print == known_by, TimelineEntry.customer_id == customer.id)
    standing = select(TimelineEntry.at).join(Digest, Digest.entry_id == TimelineEntry.id)
    before = s.scalar(standing.where(*same, TimelineEntry.retracted_at.is_(None)).limit(1))
    if before is not None:
        told = f"{before.astimezone(SHANGHAI):%m-%d %H:%M} 那次聊天的会话摘要就是"
        raise Conflict(f"这段内容已经整理过了，在「{customer.name}」的时间线上，{told}。没有再记一次，待办也没有再加")


def _counts(s: Session, customer_id: int, talk: Sequence[Utterance], sentences: Sequence[Sentence]) -> tuple[bool, str]:
    """A talk is real as a follow-up is: words enough, not copied, somebody reached; and the others said something."""
    if all(one.ours and one.speaker for one in talk):
        return False, _ONE_SIDED
    kinds = (TimelineKind.FOLLOW_UP, TimelineKind.DIGEST)
    recent = s.scalars(
        select(TimelineEntry.text)
        .where(
            TimelineEntry.customer_id == customer_id,
            TimelineEntry.kind.in_(kinds),
            TimelineEntry.retracted_at.is_(None),
        )
        .order_by(TimelineEntry.at.desc())
        .limit(_REMEMBERED)
    ).all()
    said = activity_counts("\n".join(one.text for one in sentences), ())
    return said if not said[0] else activity_counts(in_words((one.kind, one.text) for one in sentences), recent)


def _keep(s: Session, digest_id: int, talk: Sequence[Utterance], sentences: Sequence[Sentence]) -> None:
    for position, one in enumerate(sentences):
        s.add(
            DigestSentence(
                digest_id=digest_id, position=position, kind=one.kind, text=one.text, cites=list(one.cites), due=one.due
            )
        )
    cited = {number for one in sentences for number in one.cites}
    for message in talk:
        if message.number in cited:
            s.add(
                DigestMessage(
                    digest_id=digest_id,
                    number=message.number,
                    speaker=message.speaker[:_NAME_LONGEST],
                    ours=message.ours,
                    at=message.at,
                    text=message.text,
                )
            )
    s.flush()


def _promised(
    talk: Sequence[Utterance], sentences: Sequence[Sentence], own: Collection[int] | None, now: datetime
) -> list[tuple[int, str, datetime]]:
    """Of which sentence, what (by dates: it is read on the day itself), and until when."""
    said_at = {one.number: one.at or now for one in talk}
    return [
        (position, dated(promise.text, day_of(said_at[one.cites[-1]]))[:_TODO_LONGEST], moment)
        for position, one in enumerate(sentences)
        if one.kind is DigestKind.PROMISE and (own is None or not set(own).isdisjoint(one.cites))
        for promise in _each(one, said_at[one.cites[-1]], now)
        if (moment := _moment(promise, now)) is not None
    ][:_MOST_TODOS]


def _each(one: Sentence, said_at: datetime, now: datetime) -> list[Promise]:
    """What the sentence promises; the day that it names is that of its only promise, if that names none itself, nor
    one on which the others do something."""
    found = promised(one.text.partition("答应：")[2] or one.text, said_at, now)
    if len(found) == 1 and found[0].due is None and one.due is not None and not _names_a_day(found[0], said_at):
        return [replace(found[0], due=at(one.due, *DAY_STARTS))]
    return found


def _names_a_day(promise: Promise, said_at: datetime) -> bool:
    return any(True for _ in days_in(promise.text, day_of(said_at)))


def _moment(promise: Promise, now: datetime) -> datetime | None:
    """Without a time tomorrow; what is late today already by the end of it; of a day that is over none."""
    if promise.due is None:
        return at(day_of(now) + timedelta(days=1), *DAY_STARTS)
    if promise.due > now:
        return promise.due
    return max(at(day_of(now), *DAY_ENDS), now) if day_of(promise.due) == day_of(now) else None


def retract_digest(s: Session, actor: Actor, entry_public_id: str, now: datetime, *, entrance: str) -> str:
    """Take back one's own digest within the undo minutes, and the to-dos made with it. The customer's name."""
    name, entry = take_back_entry(
        s, actor, entry_public_id, TimelineKind.DIGEST, now, verb="retract_digest", entrance=entrance
    )
    withdraw_promises(s, [entry.id], now, entrance=entrance, by=actor.person_id)
    return name


def withdraw_promises(
    s: Session, entry_ids: Collection[int], now: datetime, *, entrance: str, by: int | None = None
) -> None:
    """The digests on these lines stand no longer, and nor do the to-dos that came of them; `by` as `withdraw_todos`."""
    came_of = select(DigestTodo.todo_id).join(Digest, Digest.id == DigestTodo.digest_id)
    todo_ids = s.scalars(came_of.where(one_of(s, Digest.entry_id, entry_ids))).all()
    withdraw_todos(s, todo_ids, now, entrance=entrance, by=by)


def take_digest_back(s: Session, actor: Actor, public_id: str, now: datetime, *, entrance: str) -> str:
    """The same by the digest's own id; of one that was made out of the archive whoever may write there says that it is
    wrong, however old it is: nobody asked for it. What was said is not summed up again."""
    found = select(TimelineEntry, Digest.origin).join(Digest, Digest.entry_id == TimelineEntry.id)
    row = s.execute(found.where(Digest.public_id == public_id)).one_or_none()
    if row is None or row.origin != DigestOrigin.ARCHIVE:
        return retract_digest(s, actor, row[0].public_id if row else "", now, entrance=entrance)
    entry = row[0]
    try:
        customer = get_customer(s, actor, entry.customer_id, lock=True)
    except NotFound:
        raise NotFound("没有找到这条会话摘要，或者不归您改") from None
    s.refresh(entry)  # of two at once, the second has waited for the lock and sees the first
    if entry.retracted_at is None:
        strike(s, actor, customer, entry, now, verb="retract_digest", entrance=entrance)
        withdraw_promises(s, [entry.id], now, entrance=entrance, by=actor.person_id)
    return customer.name
