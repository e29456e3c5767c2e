"""Forms on the phone: what they ask for, and a customer's file made and changed by them."""

import hashlib
from datetime import datetime

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import FieldObject, LoginVia
from crm import uow
from crm.access import Actor
from crm.reads.fields import AskedField, AskedSection, asked
from crm.usecases import customer_file
from crm.usecases.collisions import Refused
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.sessions import actor_of_session
from miniapp_api.customer_answers import CustomerOut
from miniapp_api.customers import file_of
from miniapp_api.deps import ApiDeps
from miniapp_api.form_answers import FieldGroupOut, FieldOut, FieldsOut, OptionOut
from miniapp_api.form_payloads import ChangeIn, CustomerIn, FieldsQuery
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, WRITE, answers

NO_EDIT = "已停用或离职，客户只是共享给您看的，或者岗位不能改其中的某一项"
_SEEN = "编号已用于另一个请求，已经有这家公司，或者您看过之后别人改过（fields 说明是哪一项）"


def form_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/fields")
    @bp.input(FieldsQuery, location="query", arg_name="of")
    @bp.output(FieldsOut)
    @bp.doc(
        summary="客户、联系人或商机的表单有哪些字段",
        description="按页面上的分组和顺序，不含停用的。`version` 变了就重画，没变就不用。",
        security="bearer",
        responses=answers(READ),
    )
    def fields(of: FieldsQuery) -> FieldsOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            groups = [_group(section) for section in asked(s, actor, FieldObject(of.of))]
        said = "\n".join(group.model_dump_json() for group in groups)
        return FieldsOut(version=hashlib.sha256(said.encode()).hexdigest()[:16], groups=groups)

    @bp.post("/customers")
    @bp.input(CustomerIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(CustomerOut, status_code=201)
    @bp.doc(
        summary="新建客户",
        description="先查重。自己看得到的那一家回 409，说是谁负责，`customer_id` 是它；同事的那一家也回 409，"
        "已请双方主管裁定，再发一次不会再请一次。`missing` 是这个阶段还要填的。",
        security="bearer",
        responses=answers(
            WRITE
            | {
                403: "已停用或离职，岗位不跟客户，或者不能填其中的某一项",
                409: "已经有这家公司，或编号已用于另一个请求",
                429: "今天碰到同事客户的次数用完了",
            }
        ),
    )
    def make_customer(json_data: CustomerIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _made(json_data))

    @bp.patch("/customers/<customer_id>")
    @bp.input(ChangeIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(CustomerOut)
    @bp.doc(
        summary="修改客户档案",
        description="只改 `fields` 里的字段。带上 `seen`（读到的 `shown`，附件是 `keys` 里的编号），"
        "别人改过的就不会被覆盖。",
        security="bearer",
        responses=answers(WRITE | {403: NO_EDIT, 409: _SEEN, 429: "今天碰到同事客户的次数用完了"}),
    )
    def change_customer(customer_id: str, json_data: ChangeIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _changed(plain_id(customer_id), json_data))


def _group(section: AskedSection) -> FieldGroupOut:
    return FieldGroupOut(key=section.key, label=section.label, fields=[_field(one) for one in section.fields])


def _field(one: AskedField) -> FieldOut:
    spec = one.spec
    return FieldOut(
        key=spec.key,
        label=spec.label,
        kind=spec.kind,
        help=spec.help,
        always=spec.always,
        required_at=sorted(spec.required_at),
        options=[OptionOut(key=option.key, label=option.label) for option in spec.options if not option.retired],
        starts_as=spec.starts_as,
        may_read=one.may_read,
        may_edit=one.may_edit,
    )


def _made(body: CustomerIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        made = customer_file.create(s, actor, body.fields, now, entrance=via, anyway=body.anyway)
        if isinstance(made, Refused):  # an answer and not an error: that the supervisors were asked must stay
            return Stored(409, {"code": "conflict", "message": made.said})
        return done(201, file_of(s, actor, made.public_id, now))

    return effect


def _changed(customer_id: str, body: ChangeIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        saved = customer_file.update_customer(s, actor, customer_id, body.fields, now, entrance=via, seen=body.seen)
        return done(200, file_of(s, actor, saved.public_id, now))

    return effect
