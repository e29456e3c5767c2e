"""商机流程: the ladders in use, a new version edited row by row and looked at before it is published, all versions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.funnel import LadderPlan, StagePlan
from config.vocabulary import EvidenceKind, StageKind
from console.desk import OPERATORS, ROW, Desk, actor, typed
from console.pages.rules import CLOCKS
from crm import uow
from crm.errors import Conflict, CrmError, Invalid
from crm.reads import pipelines as reads
from crm.rules.amounts import parse_amount
from crm.usecases import pipelines, policy

_MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One stage as it was typed."""

    key: str
    kind: StageKind
    label: str = ""
    days: str = ""
    probability: str = ""
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Form:
    """A plan as it was typed; `base_id` is the version that it was made from."""

    base_id: int | None
    name: str
    below: str
    rows: tuple[Row, ...]


_BLANK = Form(
    None,
    "",
    "",
    (
        Row("", StageKind.OPEN, "需求确认", "", "20"),
        Row("", StageKind.WON, "赢单"),
        Row("", StageKind.LOST, "输单"),
        Row("", StageKind.SHELVED, "搁置"),
    ),
)


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/pipelines", OPERATORS)
    def pipeline_list() -> str:
        with uow.reading() as s:
            numbers = {one.name: one for one in policy.listing(s)}
            return render_template(
                "console/pipelines.html",
                standing=reads.standing(s, actor()),
                versions=reads.versions(s, actor()),
                rules=[numbers[name] for name in CLOCKS],
            )

    @desk.page("/pipelines/new", OPERATORS, "GET", "POST")
    def new_pipeline() -> ResponseReturnValue:
        return _edited(None)

    @desk.page(f"/pipelines/<{ROW}:number>", OPERATORS, "GET", "POST")
    def edit_pipeline(number: int) -> ResponseReturnValue:
        return _edited(number)

    @desk.page(f"/pipelines/<{ROW}:number>/again", OPERATORS, "POST")
    def publish_pipeline_again(number: int) -> ResponseReturnValue:
        uow.attempt(lambda s: pipelines.publish_again(s, actor(), number, clock(), entrance="console"))
        return redirect(url_for("console.pipeline_list"), 303)

    @desk.page(f"/pipelines/<{ROW}:number>/turn", OPERATORS, "POST")
    def turn_pipeline(number: int) -> ResponseReturnValue:
        """Retired, or brought back."""
        verb = pipelines.restore_pipeline if typed("to") == "back" else pipelines.retire_pipeline
        uow.attempt(lambda s: verb(s, actor(), number, clock(), entrance="console"))
        return redirect(url_for("console.pipeline_list"), 303)

    def _edited(number: int | None) -> ResponseReturnValue:
        """Every button sends the whole form: rows are added, moved and taken away without a script as well."""
        if request.method == "GET":
            return _drawn(number, _stored(number))
        form = _sent(number)
        verb, _, row = typed("do", 20).partition(".")
        if verb not in ("look", "publish"):
            return _drawn(number, _rearranged(form, verb, int(row) if row.isascii() and row.isdigit() else -1))
        try:
            plan = _plan(form)
            if verb == "publish":
                uow.attempt(lambda s: pipelines.publish_pipeline(s, actor(), plan, number, clock(), entrance="console"))
                return redirect(url_for("console.pipeline_list"), 303)
            with uow.reading() as s:
                checked = pipelines.check(s, actor(), plan, number)
        except (Invalid, Conflict) as refused:
            return _drawn(number, form, refused=refused)
        return _drawn(number, form, checked)


def _drawn(
    number: int | None, form: Form, checked: pipelines.Checked | None = None, refused: CrmError | None = None
) -> ResponseReturnValue:
    """The form, and below it what publishing would change, or why it cannot be."""
    with uow.reading() as s:
        base = None if number is None else reads.version(s, actor(), number)
        effect = None if checked is None else reads.effect(s, actor(), checked.plan, base)
    page = render_template(
        "console/pipeline.html", form=form, base=base, kinds=list(EvidenceKind), checked=checked, effect=effect,
        refused=str(refused) if refused else "", problems=refused.fields if refused else {},
    )  # fmt: skip
    return page, refused.http_status if refused else 200


def _stored(number: int | None) -> Form:
    if number is None:
        return _BLANK
    with uow.reading() as s:
        ladder = reads.version(s, actor(), number)
    rows = [
        Row(one.key, one.kind, one.label, str(one.days or ""), str(one.probability), frozenset(one.needs))
        for one in ladder.rungs
    ]
    return Form(number, ladder.name, _typed_amount(ladder.below), tuple(rows))


def _typed_amount(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f}".removesuffix(".00")


def _sent(number: int | None) -> Form:
    rows = []
    for row in range(_MOST_ROWS):
        if f"label.{row}" in request.form:
            kind = typed(f"kind.{row}", 8)
            rows.append(
                Row(
                    key=typed(f"key.{row}", 32),
                    kind=StageKind(kind) if kind in set(StageKind) else StageKind.OPEN,
                    label=typed(f"label.{row}", 40),
                    days=typed(f"days.{row}", 6),
                    probability=typed(f"probability.{row}", 6),
                    needs=frozenset(request.form.getlist(f"need.{row}")) & set(EvidenceKind),
                )
            )
    return Form(number, typed("name", 60), typed("below", 30), tuple(rows))


def _rearranged(form: Form, verb: str, place: int) -> Form:
    """An open stage more, one less, or two that change places; the ends stay where they are."""
    running = [one for one in form.rows if one.kind is StageKind.OPEN]
    ends = [one for one in form.rows if one.kind is not StageKind.OPEN]
    if verb == "add" and len(form.rows) < _MOST_ROWS:
        running.append(Row("", StageKind.OPEN))
    elif 0 <= place < len(running):
        other = place + {"up": -1, "down": 1}.get(verb, 0)
        if verb == "drop":
            del running[place]
        elif 0 <= other < len(running):
            running[place], running[other] = running[other], running[place]
    return replace(form, rows=(*running, *ends))


def _plan(form: Form) -> LadderPlan:
    wrong: dict[str, str] = {}
    below = None
    if form.below:
        try:
            below = parse_amount(form.below)
        except ValueError as error:
            wrong["below"] = str(error)
    days = _numbers([one.days for one in form.rows], "days", "期限要填整数，例如 7，或者留空", wrong)
    chances = _numbers([one.probability for one in form.rows], "probability", "赢单概率要填整数，例如 30", wrong)
    if wrong:
        raise Invalid("；".join(dict.fromkeys(wrong.values())), wrong)
    stages = [
        StagePlan(
            one.key, one.label, one.kind, tuple(kind for kind in EvidenceKind if kind in one.needs), days[row],
            chances[row] or 0,
        )
        for row, one in enumerate(form.rows)
    ]  # fmt: skip
    return LadderPlan(form.name, below, tuple(stages))


def _numbers(words: Sequence[str], name: str, problem: str, wrong: dict[str, str]) -> list[int | None]:
    """Whole numbers, None for what is left empty; what is neither goes to `wrong`."""
    for row, word in enumerate(words):
        if word and not (word.isascii() and word.isdigit()):
            wrong[f"{name}.{row}"] = problem
    return [int(word) if word.isascii() and word.isdigit() else None for word in words]
