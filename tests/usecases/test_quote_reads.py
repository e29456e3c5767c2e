"""Quotes as people find them: by whom they are read, in which box, and as cheaply for many as for one."""

from decimal import Decimal

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from config.vocabulary import ApprovalState, QuoteState, RejectReason, Role
from crm import uow
from crm.access import actor_by_userid, get_quote
from crm.errors import NotAllowed, NotFound
from crm.reads.quote_contests import contests
from crm.reads.quotes import QuoteBox, quote_page, quotes
from crm.usecases import signing
from crm.usecases.approval_rules import install_rules
from crm.usecases.quotes import copy_quote, withdraw_quote
from models.approvals import Approval
from tests.support.company import DAY, NOW, actor, customer, rows
from tests.support.quotes import product, quoted, role, twin
from tests.usecases.test_quotes import FIRM, act


def test_finance_reads_every_quote_and_changes_none(company: Engine) -> None:
    made = quoted("Zhang", customer("Zhang", FIRM), product(), price=7_000)
    role("wu", Role.FINANCE)
    with uow.reading() as s:
        page = quote_page(s, actor("wu"), made.public_id)
        (line,) = page.lines
        assert (page.row.customer, line.floor_price) == (FIRM, Decimal(8_000))
        assert (page.opens_file, page.quotes, page.keeps) == (False, False, False)
        assert quotes(s, actor("wu"), QuoteBox.LIVE, "", NOW, 1, 10).total == 1
    for work in (withdraw_quote, copy_quote):
        with pytest.raises(NotAllowed):
            act(work, "wu", made.public_id)
    role("wu", Role.SERVICE)
    with pytest.raises(NotFound), uow.reading() as s:
        get_quote(s, actor("wu"), made.public_id)


def test_what_is_past_its_last_day_is_found_in_a_box_of_its_own(company: Engine) -> None:
    firm, pump = customer("Zhang", FIRM), product()
    short, long = (quoted("Zhang", firm, pump, valid_until=(NOW + days * DAY).date()) for days in (1, 9))
    with uow.reading() as s:
        who, later = actor("Zhang"), NOW + 2 * DAY
        found = {box: [one.public_id for one in quotes(s, who, box, "", later, 1, 9).rows] for box in QuoteBox}
    assert found == {
        QuoteBox.LIVE: [long.public_id],
        QuoteBox.FROZEN: [],
        QuoteBox.EXPIRED: [short.public_id],
        QuoteBox.ALL: [long.public_id, short.public_id],
    }


def test_a_refused_quote_leads_to_its_approval(company: Engine) -> None:
    with uow.transaction() as s:
        install_rules(s, NOW)
    made = quoted("Zhang", customer("Zhang", FIRM), product(), price=7_000)
    (approval,) = rows(Approval)
    with uow.transaction() as s:
        signing.reject(s, actor("li"), approval.public_id, RejectReason.PRICE, "", NOW, entrance="miniapp")
    with uow.reading() as s:
        page = quote_page(s, actor("Zhang"), made.public_id)
    assert (page.row.state, page.approval) == (QuoteState.REJECTED, ApprovalState.REJECTED)
    assert page.approval_id == approval.public_id


def test_as_many_statements_for_many_contests_as_for_one(company: Engine) -> None:
    asked: list[str] = []
    event.listen(company, "before_cursor_execute", lambda *args: asked.append(args[2]))
    pump, counts = product(), []
    for brands in ("鼎", "盛泰恒嘉"):
        for brand in brands:
            quoted("Zhang", twin("Zhang", f"苏州{brand}远热能工程有限公司"), pump)
            quoted("qian", twin("qian", f"苏州市{brand}远热能工程有限公司"), pump)
        with uow.reading() as s:
            who = actor_by_userid(s, "wu", NOW)
            asked.clear()
            found = contests(s, who)
        counts.append(len(asked))
        assert found[0].may_vote
    assert (len(found), counts[0]) == (5, counts[1])
