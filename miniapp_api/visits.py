"""Check-ins from the phone, made there and then or sent in the evening: each once, whatever the network did."""

from datetime import datetime, timedelta

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import FixSource, LoginVia
from crm.access import Actor
from crm.errors import Invalid
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.visits import CheckInDraft, check_in
from miniapp_api.answers import CheckInOut
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import CheckInIn, RepeatHeaders
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.spec import WRITE, answers, said

CLOCKS_DIFFER = timedelta(minutes=10)  # a phone's clock may be this far ahead of ours
OLDEST = timedelta(days=30)  # an offline queue older than this is no longer evidence of a visit


def visit_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/check-ins")
    @bp.input(CheckInIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(CheckInOut, status_code=201)
    @bp.doc(
        summary="拜访打卡",
        description="client_id 记过的回答 200 和 again: true；新的回答 201。",
        security="bearer",
        responses=answers(WRITE) | {200: {"description": "以前记过", "content": said("CheckInOut")}},
    )
    def record(json_data: CheckInIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _recorded(json_data))


def _recorded(body: CheckInIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        _refuse_unlikely(body.at, now)
        draft = CheckInDraft(
            client_id=body.client_id,
            customer_id=plain_id(body.customer_id),
            latitude=body.latitude,
            longitude=body.longitude,
            datum=body.datum,
            accuracy_m=body.accuracy_m,
            source=FixSource.MINIAPP,
            visited_at=body.at,
            place=body.place,
            report=body.report,
        )
        visit = check_in(s, actor, draft, now, entrance=via)
        answer = CheckInOut(
            id=visit.public_id,
            distance_m=visit.distance_m,
            said=visit.said,
            customer_name=visit.customer_name,
            again=visit.again,
        )
        return done(200 if visit.again else 201, answer)

    return effect


def _refuse_unlikely(at: datetime, now: datetime) -> None:
    if at > now + CLOCKS_DIFFER:
        raise Invalid("打卡时间比现在还晚，没有保存。请把手机时间设为自动，再打一次卡", {"at": "不能晚于现在"})
    if at < now - OLDEST:
        raise Invalid("打卡时间超过 30 天，不能补录了。请写一条跟进说明这次拜访", {"at": "超过 30 天"})
