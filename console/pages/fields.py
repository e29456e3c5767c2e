"""字段: what each form asks for; operations adds, orders, requires and retires fields, with every version kept."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.vocabulary import CooperationStage, FieldKind, FieldObject
from console.desk import OPERATORS, ROW, Desk, actor, asked, typed, typed_number
from crm import uow
from crm.errors import Conflict, CrmError, Invalid
from crm.reads import fields as reads
from crm.reads.field_stages import by_stage
from crm.usecases import campaigns, fields
from crm.usecases.field_stages import require_by_stage

_RELOAD = "这一页放得太久了，请刷新后再改"
_KINDS = tuple(kind for kind in FieldKind if kind is not FieldKind.COMPANY)


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/fields", OPERATORS)
    def field_list() -> str:
        of = _object(asked("of", 16))
        with uow.reading() as s:
            groups = reads.defined(s, actor(), of)
            fairs = reads.campaigns(s, actor()) if of is FieldObject.CUSTOMER else []
        return render_template(
            "console/fields.html", of=of, objects=list(FieldObject), groups=groups, stages=list(CooperationStage),
            needed=fields.NEEDED[of], campaigns=fairs,
        )  # fmt: skip

    @desk.page("/fields/new", OPERATORS, "GET", "POST")
    def new_field() -> ResponseReturnValue:
        of = _object(request.values.get("of", ""))
        if request.method == "GET":
            return _drawn(of, None)
        kind = typed("kind", 16)
        try:
            if kind not in _KINDS:
                raise Invalid("请选字段类型", {"kind": "请选一种"})
            draft, of_kind = _draft(), FieldKind(kind)
            uow.attempt(lambda s: fields.add_field(s, actor(), of, of_kind, draft, clock(), entrance="console"))
        except (Invalid, Conflict) as error:
            return _drawn(of, None, error)
        return redirect(url_for("console.field_list", of=of), 303)

    @desk.page(f"/fields/<{ROW}:number>", OPERATORS, "GET", "POST")
    def edit_field(number: int) -> ResponseReturnValue:
        with uow.reading() as s:
            of, one = reads.definition(s, actor(), number)
        if request.method == "GET":
            return _drawn(of, one)
        version = typed_number("version", _RELOAD)
        try:
            draft = _draft()
            uow.attempt(lambda s: fields.edit_field(s, actor(), number, version, draft, clock(), entrance="console"))
        except (Invalid, Conflict) as error:
            return _drawn(of, one, error)
        return redirect(url_for("console.field_list", of=of), 303)

    @desk.page(f"/fields/<{ROW}:number>/turn", OPERATORS, "POST")
    def turn_field(number: int) -> ResponseReturnValue:
        """Retired, or brought back."""
        version = typed_number("version", _RELOAD)
        verb = fields.restore_field if typed("to") == "back" else fields.retire_field
        uow.attempt(lambda s: verb(s, actor(), number, version, clock(), entrance="console"))
        return _back(number)

    @desk.page(f"/fields/<{ROW}:number>/move", OPERATORS, "POST")
    def move_field(number: int) -> ResponseReturnValue:
        up = typed("to") == "up"
        uow.attempt(lambda s: fields.move_field(s, actor(), number, up, clock(), entrance="console"))
        return _back(number)

    @desk.page("/fields/stages", OPERATORS, "GET", "POST")
    def field_stages() -> ResponseReturnValue:
        """What must be filled from which stage on, with how many would then lack it."""
        of, problem = _object(request.values.get("of", "")), ""
        if request.method == "POST":
            try:
                uow.attempt(lambda s: require_by_stage(s, actor(), of, _ticked(), clock(), entrance="console"))
            except Conflict as error:
                problem = str(error)
            else:
                return redirect(url_for("console.field_stages", of=of, saved=1), 303)
        with uow.reading() as s:
            rows = by_stage(s, actor(), of)
        page = render_template(
            "console/field_stages.html", of=of, objects=list(FieldObject), rows=rows, stages=list(CooperationStage),
            problem=problem, saved=asked("saved") == "1", typed=request.form if problem else None,
        )  # fmt: skip
        return page, 409 if problem else 200

    @desk.page("/fields/groups", OPERATORS, "POST")
    def new_field_group() -> ResponseReturnValue:
        of, words = _object(typed("of", 16)), typed("label", 60)
        uow.attempt(lambda s: fields.add_group(s, actor(), of, words, clock(), entrance="console"))
        return redirect(url_for("console.field_list", of=of), 303)

    @desk.page("/campaigns", OPERATORS, "POST")
    def new_campaign() -> ResponseReturnValue:
        name = typed("name", 100)
        uow.attempt(lambda s: campaigns.add_campaign(s, actor(), name, clock(), entrance="console"))
        return redirect(url_for("console.field_list") + "#campaigns", 303)

    @desk.page("/campaigns/<public_id>/turn", OPERATORS, "POST")
    def turn_campaign(public_id: str) -> ResponseReturnValue:
        verb = campaigns.restore_campaign if typed("to") == "back" else campaigns.retire_campaign
        uow.attempt(lambda s: verb(s, actor(), public_id, clock(), entrance="console"))
        return redirect(url_for("console.field_list") + "#campaigns", 303)


def _object(words: str) -> FieldObject:
    return FieldObject(words) if words in set(FieldObject) else FieldObject.CUSTOMER


def _back(number: int) -> ResponseReturnValue:
    with uow.reading() as s:
        of, _ = reads.definition(s, actor(), number)
    return redirect(url_for("console.field_list", of=of) + f"#field-{number}", 303)


def _ticked() -> dict[int, tuple[int, frozenset[CooperationStage]]]:
    """By field: the version that the page showed, and the stages that were ticked."""
    seen = {name[2:]: typed(name, 15) for name in request.form if name.startswith("v.")}
    return {
        int(number): (
            int(version),
            frozenset(
                CooperationStage(one) for one in request.form.getlist(f"s.{number}") if one in set(CooperationStage)
            ),
        )
        for number, version in seen.items()
        if number.isascii() and number.isdigit() and len(number) < 16 and version.isascii() and version.isdigit()
    }


def _draft() -> fields.FieldDraft:
    labels = {name.removeprefix("option."): typed(name, 100) for name in request.form if name.startswith("option.")}
    return fields.FieldDraft(
        label=typed("label", 100),
        group=typed("group", 40),
        help=typed("help", 300),
        required_at=frozenset(stage for stage in CooperationStage if stage in request.form.getlist("stage")),
        labels=labels,
        added=typed("added", 10_000).splitlines(),
        restored=frozenset(request.form.getlist("restore")),
    )


def _drawn(of: FieldObject, one: reads.Definition | None, error: CrmError | None = None) -> ResponseReturnValue:
    """One field's form; after a refusal with what was typed, and the reason beside it."""
    with uow.reading() as s:
        groups = reads.defined(s, actor(), of)
        history = reads.revisions(s, actor(), one.spec.id) if one else []
    page = render_template(
        "console/field.html", of=of, one=one, groups=groups, kinds=_KINDS, stages=list(CooperationStage),
        history=history, refused=str(error) if error else "", problems=error.fields if error else {},
        typed=request.form if error else None,
    )  # fmt: skip
    return page, error.http_status if error else 200
