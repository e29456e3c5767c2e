"""A file that a form brought, taken in as one of a customer's: asked for first, judged by its content, then a row."""

from functools import partial

from flask import request
from werkzeug.datastructures import FileStorage

from config.files import MOST_BYTES
from console.desk import Desk, actor
from crm import uow
from crm.errors import Invalid
from crm.flows.attachments import take_in
from crm.ports import AcceptedFile
from crm.usecases import attachments
from gateways.files import FileRefused

LARGEST = MOST_BYTES + 64 * 1024  # a file, and what its form says besides


def sent_files(name: str) -> list[FileStorage]:
    """The files that stand in a form under this name; an empty box sends one without a name."""
    return [one for one in request.files.getlist(name) if one.filename]


def take(desk: Desk, customer_id: str, sent: FileStorage, note: str = "") -> attachments.Attached:
    """Invalid says what is wrong with the file; whoever may not attach is refused like on the customer's own page."""

    def added(accepted: AcceptedFile, s: uow.Session) -> attachments.Attached:
        name = sent.filename or ""
        return attachments.add_attachment(
            s, actor(), customer_id, accepted, name, desk.deps.clock(), entrance="console", note=note
        )

    def commit(accepted: AcceptedFile) -> tuple[attachments.Attached, bool]:
        return uow.attempt(partial(added, accepted)), True

    try:
        return take_in(desk.deps.files, sent.stream, commit)
    except FileRefused as refused:
        raise Invalid(str(refused), {"file": str(refused)}) from None
