"""Evidence from outside: what nobody has read yet is read first; a new file becomes the customer's and proves."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from config.vocabulary import EvidenceKind, label
from crm import uow
from crm.access import Actor, actor_by_userid, known_actor
from crm.errors import CrmError
from crm.messages import Received, prompt
from crm.notices import text
from crm.ports import AcceptedFile, FileContent, NoPicture, ReadsFiles, TakePicture
from crm.reads.deal_page import DealPage, deal_page
from crm.rules.days import SHANGHAI
from crm.rules.funnel import Missing
from crm.usecases import contents
from crm.usecases.attachments import add_attachment
from crm.usecases.evidence import add_evidence

_AT_ONCE = 20
_PATIENCE = timedelta(minutes=30)  # in which a picture that cannot be fetched is tried again before that is told


@dataclass(frozen=True, slots=True)
class Handed:
    """What was taken, and what the next stage `towards` still lacks."""

    deal: str
    file: str
    kind: EvidenceKind
    towards: str
    missing: Sequence[Missing]

    @property
    def said(self) -> str:
        taken = f"「{self.file}」已作为「{self.deal}」的{label(self.kind)}收下。"
        if not self.missing:
            return f"{taken}到「{self.towards}」什么都不缺了，发 /推进 {self.deal}"
        return f"{taken}到「{self.towards}」还缺：{'、'.join(_short(one) for one in self.missing)}"


def _short(one: Missing) -> str:
    return label(one.kind) if one.kind else one.told


def hand_in(
    s: uow.Session,
    actor: Actor,
    deal_id: str,
    stage: str,
    kind: EvidenceKind,
    file: AcceptedFile,
    name: str,
    now: datetime,
    *,
    entrance: str,
) -> Handed:
    """A new file becomes the customer's and evidence at once; where it proves nothing it is not kept either."""
    before = deal_page(s, actor, deal_id, now)
    made = add_attachment(s, actor, before.customer_id, file, name, now, entrance=entrance)
    add_evidence(s, actor, deal_id, stage, kind, made.public_id, now, entrance=entrance)
    after: DealPage = deal_page(s, actor, deal_id, now)
    return Handed(after.name, made.name, kind, after.towards.label if after.towards else "", after.missing)


def picture_proves(
    received: Received, take: TakePicture, forget: Callable[[AcceptedFile], None], now: datetime
) -> None:
    """A picture of the chat, fetched and handed in as whoever sent it; he is told what became of it, once.

    While WeCom cannot be asked it is tried again, for half an hour.
    """
    asked = json.loads(received.raw)
    try:
        accepted = take(asked["media"])
    except NoPicture as gone:
        _tell(received, str(gone), now)
        return
    except Exception:  # the gateway's own exception type is not known in this room
        if received.made_at is not None and now - received.made_at < _PATIENCE:
            raise
        _tell(received, "这份文件一直没有取到，没有作为凭证。请再发一次，或者用链接上传", now)
        return
    kind = EvidenceKind(asked["kind"])
    name = f"{label(kind)} {now.astimezone(SHANGHAI):%Y%m%d %H%M%S}"

    def handed_in(s: uow.Session) -> None:
        actor = actor_by_userid(s, received.userid, now)
        done = hand_in(s, actor, asked["deal"], asked["stage"], kind, accepted, name, now, entrance="chat")
        _promise(s, received, done.said, now)

    try:
        uow.attempt(handed_in)
    except CrmError as refusal:
        forget(accepted)
        _tell(received, str(refusal), now)


def _tell(received: Received, words: str, now: datetime) -> None:
    uow.attempt(lambda s: _promise(s, received, words, now))


def _promise(s: uow.Session, received: Received, words: str, now: datetime) -> None:
    """One answer to one picture: a second run of the same event says nothing new, and nobody hears it who has left."""
    sender = known_actor(s, received.userid)
    if sender is not None:
        prompt(s, sender.person_id, text(words), dedupe=f"answer:{received.key}", now=now)


def read_first(files: ReadsFiles, whose: Callable[[uow.Session], Actor], attachment_id: str) -> None:
    """A file that was uploaded before files were read; whatever is not his to use stays for the use case to refuse."""
    with uow.reading() as s:
        found = contents.unread(s, whose(s), attachment_id)
    if found is not None:
        _read(files, found)


def read_evidence(files: ReadsFiles) -> Iterator[int]:
    """Evidence of before there was a reader: nothing new passes before the old ones are known. One for each file."""
    while some := _waiting():
        for one in some:
            _read(files, one)
            yield 1


def _waiting() -> list[contents.Unread]:
    with uow.reading() as s:
        return contents.unread_evidence(s, _AT_ONCE)


def _read(files: ReadsFiles, one: contents.Unread) -> None:
    uow.attempt(partial(_keep, one.attachment_id, files.content(one.stored_name, one.kind)))


def _keep(attachment_id: int, content: FileContent, s: uow.Session) -> None:
    contents.keep(s, attachment_id, content)
