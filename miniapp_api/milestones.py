"""On the phone: the moments that a deal must not miss."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import LoginVia, label
from crm.access import Actor
from crm.usecases import milestones
from crm.usecases.idempotency import Stored, Transaction
from miniapp_api.deal_answers import MilestoneNotedOut
from miniapp_api.deal_payloads import MilestoneIn, MilestoneMoveIn
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.spec import READ, WRITE, answers

_ENDED: dict[int | str, str] = {403: "已停用或离职，或者客户只是共享给您看的", 410: "已经完成或移除了"}
_NO_BODY = READ | {404: "没有，或不是自己的", 409: "编号已用于另一个请求，或别人抢先了一步"}


def milestone_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/deals/<deal_id>/milestones")
    @bp.input(MilestoneIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(MilestoneNotedOut, status_code=201)
    @bp.doc(
        summary="记一个时间节点：截标、保证金、开标、交货",
        description="提前 7 天、3 天、1 天和 2 小时提醒负责人，晚上和节假日也提醒。",
        security="bearer",
        responses=answers(WRITE | {403: "已停用或离职，或者客户只是共享给您看的"}),
    )
    def note(deal_id: str, json_data: MilestoneIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _note(plain_id(deal_id), json_data))

    @bp.patch("/milestones/<milestone_id>")
    @bp.input(MilestoneMoveIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(MilestoneNotedOut)
    @bp.doc(
        summary="改时间或备注",
        description="改了时间，原来的提醒作废，按新的时间重新提醒。",
        security="bearer",
        responses=answers(WRITE | _ENDED),
    )
    def move_note(milestone_id: str, json_data: MilestoneMoveIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _moved(plain_id(milestone_id), json_data))

    @bp.post("/milestones/<milestone_id>/finish")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(MilestoneNotedOut)
    @bp.doc(summary="办完了，不再提醒", security="bearer", responses=answers(_NO_BODY | _ENDED))
    def finish_note(milestone_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _finished(plain_id(milestone_id)))

    @bp.delete("/milestones/<milestone_id>")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(summary="记错了，移除", security="bearer", responses=answers(_NO_BODY | _ENDED | {204: "已移除"}))
    def remove_note(milestone_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _removed(plain_id(milestone_id)))

    @bp.post("/milestones/<milestone_id>/restore")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(MilestoneNotedOut)
    @bp.doc(
        summary="撤销完成或移除",
        security="bearer",
        responses=answers(_NO_BODY | {403: _ENDED[403]}),
    )
    def restore_note(milestone_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _restored(plain_id(milestone_id)))


def _note(deal_id: str, body: MilestoneIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        made = milestones.add_milestone(s, actor, deal_id, body.kind, body.due_at, body.note, now, entrance=via)
        return done(201, _noted(made))

    return effect


def _moved(milestone_id: str, body: MilestoneMoveIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        made = milestones.change_milestone(s, actor, milestone_id, body.due_at, body.note, now, entrance=via)
        return done(200, _noted(made))

    return effect


def _finished(milestone_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        return done(200, _noted(milestones.finish_milestone(s, actor, milestone_id, now, entrance=via)))

    return effect


def _removed(milestone_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        milestones.remove_milestone(s, actor, milestone_id, now, entrance=via)
        return done(204)

    return effect


def _restored(milestone_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        return done(200, _noted(milestones.restore_milestone(s, actor, milestone_id, now, entrance=via)))

    return effect


def _noted(one: milestones.Noted) -> MilestoneNotedOut:
    return MilestoneNotedOut(
        id=one.public_id,
        deal_id=one.deal_id,
        kind=one.kind,
        kind_label=label(one.kind),
        due_at=one.due_at,
        note=one.note,
    )
