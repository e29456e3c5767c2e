"""A check-in is judged by what can be seen of it: one table row a signal, and what no single signal may do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.policy import Policy
from config.trust import QUESTIONS, SENTENCES, WEIGHTS, Grade, SignalCode
from config.vocabulary import Datum, FixSource, Verdict
from crm.rules.checkin import Point
from crm.rules.trust import CheckIn, Fix, Judgement, OutdoorRow, Photo, Seen, judge

POLICY = Policy()
NOW = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)  # ten in the morning of a Monday in Shanghai
TARGET = Point(31.298861, 120.585316, Datum.GCJ02)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
METRE_NORTH = 1 / 111_195


def near(north: float = 43.27, east: float = 21.73, of: Point = TARGET) -> Point:
    """So many metres from the target; never round, as a phone measures."""
    return Point(of.latitude + north * METRE_NORTH, of.longitude + east * METRE_NORTH / 0.8545, of.datum)


def fix(point: Point | None = None, at: datetime = NOW, accuracy: float | None = 24.0, phone: str = "phone-1") -> Fix:
    return Fix(point or near(), at, accuracy, FixSource.MINIAPP, phone)


def honest(one: Fix | None = None, *photos: Photo) -> CheckIn:
    one = one or fix()
    sent = NOW + 2 * MINUTE
    return CheckIn(one, 7, TARGET, False, (), NOW, sent, sent + timedelta(seconds=3), photos, False)


def earlier(one: Fix, *, own: bool = True, customer: int = 8, photos: Sequence[Photo] = ()) -> Seen:
    return Seen(one, own, customer, one.at + MINUTE, one.at + MINUTE, photos)


_HASH = "c3a59d0f17e2b864"


def photo(sha: str = "a", image_hash: str = _HASH, at: datetime | None = None, point: Point | None = None) -> Photo:
    return Photo(sha, image_hash, at, point)


def judged(check_in: CheckIn, *seen: Seen, rows: Sequence[OutdoorRow] = ()) -> Judgement:
    return judge(check_in, seen, rows, POLICY)


def codes(found: Judgement) -> list[SignalCode]:
    return [one.code for one in found.signals]


def test_an_ordinary_visit_is_valid_without_a_word() -> None:
    photos = photo(at=NOW - MINUTE, point=Point(31.3005, 120.5811, Datum.WGS84))
    yesterday = earlier(fix(near(60, 12), NOW - DAY), customer=7)
    assert judged(honest(None, photos), yesterday) == Judgement(100, Verdict.VALID, ())


def test_a_customer_whose_place_is_unknown_is_not_measured() -> None:
    far = replace(honest(fix(near(9000))), target=None)
    assert judged(far).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("metres", "accuracy", "weight"),
    [
        (300, 24.0, 0),
        (350, 24.0, WEIGHTS[Grade.WEAK]),
        (350, 80.0, 0),  # its own error excuses it
        (700, 24.0, WEIGHTS[Grade.CLEAR]),
        (3500, 24.0, WEIGHTS[Grade.STRONG]),
        (1700, 1450.0, 0),  # a cell tower
        (9000, 9000.0, WEIGHTS[Grade.STRONG]),  # no error excuses another town
    ],
)
def test_far_is_what_neither_the_source_nor_the_accuracy_excuses(metres: int, accuracy: float, weight: int) -> None:
    found = [one for one in judged(honest(fix(near(metres, 0), accuracy=accuracy))).signals if one.code == "far"]
    assert [one.weight for one in found] == ([weight] if weight else [])


def test_a_picked_point_has_its_own_tolerance_and_is_neither_frozen_nor_exact() -> None:
    picked = Fix(TARGET, NOW, None, FixSource.MESSAGE, "")
    before = [earlier(replace(picked, at=NOW - days * DAY), customer=7) for days in range(1, 9)]
    assert judged(honest(picked), *before).signals == ()
    assert judged(honest(replace(picked, point=near(450, 0)))).signals == ()
    assert codes(judged(honest(replace(picked, point=near(600, 0))))) == ["far"]


def test_one_park_has_one_gate_but_another_part_of_town_is_no_park() -> None:
    away = honest(fix(near(600, 0)))
    assert codes(judged(replace(away, others=(near(400, 0),)))) == []
    assert codes(judged(replace(away, others=(near(600, 0),)))) == ["far"]


_SPIN = count()


def scatter(metres: float, at: datetime = NOW, accuracy: float = 12.0) -> Fix:
    """Readings in turn north, east, south and west of the mark, none twice at one spot."""
    turn = next(_SPIN)
    north, east = ((1, 0.1), (0.1, 1), (-1, -0.1), (-0.1, -1))[turn % 4]
    return fix(near(north * metres + 0.013 * turn, east * metres + 0.017 * turn), at, accuracy)


SEEN: list[tuple[str, CheckIn, list[Seen], list[OutdoorRow], list[SignalCode]]] = [
    ("no fix", replace(honest(), fix=None), [], [], [SignalCode.NO_FIX]),
    ("written afterwards", replace(honest(), late=True), [], [], [SignalCode.NO_FIX]),
    ("no accuracy", honest(fix(accuracy=None)), [], [], [SignalCode.NO_ACCURACY]),
    ("an accuracy of nothing", honest(fix(accuracy=0.0)), [], [], [SignalCode.NO_ACCURACY]),
    ("a coarse one", honest(fix(accuracy=1200.0)), [], [], [SignalCode.COARSE]),
    ("the same to the digit", honest(), [earlier(fix(at=NOW - DAY))], [], [SignalCode.FROZEN]),
    ("a cached reading", honest(), [earlier(fix(at=NOW - 20 * MINUTE))], [], []),
    ("a tower's is the same", honest(fix(accuracy=600.0)), [earlier(fix(at=NOW - DAY, accuracy=600.0))], [], []),
    ("on the mark", honest(fix(TARGET)), [], [], [SignalCode.EXACT]),
    ("on a learnt mark", replace(honest(fix(TARGET)), target_learnt=True), [], [], []),
    (
        "about the mark",
        honest(scatter(14)),
        [earlier(scatter(14, NOW - day * DAY), customer=7) for day in range(1, 8)],
        [],
        [SignalCode.AROUND],
    ),
    (
        "about the mark, elsewhere",
        honest(scatter(14)),
        [earlier(scatter(14, NOW - day * DAY), customer=8) for day in range(1, 8)],
        [],
        [],
    ),
    (
        "wider about the mark, always as sure",
        honest(scatter(42)),
        [earlier(scatter(42, NOW - day * DAY), customer=7) for day in range(1, 8)],
        [],
        [SignalCode.AROUND],
    ),
    (
        "as wide, each time as sure as it was",
        honest(scatter(42)),
        [earlier(replace(scatter(42, NOW - day * DAY), accuracy_m=24.0 + day), customer=7) for day in range(1, 8)],
        [],
        [],
    ),
    ("four decimals", honest(fix(Point(31.2992, 120.5855, Datum.GCJ02))), [], [], [SignalCode.DECIMALS]),
    ("five decimals", honest(fix(Point(31.29923, 120.58551, Datum.GCJ02))), [], [], []),
    ("a colleague's", honest(), [earlier(fix(at=NOW - HOUR, phone="phone-2"), own=False)], [], [SignalCode.COPIED]),
    ("a colleague's of last week", honest(), [earlier(fix(at=NOW - 7 * DAY, phone="phone-2"), own=False)], [], []),
    ("fifty km in ten minutes", honest(), [earlier(fix(near(50_000), NOW - 10 * MINUTE))], [], [SignalCode.TRAVEL]),
    ("as much after", honest(), [earlier(fix(near(50_000), NOW + 10 * MINUTE))], [], [SignalCode.TRAVEL]),
    ("fifty km in an hour", honest(), [earlier(fix(near(50_000), NOW - HOUR))], [], []),
    ("by train", honest(), [earlier(fix(near(400_000, 0), NOW - 3 * HOUR))], [], []),
    ("by air", honest(), [earlier(fix(near(1_200_000, 0), NOW - 3 * HOUR))], [], []),
    (
        "away by WeCom's record",
        honest(),
        [],
        [OutdoorRow(NOW - 5 * MINUTE, near(30_000), "", "d")],
        [SignalCode.TRAVEL],
    ),
    ("a cached fix", honest(fix(at=NOW - 20 * MINUTE)), [], [], [SignalCode.STALE]),
    ("a fix of another hour", honest(fix(at=NOW - 3 * HOUR)), [], [], [SignalCode.STALE]),
    ("four minutes wrong", replace(honest(), received_at=NOW + 6 * MINUTE), [], [], []),
    ("ten minutes wrong", replace(honest(), received_at=NOW + 12 * MINUTE), [], [], [SignalCode.CLOCK]),
    ("two hours ahead", replace(honest(), received_at=NOW - 2 * HOUR), [], [], [SignalCode.CLOCK]),
    (
        "later than it was sent",
        replace(honest(), sent_at=NOW - HOUR, received_at=NOW - HOUR),
        [],
        [],
        [SignalCode.FUTURE],
    ),
    (
        "overtaken on one phone",
        replace(honest(), sent_at=NOW + 5 * HOUR, received_at=NOW + 5 * HOUR),
        [earlier(fix(near(90), NOW + 2 * HOUR))],
        [],
        [SignalCode.ORDER],
    ),
    (
        "by another phone",
        replace(honest(), sent_at=NOW + 5 * HOUR, received_at=NOW + 5 * HOUR),
        [earlier(fix(near(90), NOW + 2 * HOUR, phone="phone-2"))],
        [],
        [],
    ),
    (
        "another phone than ever",
        honest(fix(phone="phone-9")),
        [earlier(fix(near(70 + day), NOW - day * DAY)) for day in range(1, 4)],
        [],
        [SignalCode.NEW_DEVICE],
    ),
    ("a phone of two", honest(), [earlier(fix(near(90), NOW - HOUR), own=False)], [], [SignalCode.SHARED_DEVICE]),
    (
        "the photo of last week",
        honest(None, photo()),
        [earlier(fix(near(90), NOW - 7 * DAY), photos=[photo(image_hash="")])],
        [],
        [SignalCode.PHOTO_AGAIN],
    ),
    (
        "the same photo, smaller",
        honest(None, photo()),
        [earlier(fix(near(90), NOW - 7 * DAY), photos=[photo("b", "c3a59d0f17e2b867")])],
        [],
        [SignalCode.PHOTO_AGAIN],
    ),
    (
        "the same photo, cropped",
        honest(None, photo()),
        [earlier(fix(near(90), NOW - 7 * DAY), photos=[photo("b", "c3a59d0f1612b864")])],
        [],
        [SignalCode.PHOTO_AGAIN],
    ),
    (
        "one gate on two days",
        honest(None, photo()),
        [earlier(fix(near(90), NOW - 7 * DAY), customer=7, photos=[photo("b", "c3a59d0f1612b864")])],
        [],
        [],
    ),
    (
        "two photos of the dark",
        honest(None, photo("a", "0000000000000001")),
        [earlier(fix(near(90), NOW - 7 * DAY), photos=[photo("b", "0000000000000001")])],
        [],
        [],
    ),
    ("a photo of the morning", honest(None, photo(at=NOW - 5 * HOUR)), [], [], [SignalCode.PHOTO_TIME]),
    ("a photo from elsewhere", honest(None, photo(point=near(9000))), [], [], [SignalCode.PHOTO_PLACE]),
    ("odd to WeCom", honest(), [], [OutdoorRow(NOW, near(90), "地点异常;非常用设备", "d")], [SignalCode.WECOM_ODD]),
    ("WeCom's the same", honest(), [], [OutdoorRow(NOW, near(90), "", "d")], [SignalCode.WECOM_AGREES]),
    ("WeCom's of the morning", honest(), [], [OutdoorRow(NOW - 5 * HOUR, near(90), "地点异常", "d")], []),
]


@pytest.mark.parametrize(("check_in", "seen", "rows", "said"), [one[1:] for one in SEEN], ids=[one[0] for one in SEEN])
def test_each_signal_is_seen_and_none_makes_a_visit_invalid(
    check_in: CheckIn, seen: list[Seen], rows: list[OutdoorRow], said: list[SignalCode]
) -> None:
    found = judge(check_in, seen, rows, POLICY)
    assert codes(found) == said
    assert found.verdict is not Verdict.INVALID


def test_every_signal_has_its_row_in_the_table() -> None:
    assert {code for *_, said in SEEN for code in said} | {SignalCode.FAR} == set(SignalCode)


def test_signals_about_one_question_are_one_oddness() -> None:
    doubled = honest(fix(TARGET, accuracy=None))
    again = [earlier(fix(TARGET, NOW - day * DAY), customer=7) for day in range(1, 3)]
    found = judged(doubled, *again)
    assert codes(found) == [SignalCode.FROZEN, SignalCode.EXACT, SignalCode.NO_ACCURACY]
    assert (found.score, found.verdict) == (100 - WEIGHTS[Grade.STRONG], Verdict.DOUBTFUL)


def test_two_strong_ones_about_different_questions_make_it_invalid() -> None:
    found = judged(replace(honest(fix(near(30_000))), received_at=NOW + 3 * HOUR))
    assert codes(found) == [SignalCode.FAR, SignalCode.CLOCK]
    assert (found.score, found.verdict) == (0, Verdict.INVALID)


def test_what_agrees_lifts_two_weak_signals_and_no_clear_one() -> None:
    agreeing = [OutdoorRow(NOW, near(90), "", "d")]
    weak = replace(honest(fix(near(350, 0))), received_at=NOW + 12 * MINUTE)
    assert judged(weak).verdict is Verdict.DOUBTFUL
    assert judged(weak, rows=agreeing).verdict is Verdict.VALID
    assert judged(honest(fix(near(700, 0))), rows=agreeing).verdict is Verdict.DOUBTFUL


def test_the_weights_fit_the_thresholds() -> None:
    refuse = 100 - POLICY.visit_doubtful_score
    assert all(weight < refuse for weight in WEIGHTS.values())
    ask = 100 - POLICY.visit_valid_score
    assert WEIGHTS[Grade.WEAK] + WEIGHTS[Grade.HINT] <= ask < WEIGHTS[Grade.CLEAR] + WEIGHTS[Grade.FOR]
    assert set(QUESTIONS) == set(SENTENCES) == set(SignalCode)


def test_what_is_said_accuses_nobody() -> None:
    accusing = ("作弊", "造假", "虚假", "伪造", "可疑", "异常定位", "欺骗")
    assert [one for one in SENTENCES.values() if any(word in one for word in accusing)] == []


ANY_POINT = st.builds(Point, st.floats(18, 53), st.floats(74, 134), st.sampled_from(Datum))
ANY_TIME = st.builds(lambda minutes: NOW + minutes * MINUTE, st.floats(-5000, 5000))
ANY_FIX = st.builds(
    Fix,
    ANY_POINT,
    ANY_TIME,
    st.none() | st.floats(0, 5000),
    st.sampled_from(FixSource),
    st.sampled_from(["", "1", "2"]),
)
ANY_PHOTO = st.builds(
    Photo,
    st.sampled_from("abc"),
    st.just("") | st.integers(0, 2**64 - 1).map(lambda bits: f"{bits:016x}"),
    st.none() | ANY_TIME,
    st.none() | ANY_POINT,
)
ANY_PHOTOS = st.lists(ANY_PHOTO, max_size=2)
ANY_SEEN = st.lists(
    st.builds(Seen, st.none() | ANY_FIX, st.booleans(), st.integers(1, 2), ANY_TIME, ANY_TIME, ANY_PHOTOS), max_size=5
)
ANY_ROWS = st.lists(
    st.builds(OutdoorRow, ANY_TIME, ANY_POINT, st.sampled_from(["", "地点异常", "非常用设备"]), st.just("d")),
    max_size=2,
)
ANY_CHECK_IN = st.builds(
    CheckIn,
    st.none() | ANY_FIX,
    st.integers(1, 2),
    st.none() | ANY_POINT,
    st.booleans(),
    st.lists(ANY_POINT, max_size=2),
    ANY_TIME,
    ANY_TIME,
    ANY_TIME,
    ANY_PHOTOS,
    st.booleans(),
)


@given(ANY_CHECK_IN, ANY_SEEN, ANY_ROWS)
def test_whatever_is_sent_is_judged_and_said(check_in: CheckIn, seen: list[Seen], rows: list[OutdoorRow]) -> None:
    found = judge(check_in, seen, rows, POLICY)
    assert 0 <= found.score <= 100
    against = {one.question for one in found.signals if one.weight > 0}
    assert (found.verdict is Verdict.INVALID) <= (len(against) > 1)
    assert (found.verdict is Verdict.VALID) >= (not against)
    assert all(one.said and "{" not in one.said for one in found.signals)
    turned = list(reversed(seen)), list(reversed(rows))
    again = judge(check_in, *turned, POLICY)
    assert (again.score, again.verdict, set(again.signals)) == (found.score, found.verdict, set(found.signals))
