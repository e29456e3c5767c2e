"""/撤销: what a person wrote down himself just now, the newest first, and taking one of it back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, case, exists, literal, select, union_all
from sqlalchemy.orm import Session

from config.vocabulary import DigestOrigin, TimelineKind
from crm import policy
from crm.access import Actor, sees_customer
from crm.errors import NotFound
from crm.usecases.customers import withdraw_customer
from crm.usecases.deals import opened_by, take_back_move, withdraw_deal
from crm.usecases.digests import retract_digest
from crm.usecases.followups import retract_follow_up
from crm.usecases.milestones import remove_milestone
from crm.usecases.todos import drop_todo
from crm.usecases.visits import retract_check_in
from models.audit import AuditEntry
from models.customers import Customer
from models.deals import Deal, Milestone, StagePeriod
from models.digests import Digest, DigestTodo
from models.timeline import TODO_IS_OPEN, TimelineEntry, Todo
from models.visits import Visit

_NOTES = (TimelineKind.FOLLOW_UP, TimelineKind.DIGEST)
_MOST = 20  # things that somebody may have written in those minutes
# Done by words as well, but not taken back by 撤销, which would then reach for something older: what to do instead.
_BEYOND = {
    "ask_approval": "提交了审批，要收回请发 /审批 商机 撤回",
    "approve": "同意了审批，要收回请在管理后台「审批」里点「撤销」",
    "reject": "驳回了审批，要收回请在管理后台「审批」里点「撤销」",
    "withdraw_approval": "撤回了审批，还要审批就重新提交",
    "nudge_approval": "催办了审批，消息已经发出",
    "make_quote": "报了价，要收回请发 /报价 客户，回复序号，点「撤回报价」",
    "revise_quote": "出了新版报价，要收回请发 /报价 客户，回复序号，点「撤回报价」",
    "go_away": "登记了请假，要结束请发 /请假 结束",
    "unlink": "解除了联系人的关联，要恢复请发 /关联 客户名，再在卡片上选他",
    "come_back": "结束了请假，还要请就重新登记",
}
_WHAT = {
    "follow_up": "跟进",
    "digest": "会话摘要",
    "visit": "打卡",
    "customer": "新建的客户",
    "deal": "新建的商机",
    "move": "阶段变动",
    "milestone": "时间节点",
    "todo": "待办",
}


@dataclass(frozen=True, slots=True)
class Written:
    """Something that this person wrote down, and `called`, how he knows it."""

    what: str
    id: int
    public_id: str
    called: str


def last_written(s: Session, actor: Actor, now: datetime) -> tuple[list[Written], str]:
    """What was written within the undo minutes and not taken back, newest first; NotFound where there is nothing.

    Then what he has done in the chat since the newest of it that has another way back, "" for nothing.
    """
    minutes = policy.current(s).undo_minutes
    rows = s.execute(_written_since(actor, now - timedelta(minutes=minutes))).all()
    if not rows and (since := _done_since(s, actor, now - timedelta(minutes=minutes))):
        raise NotFound(f"您刚才{since}")
    if not rows:
        raise NotFound(f"最近 {minutes} 分钟里没有您可以撤销的记录。卡片上的操作，请点卡片上的「撤销」")
    written = [Written(row.what, row.id, row.public_id, f"{_WHAT[row.what]}「{row.called[:30]}」") for row in rows]
    return written, _done_since(s, actor, rows[0].made_at)


def _done_since(s: Session, actor: Actor, since: datetime) -> str:
    mine = (AuditEntry.actor_id == actor.person_id, AuditEntry.at > since, AuditEntry.entrance == "chat")
    newest = select(AuditEntry.verb).where(*mine, AuditEntry.verb.in_(_BEYOND)).order_by(AuditEntry.id.desc()).limit(1)
    verb = s.scalar(newest)
    return _BEYOND[verb] if verb is not None else ""


def take_back(s: Session, actor: Actor, done: Written, now: datetime, *, entrance: str) -> str:
    """The sentence that says what is gone; a CrmError says why it stays, and then nothing else is touched."""
    match done.what:
        case "follow_up":
            return f"已撤销：刚才记到「{retract_follow_up(s, actor, done.public_id, now, entrance=entrance)}」的跟进"
        case "digest":
            name = retract_digest(s, actor, done.public_id, now, entrance=entrance)
            return f"已撤销：刚才记到「{name}」的会话摘要，和它的待办一起收回"
        case "visit":
            return f"已撤销：刚才在「{retract_check_in(s, actor, done.public_id, now, entrance=entrance)}」的打卡"
        case "customer":
            return f"已撤销：新建的客户「{withdraw_customer(s, actor, done.id, now, entrance=entrance)}」"
        case "move":
            name = take_back_move(s, actor, done.public_id, done.id, now, entrance=entrance)
            return f"已撤销：商机「{name}」的阶段变动"
        case "milestone":
            gone = remove_milestone(s, actor, done.public_id, now, entrance=entrance)
            return f"已撤销：刚才记的{gone.said}"
        case "deal":
            return f"已撤销：新建的商机「{withdraw_deal(s, actor, done.id, now, entrance=entrance)}」"
        case _:
            return f"已撤销：待办「{drop_todo(s, actor, done.id, now, entrance=entrance)[:30]}」"


def _written_since(actor: Actor, begin: datetime) -> Select[str, int, str, str, datetime]:
    """What this person made since then and has not taken back, newest first, of customers that are there for him.

    A talk of the archive is summed up under his name by a job, which he may know nothing of yet.
    """
    me, entry, by_machine = actor.person_id, TimelineEntry, Digest.origin == DigestOrigin.ARCHIVE
    there = Customer.merged_into_id.is_(None) & sees_customer(actor)
    what = case((entry.kind == TimelineKind.DIGEST, "digest"), else_="follow_up")
    notes = select(what.label("what"), entry.id, entry.public_id, Customer.name.label("called"))
    notes = notes.add_columns(entry.recorded_at.label("made_at")).join(Customer, Customer.id == entry.customer_id)
    visits = select(literal("visit"), Visit.id, Visit.public_id, Customer.name, Visit.received_at)
    made = union_all(
        notes.where(
            there, entry.author_id == me, entry.kind.in_(_NOTES), entry.retracted_at.is_(None),
            ~exists().where(Digest.entry_id == entry.id, by_machine),
        ),
        visits.join(Customer, Customer.id == Visit.customer_id).where(
            there, Visit.person_id == me, Visit.retracted_at.is_(None)
        ),
        select(literal("customer"), Customer.id, Customer.public_id, Customer.name, Customer.created_at).where(
            there, Customer.created_by_id == me, Customer.owner_id == me
        ),
        select(literal("deal"), Deal.id, Deal.public_id, Deal.name, Deal.created_at)
        .join(Customer, Customer.id == Deal.customer_id)
        .where(there, opened_by(me)),
        select(literal("move"), StagePeriod.id, Deal.public_id, Deal.name, StagePeriod.started_at)
        .join(Deal, Deal.id == StagePeriod.deal_id)
        .join(Customer, Customer.id == Deal.customer_id)
        .where(there, StagePeriod.actor_id == me, StagePeriod.started_at != Deal.created_at),
        select(literal("milestone"), Milestone.id, Milestone.public_id, Deal.name, Milestone.made_at)
        .join(Deal, Deal.id == Milestone.deal_id)
        .join(Customer, Customer.id == Deal.customer_id)
        .where(there, Milestone.made_by_id == me, Milestone.done_at.is_(None), Milestone.removed_at.is_(None)),
        select(literal("todo"), Todo.id, Todo.public_id, Todo.text, Todo.created_at)
        .outerjoin(Customer, Customer.id == Todo.customer_id)
        .where(
            Todo.customer_id.is_(None) | there, Todo.person_id == me, TODO_IS_OPEN,
            ~exists().where(DigestTodo.todo_id == Todo.id, Digest.id == DigestTodo.digest_id, by_machine),
        ),
    ).subquery()  # fmt: skip
    with_todos = case((made.c.what == "digest", 0), else_=1)  # made together with it, and taken back together
    order = (made.c.made_at.desc(), with_todos, made.c.id.desc())
    return select(made).where(made.c.made_at >= begin).order_by(*order).limit(_MOST)
