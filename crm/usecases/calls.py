"""A number that was dialled: noted at once, and on return whether anybody answered and what was said."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import TimelineKind
from crm import audit
from crm.access import Actor, get_customer
from crm.errors import Conflict, Invalid, NotFound
from crm.rules.words import storable
from crm.usecases.followups import write_entry, write_follow_up
from models.base import bare
from models.customers import Contact, Customer
from models.people import Person
from models.timeline import TimelineEntry
from models.visits import PhoneCall

LONGEST_NOTE = 500  # characters
REACHED = "电话接通："
UNREACHED = "电话未接通"
_NOT_COUNTED = "未接通已记下，但不计入跟进；联系上以后再记一次就算"
_RECORDED = "这次通话已经记下，但没有计入跟进"


@dataclass(frozen=True, slots=True)
class CallDone:
    """`reached` None until it is said; `counts` whether that restarts the silence clock, `remark` why not."""

    public_id: str
    customer_name: str
    reached: bool | None
    counts: bool
    remark: str
    again: bool


def dial(
    s: Session,
    actor: Actor,
    client_id: str,
    customer_id: str,
    contact_id: str,
    at: datetime,
    now: datetime,
    *,
    entrance: str,
) -> CallDone:
    """A call to a customer the actor works on; the same `client_id` again is the first one."""
    _alone(s, actor)
    known = s.scalar(select(PhoneCall).where(PhoneCall.person_id == actor.person_id, PhoneCall.client_id == client_id))
    if known is not None:
        return _done(s, known, again=True)
    customer = get_customer(s, actor, customer_id)
    contact = None
    if contact_id:
        there = (Contact.public_id == contact_id, Contact.customer_id == customer.id)
        contact = s.scalar(select(Contact.id).where(*there))
        if contact is None:
            raise NotFound("这位联系人不在这个客户里，没有记下。请刷新后再试")
    call = PhoneCall(
        client_id=client_id, person_id=actor.person_id, customer_id=customer.id, contact_id=contact, at=min(at, now),
        received_at=now,
    )  # fmt: skip
    s.add(call)
    s.flush()
    audit.record(s, actor.person_id, "dial", f"customer:{customer.id}", now, entrance=entrance, call=call.id)
    return _done(s, call, again=False)


def tell_call(
    s: Session, actor: Actor, call_id: str, reached: bool, note: str, now: datetime, *, entrance: str
) -> CallDone:
    """What came of one's own call, once: a follow-up of when it was. One that nobody answered restarts no clock.

    The same again changes nothing; Conflict for something else.
    """
    _alone(s, actor)
    call = s.scalar(select(PhoneCall).where(PhoneCall.public_id == call_id, PhoneCall.person_id == actor.person_id))
    if call is None:
        raise NotFound("没有找到这次通话，或者不是您的")
    words = " ".join(storable(note).split())
    if reached and not words:
        raise Invalid("接通了的话，请写一句聊了什么", {"note": "不能为空"})
    if len(words) > LONGEST_NOTE:
        raise Invalid(f"通话内容最多 {LONGEST_NOTE} 个字，现在有 {len(words)} 个", {"note": "太长"})
    if call.reached is not None:
        if (call.reached, call.note) != (reached, words):
            raise Conflict("这次通话的结果已经记过，没有再改。可以另写一条跟进")
        return _done(s, call, again=True)
    counts, remark = False, _NOT_COUNTED
    if reached:
        made = write_follow_up(s, actor, call.customer_id, words, now, entrance=entrance, at=call.at, head=REACHED)
        call.entry_id, counts, remark = made.entry_id, made.counts, made.remark
    else:
        customer = get_customer(s, actor, call.customer_id)
        text = UNREACHED + (f"：{words}" if words else "")
        call.entry_id, _ = write_entry(
            s, customer.id, TimelineKind.FOLLOW_UP, text, actor.person_id, now, at=call.at, counts=False
        )
        audit.record(
            s, actor.person_id, "follow_up", f"customer:{customer.id}", now, entrance=entrance, entry=call.entry_id,
            counts=False,
        )  # fmt: skip
    call.reached, call.note = reached, words
    s.flush()
    return CallDone(call.public_id, _name(s, call), reached, counts, remark, again=False)


def _alone(s: Session, actor: Actor) -> None:
    """One phone of his waits for the other, and then finds what it brought."""
    s.execute(select(bare(Person).c.id).where(bare(Person).c.id == actor.person_id).with_for_update())


def _done(s: Session, call: PhoneCall, *, again: bool) -> CallDone:
    entry = None if call.entry_id is None else s.get_one(TimelineEntry, call.entry_id)
    counts = entry is not None and entry.counts
    remark = "" if entry is None or counts else _NOT_COUNTED if not call.reached else _RECORDED
    return CallDone(call.public_id, _name(s, call), call.reached, counts, remark, again)


def _name(s: Session, call: PhoneCall) -> str:
    return s.scalars(select(Customer.name).where(Customer.id == call.customer_id)).one()
