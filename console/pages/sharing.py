"""共享给… at the desk: on the customer's page, in the list of all shares; and a contact's whole number on request."""

from datetime import date

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from config.vocabulary import ShareAccess, label
from console.answers import toast
from console.desk import EVERYBODY, Desk, actor, asked, asked_number, partial, typed, typed_number
from console.pages.today import ASSIGNERS
from crm import policy as numbers
from crm import uow
from crm.errors import Invalid
from crm.reads import shares as reads
from crm.usecases import looking, sharing


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/shares", ASSIGNERS)
    def shares() -> str:
        return _list()

    @desk.page("/customers/<public_id>/shares", EVERYBODY, "POST")
    def share_customer(public_id: str) -> ResponseReturnValue:
        try:
            wish = sharing.Wish(
                typed_number("person", "请先选一位同事，再点共享"), _access(), _day(), _percent(typed("credit", 4))
            )
            done = uow.attempt(
                lambda s: sharing.share_customer(s, actor(), public_id, wish, clock(), entrance="console")
            )
        except Invalid as refusal:
            if not partial():
                raise
            return Response(_section(public_id, str(refusal)), 422)
        said = f"已共享给 {done.person_name}（{label(done.access)}），到 {done.last_day:%Y-%m-%d}"
        return _after(public_id, said)

    @desk.page("/shares/<share_id>/end", EVERYBODY, "POST")
    def end_share(share_id: str) -> ResponseReturnValue:
        done = uow.attempt(lambda s: sharing.end_share(s, actor(), share_id, clock(), entrance="console"))
        return _after(done.customer_public, f"已收回给 {done.person_name} 的共享", ended=done)

    def _list(ended: sharing.Shared | None = None) -> str:
        with uow.reading() as s:
            found = reads.all_shares(s, actor(), clock(), asked_number("page"))
        return render_template("console/shares.html", found=found, ended=ended)

    @desk.page("/shares/<share_id>/restore", EVERYBODY, "POST")
    def restore_share(share_id: str) -> ResponseReturnValue:
        back = uow.attempt(lambda s: sharing.restore_share(s, actor(), share_id, clock(), entrance="console"))
        return _after(back.customer_public, f"给 {back.person_name} 的共享已恢复")

    @desk.page("/customers/contacts/<contact_id>/phone", EVERYBODY, "POST")
    def reveal_phone(contact_id: str) -> ResponseReturnValue:
        shown = uow.attempt(lambda s: looking.reveal_phone(s, actor(), contact_id, clock(), entrance="console"))
        left = "" if shown.left is None else f"今天还能看 {shown.left} 次"
        body = render_template("console/_phone.html", phone=shown.phone, left=left)
        return Response(body, headers=toast(f"已记录。{left}") if left else {})

    def _section(public_id: str, problem: str = "", ended: sharing.Shared | None = None) -> str:
        with uow.reading() as s:
            found = reads.shares_of(s, actor(), public_id, clock())
            mates = reads.mates(s, actor(), public_id) if found.decides else ()
            days = numbers.current(s).share_days
        values = {
            "public_id": public_id,
            "found": found,
            "mates": mates,
            "problem": problem,
            "days": days,
            "ended": ended,
        }
        return render_template("console/_shares.html", **values)

    def _after(public_id: str, said: str, ended: sharing.Shared | None = None) -> ResponseReturnValue:
        listed = bool(asked("page"))  # pressed in the list of all shares, not on the customer's own page
        if not partial():
            back = url_for("console.shares") if listed else url_for("console.customer", public_id=public_id)
            return redirect(back, 303)
        if listed:
            return Response(_list(ended), headers=toast(said))
        return Response(_section(public_id, ended=ended), headers=toast(said))


def _access() -> ShareAccess:
    try:
        return ShareAccess(typed("access", 10))
    except ValueError:
        raise Invalid("请选只读，还是一起跟进") from None


def _day() -> date | None:
    """None where nothing was typed: then the policy's span counts."""
    text = typed("until", 20)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("没看懂结束日期，请写成 2026-12-31 这样") from None


def _percent(text: str) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit():
        raise Invalid("业绩分成要填 0 到 100 的整数")
    return int(text)
