"""The people at a customer on the phone: listed, written down, changed, put away and brought back."""

from collections.abc import Callable
from datetime import datetime

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import LoginVia
from crm import uow
from crm.access import Actor
from crm.reads.contacts import contacts_of
from crm.reads.customer_form import contact_form
from crm.usecases import contact_file
from crm.usecases.customer_file import Saved
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.sessions import actor_of_session
from miniapp_api.customers import contact_line, values_in
from miniapp_api.deps import ApiDeps
from miniapp_api.form_answers import ContactFileOut, ContactsOut, ContactTurnedOut
from miniapp_api.form_payloads import ChangeIn, ContactIn
from miniapp_api.forms import NO_EDIT
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, WRITE, answers

_TURN = READ | {403: NO_EDIT, 404: "没有，或不是自己的", 409: "这个编号用过了"}


def contact_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/customers/<customer_id>/contacts")
    @bp.output(ContactsOut)
    @bp.doc(summary="客户的联系人，含停用的", security="bearer", responses=answers(READ))
    def contacts(customer_id: str) -> ContactsOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            rows = contacts_of(s, actor_of_session(s, token, PHONES, now), plain_id(customer_id))
        return ContactsOut(contacts=[contact_line(row) for row in rows])

    @bp.post("/customers/<customer_id>/contacts")
    @bp.input(ContactIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(ContactFileOut, status_code=201)
    @bp.doc(
        summary="添加联系人",
        security="bearer",
        responses=answers(
            WRITE | {403: NO_EDIT, 409: "编号已用于另一个请求，联系人满 200 位了，或姓名、职务、电话都一样的人已经在了"}
        ),
    )
    def add_contact(customer_id: str, json_data: ContactIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _added(plain_id(customer_id), json_data))

    @bp.get("/contacts/<contact_id>")
    @bp.output(ContactFileOut)
    @bp.doc(summary="一位联系人", security="bearer", responses=answers(READ))
    def contact(contact_id: str) -> ContactFileOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            return _file(s, actor_of_session(s, token, PHONES, now), plain_id(contact_id))

    @bp.patch("/contacts/<contact_id>")
    @bp.input(ChangeIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(ContactFileOut)
    @bp.doc(
        summary="修改联系人",
        description="只改 `fields` 里的字段；`seen` 同客户档案。",
        security="bearer",
        responses=answers(WRITE | {403: NO_EDIT, 409: "编号已用于另一个请求，或者您看过之后别人改过"}),
    )
    def change_contact(contact_id: str, json_data: ChangeIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _changed(plain_id(contact_id), json_data))

    @bp.post("/contacts/<contact_id>/retire")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(ContactTurnedOut)
    @bp.doc(
        summary="停用联系人",
        description="离职或记错了：不再列出，不会删除。停用两次等于停用一次。",
        security="bearer",
        responses=answers(_TURN),
    )
    def retire_contact(contact_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _turned(plain_id(contact_id), retired=True))

    @bp.post("/contacts/<contact_id>/restore")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(ContactTurnedOut)
    @bp.doc(summary="恢复联系人", security="bearer", responses=answers(_TURN))
    def restore_contact(contact_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _turned(plain_id(contact_id), retired=False))


def _file(s: Transaction, actor: Actor, contact_id: str) -> ContactFileOut:
    form = contact_form(s, actor, contact_id)
    return ContactFileOut(
        id=contact_id,
        customer_id=form.customer_id,
        name=form.title,
        fields=values_in(form),
        missing=list(form.missing),
    )


def _added(customer_id: str, body: ContactIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        made = contact_file.add_contact(s, actor, customer_id, body.fields, now, entrance=via)
        return done(201, _file(s, actor, made.public_id))

    return effect


def _changed(contact_id: str, body: ChangeIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        contact_file.update_contact(s, actor, contact_id, body.fields, now, entrance=via, seen=body.seen)
        return done(200, _file(s, actor, contact_id))

    return effect


def _turned(contact_id: str, *, retired: bool) -> Write:
    turn: Callable[..., Saved] = contact_file.retire_contact if retired else contact_file.restore_contact

    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        saved = turn(s, actor, contact_id, now, entrance=via)
        return done(200, ContactTurnedOut(id=saved.public_id, name=saved.name, retired=retired))

    return effect
