"""One price per customer: the second team's quote is frozen, both supervisors say which stands, nobody sees both."""

import os
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy.engine import Engine

from config.collisions import Evidence, RadarEntry, Weight
from config.vocabulary import QuoteState, QuoteVerdict, RejectReason, ShareAccess
from crm import uow
from crm.access import actor_by_userid, get_quote
from crm.errors import Conflict, CrmError, Gone, NotFound
from crm.usecases import quote_conflicts, signing
from crm.usecases.approval_rules import install_rules
from crm.usecases.quote_lines import LineDraft
from crm.usecases.quotes import (
    QuoteDraft,
    QuoteMade,
    bring_back_quote,
    copy_quote,
    revise_quote,
    send_quote,
    withdraw_quote,
)
from crm.usecases.radar import weigh
from crm.usecases.sharing import Wish, share_customer
from jobs.sweeps import run
from models.approvals import Approval
from models.customers import Customer
from models.messages import Card, OutboxMessage
from models.projects import Project
from models.quotes import Quote, QuoteConflict
from tests.support.company import DAY, IDS, NOW, actor, at_once, customer, rows
from tests.support.quotes import product, quoted, twin
from tests.support.variants import variants
from tests.usecases.project_kit import TWIN, project
from tests.usecases.test_quotes import FIRM, act

HOUR = timedelta(hours=1)
OTHER = "瑞衡热能工程（苏州）有限公司"
CASES = int(os.environ.get("QUOTE_CASES", "40"))  # the full count is 1,000


@pytest.fixture
def files(company: Engine) -> tuple[int, int]:
    """张三's file of the company and 钱七's of the other team, under two names."""
    with uow.transaction() as s:
        install_rules(s, NOW)
    return customer("Zhang", FIRM), twin("qian", OTHER)


@pytest.fixture
def clash(files: tuple[int, int]) -> tuple[QuoteMade, QuoteMade]:
    pump = product()
    return quoted("Zhang", files[0], pump), quoted("qian", files[1], pump, price=9_111)


def states() -> list[str]:
    return [one.state for one in rows(Quote)]


def vote(who: str, verdict: QuoteVerdict, now=NOW, entrance: str = "card") -> str:  # type: ignore[no-untyped-def]
    (conflict,) = rows(QuoteConflict)
    return uow.attempt(lambda s: quote_conflicts.vote(s, actor(who), conflict.id, verdict, now, entrance=entrance))


def take_back(who: str) -> str:
    (conflict,) = rows(QuoteConflict)
    return uow.attempt(lambda s: quote_conflicts.take_back_vote(s, actor(who), conflict.id, NOW, entrance="card"))


def told(who: str) -> list[str]:
    found = rows(OutboxMessage, OutboxMessage.person_id == IDS[who.casefold()])
    return [str(row.notice) for row in found]


def test_the_second_team_is_frozen_and_learns_why_and_no_price(clash: tuple[QuoteMade, QuoteMade]) -> None:
    first, second = clash
    assert (first.state, second.state) == (QuoteState.OPEN, QuoteState.FROZEN)
    assert "另一个团队已经给这家客户报价" in second.told
    for word in ("张三", "9500", "9,500", FIRM, first.number):
        assert word not in second.told
    for who, other in (("li", "9,111"), ("wu", "9,500"), ("li", "9111"), ("wu", "9500")):
        (card,) = told(who)
        assert "报价冻结" in card
        assert other not in card
    with pytest.raises(NotFound), uow.reading() as s:
        get_quote(s, actor("qian"), first.public_id)
    for work in (send_quote, partial(revise_quote)):
        with pytest.raises(Conflict, match="先冻结"):
            act(work, "qian", second.public_id, *([] if work is send_quote else [None]))
    assert act(copy_quote, "qian", second.public_id).state is QuoteState.FROZEN  # nor by making it anew


@pytest.mark.parametrize(
    ("verdict", "after"),
    [
        (QuoteVerdict.FIRST, ["open", "closed"]),
        (QuoteVerdict.SECOND, ["closed", "open"]),
        (QuoteVerdict.TOGETHER, ["open", "open"]),
    ],
)
def test_both_agree_and_the_verdict_releases_or_closes_it_and_is_taken_back(
    clash: tuple[QuoteMade, QuoteMade], verdict: QuoteVerdict, after: list[str]
) -> None:
    assert vote("li", verdict) == "已记下您的意见，等另一方主管"
    assert states() == ["open", "frozen"]
    assert vote("wu", verdict).startswith("已裁定")
    assert states() == after
    assert any("报价冻结有结果了" in one for one in told("Zhang"))
    assert any("报价冻结有结果了" in one for one in told("qian"))
    with pytest.raises(Gone):
        vote("li", verdict)
    with pytest.raises(Gone):
        take_back("li")  # the other one decided
    take_back("wu")
    assert states() == ["open", "frozen"]
    vote("wu", verdict)


def test_of_one_who_quotes_several_times_the_supervisors_are_asked_once_and_decide_about_all(
    files: tuple[int, int],
) -> None:
    pump = product()
    first = [quoted("Zhang", files[0], pump) for _ in range(3)]
    second = quoted("qian", files[1], pump)
    assert len([one for one in rows(Card) if one.matter.startswith("quote_conflict")]) == 2
    assert "3 张一起定" in told("wu")[-1]
    vote("li", QuoteVerdict.SECOND)
    vote("wu", QuoteVerdict.SECOND)
    assert states() == ["closed"] * 3 + ["open"]
    assert all(one.number in told("Zhang")[-1] for one in first)
    take_back("wu")
    assert states() == ["open"] * 3 + ["frozen"]
    vote("wu", QuoteVerdict.TOGETHER)  # both differ now: the director
    vote("zhou", QuoteVerdict.TOGETHER)
    assert states() == ["open"] * 4
    draft = QuoteDraft([LineDraft(Decimal(1), Decimal(9_000), "", "泵")])
    assert act(revise_quote, "qian", second.public_id, draft).state is QuoteState.OPEN


def test_who_lost_the_verdict_does_not_start_it_again_while_the_other_quotes(
    clash: tuple[QuoteMade, QuoteMade], files: tuple[int, int]
) -> None:
    vote("li", QuoteVerdict.FIRST)
    vote("wu", QuoteVerdict.FIRST)
    with pytest.raises(Conflict, match="11-23 已裁定归另一个团队"):
        act(copy_quote, "qian", clash[1].public_id)
    assert (states(), len(rows(QuoteConflict))) == (["open", "closed"], 1)
    act(withdraw_quote, "Zhang", clash[0].public_id)
    assert act(copy_quote, "qian", clash[1].public_id).state is QuoteState.OPEN


def test_a_withdrawn_quote_comes_back_for_ten_minutes_past_whoever_quotes_meanwhile(
    clash: tuple[QuoteMade, QuoteMade],
) -> None:
    act(withdraw_quote, "Zhang", clash[0].public_id)
    assert states() == ["withdrawn", "open"]
    with pytest.raises(NotFound):
        act(bring_back_quote, "qian", clash[0].public_id)
    with pytest.raises(Gone, match="超过 10 分钟"):
        act(bring_back_quote, "Zhang", clash[0].public_id, now=NOW + timedelta(minutes=11))
    assert act(bring_back_quote, "Zhang", clash[0].public_id).state is QuoteState.FROZEN
    act(withdraw_quote, "qian", clash[1].public_id)
    assert states() == ["open", "withdrawn"]


def test_what_was_let_stand_beside_stays_so_in_its_next_versions(clash: tuple[QuoteMade, QuoteMade]) -> None:
    for who in ("li", "wu"):
        vote(who, QuoteVerdict.TOGETHER)
    draft = QuoteDraft([LineDraft(Decimal(1), Decimal(9_000), "", "泵")])
    assert act(revise_quote, "qian", clash[1].public_id, draft).state is QuoteState.OPEN
    assert act(revise_quote, "Zhang", clash[0].public_id, draft).state is QuoteState.OPEN
    with pytest.raises(Conflict, match="又有变动"):
        take_back("wu")


def test_supervisors_who_differ_or_wait_leave_it_to_the_director(clash: tuple[QuoteMade, QuoteMade]) -> None:
    vote("li", QuoteVerdict.FIRST)
    assert vote("wu", QuoteVerdict.SECOND) == "双方主管意见不同，已请总监定"
    assert len(told("zhou")) == 1
    assert vote("zhou", QuoteVerdict.SECOND).startswith("已裁定")
    assert states() == ["closed", "open"]


def test_one_working_day_later_the_director_is_asked(clash: tuple[QuoteMade, QuoteMade]) -> None:
    assert list(run("quotes", NOW + DAY - HOUR)) == []
    assert list(run("quotes", NOW + DAY)) == [f"报价冻结超时：{clash[1].number}（2026-11-23 起），请总监裁定"]
    assert list(run("quotes", NOW + DAY)) == []
    assert len(told("zhou")) == 1


def test_whoever_answers_for_neither_side_cannot_vote(clash: tuple[QuoteMade, QuoteMade]) -> None:
    for who in ("Zhang", "qian", "sun"):
        with pytest.raises(NotFound):
            vote(who, QuoteVerdict.FIRST)


def test_the_first_withdraws_and_the_second_is_let_go(clash: tuple[QuoteMade, QuoteMade]) -> None:
    act(withdraw_quote, "Zhang", clash[0].public_id)
    assert states() == ["withdrawn", "open"]
    (conflict,) = rows(QuoteConflict)
    assert (conflict.decided_at, conflict.verdict) == (NOW, "")


def test_the_second_withdraws_and_nobody_is_asked_any_more(clash: tuple[QuoteMade, QuoteMade]) -> None:
    act(withdraw_quote, "qian", clash[1].public_id)
    assert states() == ["open", "withdrawn"]
    assert "钱七" not in str(told("Zhang"))  # who gave up stays unnamed to the other team
    assert rows(QuoteConflict)[0].decided_at == NOW
    assert [one for one in rows(Card) if one.matter.startswith("quote_conflict") and one.closed_at is None] == []


def test_a_quote_that_runs_out_or_is_refused_lets_the_second_go_by_the_next_round(files: tuple[int, int]) -> None:
    pump = product()
    quoted("Zhang", files[0], pump, price=7_000)
    assert quoted("qian", files[1], pump).state is QuoteState.FROZEN  # what waits for a signature stands already
    (approval,) = rows(Approval)
    with uow.transaction() as s:
        refused = signing.reject(s, actor("li"), approval.public_id, RejectReason.PRICE, "", NOW, entrance="miniapp")
    list(run("quotes", NOW))
    assert states() == ["rejected", "open"]
    with pytest.raises(Conflict, match="又有变动"), uow.transaction() as s:
        signing.take_back(s, actor("li"), approval.public_id, refused.signer_id, NOW, entrance="miniapp")


def test_a_released_quote_below_the_floor_still_waits_for_its_signature(files: tuple[int, int]) -> None:
    pump = product()
    quoted("Zhang", files[0], pump)
    assert quoted("qian", files[1], pump, price=5_000).state is QuoteState.FROZEN
    assert rows(Approval) == []
    vote("li", QuoteVerdict.SECOND)
    vote("wu", QuoteVerdict.SECOND)
    assert states() == ["closed", "in_approval"]
    (approval,) = rows(Approval)
    assert approval.requested_by_id == IDS["qian"]
    take_back("wu")
    assert (states(), rows(Approval)[0].state) == (["open", "frozen"], "void")


def test_one_team_may_quote_its_customer_twice_and_a_lead_quotes_for_his_team(company: Engine) -> None:
    firm, pump = customer("Zhang", FIRM), product()
    assert [quoted(who, firm, pump).state for who in ("Zhang", "Zhang", "li", "zhou", "wang")] == [QuoteState.OPEN] * 5


def test_a_colleague_who_works_on_the_same_file_is_frozen_and_reads_no_price(company: Engine) -> None:
    firm, pump = customer("Zhang", FIRM), product()
    first = quoted("Zhang", firm, pump)
    with uow.transaction() as s:
        share_customer(s, actor("Zhang"), firm, Wish(IDS["qian"], ShareAccess.TOGETHER, None, 0), NOW, entrance="chat")
    second = quoted("qian", firm, pump, price=9_111)
    assert second.state is QuoteState.FROZEN
    for who, other in (("qian", first), ("Zhang", second)):
        with pytest.raises(NotFound), uow.reading() as s:
            get_quote(s, actor_by_userid(s, who, NOW), other.public_id)


def test_what_else_is_the_same_company_is_what_operations_say(company: Engine) -> None:
    """A shared telephone number is only a hint until it is weighed as the same."""
    pump = product()
    one, other = customer("Zhang", FIRM), twin("qian", "完全另一个名字的公司")
    for number in (one, other):
        with uow.transaction() as s:
            s.get_one(Customer, number).phone = "0512-66668888"
    assert quoted("Zhang", one, pump).state is QuoteState.OPEN
    hinted = quoted("qian", other, pump)
    assert (hinted.state, "相像的公司报价（电话相同）" in hinted.told) == (QuoteState.OPEN, True)
    assert rows(QuoteConflict) == []
    act(withdraw_quote, "qian", hinted.public_id)
    with uow.transaction() as s:
        weigh(s, actor("wang"), RadarEntry.QUOTE, Evidence.PHONE, Weight.SAME, NOW, entrance="console")
    assert quoted("qian", other, pump).state is QuoteState.FROZEN


def test_one_project_quoted_through_two_dealers_is_one_customer(company: Engine) -> None:
    pump = product()
    one, other = customer("Zhang", "甲贸易有限公司"), customer("qian", "乙机电有限公司")
    numbers = [project("Zhang"), project("qian", TWIN)]
    with uow.reading() as s:
        projects = [s.get_one(Project, number).public_id for number in numbers]
    assert quoted("Zhang", one, pump, project_id=projects[0]).state is QuoteState.OPEN
    assert quoted("qian", other, pump).state is QuoteState.OPEN
    made = quoted("qian", other, pump, project_id=projects[1])
    assert (made.state, "同一项目" in made.told) == (QuoteState.FROZEN, True)


def test_of_two_at_once_one_is_frozen(files: tuple[int, int]) -> None:
    pump = product()
    works = [partial(quoted, "Zhang", files[0], pump), partial(quoted, "qian", files[1], pump)]
    made = at_once(works)
    assert not [one for one in made if isinstance(one, CrmError | RuntimeError)]
    assert sorted(states()) == ["frozen", "open"]


def test_every_spelling_of_a_company_freezes_the_second_team(company: Engine) -> None:
    """A slice of the thousand; each case is another company, quoted under two of its spellings."""
    pump = product()
    missed = []
    for number, (name, spelt) in enumerate(variants(CASES)):
        first = quoted("Zhang", twin("Zhang", name), pump)
        second = quoted("qian", twin("qian", spelt), pump)
        asked = rows(QuoteConflict, QuoteConflict.first_id == first.id, QuoteConflict.second_id == second.id)
        if (first.state, second.state, len(asked)) != (QuoteState.OPEN, QuoteState.FROZEN, 1):
            missed.append((number, name, spelt))
    assert missed == []
    for who in ("li", "wu"):
        assert len([one for one in told(who) if "报价冻结" in one]) == CASES
