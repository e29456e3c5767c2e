"""Deals made and changed on the phone: a new one stands on the first rung, whatever is sent with it."""

from datetime import datetime
from decimal import Decimal

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import LoginVia
from crm.access import Actor
from crm.errors import Invalid
from crm.rules.amounts import parse_amount
from crm.usecases.deals import open_deal
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.record_fields import update_deal
from miniapp_api.deal_answers import DealMadeOut
from miniapp_api.deal_payloads import DealIn
from miniapp_api.deps import ApiDeps
from miniapp_api.form_payloads import ChangeIn
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.spec import WRITE, answers


def deal_record_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/customers/<customer_id>/deals")
    @bp.input(DealIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(DealMadeOut, status_code=201)
    @bp.doc(
        summary="新建商机",
        description="总是从流程的第一个阶段开始；往后走要凭证。`amount` 写成「80万」或「800000」，"
        "自己加的字段写在 `fields` 里。",
        security="bearer",
        responses=answers(WRITE),
    )
    def make_deal(customer_id: str, json_data: DealIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _made(plain_id(customer_id), json_data))

    @bp.patch("/deals/<deal_id>")
    @bp.input(ChangeIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(
        summary="修改商机的字段",
        description="字段见 `GET /fields?of=deal`。改了金额，等着的审批就作废。",
        security="bearer",
        responses=answers(
            WRITE | {204: "已修改", 403: "已停用或离职，或者不能填其中的某一项", 409: "有人先改了，或现在不能这样改"}
        ),
    )
    def change_deal(deal_id: str, json_data: ChangeIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _changed(plain_id(deal_id), json_data))


def _made(customer_id: str, body: DealIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        made = open_deal(s, actor, customer_id, body.name, _amount(body.amount), now, entrance=via)
        if body.fields:
            update_deal(s, actor, made.public_id, body.fields, now, entrance=via)
        return done(201, DealMadeOut(id=made.public_id, name=made.name, customer=made.customer_name, stage=made.stage))

    return effect


def _changed(deal_id: str, body: ChangeIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        update_deal(s, actor, deal_id, body.fields, now, entrance=via, seen=body.seen)
        return done(204)

    return effect


def _amount(typed: str) -> Decimal:
    try:
        return parse_amount(typed)
    except ValueError as error:
        raise Invalid(str(error), {"amount": str(error)}) from None
