"""Campaigns (市场活动): where customers come from beyond their source; added, and retired when they are over."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import CustomerSource, Role
from crm import audit
from crm.access import Actor, require
from crm.errors import Conflict, Invalid, NotFound
from crm.rules.field_input import read_line
from models.customers import Campaign


def add_campaign(
    s: Session,
    actor: Actor,
    name: str,
    now: datetime,
    *,
    entrance: str,
    source: CustomerSource = CustomerSource.EVENT,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> str:
    """A campaign that customers and leads can be counted by; its public id."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    try:
        words = read_line(name.replace("\x00", ""), 64)
    except ValueError as error:
        raise Invalid(f"活动没有添加：{error}", {"name": str(error)}) from None
    if not words:
        raise Invalid("请填写活动名称，例如「2026 上海泵阀展」", {"name": "必填"})
    if starts_on and ends_on and ends_on < starts_on:
        raise Invalid("活动没有添加：结束日期早于开始日期", {"ends_on": "要不早于开始日期"})
    if s.scalar(select(Campaign.id).where(Campaign.name == words)) is not None:
        raise Conflict(f"已经有「{words}」这个活动。停用了的可以恢复", {"name": "名称重复"})
    made = Campaign(name=words, source=source, starts_on=starts_on, ends_on=ends_on)
    s.add(made)
    s.flush()
    audit.record(s, actor.person_id, "add_campaign", f"campaign:{made.id}", now, entrance=entrance, name=words)
    return made.public_id


def retire_campaign(s: Session, actor: Actor, public_id: str, now: datetime, *, entrance: str) -> str:
    """Not offered any more; who came by it still shows it. Its name."""
    return _turn(s, actor, public_id, now, now, "retire_campaign", entrance)


def restore_campaign(s: Session, actor: Actor, public_id: str, now: datetime, *, entrance: str) -> str:
    return _turn(s, actor, public_id, None, now, "restore_campaign", entrance)


def _turn(
    s: Session, actor: Actor, public_id: str, retired_at: datetime | None, now: datetime, verb: str, entrance: str
) -> str:
    require(actor, Role.ADMIN, Role.OPERATIONS)
    found = s.scalar(select(Campaign).where(Campaign.public_id == public_id).with_for_update())
    if found is None:
        raise NotFound("没有找到这个活动，请刷新页面")
    if (found.retired_at is None) != (retired_at is None):
        found.retired_at = retired_at
        audit.record(s, actor.person_id, verb, f"campaign:{found.id}", now, entrance=entrance, name=found.name)
    return found.name
