"""What goes with a check-in: clocks, the phone, photos, and WeCom's own record of the outing."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from config.trust import Grade, SignalCode
from crm.rules.checkin import metres_between, said_distance
from crm.rules.trust_facts import CheckIn, OutdoorRow, Photo, Seen, Signal, signal

CACHED = timedelta(minutes=15)  # a phone without a view of the sky answers with its last reading
STALE = timedelta(hours=1)
DRIFT = timedelta(minutes=5)  # phones that nobody set drift seconds a day; networks may take a minute
WRONG = timedelta(minutes=10)  # by hand
JITTER = timedelta(minutes=2)
OVERTAKEN = timedelta(minutes=10)
DAY = timedelta(hours=24)
KNOWN_PHONES = 3  # check-ins by phones that are known, before another one is new

# Of 64 bits. A smaller size and another compression change up to 4, a narrow crop up to 8; photos of different places
# differ in 13 and more. One gate taken twice may differ in as few, seldom in so few as a picture that was only sent on.
ALIKE_BITS, ALIKE_AT_ONE_GATE = 8, 3
PLAIN_BITS = 6  # so few steps of light are a wall or the dark, of which all pictures look alike
SAME_OUTING = timedelta(hours=4)
SAME_PLACE = 1000.0  # metres
TAKEN_BEFORE, LONG_BEFORE = timedelta(hours=3), timedelta(hours=14)  # picked from the album; of another day
TAKEN_AFTER = timedelta(hours=2)  # and yet in the report
PHOTO_METRES, PHOTO_FAR = 2000.0, 20_000.0  # a camera may write down where it was last asked

ROW_NEAR = timedelta(hours=1)
ROW_METRES = 1000.0
ODD_PLACE, ODD_PHONE = "地点异常", "非常用设备"


def of_the_clock(check_in: CheckIn, seen: Sequence[Seen]) -> Iterator[Signal]:
    """The phone's clock against ours, against itself, and against the order in which things arrived."""
    drift = abs(check_in.received_at - check_in.sent_at)
    if drift > DRIFT:
        yield signal(SignalCode.CLOCK, Grade.STRONG if drift > WRONG else Grade.WEAK, _said_time(drift))
    fix = check_in.fix
    if fix is None or check_in.late:
        return
    sent_at = check_in.sent_at
    if drift > DRIFT:  # what a wrong clock said may have been put right since
        sent_at = max(sent_at, check_in.received_at)
    if max(fix.at, check_in.at) > sent_at + JITTER:
        yield signal(SignalCode.FUTURE, Grade.STRONG)
    apart = abs(check_in.at - fix.at)
    if apart > CACHED:
        yield signal(SignalCode.STALE, Grade.CLEAR if apart > STALE else Grade.WEAK, _said_time(apart))
    # A phone sends one after the other, oldest first.
    if fix.device and any(
        one.own
        and one.fix is not None
        and one.fix.device == fix.device
        and one.received_at < check_in.received_at
        and one.fix.at > fix.at + OVERTAKEN
        for one in seen
    ):
        yield signal(SignalCode.ORDER, Grade.CLEAR)


def _said_time(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes < 60:
        return f" {minutes} 分钟"
    return f" {round(minutes / 60)} 小时" if minutes < 48 * 60 else f" {round(minutes / 1440)} 天"


def of_the_device(check_in: CheckIn, seen: Sequence[Seen]) -> Iterator[Signal]:
    fix = check_in.fix
    if fix is None or not fix.device:
        return
    known = [one.fix.device for one in seen if one.own and one.fix is not None and one.fix.device]
    if len(known) >= KNOWN_PHONES and fix.device not in known:
        yield signal(SignalCode.NEW_DEVICE, Grade.HINT)
    if any(
        not one.own
        and one.fix is not None
        and one.fix.device == fix.device
        and abs(one.received_at - check_in.received_at) <= DAY
        for one in seen
    ):
        yield signal(SignalCode.SHARED_DEVICE, Grade.CLEAR)


def of_the_photos(check_in: CheckIn, seen: Sequence[Seen]) -> Iterator[Signal]:
    """The heaviest of each kind over all photos."""
    again = [
        Grade.HINT if _one_outing(check_in, one) else Grade.CLEAR
        for one in seen
        if any(
            _same_photo(mine, theirs, ALIKE_AT_ONE_GATE if one.customer_id == check_in.customer_id else ALIKE_BITS)
            for mine in check_in.photos
            for theirs in one.photos
        )
    ]
    if again:
        yield signal(SignalCode.PHOTO_AGAIN, Grade.CLEAR if Grade.CLEAR in again else Grade.HINT)
    taken = [check_in.at - one.taken_at for one in check_in.photos if one.taken_at and not check_in.late]
    before, after = max(taken, default=timedelta(0)), -min(taken, default=timedelta(0))
    if after > TAKEN_AFTER:
        yield signal(SignalCode.PHOTO_TIME, Grade.CLEAR, _said_time(after))
    elif before > TAKEN_BEFORE:
        yield signal(SignalCode.PHOTO_TIME, Grade.CLEAR if before > LONG_BEFORE else Grade.WEAK, _said_time(before))
    place = check_in.target if check_in.late or check_in.fix is None else check_in.fix.point
    if place is not None:
        metres = max((metres_between(one.point, place) for one in check_in.photos if one.point), default=0.0)
        if metres > PHOTO_METRES:
            grade = Grade.CLEAR if metres > PHOTO_FAR else Grade.WEAK
            yield signal(SignalCode.PHOTO_PLACE, grade, said_distance(metres))


def _one_outing(check_in: CheckIn, other: Seen) -> bool:
    """Two who go together, or two customers in one park: one photo may serve both."""
    if check_in.fix is None or other.fix is None:
        return False
    near = metres_between(check_in.fix.point, other.fix.point) <= SAME_PLACE
    return near and abs(check_in.fix.at - other.fix.at) <= SAME_OUTING


def _same_photo(a: Photo, b: Photo, most: int) -> bool:
    if a.sha256 == b.sha256:
        return True
    if not (a.image_hash and b.image_hash):
        return False
    one, other = int(a.image_hash, 16), int(b.image_hash, 16)
    plain = any(not PLAIN_BITS <= bits.bit_count() <= 64 - PLAIN_BITS for bits in (one, other))
    return not plain and (one ^ other).bit_count() <= most


def of_wecom(check_in: CheckIn, rows: Sequence[OutdoorRow]) -> Iterator[Signal]:
    """An outing at the time of the visit: odd in WeCom's own eyes, or at the same place."""
    near = [row for row in rows if abs(row.at - check_in.at) <= ROW_NEAR]
    odd = next((word for word in (ODD_PLACE, ODD_PHONE) if any(word in row.exception for row in near)), "")
    if odd:
        yield signal(SignalCode.WECOM_ODD, Grade.WEAK if odd == ODD_PLACE else Grade.HINT, odd)
        return
    place = check_in.target if check_in.late or check_in.fix is None else check_in.fix.point
    if place is not None and any(metres_between(row.point, place) <= ROW_METRES for row in near):
        yield signal(SignalCode.WECOM_AGREES, Grade.FOR)
