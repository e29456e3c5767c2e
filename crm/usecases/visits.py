"""A visit is recorded once, however often the phone sends it, judged at once, and counted for its day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.vocabulary import Datum, FixSource, HolderKind, TimelineKind, Verdict
from crm import audit, policy
from crm.access import Actor, customers_for, get_own_visit
from crm.errors import Conflict, Gone, Invalid, NotFound
from crm.holding import holder_at
from crm.rules.checkin import Point, metres_between, nearest, said_distance, to_gcj02
from crm.rules.words import storable
from crm.usecases.followups import LONGEST, rewind, touch, write_entry
from crm.usecases.late_visits import ask_whether_to_return, visited
from crm.usecases.visit_cards import ask_nobody, follow
from crm.usecases.visit_judging import alone, judge_again
from crm.usecases.visit_uploads import MOST_PHOTOS, bind, unbind
from models.base import bare
from models.customers import Customer
from models.timeline import TimelineEntry
from models.visits import Visit, VisitPlan

LONGEST_WHY = 200  # characters


@dataclass(frozen=True, slots=True)
class CheckInDraft:
    """`client_id` is the phone's own name of the visit, or the message's id. Degrees in `datum`, metres.

    Without a position it needs `why`: 补签, written afterwards. `sent_at` is the phone's clock as it sent; where that
    is wrong, `visited_at` and `fix_at` have been put right by it. `photos` are ids of uploads, in order; `plan_id` is
    what was planned and has happened now.
    """

    client_id: str
    customer_id: int | str
    latitude: float | None
    longitude: float | None
    datum: Datum
    accuracy_m: float | None
    source: FixSource
    visited_at: datetime
    place: str
    report: str
    fix_at: datetime | None = None
    sent_at: datetime | None = None
    device: str = ""
    why: str = ""
    photos: Sequence[str] = ()
    plan_id: str = ""


@dataclass(frozen=True, slots=True)
class CheckInDone:
    """`distance_m` is None where the customer's place is not known yet; `again` when it was recorded before.

    `verdict` is None of a visit of before there was one; `signals` are sentences.
    """

    public_id: str
    distance_m: int | None
    said: str
    customer_name: str
    again: bool
    verdict: Verdict | None
    signals: tuple[str, ...]
    effective: bool


@dataclass(frozen=True, slots=True)
class Near:
    customer_id: int
    public_id: str
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
        c.id: (c.public_id, c.name, Point(c.latitude, c.longitude, Datum.GCJ02))
        for c in s.scalars(own)
        if c.latitude and c.longitude
    }
    found = nearest(here, ((i, p) for i, (_, _, p) in places.items()), policy.current(s).nearby_metres, limit)
    return [Near(i, *places[i][:2], metres, said_distance(metres)) for i, metres in found]


def check_in(s: Session, actor: Actor, draft: CheckInDraft, now: datetime, *, entrance: str) -> CheckInDone:
    """Record that the actor stood there. The customer's holder at that moment is kept with it."""
    point = _point(draft)
    known = _known(s, actor, draft.client_id)
    if known is not None:
        return _again(s, known)
    there = visited(s, actor, draft.customer_id, draft.visited_at)
    alone(s, actor.person_id)
    known = _known(s, actor, draft.client_id)
    if known is not None:
        return _again(s, known)
    customer = there.customer
    distance = _distance(customer, point)
    holder = holder_at(s, there.file_id, draft.visited_at)
    happened = min(draft.visited_at, now)
    entry_id, _ = write_entry(
        s, customer.id, TimelineKind.VISIT, _words(draft, distance), actor.person_id, now, at=happened, counts=True
    )
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
        fix_at=draft.fix_at,
        sent_at=draft.sent_at,
        device=draft.device,
        why=draft.why,
        verdict=Verdict.VALID,  # until it is judged, a few lines below
    )
    s.add(visit)
    s.flush()
    if draft.photos:
        bind(s, actor, visit, draft.photos)
    if draft.plan_id:
        _fulfil(s, actor, draft.plan_id, visit)
    touch(s, customer.id, customer.owner_id, actor, visit.visited_at)
    follow(s, judge_again(s, actor.person_id, visit.visited_at), now)
    audit.record(
        s,
        actor.person_id,
        "check_in",
        f"customer:{customer.id}",
        now,
        entrance=entrance,
        visit=visit.id,
        metres=distance,
        verdict=visit.verdict,
        score=visit.score,
    )
    if there.late:
        ask_whether_to_return(s, actor, customer, visit, said(distance), now)
    return _done(visit, there.name, again=False)


def _known(s: Session, actor: Actor, client_id: str) -> Visit | None:
    return s.scalar(select(Visit).where(Visit.person_id == actor.person_id, Visit.client_id == client_id))


def _again(s: Session, visit: Visit) -> CheckInDone:
    name = s.scalars(select(Customer.name).where(Customer.id == visit.customer_id)).one()
    return _done(visit, name, again=True)


def _done(visit: Visit, name: str, *, again: bool) -> CheckInDone:
    verdict = None if visit.verdict is None else Verdict(visit.verdict)
    sentences = tuple(one["said"] for one in visit.signals or () if one["weight"] > 0)
    return CheckInDone(
        visit.public_id,
        visit.distance_m,
        said(visit.distance_m),
        name,
        again,
        verdict,
        sentences,
        bool(visit.effective),
    )


def _point(draft: CheckInDraft) -> Point | None:
    if draft.latitude is None or draft.longitude is None:
        if not draft.why:
            raise Invalid(
                "没有定位，没有保存。请重新定位，或写明补签的原因", {"latitude": "没有定位", "why": "补签要写原因"}
            )
        return None
    return point_of(draft.latitude, draft.longitude, draft.datum)


def _distance(customer: Customer, point: Point | None) -> int | None:
    if point is None or customer.latitude is None or customer.longitude is None:
        return None
    return round(metres_between(point, Point(customer.latitude, customer.longitude, Datum.GCJ02)))


def _words(draft: CheckInDraft, distance: int | None) -> str:
    if len(draft.photos) > MOST_PHOTOS:
        raise Invalid(f"一次拜访最多 {MOST_PHOTOS} 张照片，没有保存", {"photos": f"最多 {MOST_PHOTOS} 张"})
    head = f"补签拜访（{draft.why}）" if draft.why else f"拜访打卡，{said(distance)}"
    photos = f"，{len(draft.photos)} 张照片" if draft.photos else ""
    return head + photos + (f"：{draft.report}" if draft.report else "")


def _fulfil(s: Session, actor: Actor, plan_id: str, visit: Visit) -> None:
    """What was planned has happened, if it was planned for this customer; a plan that has its visit keeps the first."""
    mine = (VisitPlan.public_id == plan_id, VisitPlan.person_id == actor.person_id)
    plan = s.scalar(select(VisitPlan).where(*mine).with_for_update())
    if plan is None:
        raise NotFound("没有找到这条拜访计划，没有保存。请先同步计划，再提交一次")
    if plan.visit_id is None and plan.customer_id == visit.customer_id:
        plan.visit_id = visit.id


def add_report(s: Session, actor: Actor, public_id: str, text: str, now: datetime, *, entrance: str) -> str:
    """What was talked about at one's own visit, said after the check-in: part of it, once. The customer's name.

    The same words again change nothing.
    """
    visit, customer = get_own_visit(s, actor, public_id)
    alone(s, actor.person_id)
    s.refresh(visit)
    words = storable(text).strip()
    if not words:
        raise Invalid("拜访小结是空的，写一句聊了什么就行", {"text": "不能为空"})
    if len(words) > LONGEST:
        raise Invalid(f"拜访小结太长了（{len(words)} 字），请控制在 {LONGEST} 字以内", {"text": "太长"})
    if visit.retracted_at is not None:
        raise Gone("这次打卡已经撤销了，小结没有记下。直接打字可以记成跟进")
    if visit.report == words:
        return customer.name
    if visit.report:
        raise Conflict("这次拜访已经写过小结，没有再改。直接打字可以记成跟进")
    entry = s.get_one(TimelineEntry, visit.entry_id)
    visit.report, entry.text = words, f"{entry.text}：{words}"
    s.flush()
    follow(s, judge_again(s, actor.person_id, visit.visited_at), now)
    audit.record(
        s, actor.person_id, "update_visit", f"customer:{customer.id}", now, entrance=entrance,
        changed=["拜访小结"], visit=visit.id,
    )  # fmt: skip
    return customer.name


def retract_check_in(s: Session, actor: Actor, public_id: str, now: datetime, *, entrance: str) -> str:
    """Take back one's own check-in within the undo minutes; the clock goes back too. The customer's name.

    Its photos are the sender's again, and what was planned has not happened.
    """
    visit, customer = get_own_visit(s, actor, public_id)
    alone(s, actor.person_id)
    s.refresh(visit)  # of two retractions at once, the second has waited for the lock and sees the first
    if visit.retracted_at is not None:
        return customer.name
    minutes = policy.current(s).undo_minutes
    if now > visit.received_at + timedelta(minutes=minutes):
        raise Gone(f"打卡已超过 {minutes} 分钟，不能撤销了")
    visit.retracted_at = s.get_one(TimelineEntry, visit.entry_id).retracted_at = now
    s.flush()
    ask_nobody(s, actor, visit, now)
    unbind(s, visit.id)
    s.execute(update(bare(VisitPlan)).where(bare(VisitPlan).c.visit_id == visit.id).values(visit_id=None))
    rewind(s, customer)
    follow(s, judge_again(s, actor.person_id, visit.visited_at), now)
    audit.record(
        s, actor.person_id, "retract_check_in", f"customer:{customer.id}", now, entrance=entrance, visit=visit.id
    )
    return customer.name


def said(distance: int | None) -> str:
    return "客户地址还没有坐标，距离未知" if distance is None else f"距客户{said_distance(distance)}"
