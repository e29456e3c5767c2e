"""A customer's place is learnt from visits that were believed, or from one that was confirmed, and can be forgotten."""

from datetime import date, timedelta

import pytest
from sqlalchemy.engine import Engine

from config.vocabulary import Datum, FixSource, Verdict
from crm import uow
from crm.errors import Conflict
from crm.rules.checkin import Point, metres_between
from crm.rules.places import learnt
from crm.usecases import places
from crm.usecases.visit_reviews import review
from crm.usecases.visits import CheckInDraft, check_in
from jobs import sweeps
from models.audit import AuditEntry
from models.customers import Customer
from models.visits import Visit
from tests.support.company import DAY, NOW, actor, customer, rows

DAY_ONE = date(2026, 11, 1)


def point(north: float = 0.0, datum: Datum = Datum.GCJ02) -> Point:
    return Point(31.23 + north, 121.47, datum)


@pytest.mark.parametrize(
    ("fixes", "known"),
    [
        pytest.param([(0, 0.0), (1, 0.001), (2, 0.002)], True, id="three days within 300 m"),
        pytest.param([(0, 0.0), (0, 0.001), (1, 0.002)], False, id="two days"),
        pytest.param([(0, 0.0), (1, 0.001), (2, 0.009)], False, id="one of them elsewhere"),
        pytest.param([(0, 0.0), (1, 0.001), (2, 0.002), (3, 0.5), (4, 0.5)], True, id="two places"),
    ],
)
def test_three_days_at_one_place_are_a_place(fixes: list[tuple[int, float]], known: bool) -> None:
    place = learnt([(DAY_ONE + timedelta(days=day), point(north)) for day, north in fixes])
    assert (place is not None) == known
    assert place is None or metres_between(place, point(0.001)) < 1


def test_what_a_phone_measures_in_another_datum_is_kept_in_that_of_the_maps() -> None:
    place = learnt([(DAY_ONE + timedelta(days=day), point(datum=Datum.WGS84)) for day in range(3)])
    assert place is not None
    assert place.datum is Datum.GCJ02
    assert metres_between(place, point(datum=Datum.WGS84)) < 1


def visit(made: int, name: str, days: int, north: float = 0.0, why: str = "") -> str:
    at = NOW + days * DAY
    draft = CheckInDraft(
        name, made, 31.230012 + north, 121.470034 + north, Datum.GCJ02, 25.0, FixSource.MINIAPP, at, "", "",
        fix_at=at, sent_at=at, device="phone", why=why,
    )  # fmt: skip
    return uow.attempt(lambda s: check_in(s, actor("Zhang"), draft, at, entrance="miniapp")).public_id


def lines() -> list[str]:
    return [line for line in sweeps.run("places", NOW + 9 * DAY) if line]


def place_of(made: int) -> tuple[float | None, float | None]:
    (found,) = rows(Customer, Customer.id == made)
    return found.latitude, found.longitude


def test_the_night_learns_it_once_and_the_day_can_forget_it(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    visit(made, "v0", 0)
    visit(made, "v1", 1, 0.0001234)
    assert lines() == []
    visit(made, "v2", 2, 0.0002345)
    assert lines() == ["位置：从 3 次拜访学到「甲机电」在哪里"]
    assert place_of(made) == pytest.approx((31.2301354, 121.4701574))
    assert lines() == []
    (found,) = rows(Customer, Customer.id == made)
    for _ in range(2):
        uow.attempt(
            lambda s: places.forget_place(s, actor("Zhang"), found.public_id, NOW + 9 * DAY, entrance="miniapp")
        )
    assert place_of(made) == (None, None)
    assert lines() == []  # what was seen before teaches nothing any more
    verbs = [one.verb for one in rows(AuditEntry) if one.verb.endswith("_place")]
    assert verbs == ["learn_place", "forget_place"]


def test_one_visit_that_the_supervisor_confirmed_is_enough(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    number = visit(made, "v0", 0)
    uow.attempt(lambda s: review(s, actor("li"), number, Verdict.VALID, "", NOW + DAY, entrance="miniapp"))
    assert place_of(made) == pytest.approx((31.230012, 121.470034))


def test_what_was_written_afterwards_teaches_no_place(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    number = visit(made, "v0", 0, why="手机没电")
    uow.attempt(lambda s: review(s, actor("li"), number, Verdict.VALID, "", NOW + DAY, entrance="miniapp"))
    assert place_of(made) == (None, None)


def test_a_place_that_was_given_is_not_forgotten(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    with uow.transaction() as s:
        found = s.get_one(Customer, made)
        found.latitude, found.longitude = 31.2, 121.4
    with pytest.raises(Conflict):
        uow.attempt(lambda s: places.forget_place(s, actor("Zhang"), found.public_id, NOW, entrance="miniapp"))


def test_whoever_judges_a_visit_may_say_that_the_customer_is_there(company: Engine) -> None:
    """It has moved: what was marked or learnt before, and what was seen there, count no more."""
    made = customer("Zhang", "甲机电")
    for day, north in enumerate((0.0, 0.0001234, 0.0002345)):
        visit(made, f"v-{day}", day, north)
    assert len(lines()) == 1
    far = visit(made, "v-9", 9, north=0.3)
    uow.attempt(lambda s: review(s, actor("li"), far, Verdict.VALID, "", NOW + 9 * DAY, entrance="miniapp", here=True))
    (found,) = rows(Customer, Customer.id == made)
    assert found.latitude == pytest.approx(31.530012, abs=1e-6)
    assert lines() == []
    assert rows(AuditEntry, AuditEntry.verb == "place_customer")[0].subject == f"customer:{made}"
    again = visit(made, "v-10", 10, north=0.3)
    assert rows(Visit, Visit.public_id == again)[0].distance_m == 0


def test_a_visit_without_a_position_marks_no_place(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    draft = CheckInDraft(
        "v-1", made, None, None, Datum.GCJ02, None, FixSource.MINIAPP, NOW, "", "", sent_at=NOW, why="手机没电"
    )
    late = uow.attempt(lambda s: check_in(s, actor("Zhang"), draft, NOW, entrance="miniapp")).public_id
    with pytest.raises(Conflict, match="没有定位"):
        uow.attempt(lambda s: review(s, actor("li"), late, Verdict.VALID, "", NOW, entrance="miniapp", here=True))
