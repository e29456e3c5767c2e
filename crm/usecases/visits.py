"""A check-in is recorded once, however often the phone sends it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.vocabulary import Datum, FixSource, HolderKind, TimelineKind
from crm import audit, policy
from crm.access import DECIDE, Actor, actor_by_id, customers_for, get_customer, merged_into, supervisor_of
from crm.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from crm.holding import Holder, former_holder, holder_at, holder_of
from crm.messages import Tap, prompt_card
from crm.notices import Fact, Notice
from crm.rules.checkin import Point, metres_between, nearest, said_distance, to_gcj02
from crm.rules.days import SHANGHAI
from crm.rules.words import storable
from crm.usecases.followups import LONGEST, rewind, touch, write_entry
from models.customers import Customer
from models.merges import CustomerMerge
from models.timeline import TimelineEntry
from models.visits import Visit


@dataclass(frozen=True, slots=True)
class CheckInDraft:
    """`client_id` is the phone's own name of the visit, or the message's id. Degrees in `datum`, metres."""

    client_id: str
    customer_id: int | str
    latitude: float
    longitude: float
    datum: Datum
    accuracy_m: float | None
    source: FixSource
    visited_at: datetime
    place: str
    report: str


@dataclass(frozen=True, slots=True)
class CheckInDone:
    """`distance_m` is None where the customer's place is not known yet; `again` when it was recorded before."""

    public_id: str
    distance_m: int | None
    said: str
    customer_name: str
    again: bool


@dataclass(frozen=True, slots=True)
class Near:
    customer_id: int
    name: str
    metres: int
    said: str


def point_of(latitude: float, longitude: float, datum: Datum) -> Point:
    try:
        return Point(latitude, longitude, datum)
    except ValueError as error:
        raise Invalid(str(error), {"latitude": str(error)}) from None


def nearby(s: Session, actor: Actor, latitude: float, longitude: float, datum: Datum, limit: int = 5) -> list[Near]:
    """The actor's own customers around a point, nearest first."""
    here = to_gcj02(point_of(latitude, longitude, datum))
    own = customers_for(actor).where(Customer.owner_id == actor.person_id, Customer.latitude.is_not(None))
    places = {
        c.id: (c.name, Point(c.latitude, c.longitude, Datum.GCJ02))
        for c in s.scalars(own)
        if c.latitude and c.longitude
    }
    found = nearest(here, ((i, p) for i, (_, p) in places.items()), policy.current(s).nearby_metres, limit)
    return [Near(i, places[i][0], metres, said_distance(metres)) for i, metres in found]


def check_in(s: Session, actor: Actor, draft: CheckInDraft, now: datetime, *, entrance: str) -> CheckInDone:
    """Record that the actor stood there. The customer's holder at that moment is kept with it."""
    point = point_of(draft.latitude, draft.longitude, draft.datum)
    known = s.scalar(select(Visit).where(Visit.person_id == actor.person_id, Visit.client_id == draft.client_id))
    if known is not None:
        place = s.scalars(select(Customer.name).where(Customer.id == known.customer_id)).one()
        return CheckInDone(known.public_id, known.distance_m, _said(known.distance_m), place, again=True)
    visited = _visited(s, actor, draft)
    customer = visited.customer
    distance = None
    if customer.latitude is not None and customer.longitude is not None:
        target = Point(customer.latitude, customer.longitude, Datum.GCJ02)
        distance = round(metres_between(to_gcj02(point), target))
    holder = holder_at(s, visited.file_id, draft.visited_at)
    words = f"拜访打卡，{_said(distance)}" + (f"：{draft.report}" if draft.report else "")
    happened = min(draft.visited_at, now)
    entry_id, _ = write_entry(s, customer.id, TimelineKind.VISIT, words, actor.person_id, now, at=happened, counts=True)
    visit = Visit(
        client_id=draft.client_id,
        person_id=actor.person_id,
        customer_id=customer.id,
        visited_at=happened,
        received_at=now,
        source=draft.source,
        latitude=draft.latitude,
        longitude=draft.longitude,
        datum=draft.datum,
        accuracy_m=draft.accuracy_m,
        place=draft.place[:255],
        distance_m=distance,
        report=draft.report,
        entry_id=entry_id,
        owner_then_id=holder.id if holder and holder.kind is HolderKind.PERSON else None,
    )
    s.add(visit)
    s.flush()
    touch(s, customer.id, customer.owner_id, actor, visit.visited_at)
    audit.record(
        s,
        actor.person_id,
        "check_in",
        f"customer:{customer.id}",
        now,
        entrance=entrance,
        visit=visit.id,
        metres=distance,
    )
    if visited.late:
        _ask_whether_to_return(s, actor, customer, visit, now)
    return CheckInDone(visit.public_id, distance, _said(distance), visited.name, again=False)


@dataclass(frozen=True, slots=True)
class _Visited:
    """Where a visit belongs now, and the file that it was part of on its day: another one where that has been merged
    since. `late`: it has left the actor meanwhile.
    """

    customer: Customer
    file_id: int
    name: str
    late: bool


def _visited(s: Session, actor: Actor, draft: CheckInDraft) -> _Visited:
    """A visit counts for whoever held that file on its day, also when the file has gone to somebody else since."""
    column = Customer.id if isinstance(draft.customer_id, int) else Customer.public_id
    sent = s.scalar(select(Customer.id).where(column == draft.customer_id))
    then = None if sent is None else _part_of(s, sent, draft.visited_at)
    try:
        customer = get_customer(s, actor, draft.customer_id)
        return _Visited(customer, then or customer.id, customer.name, late=False)
    except (NotAllowed, NotFound):
        if sent is None or then is None or holder_at(s, then, draft.visited_at) != Holder.person(actor.person_id):
            raise
        part_of = then  # not what was sent: a merge that was taken apart since has put the two in different hands
        while (above := merged_into(s, part_of)) is not None:
            part_of = above
        customer_now = s.scalar(select(Customer).where(Customer.id == part_of, Customer.merged_into_id.is_(None)))
        if customer_now is None:  # it was taken back
            raise
        return _Visited(customer_now, then, s.get_one(Customer, then).name, late=True)


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


def _ask_whether_to_return(s: Session, actor: Actor, customer: Customer, visit: Visit, now: datetime) -> None:
    """The visit was before the release and arrived after it: the supervisor is asked, if it is his to decide and
    giving it back would give it to whoever was there."""
    _, holder, _ = holder_of(s, customer.id)
    if holder.kind is not HolderKind.QUEUE or former_holder(s, customer.id) != actor.person_id:
        return
    args = {"customer": customer.id}
    taps = [Tap("退还", "return", args, 1), Tap("不退还", "keep_waiting", args)]
    notice = Notice(
        title=f"回收前已拜访，是否退还？{customer.name}",
        desc=f"{actor.name} {visit.visited_at.astimezone(SHANGHAI):%m-%d %H:%M} 的拜访现在才上传",
        facts=(Fact("原负责人", actor.name), Fact("距离", _said(visit.distance_m))),
    )
    for person_id in supervisor_of(s, actor.person_id):
        if s.scalar(customers_for(actor_by_id(s, person_id, now), to=DECIDE).where(Customer.id == customer.id)) is None:
            continue
        matter = f"late_visit:{visit.id}"
        key = f"{matter}:{person_id}"
        prompt_card(s, person_id, notice, taps, matter=matter, dedupe=key, now=now, policy=policy.current(s))


def add_report(s: Session, actor: Actor, public_id: str, text: str, now: datetime, *, entrance: str) -> str:
    """What was talked about at one's own visit, said after the check-in: part of it, once. The customer's name."""
    visit = s.scalar(select(Visit).where(Visit.public_id == public_id, Visit.person_id == actor.person_id))
    if visit is None:
        raise NotFound("没有找到这次打卡，或者不是您的")
    customer = get_customer(s, actor, visit.customer_id, lock=True)
    s.refresh(visit)
    words = storable(text).strip()
    if not words:
        raise Invalid("拜访小结是空的，写一句聊了什么就行", {"text": "不能为空"})
    if len(words) > LONGEST:
        raise Invalid(f"拜访小结太长了（{len(words)} 字），请控制在 {LONGEST} 字以内", {"text": "太长"})
    if visit.retracted_at is not None:
        raise Gone("这次打卡已经撤销了，小结没有记下。直接打字可以记成跟进")
    if visit.report:
        raise Conflict("这次拜访已经写过小结，没有再改。直接打字可以记成跟进")
    entry = s.get_one(TimelineEntry, visit.entry_id)
    visit.report, entry.text = words, f"{entry.text}：{words}"
    audit.record(
        s, actor.person_id, "update_visit", f"customer:{customer.id}", now, entrance=entrance,
        changed=["拜访小结"], visit=visit.id,
    )  # fmt: skip
    return customer.name


def retract_check_in(s: Session, actor: Actor, public_id: str, now: datetime, *, entrance: str) -> str:
    """Take back one's own check-in within the undo minutes; the clock goes back too. The customer's name."""
    visit = s.scalar(select(Visit).where(Visit.public_id == public_id, Visit.person_id == actor.person_id))
    if visit is None:
        raise NotFound("没有找到这次打卡，或者不是您的")
    customer = get_customer(s, actor, visit.customer_id, lock=True)
    s.refresh(visit)  # of two retractions at once, the second has waited for the lock and sees the first
    if visit.retracted_at is not None:
        return customer.name
    minutes = policy.current(s).undo_minutes
    if now > visit.received_at + timedelta(minutes=minutes):
        raise Gone(f"打卡已超过 {minutes} 分钟，不能撤销了")
    visit.retracted_at = s.get_one(TimelineEntry, visit.entry_id).retracted_at = now
    s.flush()
    rewind(s, customer)
    audit.record(
        s, actor.person_id, "retract_check_in", f"customer:{customer.id}", now, entrance=entrance, visit=visit.id
    )
    return customer.name


def _said(distance: int | None) -> str:
    return "客户地址还没有坐标，距离未知" if distance is None else f"距客户{said_distance(distance)}"
