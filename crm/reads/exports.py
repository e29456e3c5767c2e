"""What goes into an exported file: the list as it is filtered, inside the row filter and the masks of who asks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from config.sheets import ExportState
from config.vocabulary import CooperationStage, CustomerLevel, CustomerSource, FieldObject, label
from crm import policy as numbers
from crm.access import Actor, sees_customer
from crm.access.grants import sight
from crm.reads.customer_filters import Filters, conditions
from crm.reads.customers import Page
from crm.reads.paging import cut
from crm.rules.days import SHANGHAI
from models.customers import Contact, Customer
from models.deals import Deal, Stage
from models.imports import ExportJob
from models.people import Person

_AT_ONCE = 1000
_REACH, _BASIC, _TRADE = "reach", "basic", "trade"
_Owner = aliased(Person)


@dataclass(frozen=True, slots=True)
class ExportLine:
    public_id: str
    state: ExportState
    rows: int
    who: str
    mine: bool
    may_decide: bool
    at: datetime
    expires_at: datetime | None
    error: str


def filters_of(asked: Mapping[str, Any]) -> tuple[str, Filters]:
    """The list's own filters out of what was kept of them."""
    level = asked.get("level")
    return str(asked.get("q", "")), Filters(
        owner_id=asked.get("owner"),
        team_id=asked.get("team"),
        level=CustomerLevel(level) if level else None,
        soon=bool(asked.get("soon")),
        queued=bool(asked.get("queued")),
    )


def count(s: Session, actor: Actor, asked: Mapping[str, Any], now: datetime) -> int:
    """How many customers the list finds now."""
    return s.scalar(select(func.count()).select_from(Customer).where(*_found(s, actor, asked, now))) or 0


def _found(s: Session, actor: Actor, asked: Mapping[str, Any], now: datetime) -> list[ColumnElement[bool]]:
    query, filters = filters_of(asked)
    remind = numbers.current(s).remind_after_days
    asked_for = conditions(query, filters, (), now, remind)
    return [Customer.merged_into_id.is_(None), sees_customer(actor), *(one.passing for one in asked_for)]


def customers(s: Session, actor: Actor, asked: Mapping[str, Any], now: datetime) -> Iterator[list[str]]:
    """The header, then a row per customer. What may not be read stands there masked, as on the screen."""
    yield [
        "客户名称",
        "统一社会信用代码",
        "级别",
        "来源",
        "合作阶段",
        "行业",
        "地区",
        "地址",
        "电话",
        "年采购额",
        "负责人",
        "最近跟进",
    ]
    seen = sight(s, actor, FieldObject.CUSTOMER)
    for row in _walk(s, actor, asked, now, Customer, _Owner.name.label("owner")):
        one: Customer = row[0]

        def shown(group: str, value: object, one: Customer = one) -> str:
            return seen.shown(one.id, one.owner_id, group, "" if value is None else str(value))

        yield [
            one.name,
            shown(_BASIC, one.uscc),
            label(CustomerLevel(one.level)),
            label(CustomerSource(one.source)),
            label(CooperationStage(one.cooperation_stage)),
            shown(_BASIC, one.industry),
            shown(_REACH, one.region),
            shown(_REACH, one.address),
            shown(_REACH, one.phone),
            shown(_TRADE, one.annual_estimate),
            row.owner or "待分配",
            _when(one.last_activity_at),
        ]


def contacts(s: Session, actor: Actor, asked: Mapping[str, Any], now: datetime) -> Iterator[list[str]]:
    yield ["客户名称", "姓名", "职务", "电话", "邮箱"]
    seen = sight(s, actor, FieldObject.CONTACT)
    for row in _walk(s, actor, asked, now, Customer.id, Customer.name, Customer.owner_id):
        mine = (Contact.customer_id == row.id, Contact.retired_at.is_(None))
        for one in s.scalars(select(Contact).where(*mine).order_by(Contact.id)):
            phone = seen.shown(row.id, row.owner_id, _REACH, one.phone)
            yield [row.name, one.name, one.title, phone, seen.shown(row.id, row.owner_id, _REACH, one.email)]


def deals(s: Session, actor: Actor, asked: Mapping[str, Any], now: datetime) -> Iterator[list[str]]:
    yield ["客户名称", "商机", "金额（元）", "阶段", "负责人"]
    for row in _walk(s, actor, asked, now, Customer.id, Customer.name):
        of = select(Deal.name, Deal.amount, Stage.label, Person.name.label("owner"))
        of = of.join(Stage, Stage.id == Deal.stage_id).join(Person, Person.id == Deal.owner_id)
        for one in s.execute(of.where(Deal.customer_id == row.id).order_by(Deal.id)):
            yield [row.name, one[0], f"{one.amount:f}", one.label, one.owner]


WRITTEN = {"customers": customers, "contacts": contacts, "deals": deals}


def _walk(s: Session, actor: Actor, asked: Mapping[str, Any], now: datetime, *columns: Any) -> Iterator[Any]:
    """The list's customers by id, some at a time: a file of any length is never in memory whole."""
    where, after = _found(s, actor, asked, now), 0
    query = select(*columns, Customer.id.label("at")).outerjoin(_Owner, _Owner.id == Customer.owner_id).where(*where)
    while rows := s.execute(query.where(Customer.id > after).order_by(Customer.id).limit(_AT_ONCE)).all():
        yield from rows
        after = rows[-1].at
        s.expunge_all()


def _when(instant: datetime | None) -> str:
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if instant else ""


def history(s: Session, actor: Actor, page: int) -> Page[ExportLine]:
    """One's own exports, and those of the people one answers for."""
    query = select(ExportJob, Person.name).join(Person, Person.id == ExportJob.requester_id)
    if not actor.sees_all:
        query = query.where(or_(ExportJob.requester_id == actor.person_id, Person.team_id.in_(actor.team_ids)))

    def line(job: ExportJob, who: str) -> ExportLine:
        mine = job.requester_id == actor.person_id
        decides = job.state == ExportState.ASKED and not mine
        state = ExportState(job.state)
        return ExportLine(job.public_id, state, job.rows, who, mine, decides, job.created_at, job.expires_at, job.error)

    return cut(s, query.order_by(ExportJob.id.desc()), page, 20, line)


def watermark(name: str, userid: str, public_id: str, now: datetime) -> Sequence[str]:
    """The first line of every sheet: who took it, when, and under which number it stands in the book."""
    return [
        f"内部资料，请勿外传。导出人 {name}（{userid}），{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M}，编号 {public_id}"
    ]
