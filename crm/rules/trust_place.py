"""Where a check-in was: near the customer, within reach of the one before, measured as a phone measures."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from config.policy import Policy
from config.trust import Grade, SignalCode
from config.vocabulary import FixSource
from crm.rules.checkin import Point, metres_between, said_distance
from crm.rules.days import day_of
from crm.rules.trust_facts import CheckIn, Fix, OutdoorRow, Seen, Signal, signal

PARK = 500.0  # metres: customers so near each other share gate and car park
MOST_ACCURACY = 1500.0  # metres that a fix's own accuracy may excuse: a cell tower in town
VERY_FAR = 3000.0  # metres beyond what is excused

COARSE = 1000.0  # metres
FINE = 200.0  # metres: readings of a cell tower repeat to the digit, finer ones never do

OUTLIER = 1000.0  # metres by which a phone between high walls may be off without saying so
# The fastest ways from door to door: (seconds until one moves, metres a second).
FASTEST = ((0.0, 30.0), (1500.0, 83.0), (5400.0, 230.0))
FARTHEST = timedelta(hours=26)  # from door to door to the other side of the earth
SHORT_OF = 0.5  # of the least time: no haste explains it

CACHED = timedelta(minutes=30)  # a phone may answer with its last reading
SAME_DEGREES = 5e-7  # the sixth decimal, a decimetre
NEAR_DEGREES = 1.01e-5  # the fifth, a metre
MANY_DECIMALS = 6
FEW_DECIMALS, VERY_FEW_DECIMALS = 4, 3  # 11 m and 110 m, where phones give a metre or less
ON_THE_POINT = 1.0  # metres: the door is never where the map has its mark
ABOUT = 20.0  # metres: seldom nearer to the mark, and not time after time
LATEST, TOO_OFTEN = 8, 4  # readings
ABOUT_ALIKE, ALIKE_OFTEN = 60.0, 5  # metres and readings, of those that all state the very same accuracy
DAY = timedelta(hours=24)


def of_the_place(
    check_in: CheckIn, seen: Sequence[Seen], rows: Sequence[OutdoorRow], policy: Policy
) -> Iterator[Signal]:
    """Too far from the customer, or from where the person was just before or just after."""
    fix = check_in.fix
    if fix is None or check_in.late:
        yield signal(SignalCode.NO_FIX, Grade.CLEAR)
        return
    if check_in.target is not None:
        park = [one for one in check_in.others if metres_between(one, check_in.target) <= PARK]
        metres = min(metres_between(fix.point, one) for one in (check_in.target, *park))
        excused = _tolerance(fix.source, policy) + min(fix.accuracy_m or 0.0, MOST_ACCURACY)
        if metres > excused:
            clear = Grade.STRONG if metres > excused + VERY_FAR else Grade.CLEAR
            grade = Grade.WEAK if metres <= 2 * excused else clear
            yield signal(SignalCode.FAR, grade, said_distance(metres))
    yield from _travel(check_in, fix, seen, rows)


def _tolerance(source: FixSource, policy: Policy) -> int:
    """A picked point has no error of its own; one that a menu sends has, and does not say how much."""
    return policy.visit_metres if source is FixSource.MINIAPP else policy.visit_picked_metres


def _travel(check_in: CheckIn, fix: Fix, seen: Sequence[Seen], rows: Sequence[OutdoorRow]) -> Iterator[Signal]:
    """The one that takes most haste, if any man could not have been at both places."""
    when = _true(fix, check_in)
    others = [
        (_true(one.fix, one), one.fix.point, one.fix.accuracy_m or 0.0)
        for one in seen
        if one.own and one.fix is not None
    ]
    others += [(row.at, row.point, 0.0) for row in rows]
    worst, far = 1.0, 0.0
    for at, point, accuracy in others:
        if abs(when - at) > FARTHEST:
            continue
        metres = metres_between(fix.point, point)
        least = _least_seconds(metres - OUTLIER - accuracy - (fix.accuracy_m or 0.0))
        took = abs((when - at).total_seconds())
        if least > 0 and took < worst * least:
            worst, far = took / least, metres
    if worst < 1:
        yield signal(SignalCode.TRAVEL, Grade.STRONG if worst < SHORT_OF else Grade.CLEAR, said_distance(far))


def _true(fix: Fix, of: CheckIn | Seen) -> datetime:
    """When it was taken by our clock: the phone's went as wrong then as when it was sent."""
    return fix.at + (of.received_at - of.sent_at)


def _least_seconds(metres: float) -> float:
    return min(wait + metres / speed for wait, speed in FASTEST) if metres > 0 else 0.0


def of_the_fix(check_in: CheckIn, seen: Sequence[Seen]) -> Iterator[Signal]:
    """Coordinates of the mini-program that do not look measured; those picked on a map are exact and repeat."""
    fix = check_in.fix
    if fix is None or fix.source is not FixSource.MINIAPP:
        return
    if fix.accuracy_m is None or fix.accuracy_m <= 0:
        yield signal(SignalCode.NO_ACCURACY, Grade.WEAK)
    elif fix.accuracy_m > COARSE:
        yield signal(SignalCode.COARSE, Grade.HINT, said_distance(fix.accuracy_m))
    places = _decimals(fix.point)
    if places <= FEW_DECIMALS:
        yield signal(SignalCode.DECIMALS, Grade.STRONG if places <= VERY_FEW_DECIMALS else Grade.CLEAR)
    if _fine(fix):
        yield from _repeated(check_in, fix, seen, places)
    if check_in.target is not None and not check_in.target_learnt:
        if metres_between(fix.point, check_in.target) < ON_THE_POINT:
            yield signal(SignalCode.EXACT, Grade.CLEAR)
        if _about(check_in, fix, check_in.target, seen):
            yield signal(SignalCode.AROUND, Grade.CLEAR)


def _fine(fix: Fix) -> bool:
    return fix.accuracy_m is None or fix.accuracy_m < FINE


def _decimals(point: Point) -> int:
    """Of the finer of the two numbers."""
    return max(
        next((places for places in range(MANY_DECIMALS + 1) if abs(round(one, places) - one) < 1e-9), MANY_DECIMALS + 1)
        for one in (point.latitude, point.longitude)
    )


def _repeated(check_in: CheckIn, fix: Fix, seen: Sequence[Seen], places: int) -> Iterator[Signal]:
    """To the digit the person's own of another day, or a colleague's of the same."""
    days, copied = set(), False
    for one in seen:
        if one.fix is None or one.fix.source is not FixSource.MINIAPP or not _fine(one.fix):
            continue
        if one.own and _alike(fix.point, one.fix.point, SAME_DEGREES) and abs(fix.at - one.fix.at) > CACHED:
            days.add(day_of(one.fix.at))
        if not one.own and _alike(fix.point, one.fix.point, NEAR_DEGREES):
            copied = copied or abs(_true(fix, check_in) - _true(one.fix, one)) <= DAY
    if days:
        once = Grade.CLEAR if places >= MANY_DECIMALS else Grade.WEAK
        yield signal(SignalCode.FROZEN, once if len(days) == 1 else Grade.STRONG)
    if copied:
        yield signal(SignalCode.COPIED, Grade.CLEAR)


def _alike(a: Point, b: Point, degrees: float) -> bool:
    return a.datum is b.datum and abs(a.latitude - b.latitude) < degrees and abs(a.longitude - b.longitude) < degrees


def _about(check_in: CheckIn, fix: Fix, target: Point, seen: Sequence[Seen]) -> bool:
    """Whether reading after reading at this customer falls about the mark on the map, this one among them.

    A phone's fall about where it was: the gate, a car park, a meeting room. About the mark falls what was made by
    adding noise to it. A phone also estimates anew each time how sure it is: where one number is stated again and
    again, the readings may lie farther off and say the same.
    """
    fixes = [one.fix for one in seen if one.own and one.customer_id == check_in.customer_id and one.fix]
    latest = sorted((one for one in fixes if one.source is FixSource.MINIAPP), key=lambda one: one.at)[1 - LATEST :]
    away = [(metres_between(one.point, target), one.accuracy_m == fix.accuracy_m) for one in (fix, *latest)]
    near = sum(metres <= ABOUT for metres, _ in away)
    alike = sum(same and metres <= ABOUT_ALIKE for metres, same in away)
    mine = away[0][0]
    return (mine <= ABOUT and near >= TOO_OFTEN) or (mine <= ABOUT_ALIKE and alike >= ALIKE_OFTEN)
