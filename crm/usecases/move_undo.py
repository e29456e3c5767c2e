"""One's own newest move of a deal taken back, from where nobody holds its line in the ledger."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.access import Actor, get_deal
from crm.usecases.deals import undo_move
from models.deals import Stage, StagePeriod


def take_back_newest(s: Session, actor: Actor, deal_id: str, stage: str, now: datetime, *, entrance: str) -> str:
    """Undo the move that brought it to `stage`, a key; Conflict where it stands elsewhere by now. The deal's name."""
    deal, _ = get_deal(s, actor, deal_id, lock=True)
    here = select(StagePeriod.id).join(Stage, Stage.id == StagePeriod.stage_id)
    standing = here.where(StagePeriod.deal_id == deal.id, StagePeriod.ended_at.is_(None), Stage.key == stage)
    newest = s.scalar(standing) or 0  # no line's number: it is answered like a move that another one followed
    return undo_move(s, actor, deal, newest, actor.person_id, now, entrance=entrance)
