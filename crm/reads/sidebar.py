"""What stands beside one chat: whose it is, and the customer's card, or which customers may be meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from config.vocabulary import ChatKind, ContactState, CooperationStage, QuoteState, label
from crm import policy as numbers
from crm.access import HOLDERS, Actor, get_contact, sees_customer
from crm.errors import NotFound
from crm.ports import Beside, GroupChat
from crm.reads.customer_page import CustomerFile, page_and_form
from crm.reads.deals import DealBrief, deals_of
from crm.reads.quotes import QuoteRow, quotes_of
from crm.rules.quotes import Line, say_quantity
from models.customers import Customer
from models.links import ChatLink, ExternalContact, ExternalFollow
from models.people import Person
from models.quotes import Product, QuoteLine
from models.timeline import TODO_IS_OPEN, Todo

_QUOTES = 3
_ASKED = 5  # companies of one group that the radar is asked about
_Met = Row[*tuple[str, str, str, int, str | None, str | None]]
MOST_CANDIDATES = 5


class ChatState(StrEnum):
    """`elsewhere`: linked to a customer that the actor may not see. `empty`: a group with nobody from outside."""

    LINKED = "linked"
    UNLINKED = "unlinked"
    IGNORED = "ignored"
    ELSEWHERE = "elsewhere"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody from outside in a group. `known`: he is the actor's friend; `customer` and its id may be "".

    `external_userid` and `company` are told of one's own friends only.
    """

    external_userid: str
    company: str
    name: str
    known: bool
    customer: str
    customer_id: str


@dataclass(frozen=True, slots=True)
class OfferRow:
    """A quote, and what a customer may be told of it: "" for one that is frozen, ended or not yet approved."""

    row: QuoteRow
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One hit of the radar. Of a colleague's customer there is neither name nor id."""

    customer_id: str
    name: str
    owner: str
    reason: str
    same: bool


@dataclass(frozen=True, slots=True)
class OpenTodo:
    public_id: str
    text: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Card:
    file: CustomerFile
    stage: str
    level: str
    deals: Sequence[DealBrief]
    offers: Sequence[OfferRow]
    linked_by: str
    linked_at: datetime
    undo_until: datetime
    todos: Sequence[OpenTodo]  # the actor's own about the customer, the next first
    opens_deals: bool  # whether the actor's role may open a deal there


@dataclass(frozen=True, slots=True)
class Sidebar:
    """`company` is what the contact says he works for: a new customer's name, already filled in.

    `asks` are the names that the radar is still to be asked about, each with why it is asked ("" where that is plain).
    """

    at: datetime
    state: ChatState
    kind: ChatKind
    name: str
    company: str
    position: str
    remark: str
    members: Sequence[MemberRow]
    card: Card | None
    candidates: Sequence[Candidate]
    asks: Sequence[tuple[str, str]]


def sidebar(s: Session, actor: Actor, chat: Beside, now: datetime) -> Sidebar:
    """Everything for one look; NotFound for a contact that is not the actor's, forged ids included."""
    return _group(s, actor, chat.group, now) if chat.group is not None else _contact(s, actor, chat, now)


def _contact(s: Session, actor: Actor, chat: Beside, now: datetime) -> Sidebar:
    contact = get_contact(s, actor, chat.external_userid, lock=False)
    mine = (ExternalFollow.external_contact_id == contact.id, ExternalFollow.person_id == actor.person_id)
    noted = s.execute(select(ExternalFollow.remark, ExternalFollow.remark_corp_name).where(*mine)).one_or_none()
    company = fuller(contact.corp_name, noted.remark_corp_name if noted else "")
    state, card = _linked(s, actor, chat.kind, chat.key, now)
    if state is ChatState.UNLINKED and contact.state == ContactState.IGNORED:
        state = ChatState.IGNORED
    open_yet = state in (ChatState.UNLINKED, ChatState.IGNORED)
    return Sidebar(
        now,
        state,
        chat.kind,
        contact.name,
        company,
        contact.position,
        noted.remark if noted else "",
        (),
        card,
        (),
        ((company or contact.name, ""),) if open_yet else (),
    )


def fuller(said: str, noted: str) -> str:
    """Of what a contact's company is called, by WeCom and in one's own remark, the fuller name: a colleague's shorter
    remark may have been the last that WeCom told."""
    return max(said, noted, key=len)


def _group(s: Session, actor: Actor, group: GroupChat, now: datetime) -> Sidebar:
    state, card = _linked(s, actor, ChatKind.CUSTOMER_GROUP, group.chat_id, now)
    outside = [one for one in group.members if one.outside]
    rows = _met(s, actor, [one.key for one in outside])
    members = [_member(one.name, rows.get(one.key)) for one in outside]
    if not outside and state is ChatState.UNLINKED:
        state = ChatState.EMPTY
    company = next((one.company for one in members if one.company), "")
    found: list[Candidate] = []
    asks: list[tuple[str, str]] = []
    if state is ChatState.UNLINKED:
        found = list({one.customer_id: _of_member(one) for one in members if one.customer_id}.values())
        works = {one.company: f"群里的{one.name}在这家" for one in members if one.company and not one.customer_id}
        asks = list(works.items())[:_ASKED] or ([(group.name, "")] if group.name and not found else [])
    name = group.name or "未命名的客户群"
    return Sidebar(
        now, state, ChatKind.CUSTOMER_GROUP, name, company, "", "", members, card, found[:MOST_CANDIDATES], asks
    )


def _linked(s: Session, actor: Actor, kind: ChatKind, key: str, now: datetime) -> tuple[ChatState, Card | None]:
    held = select(ChatLink.customer_id, ChatLink.linked_at, Person.name).join(
        Person, Person.id == ChatLink.linked_by_id
    )
    link = s.execute(held.where(ChatLink.kind == kind, ChatLink.key == key)).one_or_none()
    if link is None:
        return ChatState.UNLINKED, None
    try:
        file, form = page_and_form(s, actor, link.customer_id, now)
    except NotFound:
        return ChatState.ELSEWHERE, None
    undo = timedelta(minutes=numbers.current(s).undo_minutes)
    card = Card(
        file=file,
        stage=label(CooperationStage(s.get_one(Customer, file.id).cooperation_stage)),
        level=form.shown("level"),
        deals=deals_of(s, actor, file.id, now),
        offers=_offers(s, quotes_of(s, actor, file.id, _QUOTES)),
        todos=_todos(s, actor, file.id),
        linked_by=link.name,
        linked_at=link.linked_at,
        undo_until=link.linked_at + undo,
        opens_deals=file.writes and actor.role in HOLDERS,
    )
    return ChatState.LINKED, card


def _todos(s: Session, actor: Actor, customer_id: int) -> list[OpenTodo]:
    own = (Todo.customer_id == customer_id, Todo.person_id == actor.person_id, TODO_IS_OPEN)
    rows = s.execute(select(Todo.public_id, Todo.text, Todo.due_at).where(*own).order_by(Todo.due_at, Todo.id))
    return [OpenTodo(*row) for row in rows]


def _of_member(one: MemberRow) -> Candidate:
    return Candidate(one.customer_id, one.customer, "", f"群里的{one.name or '联系人'}是这家的联系人", same=True)


def _met(s: Session, actor: Actor, userids: Sequence[str]) -> dict[str, _Met]:
    """Of a group's people those whom the actor has as friends, each with his customer where the actor sees it."""
    mine = (ExternalFollow.external_contact_id == ExternalContact.id) & (ExternalFollow.person_id == actor.person_id)
    theirs = (ChatLink.key == ExternalContact.external_userid) & (ChatLink.kind == ChatKind.EXTERNAL_CONTACT)
    seen = (Customer.id == ChatLink.customer_id) & sees_customer(actor)
    rows = s.execute(
        select(
            ExternalContact.external_userid, ExternalContact.corp_name, ExternalFollow.remark_corp_name,
            ExternalContact.id, Customer.name, Customer.public_id,
        )
        .join(ExternalFollow, mine)
        .outerjoin(ChatLink, theirs)
        .outerjoin(Customer, seen)
        .where(ExternalContact.external_userid.in_(userids), ExternalFollow.ended_at.is_(None))
    )  # fmt: skip
    return {row.external_userid: row for row in rows}


def _member(name: str, row: _Met | None) -> MemberRow:
    if row is None:
        return MemberRow("", "", name, False, "", "")
    company = fuller(row.corp_name, row.remark_corp_name)
    return MemberRow(row.external_userid, company, name, True, row.name or "", row.public_id or "")


def _offers(s: Session, rows: Sequence[QuoteRow]) -> list[OfferRow]:
    """The lines of all of them in one statement. List and floor prices are not read: he is told what he pays."""
    lines: dict[int, list[str]] = {row.id: [] for row in rows}
    if lines:
        wanted: Select[*tuple[Any, ...]] = (
            select(QuoteLine.quote_id, QuoteLine.words, QuoteLine.quantity, QuoteLine.unit_price, Product)
            .outerjoin(Product, Product.id == QuoteLine.product_id)
            .where(QuoteLine.quote_id.in_(lines))
            .order_by(QuoteLine.quote_id, QuoteLine.position)
        )
        for number, words, quantity, price, product in s.execute(wanted):
            what = words if product is None else f"{product.model} {product.name}"
            unit = "" if product is None else product.unit
            come_to = Line(quantity, price).sum
            lines[number].append(f"· {what} {say_quantity(quantity)}{unit} × {_money(price)} = {_money(come_to)}")
    return [OfferRow(row, _told(row, lines[row.id]) if row.state is QuoteState.OPEN else "") for row in rows]


def _told(row: QuoteRow, lines: Sequence[str]) -> str:
    head = f"【报价单 {row.number}】"
    foot = f"合计 {_money(row.total)} {row.currency}，有效期至 {row.valid_until:%Y-%m-%d}"
    return "\n".join((head, *lines, foot))


def _money(value: Decimal) -> str:
    return f"{value:,.2f}"
