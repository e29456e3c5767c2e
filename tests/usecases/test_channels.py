"""What a channel brought, counted from rows one may see: leads, answers, customers, money, and how long it took."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import Engine

from config.grants import Grant
from config.prospects import InvalidReason, LeadInlet, ResponseKind
from config.vocabulary import CustomerSource, FieldObject, Role, StageKind
from crm import uow
from crm.errors import Invalid
from crm.reads.channels import channel_customers, channels, span
from crm.rules.days import at, day_of
from crm.usecases import deals, lead_convert, lead_steps, leads
from crm.usecases.grants import grant_fields
from models.deals import Deal, Stage, StagePeriod
from tests.support.company import DAY, MINUTE, NOW, actor

SINCE, UNTIL = NOW - DAY, NOW + 60 * DAY


def lead(who: str, company: str, phone: str) -> int:
    draft = leads.LeadDraft(LeadInlet.EXHIBITION, company, phone=phone, source=CustomerSource.EVENT)
    return uow.attempt(lambda s: leads.capture(s, actor(who), draft, NOW, entrance="console")).id


@pytest.fixture
def fair(company: Engine) -> None:
    """Three leads of one rep: one bought twice, one was answered late, one is no good; and one of another team's."""
    first = lead("Zhang", "苏州甲环保有限公司", "13800138001")
    late = lead("Zhang", "苏州乙机电有限公司", "13800138002")
    bad = lead("Zhang", "苏州丙阀门有限公司", "13800138003")
    lead("qian", "广州丁流体有限公司", "13800138004")
    with uow.transaction() as s:
        lead_steps.respond(s, actor("Zhang"), first, ResponseKind.CALL, "", NOW + 30 * MINUTE, entrance="card")
        lead_steps.respond(s, actor("Zhang"), late, ResponseKind.CALL, "", NOW + 200 * MINUTE, entrance="card")
        lead_steps.invalidate(s, actor("Zhang"), bad, InvalidReason.NO_NEED, "", NOW, entrance="card")
    with uow.transaction() as s:
        wish = lead_convert.Conversion(deal_name="一期", amount=Decimal(100_000))
        done = lead_convert.convert(s, actor("Zhang"), first, wish, NOW + DAY, entrance="card")
        for number, name in enumerate(("二期", "三期"), start=2):
            day = NOW + number * DAY
            deals.open_deal(s, actor("Zhang"), done.customer_id, name, Decimal(50_000), day, entrance="card")
    with uow.transaction() as s:  # the ladder above its first rung is not climbed through a use case yet
        won = s.scalars(select(Stage.id).where(Stage.kind == StageKind.WON).order_by(Stage.id).limit(1)).one()
        for deal in s.scalars(select(Deal).where(Deal.name.in_(["一期", "二期"]))).all():
            closed = NOW + timedelta(days=31)
            s.execute(update(StagePeriod).where(StagePeriod.deal_id == deal.id).values(ended_at=closed))
            s.add(StagePeriod(deal_id=deal.id, stage_id=won, started_at=closed))
            deal.stage_id = won


@pytest.mark.usefixtures("fair")
def test_what_deals_come_to_is_not_told_to_who_does_not_read_what_one_is_worth() -> None:
    with uow.transaction() as s:
        admin = replace(actor("Zhang"), role=Role.ADMIN)
        hidden = {(Role.REP, "basic"): Grant(read=False, edit=False)}
        grant_fields(s, admin, FieldObject.DEAL, hidden, NOW, entrance="console")
    with uow.reading() as s:
        (row,) = channels(s, actor("Zhang"), SINCE, UNTIL)
        behind = channel_customers(s, actor("Zhang"), "won", CustomerSource.EVENT, None, SINCE, UNTIL, 1)
    assert (row.amount_won, row.amount_open, row.repeat) == (None, None, 1)
    assert [(one.deals, one.amount) for one in behind.rows] == [(2, None)]


@pytest.mark.usefixtures("fair")
def test_a_channel_is_counted_from_the_first_lead_to_the_money() -> None:
    with uow.reading() as s:
        (row,) = channels(s, actor("Zhang"), SINCE, UNTIL)
    assert (row.source, row.campaign_id, row.leads, row.answered, row.invalid) == (CustomerSource.EVENT, None, 3, 2, 1)
    assert (row.in_time, row.response, row.converted, row.conversion) == (50, 200, 1, 33)
    assert (row.customers, row.to_deal, row.to_won, row.repeat) == (1, 0, 30, 1)
    assert (row.amount_won, row.amount_open) == (Decimal(150_000), Decimal(50_000))


@pytest.mark.usefixtures("fair")
def test_every_number_opens_its_rows_and_nobody_counts_anothers() -> None:
    with uow.reading() as s:
        opened = {
            what: channel_customers(s, actor("Zhang"), what, CustomerSource.EVENT, None, SINCE, UNTIL, 1)
            for what in ("customers", "won", "open", "repeat")
        }
        (others,) = channels(s, actor("wu"), SINCE, UNTIL)
        (everything,) = channels(s, actor("wang"), SINCE, UNTIL)
    assert {what: page.total for what, page in opened.items()} == {"customers": 1, "won": 1, "open": 1, "repeat": 1}
    assert (opened["won"].rows[0].deals, opened["won"].rows[0].amount) == (2, Decimal(150_000))
    assert (others.leads, others.customers, everything.leads) == (1, 0, 4)


def test_a_period_the_wrong_way_round_and_an_unknown_order_are_refused(company: Engine) -> None:
    with uow.reading() as s:
        with pytest.raises(Invalid):
            channels(s, actor("wang"), SINCE, UNTIL, "drop table")
        assert channels(s, actor("wang"), SINCE, UNTIL) == []


def test_a_span_is_of_whole_days_and_the_last_year_where_nothing_is_asked() -> None:
    today = day_of(NOW)
    assert span(today, today, NOW) == (at(today, 0), at(today, 0) + DAY)
    assert span(None, None, NOW) == (at(today, 0) - 364 * DAY, at(today, 0) + DAY)
    for first, last in ((today, today - DAY), (today - 1100 * DAY, today)):
        with pytest.raises(Invalid, match="最长三年"):
            span(first, last, NOW)
    with pytest.raises(Invalid, match="年份"):
        span(None, date.max, NOW)
