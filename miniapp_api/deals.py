"""Deals on the phone: where one stands and what it lacks, its evidence, and the move through the one gate."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import EvidenceKind, LoginVia, label
from crm import uow
from crm.access import Actor
from crm.flows.evidence import read_first
from crm.reads.compared import Compared, compared
from crm.reads.deal_page import DealPage, ProofRow, Stay, deal_page
from crm.reads.milestones import MilestoneRow
from crm.reads.record_form import deal_form
from crm.rules.funnel import Missing, Rung, Said
from crm.usecases import evidence
from crm.usecases.approvals import Filed, move_or_ask
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.move_undo import take_back_newest
from crm.usecases.sessions import actor_of_session
from miniapp_api.answers import FieldValueOut, said_sum
from miniapp_api.customers import values_in
from miniapp_api.deal_answers import (
    DealPageOut,
    EvidenceOut,
    MilestoneOut,
    MissingOut,
    MovedBackOut,
    MovedOut,
    StageOut,
    StayOut,
)
from miniapp_api.deal_payloads import EvidenceIn, MoveBackIn, MoveIn
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.sales import compared_out
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, WRITE, answers

_NO_WRITE = "已停用或离职，客户只是共享给您看的，或者放行的不是主管"


def deal_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/deals/<deal_id>")
    @bp.output(DealPageOut)
    @bp.doc(
        summary="一个商机：阶段、凭证、还缺什么、走过的路、和赢单比",
        description="`missing` 是进入下一个阶段 `towards` 还缺的，每一项都写了怎么补。",
        security="bearer",
        responses=answers(READ),
    )
    def deal(deal_id: str) -> DealPageOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor, wanted = actor_of_session(s, token, PHONES, now), plain_id(deal_id)
            page, beside = deal_page(s, actor, wanted, now), compared(s, actor, wanted, now)
            return _page(page, beside, values_in(deal_form(s, actor, wanted)))

    @bp.post("/deals/<deal_id>/move")
    @bp.input(MoveIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(MovedOut)
    @bp.doc(
        summary="推进、退回、结束或重新打开商机",
        description="缺东西时回 409 gate_closed，`fields` 逐项说明怎么补。退回、搁置、重新打开要写 `reason`；"
        "赢单、输单要 `ended_for` 和 `competitor`。`force` 是主管放行：只免凭证，也要写原因。"
        "只差审批时自动提交，`approval_id` 就是它，全部同意后商机自己推进。",
        security="bearer",
        responses=answers(WRITE | {403: _NO_WRITE, 409: "还缺东西（gate_closed），或编号已用于另一个请求"}),
    )
    def move(deal_id: str, json_data: MoveIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _moved(plain_id(deal_id), json_data))

    @bp.post("/deals/<deal_id>/move/undo")
    @bp.input(MoveBackIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(MovedBackOut)
    @bp.doc(
        summary="撤销自己刚才的推进",
        description="在规则定的撤销时间内（默认 10 分钟，到商机的 `undo_until`），之后没有别的变动。"
        "凭证、报价、动态都回到推进以前。",
        security="bearer",
        responses=answers(
            WRITE
            | {
                403: _NO_WRITE,
                409: "之后又有变动，或不是自己推进的，或编号已用于另一个请求",
                410: "过了撤销时间",
            }
        ),
    )
    def move_back(deal_id: str, json_data: MoveBackIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _moved_back(plain_id(deal_id), json_data))

    @bp.post("/deals/<deal_id>/evidence")
    @bp.input(EvidenceIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(EvidenceOut, status_code=201)
    @bp.doc(
        summary="把客户的一个附件作为凭证",
        description="先上传到客户的附件。文件要打得开、看得出内容；同样的内容只能证明一件事：改名、另存成别的格式、"
        "改一段、缩放图片都算同样。",
        security="bearer",
        responses=answers(WRITE | {403: _NO_WRITE, 409: "这份文件用过了，或编号已用于另一个请求"}),
    )
    def prove(deal_id: str, json_data: EvidenceIn, repeat: RepeatHeaders) -> Response:
        token, now = bearer_token(), deps.clock()
        read_first(deps.files, lambda s: actor_of_session(s, token, PHONES, now), plain_id(json_data.attachment_id))
        return write(deps, repeat.key, json_data, _proved(plain_id(deal_id), json_data))

    @bp.delete("/evidence/<evidence_id>")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(
        summary="移除一份还没用来打开阶段的凭证",
        description="文件还留在客户的附件里。",
        security="bearer",
        responses=answers({204: "已移除", 403: _NO_WRITE, 404: "没有，或不是自己的", 409: "已经用来打开过阶段"}),
    )
    def remove_proof(evidence_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _removed(plain_id(evidence_id)))


def _moved(deal_id: str, body: MoveIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        said = Said(body.reason, body.ended_for, body.competitor)
        made = move_or_ask(s, actor, deal_id, body.to, said, now, entrance=via, force=body.force)
        if isinstance(made, Filed):
            waits = f"「{made.name}」已提交审批（{made.told}），等 {'、'.join(made.waits_for)} 同意"
            asked = made.public_id
            return done(200, MovedOut(id=made.deal_id, way=None, forced=False, said=waits, approval_id=asked))
        told = f"「{made.name}」从「{made.before}」到「{made.now}」"
        moved = MovedOut(id=made.public_id, way=made.way, forced=made.forced, said=told, approval_id=None)
        return done(200, moved)

    return effect


def _moved_back(deal_id: str, body: MoveBackIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        name = take_back_newest(s, actor, deal_id, body.stage, now, entrance=via)
        return done(200, MovedBackOut(id=deal_id, said=f"已撤销：商机「{name}」的阶段变动"))

    return effect


def _proved(deal_id: str, body: EvidenceIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        file = plain_id(body.attachment_id)
        made = evidence.add_evidence(s, actor, deal_id, body.stage, body.kind, file, now, entrance=via)
        (row,) = (one for one in deal_page(s, actor, deal_id, now).evidence if one.public_id == made.public_id)
        return done(201, _proof(row))

    return effect


def _removed(evidence_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        evidence.remove_evidence(s, actor, evidence_id, now, entrance=via)
        return done(204)

    return effect


def _page(page: DealPage, beside: Compared | None, fields: list[FieldValueOut]) -> DealPageOut:
    return DealPageOut(
        id=page.public_id,
        customer_id=page.customer_id,
        customer=page.customer,
        name=page.name,
        amount=said_sum(page.amount),
        owner=page.owner,
        stage=page.here.key,
        stage_since=page.since,
        ended_for=page.ended_for,
        competitor=page.competitor,
        ladder=[_stage(one) for one in page.ladder],
        towards=page.towards and page.towards.key,
        missing=[_missing(one) for one in page.missing],
        evidence=[_proof(one) for one in page.evidence],
        history=[_stay(one) for one in page.history],
        milestones=[_milestone(one) for one in page.milestones if one.removed_at is None],
        may_write=page.may_write,
        may_force=page.may_force,
        undo_until=page.undo_until,
        approval_id=page.approval_id,
        beside=beside and compared_out(beside),
        fields=fields,
    )


def _stage(one: Rung) -> StageOut:
    return StageOut(key=one.key, label=one.label, kind=one.kind, needs=list(one.needs))


def _missing(one: Missing) -> MissingOut:
    return MissingOut(lack=one.lack, stage=one.stage, kind=one.kind, told=one.told, how=one.how)


def _proof(one: ProofRow) -> EvidenceOut:
    return EvidenceOut(
        id=one.public_id,
        stage=one.stage,
        kind=one.kind,
        kind_label=label(EvidenceKind(one.kind)),
        attachment_id=one.attachment_id,
        file=one.file,
        by=one.by,
        at=one.at,
        sealed=one.sealed,
    )


def _stay(one: Stay) -> StayOut:
    return StayOut(
        stage=one.stage, since=one.since, until=one.until, days=one.days, by=one.by, reason=one.reason,
        forced=one.forced,
    )  # fmt: skip


def _milestone(one: MilestoneRow) -> MilestoneOut:
    return MilestoneOut(
        id=one.public_id,
        kind=one.kind,
        kind_label=label(one.kind),
        due_at=one.due_at,
        note=one.note,
        by=one.by,
        done_at=one.done_at,
    )
