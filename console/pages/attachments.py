"""附件 on the customer's page: sent up, handed out as downloads, removed and brought back."""

from flask import Response, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from console.answers import Undo
from console.desk import EVERYBODY, Desk, actor, asked, typed
from console.desk import partial as for_htmx
from console.uploads import LARGEST, sent_files, take
from crm import uow
from crm.errors import Invalid
from crm.reads.attachments import Served, attachment_row, served, thumbnail
from crm.usecases import attachments

_A_WEEK = 7 * 24 * 3600


def mount(desk: Desk) -> None:
    clock, files = desk.deps.clock, desk.deps.files

    @desk.page("/customers/<public_id>/attachments", EVERYBODY, "POST", largest=LARGEST)
    def upload_attachment(public_id: str) -> ResponseReturnValue:
        """Scripts send one file at a time; without them a form may hold several."""
        with uow.reading() as s:
            attachments.may_attach(s, actor(), public_id, clock())
        sent = sent_files("file")
        if not sent:
            raise Invalid("没有选文件，什么也没有上传。请先选文件")
        names = [take(desk, public_id, one, typed("note")).name for one in sent]
        if for_htmx():
            return Response("、".join(names), content_type="text/plain; charset=utf-8")
        return redirect(url_for("console.customer", public_id=public_id) + "#attachments", 303)

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
