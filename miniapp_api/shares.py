"""What is shared, and what is shown in part: colleagues on a customer, and a contact's whole telephone number."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import LoginVia, label
from crm import uow
from crm.access import Actor
from crm.reads.shares import ShareRow, shares_of
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.looking import reveal_phone
from crm.usecases.sessions import actor_of_session
from crm.usecases.sharing import Wish, end_share, share_customer
from miniapp_api.answers import PhoneOut, SharedOut, ShareOut, SharesOut
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders, ShareIn
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, WRITE, answers


def share_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/customers/<customer_id>/shares")
    @bp.output(SharesOut)
    @bp.doc(
        summary="客户共享给了谁",
        description="负责人和他的上级看到全部，其他人只看到自己的那一条。",
        security="bearer",
        responses=answers(READ),
    )
    def shares(customer_id: str) -> SharesOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            found = shares_of(s, actor_of_session(s, token, PHONES, now), plain_id(customer_id), now)
        return SharesOut(shares=[_share(row) for row in found.rows], may_share=found.decides, holder_percent=found.left)

    @bp.post("/customers/<customer_id>/shares")
    @bp.input(ShareIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(SharedOut, status_code=201)
    @bp.doc(
        summary="共享给同事",
        description="再共享一次就是修改：方式、期限、分成以新的为准。",
        security="bearer",
        responses=answers(WRITE | {403: "已停用或离职，或者不是负责人和他的上级"}),
    )
    def share(customer_id: str, json_data: ShareIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _share_it(plain_id(customer_id), json_data))

    @bp.delete("/shares/<share_id>")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(
        summary="结束共享",
        description="结束两次等于结束一次。",
        security="bearer",
        responses=answers(READ | {204: "已结束", 404: "没有，或不归自己管", 409: "这个编号用过了"}),
    )
    def end(share_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _end(plain_id(share_id)))

    @bp.post("/contacts/<contact_id>/phone")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(PhoneOut)
    @bp.doc(
        summary="看联系人的完整电话",
        description="自己的和一起跟进的客户不计次数；别人的客户每看一次都留痕，每天有次数。",
        security="bearer",
        responses=answers(READ | {404: "没有，或不是自己看得到的", 409: "这个编号用过了", 429: "今天的次数用完了"}),
    )
    def phone(contact_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _reveal(plain_id(contact_id)))


def _share(row: ShareRow) -> ShareOut:
    return ShareOut(
        id=row.public_id,
        person=row.person,
        team=row.team,
        access=row.access,
        access_label=label(row.access),
        last_day=row.last_day,
        credit_percent=row.credit_percent,
        granted_by=row.granted_by,
    )


def _share_it(customer_id: str, body: ShareIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        wish = Wish(body.userid, body.access, body.last_day, body.credit_percent)
        made = share_customer(s, actor, customer_id, wish, now, entrance=via)
        answer = SharedOut(
            id=made.public_id,
            customer_name=made.customer_name,
            person=made.person_name,
            access=made.access,
            last_day=made.last_day,
            credit_percent=made.credit_percent,
        )
        return done(201, answer)

    return effect


def _end(share_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        end_share(s, actor, share_id, now, entrance=via)
        return done(204)

    return effect


def _reveal(contact_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        shown = reveal_phone(s, actor, contact_id, now, entrance=via)
        return done(200, PhoneOut(phone=shown.phone, left=shown.left))

    return effect
