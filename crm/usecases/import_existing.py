"""What an imported contact, follow-up or deal would only repeat: looked up for many rows at once."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.sheets import ImportKind
from config.vocabulary import TimelineKind
from crm.rules.sheet_rows import Draft
from models.base import one_of
from models.customers import Contact
from models.deals import Deal
from models.timeline import TimelineEntry

Placed = tuple[int, int, Draft]  # row, customer, what the row says


def already_there(s: Session, kind: ImportKind, rows: Sequence[Placed]) -> dict[int, str]:
    """The rows that say what the store knows, with the words for the importer."""
    customers = {customer for _, customer, _ in rows}
    if not customers:
        return {}
    if kind is ImportKind.HISTORY:
        return _follow_ups(s, customers, rows)
    if kind is ImportKind.DEALS:
        named = set(s.execute(select(Deal.customer_id, Deal.name).where(one_of(s, Deal.customer_id, customers))))
        return {n: "这个客户已有同名商机" for n, who, draft in rows if (who, draft.deal["name"]) in named}
    known = contacts_of(s, customers)
    return {n: "联系人已在档案里" for n, who, draft in rows if contact_mark(who, draft) in known}


def contacts_of(s: Session, customers: set[int]) -> dict[tuple[int, str, str], int]:
    """The contacts of these customers by name and telephone."""
    rows = s.execute(
        select(Contact.customer_id, Contact.name, Contact.phone, Contact.id).where(
            one_of(s, Contact.customer_id, customers), Contact.retired_at.is_(None)
        )
    )
    return {(who, name, phone): number for who, name, phone, number in rows}


def contact_mark(customer: int, draft: Draft) -> tuple[int, str, str]:
    return customer, str(draft.contact.get("name", "")), str(draft.contact.get("phone", ""))


def _follow_ups(s: Session, customers: set[int], rows: Sequence[Placed]) -> dict[int, str]:
    moments = {draft.at for _, _, draft in rows}
    entries = s.execute(
        select(TimelineEntry.customer_id, TimelineEntry.at, TimelineEntry.text).where(
            one_of(s, TimelineEntry.customer_id, customers),
            one_of(s, TimelineEntry.at, moments),
            TimelineEntry.kind == TimelineKind.FOLLOW_UP,
            TimelineEntry.retracted_at.is_(None),
        )
    )
    known = {(row[0], row[1], row[2]) for row in entries}
    return {n: "这条跟进已经在时间线上" for n, who, d in rows if d.at and (who, d.at, history_text(d)) in known}


def history_text(draft: Draft) -> str:
    """An author who is not in the directory stands in the text itself."""
    if draft.author or not draft.author_name:
        return draft.note
    return f"{draft.note}\n（原记录人：{draft.author_name}）"
