"""A chance to sell: opened on the ladder's first rung, moved through one gate, put off when a person says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from config.vocabulary import FieldObject, StageKind, TimelineKind, label
from crm import audit, policy
from crm.access import DECIDE, READ, WRITE, Actor, To, deals_for, get_customer, get_deal
from crm.approving import approval_needed, missing_approval
from crm.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from crm.ladders import course_of, current_ladders, held_by, ladder_for
from crm.rules.funnel import LEAST_REASON, Illegal, Lack, Missing, Rung, Said, Way, judge
from crm.usecases.approval_cards import by_of
from crm.usecases.approval_rules import install_rules
from crm.usecases.approval_steps import void_passed
from crm.usecases.evidence import forget_all, seal, unseal
from crm.usecases.followups import write_entry
from crm.usecases.milestones import hush
from crm.usecases.pipelines import install_ladders
from crm.usecases.quote_states import end_with_deal, reopen_with_deal
from crm.usecases.record_fields import forget_fields
from models.approvals import Approval
from models.deals import Deal, Milestone, StagePeriod
from models.people import Person
from models.quotes import Quote
from models.timeline import TimelineEntry

LONGEST_NAME, LONGEST_REASON, LONGEST_COMPETITOR = 60, 250, 60  # characters


@dataclass(frozen=True, slots=True)
class DealMade:
    id: int
    public_id: str
    name: str
    customer_name: str
    stage: str


def open_deal(
    s: Session,
    actor: Actor,
    customer_id: int | str,
    name: str,
    amount: Decimal,
    now: datetime,
    *,
    entrance: str,
) -> DealMade:
    """A new deal owned by the actor, `amount` in yuan, on the first rung of the ladder for such amounts."""
    customer = get_customer(s, actor, customer_id)
    title = name.replace("\x00", "").strip()
    if not 1 <= len(title) <= LONGEST_NAME:
        raise Invalid(f"商机名称要写 1 到 {LONGEST_NAME} 个字，比如「二期循环泵」", {"name": "长度不对"})
    if not Decimal(0) <= amount < Decimal(10) ** 12:
        raise Invalid("商机金额不对，请写成「80万」或「800000」", {"amount": "超出范围"})
    install_ladders(s)
    install_rules(s, now)
    ladder = ladder_for(current_ladders(s), amount)
    stage_id = ladder.ids[ladder.first.key]
    deal = Deal(
        customer_id=customer.id,
        owner_id=actor.person_id,
        name=title,
        amount=amount,
        stage_id=stage_id,
        stage_since=now,
        created_at=now,
    )
    s.add(deal)
    s.flush()
    s.add(StagePeriod(deal_id=deal.id, stage_id=stage_id, started_at=now, actor_id=actor.person_id))
    words = f"新商机「{title}」，进入{ladder.first.label}"
    write_entry(s, customer.id, TimelineKind.DEAL, words, actor.person_id, now, deal_id=deal.id)
    audit.record(
        s, actor.person_id, "open_deal", f"deal:{deal.id}", now, entrance=entrance, amount=str(amount), name=title
    )
    return DealMade(deal.id, deal.public_id, title, customer.name, ladder.first.label)


def withdraw_deal(s: Session, actor: Actor, deal_id: int, now: datetime, *, entrance: str) -> str:
    """Take one's own new deal back while it stands where it was opened. Its name."""
    public_id = s.scalar(select(Deal.public_id).where(Deal.id == deal_id)) or ""
    deal, _ = get_deal(s, actor, public_id, lock=True)  # by the same lock as a move
    mine = s.scalar(select(Deal.id).where(Deal.id == deal.id, opened_by(actor.person_id))) is not None
    asked_for = s.scalar(select(Approval.id).where(Approval.deal_id == deal.id).limit(1)) is not None
    quoted = s.scalar(select(Quote.id).where(Quote.deal_id == deal.id).limit(1)) is not None
    if not mine or asked_for or quoted or deal.owner_id != actor.person_id or deal.stage_since != deal.created_at:
        raise Conflict(f"商机「{deal.name}」之后又有变动，没有撤销")
    minutes = policy.current(s).undo_minutes
    if now > deal.created_at + timedelta(minutes=minutes):
        raise Gone(f"商机「{deal.name}」建了超过 {minutes} 分钟，不能撤销了")
    hush(s, deal.id)
    forget_all(s, deal.id)
    s.execute(delete(Milestone).where(Milestone.deal_id == deal.id))
    s.execute(delete(StagePeriod).where(StagePeriod.deal_id == deal.id))
    told = (TimelineEntry.deal_id == deal.id, TimelineEntry.kind == TimelineKind.DEAL)
    s.execute(delete(TimelineEntry).where(*told).execution_options(synchronize_session=False))
    audit.record(s, actor.person_id, "withdraw_deal", f"deal:{deal.id}", now, entrance=entrance, name=deal.name)
    name = deal.name
    forget_fields(s, FieldObject.DEAL, deal.id)
    s.delete(deal)
    s.flush()
    return name


class GateClosed(Conflict):
    """What a move still lacks, all of it at once."""

    code = "gate_closed"

    def __init__(self, name: str, to: Rung, missing: Sequence[Missing]) -> None:
        told = "；".join(f"{one.told}（{one.how}）" for one in missing)
        fields = {str(one.kind or one.lack): one.how for one in missing}
        super().__init__(f"「{name}」还不能到「{to.label}」，缺 {len(missing)} 项：{told}", fields)
        self.missing = tuple(missing)


@dataclass(frozen=True, slots=True)
class Moved:
    """`period_id` is its line in the ledger; `forced` says that a manager let it through without all evidence."""

    id: int
    public_id: str
    name: str
    customer_name: str
    before: str
    now: str
    way: Way
    forced: bool
    period_id: int


def move_deal(
    s: Session,
    actor: Actor,
    deal_id: str,
    to_key: str,
    said: Said,
    now: datetime,
    *,
    entrance: str,
    force: bool = False,
) -> Moved:
    """The one gate: every move of every deal, from wherever it is asked for, goes through here.

    Raises GateClosed naming all that is missing, Invalid for a move that does not exist. `force`: a manager lets it
    through without the evidence; he says why, and the deal shows it.
    """
    deal, customer = get_deal(s, actor, deal_id, to=DECIDE if force else WRITE, lock=True)
    course = course_of(s, deal)
    to = course.ladder.rung(to_key)
    if to is None:
        known = "、".join(rung.label for rung in course.ladder.rungs)
        raise Invalid(f"没有这个阶段，可选：{known}", {"to": "没有这个阶段"})
    if len(said.reason) > LONGEST_REASON or len(said.competitor) > LONGEST_COMPETITOR:
        most = f"原因最多 {LONGEST_REASON} 个字，竞争对手最多 {LONGEST_COMPETITOR} 个字"
        raise Invalid(f"{most}，请缩短", {"reason": most})
    try:
        judged = judge(course.ladder.rungs, course.here, course.stood, to, held_by(s, deal.id), said)
    except Illegal as error:
        raise Invalid(str(error), {"to": str(error)}) from None
    lacking = list(_forced(actor, deal.name, to, judged.missing, said) if force else judged.missing)
    if (need := approval_needed(s, deal, course, to)) is not None:
        lacking.append(missing_approval(s, deal, to, need))
    if lacking:
        raise GateClosed(deal.name, to, lacking)
    forced = bool(judged.missing)
    end_with_deal(s, deal, to.kind, by_of(actor, entrance), now)
    if to.kind not in (StageKind.WON, StageKind.LOST):
        said = Said(said.reason)
    period = _enter(s, deal, course.ladder.ids[to.key], actor.person_id, said, forced, now)
    if to.kind is not StageKind.OPEN:
        hush(s, deal.id)
    seal(s, deal.id, judged.opens, now)
    void_passed(s, actor, deal, judged.ahead, now, entrance=entrance)
    _tell(s, actor, deal, course.here, to, said, forced, now)
    audit.record(
        s, actor.person_id, "move_deal", f"deal:{deal.id}", now, entrance=entrance, name=deal.name,
        before=course.here.label, after=to.label, forced=forced, reason=said.reason,
    )  # fmt: skip
    s.flush()
    return Moved(
        deal.id, deal.public_id, deal.name, customer.name, course.here.label, to.label, judged.way, forced, period.id
    )


def _forced(actor: Actor, name: str, to: Rung, missing: Sequence[Missing], said: Said) -> list[Missing]:
    """What even a manager cannot do without: words. Only evidence is his to waive."""
    if not (actor.manages or actor.sees_all):
        raise NotAllowed(f"缺凭证时，只有主管能放行「{name}」到「{to.label}」。请补齐凭证，或请主管放行")
    rest = [one for one in missing if one.lack is not Lack.EVIDENCE]
    if len(rest) < len(missing) and len("".join(said.reason.split())) < LEAST_REASON:
        rest.append(Missing(Lack.REASON, to.key, "放行的原因", f"用一句话写明，至少 {LEAST_REASON} 个字"))
    return rest


def _enter(
    s: Session, deal: Deal, stage_id: int, actor_id: int | None, said: Said, forced: bool, now: datetime
) -> StagePeriod:
    s.flush()  # the stay that ends may have begun in this very transaction
    ended = update(StagePeriod).where(StagePeriod.deal_id == deal.id, StagePeriod.ended_at.is_(None))
    s.execute(ended.values(ended_at=now))
    period = StagePeriod(
        deal_id=deal.id, stage_id=stage_id, started_at=now, actor_id=actor_id, reason=said.reason, forced=forced,
        ended_for=said.ended_for or "", competitor=said.competitor.strip(), snoozed_before=deal.snoozed_until,
    )  # fmt: skip
    s.add(period)
    deal.stage_id, deal.stage_since, deal.snoozed_until = stage_id, now, None
    deal.ended_for, deal.competitor = period.ended_for, period.competitor
    s.flush()
    return period


def _tell(s: Session, actor: Actor, deal: Deal, here: Rung, to: Rung, said: Said, forced: bool, now: datetime) -> None:
    words = f"商机「{deal.name}」从「{here.label}」到「{to.label}」"
    if said.ended_for is not None:
        words += f"，主要原因：{label(said.ended_for)}，竞争对手：{said.competitor.strip()}"
    if said.reason.strip():
        words += f"。{'主管放行，' if forced else ''}原因：{said.reason.strip()}"
    write_entry(s, deal.customer_id, TimelineKind.DEAL, words, actor.person_id, now, deal_id=deal.id)


def take_back_move(s: Session, actor: Actor, deal_id: str, period_id: int, now: datetime, *, entrance: str) -> str:
    """Undo one's own move within the undo minutes, if the deal has not moved since. The deal's name."""
    deal, _ = get_deal(s, actor, deal_id, lock=True)
    return undo_move(s, actor, deal, period_id, actor.person_id, now, entrance=entrance)


def undo_move(
    s: Session, actor: Actor, deal: Deal, period_id: int, moved_by: int, now: datetime, *, entrance: str
) -> str:
    """The move `moved_by` made is as if it had never been. The caller holds the file's lock and has asked who may."""
    newest = s.scalars(
        select(StagePeriod).where(StagePeriod.deal_id == deal.id).order_by(StagePeriod.id.desc()).limit(2)
    ).all()
    if len(newest) < 2 or newest[0].id != period_id or newest[0].actor_id != moved_by:
        raise Conflict(f"「{deal.name}」之后又有变动，没有撤销。要改回去，请直接移动到那个阶段")
    moved, before = newest
    minutes = policy.current(s).undo_minutes
    if now > moved.started_at + timedelta(minutes=minutes):
        raise Gone(f"「{deal.name}」移动超过 {minutes} 分钟，不能撤销了。要改回去，请直接移动到那个阶段")
    unseal(s, deal.id, moved.started_at)
    reopen_with_deal(s, deal, moved.started_at, now)
    told = (TimelineEntry.deal_id == deal.id, TimelineEntry.kind == TimelineKind.DEAL)
    line = (
        select(TimelineEntry.id)
        .where(*told, TimelineEntry.retracted_at.is_(None))
        .order_by(TimelineEntry.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    s.execute(update(TimelineEntry).where(TimelineEntry.id == line).values(retracted_at=now))
    deal.stage_id, deal.stage_since, deal.snoozed_until = before.stage_id, before.started_at, moved.snoozed_before
    deal.ended_for, deal.competitor = before.ended_for, before.competitor
    before.ended_at = None
    s.delete(moved)
    audit.record(s, actor.person_id, "take_back_move", f"deal:{deal.id}", now, entrance=entrance, name=deal.name)
    s.flush()
    return deal.name


def opened_by(person_id: int) -> ColumnElement[bool]:
    """Deals that this person opened: the owner changes with the customer's, the first rung's ledger does not."""
    his = (StagePeriod.actor_id == person_id, StagePeriod.started_at == Deal.created_at)
    return select(StagePeriod.id).where(StagePeriod.deal_id == Deal.id, *his).exists()


def snooze_deal(s: Session, actor: Actor, deal_id: int, until: datetime, now: datetime, *, entrance: str) -> str:
    """暂缓: no stall is told before `until`; the stage's clock itself runs on. The deal's name."""
    deal = _deal(s, actor, deal_id)
    deal.snoozed_until = until
    audit.record(s, actor.person_id, "snooze_deal", f"deal:{deal.id}", now, entrance=entrance, until=until.isoformat())
    return deal.name


def wake_deal(s: Session, actor: Actor, deal_id: int, now: datetime, *, entrance: str) -> str:
    deal = _deal(s, actor, deal_id)
    deal.snoozed_until = None
    audit.record(s, actor.person_id, "wake_deal", f"deal:{deal.id}", now, entrance=entrance)
    return deal.name


def owner_of(s: Session, actor: Actor, deal_id: int) -> tuple[int, str, str]:
    """Id and name of a deal's owner, and the deal's name."""
    deal = _deal(s, actor, deal_id, READ)
    return deal.owner_id, s.get_one(Person, deal.owner_id).name, deal.name


def _deal(s: Session, actor: Actor, deal_id: int, to: To = WRITE) -> Deal:
    deal = s.scalar(deals_for(actor, to).where(Deal.id == deal_id).with_for_update(of=Deal))
    if deal is None:
        raise NotFound("没有找到这个商机，或者不在您名下")
    return deal
