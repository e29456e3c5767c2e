"""Leads on the phone, and the one door for strangers: a form on somebody's web page."""

from datetime import datetime
from decimal import Decimal

from apiflask import APIBlueprint
from flask import Response, request

from config.prospects import InvalidReason, LeadInlet, LeadState, ResponseKind
from config.vocabulary import LoginVia, label
from crm import uow
from crm.access import Actor
from crm.reads.leads import Asked, LeadFile, LeadRow, lead_page, list_leads
from crm.usecases import lead_steps
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.lead_convert import Conversion, convert, take_back_newest
from crm.usecases.lead_sources import FormWords, take_form
from crm.usecases.leads import LeadDraft, capture
from crm.usecases.sessions import actor_of_session
from miniapp_api.answers import (
    FormOut,
    LeadDoneOut,
    LeadLine,
    LeadMadeOut,
    LeadsOut,
)
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import ConvertIn, FormIn, LeadIn, LeadsQuery, RepeatHeaders, StepIn
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, WRITE, answers
from miniapp_api.work_answers import LeadOut, LeadStepOut
from miniapp_api.work_payloads import AssignIn

FORM = "api.send_form"


def lead_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/leads/inlet/<token>")
    @bp.input(FormIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="_repeat")
    @bp.output(FormOut, status_code=202)
    @bp.doc(
        summary="网站表单提交（不用登录）",
        description="写得对的都回同一句话，不透露是不是老客户。`website` 是给机器人的陷阱，人看不到，留空。",
        responses=answers({404: "表单已停用", 413: "超过 64 KB", 415: "不是 JSON", 429: "一小时内提交得太多"}),
    )
    def send_form(token: str, json_data: FormIn, _repeat: RepeatHeaders) -> FormOut:
        words = FormWords(
            company=json_data.company,
            contact_name=json_data.contact_name,
            phone=json_data.phone,
            email=json_data.email,
            need=json_data.need,
            consent=json_data.consent,
            trap=json_data.website,
        )
        address, now = request.remote_addr or "", deps.clock()
        return FormOut(message=uow.attempt(lambda s: take_form(s, token[:64], words, address, now)))

    @bp.after_request
    def from_any_page(response: Response) -> Response:
        """The form stands on pages of other hosts; nothing else here may be asked from there."""
        if request.endpoint == FORM:
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Allow-Methods"] = "POST"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        return response

    @bp.get("/leads")
    @bp.input(LeadsQuery, location="query", arg_name="asked")
    @bp.output(LeadsOut)
    @bp.doc(summary="自己看得到的线索，急的在前", security="bearer", responses=answers(READ))
    def leads(asked: LeadsQuery) -> LeadsOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            state = LeadState(asked.state) if asked.state else None
            found = list_leads(
                s, actor, Asked(query=asked.query, state=state), page=asked.page, size=asked.limit, now=now
            )
        return LeadsOut(leads=[_line(row) for row in found.rows], total=found.total)

    @bp.post("/leads")
    @bp.input(LeadIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(LeadMadeOut, status_code=201)
    @bp.doc(summary="录入一条线索（展会快录）", security="bearer", responses=answers(WRITE))
    def add_lead(json_data: LeadIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _captured(json_data))

    @bp.get("/leads/<lead_id>")
    @bp.output(LeadOut)
    @bp.doc(summary="一条线索，和对它做过什么", security="bearer", responses=answers(READ))
    def lead(lead_id: str) -> LeadOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            return _file(lead_page(s, actor_of_session(s, token, PHONES, now), plain_id(lead_id), now))

    @bp.post("/leads/<lead_id>/assign")
    @bp.input(AssignIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(LeadDoneOut)
    @bp.doc(
        summary="分配线索",
        description="主管分给自己团队的人，也可以改派。",
        security="bearer",
        responses=answers(WRITE | {403: "已停用或离职，或者不是主管、运营、管理员"}),
    )
    def assign_lead(lead_id: str, json_data: AssignIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _assigned(plain_id(lead_id), json_data))

    @bp.post("/leads/<lead_id>/undo")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(LeadDoneOut)
    @bp.doc(
        summary="撤销自己对线索做的最后一步",
        description="领取、分配、已联系、无效和转客户都可以，在规则定的撤销时间内（默认 10 分钟）。",
        security="bearer",
        responses=answers(
            READ
            | {
                404: "没有，或不是自己的",
                409: "之后又有变动，没有可撤销的，或编号用过了",
                410: "过了撤销时间",
            }
        ),
    )
    def undo_lead(lead_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _taken_back(plain_id(lead_id)))

    @bp.post("/leads/<lead_id>/steps")
    @bp.input(StepIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(LeadDoneOut)
    @bp.doc(
        summary="领取、已联系或判为无效",
        description="`step` 是 claim、respond（要 kind）或 invalid（要 reason）。",
        security="bearer",
        responses=answers(WRITE),
    )
    def lead_step(lead_id: str, json_data: StepIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _stepped(plain_id(lead_id), json_data))

    @bp.post("/leads/<lead_id>/convert")
    @bp.input(ConvertIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(LeadDoneOut)
    @bp.doc(summary="线索转客户，可以同时建商机", security="bearer", responses=answers(WRITE))
    def convert_lead(lead_id: str, json_data: ConvertIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _converted(plain_id(lead_id), json_data))


def _captured(body: LeadIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        draft = LeadDraft(
            inlet=LeadInlet(body.inlet),
            company=body.company,
            contact_name=body.contact_name,
            phone=body.phone,
            email=body.email,
            need=body.need,
        )
        made = capture(s, actor, draft, now, entrance=via)
        return done(201, LeadMadeOut(id=made.public_id, said=made.said))

    return effect


def _stepped(lead_id: str, body: StepIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        if body.step == "claim":
            made = lead_steps.claim(s, actor, lead_id, now, entrance=via)
        elif body.step == "respond":
            made = lead_steps.respond(s, actor, lead_id, ResponseKind(body.kind), body.words, now, entrance=via)
        else:
            reason = InvalidReason(body.reason)
            made = lead_steps.invalidate(s, actor, lead_id, reason, body.words, now, entrance=via)
        return done(200, LeadDoneOut(said=made.said))

    return effect


def _converted(lead_id: str, body: ConvertIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        customer = plain_id(body.customer_id) if body.customer_id else None
        wish = Conversion(customer, body.name, body.deal_name, Decimal(body.amount))
        made = convert(s, actor, lead_id, wish, now, entrance=via)
        return done(200, LeadDoneOut(said=made.step.said))

    return effect


def _assigned(lead_id: str, body: AssignIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        return done(200, LeadDoneOut(said=lead_steps.assign(s, actor, lead_id, body.userid, now, entrance=via).said))

    return effect


def _taken_back(lead_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        called = take_back_newest(s, actor, lead_id, now, entrance=via)
        return done(200, LeadDoneOut(said=f"已撤销对线索「{called}」的最后一步"))

    return effect


def _file(found: LeadFile) -> LeadOut:
    return LeadOut(
        lead=_line(found.row),
        email=found.email,
        remark=found.remark,
        rival=found.rival,
        customer_id=found.customer_public_id,
        customer_name=found.customer,
        mine=found.mine,
        steps=[
            LeadStepOut(at=one.at, who=one.who, step=one.step, words=one.words, undone=one.undone, may_undo=one.mine)
            for one in found.steps
        ],
    )


def _line(row: LeadRow) -> LeadLine:
    return LeadLine(
        id=row.public_id,
        name=row.name,
        contact_name=row.contact_name,
        phone=row.phone,
        need=row.need,
        inlet=row.inlet,
        campaign=row.campaign,
        owner=row.owner,
        state=row.state,
        state_label=label(row.state),
        urgency=row.urgency,
        why=row.why,
        due_at=row.due_at,
        created_at=row.created_at,
    )
