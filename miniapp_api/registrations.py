"""项目报备 on the phone: extended, given up, and either taken back."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import LoginVia
from crm.access import Actor
from crm.usecases import registrations
from crm.usecases.idempotency import Stored, Transaction
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.spec import READ, WRITE, answers
from miniapp_api.work_answers import RegistrationDoneOut
from miniapp_api.work_payloads import ReasonIn, ShortenIn

_OVER = "这条报备已经结束"


def registration_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/registrations/<registration_id>/extend")
    @bp.input(ReasonIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(RegistrationDoneOut)
    @bp.doc(
        summary="延期报备",
        description="快到期才能延，次数有限；暂不受保护的不能延（409）。",
        security="bearer",
        responses=answers(WRITE | {410: _OVER}),
    )
    def extend_registration(registration_id: str, json_data: ReasonIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _extended(plain_id(registration_id), json_data))

    @bp.post("/registrations/<registration_id>/shorten")
    @bp.input(ShortenIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(RegistrationDoneOut)
    @bp.doc(
        summary="撤销延期",
        description="延期的人自己、撤销时间内（默认 10 分钟）。`was` 是延期时答复的；之后又变动过的不撤（409）。",
        security="bearer",
        responses=answers(WRITE | {410: "过了撤销时间，或者这条报备已经结束"}),
    )
    def shorten_registration(registration_id: str, json_data: ShortenIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _shortened(plain_id(registration_id), json_data))

    @bp.post("/registrations/<registration_id>/end")
    @bp.input(ReasonIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(RegistrationDoneOut)
    @bp.doc(
        summary="放弃报备",
        description="经销商不再受保护，排在后面的顶上来。",
        security="bearer",
        responses=answers(WRITE | {410: _OVER}),
    )
    def end_registration(registration_id: str, json_data: ReasonIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _ended(plain_id(registration_id), json_data))

    @bp.post("/registrations/<registration_id>/restore")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(RegistrationDoneOut)
    @bp.doc(
        summary="撤销放弃",
        description="放弃的人自己、在规则定的撤销时间内（默认 10 分钟）；别家已经报备的不撤（409）。",
        security="bearer",
        responses=answers(READ | {404: "没有，或不是自己团队的", 409: "没有撤销，原因见说明", 410: "过了撤销时间"}),
    )
    def restore_registration(registration_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _restored(plain_id(registration_id)))


def _extended(registration_id: str, body: ReasonIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        name, was, until = registrations.extend(s, actor, registration_id, body.reason, now, entrance=via)
        return done(200, RegistrationDoneOut(said=f"「{name}」的报备已延期", was=was, expires_at=until))

    return effect


def _shortened(registration_id: str, body: ShortenIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        name = registrations.shorten(s, actor, registration_id, body.was, now, entrance=via)
        return done(200, RegistrationDoneOut(said=f"「{name}」的延期已撤销", was=None, expires_at=body.was))

    return effect


def _ended(registration_id: str, body: ReasonIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        name = registrations.end(s, actor, registration_id, body.reason, now, entrance=via)
        return done(200, RegistrationDoneOut(said=f"已放弃「{name}」的报备", was=None, expires_at=None))

    return effect


def _restored(registration_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        name = registrations.take_back_end(s, actor, registration_id, now, entrance=via)
        return done(200, RegistrationDoneOut(said=f"「{name}」的报备恢复了", was=None, expires_at=None))

    return effect
