"""A whole import taken back: what it made goes, what it filled is emptied, what was worked with since stays."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session

from config.sheets import ImportKind, RowOutcome
from config.vocabulary import ChatKind, FieldObject, OwnershipReason, TimelineKind
from crm import field_store, name_index
from crm.access import Actor, actor_by_id
from crm.forms import specs
from crm.rules.fields import FieldSpec
from crm.usecases.contests import contested
from crm.usecases.import_run import ENTRANCE
from crm.usecases.import_work import Work, next_rows, step
from models.approvals import Approval
from models.audit import AuditEntry
from models.base import bare
from models.customers import Contact, Customer, OwnershipPeriod
from models.deals import Deal, Evidence, Milestone, StagePeriod
from models.fields import FieldChange
from models.imports import ImportRow
from models.links import ChatLink
from models.quotes import Quote
from models.timeline import TODO_IS_OPEN, TimelineEntry, Todo
from models.visits import Visit

ROWS = 200
_ROW, _CUSTOMER = bare(ImportRow).c, bare(Customer).c


def undo_next(s: Session, work: Work, now: datetime) -> Work | None:
    """Take the next rows back; None when there is none left."""
    columns = (_ROW.outcome, _ROW.customer_id, _ROW.contact_id, _ROW.entry_id, _ROW.deal_id, _ROW.changed)
    rows = next_rows(s, work, ROWS, *columns)
    if not rows:
        return None
    moved = step(s, work, rows[-1].number, now)
    actor = actor_by_id(s, work.creator_id)
    made = [row for row in rows if row.outcome == RowOutcome.MADE]
    merged = [row for row in rows if row.outcome == RowOutcome.MERGED]
    stays: dict[int, str] = {}
    if work.kind is ImportKind.CUSTOMERS:
        stays |= _withdraw(s, work, actor, made, now)
    elif work.kind is ImportKind.DEALS:
        stays |= _deals(s, made)
    _contacts(s, [row.contact_id for row in (*made, *merged) if row.contact_id and row.number not in stays], now)
    _entries(s, [row.entry_id for row in (*made, *merged) if row.entry_id and row.number not in stays], now)
    forms = specs(s, FieldObject.CUSTOMER)
    for row in merged:
        kept = _emptied(s, forms, row.customer_id, row.changed, actor, now) if row.changed else ""
        if kept:
            stays[row.number] = kept
    for row in rows:
        if row.outcome == RowOutcome.CONTESTED:
            stays[row.number] = "归属已交主管裁定，导入本身没有改动这家客户"
    touched = [row.number for row in rows if row.outcome in (RowOutcome.MADE, RowOutcome.MERGED)]
    _said(s, work, [number for number in touched if number not in stays], RowOutcome.WITHDRAWN, "")
    for number, why in stays.items():
        _said(s, work, [number], RowOutcome.STAYED, why)
    return moved


def _said(s: Session, work: Work, numbers: Sequence[int], outcome: RowOutcome, words: str) -> None:
    if numbers:
        mine = (_ROW.job_id == work.id, _ROW.number.in_(numbers))
        s.execute(update(bare(ImportRow)).where(*mine).values(outcome=outcome, said=words[:500]))


def _withdraw(s: Session, work: Work, actor: Actor, made: Sequence[Any], now: datetime) -> dict[int, str]:
    """Customers that nobody has worked with since go as `withdraw_customer` lets them go; the others say why not."""
    ids = [row.customer_id for row in made]
    if not ids:
        return {}
    there = s.execute(
        select(_CUSTOMER.id, _CUSTOMER.name, _CUSTOMER.merged_into_id)
        .where(_CUSTOMER.id.in_(ids))
        .order_by(_CUSTOMER.id)
        .with_for_update()
    ).all()
    keeps = {row.id: "已合并到别的客户" for row in there if row.merged_into_id is not None}
    for why, held in _hanging_on(s, work, ids):
        keeps |= {number: why for number in held if number not in keeps}
    keeps |= dict.fromkeys(contested(s, ids), "归属正在裁定")
    gone = [row for row in there if row.id not in keeps]
    if gone:
        numbers = [row.id for row in gone]
        # The code is free again, like the name.
        values = {"merged_into_id": _CUSTOMER.id, "uscc": None}
        s.execute(update(bare(Customer)).where(_CUSTOMER.id.in_(numbers)).values(values))
        for number in numbers:
            name_index.drop(s, number)
        s.execute(
            insert(bare(AuditEntry)).inline(),
            [
                {
                    "at": now,
                    "actor_id": actor.person_id,
                    "entrance": ENTRANCE,
                    "verb": "withdraw_customer",
                    "subject": f"customer:{row.id}",
                    "detail": {"name": row.name, "job": work.id},
                }
                for row in gone
            ],
        )
    return {row.number: keeps[row.customer_id] for row in made if row.customer_id in keeps}


def _hanging_on(s: Session, work: Work, ids: Sequence[int]) -> list[tuple[str, set[int]]]:
    """The customers on which something hangs that this import did not bring, each with the words that say what."""

    def ours(column: Any) -> ColumnElement[bool]:
        return select(ImportRow.number).where(ImportRow.job_id == work.id, column).exists()

    def held(column: Any, *where: ColumnElement[bool]) -> set[int]:
        return set(s.scalars(select(column).where(column.in_(ids), *where)))

    kinds = TimelineEntry.kind.not_in((TimelineKind.LINK, TimelineKind.OWNERSHIP))
    return [
        (
            "已有跟进或记录",
            held(
                TimelineEntry.customer_id,
                kinds,
                TimelineEntry.retracted_at.is_(None),
                ~ours(ImportRow.entry_id == TimelineEntry.id),
            ),
        ),
        ("已关联企微联系人", held(ChatLink.customer_id, ChatLink.kind != ChatKind.APP_USER)),
        ("已有商机", held(Deal.customer_id)),
        ("已有待办", held(Todo.customer_id, TODO_IS_OPEN)),
        ("已有拜访", held(Visit.customer_id, Visit.retracted_at.is_(None))),
        (
            "已有别的联系人",
            held(Contact.customer_id, Contact.retired_at.is_(None), ~ours(ImportRow.contact_id == Contact.id)),
        ),
        ("负责人已经换过", held(OwnershipPeriod.customer_id, OwnershipPeriod.reason != OwnershipReason.CREATED)),
        (
            "资料已被修改",
            held(
                FieldChange.object_id, FieldChange.object_kind == FieldObject.CUSTOMER, FieldChange.entrance != ENTRANCE
            ),
        ),
    ]


def _emptied(
    s: Session, forms: Sequence[FieldSpec], customer_id: int, changed: dict[str, Any], actor: Actor, now: datetime
) -> str:
    """Fields that the import filled are empty again, unless they say something else by now. Why some stay, or ""."""
    customer = s.scalars(select(Customer).where(Customer.id == customer_id).with_for_update()).one()
    known = {spec.key: spec for spec in forms}
    holds = field_store.values_of(s, forms, FieldObject.CUSTOMER, customer)
    back = [known[key] for key, after in changed.items() if key in known and field_store.plain(holds.get(key)) == after]
    undone = field_store.put(s, FieldObject.CUSTOMER, customer, holds, [(spec, None) for spec in back])
    field_store.note(s, FieldObject.CUSTOMER, customer_id, undone, now, actor.person_id, ENTRANCE)
    s.flush()
    edited = [known[key].label for key in changed if key in known and known[key] not in back]
    return f"{'、'.join(edited)}之后又改过，保留现在的内容" if edited else ""


def _contacts(s: Session, ids: Sequence[int], now: datetime) -> None:
    if ids:
        column = bare(Contact).c
        s.execute(update(bare(Contact)).where(column.id.in_(ids), column.retired_at.is_(None)).values(retired_at=now))


def _entries(s: Session, ids: Sequence[int], now: datetime) -> None:
    if ids:
        column = bare(TimelineEntry).c
        free = (column.id.in_(ids), column.retracted_at.is_(None))
        s.execute(update(bare(TimelineEntry)).where(*free).values(retracted_at=now))


def _deals(s: Session, made: Sequence[Any]) -> dict[int, str]:
    """A deal that nobody has touched since goes; every other one stays."""
    stays = {}
    for row in made:
        deal = s.scalar(select(Deal).where(Deal.id == row.deal_id).with_for_update())
        if deal is None:
            continue
        if _worked_with(s, deal.id):
            stays[row.number] = "商机之后又有进展，保留"
            continue
        for table in (StagePeriod, TimelineEntry):
            s.execute(delete(table).where(table.deal_id == deal.id).execution_options(synchronize_session=False))
        s.delete(deal)
        s.flush()
    return stays


def _worked_with(s: Session, deal_id: int) -> bool:
    """Whether it has moved, or anything hangs on it that did not come with it."""
    rungs = select(func.count()).select_from(StagePeriod).where(StagePeriod.deal_id == deal_id)
    since = (
        select(TimelineEntry.id).where(TimelineEntry.deal_id == deal_id, TimelineEntry.kind != TimelineKind.DEAL),
        select(FieldChange.id).where(FieldChange.object_kind == FieldObject.DEAL, FieldChange.object_id == deal_id),
        *(select(one.id).where(one.deal_id == deal_id) for one in (Evidence, Milestone, Approval, Quote)),
    )
    return (s.scalar(rungs) or 0) > 1 or any(s.scalar(one.limit(1)) is not None for one in since)
