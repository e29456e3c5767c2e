"""Write down what was said and done with a customer; an honest one restarts its silence clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Select, and_, bindparam, case, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from config.vocabulary import HolderKind, TimelineKind, label
from crm import audit, policy
from crm.access import WRITE, Actor, Reach, customer_there, get_customer, merged_into, not_there, within
from crm.errors import Gone, Invalid, NotFound
from crm.holding import holder_of, tenure_began
from crm.rules.activity import counts as activity_counts
from crm.silence import pause_of
from crm.usecases.todos import withdraw_todos
from models.base import bare, new_public_id
from models.customers import Customer
from models.digests import DigestTodo
from models.timeline import TimelineEntry, Todo

LONGEST = 5000  # characters
_REMEMBERED = 10
NOT_THE_HOLDER = "沉默计时不变：只有负责人自己的跟进才重新计时"
_NOBODY_HOLDS = "客户还在等分配，沉默计时从分配那天开始"

# Built once: these run with every follow-up that comes in over the chat.
_ENTRY = insert(bare(TimelineEntry)).returning(bare(TimelineEntry).c.id)
_MOMENT = bindparam("moment", type_=Customer.silent_since.type)
_NEWER = or_(Customer.last_activity_at.is_(None), Customer.last_activity_at < _MOMENT)
_TOUCH = (
    update(bare(Customer))
    # Once more, and not only as it was read: a sweep may have taken the customer away meanwhile.
    .where(Customer.id == bindparam("customer"), Customer.owner_id == bindparam("owner"))
    .values(
        silent_since=case((Customer.silent_since < _MOMENT, _MOMENT), else_=Customer.silent_since),
        last_activity_at=case((_NEWER, _MOMENT), else_=Customer.last_activity_at),
    )
)


@dataclass(frozen=True, slots=True)
class FollowUpDone:
    """`remark` is the sentence that tells why an entry does not count, or does not restart the clock; else empty."""

    entry_id: int
    public_id: str
    counts: bool
    remark: str
    customer_id: int
    customer_name: str


def write_follow_up(
    s: Session,
    actor: Actor,
    customer_id: int | str,
    text: str,
    now: datetime,
    *,
    entrance: str,
    at: datetime | None = None,
    head: str = "",
) -> FollowUpDone:
    """Add a follow-up to a customer the actor may see. Only the holder's own activity restarts the clock.

    `at` is when it happened, for notes written later; never after `now`. `head` stands before it and is not judged.
    """
    customer, recent = _customer_and_recent(s, actor, customer_id)
    words = text.replace("\x00", "").strip()
    if not words:
        raise Invalid("跟进内容是空的，写一句聊了什么就行", {"text": "不能为空"})
    if len(words) > LONGEST:
        raise Invalid(f"跟进内容太长了（{len(words)} 字），请控制在 {LONGEST} 字以内", {"text": "太长"})
    happened = min(at or now, now)
    valid, remark = activity_counts(words, recent)
    entry_id, public_id = write_entry(
        s, customer.id, TimelineKind.FOLLOW_UP, head + words, actor.person_id, now, at=happened, counts=valid
    )
    if valid:
        touch(s, customer.id, customer.owner_id, actor, happened)
    audit.record(
        s, actor.person_id, "follow_up", f"customer:{customer.id}", now, entrance=entrance, entry=entry_id, counts=valid
    )
    remark = why_no_restart(s, customer.id, customer.owner_id, actor) if valid else remark
    return FollowUpDone(entry_id, public_id, valid, remark, customer.id, customer.name)


def why_no_restart(s: Session, customer_id: int, owner_id: int | None, actor: Actor) -> str:
    """Why an activity that counts does not restart the silence clock, "" where it does."""
    if owner_id != actor.person_id:
        return NOT_THE_HOLDER if owner_id else _NOBODY_HOLDS
    why = pause_of(s, customer_id)
    return f"{why}，沉默计时暂停中，不会被回收" if why else ""


@dataclass(frozen=True, slots=True)
class _Written:
    """The customer that is written about."""

    id: int
    name: str
    owner_id: int | None


def _customer_and_recent(s: Session, actor: Actor, customer_id: int | str) -> tuple[_Written, list[str]]:
    """A customer this actor may see and the texts of its latest follow-ups, in one question; not yours is not there."""
    wanted = {**within(actor), "id": customer_id}
    rows = s.execute(_recent_of(actor.reach, isinstance(customer_id, int)), wanted).all()
    if not rows:
        winner_id = merged_into(s, customer_id)
        if winner_id is not None:
            return _customer_and_recent(s, actor, winner_id)
        raise not_there(s, actor, customer_id, WRITE)
    return _Written(*rows[0][:3]), [row.text for row in rows if row.text is not None]


@cache
def _recent_of(reach: Reach, by_id: bool) -> Select[int, str, int | None, str]:
    entry, customer = bare(TimelineEntry).c, bare(Customer).c
    own = (entry.customer_id == customer.id, entry.kind == TimelineKind.FOLLOW_UP, entry.retracted_at.is_(None))
    return (
        select(customer.id, customer.name, customer.owner_id, entry.text)
        .outerjoin(bare(TimelineEntry), and_(*own))
        .where(customer_there(reach, by_id, WRITE))
        .order_by(entry.at.desc())
        .limit(_REMEMBERED)
    )


def write_entry(
    s: Session,
    customer_id: int,
    kind: TimelineKind,
    text: str,
    author_id: int | None,
    now: datetime,
    *,
    at: datetime | None = None,
    counts: bool = False,
    deal_id: int | None = None,
) -> tuple[int, str]:
    """One line on a customer's timeline; its id and public id."""
    public_id = new_public_id()
    row = {
        "public_id": public_id,
        "customer_id": customer_id,
        "deal_id": deal_id,
        "kind": kind,
        "author_id": author_id,
        "at": at or now,
        "recorded_at": now,
        "text": text,
        "counts": counts,
    }
    return s.execute(_ENTRY, row).scalar_one(), public_id


def touch(s: Session, customer_id: int, owner_id: int | None, actor: Actor, at: datetime) -> None:
    """A valid activity of the holder at `at` moves the clock forward, never back."""
    if owner_id != actor.person_id:
        return
    s.execute(_TOUCH, {"customer": customer_id, "owner": owner_id, "moment": at})


def retract_follow_up(s: Session, actor: Actor, public_id: str, now: datetime, *, entrance: str) -> str:
    """Take back one's own entry within the undo minutes; the clock goes back to what remains. The customer's name.

    The next contact that was promised in the same breath goes with it.
    """
    name, entry = take_back_entry(
        s, actor, public_id, TimelineKind.FOLLOW_UP, now, verb="retract_follow_up", entrance=entrance
    )
    promised = select(Todo.id).where(
        Todo.person_id == actor.person_id,
        Todo.customer_id == entry.customer_id,
        Todo.created_at == entry.recorded_at,
        ~exists().where(DigestTodo.todo_id == Todo.id),
    )
    withdraw_todos(s, s.scalars(promised).all(), now, entrance=entrance, by=actor.person_id)
    return name


def take_back_entry(
    s: Session, actor: Actor, public_id: str, kind: TimelineKind, now: datetime, *, verb: str, entrance: str
) -> tuple[str, TimelineEntry]:
    """The same of whatever one writes oneself, line and clock; the customer's name, and the line."""
    entry = s.scalar(
        select(TimelineEntry).where(
            TimelineEntry.public_id == public_id,
            TimelineEntry.author_id == actor.person_id,
            TimelineEntry.kind == kind,
        )
    )
    if entry is None:
        raise NotFound(f"没有找到这条{label(kind)}，或者不是您写的")
    customer = get_customer(s, actor, entry.customer_id, lock=True)
    s.refresh(entry)  # of two retractions at once, the second has waited for the lock and sees the first
    if entry.retracted_at is not None:
        return customer.name, entry
    minutes = policy.current(s).undo_minutes
    if now > entry.recorded_at + timedelta(minutes=minutes):
        raise Gone(f"这条{label(kind)}写了超过 {minutes} 分钟，不能撤销了。可以再补一条说明")
    strike(s, actor, customer, entry, now, verb=verb, entrance=entrance)
    return customer.name, entry


def strike(
    s: Session, actor: Actor, customer: Customer, entry: TimelineEntry, now: datetime, *, verb: str, entrance: str
) -> None:
    """The line stands no longer, and the clock goes back to what remains."""
    entry.retracted_at = now
    s.flush()
    rewind(s, customer)
    audit.record(s, actor.person_id, verb, f"customer:{customer.id}", now, entrance=entrance, entry=entry.id)


def rewind(s: Session, customer: Customer) -> None:
    """Set the clock from the ledger: the later of the ownership's start and the last valid activity since."""
    _, holder, _ = holder_of(s, customer.id)
    started = tenure_began(s, customer.id)
    valid = (
        TimelineEntry.customer_id == customer.id,
        TimelineEntry.counts,
        TimelineEntry.retracted_at.is_(None),
    )
    last = s.scalar(select(func.max(TimelineEntry.at)).where(*valid))
    own = None
    if holder.kind is HolderKind.PERSON:
        own = s.scalar(select(func.max(TimelineEntry.at)).where(*valid, TimelineEntry.author_id == holder.id))
    customer.silent_since = max(started, own) if own else started
    customer.last_activity_at = last
