"""A chance to sell: opened on the ladder's first rung, put off when a person says so."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from config.vocabulary import DEFAULT_PIPELINE, DEFAULT_STAGES, FieldObject, StageKind, TimelineKind
from crm import audit, policy
from crm.access import READ, WRITE, Actor, To, deals_for, get_customer
from crm.errors import Conflict, Gone, Invalid, NotFound
from crm.usecases.followups import write_entry
from crm.usecases.record_fields import forget_fields
from models.deals import Deal, Pipeline, Stage, StagePeriod
from models.people import Person
from models.timeline import TimelineEntry

LONGEST_NAME = 60  # characters


@dataclass(frozen=True, slots=True)
class DealMade:
    id: int
    public_id: str
    name: str
    customer_name: str
    stage: str


def install_default_pipeline(s: Session) -> None:
    """The ladder every company starts with; does nothing where one stands already."""
    if s.scalar(select(Pipeline.id).limit(1)) is not None:
        return
    pipeline = Pipeline(name=DEFAULT_PIPELINE, version=1)
    s.add(pipeline)
    s.flush()
    for position, (key, label, kind) in enumerate(DEFAULT_STAGES):
        s.add(Stage(pipeline_id=pipeline.id, key=key, label=label, kind=kind, position=position))
    s.flush()


def open_deal(
    s: Session,
    actor: Actor,
    customer_id: int | str,
    name: str,
    amount: Decimal,
    now: datetime,
    *,
    entrance: str,
    stage_key: str = DEFAULT_STAGES[0][0],
) -> DealMade:
    """A new deal owned by the actor, `amount` in yuan. `stage_key`: where a deal stands that ran before this system."""
    customer = get_customer(s, actor, customer_id)
    title = name.replace("\x00", "").strip()
    if not 1 <= len(title) <= LONGEST_NAME:
        raise Invalid(f"商机名称要写 1 到 {LONGEST_NAME} 个字，比如「二期循环泵」", {"name": "长度不对"})
    if not Decimal(0) <= amount < Decimal(10) ** 12:
        raise Invalid("商机金额不对，请写成「80万」或「800000」", {"amount": "超出范围"})
    install_default_pipeline(s)
    stage = s.scalars(
        select(Stage)
        .join(Pipeline, Pipeline.id == Stage.pipeline_id)
        .where(Pipeline.retired_at.is_(None), Stage.kind == StageKind.OPEN, Stage.key == stage_key)
        .order_by(Pipeline.id.desc())
        .limit(1)
    ).one()
    deal = Deal(
        customer_id=customer.id,
        owner_id=actor.person_id,
        name=title,
        amount=amount,
        stage_id=stage.id,
        stage_since=now,
        created_at=now,
    )
    s.add(deal)
    s.flush()
    s.add(StagePeriod(deal_id=deal.id, stage_id=stage.id, started_at=now, actor_id=actor.person_id))
    words = f"新商机「{title}」，进入{stage.label}"
    write_entry(s, customer.id, TimelineKind.DEAL, words, actor.person_id, now, deal_id=deal.id)
    audit.record(
        s, actor.person_id, "open_deal", f"deal:{deal.id}", now, entrance=entrance, amount=str(amount), name=title
    )
    return DealMade(deal.id, deal.public_id, title, customer.name, stage.label)


def withdraw_deal(s: Session, actor: Actor, deal_id: int, now: datetime, *, entrance: str) -> str:
    """Take one's own new deal back while it stands where it was opened. Its name."""
    deal = _deal(s, actor, deal_id)
    mine = s.scalar(select(Deal.id).where(Deal.id == deal.id, opened_by(actor.person_id))) is not None
    if not mine or deal.owner_id != actor.person_id or deal.stage_since != deal.created_at:
        raise Conflict(f"商机「{deal.name}」之后又有变动，没有撤销")
    minutes = policy.current(s).undo_minutes
    if now > deal.created_at + timedelta(minutes=minutes):
        raise Gone(f"商机「{deal.name}」建了超过 {minutes} 分钟，不能撤销了")
    s.execute(delete(StagePeriod).where(StagePeriod.deal_id == deal.id))
    told = (TimelineEntry.deal_id == deal.id, TimelineEntry.kind == TimelineKind.DEAL)
    s.execute(delete(TimelineEntry).where(*told).execution_options(synchronize_session=False))
    audit.record(s, actor.person_id, "withdraw_deal", f"deal:{deal.id}", now, entrance=entrance, name=deal.name)
    name = deal.name
    forget_fields(s, FieldObject.DEAL, deal.id)
    s.delete(deal)
    s.flush()
    return name


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
