"""/撤销: the newest thing a person wrote down himself is taken back, whichever kind it is."""

from datetime import datetime, timedelta

from sqlalchemy import Row, Select, literal, select, union_all
from sqlalchemy.orm import Session

from config.vocabulary import TimelineKind
from crm import policy
from crm.access import Actor
from crm.errors import CrmError, NotFound
from crm.usecases.customers import withdraw_customer
from crm.usecases.deals import opened_by, withdraw_deal
from crm.usecases.followups import retract_follow_up
from crm.usecases.todos import drop_todo
from crm.usecases.visits import retract_check_in
from models.customers import Customer
from models.deals import Deal
from models.timeline import TimelineEntry, Todo
from models.visits import Visit

_MOST = 20  # things that somebody may have written in those minutes


def take_back_last(s: Session, actor: Actor, now: datetime, *, entrance: str) -> str:
    """Within the undo minutes: the newest that can still be taken back. The sentence that says what it was.

    What is newer and has to stay (others have added to it since) is named with the reason.
    """
    minutes = policy.current(s).undo_minutes
    stays: CrmError | None = None
    for done in s.execute(_written_since(actor, now - timedelta(minutes=minutes))).all():
        try:
            said = _take_back(s, actor, done, now, entrance)
        except CrmError as refusal:
            stays = stays or refusal
        else:
            return f"{said}。{stays}" if stays else said
    raise stays or NotFound(f"最近 {minutes} 分钟里没有您可以撤销的记录。卡片上的操作，请点卡片上的「撤销」")


def _take_back(s: Session, actor: Actor, done: Row[str, int, str, datetime], now: datetime, entrance: str) -> str:
    match done.what:
        case "follow_up":
            return f"已撤销：刚才记到「{retract_follow_up(s, actor, done.public_id, now, entrance=entrance)}」的跟进"
        case "visit":
            return f"已撤销：刚才在「{retract_check_in(s, actor, done.public_id, now, entrance=entrance)}」的打卡"
        case "customer":
            return f"已撤销：新建的客户「{withdraw_customer(s, actor, done.id, now, entrance=entrance)}」"
        case "deal":
            return f"已撤销：新建的商机「{withdraw_deal(s, actor, done.id, now, entrance=entrance)}」"
        case _:
            return f"已撤销：待办「{drop_todo(s, actor, done.id, now, entrance=entrance)[:30]}」"


def _written_since(actor: Actor, begin: datetime) -> Select[str, int, str, datetime]:
    """What this person made since then and has not taken back, newest first."""
    me, entry = actor.person_id, TimelineEntry
    notes = select(literal("follow_up").label("what"), entry.id, entry.public_id, entry.recorded_at.label("made_at"))
    made = union_all(
        notes.where(entry.author_id == me, entry.kind == TimelineKind.FOLLOW_UP, entry.retracted_at.is_(None)),
        select(literal("visit"), Visit.id, Visit.public_id, Visit.received_at).where(
            Visit.person_id == me, Visit.retracted_at.is_(None)
        ),
        select(literal("customer"), Customer.id, Customer.public_id, Customer.created_at).where(
            Customer.created_by_id == me, Customer.owner_id == me, Customer.merged_into_id.is_(None)
        ),
        select(literal("deal"), Deal.id, Deal.public_id, Deal.created_at).where(opened_by(me)),
        select(literal("todo"), Todo.id, Todo.public_id, Todo.created_at).where(
            Todo.person_id == me, Todo.done_at.is_(None)
        ),
    ).subquery()
    return select(made).where(made.c.made_at >= begin).order_by(made.c.made_at.desc(), made.c.id.desc()).limit(_MOST)
