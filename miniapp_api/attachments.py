"""A customer's files on the phone: sent up, listed, handed out as downloads, removed and brought back."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import Response, send_file

from config.vocabulary import LoginVia
from crm import uow
from crm.access import Actor
from crm.errors import Invalid
from crm.flows.attachments import take_in
from crm.ports import AcceptedFile
from crm.reads.attachments import AttachmentRow, attachment_row, attachments_of, served
from crm.usecases.attachments import add_attachment, may_attach, remove_attachment, restore_attachment
from crm.usecases.idempotency import Stored, Transaction, used
from crm.usecases.sessions import actor_of_session
from gateways.files import FileRefused, FileTooLarge
from miniapp_api.answers import AttachmentOut, AttachmentsOut
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import AttachmentQuery, RepeatHeaders, Uploaded, UploadIn
from miniapp_api.reading import TooLargeFile
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, WRITE, answers

_NO_WRITE = "已停用或离职，或者客户只是共享给您看的"
_FILE = {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}


def attachment_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/customers/<customer_id>/attachments")
    @bp.output(AttachmentsOut)
    @bp.doc(summary="客户的附件", security="bearer", responses=answers(READ))
    def attachments(customer_id: str) -> AttachmentsOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            found = attachments_of(s, actor_of_session(s, token, PHONES, now), plain_id(customer_id))
        return AttachmentsOut(attachments=[_out(row) for row in found.rows], may_write=found.may_write)

    @bp.post("/customers/<customer_id>/attachments")
    @bp.input(UploadIn, location="form_and_files", arg_name="form")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(AttachmentOut, status_code=201)
    @bp.doc(
        summary="上传一个附件",
        description="multipart/form-data，一次一个文件，最大 20 MB。收什么看内容，不看扩展名；"
        "图片另存一份去掉拍摄地点等信息的给人看。",
        security="bearer",
        responses=answers(
            WRITE
            | {
                403: _NO_WRITE,
                409: "附件到上限了，或编号已用于另一个请求",
                413: "超过 20 MB",
                415: "不是 multipart/form-data",
                429: "今天上传的个数到上限了",
            }
        ),
    )
    def upload(customer_id: str, form: UploadIn, repeat: RepeatHeaders) -> Response:
        number = plain_id(customer_id)
        _check(deps, number, repeat.key)
        name = form.name or form.file.filename or ""

        def commit(accepted: AcceptedFile) -> tuple[Response, bool]:
            made: list[str] = []
            what = Uploaded(sha256=accepted.sha256, name=name.replace("\x00", ""), note=form.note)
            response = write(deps, repeat.key, what, _add(number, accepted, what, made))
            return response, response.get_json()["id"] in made

        try:
            return take_in(deps.files, form.file.stream, commit)
        except FileTooLarge as refused:
            raise TooLargeFile(str(refused), {"file": str(refused)}) from None
        except FileRefused as refused:
            raise Invalid(str(refused), {"file": str(refused)}) from None

    @bp.get("/attachments/<attachment_id>")
    @bp.input(AttachmentQuery, location="query", arg_name="asked")
    @bp.doc(
        summary="下载一个附件",
        description="图片给的是去掉拍摄地点等信息的那一份；original=1 要原图，只给能改这个客户的人。"
        "总是作为下载，不在页面里打开。",
        security="bearer",
        responses=answers({403: _NO_WRITE}) | {200: {"description": "文件本身", **_FILE}},
    )
    def attachment(attachment_id: str, asked: AttachmentQuery) -> Response:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            found = served(s, actor, plain_id(attachment_id), original=asked.original == "1")
        return send_file(
            deps.files.path(found.stored_name), found.mime, as_attachment=True, download_name=found.name,
            conditional=False, etag=False,
        )  # fmt: skip

    @bp.delete("/attachments/<attachment_id>")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(
        summary="移除一个附件",
        description="移除两次等于移除一次；几分钟之内可以撤销。",
        security="bearer",
        responses=answers({204: "已移除", 403: _NO_WRITE, 404: "没有，或不是自己的", 409: "还填在某个字段里"}),
    )
    def remove(attachment_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _remove(plain_id(attachment_id)))

    @bp.post("/attachments/<attachment_id>/restore")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(AttachmentOut)
    @bp.doc(
        summary="撤销移除",
        security="bearer",
        responses=answers(
            {403: _NO_WRITE, 404: "没有，或不是自己的", 409: "这个编号用过了", 410: "过了可以撤销的时间"}
        ),
    )
    def restore(attachment_id: str, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, None, _restore(plain_id(attachment_id)))


def _check(deps: ApiDeps, customer_id: str, key: str | None) -> None:
    """Whoever may not, or has no room, is told before the file is looked into; a repeat is not judged anew."""
    token, now = bearer_token(), deps.clock()
    with uow.reading() as s:
        actor = actor_of_session(s, token, PHONES, now)
        if not used(s, actor.person_id, key):
            may_attach(s, actor, customer_id, now)


def _add(customer_id: str, accepted: AcceptedFile, what: Uploaded, made: list[str]) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        added = add_attachment(s, actor, customer_id, accepted, what.name, now, entrance=via, note=what.note)
        made.append(added.public_id)
        return done(201, _out(attachment_row(s, actor, added.public_id)))

    return effect


def _remove(attachment_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        remove_attachment(s, actor, attachment_id, now, entrance=via)
        return done(204)

    return effect


def _restore(attachment_id: str) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        back = restore_attachment(s, actor, attachment_id, now, entrance=via)
        return done(200, _out(attachment_row(s, actor, back.public_id)))

    return effect


def _out(row: AttachmentRow) -> AttachmentOut:
    return AttachmentOut(
        id=row.public_id,
        name=row.name,
        note=row.note,
        kind=row.kind,
        kind_label=row.kind_label,
        size=row.size,
        width=row.width,
        height=row.height,
        uploaded_by=row.uploaded_by,
        at=row.at,
    )
