"""Sending stands still for a while because WeCom asked for it; somebody mended the reason and does not want to wait."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from config.vocabulary import OutboxState, Role
from crm import audit, uow
from crm.access import Actor, require
from crm.errors import Conflict
from models.messages import OutboxMessage
from models.ops import Pause


def resume_sending(s: Session, actor: Actor, now: datetime, *, entrance: str) -> int:
    """Try again at once instead of at the end of the pause; how many messages were waiting.

    If the reason still stands, WeCom says so to the first message, and the pause is back. What may already have
    arrived keeps its own time: its ladder goes by the duplicate check.
    """
    require(actor, Role.ADMIN, Role.OPERATIONS)
    pauses = s.scalars(select(Pause).where(Pause.until > now).with_for_update()).all()
    if not pauses:
        raise Conflict("现在没有暂停发送，可能暂停已经结束，或者别人刚点过。请刷新页面再看")
    why, until = pauses[0].reason, pauses[0].until
    for pause in pauses:
        s.delete(pause)
    held_up = (OutboxMessage.state == OutboxState.READY, OutboxMessage.due_at <= now)
    waiting = s.scalar(select(func.count()).select_from(OutboxMessage).where(*held_up)) or 0
    s.execute(
        update(OutboxMessage)
        .where(*held_up, OutboxMessage.first_try_at.is_(None), OutboxMessage.next_at > now)
        .values(next_at=now),
        execution_options={"synchronize_session": False},
    )
    detail = {"why": why, "until": until.isoformat()}
    audit.record(s, actor.person_id, "resume_sending", "sending:all", now, entrance=entrance, **detail)
    uow.nudge(s, "outbox")
    return waiting
