"""What happens to a card when somebody taps it: one tap wins, it can be taken back for a while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import Session

from config.policy import Policy
from crm.access import Actor
from crm.errors import Gone, NotFound
from crm.messages import Tap, draw_taps
from crm.notices import Notice, as_notice
from crm.redraw import settled
from crm.rules.days import SHANGHAI
from models.base import bare
from models.messages import Card, CardAction, OutboxMessage
from models.people import Person

UNDO = "undo:"  # a verb that takes back; only this kind may act on a closed card
_IMPATIENT = timedelta(seconds=30)
_EXPIRED = "这张卡片已经过期，没有执行。请发 /待办 看看现在要处理的事"


_ACTION, _CARD, _HELD = bare(CardAction).c, bare(Card).c, bare(OutboxMessage).c
# Built once. The copy that this person holds last is the one he tapped.
_TAPPED = (
    select(
        *(_ACTION.id, _ACTION.verb, _ACTION.args, _ACTION.expires_at, _ACTION.used_at),
        *(_ACTION.card_id, _CARD.closed_at, _CARD.closed_by_id, _CARD.outcome, _HELD.notice),
    )
    .join(bare(Card), _CARD.id == _ACTION.card_id)
    .join(bare(OutboxMessage), _HELD.card_id == _CARD.id)
    .where(_ACTION.key == bindparam("key"), _HELD.person_id == bindparam("person"))
    .order_by(_HELD.id.desc())
    .limit(1)
    .with_for_update(of=(bare(Card), bare(CardAction)))  # both are read anew by whoever had to wait
)
_USE = update(bare(CardAction)).where(_ACTION.id == bindparam("action"))
_SET_CARD = update(bare(Card)).where(_CARD.id == bindparam("card"))


class TappedAgain(Gone):
    """The same person, the same button, twice in a row: an impatient finger, not a second wish."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button that may act now: what it means, and the notice it sat on, as this person holds it."""

    card_id: int
    verb: str
    args: Mapping[str, Any]
    notice: Notice


def press(s: Session, actor: Actor, key: str, now: datetime) -> Pressed:
    """The meaning of a tapped button. The card is locked, so of two taps at once one waits and is then told.

    Raises NotFound for a key that is not this person's, Gone when it is too late, expired or taken back.
    """
    it = s.execute(_TAPPED, {"key": key, "person": actor.person_id}).one_or_none()
    if it is None:
        raise NotFound("这个按钮不是发给您的，或者已经失效")
    undoing = it.verb.startswith(UNDO)
    if undoing and (it.closed_at is None or it.used_at is not None):
        raise Gone("已经撤销过了，不用再点")
    if undoing and (now > it.expires_at or it.closed_by_id != actor.person_id):
        raise Gone("撤销的时间已经过了。需要改的话，请直接发新的命令")
    again = it.closed_by_id == actor.person_id and it.used_at is not None and now - it.used_at < _IMPATIENT
    if not undoing and again:
        raise TappedAgain(_already(s, it))
    if not undoing and it.closed_at is not None:
        raise Gone(_already(s, it))
    if not undoing and now > it.expires_at:
        raise Gone(_EXPIRED)
    s.execute(_USE, {"action": it.id, "used_at": now})
    return Pressed(it.card_id, it.verb, it.args, as_notice(it.notice))


def close(
    s: Session, pressed: Pressed, actor: Actor, outcome: str, undo: Tap | None, now: datetime, policy: Policy
) -> Notice:
    """Close the card for everybody who holds it; the notice to show instead carries the outcome and 撤销."""
    told = {"closed_at": now, "closed_by_id": actor.person_id, "outcome": outcome[:200]}
    s.execute(_SET_CARD, {"card": pressed.card_id, **told})
    buttons = draw_taps(s, pressed.card_id, [undo], now + timedelta(minutes=policy.undo_minutes)) if undo else ()
    body = f"点错了？{policy.undo_minutes} 分钟内可以撤销" if undo else ""
    return replace(settled(pressed.notice, outcome, actor.name, now, body), buttons=buttons)


def reopen(s: Session, pressed: Pressed) -> Notice:
    """After an undo: the card is open again, and looks as it did."""
    s.execute(_SET_CARD, {"card": pressed.card_id, "closed_at": None, "closed_by_id": None, "outcome": ""})
    return pressed.notice


def is_open(s: Session, matter: str) -> bool | None:
    """Whether the card of a matter still waits for a tap; None if there is none."""
    row = s.execute(select(_CARD.closed_at).where(_CARD.matter == matter)).one_or_none()
    return None if row is None else row.closed_at is None


def close_matter(s: Session, matter: str, outcome: str, now: datetime, *, by: Actor | None) -> None:
    """The matter was settled elsewhere (a command, the console, a deadline): later taps are told so."""
    still_open = (_CARD.matter == matter, _CARD.closed_at.is_(None))
    told = {"closed_at": now, "closed_by_id": by and by.person_id, "outcome": outcome[:200]}
    s.execute(update(bare(Card)).where(*still_open).values(**told))


def settle_matter(s: Session, matter: str, outcome: str, now: datetime, *, by: Actor) -> None:
    """Like `close_matter`, and who has tapped already finds the outcome in the place of what his tap had said."""
    close_matter(s, matter, outcome, now, by=by)
    s.execute(update(bare(Card)).where(_CARD.matter == matter).values(outcome=outcome[:200]))


def close_matters(s: Session, matters: Sequence[str], outcome: str, now: datetime, *, by: Actor) -> None:
    """The same for several cards that ask one thing. One that somebody is just tapping is left to him: he waits for
    what we hold, and must not be waited for."""
    still_open = select(_CARD.id).where(_CARD.matter.in_(matters), _CARD.closed_at.is_(None))
    ids = list(s.scalars(still_open.order_by(_CARD.id).with_for_update(skip_locked=True)))
    if ids:
        told = {"closed_at": now, "closed_by_id": by.person_id, "outcome": outcome[:200]}
        s.execute(update(bare(Card)).where(_CARD.id.in_(ids)).values(**told))


def reopen_matter(s: Session, matter: str) -> None:
    """What had settled it was taken back: it waits for a tap again."""
    s.execute(update(bare(Card)).where(_CARD.matter == matter).values(closed_at=None, closed_by_id=None, outcome=""))


def _already(s: Session, card: Row[*tuple[Any, ...]]) -> str:
    who = s.scalar(select(Person.name).where(Person.id == card.closed_by_id)) or "系统"
    when = card.closed_at.astimezone(SHANGHAI) if card.closed_at else None
    return f"{who} 已在 {when:%m-%d %H:%M} 处理：{card.outcome}"
