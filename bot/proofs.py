"""Evidence in the chat: a link for each file that a deal still lacks, and a picture that is sent instead of one."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.forms import OPTIONS, listed, picks_from
from config.vocabulary import EvidenceKind, InboxState, label
from crm.access import Actor
from crm.messages import Received, answer_given, remember
from crm.reads.deal_page import DealPage, deal_page
from crm.rules.events import PICTURE_PROVES
from crm.rules.funnel import Missing
from crm.uow import Session
from crm.usecases import dialogues
from gateways.upload_links import LIFE, Grant, UploadLinks

_VERB = "prove"
_links: UploadLinks | None = None


def lead_to(links: UploadLinks) -> None:
    """The links of all answers of this process, told once by whoever mounts the chat."""
    global _links
    _links = links


def asked_for(s: Session, actor: Actor, page: DealPage, missing: Sequence[Missing], now: datetime) -> list[str]:
    """All that a move lacks, a line each, files with their link; a picture sent next is taken for one of them."""
    files = [one for one in missing if one.kind is not None]
    lines = [f"{n}. {one.told}：{_how(actor, page, one, now)}" for n, one in enumerate(missing, 1)]
    if files and page.may_write:
        listed(s, actor, _VERB, [[page.public_id, one.stage, one.kind] for one in files], now)
        lines.append(f"链接 {LIFE.seconds // 60} 分钟内有效，只给您自己用。照片可以直接发给我")
    return lines


def _how(actor: Actor, page: DealPage, one: Missing, now: datetime) -> str:
    if one.kind is None or not page.may_write or _links is None:
        return one.how
    return "上传 " + _links.make(Grant(actor.person_id, page.public_id, one.stage, one.kind), now)


def take_file(
    s: Session, actor: Actor, asked: dialogues.Open | None, media_id: str, key: str, now: datetime
) -> str | None:
    """The answer to a picture or file while a deal waits for evidence; None: no deal does."""
    if asked is None or asked.verb != _VERB or not media_id:
        return None
    things = [thing[:3] for thing in asked.slots[OPTIONS]]
    if len(things) == 1:
        return _fetch(s, actor, things[0], media_id, key, now)
    listed(s, actor, _VERB, [[*thing, media_id, key] for thing in things], now)
    lines = [f"{n}. {label(EvidenceKind(kind))}" for n, (_, _, kind) in enumerate(things, 1)]
    return "这份凭证是哪一种？回复序号：\n" + "\n".join(lines)


@picks_from(_VERB)
def _picked(s: Session, actor: Actor, thing: Any, _key: str, now: datetime) -> str:
    """The number of a picture that waits for one, or of what the next picture will be."""
    if len(thing) > 3:
        *wanted, media_id, key = thing
        again = dialogues.current(s, actor, now)
        others: Sequence[Any] = again.slots[OPTIONS] if again else [thing]
        listed(s, actor, _VERB, [one[:3] for one in others], now)
        return _fetch(s, actor, wanted, media_id, key, now)
    listed(s, actor, _VERB, [thing], now)
    return f"好，接着发{label(EvidenceKind(thing[2]))}的照片。是文件的话，请点上面的链接上传"


def _fetch(s: Session, actor: Actor, thing: Sequence[str], media_id: str, key: str, now: datetime) -> str:
    """A job fetches it: WeCom waits five seconds for this answer, and a picture may take longer."""
    deal_id, stage, kind = thing
    page = deal_page(s, actor, deal_id, now)
    raw = json.dumps({"deal": deal_id, "stage": stage, "kind": kind, "media": media_id})
    name = f"{PICTURE_PROVES}:{key}"
    if answer_given(s, name) is None:
        waiting = Received(name[:80], "image", PICTURE_PROVES, "", actor.userid, deal_id, raw, now)
        remember(s, waiting, InboxState.WAITING, "", now)
    return f"收到，正在取来作「{page.name}」的{label(EvidenceKind(kind))}，结果马上告诉您"
