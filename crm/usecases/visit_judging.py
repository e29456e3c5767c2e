"""A person's visits judged beside each other: what arrives late changes what was said of those around it.

Which visits a judgement looks at follows from the visits alone and not from the order in which they came, so that
two phones that bring them in any order leave the same verdicts. What a supervisor has decided stays.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from config.policy import Policy
from config.vocabulary import Datum, FixSource, Verdict
from crm import policy as numbers
from crm.rules.activity import counts as says_something
from crm.rules.checkin import Point, metres_between
from crm.rules.trust import CheckIn, Fix, Judgement, OutdoorRow, Photo, Seen, judge
from crm.rules.trust_place import PARK
from crm.usecases.followups import rewind
from models.base import bare
from models.customers import Customer
from models.people import Person
from models.timeline import TimelineEntry
from models.visits import OutdoorSign, Visit, VisitReview, VisitUpload

BEFORE = timedelta(days=60)  # how far back a judgement looks
AROUND = timedelta(days=1)  # and how far ahead; the same for colleagues
_REMEMBERED = 10  # reports at the same customer that a new one is compared with
_NEAR = 2e-5  # degrees within which a colleague's fix may be the same one
_PARK = PARK / 100_000  # degrees; generous, the rule measures


@dataclass(frozen=True, slots=True)
class _Facts:
    """`own` by the time of the visit; the rest by the visit's or the customer's id."""

    own: Sequence[Visit]
    theirs: Sequence[Visit]
    photos: Mapping[int, Sequence[Photo]]
    places: Mapping[int, tuple[Point, bool]]
    parks: Sequence[Point]
    signs: Sequence[OutdoorRow]


def alone(s: Session, *people: int) -> None:
    """Their visits are judged beside each other: whoever brings another one, what 打卡 says or a decision waits for the
    other, and then finds what that brought. Asked for before the visits are read.
    """
    ids = bare(Person).c.id
    s.execute(select(ids).where(ids.in_(people)).order_by(ids).with_for_update())


def judge_again(s: Session, person_id: int, since: datetime) -> list[Visit]:
    """Judge what the person did from a day before `since` on; written down where it comes out otherwise.

    The visits of which he is told something else now: that words are wanted, or that they are not.
    """
    policy = numbers.current(s)
    mine = (Visit.person_id == person_id, Visit.retracted_at.is_(None), Visit.visited_at >= since - AROUND - BEFORE)
    decided = exists().where(VisitReview.visit_id == Visit.id, VisitReview.decided_at.is_not(None))
    rows = s.execute(select(Visit, decided).where(*mine).order_by(Visit.visited_at, Visit.client_id)).all()
    own = [visit for visit, _ in rows]
    told = [(v, settled) for v, settled in rows if v.verdict is not None and v.visited_at >= since - AROUND]
    for visit in (v for v, settled in told if settled):  # its report may have come since
        _conclude(s, visit, Verdict(visit.verdict or ""), _reports_before(visit, own))
    again = [v for v, settled in told if not settled]
    if not again:
        s.flush()
        return []
    facts = _facts(s, person_id, own, again, policy)
    turned = []
    for visit in again:
        was = is_unclear(visit)
        found = judge(_check_in(visit, facts), _seen(visit, facts), _signs(visit, facts), policy)
        _write(s, visit, found, _reports_before(visit, own))
        if is_unclear(visit) != was:
            turned.append(visit)
    s.flush()
    return turned


def is_unclear(visit: Visit) -> bool:
    """Whether its rep is asked for words."""
    return visit.verdict in (Verdict.DOUBTFUL, Verdict.INVALID)


def settle(s: Session, visit: Visit, verdict: Verdict) -> None:
    """What a supervisor says of it, and what follows from that."""
    own = select(Visit).where(
        Visit.person_id == visit.person_id, Visit.customer_id == visit.customer_id, Visit.retracted_at.is_(None),
        Visit.visited_at >= visit.visited_at - BEFORE, Visit.visited_at <= visit.visited_at,
    ).order_by(Visit.visited_at, Visit.client_id)  # fmt: skip
    _conclude(s, visit, verdict, _reports_before(visit, s.scalars(own).all()))
    s.flush()


def _write(s: Session, visit: Visit, found: Judgement, reports: Sequence[str]) -> None:
    verdict = found.verdict
    if visit.why and verdict is Verdict.VALID:
        verdict = Verdict.DOUBTFUL  # nobody's phone saw it: the supervisor has the word
    signals = [asdict(one) for one in found.signals]
    if visit.score != found.score:
        visit.score = found.score
    if visit.signals != signals:
        visit.signals = signals
    _conclude(s, visit, verdict, reports)


def _conclude(s: Session, visit: Visit, verdict: Verdict, reports: Sequence[str]) -> None:
    """An invalid visit stops no clock; a valid one with a report that says something is effective."""
    was = visit.verdict
    effective = verdict is Verdict.VALID and says_something(visit.report, reports)[0]
    if was != verdict:
        visit.verdict = verdict
    if visit.effective != effective:
        visit.effective = effective
    if (was == Verdict.INVALID) != (verdict is Verdict.INVALID):
        s.get_one(TimelineEntry, visit.entry_id).counts = verdict is not Verdict.INVALID
        s.flush()
        customer = s.get_one(Customer, visit.customer_id)
        s.refresh(customer, with_for_update=True)  # its clock was moved by a bare statement, which no object knows of
        rewind(s, customer)


def _reports_before(visit: Visit, own: Sequence[Visit]) -> list[str]:
    """The latest reports of the same person at the same customer, of before this visit."""
    before = [
        one.report
        for one in own
        if one.customer_id == visit.customer_id
        and one.report
        and (one.visited_at, one.client_id) < (visit.visited_at, visit.client_id)
        and one.visited_at >= visit.visited_at - BEFORE
    ]
    return before[-_REMEMBERED:]


def _facts(s: Session, person_id: int, own: Sequence[Visit], again: Sequence[Visit], policy: Policy) -> _Facts:
    theirs = s.scalars(_colleagues(person_id, again)).all()
    photos: dict[int, list[Photo]] = defaultdict(list)
    shown = {one.id for one in (*own, *theirs)}
    bound = select(VisitUpload).where(VisitUpload.visit_id.in_(shown)).order_by(VisitUpload.place)
    for one in s.scalars(bound):
        photos[one.visit_id or 0].append(_photo(one))
    targets = select(Customer.id, Customer.latitude, Customer.longitude, Customer.place_learnt_at).where(
        Customer.id.in_({one.customer_id for one in again}), Customer.latitude.is_not(None)
    )
    places = {
        number: (Point(north, east, Datum.GCJ02), learnt is not None)
        for number, north, east, learnt in s.execute(targets)
        if north is not None and east is not None
    }
    days = OutdoorSign.at.between(again[0].visited_at - AROUND, again[-1].visited_at + AROUND)
    signed = select(OutdoorSign).where(OutdoorSign.person_id == person_id, days).order_by(OutdoorSign.at)
    signs = [
        OutdoorRow(one.at, Point(one.latitude, one.longitude, Datum.GCJ02), one.exception, one.device)
        for one in s.scalars(signed)
    ]
    return _Facts(own, theirs, photos, places, _parks(s, again, places, policy), signs)


def _signs(visit: Visit, facts: _Facts) -> list[OutdoorRow]:
    return [one for one in facts.signs if abs(one.at - visit.visited_at) <= AROUND]


def _colleagues(person_id: int, again: Sequence[Visit]) -> Select[Visit]:
    """What colleagues did on those days with one of these phones, at the very same point, or with one of these photos.

    Only what stood before: who was there first is not asked about who came after.
    """
    until = again[-1].visited_at + AROUND
    days = and_(Visit.visited_at >= again[0].visited_at - AROUND, Visit.visited_at <= until)
    alike: list[ColumnElement[bool]] = [
        and_(
            days,
            Visit.latitude.between(min(north) - _NEAR, max(north) + _NEAR),
            Visit.longitude.between(min(east) - _NEAR, max(east) + _NEAR),
        )
        for north, east in [
            (
                [one.latitude for one in again if one.latitude is not None],
                [one.longitude for one in again if one.longitude is not None],
            )
        ]
        if north and east
    ]
    devices = {one.device for one in again if one.device}
    if devices:
        alike.append(and_(days, Visit.device.in_(devices)))
    theirs, ours = aliased(VisitUpload), aliased(VisitUpload)
    alike.append(
        Visit.id.in_(
            select(theirs.visit_id)
            .join(ours, ours.sha256 == theirs.sha256)
            .where(ours.visit_id.in_({one.id for one in again}), theirs.visit_id.is_not(None))
        )
    )
    others = (Visit.person_id != person_id, Visit.retracted_at.is_(None), or_(*alike))
    return select(Visit).where(*others).order_by(Visit.visited_at, Visit.client_id)


def _parks(
    s: Session, again: Sequence[Visit], places: Mapping[int, tuple[Point, bool]], policy: Policy
) -> Sequence[Point]:
    """Customers next door to those that somebody was not quite at: they may share a gate."""
    off = {}
    for one in again:
        point, place = _fix_point(one), places.get(one.customer_id)
        if point is not None and place is not None and metres_between(point, place[0]) > policy.visit_metres:
            off[one.customer_id] = place[0]
    if not off:
        return ()
    around = [
        and_(
            Customer.latitude.between(one.latitude - _PARK, one.latitude + _PARK),
            Customer.longitude.between(one.longitude - 2 * _PARK, one.longitude + 2 * _PARK),
        )
        for one in off.values()
    ]
    near = select(Customer.latitude, Customer.longitude).where(or_(*around), Customer.merged_into_id.is_(None))
    return [Point(north, east, Datum.GCJ02) for north, east in s.execute(near) if north and east]


def _seen(visit: Visit, facts: _Facts) -> list[Seen]:
    """Own visits of the sixty days before and of the day after; colleagues' of that day that were here before."""
    since, until = visit.visited_at - BEFORE, visit.visited_at + AROUND
    first = bisect_left(facts.own, since, key=lambda one: one.visited_at)
    last = bisect_right(facts.own, until, key=lambda one: one.visited_at)
    seen = [_as_seen(one, facts, own=True) for one in facts.own[first:last] if one.id != visit.id]
    seen += [_as_seen(one, facts, own=False) for one in facts.theirs if one.id < visit.id]
    return seen


def _as_seen(one: Visit, facts: _Facts, *, own: bool) -> Seen:
    sent = one.sent_at or one.received_at
    return Seen(_fix(one), own, one.customer_id, sent, one.received_at, facts.photos.get(one.id, ()))


def _check_in(visit: Visit, facts: _Facts) -> CheckIn:
    target, learnt = facts.places.get(visit.customer_id, (None, False))
    return CheckIn(
        fix=_fix(visit),
        customer_id=visit.customer_id,
        target=target,
        target_learnt=learnt,
        others=facts.parks,
        at=visit.visited_at,
        sent_at=visit.sent_at or visit.received_at,
        received_at=visit.received_at,
        photos=facts.photos.get(visit.id, ()),
        late=bool(visit.why),
    )


def _fix(visit: Visit) -> Fix | None:
    point = _fix_point(visit)
    if point is None:
        return None
    return Fix(point, visit.fix_at or visit.visited_at, visit.accuracy_m, FixSource(visit.source), visit.device)


def _fix_point(visit: Visit) -> Point | None:
    if visit.latitude is None or visit.longitude is None:
        return None
    return Point(visit.latitude, visit.longitude, Datum(visit.datum))


def _photo(one: VisitUpload) -> Photo:
    point = None
    if one.latitude is not None and one.longitude is not None:
        point = Point(one.latitude, one.longitude, Datum.WGS84)
    return Photo(one.sha256, one.image_hash, one.taken_at, point)
