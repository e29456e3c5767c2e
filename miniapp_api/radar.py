"""查重 on the phone: is a company there already, which files are put together, and whose a contested one is."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import LoginVia
from crm import uow
from crm.access import Actor
from crm.reads import duplicates as reads
from crm.rules.credit import Cut
from crm.usecases import collisions, look_alikes, merging
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.radar import Similar
from crm.usecases.sessions import actor_of_session
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, WRITE, answers
from miniapp_api.work_answers import (
    ApartOut,
    ChoiceOut,
    CollisionOut,
    CollisionsOut,
    ComparisonOut,
    CutOut,
    HitOut,
    LookUpOut,
    MergedOut,
    MergeLine,
    MergesOut,
    SaidOut,
)
from miniapp_api.work_payloads import LookUpIn, MergeIn, VerdictIn

_GONE = "已经裁定，或已经撤销，或过了可以撤销的天数"


def radar_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/lookups")
    @bp.input(LookUpIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(LookUpOut)
    @bp.doc(
        summary="查重：这家公司有没有人在跟",
        description="同事的客户只回「同事在跟进」，碰到一次记一次，每天有次数；自己的不计。",
        security="bearer",
        responses=answers(
            READ
            | {409: "编号已用于另一个请求", 413: "超过 64 KB", 415: "不是 JSON", 429: "今天碰到同事客户的次数用完了"}
        ),
    )
    def look_up(json_data: LookUpIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _looked_up(json_data))

    @bp.get("/customers/<customer_id>/merge/<loser_id>")
    @bp.output(ComparisonOut)
    @bp.doc(
        summary="合并之前：两份档案哪里不一样",
        description="customer_id 是留下的那一份。",
        security="bearer",
        responses=answers({403: "已停用或离职，或者客户只是共享给您看的"}),
    )
    def compare(customer_id: str, loser_id: str) -> ComparisonOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            found = reads.compare(s, actor, plain_id(customer_id), plain_id(loser_id), now)
        return ComparisonOut(
            winner=found.winner.name,
            loser=found.loser.name,
            differs=[_choice(one) for one in found.differs],
            filled=[_choice(one) for one in found.filled],
            cut=[_cut(one) for one in found.cut],
        )

    @bp.post("/customers/<customer_id>/merge")
    @bp.input(MergeIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(MergedOut, status_code=201)
    @bp.doc(
        summary="把另一份档案并进来",
        description="什么都不丢，`undo_until` 之前可以撤销（规则数字「合并可撤销」）。销售只能合并自己名下的两份。",
        security="bearer",
        responses=answers(WRITE | {403: "已停用或离职，只是共享给您看的，或者其中一份是同事的"}),
    )
    def merge(customer_id: str, json_data: MergeIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _merged(plain_id(customer_id), json_data))

    @bp.get("/merges")
    @bp.output(MergesOut)
    @bp.doc(summary="最近的合并", security="bearer", responses=answers(READ))
    def merges() -> MergesOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            rows = reads.merges(s, actor_of_session(s, token, PHONES, now), now)
        return MergesOut(merges=[_merge(row) for row in rows])

    @bp.post("/merges/<merge_id>/undo")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(ApartOut)
    @bp.doc(
        summary="撤销合并",
        security="bearer",
        responses=answers(
            READ | {404: "没有，或不归自己管", 409: "之后又合并过，要先撤销后一次；或编号用过了", 410: _GONE}
        ),
    )
    def undo_merge(merge_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _apart(plain_id(merge_id)))

    @bp.get("/collisions")
    @bp.output(CollisionsOut)
    @bp.doc(
        summary="等您裁定的和最近的撞单",
        security="bearer",
        responses=answers({403: "已停用或离职，或者不是主管、运营、管理员"}),
    )
    def contested() -> CollisionsOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            rows = reads.collisions(s, actor_of_session(s, token, PHONES, now))
        return CollisionsOut(collisions=[_collision(row) for row in rows])

    @bp.post("/collisions/<collision_id>/verdict")
    @bp.input(VerdictIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(SaidOut)
    @bp.doc(
        summary="裁定一次撞单",
        description="holder 归现负责人，asker 归申请人，together 共同跟进，different 不是同一家。"
        "双方主管一致才生效，不一致请总监定。",
        security="bearer",
        responses=answers(WRITE | {403: "已停用或离职，或者不是主管、运营、管理员", 410: _GONE}),
    )
    def verdict(collision_id: str, json_data: VerdictIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _judged(plain_id(collision_id), json_data))


def _looked_up(body: LookUpIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        alike = look_alikes.look_alikes(s, actor, body.model_dump(), now, entrance=via)
        said = f"没有和「{alike.name}」相同或相近的客户，可以新建"
        if alike.hits:
            said = f"有和「{alike.name}」相同或相近的客户。同一家就别重复建；需要配合请找主管协调"
        return done(200, LookUpOut(said=said, hits=[_hit(hit) for hit in alike.hits]))

    return effect


def _merged(winner_id: str, body: MergeIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        made = merging.merge(s, actor, winner_id, plain_id(body.loser_id), body.from_loser, now, entrance=via)
        answer = MergedOut(
            id=made.public_id,
            customer_id=made.winner_public_id,
            customer_name=made.winner_name,
            loser_name=made.loser_name,
            moved=made.moved,
            cut=[_cut(one) for one in made.cut],
            undo_until=made.undo_until,
        )
        return done(201, answer)

    return effect


def _apart(merge_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        apart = merging.take_apart(s, actor, merge_id, now, entrance=via)
        answer = ApartOut(
            customer_name=apart.winner_name,
            loser_name=apart.loser_name,
            loser_id=apart.loser_public_id,
            stayed=apart.stayed,
        )
        return done(200, answer)

    return effect


def _judged(collision_id: str, body: VerdictIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        return done(200, SaidOut(said=collisions.vote_on(s, actor, collision_id, body.verdict, now, entrance=via)))

    return effect


def _hit(hit: Similar) -> HitOut:
    return HitOut(
        id=hit.public_id or None,
        name=hit.name,
        owner=hit.owner,
        same=hit.same,
        settled=hit.settled,
        score=hit.score,
        reason=hit.reason,
    )


def _choice(one: reads.Choice) -> ChoiceOut:
    return ChoiceOut(key=one.key, label=one.label, winner=one.winner, loser=one.loser)


def _cut(one: Cut) -> CutOut:
    return CutOut(person=one.person, before=one.before, after=one.after)


def _merge(row: reads.MergeRow) -> MergeLine:
    return MergeLine(
        id=row.public_id,
        winner=row.winner,
        winner_id=row.winner_id,
        loser=row.loser,
        at=row.at,
        who=row.who,
        undone_at=row.undone_at,
        undo_until=row.undo_until,
    )


def _collision(row: reads.CollisionRow) -> CollisionOut:
    return CollisionOut(
        id=row.public_id,
        name=row.name,
        holder=row.holder,
        asker=row.asker,
        reason=row.reason,
        opened_at=row.opened_at,
        due_at=row.due_at,
        escalated=row.escalated,
        verdict=row.verdict,
        may_differ=row.may_differ,
    )
