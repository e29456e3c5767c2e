"""报价: the list, one with its versions and what was asked before, lines typed in, and whose quote stands."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.vocabulary import Currency, QuoteState, QuoteVerdict
from console.desk import EVERYBODY, Desk, actor, asked, asked_number, typed
from crm import policy, uow
from crm.access import ONLY_READS, READ, get_customer
from crm.errors import Conflict, CrmError, Gone, Invalid, NotAllowed, NotFound
from crm.reads.price_history import PriceHistory, line_history, price_history
from crm.reads.products import ProductRow, called, products
from crm.reads.projects import projects_of
from crm.reads.quote_contests import contests
from crm.reads.quotes import QuoteBox, QuotePage, quote_page, quotes
from crm.rules.amounts import parse_amount
from crm.rules.days import day_of
from crm.rules.quotes import MOST_LINES, model_key, say_quantity
from crm.usecases import quote_conflicts
from crm.usecases import quotes as use
from crm.usecases.quote_lines import LineDraft
from crm.usecases.quotes import QuoteDraft, QuoteMade

_SIZE, _ROWS, _OFFERED = 50, 5, 200  # rows: of an empty form, and how many more a press of the button adds
_REFUSALS = (Invalid, Conflict, NotAllowed, Gone)
_ACTS = ("copy", "send", "withdraw", "bring_back")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the form as it was typed, and what was asked for the same before, where somebody wanted to see it."""

    model: str = ""
    quantity: str = ""
    price: str = ""
    listed: ProductRow | None = None
    past: PriceHistory | None = None


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/quotes", EVERYBODY)
    def quote_list() -> ResponseReturnValue:
        return _listed()

    @desk.page("/quotes/new", EVERYBODY)
    def new_quote() -> ResponseReturnValue:
        return _form(asked("customer", 20), "", [Row()] * _ROWS)

    @desk.page("/quotes/new", EVERYBODY, "POST")
    def make_quote() -> ResponseReturnValue:
        customer = typed("customer", 20)
        return _written(
            customer, "", lambda s, draft: use.make_quote(s, actor(), customer, draft, clock(), entrance="console")
        )

    @desk.page("/quotes/<quote_id>", EVERYBODY)
    def quote(quote_id: str) -> ResponseReturnValue:
        return _drawn(quote_id)

    @desk.page("/quotes/<quote_id>/revise", EVERYBODY)
    def edit_quote(quote_id: str) -> ResponseReturnValue:
        page = _kept(quote_id)
        rows = [
            Row(one.model or one.what, say_quantity(one.quantity), say_quantity(one.unit_price)) for one in page.lines
        ]
        return _form(
            page.row.customer_id,
            quote_id,
            [*rows, *[Row()] * 2],
            sent={"currency": page.row.currency, "note": page.note},
        )

    @desk.page("/quotes/<quote_id>/revise", EVERYBODY, "POST")
    def revise_quote(quote_id: str) -> ResponseReturnValue:
        return _written(
            _kept(quote_id).row.customer_id,
            quote_id,
            lambda s, draft: use.revise_quote(s, actor(), quote_id, draft, clock(), entrance="console"),
        )

    @desk.page("/quotes/<quote_id>/<act>", EVERYBODY, "POST")
    def act_on_quote(quote_id: str, act: str) -> ResponseReturnValue:
        """copy, send, withdraw, bring_back."""
        if act not in _ACTS:
            raise NotFound("没有这个操作，请刷新页面")
        doing = {
            "copy": use.copy_quote, "send": use.send_quote, "withdraw": use.withdraw_quote,
            "bring_back": use.bring_back_quote,
        }[act]  # fmt: skip
        try:
            made = uow.attempt(lambda s: doing(s, actor(), quote_id, clock(), entrance="console"))
        except _REFUSALS as refused:
            return _drawn(quote_id, refused)
        changed = "".join(f"；{one.model} 列表价变了" for one in made.changes)
        return redirect(url_for("console.quote", quote_id=made.public_id, said=f"{made.told}{changed}"[:120]), 303)

    @desk.page("/quote-conflicts/<conflict_id>", EVERYBODY, "POST")
    def vote_quote(conflict_id: str) -> ResponseReturnValue:
        verdict = typed("verdict", 10)
        try:
            if verdict not in set(QuoteVerdict):
                raise Invalid("请选归谁，或共同")
            said = uow.attempt(
                lambda s: quote_conflicts.vote(
                    s, actor(), conflict_id, QuoteVerdict(verdict), clock(), entrance="console"
                )
            )
        except _REFUSALS as refused:
            return _listed(refused)
        return redirect(url_for("console.quote_list", said=said[:120]), 303)

    def _listed(refused: CrmError | None = None) -> ResponseReturnValue:
        box = QuoteBox(asked("box")) if asked("box") in set(QuoteBox) else QuoteBox.LIVE
        with uow.reading() as s:
            found = quotes(s, actor(), box, asked("q"), clock(), asked_number("page"), _SIZE)
            waiting = contests(s, actor())
        drawn = render_template(
            "console/quotes.html", found=found, box=box, boxes=list(QuoteBox), q=asked("q"), contests=waiting,
            verdicts=list(QuoteVerdict), said=asked("said", 120), today=day_of(clock()),
            refused=str(refused) if refused else "",
        )  # fmt: skip
        return drawn, refused.http_status if refused else 200

    def _kept(quote_id: str) -> QuotePage:
        """A quote that is his to change: who only reads it has no form of it."""
        with uow.reading() as s:
            page = quote_page(s, actor(), quote_id)
        if not page.keeps:
            raise NotAllowed(ONLY_READS.format(page.row.number))
        return page

    def _drawn(quote_id: str, refused: CrmError | None = None) -> ResponseReturnValue:
        with uow.reading() as s:
            page = quote_page(s, actor(), quote_id)
            ids = {one.product_id for one in page.lines if one.product_id}
            past = line_history(s, actor(), page.row.customer_id, ids)
            undo_until = clock() - timedelta(minutes=policy.current(s).undo_minutes)
        fresh = page.row.state is QuoteState.WITHDRAWN and page.ended_at is not None and page.ended_at >= undo_until
        drawn = render_template(
            "console/quote.html", page=page, past=past, said=asked("said", 120), verdicts=list(QuoteVerdict),
            today=day_of(clock()), refused=str(refused) if refused else "", comes_back=fresh and page.keeps,
        )  # fmt: skip
        return drawn, refused.http_status if refused else 200

    def _written(
        customer: str, quote_id: str, do: Callable[[uow.Session, QuoteDraft], QuoteMade]
    ) -> ResponseReturnValue:
        """The form came back: shown with past prices (`look`), or made into a quote."""
        rows = [
            Row(typed(f"model{number}", 130), typed(f"quantity{number}", 20), typed(f"price{number}", 20))
            for number in range(asked_rows())
        ]
        if "more" in request.form:
            return _form(customer, quote_id, [*rows, *[Row()] * _ROWS][:MOST_LINES], sent=request.form)
        if "look" in request.form:
            return _form(customer, quote_id, _with_past(customer, rows), sent=request.form)
        try:
            draft = _draft(rows)
            made = uow.attempt(lambda s: do(s, draft))
        except _REFUSALS as refused:
            return _form(customer, quote_id, rows, refused, request.form)
        return redirect(url_for("console.quote", quote_id=made.public_id, said=made.told[:120]), 303)

    def _draft(rows: list[Row]) -> QuoteDraft:
        lines = []
        for number, row in enumerate(rows, 1):
            if not (row.model or row.quantity or row.price):
                continue
            try:
                quantity, price = Decimal(row.quantity), parse_amount(row.price)
            except (InvalidOperation, ValueError):
                raise Invalid(f"第 {number} 行的数量或单价看不懂，请写成数字，单价可以写 1.2万") from None
            if not quantity.is_finite():
                raise Invalid(f"第 {number} 行的数量看不懂，请写成数字")
            lines.append(LineDraft(quantity, price, words=row.model))
        currency, until = typed("currency", 3), typed("valid_until", 10)
        try:
            last = date.fromisoformat(until) if until else None
        except ValueError:
            raise Invalid("有效期看不懂，请在日历里选") from None
        chosen = Currency(currency) if currency in set(Currency) else Currency.CNY
        return QuoteDraft(lines, chosen, last, typed("note", 300), typed("project", 20), typed("deal", 20))

    def _with_past(customer: str, rows: list[Row]) -> list[Row]:
        """Each row whose words are a model, with what the list asks for it today and what was asked before."""
        shown = []
        with uow.reading() as s:
            for row in rows:
                found = called(s, actor(), row.model, clock(), 1) if row.model else []
                if found and model_key(found[0].model) == model_key(row.model):
                    past = price_history(s, actor(), customer, found[0].public_id)
                    row = replace(row, listed=found[0], past=past)
                shown.append(row)
        return shown

    def _form(
        customer: str, quote_id: str, rows: list[Row], refused: CrmError | None = None, sent: object = None
    ) -> ResponseReturnValue:
        with uow.reading() as s:
            of = get_customer(s, actor(), customer, to=READ)
            plans = () if quote_id else projects_of(s, actor(), of.id)
            offered = products(s, actor(), "", clock(), 1, _OFFERED).rows
        drawn = render_template(
            "console/quote_form.html", customer=of.name, customer_id=of.public_id, quote_id=quote_id, rows=rows,
            products=offered, currencies=list(Currency), deal=asked("deal", 20), plans=plans, sent=sent or {},
            refused=str(refused) if refused else "",
        )  # fmt: skip
        return drawn, refused.http_status if refused else 200


def asked_rows() -> int:
    """How many rows the form had; a made-up number is cut to what a quote may hold."""
    many = typed("rows", 3)
    return min(int(many), MOST_LINES) if many.isascii() and many.isdigit() else _ROWS
