"""客户: the list with 「还剩几天」, and one customer's whole file."""

from decimal import Decimal

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.vocabulary import CustomerLevel
from console.answers import done
from console.desk import EVERYBODY, Desk, actor, asked, asked_number, typed
from console.field_filters import field_filters, lost_filters
from crm import policy as numbers
from crm import uow
from crm.access import get_customer
from crm.errors import Invalid
from crm.reads import customers as reads
from crm.reads.attachments import attachments_of
from crm.reads.customer_form import changes_of
from crm.reads.customer_page import page_and_form
from crm.reads.people import in_sight
from crm.reads.projects import projects_of
from crm.reads.queue import colleagues, queued_one
from crm.reads.quotes import quotes_of
from crm.reads.shares import mates, shares_of
from crm.rules.amounts import parse_amount
from crm.usecases import deals
from crm.usecases.digests import take_digest_back

_FRONT = "days_left"
_ELSEWHERE = ("name", "level")  # fields that have a control of their own beside the search
_QUOTES = 5  # that a customer's page shows


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/customers", EVERYBODY)
    def customers() -> ResponseReturnValue:
        level, state, sort = asked("level"), asked("state"), asked("sort")
        owner, team = asked_number("owner", 0), asked_number("team", 0)
        with uow.reading() as s:
            fields = reads.open_fields(s, actor())
            scope = in_sight(s, actor())
        by_field = [spec for spec in reads.filterable(fields) if spec.key not in _ELSEWHERE]
        orders = [spec for spec in reads.sortable(fields) if spec.key not in _ELSEWHERE]
        ways = {*reads.SORTS, *(f"{sign}field:{spec.key}" for spec in orders for sign in ("", "-"))}
        levels = list(CustomerLevel) if any(spec.key == "level" for spec in fields) else []
        narrowed = field_filters(request.args, by_field)
        chosen: dict[str, str] = {
            "q": asked("q"),
            "sort": sort if sort in ways else _FRONT,
            "level": level if level in set(CustomerLevel) else "",
            "state": state if state in ("soon", "queued") else "",
            "team": str(team or ""),
            "owner": str(owner or ""),
        }
        filters = reads.Filters(
            owner_id=owner or None,
            team_id=team or None,
            level=CustomerLevel(level) if chosen["level"] else None,
            soon=state == "soon",
            queued=state == "queued",
            where=tuple(where for one in narrowed if (where := one.where)),
        )

        def page(s: uow.Session, number: int) -> reads.Page[reads.CustomerRow]:
            return reads.list_customers(
                s, actor(), query=chosen["q"], sort=chosen["sort"], page=number, size=50, now=clock(), filters=filters
            )

        found: reads.Page[reads.CustomerRow] = reads.Page([], 0, 1, 50)
        problem = ""
        try:
            with uow.reading() as s:
                found = page(s, asked_number("page"))
                if found.total and not found.rows:  # an old link, and the list has become shorter
                    found = page(s, found.pages)
        except Invalid as error:
            problem = str(error)
        address: dict[str, str | list[str]] = {**chosen}
        for one in narrowed:
            address |= one.address
        lost = lost_filters(request.args, reads.filterable(fields))
        drawn = render_template(
            "console/customers.html", found=found, lost=lost, chosen=chosen, address=address, levels=levels,
            scope=scope, narrowed=narrowed, by_field=by_field, orders=orders, most=reads.MOST, problem=problem,
        )  # fmt: skip
        return drawn, 422 if problem else 200

    @desk.page("/customers/<public_id>", EVERYBODY)
    def customer(public_id: str) -> ResponseReturnValue:
        return _drawn(public_id)

    @desk.page("/customers/<public_id>/deals", EVERYBODY, "POST")
    def new_deal(public_id: str) -> ResponseReturnValue:
        """It stands on the first rung: the way up is the gate's."""
        with uow.reading() as s:
            get_customer(s, actor(), public_id)
        name = typed("name", 80)
        try:
            amount = _amount(typed("amount", 20))
            made = uow.attempt(
                lambda s: deals.open_deal(s, actor(), public_id, name, amount, clock(), entrance="console")
            )
        except Invalid as refused:
            return _drawn(public_id, refused)
        return redirect(url_for("console.deal", deal_id=made.public_id), 303)

    @desk.page("/digests/<public_id>/retract", EVERYBODY, "POST")
    def retract_digest(public_id: str) -> ResponseReturnValue:
        name = uow.attempt(lambda s: take_digest_back(s, actor(), public_id, clock(), entrance="console"))
        return done(f"已收回「{name}」的会话摘要和它的待办", url_for("console.customers"))

    def _drawn(public_id: str, refused: Invalid | None = None) -> ResponseReturnValue:
        page = asked_number("page")
        with uow.reading() as s:
            file, form = page_and_form(s, actor(), public_id, clock(), page)
            files = attachments_of(s, actor(), public_id)
            changes = changes_of(s, actor(), public_id)
            waiting = queued_one(s, actor(), public_id, clock()) if file.queued else None
            givable = colleagues(s, actor()) if waiting else ()
            shared = shares_of(s, actor(), public_id, clock())
            plans = projects_of(s, actor(), file.id)
            offered = quotes_of(s, actor(), file.id, _QUOTES)
            sharable = mates(s, actor(), public_id) if shared.decides else ()
            days = numbers.current(s).share_days
        drawn = render_template(
            "console/customer.html",
            no_deal=str(refused) if refused else "",
            sent=request.form if refused else {},
            quotes=offered,
            plans=plans,
            file=file,
            files=files,
            form=form,
            changes=changes,
            page=page,
            waiting=waiting,
            colleagues=givable,
            shares=shared,
            mates=sharable,
            days=days,
        )
        return drawn, refused.http_status if refused else 200


def _amount(text: str) -> Decimal:
    try:
        return parse_amount(text)
    except ValueError as error:
        raise Invalid(str(error), {"amount": str(error)}) from None
