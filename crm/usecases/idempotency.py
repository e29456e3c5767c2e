"""A phone without signal sends the same request twice: one effect, and the first answer again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.access import Actor
from crm.errors import Conflict
from models.base import insert_once
from models.ops import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Stored:
    """The first answer: its HTTP status and its JSON body (empty for an answer without one)."""

    status: int
    answer: dict[str, Any]


Transaction = Session  # what an entrance, which knows no SQL, hands from one use case to the next
Effect = Callable[[Transaction, Actor, datetime], Stored]


class TwinWon(Conflict):
    """Another request with this key committed first: roll back, and `recall` has the answer."""


def recall(s: Session, person_id: int, key: str, request_hash: str) -> Stored | None:
    """The answer given to this key before, None for a new key.

    Raises Conflict if the key was used for another request, whose answer must not be passed off as this one's.
    """
    row = s.execute(
        select(IdempotencyKey.request_hash, IdempotencyKey.status, IdempotencyKey.answer).where(
            IdempotencyKey.person_id == person_id, IdempotencyKey.key == key
        )
    ).one_or_none()
    if row is None:
        return None
    if row.request_hash != request_hash:
        raise Conflict(
            "这次提交的编号已经被另一次提交用过，这次没有保存。请退回上一页重新提交",
            {"Idempotency-Key": "已用于另一个请求，请换一个新的"},
        )
    return Stored(row.status, row.answer)


def used(s: Session, person_id: int, key: str | None) -> bool:
    """Whether this key has an answer already, to whatever: then nothing is refused before it was recalled."""
    mine = (IdempotencyKey.person_id == person_id, IdempotencyKey.key == key)
    return key is not None and s.scalar(select(IdempotencyKey.key).where(*mine)) is not None


def keep(
    s: Session, person_id: int, key: str, request_hash: str, status: int, answer: dict[str, Any], now: datetime
) -> None:
    """Store the answer in the transaction of its effect, so that there is never one without the other.

    Of two that run at once the unique key lets one through; the other waits for it and raises TwinWon.
    """
    if not insert_once(
        s,
        IdempotencyKey,
        person_id=person_id,
        key=key,
        request_hash=request_hash,
        status=status,
        answer=answer,
        at=now,
    ):
        raise TwinWon("同一个提交正在处理，请稍等几秒再看结果，不用重复提交")


def once(s: Session, actor: Actor, key: str | None, request_hash: str, now: datetime, effect: Effect) -> Stored:
    """`effect`, unless this person's key has its answer already. Refusals are not kept: they may be mended."""
    if key is None:
        return effect(s, actor, now)
    before = recall(s, actor.person_id, key, request_hash)
    if before is not None:
        return before
    done = effect(s, actor, now)
    keep(s, actor.person_id, key, request_hash, done.status, done.answer, now)
    return done
