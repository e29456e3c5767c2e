"""Approvals and quotes on a person's list: what waits for his word, what he waits for, and which price runs out."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from config.policy import Policy
from config.quotes import LIVE
from config.vocabulary import ApprovalState, QuoteState, Role, SignState, label
from crm.access import (
    JUDGES,
    Actor,
    directors_of,
    sees_approval,
    sees_customer,
    sees_quote,
    supervisors_of,
    with_matter,
)
from crm.agenda import collisions
from crm.agenda.items import OTHERS_WAIT, Item, ItemKind, urgency
from crm.rules.amounts import say_amount
from crm.rules.days import SHANGHAI, WorkCalendar, day_of
from crm.rules.quotes import say_money
from crm.rules.response_clock import say_worked, working_minutes
from models.approvals import Approval, ApprovalSigner, ApprovalStep
from models.customers import Customer
from models.people import Person
from models.quotes import Quote, QuoteConflict, QuoteVote

_NAME = 12  # characters of a name, so that the amount and the waiting stay on the first line
_FEW_DAYS = 3  # a quote with less left comes before what is merely due


def all_of(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> Sequence[Item]:
    return [
        *_to_sign(s, actor, now, calendar),
        *_to_judge(s, actor, now, calendar),
        *collisions.to_judge(s, actor),
        *_asked_long_ago(s, actor, now, policy, calendar),
        *_running_out(s, actor, now, policy, calendar),
    ]


def _to_sign(s: Session, actor: Actor, now: datetime, calendar: WorkCalendar) -> Sequence[Item]:
    """Whoever signs reads the amount of what he signs: it is on his card as well."""
    asking, instead = aliased(Person), aliased(Person)
    rows = s.execute(
        select(Approval, ApprovalSigner.asked_at, asking.name, instead.name)
        .join(ApprovalStep, ApprovalStep.approval_id == Approval.id)
        .join(ApprovalSigner, ApprovalSigner.step_id == ApprovalStep.id)
        .join(asking, asking.id == Approval.requested_by_id)
        .outerjoin(instead, instead.id == ApprovalSigner.for_id)
        .where(
            ApprovalSigner.person_id == actor.person_id,
            ApprovalSigner.state == SignState.ASKED,
            Approval.state == ApprovalState.WAITING,
        )
    )
    return [
        Item(
            ItemKind.APPROVAL,
            approval.id,
            approval.public_id,
            f"{_what(approval)}，{asker}已等 {_waited(since, now, calendar)}",
            f"{_moment(since)} 起等您{f'（代 {place_of}）' if place_of else ''}，{_about(approval)}",
            "不批，报价就发不出去" if approval.deal_id is None else "不批，商机就停在这里",
            OTHERS_WAIT,
        )
        for approval, asked_at, asker, place_of in rows
        for since in (asked_at or approval.requested_at,)
    ]


def _asked_long_ago(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> Sequence[Item]:
    """What he asked for himself, once it has waited longer than a signature should take."""
    mine = (Approval.requested_by_id == actor.person_id, Approval.state == ApprovalState.WAITING)
    found = s.execute(with_matter(select(Approval)).where(*mine, sees_approval(actor))).scalars().all()
    turns = (
        select(ApprovalStep.approval_id, Person.name, ApprovalSigner.asked_at)
        .join(ApprovalSigner, ApprovalSigner.step_id == ApprovalStep.id)
        .join(Person, Person.id == ApprovalSigner.person_id)
        .where(ApprovalStep.approval_id.in_([one.id for one in found]), ApprovalSigner.state == SignState.ASKED)
        .order_by(ApprovalSigner.asked_at, ApprovalSigner.id)
    )
    asked: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    for approval_id, name, asked_at in s.execute(turns) if found else ():
        asked[approval_id].append((name, asked_at or now))
    return [
        Item(
            ItemKind.APPROVAL,
            one.id,
            one.public_id,
            f"{_what(one)}，等{names}已 {_waited(since, now, calendar)}",
            f"{_moment(since)} 起没有人处理，{_about(one)}",
            "没人催就一直等，可以催办",
            1,
        )
        for one in found
        if asked[one.id]
        for names, since in (("、".join(name for name, _ in asked[one.id][:2]), asked[one.id][0][1]),)
        if working_minutes(since, now, calendar) >= 60 * policy.approval_late_hours
    ]


def _running_out(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> Sequence[Item]:
    today = day_of(now)
    soon = calendar.add_working_days(today, policy.quote_remind_days)
    rows = s.execute(
        select(Quote, Customer.name)
        .join(Customer, Customer.id == Quote.customer_id)
        .where(
            Quote.owner_id == actor.person_id,
            Quote.state.in_(LIVE),
            Quote.valid_until.between(today, soon),
            sees_quote(actor),
        )
    )
    return [
        Item(
            ItemKind.QUOTE,
            quote.id,
            quote.public_id,
            f"{customer[:_NAME]} {say_money(quote.total, quote.currency)}，{left_words}",
            f"报价 {quote.number} {label(QuoteState(quote.state))}，有效到 {quote.valid_until:%m-%d}",
            "过了有效期要重新报，价格可能变",
            urgency(left, _FEW_DAYS),
        )
        for quote, customer in rows
        for left in ((quote.valid_until - today).days,)
        for left_words in (f"还有 {left} 天到期" if left else "今天到期",)
    ]


def _to_judge(s: Session, actor: Actor, now: datetime, calendar: WorkCalendar) -> Sequence[Item]:
    """Contests of quotes that wait for him and of which he has not said anything: as their card, without a price."""
    if actor.role not in JUDGES:
        return []
    first, second, ours, others = aliased(Quote), aliased(Quote), aliased(Person), aliased(Person)
    spoken = (QuoteVote.conflict_id == QuoteConflict.id, QuoteVote.person_id == actor.person_id)
    rows = s.execute(
        select(QuoteConflict, first, second, ours.name, others.name)
        .join(first, first.root_id == QuoteConflict.first_id)
        .join(second, second.root_id == QuoteConflict.second_id)
        .join(ours, ours.id == first.owner_id)
        .join(others, others.id == second.owner_id)
        .where(
            QuoteConflict.decided_at.is_(None),
            first.state != QuoteState.SUPERSEDED,
            second.state != QuoteState.SUPERSEDED,
            ~select(QuoteVote.person_id).where(*spoken).exists(),
        )
    ).all()
    sides = [side for _, a, b, *_ in rows for side in (a, b)]
    files = select(Customer.id, Customer.name).where(Customer.id.in_({side.customer_id for side in sides}))
    named = dict(s.execute(files.where(sees_customer(actor))).all()) if sides else {}
    above = supervisors_of(s, {side.owner_id for side in sides}) if sides else {}
    over = directors_of(s, {side.team_id for side in sides}) if sides else {}
    waiting = []
    for conflict, a, b, ours_name, others_name in rows:
        owners = {a.owner_id, b.owner_id}
        asked = {*above[a.owner_id], *above[b.owner_id]}
        if conflict.escalated_at is not None:
            judges = {*over[a.team_id], *over[b.team_id]} - owners
            asked |= judges or ({actor.person_id} if actor.role is Role.ADMIN else set())
        if actor.person_id in asked - owners:
            since = conflict.escalated_at or conflict.opened_at
            company = named.get(b.customer_id) or named.get(a.customer_id) or "客户"
            waiting.append(
                Item(
                    ItemKind.VERDICT,
                    conflict.id,
                    conflict.public_id,
                    f"{company[:_NAME]}，{others_name}已等 {_waited(since, now, calendar)}",
                    f"{_moment(since)} 起等您定，{ours_name}先报、{others_name}后报，依据：{conflict.reason}",
                    "不定，后报的一张就发不出去",
                    OTHERS_WAIT,
                )
            )
    return waiting


def _what(approval: Approval) -> str:
    """Of a quote the customer says more than its number."""
    facts = approval.facts
    name = f"{facts['customer'][:_NAME]}的报价" if approval.deal_id is None else facts["deal"][:_NAME]
    return f"{name} {say_amount(Decimal(facts['amount']))}"


def _about(approval: Approval) -> str:
    facts = approval.facts
    where = facts["deal"] if approval.deal_id is None else f"{facts['customer']} 到「{facts['to']}」"
    return f"{where}：{facts['told']}"


def _waited(since: datetime, now: datetime, calendar: WorkCalendar) -> str:
    return say_worked(working_minutes(since, now, calendar))


def _moment(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%m-%d %H:%M}"
