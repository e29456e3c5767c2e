"""Entries and visits: what restarts the clock, what is taken back, and what two at once leave behind."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.engine import Engine

from config.vocabulary import Datum, FixSource
from crm import uow
from crm.errors import Gone, Invalid, NotFound
from crm.usecases.followups import FollowUpDone, retract_follow_up, write_follow_up
from crm.usecases.visits import CheckInDone, CheckInDraft, check_in, nearby, retract_check_in
from models.audit import AuditEntry
from models.customers import Customer
from models.timeline import TimelineEntry
from models.visits import Visit
from tests.support.company import DAY, MINUTE, NOW, actor, at_once, customer, rows, snapshot

HERE = (31.2304, 121.4737)


def write(customer_id: int, words: str, now: datetime = NOW, who: str = "Zhang") -> FollowUpDone:
    by = actor(who)
    return uow.attempt(lambda s: write_follow_up(s, by, customer_id, words, now, entrance="chat"))


def take_back(public_id: str, now: datetime, who: str = "Zhang") -> str:
    by = actor(who)
    return uow.attempt(lambda s: retract_follow_up(s, by, public_id, now, entrance="card"))


def clock_of(customer_id: int) -> datetime:
    return rows(Customer, Customer.id == customer_id)[0].silent_since


def visit(customer_id: int, client_id: str = "c1", at: datetime = NOW, **changes: object) -> CheckInDone:
    draft = CheckInDraft(client_id, customer_id, *HERE, Datum.GCJ02, None, FixSource.MINIAPP, at, "", "")
    by = actor("Zhang")
    changed = replace(draft, **changes)  # type: ignore[arg-type]
    return uow.attempt(lambda s: check_in(s, by, changed, at, entrance="api"))


@pytest.mark.parametrize("words", ["", "  ", "\x00", "长" * 5001])
def test_nothing_and_too_much_are_refused(company: Engine, words: str) -> None:
    made = customer("Zhang", "甲机电")
    before = snapshot()
    with pytest.raises(Invalid):
        write(made, words)
    assert snapshot() == before


def test_taking_back_the_last_entry_puts_the_clock_back_to_the_one_before(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    write(made, "去现场看了泵房", NOW + DAY)
    second = write(made, "报价已经发给王总", NOW + 5 * DAY)
    assert clock_of(made) == NOW + 5 * DAY
    take_back(second.public_id, NOW + 5 * DAY + 9 * MINUTE)
    assert clock_of(made) == NOW + DAY
    before = snapshot()
    take_back(second.public_id, NOW + 5 * DAY + 9 * MINUTE)
    assert snapshot() == before


def test_after_ten_minutes_and_for_others_nothing_is_taken_back(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    done = write(made, "去现场看了泵房", NOW + DAY)
    with pytest.raises(Gone):
        take_back(done.public_id, NOW + DAY + 10 * MINUTE + timedelta(seconds=1))
    with pytest.raises(NotFound):
        take_back(done.public_id, NOW + DAY, "li")
    assert clock_of(made) == NOW + DAY


def test_a_note_written_later_never_turns_the_clock_back(company: Engine) -> None:
    made, by = customer("Zhang", "甲机电"), actor("Zhang")
    write(made, "去现场看了泵房", NOW + 5 * DAY)
    later = NOW + 6 * DAY
    uow.attempt(lambda s: write_follow_up(s, by, made, "补记周一的电话内容", later, entrance="chat", at=NOW + DAY))
    assert clock_of(made) == NOW + 5 * DAY
    future = NOW + 90 * DAY
    uow.attempt(lambda s: write_follow_up(s, by, made, "时间写错的一条记录", later, entrance="chat", at=future))
    assert clock_of(made) == later


def test_an_entry_and_a_taking_back_at_once_both_count(company: Engine) -> None:
    for turn in range(5):
        made = customer("Zhang", f"第{turn}机电厂")
        first = write(made, "去现场看了泵房", NOW + DAY)
        later = NOW + DAY + 5 * MINUTE
        at_once(
            [
                lambda made=made, later=later: write(made, "报价已经发给王总", later),  # type: ignore[misc]
                lambda first=first, later=later: take_back(first.public_id, later),  # type: ignore[misc]
            ]
        )
        assert clock_of(made) == later


def test_a_visit_is_recorded_once_however_often_it_is_sent(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.id == made).values(latitude=HERE[0] + 0.001, longitude=HERE[1]))
    done = visit(made)
    assert (done.distance_m, done.again) == (111, False)
    again = visit(made)
    assert (again.public_id, again.distance_m, again.again) == (done.public_id, 111, True)
    at_once([lambda: visit(made, "c2")] * 6)
    assert len(rows(Visit)) == 2
    assert [row.verb for row in rows(AuditEntry)].count("check_in") == 2


def test_the_datum_is_kept_and_the_distance_is_measured_in_one(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.id == made).values(latitude=HERE[0], longitude=HERE[1]))
    assert visit(made, "a").distance_m == 0
    assert (visit(made, "b", datum=Datum.WGS84).distance_m or 0) > 300
    assert [row.datum for row in rows(Visit)] == ["gcj02", "wgs84"]


@pytest.mark.parametrize("point", [(91.0, 0.0), (0.0, 181.0), (float("nan"), 1.0), (float("inf"), 1.0)])
def test_a_point_that_is_none_is_refused(company: Engine, point: tuple[float, float]) -> None:
    made = customer("Zhang", "甲机电")
    before = snapshot()
    with pytest.raises(Invalid):
        visit(made, latitude=point[0], longitude=point[1])
    with pytest.raises(Invalid), uow.reading() as s:
        nearby(s, actor("Zhang"), *point, Datum.GCJ02)
    assert snapshot() == before


def test_a_visit_taken_back_leaves_the_timeline_and_the_clock(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    done = visit(made, at=NOW + DAY)
    assert clock_of(made) == NOW + DAY
    by = actor("Zhang")
    with pytest.raises(Gone):
        uow.attempt(lambda s: retract_check_in(s, by, done.public_id, NOW + DAY + 11 * MINUTE, entrance="card"))
    uow.attempt(lambda s: retract_check_in(s, by, done.public_id, NOW + DAY + MINUTE, entrance="card"))
    assert clock_of(made) == NOW
    assert all(entry.retracted_at for entry in rows(TimelineEntry) if entry.kind == "visit")
