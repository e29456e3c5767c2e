"""阶段 × 字段 saved in one go: what must be filled from which cooperation stage on."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import CooperationStage, FieldObject, Role
from crm.access import Actor, require
from crm.errors import Conflict
from crm.usecases.fields import require_at
from models.fields import FieldDefinition


def require_by_stage(
    s: Session,
    actor: Actor,
    of: FieldObject,
    wanted: Mapping[int, tuple[int, frozenset[CooperationStage]]],
    now: datetime,
    *,
    entrance: str,
) -> int:
    """`wanted` is, by field, the version that was on the screen and the stages; how many fields were changed.

    Conflict where one was changed by somebody else or put away meanwhile: then nothing is saved.
    """
    require(actor, Role.ADMIN, Role.OPERATIONS)
    mine = select(FieldDefinition).where(FieldDefinition.id.in_(wanted), FieldDefinition.object_kind == of)
    changed = 0
    for one in s.scalars(mine.order_by(FieldDefinition.id).with_for_update()).all():
        version, stages = wanted[one.id]
        if one.version != version or one.retired_at is not None:
            raise Conflict(f"「{one.label}」刚被别人改过，您的修改没有保存。请刷新页面，看看现在的样子再改")
        require_at(s, actor, one.id, stages, now, entrance=entrance)
        changed += one.version != version
    return changed
