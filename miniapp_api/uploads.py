"""The page behind an upload link: one file for one gap of one deal, on the phone, with no login but the link itself."""

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, send_from_directory
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException

from config.clock import Clock
from config.files import MOST_BYTES
from config.vocabulary import EvidenceKind, label
from crm import uow
from crm.access import Actor, actor_by_id
from crm.errors import CrmError, Gone, Invalid, NotFound
from crm.flows.attachments import take_in
from crm.flows.evidence import Handed, hand_in
from crm.ports import AcceptedFile
from crm.reads.deal_page import DealPage, deal_page
from crm.usecases.attachments import may_attach
from gateways.files import FileRefused, FileStore
from gateways.upload_links import PATH, BadLink, Grant, LinkExpired, UploadLinks

log = logging.getLogger(__name__)

_LARGEST = MOST_BYTES + 64 * 1024  # a file, and what its form says besides
_STATIC = Path(__file__).parent / "static"
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_AGAIN = "请在企业微信里再发一次 /推进 商机名，用新的链接"


@dataclass(frozen=True, slots=True)
class UploadDeps:
    clock: Clock
    files: FileStore
    links: UploadLinks


class _Pages(Blueprint):
    """APIFlask, which mounts us beside the JSON API, asks every guarded blueprint whether its document lists it."""

    enable_openapi = False


def uploads(deps: UploadDeps) -> Blueprint:
    """The page and its two files below /upload/."""
    bp = _Pages("upload", __name__, url_prefix=PATH.rstrip("/"), template_folder="templates")

    @bp.get("/static/<name>")
    def static_file(name: str) -> Response:
        return send_from_directory(_STATIC, name, max_age=3600)

    @bp.get("/<token>")
    def form(token: str) -> Response:
        grant = _granted(deps, token)
        with uow.reading() as s:
            page = _page(s, _whose(s, deps, grant), deps, grant)
        return _drawn(200, page=page, grant=grant)

    @bp.post("/<token>")
    def hand_over(token: str) -> Response:
        """Whether he may is asked before a byte of the file is read, and again with the row that names it."""
        request.max_content_length = _LARGEST
        grant = _granted(deps, token)
        with uow.reading() as s:
            actor = _whose(s, deps, grant)
            page = _page(s, actor, deps, grant)
            may_attach(s, actor, page.customer_id, deps.clock())
        try:
            return _drawn(200, page=page, grant=grant, done=_taken(deps, grant))
        except CrmError as refused:
            return _drawn(refused.http_status, page=page, grant=grant, refused=str(refused))

    _mishaps(bp)
    return bp


def _granted(deps: UploadDeps, token: str) -> Grant:
    try:
        return deps.links.read(token, deps.clock())
    except LinkExpired:
        raise Gone(f"这个链接过了 15 分钟，已经失效。{_AGAIN}") from None
    except BadLink:
        raise NotFound(f"这个链接不完整，或者不是系统发的。{_AGAIN}") from None


def _whose(s: uow.Session, deps: UploadDeps, grant: Grant) -> Actor:
    return actor_by_id(s, grant.person_id, deps.clock())


def _page(s: uow.Session, actor: Actor, deps: UploadDeps, grant: Grant) -> DealPage:
    page = deal_page(s, actor, grant.deal_id, deps.clock())
    if not page.may_write:
        raise NotFound("这个商机的客户现在只是共享给您看的，或者已经不在您名下，不能再上传凭证")
    return page


def _taken(deps: UploadDeps, grant: Grant) -> Handed:
    sent = _sent()

    def handed(accepted: AcceptedFile, s: uow.Session) -> Handed:
        actor, now, kind = _whose(s, deps, grant), deps.clock(), EvidenceKind(grant.kind)
        name = sent.filename or ""
        return hand_in(s, actor, grant.deal_id, grant.stage, kind, accepted, name, now, entrance="link")

    def commit(accepted: AcceptedFile) -> tuple[Handed, bool]:
        return uow.attempt(partial(handed, accepted)), True

    try:
        return take_in(deps.files, sent.stream, commit)
    except FileRefused as refused:
        raise Invalid(str(refused)) from None


def _sent() -> FileStorage:
    """The form has two boxes, one that opens the camera: whichever was used."""
    found = [one for name in ("file", "photo") for one in request.files.getlist(name) if one.filename]
    if not found:
        raise Invalid("还没有选文件。请拍一张照片，或者选一个文件")
    return found[0]


def _drawn(status: int, **what: Any) -> Response:
    grant = what.get("grant")
    kind = label(EvidenceKind(grant.kind)) if grant else ""
    shown = {"page": None, "refused": "", "done": None, "kind": kind, **what}
    response = make_response(render_template("upload/page.html", **shown), status)
    response.headers["Content-Security-Policy"] = _CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"  # the address itself is the key
    response.headers["Cache-Control"] = "no-store"
    return response


def _mishaps(bp: Blueprint) -> None:
    @bp.errorhandler(CrmError)
    def refused(error: CrmError) -> Response:
        return _drawn(error.http_status, refused=str(error))

    @bp.errorhandler(uow.StoreDown)
    @bp.errorhandler(uow.TryAgain)
    def away(error: Exception) -> Response:
        log.error("upload: the store does not answer: %s", error)
        return _drawn(503, refused="系统正忙，文件没有收下。请过一会儿再传一次")

    @bp.errorhandler(HTTPException)
    def not_http(error: HTTPException) -> Response:
        sentences = {413: "文件超过 20 MB，没有收下。请压缩图片，或拆成几个文件再上传", 404: "没有这个页面"}
        return _drawn(error.code or 500, refused=sentences.get(error.code or 500, "这个请求看不懂，请重新打开链接"))

    @bp.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        log.error("upload: a request failed", exc_info=error)
        return _drawn(500, refused="系统出了点问题，文件没有收下。请再传一次；还不行请告诉管理员")
