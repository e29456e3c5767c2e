"""Approvals on the phone: what waits for me, what I asked for, yes, no, another signer, a word; and who is away."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import LoginVia, label
from crm import uow
from crm.access import Actor, get_approval
from crm.reads.absences import absences, colleague_called
from crm.reads.approvals import ApprovalPage, ApprovalRow, approval_page, approvals
from crm.usecases import signing
from crm.usecases.absences import come_back, go_away
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.sessions import actor_of_session
from crm.usecases.signing import Signed
from miniapp_api.answers import said_sum
from miniapp_api.approval_answers import (
    AbsenceOut,
    AbsencesOut,
    ApprovalOut,
    ApprovalPageOut,
    ApprovalsOut,
    NoteOut,
    SignedOut,
    SignerOut,
)
from miniapp_api.approval_payloads import AbsenceIn, ApprovalQuery, DecideIn, NoteIn, SignerIn
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, WRITE, answers

_SIZE = 50
_OVER = WRITE | {
    403: "已停用或离职，或者不是您的",
    404: "没有，或者不等您处理",
    409: "已经有结果了，或编号已用于另一个请求",
}


def approval_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/approvals")
    @bp.input(ApprovalQuery, location="query", arg_name="query")
    @bp.output(ApprovalsOut)
    @bp.doc(
        summary="审批：等我处理的、我提交的、我处理过的",
        description="`box` 选哪一类；还在等的排在前面，等得最久的在最上面。",
        security="bearer",
        responses=answers(READ),
    )
    def approval_list(query: ApprovalQuery) -> ApprovalsOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            found = approvals(s, actor_of_session(s, token, PHONES, now), query.box, now, query.page, _SIZE)
        rows = [_row(one) for one in found.rows]
        return ApprovalsOut(approvals=rows, total=found.total, page=found.number, pages=found.pages)

    @bp.get("/approvals/<approval_id>")
    @bp.output(ApprovalPageOut)
    @bp.doc(summary="一项审批：谁签了、谁还没签、批示", security="bearer", responses=answers(READ))
    def approval(approval_id: str) -> ApprovalPageOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            return _page(approval_page(s, actor_of_session(s, token, PHONES, now), plain_id(approval_id), now))

    @bp.post("/approvals/<approval_id>/decide")
    @bp.input(DecideIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(SignedOut)
    @bp.doc(
        summary="同意或驳回",
        description="全部同意后商机自动推进。申请之后商机改过的，这次审批作废，`state` 是 void。",
        security="bearer",
        responses=answers(_OVER),
    )
    def decide(approval_id: str, json_data: DecideIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _decided(plain_id(approval_id), json_data))

    @bp.post("/approvals/<approval_id>/signers")
    @bp.input(SignerIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(SignedOut)
    @bp.doc(summary="加签或转交", security="bearer", responses=answers(_OVER))
    def signers(approval_id: str, json_data: SignerIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _signer(plain_id(approval_id), json_data))

    @bp.post("/approvals/<approval_id>/notes")
    @bp.input(NoteIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(SignedOut)
    @bp.doc(summary="批示，可以点名一位同事", security="bearer", responses=answers(_OVER))
    def notes(approval_id: str, json_data: NoteIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _noted(plain_id(approval_id), json_data))

    @bp.post("/approvals/<approval_id>/nudge")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(SignedOut)
    @bp.doc(
        summary="催办",
        description="等着处理的人会再收到一次卡片，两小时内只催一次。",
        security="bearer",
        responses=answers(_OVER),
    )
    def nudge(approval_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _nudged(plain_id(approval_id)))

    @bp.post("/approvals/<approval_id>/withdraw")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(SignedOut)
    @bp.doc(summary="撤回自己提交的审批", security="bearer", responses=answers(_OVER))
    def withdraw(approval_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _withdrawn(plain_id(approval_id)))

    @bp.get("/absences")
    @bp.output(AbsencesOut)
    @bp.doc(
        summary="谁请假、谁代理",
        description="自己的、自己代理的，和下属的。",
        security="bearer",
        responses=answers(READ),
    )
    def absence_list() -> AbsencesOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            rows = absences(s, actor_of_session(s, token, PHONES, now), now)
        return AbsencesOut(
            absences=[
                AbsenceOut(
                    id=one.public_id, person=one.person, deputy=one.deputy, first_day=one.first_day,
                    last_day=one.last_day, mine=one.mine,
                )
                for one in rows
            ]
        )  # fmt: skip

    @bp.post("/absences")
    @bp.input(AbsenceIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(AbsenceOut, status_code=201)
    @bp.doc(
        summary="请假，由代理人处理审批",
        description="日子重叠的，以新登记的为准。",
        security="bearer",
        responses=answers(WRITE),
    )
    def leave(json_data: AbsenceIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _gone(json_data))

    @bp.delete("/absences/<absence_id>")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(
        summary="提前回来",
        security="bearer",
        responses=answers({204: "已结束", 403: "不是自己的", 404: "没有，或已结束", 409: "这个编号用过了"}),
    )
    def back(absence_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _back(plain_id(absence_id)))


def _decided(approval_id: str, body: DecideIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        if body.verdict == "approve":
            return _signed(signing.approve(s, actor, approval_id, now, entrance=via, words=body.words))
        return _signed(signing.reject(s, actor, approval_id, body.why, body.words, now, entrance=via))

    return effect


def _signer(approval_id: str, body: SignerIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        get_approval(s, actor, approval_id)  # what is not his is not there, whomever he names
        act = signing.add_signer if body.how == "add" else signing.delegate
        return _signed(act(s, actor, approval_id, colleague_called(s, body.userid), now, entrance=via))

    return effect


def _noted(approval_id: str, body: NoteIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        get_approval(s, actor, approval_id)
        told = colleague_called(s, body.userid) if body.userid else None
        return _signed(signing.write_note(s, actor, approval_id, body.words, told, now, entrance=via))

    return effect


def _nudged(approval_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        return _signed(signing.nudge(s, actor, approval_id, now, entrance=via))

    return effect


def _withdrawn(approval_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        return _signed(signing.withdraw(s, actor, approval_id, now, entrance=via))

    return effect


def _gone(body: AbsenceIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        deputy = colleague_called(s, body.userid)
        made = go_away(s, actor, deputy, body.first_day, body.last_day, now, entrance=via)
        answer = AbsenceOut(
            id=made.public_id, person=made.person, deputy=made.deputy, first_day=made.first_day,
            last_day=made.last_day, mine=True,
        )  # fmt: skip
        return done(201, answer)

    return effect


def _back(absence_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        come_back(s, actor, absence_id, now, entrance=via)
        return done(204)

    return effect


def _signed(made: Signed) -> Stored:
    return done(200, SignedOut(id=made.public_id, state=made.state, said=f"「{made.name}」{made.outcome}"))


def _row(one: ApprovalRow) -> ApprovalOut:
    return ApprovalOut(
        id=one.public_id,
        deal_id=one.deal_id,
        quote_id=one.quote_id,
        deal=one.deal,
        customer=one.customer,
        amount=said_sum(one.amount),
        told=one.told,
        to=one.to,
        asked_by=one.asked_by,
        asked_at=one.asked_at,
        state=one.state,
        state_label=label(one.state),
        waits_for=list(one.waits_for),
        hours=one.hours,
        my_turn=one.my_turn,
    )


def _page(page: ApprovalPage) -> ApprovalPageOut:
    return ApprovalPageOut(
        approval=_row(page.row),
        reason=page.reason,
        signers=[
            SignerOut(
                step=one.step,
                mode=one.mode,
                name=one.name,
                in_place_of=one.in_place_of,
                state=one.state,
                state_label=label(one.state),
                asked_at=one.asked_at,
                signed_at=one.signed_at,
                hours=one.hours,
                rejected_for=one.rejected_for,
                words=one.words,
            )
            for one in page.signers
        ],
        notes=[NoteOut(by=one.by, told=one.told, words=one.words, at=one.at) for one in page.notes],
        mine=page.mine,
    )
