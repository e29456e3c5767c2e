"""Follow-ups from the phone: written down at once, taken back within minutes."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import LoginVia
from crm.access import Actor
from crm.errors import Invalid
from crm.usecases.followups import retract_follow_up, write_follow_up
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.todos import add_todo
from miniapp_api.answers import FollowUpOut
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import FollowUpIn, RepeatHeaders
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.spec import READ, WRITE, answers


def follow_up_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/customers/<customer_id>/follow-ups")
    @bp.input(FollowUpIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(FollowUpOut, status_code=201)
    @bp.doc(summary="写一条跟进", security="bearer", responses=answers(WRITE))
    def write_one(customer_id: str, json_data: FollowUpIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _written(plain_id(customer_id), json_data))

    @bp.delete("/follow-ups/<entry_id>")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(
        summary="撤回自己写的跟进",
        description="在规则定的撤销时间内（默认 10 分钟）。撤两次等于撤一次。",
        security="bearer",
        responses=answers(
            READ | {204: "已撤回", 404: "没有，或不是自己的", 409: "这个编号用过了", 410: "过了撤销时间"}
        ),
    )
    def take_back(entry_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _taken_back(plain_id(entry_id)))


def _written(customer_id: str, body: FollowUpIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        later = body.next_follow_up_at
        if later is not None and later <= now:
            raise Invalid(
                "下次跟进的时间已经过去了，跟进没有保存。请改成以后的时间", {"next_follow_up_at": "要晚于现在"}
            )
        entry = write_follow_up(s, actor, customer_id, body.text, now, entrance=via, at=body.at)
        if later is not None:
            add_todo(s, actor, entry.customer_id, f"跟进{entry.customer_name}", later, now, entrance=via)
        return done(
            201,
            FollowUpOut(
                id=entry.public_id,
                counts=entry.counts,
                remark=entry.remark,
                customer_name=entry.customer_name,
                next_follow_up_at=later,
            ),
        )

    return effect


def _taken_back(entry_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        retract_follow_up(s, actor, entry_id, now, entrance=via)
        return done(204)

    return effect
