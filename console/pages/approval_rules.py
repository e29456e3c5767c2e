"""审批规则: from which stage on, beyond which number, who signs and how; added, changed and stopped by operations."""

import re
from decimal import Decimal, InvalidOperation

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.vocabulary import Measure, Seat, SignMode
from console.desk import OPERATORS, Desk, actor, typed
from crm import uow
from crm.errors import Conflict, CrmError, Invalid, NotFound
from crm.reads.absences import one_colleague
from crm.reads.approval_rules import rule_book
from crm.rules.amounts import parse_amount
from crm.rules.approvals import Step
from crm.usecases import approval_rules as use
from crm.usecases.approval_rules import MOST_RULE_STEPS, RuleDraft

_APART = re.compile(r"[\s,，、;；]+")


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/approval-rules", OPERATORS)
    def approval_rules() -> ResponseReturnValue:
        return _drawn()

    @desk.page("/approval-rules", OPERATORS, "POST")
    def add_approval_rule() -> ResponseReturnValue:
        try:
            uow.attempt(lambda s: use.add_rule(s, actor(), _draft(s), clock(), entrance="console"))
        except (Invalid, Conflict) as refused:
            return _drawn(refused)
        return redirect(url_for("console.approval_rules"), 303)

    @desk.page("/approval-rules/<rule_id>", OPERATORS, "POST")
    def change_approval_rule(rule_id: str) -> ResponseReturnValue:
        try:
            uow.attempt(lambda s: use.change_rule(s, actor(), rule_id, _draft(s), clock(), entrance="console"))
        except (Invalid, Conflict, NotFound) as refused:
            return _drawn(refused, rule_id)
        return redirect(url_for("console.approval_rules"), 303)

    @desk.page("/approval-rules/<rule_id>/retire", OPERATORS, "POST")
    def retire_approval_rule(rule_id: str) -> ResponseReturnValue:
        uow.attempt(lambda s: use.retire_rule(s, actor(), rule_id, clock(), entrance="console"))
        return redirect(url_for("console.approval_rules"), 303)

    def _draft(s: uow.Session) -> RuleDraft:
        measure = typed("measure", 10)
        if measure not in set(Measure):
            raise Invalid("请选看什么：金额、折扣还是毛利", {"measure": "没有选"})
        steps = [step for number in range(MOST_RULE_STEPS) if (step := _step(s, number)) is not None]
        bound = _bound(Measure(measure), typed("bound", 20))
        return RuleDraft(typed("name", 60), typed("stage", 32), Measure(measure), bound, tuple(steps))

    def _step(s: uow.Session, number: int) -> Step | None:
        """A row of the form; None where nobody is chosen in it."""
        mode, names = typed(f"mode{number}", 10), typed(f"people{number}", 200)
        seats = [seat.value for seat in Seat if f"{seat.value}{number}" in request.form]
        seats += [f"person:{one_colleague(s, actor(), name)}" for name in _APART.split(names) if name]
        if not seats:
            return None
        return Step(SignMode(mode) if mode in set(SignMode) else SignMode.ANY, tuple(seats))

    def _drawn(refused: CrmError | None = None, editing: str = "") -> ResponseReturnValue:
        with uow.reading() as s:
            book = rule_book(s)
        drawn = render_template(
            "console/approval_rules.html", book=book, measures=list(Measure), modes=list(SignMode), seats=list(Seat),
            most=MOST_RULE_STEPS, editing=editing, refused=str(refused) if refused else "",
            sent=request.form if refused else {},
        )  # fmt: skip
        return drawn, refused.http_status if refused else 200


def _bound(measure: Measure, text: str) -> Decimal | None:
    """Nothing typed: of an amount, the policy's number."""
    if not text:
        return None
    try:
        return parse_amount(text) if measure is Measure.AMOUNT else _percent(text.rstrip("%％"))
    except (ValueError, InvalidOperation):
        example = "50万" if measure is Measure.AMOUNT else "15"
        raise Invalid(f"界限看不懂，请写成数字，比如 {example}", {"bound": "看不懂"}) from None


def _percent(text: str) -> Decimal:
    if not (number := Decimal(text)).is_finite():
        raise ValueError(text)
    return number
