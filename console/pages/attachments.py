"""附件 on the customer's page: sent up, handed out as downloads, removed and brought back."""

from functools import partial

from flask import Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from config.files import MOST_BYTES
from console.answers import Undo
from console.desk import EVERYBODY, Desk, actor, asked, typed
from console.desk import partial as for_htmx
from crm import uow
from crm.errors import Invalid
from crm.flows.attachments import take_in
from crm.ports import AcceptedFile
from crm.reads.attachments import Served, attachment_row, served, thumbnail
from crm.usecases import attachments
from gateways.files import FileRefused

_FORM = 64 * 1024  # what a form says besides its file
_A_WEEK = 7 * 24 * 3600


def mount(desk: Desk) -> None:
    clock, files = desk.deps.clock, desk.deps.files

    @desk.page("/customers/<public_id>/attachments", EVERYBODY, "POST", largest=MOST_BYTES + _FORM)
    def upload_attachment(public_id: str) -> ResponseReturnValue:
        """Scripts send one file at a time; without them a form may hold several."""
        with uow.reading() as s:
            attachments.may_attach(s, actor(), public_id, clock())
        sent = [one for one in request.files.getlist("file") if one.filename]
        if not sent:
            raise Invalid("没有选文件，什么也没有上传。请先选文件")
        names = [_taken(public_id, one) for one in sent]
        if for_htmx():
            return Response("、".join(names), content_type="text/plain; charset=utf-8")
        return redirect(url_for("console.customer", public_id=public_id) + "#attachments", 303)

    def _taken(public_id: str, sent: FileStorage) -> str:
        def commit(accepted: AcceptedFile) -> tuple[str, bool]:
            return uow.attempt(partial(_added, public_id, accepted, sent.filename or "")), True

        try:
            return take_in(files, sent.stream, commit)
        except FileRefused as refused:
            raise Invalid(str(refused), {"file": str(refused)}) from None

    def _added(public_id: str, accepted: AcceptedFile, name: str, s: uow.Session) -> str:
        made = attachments.add_attachment(
            s, actor(), public_id, accepted, name, clock(), entrance="console", note=typed("note")
        )
        return made.name

    @desk.page("/attachments/<public_id>", EVERYBODY)
    def attachment(public_id: str) -> Response:
        with uow.reading() as s:
            found = served(s, actor(), public_id, original=asked("original") == "1")
        return _sent(found, as_attachment=True)

    @desk.page("/attachments/<public_id>/thumb", EVERYBODY)
    def attachment_thumb(public_id: str) -> Response:
        """The only bytes of a file that a page shows: drawn by ourselves, and never changing."""
        with uow.reading() as s:
            found = thumbnail(s, actor(), public_id)
        response = _sent(found, as_attachment=False)
        response.headers["Cache-Control"] = f"private, max-age={_A_WEEK}"
        return response

    def _sent(found: Served, *, as_attachment: bool) -> Response:
        response = send_file(
            files.path(found.stored_name), found.mime, as_attachment=as_attachment, download_name=found.name,
            conditional=False, etag=False,
        )  # fmt: skip
        response.headers["Cache-Control"] = "no-store"  # Flask's own word for files lets a proxy keep them
        return response

    @desk.page("/attachments/<public_id>/remove", EVERYBODY, "POST")
    def remove_attachment(public_id: str) -> ResponseReturnValue:
        gone = uow.attempt(lambda s: attachments.remove_attachment(s, actor(), public_id, clock(), entrance="console"))
        if not for_htmx():
            return _back(gone)
        undo = Undo(url_for("console.restore_attachment", public_id=public_id))
        body = render_template("console/_settled.html", sentence=f"已移除「{gone.name}」", undo=undo)
        return Response(body, headers={"HX-Trigger": "attached"})

    @desk.page("/attachments/<public_id>/restore", EVERYBODY, "POST")
    def restore_attachment(public_id: str) -> ResponseReturnValue:
        back = uow.attempt(lambda s: attachments.restore_attachment(s, actor(), public_id, clock(), entrance="console"))
        if not for_htmx():
            return _back(back)
        with uow.reading() as s:
            one = attachment_row(s, actor(), public_id)
        return Response(
            render_template("console/_attachment.html", one=one, may_write=True), headers={"HX-Trigger": "attached"}
        )

    def _back(about: attachments.Attached) -> ResponseReturnValue:
        return redirect(url_for("console.customer", public_id=about.customer_public_id) + "#attachments", 303)
