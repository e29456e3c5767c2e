"""Who reads what of a visit: the visitor always, whoever judges him everything, everybody else the customer's part."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import update
from sqlalchemy.engine import Engine

from config.vocabulary import Datum, FixSource, ShareAccess, Verdict
from crm import uow
from crm.access import Actor
from crm.errors import NotFound
from crm.reads.visits import Asked, VisitPage, list_visits, to_review, visit_page
from crm.usecases.visit_reviews import appeal, review
from crm.usecases.visits import CheckInDone, CheckInDraft, add_report, check_in, retract_check_in
from models.customers import Customer
from models.messages import OutboxMessage
from models.sharing import CustomerShare
from tests.support.company import DAY, IDS, MINUTE, NOW, actor, customer, rows
from tests.usecases.ledger import assign, release

REPORT = "看了旧泵，谈了换型，下周给方案"


def who(userid: str) -> Actor:
    """As somebody asks two months from now, when shares still hold."""
    return replace(actor(userid), at=NOW + 60 * DAY)


def go(userid: str, made: int, at: datetime, sent: datetime | None = None, *, latitude: float = 31.6) -> CheckInDone:
    """A visit far from the customer's place, without a report."""
    draft = CheckInDraft(
        "v-1",
        made,
        latitude,
        121.47,
        Datum.GCJ02,
        20.0,
        FixSource.MINIAPP,
        at,
        "泵房",
        "",
        fix_at=at,
        sent_at=sent or at,
    )
    return uow.attempt(lambda s: check_in(s, who(userid), draft, sent or at, entrance="miniapp"))


def placed(userid: str, name: str = "甲机电") -> int:
    made = customer(userid, name)
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.id == made).values(latitude=31.23, longitude=121.47))
    return made


def page(userid: str, visit_id: str) -> VisitPage:
    with uow.reading() as s:
        return visit_page(s, who(userid), visit_id, NOW + 61 * DAY)


def test_a_visit_that_arrives_after_the_release_stays_the_visitors_own(company: Engine) -> None:
    made = placed("Zhang")
    release(made, NOW + 45 * DAY)
    done = go("Zhang", made, NOW + 44 * DAY, NOW + 46 * DAY)
    with uow.reading() as s:
        assert [one.public_id for one in list_visits(s, who("Zhang"), Asked(), None, 10)] == [done.public_id]
    assert page("Zhang", done.public_id).may_report
    later = NOW + 46 * DAY + MINUTE
    uow.attempt(lambda s: add_report(s, who("Zhang"), done.public_id, REPORT, later, entrance="miniapp"))
    uow.attempt(lambda s: appeal(s, who("Zhang"), done.public_id, "门卫登记可查", later, entrance="miniapp"))
    assert page("li", done.public_id).row.report == REPORT
    uow.attempt(lambda s: retract_check_in(s, who("Zhang"), done.public_id, later, entrance="miniapp"))
    with uow.reading() as s:
        assert list_visits(s, who("Zhang"), Asked(), None, 10) == []


def test_the_next_owner_reads_what_was_said_and_not_where_or_how_it_was_judged(company: Engine) -> None:
    made = placed("Zhang")
    done = go("Zhang", made, NOW)
    uow.attempt(lambda s: add_report(s, who("Zhang"), done.public_id, REPORT, NOW + MINUTE, entrance="miniapp"))
    words = "没有去"
    uow.attempt(
        lambda s: review(s, who("li"), done.public_id, Verdict.INVALID, words, NOW + MINUTE, entrance="miniapp")
    )
    release(made, NOW + 45 * DAY)
    assign(actor("li"), made, "sun", NOW + 46 * DAY)
    theirs = page("sun", done.public_id)
    assert (theirs.row.report, theirs.row.person) == (REPORT, "张三")
    assert (theirs.row.latitude, theirs.row.accuracy_m, theirs.row.distance_m, theirs.row.place) == (
        None,
        None,
        None,
        "",
    )
    assert (theirs.row.verdict, theirs.row.verdict_label, theirs.signals, theirs.reviews) == ("", "", (), ())
    own = page("Zhang", done.public_id)
    assert (own.row.latitude, own.row.verdict_label) == (31.6, "待补充说明")
    assert [(one.verdict_label, one.decision_words) for one in own.reviews] == [("待补充说明", words)]
    assert page("li", done.public_id).reviews[0].verdict_label == "无效"


@pytest.mark.parametrize("verdict", [Verdict.VALID, Verdict.DOUBTFUL, Verdict.INVALID])
def test_a_colleague_cannot_ask_for_the_verdict_by_filtering(company: Engine, verdict: Verdict) -> None:
    made = placed("Zhang")
    go("Zhang", made, NOW)
    _share(made, "sun", "li")
    with uow.reading() as s:
        assert list_visits(s, who("sun"), Asked(), None, 10) != []
        assert list_visits(s, who("sun"), Asked(verdict=verdict), None, 10) == []


def test_the_visitors_own_supervisor_judges_also_at_another_teams_customer(company: Engine) -> None:
    made = placed("qian")
    _share(made, "zhang", "wu")
    done = go("Zhang", made, NOW + DAY)
    uow.attempt(lambda s: appeal(s, who("Zhang"), done.public_id, "和钱七一起去的", NOW + DAY, entrance="miniapp"))
    told = {one.person_id for one in rows(OutboxMessage) if one.notice["title"].startswith("拜访补充说明")}
    assert told == {IDS["li"]}
    with uow.reading() as s:
        assert [one.public_id for one in to_review(s, who("li"), None, 10)] == [done.public_id]
        assert to_review(s, who("wu"), None, 10) == []
    assert page("li", done.public_id).may_review
    assert not page("wu", done.public_id).may_review
    with pytest.raises(NotFound):
        uow.attempt(lambda s: review(s, who("wu"), done.public_id, Verdict.VALID, "", NOW + DAY, entrance="miniapp"))
    uow.attempt(lambda s: review(s, who("li"), done.public_id, Verdict.VALID, "", NOW + DAY, entrance="miniapp"))
    assert page("Zhang", done.public_id).row.verdict_label == "有效"


def _share(customer_id: int, userid: str, by: str) -> None:
    share = CustomerShare(
        customer_id=customer_id, person_id=IDS[userid], access=ShareAccess.TOGETHER, credit_percent=0,
        granted_by_id=IDS[by], at=NOW, until=NOW + 400 * DAY,
    )  # fmt: skip
    with uow.transaction() as s:
        s.add(share)
