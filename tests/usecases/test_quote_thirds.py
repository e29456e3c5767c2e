"""One price per customer among more than two: whatever opens a quote again meets who quotes meanwhile."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy.engine import Engine

from config.vocabulary import EndReason, QuoteState, QuoteVerdict, RejectReason
from crm import uow
from crm.errors import Conflict, CrmError
from crm.rules.funnel import Said
from crm.usecases import quote_conflicts, signing
from crm.usecases.approval_rules import install_rules
from crm.usecases.deals import move_deal, open_deal, take_back_move
from crm.usecases.quotes import withdraw_quote
from jobs.sweeps import run
from models.approvals import Approval
from models.quotes import Quote, QuoteConflict
from tests.support.company import NOW, actor, at_once, customer, rows
from tests.support.deals import prove_all
from tests.support.quotes import product, quoted, twin
from tests.usecases.test_quotes import FIRM, act, states, told

MINUTE = timedelta(minutes=1)


@pytest.fixture
def files(company: Engine) -> tuple[int, int, int]:
    """One company in the files of three teams."""
    with uow.transaction() as s:
        install_rules(s, NOW)
    return (
        customer("Zhang", FIRM),
        twin("qian", "瑞衡热能工程（苏州）有限公司"),
        twin("wang", "苏州市瑞衡热能工程有限公司"),
    )


def decide(who: str, number: int, verdict: QuoteVerdict) -> str:
    """The verdict of a director or administrator on the contest of that place."""
    conflict = rows(QuoteConflict)[number].id
    return uow.attempt(lambda s: quote_conflicts.vote(s, actor(who), conflict, verdict, NOW, entrance="card"))


def test_of_two_who_waited_for_one_only_the_first_is_let_go(files: tuple[int, int, int]) -> None:
    pump = product()
    first, second, third = (quoted(who, file, pump) for who, file in zip(("Zhang", "qian", "wang"), files, strict=True))
    assert [one.state for one in (first, second, third)] == ["open", "frozen", "frozen"]
    act(withdraw_quote, "Zhang", first.public_id)
    assert states() == ["withdrawn", "open", "frozen"]
    waiting = rows(QuoteConflict, QuoteConflict.decided_at.is_(None))
    assert [(one.first_id, one.second_id) for one in waiting] == [(second.id, third.id)]
    assert any("还冻结着" in one for one in told("wang"))


def test_a_verdict_against_the_first_does_not_open_a_third(files: tuple[int, int, int]) -> None:
    pump = product()
    for who, file in zip(("Zhang", "qian", "wang"), files, strict=True):
        quoted(who, file, pump)
    decide("zhou", 0, QuoteVerdict.SECOND)
    assert states() == ["closed", "open", "frozen"]
    list(run("quotes", NOW))
    assert states() == ["closed", "open", "frozen"]
    with uow.transaction() as s:  # and taken back: the first stands again, both others wait
        quote_conflicts.take_back_vote(s, actor("zhou"), rows(QuoteConflict)[0].id, NOW, entrance="card")
    list(run("quotes", NOW))
    assert states() == ["open", "frozen", "frozen"]


def test_a_refusal_taken_back_after_another_team_has_quoted_stays_refused(files: tuple[int, int, int]) -> None:
    pump = product()
    quoted("Zhang", files[0], pump, price=7_000)
    (approval,) = rows(Approval)
    with uow.transaction() as s:
        done = signing.reject(s, actor("li"), approval.public_id, RejectReason.PRICE, "", NOW, entrance="miniapp")
    assert quoted("qian", files[1], pump).state is QuoteState.OPEN
    with pytest.raises(Conflict, match="又有变动"), uow.transaction() as s:
        signing.take_back(s, actor("li"), approval.public_id, done.signer_id, NOW, entrance="miniapp")
    assert states() == ["rejected", "open"]


def test_a_lost_deal_taken_back_after_another_team_has_quoted_opens_no_second_price(
    files: tuple[int, int, int],
) -> None:
    with uow.transaction() as s:
        deal = open_deal(s, actor("Zhang"), files[0], "二期", Decimal(19_000), NOW, entrance="chat").public_id
    prove_all(deal)
    pump = product()
    quoted("Zhang", files[0], pump, deal_id=deal)
    said = Said("", EndReason.PRICE, "无")
    with uow.transaction() as s:
        moved = move_deal(s, actor("Zhang"), deal, "lost", said, NOW + MINUTE, entrance="chat")
    assert quoted("qian", files[1], pump).state is QuoteState.OPEN
    with uow.transaction() as s:
        take_back_move(s, actor("Zhang"), deal, moved.period_id, NOW + 2 * MINUTE, entrance="chat")
    assert states() == ["closed", "open"]


def test_both_withdraw_at_once_and_neither_comes_back(files: tuple[int, int, int]) -> None:
    pump = product()
    first, second = quoted("Zhang", files[0], pump), quoted("qian", files[1], pump)
    works = [
        partial(act, withdraw_quote, "Zhang", first.public_id),
        partial(act, withdraw_quote, "qian", second.public_id),
    ]
    assert not [one for one in at_once(works) if isinstance(one, CrmError | RuntimeError)]
    assert states() == ["withdrawn", "withdrawn"]
    assert rows(Quote, Quote.state == "open") == []
