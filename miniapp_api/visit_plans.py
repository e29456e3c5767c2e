"""The rep's day on the phone: whom he means to see, the route of the day, and the calls that he made."""

from dataclasses import asdict
from datetime import datetime

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import LoginVia
from crm import uow
from crm.access import Actor
from crm.reads.visit_days import PlanRow, plans_of, route_of
from crm.usecases.calls import CallDone, dial, tell_call
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.sessions import actor_of_session
from crm.usecases.visit_plans import PlanDraft, drop_plan, plan_visit, replan_visit
from crm.usecases.visits import nearby
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, WRITE, answers, said
from miniapp_api.visit_answers import CallOut, NearbyOut, NearOut, PlanMadeOut, PlanOut, PlansOut, RouteOut, StopOut
from miniapp_api.visit_payloads import CallIn, CallToldIn, DayQuery, HereIn, PlanChangeIn, PlanIn

_GONE = {404: "没有，或不是自己的", 409: "这个编号用过了"}


def visit_plan_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/visit-plans")
    @bp.input(DayQuery, location="query", arg_name="asked")
    @bp.output(PlansOut)
    @bp.doc(summary="一天的拜访计划", security="bearer", responses=answers(READ))
    def plans_of_day(asked: DayQuery) -> PlansOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            return PlansOut(plans=_plans(plans_of(s, actor, asked.day, asked.person)))

    @bp.post("/visit-plans")
    @bp.input(PlanIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(PlanMadeOut, status_code=201)
    @bp.doc(
        summary="计划一次拜访",
        description="client_id 记过的回答 200 和 again: true；新的回答 201。",
        security="bearer",
        responses=answers(WRITE) | {200: {"description": "以前记过", "content": said("PlanMadeOut")}},
    )
    def make_plan(json_data: PlanIn, repeat: RepeatHeaders) -> Response:
        def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
            customer = plain_id(json_data.customer_id)
            draft = PlanDraft(json_data.client_id, customer, json_data.day, json_data.place, json_data.note)
            made = plan_visit(s, actor, draft, now, entrance=via)
            day = _plans(plans_of(s, actor, json_data.day))
            return done(200 if made.again else 201, PlanMadeOut(id=made.public_id, again=made.again, plans=day))

        return write(deps, repeat.key, json_data, effect)

    @bp.patch("/visit-plans/<plan_id>")
    @bp.input(PlanChangeIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(
        summary="改一条拜访计划",
        description="没有传的不变。",
        security="bearer",
        responses=answers(WRITE | {204: "已改好", 410: "已经取消"}),
    )
    def change_plan(plan_id: str, json_data: PlanChangeIn, repeat: RepeatHeaders) -> Response:
        def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
            changed = json_data
            replan_visit(
                s, actor, plain_id(plan_id), now, entrance=via, day=changed.day, place=changed.place, note=changed.note
            )
            return done(204)

        return write(deps, repeat.key, json_data, effect)

    @bp.delete("/visit-plans/<plan_id>")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(
        summary="取消一条拜访计划",
        description="取消两次等于取消一次。",
        security="bearer",
        responses=answers(READ | _GONE | {204: "已取消"}),
    )
    def cancel_plan(plan_id: str, repeat: RepeatHeaders) -> Response:
        def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
            drop_plan(s, actor, plain_id(plan_id), now, entrance=via)
            return done(204)

        return write(deps, repeat.key, None, effect)

    @bp.get("/route")
    @bp.input(DayQuery, location="query", arg_name="asked")
    @bp.output(RouteOut)
    @bp.doc(
        summary="一天的路线",
        description="计划的和实际的，每一站离前一站的直线距离。person 给主管看下属用。",
        security="bearer",
        responses=answers(READ),
    )
    def route_of_day(asked: DayQuery) -> RouteOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            found = route_of(s, actor_of_session(s, token, PHONES, now), asked.day, asked.person)
        return RouteOut(
            planned=[StopOut(**asdict(one)) for one in found.planned],
            actual=[StopOut(**asdict(one)) for one in found.actual],
            planned_metres=found.planned_metres,
            actual_metres=found.actual_metres,
            done=found.done,
        )

    @bp.post("/visits/nearby")  # reads only, but an address with a position would stand in every access log on the way
    @bp.input(HereIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="_repeat")
    @bp.output(NearbyOut)
    @bp.doc(
        summary="附近自己的客户",
        description="签到时选客户用，近的在前；多远算附近由规则定。位置在正文里，不保存，也不进访问日志。"
        "只是读，Idempotency-Key 在这里不起作用。",
        security="bearer",
        responses=answers(READ | {413: "超过 64 KB", 415: "不是 JSON"}),
    )
    def customers_nearby(json_data: HereIn, _repeat: RepeatHeaders) -> NearbyOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            found = nearby(s, actor, json_data.latitude, json_data.longitude, json_data.datum)
        return NearbyOut(
            customers=[
                NearOut(customer_id=one.public_id, customer_name=one.name, metres=one.metres, said=one.said)
                for one in found
            ]
        )

    _calls(bp, deps)


def _calls(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/calls")
    @bp.input(CallIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(CallOut, status_code=201)
    @bp.doc(
        summary="拨了一个电话",
        description="client_id 记过的回答 200 和 again: true；新的回答 201。",
        security="bearer",
        responses=answers(WRITE) | {200: {"description": "以前记过", "content": said("CallOut")}},
    )
    def dialled(json_data: CallIn, repeat: RepeatHeaders) -> Response:
        def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
            customer, contact = plain_id(json_data.customer_id), json_data.contact_id
            call = dial(s, actor, json_data.client_id, customer, contact, json_data.at, now, entrance=via)
            return done(200 if call.again else 201, _call(call))

        return write(deps, repeat.key, json_data, effect)

    @bp.patch("/calls/<call_id>")
    @bp.input(CallToldIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(CallOut)
    @bp.doc(
        summary="电话打得怎么样",
        description="记成一条跟进，算在打电话的时候；未接通的不重新计时。说两次等于说一次。",
        security="bearer",
        responses=answers(WRITE | {409: "结果已经记过，或编号已用于另一个请求"}),
    )
    def told_call(call_id: str, json_data: CallToldIn, repeat: RepeatHeaders) -> Response:
        def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
            call = tell_call(s, actor, plain_id(call_id), json_data.reached, json_data.note, now, entrance=via)
            return done(200, _call(call))

        return write(deps, repeat.key, json_data, effect)


def _plans(rows: list[PlanRow]) -> list[PlanOut]:
    return [PlanOut(**(told | {"id": told.pop("public_id")})) for told in map(asdict, rows)]


def _call(call: CallDone) -> CallOut:
    told = asdict(call)
    return CallOut(**(told | {"id": told.pop("public_id")}))
