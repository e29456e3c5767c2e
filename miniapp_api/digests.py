"""Digests from the phone: a talk is summed up and kept once, read with what it stands on, taken back within minutes."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import LoginVia, label
from crm import uow
from crm.access import Actor
from crm.flows.digests import Summed, keep, names_of, sum_up
from crm.reads.digests import DigestFile, digest_file
from crm.reads.known_names import known_names
from crm.usecases.digests import take_digest_back
from crm.usecases.idempotency import Stored, Transaction
from miniapp_api.deps import ApiDeps
from miniapp_api.digest_answers import CitedOut, DigestIn, DigestMadeOut, DigestOut, DigestSentenceOut, DigestTodoOut
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.session import bearer_token, signed_in
from miniapp_api.spec import READ, WRITE, answers


def digest_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/customers/<customer_id>/digests")
    @bp.input(DigestIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(DigestMadeOut, status_code=201)
    @bp.doc(
        summary="整理一段聊天",
        description="text 是从企业微信、微信复制的聊天，或口述的一段话，最多 2 万字。我方的承诺成为自己的待办。",
        security="bearer",
        responses=answers(WRITE),
    )
    def sum_one_up(customer_id: str, json_data: DigestIn, repeat: RepeatHeaders) -> Response:
        now, wanted = deps.clock(), plain_id(customer_id)
        with uow.reading() as s:
            actor, _ = signed_in(s, bearer_token(), now)
            names = known_names(s, actor, wanted)  # and whether he may write there, before a word of it leaves
        summed = sum_up(json_data.text, [*names_of(actor), *json_data.ours], now, deps.summarise, names)
        return write(deps, repeat.key, json_data, _kept(wanted, summed))

    @bp.get("/digests/<digest_id>")
    @bp.output(DigestOut)
    @bp.doc(
        summary="一条会话摘要",
        description="每句话带着它依据的原消息。",
        security="bearer",
        responses=answers(READ | {404: "没有，或不归您看"}),
    )
    def read_one(digest_id: str) -> DigestOut:
        now = deps.clock()
        with uow.reading() as s:
            actor, _ = signed_in(s, bearer_token(), now)
            return DigestOut(**_shown(digest_file(s, actor, plain_id(digest_id))))

    @bp.delete("/digests/<digest_id>")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(
        summary="撤回会话摘要",
        description="自己的在规则定的撤销时间内（默认 10 分钟）；会话存档自动整理的，能写这个客户的人随时可以。"
        "和它的待办一起收回。撤两次等于撤一次。",
        security="bearer",
        responses=answers(
            READ | {204: "已撤回", 404: "没有，或不归自己撤回", 409: "这个编号用过了", 410: "过了撤销时间"}
        ),
    )
    def take_one_back(digest_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _taken_back(plain_id(digest_id)))


def _kept(customer_id: str, summed: Summed) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        made = keep(s, actor, customer_id, summed, now, entrance=via)
        todos = [DigestTodoOut(id=one.public_id, text=one.text, due_at=one.due_at) for one in made.todos]
        shown = _shown(digest_file(s, actor, made.public_id))
        return done(201, DigestMadeOut(**shown, remark=made.remark, todos=todos))

    return effect


def _taken_back(digest_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        take_digest_back(s, actor, digest_id, now, entrance=via)
        return done(204)

    return effect


def _shown(file: DigestFile) -> dict[str, object]:
    return {
        "id": file.digest.public_id,
        "customer_id": file.customer_id,
        "customer_name": file.customer_name,
        "at": file.at,
        "counts": file.counts,
        "origin": file.digest.origin,
        "origin_label": label(file.digest.origin),
        "engine": file.digest.engine,
        "engine_label": label(file.digest.engine),
        "sentences": [
            DigestSentenceOut(
                kind=one.kind,
                kind_label=label(one.kind),
                text=one.text,
                due=one.due,
                cited=[
                    CitedOut(number=of.number, speaker=of.speaker, ours=of.ours, at=of.at, text=of.text)
                    for of in one.cited
                ],
            )
            for one in file.digest.sentences
        ],
    }
