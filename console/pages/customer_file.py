"""A customer's file as a form: made, changed, its people, and what was changed, each problem beside its field."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.vocabulary import FieldKind, FieldObject
from console.desk import EVERYBODY, Desk, actor
from crm import uow
from crm.access import HOLDERS, WRITE
from crm.errors import Conflict, CrmError, Invalid, NotAllowed
from crm.reads.customer_form import Form, contact_form, customer_form, empty_form
from crm.rules.field_input import Raw
from crm.usecases import contact_file, customer_file
from crm.usecases.collisions import Refused

_LONGEST = 5_500  # characters of one field as it is sent; the rules say how many may stay


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
            made = uow.attempt(lambda s: customer_file.create(s, actor(), _written(form), clock(), entrance="console"))
        except (Invalid, Conflict, NotAllowed) as error:
            return _drawn(form, "新建客户", back, error)
        if isinstance(made, Refused):
            return _drawn(form, "新建客户", back, Conflict(made.said))
        return redirect(url_for("console.customer", public_id=made.public_id), 303)

    @desk.page("/customers/<public_id>/edit", EVERYBODY, "GET", "POST")
    def edit_customer(public_id: str) -> ResponseReturnValue:
        with uow.reading() as s:
            form = customer_form(s, actor(), public_id, WRITE)
        back = url_for("console.customer", public_id=public_id)

        def save(s: uow.Session) -> object:
            return customer_file.update_customer(
                s, actor(), public_id, _written(form), clock(), entrance="console", seen=_seen(form)
            )

        return _saved(form, f"修改 {form.title}", back, save)

    @desk.page("/customers/<public_id>/changes/<int(max=9007199254740991):number>/restore", EVERYBODY, "POST")
    def restore_change(public_id: str, number: int) -> ResponseReturnValue:
        uow.attempt(lambda s: customer_file.restore_value(s, actor(), public_id, number, clock(), entrance="console"))
        return redirect(url_for("console.customer", public_id=public_id), 303)

    @desk.page("/customers/<public_id>/contacts/new", EVERYBODY, "GET", "POST")
    def new_contact(public_id: str) -> ResponseReturnValue:
        with uow.reading() as s:
            company = customer_form(s, actor(), public_id, WRITE)
            form = empty_form(s, actor(), FieldObject.CONTACT)
        back = url_for("console.customer", public_id=public_id)

        def save(s: uow.Session) -> object:
            return contact_file.add_contact(s, actor(), public_id, _written(form), clock(), entrance="console")

        return _saved(form, f"{company.title} 的新联系人", back, save)

    @desk.page("/customers/contacts/<contact_id>/edit", EVERYBODY, "GET", "POST")
    def edit_contact(contact_id: str) -> ResponseReturnValue:
        with uow.reading() as s:
            form = contact_form(s, actor(), contact_id, WRITE)
        back = url_for("console.customer", public_id=form.customer_id)

        def save(s: uow.Session) -> object:
            return contact_file.update_contact(
                s, actor(), contact_id, _written(form), clock(), entrance="console", seen=_seen(form)
            )

        retire = url_for("console.retire_contact", contact_id=contact_id)
        return _saved(form, f"修改联系人 {form.title}", back, save, retire)

    @desk.page("/customers/contacts/<contact_id>/retire", EVERYBODY, "POST")
    def retire_contact(contact_id: str) -> ResponseReturnValue:
        with uow.reading() as s:
            form = contact_form(s, actor(), contact_id, WRITE)
        uow.attempt(lambda s: contact_file.retire_contact(s, actor(), contact_id, clock(), entrance="console"))
        return redirect(url_for("console.customer", public_id=form.customer_id), 303)


def _saved(
    form: Form, title: str, back: str, save: Callable[[uow.Session], object], retire: str = ""
) -> ResponseReturnValue:
    if request.method == "GET":
        return _drawn(form, title, back, retire=retire)
    try:
        uow.attempt(save)
    except (Invalid, Conflict, NotAllowed) as error:
        return _drawn(form, title, back, error, retire)
    return redirect(back, 303)


def _drawn(form: Form, title: str, back: str, error: CrmError | None = None, retire: str = "") -> ResponseReturnValue:
    """The form; after a refusal with everything that was typed, and the reason beside each field."""
    page = render_template(
        "console/form.html",
        form=form,
        title=title,
        back=back,
        retire=retire,
        refused=str(error) if error else "",
        problems=error.fields if error else {},
        typed=request.form if error else None,
    )
    return page, error.http_status if error else 200


def _written(form: Form) -> dict[str, Raw]:
    """The fields that the page sent; of several choices all that were ticked."""
    written: dict[str, Raw] = {}
    for section in form.sections:
        for one in section.fields:
            key = one.spec.key
            if not one.editable or (key not in request.form and f"was.{key}" not in request.form):
                continue
            if one.spec.kind is FieldKind.MULTI_SELECT:
                written[key] = "、".join(_clean(value) for value in request.form.getlist(key))
            else:
                written[key] = _clean(request.form.get(key, ""))
    return written


def _seen(form: Form) -> dict[str, str]:
    sent = ((one.spec.key, request.form.get(f"was.{one.spec.key}")) for part in form.sections for one in part.fields)
    return {key: _clean(was) for key, was in sent if was is not None}


def _clean(text: str) -> str:
    return text.replace("\x00", "").replace("\r\n", "\n").strip()[:_LONGEST]
