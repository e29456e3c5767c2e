"""What the sidebar hands on: a file of the customer into the chat, and one's own to-dos, made and ticked off."""

from datetime import datetime
from typing import Protocol

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import LoginVia
from crm import uow
from crm.access import Actor
from crm.errors import Invalid
from crm.reads.attachments import served
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.sessions import actor_of_session
from crm.usecases.todos import add_todo, finish_todo, reopen_todo
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.sidebar import ask
from miniapp_api.sidebar_answers import MediaOut, TodoOut
from miniapp_api.sidebar_payloads import TodoIn
from miniapp_api.spec import READ, WRITE, answers

_ENDED = {404: "没有，或不是自己的", 409: "这个编号用过了", 410: "已经办完或撤销了"}
_AS_PICTURE = frozenset({"image/jpeg", "image/png"})
_LARGEST_PICTURE = 10 * 1024 * 1024  # what WeCom takes as one; a larger one goes as a file


def sending_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/attachments/<attachment_id>/media")
    @bp.input(RepeatHeaders, location="headers", arg_name="_repeat")
    @bp.output(MediaOut)
    @bp.doc(
        summary="把附件交给企业微信，好发到聊天里",
        description="图片交的是去掉拍摄地点等信息的那一份。交两次等于交一次，得到两个编号。",
        security="bearer",
        responses=answers(WRITE | {502: "连不上企业微信"}),
    )
    def hand_on(attachment_id: str, _repeat: RepeatHeaders) -> MediaOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            found = served(s, actor_of_session(s, token, PHONES, now), plain_id(attachment_id))
        content = deps.files.path(found.stored_name).read_bytes()
        picture = found.mime in _AS_PICTURE and len(content) <= _LARGEST_PICTURE
        kind = "image" if picture else "file"
        media_id = ask(deps, lambda: deps.wecom.upload(kind, found.name, content), "企业微信没有收下这个文件")
        return MediaOut(msgtype=kind, media_id=media_id, name=found.name)

    @bp.post("/customers/<customer_id>/todos")
    @bp.input(TodoIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(TodoOut, status_code=201)
    @bp.doc(summary="给自己记一件待办", security="bearer", responses=answers(WRITE))
    def note_todo(customer_id: str, json_data: TodoIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _noted(plain_id(customer_id), json_data))

    @bp.post("/todos/<todo_id>/finish")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(summary="办完自己的一件待办", security="bearer", responses=answers(READ | _ENDED | {204: "已办完"}))
    def finish(todo_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _turned(finish_todo, plain_id(todo_id)))

    @bp.post("/todos/<todo_id>/reopen")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(summary="办完的待办还没办", security="bearer", responses=answers(READ | _ENDED | {204: "又待办了"}))
    def reopen(todo_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _turned(reopen_todo, plain_id(todo_id)))


class _Turn(Protocol):
    def __call__(self, s: Transaction, actor: Actor, todo_id: str, now: datetime, /, *, entrance: str) -> str: ...


def _turned(turn: _Turn, todo_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        turn(s, actor, todo_id, now, entrance=via)
        return done(204)

    return effect


def _noted(customer_id: str, body: TodoIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        if body.due_at <= now:
            raise Invalid("待办的时间已经过去了，没有保存。请改成以后的时间", {"due_at": "要晚于现在"})
        made = add_todo(s, actor, customer_id, body.text, body.due_at, now, entrance=via)
        return done(201, TodoOut(id=made.public_id, text=made.text, due_at=made.due_at))

    return effect
