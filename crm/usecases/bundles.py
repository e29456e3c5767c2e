"""The message that tells several reminders: what it says, and the card of each that its reader asks for by number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.vocabulary import NoticeClass, OutboxState
from crm import policy as numbers
from crm.access import Actor
from crm.errors import Gone, NotFound
from crm.messages import Tap, make_card, promise
from crm.notices import Notice, as_notice, text
from crm.silence import silences_over
from crm.stalls import stalls_over
from models.base import one_of
from models.messages import Card, OutboxMessage

LINES = 12  # what fits a phone's first screen; the rest is counted
_BYTES = 1900  # WeCom takes 2048, and neutralised signs grow
_TITLE, _WHY = 30, 44  # characters


@dataclass(frozen=True, slots=True)
class Told:
    """What the newest bundle tells, in its order: (id, line) each."""

    lines: tuple[tuple[int, str], ...]
    total: int


def fill(s: Session, bundle: OutboxMessage) -> bool:
    """Write what the bundle says, from all that was folded into it until now; False: nothing is left to be told.

    What has been settled since goes out of it first: afterwards the numbers are its reader's.
    """
    waiting = select(OutboxMessage).where(OutboxMessage.folded_into_id == bundle.id)
    for row in _settled(s, s.scalars(waiting.where(OutboxMessage.state == OutboxState.FOLDED)).all()):
        row.state, row.folded_into_id = OutboxState.EXPIRED, None
    s.flush()
    folded, total = _folded(s, bundle.id, LINES)
    head = f"{total} 件提醒，合成一条发给您："
    rest = f"发 /提醒 1 打开第 1 件的卡片来处理，其他序号也一样；发 /提醒 看全部 {total} 件"
    said = [head]
    for number, row in enumerate(folded, start=1):
        line = _line(number, row)
        if len("\n".join([*said, line, _more(total), rest]).encode()) > _BYTES:
            break
        said.append(line)
    told = len(said) - 1
    said += [_more(total - told)] if told < total else []
    bundle.notice = text("\n".join([*said, rest])).stored()
    return total > 0


def without_numbers(said: str) -> str:
    """The same for somebody else: the numbers are its reader's alone."""
    return said.rpartition("\n")[0] + "\n发 /待办 看等您处理的事"


def newest(s: Session, actor: Actor, most: int) -> Told:
    """The last bundle that was promised to the actor; nothing where there is none."""
    mine = select(func.max(OutboxMessage.id)).where(
        OutboxMessage.person_id == actor.person_id, OutboxMessage.notice_class == NoticeClass.BUNDLE
    )
    bundle_id = s.scalar(mine)
    if bundle_id is None:
        return Told((), 0)
    folded, total = _folded(s, bundle_id, most)
    return Told(tuple((row.id, _line(number, row)) for number, row in enumerate(folded, start=1)), total)


def hand_reminder(s: Session, actor: Actor, outbox_id: int, key: str, now: datetime) -> str:
    """Send the actor the card of a reminder that a bundle told him; the sentence that says so.

    It is the card of its matter: what a colleague has settled meanwhile is said instead.
    """
    row = s.scalar(
        select(OutboxMessage).where(
            OutboxMessage.id == outbox_id,
            OutboxMessage.person_id == actor.person_id,
            OutboxMessage.state == OutboxState.FOLDED,
        )
    )
    if row is None:
        raise NotFound("没有这条提醒。发 /提醒 看最近合并的提醒")
    notice, card_id = as_notice(row.notice), row.card_id
    if silences_over(s, [row.topic]) | stalls_over(s, [row.topic]):
        raise Gone(f"「{notice.title[:_TITLE]}」已经有了变化，不用再处理。发 /待办 看最新的清单")
    if card_id is None and row.card_plan is not None:
        ends = now + timedelta(days=numbers.current(s).card_days)
        card_id, notice = make_card(s, notice, _taps(row.card_plan), row.card_plan["matter"], ends)
    card = s.get(Card, card_id) if card_id is not None else None
    if card is not None and card.closed_at is not None:
        raise Gone(f"「{notice.title[:_TITLE]}」已经处理过了：{card.outcome}")
    promise(
        s, actor.person_id, notice, NoticeClass.PROMPT,
        dedupe=f"reminder:{row.id}:{key}"[:160], now=now, due_at=now, card_id=card_id, topic=row.topic,
    )  # fmt: skip
    return f"「{notice.title[:_TITLE]}」请看下面的卡片"


def _settled(s: Session, rows: Sequence[OutboxMessage]) -> list[OutboxMessage]:
    """Those whose silence or stay has ended, or whose matter somebody has closed."""
    topics = [row.topic for row in rows]
    over = silences_over(s, topics) | stalls_over(s, topics)
    matters = [row.card_plan["matter"] for row in rows if row.card_plan is not None]
    cards = one_of(s, Card.id, [row.card_id for row in rows if row.card_id]) | one_of(s, Card.matter, matters)
    closed = s.execute(select(Card.id, Card.matter).where(cards, Card.closed_at.is_not(None))).all()
    gone = {card_id for card_id, _ in closed} | {matter for _, matter in closed}
    return [
        row
        for row in rows
        if row.topic in over or row.card_id in gone or (row.card_plan is not None and row.card_plan["matter"] in gone)
    ]


def _folded(s: Session, bundle_id: int, most: int) -> tuple[list[OutboxMessage], int]:
    """The first of them in the order of their making, which numbers them, and how many there are."""
    inside = (OutboxMessage.folded_into_id == bundle_id, OutboxMessage.state == OutboxState.FOLDED)
    rows = s.scalars(select(OutboxMessage).where(*inside).order_by(OutboxMessage.id).limit(most)).all()
    return list(rows), s.scalar(select(func.count()).select_from(OutboxMessage).where(*inside)) or 0


def _line(number: int, row: OutboxMessage) -> str:
    notice: Notice = as_notice(row.notice)
    title, why = notice.title or notice.body, notice.desc or (notice.body if notice.title else "")
    return f"{number}. {title[:_TITLE]}" + (f"：{why[:_WHY]}" if why else "")


def _more(left: int) -> str:
    return f"…… 还有 {left} 件"


def _taps(plan: dict[str, Any]) -> list[Tap]:
    return [Tap(**tap) for tap in plan["taps"]]
