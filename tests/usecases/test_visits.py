"""A check-in: once however often it is sent, and counted for whoever held the customer on its day."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from config.vocabulary import Datum, FixSource, Verdict
from crm import uow
from crm.errors import NotFound
from crm.usecases import merging, outdoor, visit_reviews
from crm.usecases.visits import CheckInDone, CheckInDraft, check_in
from gateways.wecom.check_ins import OutdoorCheckIn
from models.messages import OutboxMessage
from models.people import Person
from models.visits import Visit
from tests.support.company import DAY, IDS, MINUTE, NOW, actor, customer, rows
from tests.usecases.ledger import assign, release

LATER = NOW + 30 * MINUTE


def visit(userid: str, customer_id: int, at: datetime, now: datetime, client: str = "v1") -> CheckInDone:
    draft = CheckInDraft(
        client, customer_id, 31.23, 121.47, Datum.GCJ02, 20.0, FixSource.MINIAPP, at, "泵房", "看了旧泵"
    )
    return uow.attempt(lambda s: check_in(s, actor(userid), draft, now, entrance="miniapp"))


def test_a_visit_of_day_44_that_arrives_on_day_46_is_his_and_the_supervisor_is_asked(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    release(made, NOW + 45 * DAY)
    done = visit("Zhang", made, NOW + 44 * DAY, NOW + 46 * DAY)
    assert not done.again
    (kept,) = rows(Visit)
    assert (kept.owner_then_id, kept.visited_at) == (IDS["zhang"], NOW + 44 * DAY)
    asked = rows(OutboxMessage, OutboxMessage.person_id == IDS["li"])[-1]
    assert asked.notice["title"] == "回收前已拜访，是否退还？甲机电"
    assert [b["text"] for b in asked.notice["buttons"]] == ["退还", "不退还"]
    his = [one.notice["title"] for one in rows(OutboxMessage, OutboxMessage.person_id == IDS["zhang"])]
    assert "待补充说明：甲机电" in his  # it is still his visit
    assert asked.notice["facts"][-1]["name"] == "可信度"


def test_the_same_visit_sent_again_after_the_release_is_the_same_visit(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    first = visit("Zhang", made, NOW + DAY, NOW + DAY)
    release(made, NOW + 46 * DAY)
    again = visit("Zhang", made, NOW + DAY, NOW + 47 * DAY)
    assert (again.public_id, again.again) == (first.public_id, True)
    assert len(rows(Visit)) == 1


@pytest.mark.parametrize("who", ["sun", "qian"])
def test_who_did_not_hold_it_on_that_day_cannot_visit_it(company: Engine, who: str) -> None:
    made = customer("Zhang", "甲机电")
    release(made, NOW + 45 * DAY)
    with pytest.raises(NotFound):
        visit(who, made, NOW + 44 * DAY, NOW + 46 * DAY)
    assert rows(Visit) == []


def together_for(winner: int, loser: int, since: datetime, until: datetime) -> None:
    """One file, from a merge until it was taken apart."""
    wang = actor("wang")
    made = uow.attempt(lambda s: merging.merge(s, wang, winner, loser, (), since, entrance="console"))
    uow.attempt(lambda s: merging.take_apart(s, wang, made.public_id, until, entrance="console"))


def test_merges_that_overlap_by_the_clocks_of_two_servers_lead_somewhere(company: Engine) -> None:
    one, two = customer("Zhang", "甲机电"), customer("Zhang", "乙泵业")
    apart, moment = NOW + 20 * MINUTE, timedelta(milliseconds=20)
    together_for(two, one, NOW + 10 * MINUTE, apart)
    wang = actor("wang")
    uow.attempt(lambda s: merging.merge(s, wang, one, two, (), apart - 2 * moment, entrance="console"))
    visit("Zhang", one, apart - moment, apart + MINUTE)
    (kept,) = rows(Visit)
    assert (kept.customer_id, kept.owner_then_id) == (one, IDS["zhang"])


def test_a_visit_of_a_day_when_two_files_were_one_stays_out_of_the_file_that_is_another_teams_again(
    company: Engine,
) -> None:
    his, theirs = customer("Zhang", "甲机电"), customer("qian", "乙泵业")
    release(theirs, NOW + 45 * DAY)
    together_for(his, theirs, NOW + 46 * DAY, NOW + 48 * DAY)
    before = {one.id for one in rows(OutboxMessage)}
    assert visit("Zhang", theirs, NOW + 47 * DAY, NOW + 49 * DAY).customer_name == "甲机电"
    (kept,) = rows(Visit)
    assert (kept.customer_id, kept.owner_then_id) == (his, IDS["zhang"])
    told = [(one.person_id, one.notice["title"]) for one in rows(OutboxMessage) if one.id not in before]
    assert told == [(IDS["zhang"], "待补充说明：甲机电")]  # and nobody is asked whether to give it back


def asked_after_a_late_visit(made: int) -> list[OutboxMessage]:
    visit("Zhang", made, NOW + 44 * DAY, NOW + 61 * DAY)
    return [one for one in rows(OutboxMessage) if one.notice["title"].startswith("回收前已拜访")]


def test_nobody_is_asked_to_give_back_what_another_has_had_since(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    release(made, NOW + 45 * DAY)
    assign(actor("li"), made, "sun", NOW + 45 * DAY)
    release(made, NOW + 60 * DAY)
    assert asked_after_a_late_visit(made) == []


def test_a_supervisor_is_not_asked_about_a_customer_of_a_team_that_is_not_his(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    release(made, NOW + 45 * DAY)
    with uow.transaction() as s:  # he has gone to the other team since
        s.get_one(Person, IDS["zhang"]).team_id = s.get_one(Person, IDS["qian"]).team_id
    assert asked_after_a_late_visit(made) == []


def met_on_the_way(first: Callable[[Session], object], made: int) -> Visit:
    """Zhang's visit of NOW, where another one comes in, fifty kilometres off, while `first` is under way."""
    draft = CheckInDraft("v2", made, 31.68, 121.47, Datum.GCJ02, 20.0, FixSource.MINIAPP, NOW + 5 * MINUTE, "", "")
    zhang = actor("Zhang")
    other = Thread(target=lambda: uow.attempt(lambda s: check_in(s, zhang, draft, LATER, entrance="miniapp")))
    with uow.transaction() as s:
        first(s)
        other.start()
        other.join(0.5)
    other.join()
    return next(one for one in rows(Visit) if one.client_id == "v1")


def test_what_outdoor_says_meets_the_visit_that_comes_in_meanwhile(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    visit("Zhang", made, NOW, NOW)
    with uow.reading() as s:
        asked = outdoor.next_asked(s, LATER)
    assert asked is not None
    sign = OutdoorCheckIn("Zhang", NOW, 31.23, 121.47, "", "d")
    found = met_on_the_way(lambda s: outdoor.keep(s, asked, [sign], LATER), made)
    assert {one["code"] for one in found.signals} >= {"travel", "wecom_agrees"}


def test_a_decision_made_while_another_visit_comes_in_stands(company: Engine) -> None:
    first = visit("Zhang", customer("Zhang", "甲机电"), NOW, NOW)
    li, valid = actor("li"), Verdict.VALID
    found = met_on_the_way(
        lambda s: visit_reviews.review(s, li, first.public_id, valid, "", LATER, entrance="console"),
        customer("Zhang", "乙机电"),
    )
    assert (found.verdict, len(rows(Visit))) == (valid, 2)
