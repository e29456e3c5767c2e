"""A customer's file as forms: itself, its people, deals and visits, each problem beside its field."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from config.vocabulary import FieldKind, FieldObject
from console.desk import EVERYBODY, ROW, Desk, actor
from console.uploads import LARGEST, sent_files, take
from crm import uow
from crm.access import HOLDERS, WRITE
from crm.errors import Conflict, CrmError, Invalid, NotAllowed
from crm.reads.customer_form import Form, contact_form, customer_form, empty_form
from crm.reads.record_form import deal_form, visit_form
from crm.rules.field_input import Raw
from crm.rules.name_words import PROVINCES
from crm.usecases import attachments, contact_file, customer_file, record_fields
from crm.usecases.collisions import Refused
from crm.usecases.look_alikes import doubts
from crm.usecases.radar import Similar

_LONGEST = 5_500  # characters of one field as it is sent; the rules say how many may stay
_Sent = MultiDict[str, str]
# What a form asks for with what was written, and what it had shown.
_Save = Callable[[uow.Session, Mapping[str, Raw], Mapping[str, str]], object]


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/customers/new", HOLDERS, "GET", "POST")
    def new_customer() -> ResponseReturnValue:
        back = url_for("console.customers")
        with uow.reading() as s:
            form = empty_form(s, actor(), FieldObject.CUSTOMER)
        if request.method == "GET":
            return _drawn(form, "新建客户", back)
        try:
            _nothing_lost(form, request.form)
            raw, anyway = _written(form, request.form), "anyway" in request.form
            with uow.reading() as s:
                customer_file.draft_of(s, actor(), raw, clock())  # what is wrong with it comes first
            if not anyway and (alike := _alike(raw)):
                first = Conflict("系统里有名称相近的客户，先看一眼是不是同一家")
                return _drawn(form, "新建客户", back, first, alike=alike)
            made = uow.attempt(
                lambda s: customer_file.create(s, actor(), raw, clock(), entrance="console", anyway=anyway)
            )
        except (Invalid, Conflict, NotAllowed) as error:
            return _drawn(form, "新建客户", back, error)
        if isinstance(made, Refused):
            return _drawn(form, "新建客户", back, Conflict(made.said))
        return redirect(url_for("console.customer", public_id=made.public_id), 303)

    def _alike(raw: Mapping[str, Raw]) -> Sequence[Similar]:
        asked = {key: str(raw.get(key) or "") for key in ("name", "uscc", "phone", "website")}
        return uow.attempt(lambda s: doubts(s, actor(), asked, clock(), entrance="console"))

    @desk.page("/customers/<public_id>/edit", EVERYBODY, "GET", "POST", largest=LARGEST)
    def edit_customer(public_id: str) -> ResponseReturnValue:
        with uow.reading() as s:
            form = customer_form(s, actor(), public_id, WRITE)

        def save(s: uow.Session, raw: Mapping[str, Raw], seen: Mapping[str, str]) -> object:
            return customer_file.update_customer(s, actor(), public_id, raw, clock(), entrance="console", seen=seen)

        return _saved(desk, form, f"修改 {form.title}", save)

    @desk.page(f"/customers/<public_id>/changes/<{ROW}:number>/restore", EVERYBODY, "POST")
    def restore_change(public_id: str, number: int) -> ResponseReturnValue:
        uow.attempt(lambda s: customer_file.restore_value(s, actor(), public_id, number, clock(), entrance="console"))
        return redirect(url_for("console.customer", public_id=public_id), 303)

    @desk.page("/customers/<public_id>/contacts/new", EVERYBODY, "GET", "POST", largest=LARGEST)
    def new_contact(public_id: str) -> ResponseReturnValue:
        with uow.reading() as s:
            form = empty_form(s, actor(), FieldObject.CONTACT, public_id)

        def save(s: uow.Session, raw: Mapping[str, Raw], _: Mapping[str, str]) -> object:
            return contact_file.add_contact(s, actor(), public_id, raw, clock(), entrance="console")

        return _saved(desk, form, f"{form.title} 的新联系人", save)

    @desk.page("/customers/contacts/<contact_id>/edit", EVERYBODY, "GET", "POST", largest=LARGEST)
    def edit_contact(contact_id: str) -> ResponseReturnValue:
        with uow.reading() as s:
            form = contact_form(s, actor(), contact_id, WRITE)

        def save(s: uow.Session, raw: Mapping[str, Raw], seen: Mapping[str, str]) -> object:
            return contact_file.update_contact(s, actor(), contact_id, raw, clock(), entrance="console", seen=seen)

        retire = url_for("console.retire_contact", contact_id=contact_id)
        return _saved(desk, form, f"修改联系人 {form.title}", save, retire)

    @desk.page("/customers/contacts/<contact_id>/retire", EVERYBODY, "POST")
    def retire_contact(contact_id: str) -> ResponseReturnValue:
        return _turned(contact_id, contact_file.retire_contact)

    @desk.page("/customers/contacts/<contact_id>/restore", EVERYBODY, "POST")
    def restore_contact(contact_id: str) -> ResponseReturnValue:
        return _turned(contact_id, contact_file.restore_contact)

    def _turned(contact_id: str, verb: Callable[..., object]) -> ResponseReturnValue:
        with uow.reading() as s:
            form = contact_form(s, actor(), contact_id, WRITE)
        uow.attempt(lambda s: verb(s, actor(), contact_id, clock(), entrance="console"))
        return redirect(url_for("console.customer", public_id=form.customer_id) + "#contacts", 303)

    @desk.page("/customers/deals/<deal_id>/edit", EVERYBODY, "GET", "POST", largest=LARGEST)
    def edit_deal(deal_id: str) -> ResponseReturnValue:
        with uow.reading() as s:
            form = deal_form(s, actor(), deal_id, WRITE)

        def save(s: uow.Session, raw: Mapping[str, Raw], seen: Mapping[str, str]) -> object:
            return record_fields.update_deal(s, actor(), deal_id, raw, clock(), entrance="console", seen=seen)

        return _saved(desk, form, f"修改商机 {form.title}", save)

    @desk.page("/customers/visits/<visit_id>/edit", EVERYBODY, "GET", "POST", largest=LARGEST)
    def edit_visit(visit_id: str) -> ResponseReturnValue:
        with uow.reading() as s:
            form = visit_form(s, actor(), visit_id, WRITE)

        def save(s: uow.Session, raw: Mapping[str, Raw], seen: Mapping[str, str]) -> object:
            return record_fields.update_visit(s, actor(), visit_id, raw, clock(), entrance="console", seen=seen)

        return _saved(desk, form, f"补充 {form.title}", save)


def _saved(desk: Desk, form: Form, title: str, save: _Save, retire: str = "") -> ResponseReturnValue:
    """What a form brings is taken in before it is judged: after a refusal the file is there, and chosen."""
    back = url_for("console.customer", public_id=form.customer_id)
    if request.method == "GET":
        return _drawn(form, title, back, retire=retire)
    sent: _Sent = request.form.copy()
    try:
        _nothing_lost(form, sent)
        form = _with_files(desk, form, sent)
        raw, seen = _written(form, sent), _seen(form)
        uow.attempt(lambda s: save(s, raw, seen))
    except (Invalid, Conflict, NotAllowed) as error:
        return _drawn(form, title, back, error, retire, sent)
    return redirect(back, 303)


def _with_files(desk: Desk, form: Form, sent: _Sent) -> Form:
    """The form once each new file is one of the customer's; `sent` then names it."""
    for one in (one for section in form.sections for one in section.fields):
        key = one.spec.key
        if one.spec.kind is not FieldKind.ATTACHMENT or not one.editable or not (files := sent_files(f"file.{key}")):
            continue
        with uow.reading() as s:
            attachments.may_attach(s, actor(), form.customer_id, desk.deps.clock())
        try:
            made = take(desk, form.customer_id, files[0], note=one.spec.label)
        except Invalid as error:
            raise Invalid(f"没有保存：{error}", {key: str(error)}) from None
        sent[key] = made.public_id
        form = replace(form, files=((made.public_id, made.name), *form.files))
    return form


def _drawn(
    form: Form,
    title: str,
    back: str,
    error: CrmError | None = None,
    retire: str = "",
    sent: _Sent | None = None,
    alike: Sequence[Similar] = (),
) -> ResponseReturnValue:
    """The form; after a refusal with everything that was typed, and the reason beside each field.

    `first` is whoever was there before, where he may see it; `alike` are those to look at before it is made.
    """
    page = render_template(
        "console/form.html",
        form=form,
        title=title,
        back=back,
        retire=retire,
        refused=str(error) if error else "",
        alike=alike,
        first=error.customer_id if isinstance(error, Conflict) else None,
        problems=error.fields if error else {},
        typed=(sent or request.form) if error else None,
        left_over=_left_over(form, sent or request.form) if error else (),
        provinces=sorted(PROVINCES),
    )
    return page, error.http_status if error else 200


def _nothing_lost(form: Form, sent: _Sent) -> None:
    """Refuses what was written into fields that are no longer his to fill since the page was opened."""
    if _left_over(form, sent):
        raise Invalid(
            "没有保存：有内容填在了已经停用、或者不再由您填写的字段里，列在下面。要留的请先抄到别处，再点一次「保存」"
        )


def _left_over(form: Form, sent: _Sent) -> list[str]:
    """What was typed, chosen or attached there, whole."""
    here = {one.spec.key for section in form.sections for one in section.fields if one.editable}
    gone = [(name.removeprefix("was."), was) for name, was in sent.items() if name.startswith("was.")]
    left = []
    for key, was in gone:
        words = "、".join(_clean(one) for one in sent.getlist(key))
        if key not in here:
            left += [words] if words and words != _clean(was) else []
            left += [f"文件：{file.filename}" for file in sent_files(f"file.{key}")]
    return left


def _written(form: Form, sent: _Sent) -> dict[str, Raw]:
    """The fields that the page sent; of several choices all that were ticked."""
    written: dict[str, Raw] = {}
    for section in form.sections:
        for one in section.fields:
            key = one.spec.key
            if not one.editable or (key not in sent and f"was.{key}" not in sent):
                continue
            if one.spec.kind is FieldKind.MULTI_SELECT:
                written[key] = "、".join(_clean(value) for value in sent.getlist(key))
            else:
                written[key] = _clean(sent.get(key, ""))
    return written


def _seen(form: Form) -> dict[str, str]:
    sent = ((one.spec.key, request.form.get(f"was.{one.spec.key}")) for part in form.sections for one in part.fields)
    return {key: _clean(was) for key, was in sent if was is not None}


def _clean(text: str) -> str:
    return text.replace("\x00", "").replace("\r\n", "\n").strip()[:_LONGEST]
