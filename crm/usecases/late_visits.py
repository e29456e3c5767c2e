"""Whose file a visit belongs to: ownership counts as of its day, also when it arrives after the file went elsewhere."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.vocabulary import HolderKind, Verdict, label
from crm import policy
from crm.access import DECIDE, Actor, actor_by_id, customers_for, get_customer, merged_into, supervisor_of
from crm.errors import NotAllowed, NotFound
from crm.holding import Holder, former_holder, holder_at, holder_of
from crm.messages import Tap, prompt_card
from crm.notices import Fact, Notice
from crm.rules.days import SHANGHAI
from models.customers import Customer
from models.merges import CustomerMerge
from models.visits import Visit


@dataclass(frozen=True, slots=True)
class Visited:
    """Where a visit belongs now, and the file that it was part of on its day: another one where that has been merged
    since. `late`: it has left the actor meanwhile.
    """

    customer: Customer
    file_id: int
    name: str
    late: bool


def visited(s: Session, actor: Actor, customer_id: int | str, at: datetime) -> Visited:
    """A visit counts for whoever held that file on its day, also when the file has gone to somebody else since."""
    column = Customer.id if isinstance(customer_id, int) else Customer.public_id
    sent = s.scalar(select(Customer.id).where(column == customer_id))
    then = None if sent is None else _part_of(s, sent, at)
    try:
        customer = get_customer(s, actor, customer_id, lock=True)
        return Visited(customer, then or customer.id, customer.name, late=False)
    except (NotAllowed, NotFound):
        if sent is None or then is None or holder_at(s, then, at) != Holder.person(actor.person_id):
            raise
        part_of = then  # not what was sent: a merge that was taken apart since has put the two in different hands
        while (above := merged_into(s, part_of)) is not None:
            part_of = above
        customer_now = s.scalar(select(Customer).where(Customer.id == part_of, Customer.merged_into_id.is_(None)))
        if customer_now is None:  # it was taken back
            raise
        return Visited(customer_now, then, s.get_one(Customer, then).name, late=True)


def _part_of(s: Session, file_id: int, moment: datetime) -> int:
    """The file that this one was part of at that moment: itself, or what it had been merged into by then.

    A phone that has been without signal still knows it by the old id.
    """
    stood = or_(CustomerMerge.undone_at.is_(None), CustomerMerge.undone_at > moment)
    seen: set[int] = set()  # clocks of two servers differ: a merge and the one that followed its undoing may overlap
    while file_id not in seen:
        seen.add(file_id)
        into = (CustomerMerge.loser_id == file_id, CustomerMerge.at <= moment, stood)
        winner = s.scalar(select(CustomerMerge.winner_id).where(*into).order_by(CustomerMerge.id.desc()).limit(1))
        if winner is None:
            break
        file_id = winner
    return file_id


def ask_whether_to_return(
    s: Session, actor: Actor, customer: Customer, visit: Visit, distance: str, now: datetime
) -> None:
    """The visit was before the release and arrived after it: the supervisor is asked, if it is his to decide and
    giving it back would give it to whoever was there. What speaks against the visit he reads on the card; about one
    that nobody believes he is not asked."""
    if visit.verdict == Verdict.INVALID:
        return
    _, holder, _ = holder_of(s, customer.id)
    if holder.kind is not HolderKind.QUEUE or former_holder(s, customer.id) != actor.person_id:
        return
    args = {"customer": customer.id}
    taps = [Tap("退还", "return", args, 1), Tap("不退还", "keep_waiting", args)]
    notice = Notice(
        title=f"回收前已拜访，是否退还？{customer.name}",
        desc=f"{actor.name} {visit.visited_at.astimezone(SHANGHAI):%m-%d %H:%M} 的拜访现在才上传",
        facts=(Fact("原负责人", actor.name), Fact("距离", distance), *_doubts(visit)),
    )
    for person_id in supervisor_of(s, actor.person_id):
        if s.scalar(customers_for(actor_by_id(s, person_id, now), to=DECIDE).where(Customer.id == customer.id)) is None:
            continue
        matter = f"late_visit:{visit.id}"
        key = f"{matter}:{person_id}"
        prompt_card(s, person_id, notice, taps, matter=matter, dedupe=key, now=now, policy=policy.current(s))


def _doubts(visit: Visit) -> tuple[Fact, ...]:
    if visit.verdict != Verdict.DOUBTFUL:
        return ()
    heaviest = next((one["said"] for one in visit.signals if one["weight"] > 0), "没有定位，补签的")
    return (Fact("可信度", f"{label(Verdict.DOUBTFUL)}：{heaviest}"),)
