"""Quotes on real stores: priced by the day, signed where they must be, revised, copied, ended with their deal."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.engine import Engine

from config.vocabulary import Currency, EndReason, QuoteState, RejectReason, Role
from crm import uow
from crm.errors import Conflict, Invalid, NotAllowed, NotFound
from crm.reads.approvals import Box, approval_page, approvals, hours_taken
from crm.reads.price_history import past_prices, price_history
from crm.rules.funnel import Said
from crm.usecases import signing
from crm.usecases.approval_rules import install_rules
from crm.usecases.approvals import Filed, move_or_ask
from crm.usecases.deals import move_deal, open_deal, take_back_move
from crm.usecases.merging import merge, take_apart
from crm.usecases.products import PriceDraft, ProductDraft, add_product, retire_product, set_price, set_rate
from crm.usecases.quote_lines import LineDraft
from crm.usecases.quotes import QuoteDraft, copy_quote, make_quote, revise_quote, send_quote, withdraw_quote
from models.approvals import Approval
from models.messages import OutboxMessage
from models.quotes import Quote, QuoteLine
from models.timeline import TimelineEntry
from tests.support.company import DAY, IDS, NOW, actor, customer, rows
from tests.support.deals import prove_all
from tests.support.quotes import TODAY, product, quoted, role, twin

HOUR = timedelta(hours=1)
FIRM = "苏州瑞衡热能工程有限公司"


@pytest.fixture
def firm(company: Engine) -> int:
    with uow.transaction() as s:
        install_rules(s, NOW)
    return customer("Zhang", FIRM)


def states() -> list[str]:
    return [one.state for one in rows(Quote)]


def told(who: str) -> list[str]:
    found = rows(OutboxMessage, OutboxMessage.person_id == IDS[who.casefold()])
    return [f"{row.notice['title']} {row.notice['desc']} {row.notice['body']}" for row in found]


def act(do, who: str, quote: str, *more: object, now=NOW):  # type: ignore[no-untyped-def]
    return uow.attempt(lambda s: do(s, actor(who), quote, *more, now, entrance="chat"))


def test_a_quote_takes_its_list_and_floor_prices_from_the_day_and_says_no_price_on_the_timeline(firm: int) -> None:
    made = quoted("Zhang", firm, product())
    assert (made.state, made.total, made.number) == (QuoteState.OPEN, Decimal(19_000), f"BJ261123-{made.id}")
    (line,) = rows(QuoteLine)
    assert (line.list_price, line.floor_price) == (Decimal(10_000), Decimal(8_000))
    (row,) = rows(Quote)
    assert (row.discount, row.margin, row.valid_until) == (Decimal(5), Decimal("18.75"), TODAY + 30 * DAY)
    assert [one.text for one in rows(TimelineEntry, TimelineEntry.kind == "quote")] == [f"报价 {made.number}"]


def test_below_the_floor_a_director_signs_and_whoever_asks_is_told_no_number(firm: int) -> None:
    made = quoted("Zhang", firm, product(), price=7_999)
    assert made.state is QuoteState.IN_APPROVAL
    assert made.told == "低于底价；折扣 20.01% 超过 20%，要审批，已经提交，同意后自动生效"
    assert "8000" not in made.told
    (approval,) = rows(Approval)
    with pytest.raises(Conflict, match="审批中"):
        act(send_quote, "Zhang", made.public_id)
    for who in ("li", "zhou"):  # 超折扣 asks the lead, the floor the director
        with uow.transaction() as s:
            signing.approve(s, actor(who), approval.public_id, NOW + HOUR, entrance="miniapp")
    assert states() == ["open"]
    assert any("可以发给客户了" in one for one in told("Zhang"))
    with uow.reading() as s:
        assert [one.median for one in hours_taken(s, actor("wang"), NOW - DAY)] == [1.0, 0.0]
    act(send_quote, "Zhang", made.public_id)


def test_a_company_that_quotes_before_its_first_deal_has_its_rules(company: Engine) -> None:
    made = quoted("Zhang", customer("Zhang", FIRM), product(), price=7_999)
    assert made.told.startswith("低于底价；折扣 20.01% 超过 20%")


def test_at_the_line_stands_only_what_a_customer_was_or_may_be_told(firm: int) -> None:
    pump = product()
    quoted("Zhang", firm, pump, price=9_000)
    quoted("Zhang", firm, pump, price=1)  # waits for a signature
    act(withdraw_quote, "Zhang", quoted("Zhang", firm, pump, price=9_100).public_id)
    sent = quoted("Zhang", firm, pump, price=9_200)
    act(send_quote, "Zhang", sent.public_id)
    act(withdraw_quote, "Zhang", sent.public_id)
    with uow.reading() as s:
        assert [one.unit_price for one in price_history(s, actor("Zhang"), firm, pump).customer] == [9_200, 9_000]
        assert len(past_prices(s, actor("Zhang"), firm)) == 4


def test_a_model_that_is_written_in_words_is_that_product(firm: int) -> None:
    product()
    with uow.transaction() as s:
        draft = QuoteDraft([LineDraft(Decimal(1), Decimal(7_999), words="ｉhg80-160 ")])
        made = make_quote(s, actor("Zhang"), firm, draft, NOW, entrance="miniapp")
    assert (made.state, rows(QuoteLine)[0].floor_price) == (QuoteState.IN_APPROVAL, Decimal(8_000))


def test_a_signature_after_the_last_day_does_not_say_that_it_may_be_sent(firm: int) -> None:
    made = quoted("Zhang", firm, product(floor=5_000), price=7_000, valid_until=TODAY + DAY)
    (approval,) = rows(Approval)
    with uow.transaction() as s:
        done = signing.approve(s, actor("li"), approval.public_id, NOW + 2 * DAY, entrance="miniapp")
    assert "有效期到 2026-11-24 就过了，请出新版" in done.outcome
    with pytest.raises(Conflict, match="请先出新版"):
        act(send_quote, "Zhang", made.public_id, now=NOW + 2 * DAY)


def test_a_refusal_ends_it_and_is_taken_back(firm: int) -> None:
    made = quoted("Zhang", firm, product(), price=7_000)
    (approval,) = rows(Approval)
    with uow.transaction() as s:
        done = signing.reject(s, actor("li"), approval.public_id, RejectReason.PRICE, "", NOW, entrance="miniapp")
    assert states() == ["rejected"]
    with uow.transaction() as s:
        signing.take_back(s, actor("li"), approval.public_id, done.signer_id, NOW, entrance="miniapp")
    assert states() == ["in_approval"]
    with uow.transaction() as s:
        signing.withdraw(s, actor("Zhang"), approval.public_id, NOW, entrance="miniapp")
    assert states() == ["withdrawn"]
    with pytest.raises(Conflict, match="已撤回"):
        act(revise_quote, "Zhang", made.public_id, QuoteDraft([LineDraft(Decimal(1), Decimal(1), "", "备件")]))


def test_an_approval_of_a_quote_is_read_by_whoever_is_concerned(firm: int) -> None:
    made = quoted("Zhang", firm, product(), price=7_000)
    (approval,) = rows(Approval)
    with uow.reading() as s:
        page = approval_page(s, actor("Zhang"), approval.public_id, NOW)
        assert (page.row.quote_id, page.row.deal_id, page.row.deal) == (made.public_id, "", f"报价 {made.number}")
        assert page.row.amount == Decimal(14_000)
        assert approvals(s, actor("wang"), Box.ALL, NOW, 1, 10).total == 1
        for stranger in ("qian", "wu"):
            with pytest.raises(NotFound):
                approval_page(s, actor(stranger), approval.public_id, NOW)


def test_a_new_version_takes_over_and_its_approval_with_it(firm: int) -> None:
    pump = product()
    first = quoted("Zhang", firm, pump, price=7_000)
    draft = QuoteDraft([LineDraft(Decimal(2), Decimal(9_000), pump)])
    second = act(revise_quote, "Zhang", first.public_id, draft)
    assert (second.number, second.version, second.state) == (first.number, 2, QuoteState.OPEN)
    assert states() == ["superseded", "open"]
    assert [one.state for one in rows(Approval)] == ["void"]
    with pytest.raises(Conflict, match="已有新版"):
        act(revise_quote, "Zhang", first.public_id, draft)
    with pytest.raises(NotFound):
        act(revise_quote, "qian", second.public_id, draft)


def test_a_copy_keeps_the_prices_and_tells_what_the_list_asks_today(firm: int) -> None:
    pump = product()
    made = quoted("Zhang", firm, pump)
    with uow.transaction() as s:
        dearer = PriceDraft(Decimal(12_000), Decimal(9_600), Currency.CNY, TODAY + DAY)
        set_price(s, actor("wang"), pump, dearer, NOW, entrance="console")
    again = act(copy_quote, "Zhang", made.public_id, now=NOW + 2 * DAY)
    assert again.state is QuoteState.IN_APPROVAL  # 9,500 is below today's floor
    assert [(one.model, one.was, one.now) for one in again.changes] == [("IHG80-160", Decimal(10_000), Decimal(12_000))]
    with uow.transaction() as s:
        retire_product(s, actor("wang"), pump, 1, NOW, entrance="console")
    with pytest.raises(Conflict, match="IHG80-160 已停用"):
        act(copy_quote, "Zhang", made.public_id)


def test_a_dearer_list_price_names_every_live_quote_it_hits_and_tells_their_owners(firm: int) -> None:
    pump = product()
    hit, gone = quoted("Zhang", firm, pump), quoted("Zhang", firm, pump)
    short = quoted("Zhang", firm, pump, valid_until=TODAY + DAY)
    act(withdraw_quote, "Zhang", gone.public_id)
    with uow.transaction() as s:
        draft = PriceDraft(Decimal(11_000), Decimal(9_000), Currency.CNY, TODAY + 5 * DAY)
        made = set_price(s, actor("wang"), pump, draft, NOW, entrance="console")
    assert [one.public_id for one in made.hits] == [hit.public_id]
    assert short.public_id not in [one.public_id for one in made.hits]
    (said,) = [one for one in told("Zhang") if one.startswith("调价")]
    assert "2026-11-28 起列表价 ¥11,000，您有 1 张未结报价受影响" in said
    assert f"· {hit.number} {FIRM}，报价 ¥9,500\n" in said


@pytest.mark.parametrize("who", ["Zhang", "li", "zhou"])
def test_only_those_who_keep_the_price_list_write_it(firm: int, who: str) -> None:
    pump = product()
    for work in (
        lambda s: add_product(s, actor(who), ProductDraft("X", "泵"), NOW, entrance="console"),
        lambda s: set_price(
            s, actor(who), pump, PriceDraft(Decimal(1), Decimal(0), Currency.CNY, TODAY), NOW, entrance="console"
        ),
        lambda s: set_rate(s, actor(who), Currency.USD, TODAY, Decimal(7), NOW, entrance="console"),
    ):
        with pytest.raises(NotAllowed), uow.transaction() as s:
            work(s)


def test_a_foreign_quote_is_judged_by_the_rate_of_its_day(firm: int) -> None:
    pump = product()
    with pytest.raises(Invalid, match="USD"):
        quoted("Zhang", firm, pump, currency=Currency.USD)
    role("wang", Role.FINANCE)
    with uow.transaction() as s:
        set_rate(s, actor("wang"), Currency.USD, TODAY, Decimal("7.10"), NOW, entrance="console")
    made = quoted("Zhang", firm, pump, price=1_127, currency=Currency.USD)
    (line,) = rows(QuoteLine)
    assert (line.list_price, line.floor_price) == (Decimal("1408.45"), Decimal("1126.76"))
    assert (made.state, rows(Quote)[0].rate) == (QuoteState.OPEN, Decimal("7.10"))


@pytest.mark.parametrize(
    "line",
    [
        LineDraft(Decimal(0), Decimal(1), "", "备件"),
        LineDraft(Decimal("1.0001"), Decimal(1), "", "备件"),
        LineDraft(Decimal(1), Decimal(-1), "", "备件"),
        LineDraft(Decimal(1), Decimal("0.001"), "", "备件"),
        LineDraft(Decimal(1), Decimal(1), "", "  "),
        LineDraft(Decimal(1), Decimal(1), "nosuchproduct"),
        LineDraft(Decimal(10**8), Decimal(10**11), "", "太多"),
    ],
)
def test_what_cannot_be_a_line_is_refused(firm: int, line: LineDraft) -> None:
    with pytest.raises(Invalid), uow.transaction() as s:
        make_quote(s, actor("Zhang"), firm, QuoteDraft([line]), NOW, entrance="chat")
    assert rows(Quote) == []


def test_a_deal_takes_its_quotes_along_and_brings_them_back(firm: int) -> None:
    with uow.transaction() as s:
        deal = open_deal(s, actor("Zhang"), firm, "二期", Decimal(19_000), NOW, entrance="chat").public_id
    prove_all(deal)
    pump = product()
    waits = quoted("Zhang", firm, pump, price=7_000, deal_id=deal)
    quoted("Zhang", firm, pump, deal_id=deal)
    won = Said("", EndReason.PRICE, "无")
    with pytest.raises(Conflict, match="还在审批"), uow.transaction() as s:
        move_deal(s, actor("Zhang"), deal, "won", won, NOW, entrance="chat")
    act(withdraw_quote, "Zhang", waits.public_id)
    with uow.transaction() as s:
        moved = move_deal(s, actor("Zhang"), deal, "won", won, NOW + HOUR, entrance="chat")
    assert states() == ["withdrawn", "won"]
    with uow.transaction() as s:
        take_back_move(s, actor("Zhang"), deal, moved.period_id, NOW + HOUR, entrance="chat")
    assert states() == ["withdrawn", "open"]
    again = quoted("Zhang", firm, pump, price=7_000, deal_id=deal)
    with uow.transaction() as s:
        move_deal(s, actor("Zhang"), deal, "lost", won, NOW + 2 * HOUR, entrance="chat")
    assert states() == ["withdrawn", "lost", "closed"]
    assert [one.state for one in rows(Approval, Approval.quote_id == again.id)] == ["void"]


def test_a_deal_is_judged_by_its_quote_and_nobody_signs_the_same_prices_twice(firm: int) -> None:
    """超折扣 asks the lead of a deal whose quote is 22 % off, unless he has signed that quote."""
    with uow.transaction() as s:
        deal = open_deal(s, actor("Zhang"), firm, "二期", Decimal(90_000), NOW, entrance="chat").public_id
    prove_all(deal)
    pump = product(floor=5_000)

    def go() -> object:
        return uow.attempt(
            lambda s: move_or_ask(s, actor("Zhang"), deal, "contract_review", Said(), NOW, entrance="chat")
        )

    quoted("Zhang", firm, pump, price=7_800, quantity=10, deal_id=deal)
    filed = go()
    assert isinstance(filed, Filed)
    assert filed.told == "折扣 22% 超过 20%"
    (of_quote,) = rows(Approval, Approval.quote_id.is_not(None))
    with uow.transaction() as s:
        signing.approve(s, actor("li"), of_quote.public_id, NOW, entrance="miniapp")
    assert not isinstance(go(), Filed)


def test_a_merge_takes_quotes_along_and_its_undo_puts_them_back(firm: int) -> None:
    other = twin("Zhang", "苏州瑞衡热能工程有限责任公司")
    quoted("Zhang", other, product())
    with uow.transaction() as s:
        merged = merge(s, actor("li"), firm, other, [], NOW, entrance="console")
    assert [one.customer_id for one in rows(Quote)] == [firm]
    with uow.transaction() as s:
        take_apart(s, actor("li"), merged.public_id, NOW, entrance="console")
    assert [one.customer_id for one in rows(Quote)] == [other]
