"""Which event is worked by whom, and the loop that works them."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO

from config.clock import Clock
from crm.flows import archive, contacts, digests, directory, evidence
from crm.flows.inbox import ANY, Handlers, work_one
from crm.messages import Received
from crm.ports import AcceptedFile, AskModel, CustomerBook, Directory, KeepsFiles, NoPicture
from crm.rules.events import ARCHIVE_GREW, DIGEST_ASKED, PICTURE_PROVES
from gateways.files import FileRefused
from gateways.wecom.errors import Kind, WecomError
from gateways.wecom.inbound_xml import parse
from gateways.wecom.robot import FileGone

_CUSTOMER = "change_external_contact"
_BY_TRANSFER = "DELETE_BY_TRANSFER"


def handlers(
    book: CustomerBook,
    members: Directory,
    media: Callable[[str], bytes],
    files: KeepsFiles,
    summarise: AskModel | None = None,
) -> Handlers:
    """The table (event, change type) -> handler; each may run twice for one event."""

    def introduce(received: Received, now: datetime) -> None:
        contacts.introduce(received, book.contact, now)

    def parted(received: Received, now: datetime) -> None:
        source = parse(received.raw.encode()).get("Source")
        contacts.parted(received, book.contact, now, by_transfer=source == _BY_TRANSFER)

    def take(media_id: str) -> AcceptedFile:
        try:
            return files.accept(BytesIO(media(media_id)))
        except FileRefused as refused:
            raise NoPicture(str(refused)) from None
        except FileGone:
            raise NoPicture("这份文件取不到了，企业微信只保留五分钟。请再发一次，或者用链接上传") from None
        except WecomError as error:
            if error.kind in (Kind.EXPIRED, Kind.REQUEST):
                raise NoPicture("这张照片取不到了，企业微信只保留三天。请再发一次，或者用链接上传") from None
            raise

    return {
        (PICTURE_PROVES, ""): lambda received, now: evidence.picture_proves(received, take, files.forget, now),
        (DIGEST_ASKED, ""): lambda received, now: digests.digest_asked(received, summarise, now),
        (_CUSTOMER, "add_external_contact"): introduce,
        (_CUSTOMER, "add_half_external_contact"): introduce,
        (_CUSTOMER, "edit_external_contact"): lambda received, now: contacts.edited(received, book.contact, now),
        (_CUSTOMER, "del_follow_user"): parted,
        (_CUSTOMER, "del_external_contact"): parted,
        ("change_external_chat", ANY): lambda received, now: contacts.regrouped(received, book.group_chat, now),
        ("change_external_tag", ANY): lambda _, now: contacts.retagged(book.tag_groups(), now),
        (_CUSTOMER, "msg_audit_approved"): archive.approved,
        (ARCHIVE_GREW, ""): lambda _, now: archive.notified(now),
        ("change_contact", ANY): lambda received, now: directory.refresh(received, members, now),
    }


def work_due(table: Handlers, clock: Clock, *, go_on: Callable[[], bool] = lambda: True) -> int:
    """Work until nothing is due or `go_on` says no; the number of attempts."""
    attempts = 0
    while go_on() and work_one(table, clock()):
        attempts += 1
    return attempts
