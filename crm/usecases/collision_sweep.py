"""The round of collisions that the supervisors have not decided in time: the directors are asked."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.rules.days import day_of
from crm.usecases.collisions import escalate
from models.collisions import Collision


def overdue(s: Session, now: datetime) -> list[int]:
    """Collisions that the supervisors have not decided in time, for a sweep to hand to the directors."""
    waiting = (Collision.decided_at.is_(None), Collision.escalated_at.is_(None), Collision.due_at <= now)
    return list(s.scalars(select(Collision.id).where(*waiting).order_by(Collision.id)))


def judge_overdue(s: Session, collision_id: int, now: datetime, *, dry_run: bool) -> str | None:
    collision = s.scalar(select(Collision).where(Collision.id == collision_id).with_for_update())
    if collision is None or collision.decided_at is not None or collision.escalated_at is not None:
        return None
    if not dry_run:
        escalate(s, collision, now)
    return f"撞单超时：{collision.name}（{day_of(collision.opened_at)} 起），请总监裁定"
