"""The question a person is in the middle of answering: one per person, kept in the store, gone when it expires."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from config.policy import Policy
from crm.access import Actor
from models.base import bare, insert_once
from models.messages import Dialogue

_END = delete(bare(Dialogue)).where(Dialogue.person_id == bindparam("person"))


@dataclass(frozen=True, slots=True)
class Open:
    """`verb` is what will be done, `slots` what is known so far."""

    verb: str
    slots: Mapping[str, Any]


def current(s: Session, actor: Actor, now: datetime) -> Open | None:
    """The open question, locked: two messages of one person at once are answered one after the other."""
    row = s.scalar(select(Dialogue).where(Dialogue.person_id == actor.person_id).with_for_update())
    if row is None or row.expires_at <= now:
        return None
    return Open(row.verb, row.slots)


def keep(s: Session, actor: Actor, verb: str, slots: Mapping[str, Any], now: datetime, policy: Policy) -> None:
    """Open a question, or go on with it; whatever was open before is forgotten."""
    values = {"verb": verb, "slots": dict(slots), "expires_at": now + timedelta(minutes=policy.dialogue_minutes)}
    if insert_once(s, Dialogue, person_id=actor.person_id, **values):
        return
    row = s.scalars(select(Dialogue).where(Dialogue.person_id == actor.person_id).with_for_update()).one()
    row.verb, row.slots, row.expires_at = verb, dict(slots), now + timedelta(minutes=policy.dialogue_minutes)
    s.flush()


def end(s: Session, actor: Actor) -> None:
    s.execute(_END, {"person": actor.person_id})
