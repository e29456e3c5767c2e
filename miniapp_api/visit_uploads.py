"""Photos of visits: sent up one by one before the visit that binds them, and shown with it."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import Response, jsonify, send_file

from config.files import ENDINGS, MIME
from config.vocabulary import LoginVia
from crm import uow
from crm.access import Actor
from crm.errors import Invalid
from crm.flows.attachments import take_in
from crm.ports import AcceptedFile
from crm.reads.visits import photo_of
from crm.usecases.idempotency import Stored, Transaction, used
from crm.usecases.sessions import actor_of_session
from crm.usecases.visit_uploads import Uploaded, keep_upload, known_upload, may_upload
from gateways.files import FileRefused, FileTooLarge
from miniapp_api.deps import ApiDeps
from miniapp_api.etags import of_file
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.reading import TooLargeFile
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, WRITE, answers, said
from miniapp_api.visit_answers import PhotoOut
from miniapp_api.visit_payloads import PhotoIn, PhotoQuery, PhotoSent

_FILE = {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}


def visit_upload_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/uploads")
    @bp.input(PhotoIn, location="form_and_files", arg_name="form")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(PhotoOut, status_code=201)
    @bp.doc(
        summary="上传一张拜访照片",
        description="multipart/form-data，一次一张图片，最大 20 MB。client_id 传过的回答 200 和 again: true。"
        "在用进拜访之前只有自己看得到；40 天没有用就删掉。",
        security="bearer",
        responses=answers(
            WRITE
            | {
                409: "编号已用于另一个请求",
                413: "超过 20 MB",
                415: "不是 multipart/form-data",
                429: "今天上传的张数到上限了",
            }
        )
        | {200: {"description": "以前传过", "content": said("PhotoOut")}},
    )
    def send_photo(form: PhotoIn, repeat: RepeatHeaders) -> Response:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            known = known_upload(s, actor, form.client_id)
            if known is None and not used(s, actor.person_id, repeat.key):
                may_upload(s, actor, now)
        if known is not None and repeat.key is None:
            return jsonify(_out(known).model_dump(mode="json"))

        def commit(accepted: AcceptedFile) -> tuple[Response, bool]:
            made: list[str] = []
            what = PhotoSent(sha256=accepted.sha256, client_id=form.client_id)
            response = write(deps, repeat.key, what, _keep(form.client_id, accepted, made))
            return response, response.get_json()["id"] in made

        try:
            return take_in(deps.files, form.file.stream, commit)
        except FileTooLarge as refused:
            raise TooLargeFile(str(refused), {"file": str(refused)}) from None
        except FileRefused as refused:
            raise Invalid(str(refused), {"file": str(refused)}) from None

    @bp.get("/uploads/<upload_id>")
    @bp.input(PhotoQuery, location="query", arg_name="asked")
    @bp.doc(
        summary="看一张拜访照片",
        description="给的是去掉拍摄地点等信息的那一份；size=thumb 是小图。没有用进拜访的只有自己看得到。",
        security="bearer",
        responses=answers(READ) | {200: {"description": "图片", **_FILE}},
    )
    def show_photo(upload_id: str, asked: PhotoQuery) -> Response:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            name, kind = photo_of(s, actor, plain_id(upload_id), small=asked.size == "thumb")
        return send_file(
            deps.files.path(name), MIME[kind], as_attachment=True, download_name=f"{upload_id}.{ENDINGS[kind][0]}",
            conditional=False, etag=of_file(name),
        )  # fmt: skip


def _keep(client_id: str, accepted: AcceptedFile, made: list[str]) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        kept = keep_upload(s, actor, client_id, accepted, now, entrance=via)
        if not kept.again:
            made.append(kept.public_id)
        return done(200 if kept.again else 201, _out(kept))

    return effect


def _out(one: Uploaded) -> PhotoOut:
    return PhotoOut(id=one.public_id, kind=one.kind, size=one.size, width=one.width, height=one.height, again=one.again)
