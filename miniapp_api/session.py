"""Signing in from a phone: a code of WeCom's for a bearer token of ours, kept in memory and never in a cookie."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import request

from config.vocabulary import LoginVia, label
from crm import uow
from crm.access import Actor
from crm.errors import CrmError, NotSignedIn
from crm.usecases.idempotency import Transaction
from crm.usecases.sessions import actor_of_session, open_session, revoke
from miniapp_api.answers import MeOut, SessionOut
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders, SessionIn
from miniapp_api.spec import READ, answers

SIGN_IN = "api.sign_in"
PHONES = frozenset({LoginVia.MINIAPP, LoginVia.SIDEBAR})
_LONGEST_TOKEN = 200
# Kinds of a gateway error that say "this code is not good", as opposed to "the other side cannot be reached".
_BAD_CODE = frozenset({"expired", "request", "receiver"})


class CannotSignIn(CrmError):
    """WeCom could not be asked."""

    code, http_status = "wecom_unavailable", 502


def bearer_token() -> str:
    """The token of this request's header; NotSignedIn without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= _LONGEST_TOKEN:
        raise NotSignedIn("请先登录")
    return token


def signed_in(s: Transaction, token: str, now: datetime) -> tuple[Actor, LoginVia]:
    """Whose token this is, and by which entrance it was given: the audit names that one."""
    try:
        return actor_of_session(s, token, frozenset({LoginVia.MINIAPP}), now), LoginVia.MINIAPP
    except NotSignedIn:
        return actor_of_session(s, token, frozenset({LoginVia.SIDEBAR}), now), LoginVia.SIDEBAR


def session_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/session")
    @bp.input(SessionIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="_repeat")
    @bp.output(SessionOut, status_code=201)
    @bp.doc(
        summary="用登录 code 换令牌",
        description="code 只能用一次，重试要先拿新的；Idempotency-Key 在这里不起作用。",
        responses=answers(
            {
                401: "code 无效或已用过",
                403: "没有账号，或已停用、离职",
                413: "超过 64 KB",
                415: "不是 JSON",
                502: "连不上企业微信",
            }
        ),
    )
    def sign_in(json_data: SessionIn, _repeat: RepeatHeaders) -> SessionOut:
        via = LoginVia(json_data.via)
        userid = _userid_of(deps, via, json_data.code)
        now = deps.clock()
        with uow.transaction() as s:
            token, expires_at = open_session(s, userid, via, now)
            actor = actor_of_session(s, token, frozenset({via}), now)
        return SessionOut(token=token, expires_at=expires_at, person=me_of(actor))

    @bp.delete("/session")
    @bp.input(RepeatHeaders, location="headers", arg_name="_repeat")
    @bp.doc(
        summary="退出登录；令牌已经无效也算退出",
        security="bearer",
        responses=answers({204: "已退出"}),
    )
    def sign_out(_repeat: RepeatHeaders) -> tuple[str, int]:
        token, now = bearer_token(), deps.clock()
        with uow.transaction() as s:
            revoke(s, token, now)
        return "", 204

    @bp.get("/me")
    @bp.output(MeOut)
    @bp.doc(summary="现在登录的是谁", security="bearer", responses=answers(READ))
    def me() -> MeOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            return me_of(actor_of_session(s, token, PHONES, now))


def me_of(actor: Actor) -> MeOut:
    return MeOut(userid=actor.userid, name=actor.name, role=actor.role, role_label=label(actor.role))


def _userid_of(deps: ApiDeps, via: LoginVia, code: str) -> str:
    """Asked before any transaction begins: it is a call over the network."""
    try:
        return deps.who[via](code)
    except deps.outside_errors as error:
        if getattr(error, "kind", None) in _BAD_CODE:
            raise NotSignedIn("这次登录已失效，没有登录成功。请退出后重新打开，再登录一次") from error
        raise CannotSignIn("暂时连不上企业微信，没有登录成功。请稍后重试，一直不行请联系管理员") from error
