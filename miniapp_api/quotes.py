"""Quotes on the phone: the list, one of them, a quote made, revised, copied, sent, withdrawn, and verdicts."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import Currency, LoginVia, label
from crm import uow
from crm.access import Actor
from crm.reads import quotes as reads
from crm.reads.quote_contests import Contest, contests
from crm.rules.quotes import say_quantity
from crm.usecases import quote_conflicts
from crm.usecases import quotes as doing
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.quote_lines import LineDraft
from crm.usecases.sessions import actor_of_session
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.products import said_price
from miniapp_api.quote_answers import (
    PriceChangeOut,
    QuoteConflictOut,
    QuoteConflictsOut,
    QuoteLineOut,
    QuoteMadeOut,
    QuoteOut,
    QuotePageOut,
    QuoteSaidOut,
    QuotesOut,
)
from miniapp_api.quote_payloads import QuoteIn, QuoteQuery, QuoteVerdictIn
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, WRITE, answers

_SIZE = 50
_OVER = WRITE | {
    403: "已停用或离职，或者不是您的报价",
    404: "没有，或者不在您能看的范围里",
    409: "冻结着、在审批或已经结束，或编号已用于另一个请求",
}


def quote_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    _reading(bp, deps)

    @bp.post("/customers/<customer_id>/quotes")
    @bp.input(QuoteIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(QuoteMadeOut, status_code=201)
    @bp.doc(
        summary="新报价",
        description="另一个团队已经给这家客户报价的，先冻结（frozen），等双方主管裁定；低于底价或超过折扣的，先审批。",
        security="bearer",
        responses=answers(_OVER),
    )
    def make_quote(customer_id: str, json_data: QuoteIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _made(plain_id(customer_id), json_data))

    @bp.post("/quotes/<quote_id>/revise")
    @bp.input(QuoteIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(QuoteMadeOut, status_code=201)
    @bp.doc(
        summary="出新版",
        description="旧版随即作废。冻结的、已经结束的不能出新版。",
        security="bearer",
        responses=answers(_OVER),
    )
    def revise_quote(quote_id: str, json_data: QuoteIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _revised(plain_id(quote_id), json_data))

    @bp.post("/quotes/<quote_id>/copy")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(QuoteMadeOut, status_code=201)
    @bp.doc(
        summary="再报一次：照旧单价，按今天的价格表",
        description="`changes` 是列表价和当时不一样的行。",
        security="bearer",
        responses=answers(_OVER),
    )
    def copy_quote(quote_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _act(doing.copy_quote, plain_id(quote_id), 201))

    @bp.post("/quotes/<quote_id>/send")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(QuoteMadeOut)
    @bp.doc(summary="记为已发给客户", security="bearer", responses=answers(_OVER))
    def send_quote(quote_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _act(doing.send_quote, plain_id(quote_id), 200))

    @bp.post("/quotes/<quote_id>/withdraw")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(QuoteMadeOut)
    @bp.doc(
        summary="撤回报价",
        description="因它而冻结的报价随即放开。",
        security="bearer",
        responses=answers(_OVER),
    )
    def withdraw_quote(quote_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _act(doing.withdraw_quote, plain_id(quote_id), 200))

    @bp.post("/quote-conflicts/<conflict_id>/verdict")
    @bp.input(QuoteVerdictIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(QuoteSaidOut)
    @bp.doc(
        summary="裁定两个团队的报价用谁的",
        description="双方主管一致才生效，不一致请总监定。",
        security="bearer",
        responses=answers(_OVER | {404: "没有，或者不归您裁定", 410: "已经有结果"}),
    )
    def quote_verdict(conflict_id: str, json_data: QuoteVerdictIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _voted(plain_id(conflict_id), json_data))


def _reading(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/quotes")
    @bp.input(QuoteQuery, location="query", arg_name="query")
    @bp.output(QuotesOut)
    @bp.doc(summary="报价：未结的、冻结的、过期的、全部", security="bearer", responses=answers(READ))
    def quote_list(query: QuoteQuery) -> QuotesOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            who = actor_of_session(s, token, PHONES, now)
            found = reads.quotes(s, who, query.box, query.query, now, query.page, _SIZE, query.customer)
        rows = [_quote(one) for one in found.rows]
        return QuotesOut(quotes=rows, total=found.total, page=found.number, pages=found.pages)

    @bp.get("/quotes/<quote_id>")
    @bp.output(QuotePageOut)
    @bp.doc(summary="一张报价：行、版本、是否冻结或在审批", security="bearer", responses=answers(READ))
    def quote(quote_id: str) -> QuotePageOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            return _page(reads.quote_page(s, actor_of_session(s, token, PHONES, now), plain_id(quote_id)))

    @bp.get("/quote-conflicts")
    @bp.output(QuoteConflictsOut)
    @bp.doc(summary="等您裁定的报价冻结", security="bearer", responses=answers(READ))
    def quote_conflict_list() -> QuoteConflictsOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            rows = contests(s, actor_of_session(s, token, PHONES, now))
        return QuoteConflictsOut(conflicts=[_conflict(one) for one in rows])


def _draft(body: QuoteIn) -> doing.QuoteDraft:
    lines = [
        LineDraft(
            Decimal(one.quantity),
            Decimal(one.unit_price),
            plain_id(one.product_id) if one.product_id else "",
            one.words,
        )
        for one in body.lines
    ]
    return doing.QuoteDraft(lines, body.currency, body.valid_until, body.note, body.project_id, body.deal_id)


def _made(customer_id: str, body: QuoteIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        return done(201, _out(doing.make_quote(s, actor, customer_id, _draft(body), now, entrance=via)))

    return effect


def _revised(quote_id: str, body: QuoteIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        return done(201, _out(doing.revise_quote(s, actor, quote_id, _draft(body), now, entrance=via)))

    return effect


def _act(act: Callable[..., doing.QuoteMade], quote_id: str, status: int) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        return done(status, _out(act(s, actor, quote_id, now, entrance=via)))

    return effect


def _voted(conflict_id: str, body: QuoteVerdictIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        said = quote_conflicts.vote(s, actor, conflict_id, body.verdict, now, entrance=via)
        return done(200, QuoteSaidOut(said=said))

    return effect


def _out(made: doing.QuoteMade) -> QuoteMadeOut:
    return QuoteMadeOut(
        id=made.public_id,
        number=made.number,
        version=made.version,
        state=made.state,
        state_label=label(made.state),
        total=said_price(made.total),
        currency=Currency(made.currency),
        told=made.told,
        changes=[
            PriceChangeOut(model=one.model, was=said_price(one.was), now=said_price(one.now)) for one in made.changes
        ],
    )


def _quote(row: reads.QuoteRow) -> QuoteOut:
    return QuoteOut(
        id=row.public_id,
        number=row.number,
        version=row.version,
        customer_id=row.customer_id,
        customer=row.customer,
        owner=row.owner,
        team=row.team,
        state=row.state,
        state_label=label(row.state),
        total=said_price(row.total),
        currency=Currency(row.currency),
        discount=said_price(row.discount),
        valid_until=row.valid_until,
        made_at=row.made_at,
        sent_at=row.sent_at,
    )


def _conflict(one: Contest) -> QuoteConflictOut:
    return QuoteConflictOut(
        id=one.public_id,
        number=one.number,
        customer=one.customer,
        first=one.first,
        second=one.second,
        reason=one.reason,
        due_at=one.due_at,
        escalated=one.escalated,
        verdict=one.verdict,
        decided_at=one.decided_at,
        may_vote=one.may_vote,
    )


def _page(page: reads.QuotePage) -> QuotePageOut:
    return QuotePageOut(
        quote=_quote(page.row),
        deal_id=page.deal_id or None,
        deal=page.deal,
        note=page.note,
        below_floor=page.below_floor,
        lines=[
            QuoteLineOut(
                product_id=one.product_id,
                what=one.what,
                unit=one.unit,
                quantity=say_quantity(one.quantity),
                unit_price=said_price(one.unit_price),
                sum=said_price(one.sum),
                list_price=said_price(one.list_price),
            )
            for one in page.lines
        ],
        versions=[_quote(one) for one in page.versions],
        conflicts=[_conflict(one) for one in page.contests],
        approval_id=page.approval_id or None,
        keeps=page.keeps,
    )
