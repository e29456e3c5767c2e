"""会话存档 from a telephone: a manager has an outsider's talk deleted who asked for it."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import LoginVia
from crm.access import Actor
from crm.usecases.archive import purge_talk
from crm.usecases.idempotency import Stored, Transaction
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import done, write
from miniapp_api.spec import READ, answers


def archive_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.delete("/external-contacts/<external_userid>/talk")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(
        summary="删除一位外部联系人的会话存档",
        description="主管、总监、销售运营和管理员可以删除，不能恢复。他以后说的话，只有同意存档才会再存。",
        security="bearer",
        responses=answers(READ | {204: "已删除", 404: "没有，或不归自己管", 409: "这个编号用过了"}),
    )
    def purge(external_userid: str, repeat: RepeatHeaders) -> Response:
        def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
            purge_talk(s, actor, external_userid[:64], now, entrance=via)
            return done(204)

        return write(deps, repeat.key, None, effect)
