"""未关联联系人 at the desk: linked to a customer that is looked up by name, or ignored; both taken back."""

from datetime import datetime

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.prospects import IgnoreReason
from config.vocabulary import label
from console.answers import Undo, done, row_again, settled
from console.desk import EVERYBODY, OPERATORS, ROW, Desk, actor, asked, in_drawer, typed, typed_number
from crm import uow
from crm.access import JUDGES, MANAGERS
from crm.errors import Invalid
from crm.reads import today as reads
from crm.reads.coverage import covered
from crm.reads.meant import meant_or_near
from crm.usecases import linking, tags


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/contacts/coverage", frozenset(MANAGERS) | OPERATORS)
    def coverage() -> str:
        with uow.reading() as s:
            teams = covered(s, actor())
        return render_template("console/coverage.html", teams=teams)

    @desk.page(f"/contacts/<{ROW}:number>", EVERYBODY)
    def contact(number: int) -> str:
        """The company he says he works for is looked up first; what is typed instead narrows the list."""
        with uow.reading() as s:
            one = reads.unlinked_contact(s, actor(), number)
            query = asked("q") if "q" in request.args else one.corp_name
            found, worn = meant_or_near(s, actor(), query), tags.tags_of(s, actor(), number)
        return render_template(
            "console/contact.html", one=one, query=query, found=found, drawer=in_drawer(), worn=worn,
            makes_tags=actor().role in JUDGES,
        )  # fmt: skip

    @desk.page(f"/contacts/<{ROW}:number>/tags", EVERYBODY, "POST")
    def put_tags(number: int) -> ResponseReturnValue:
        """Exactly those that are ticked; WeCom is told by a job."""
        wanted, new = request.form.getlist("tag")[:100], typed("new", 60)
        name = uow.attempt(lambda s: tags.put_tags(s, actor(), number, wanted, clock(), entrance="console", new=new))
        return done(f"「{name}」的标签已保存", url_for("console.contact", number=number))

    @desk.page(f"/contacts/<{ROW}:number>/link", EVERYBODY, "POST")
    def link_contact(number: int) -> ResponseReturnValue:
        customer = typed_number("customer", "请先选一个客户，再点关联")
        made = uow.attempt(lambda s: linking.link_contact(s, actor(), number, customer, clock(), entrance="console"))
        since = made.linked_at.isoformat() if made.linked_at else ""
        undo = Undo(url_for("console.unlink_contact", number=number), {"since": since})
        return settled(f"「{made.called}」已关联到「{made.customer_name}」", undo)

    @desk.page(f"/contacts/<{ROW}:number>/unlink", EVERYBODY, "POST")
    def unlink_contact(number: int) -> ResponseReturnValue:
        """Only the very link that was made here."""
        try:
            since = datetime.fromisoformat(typed("since", 40))
        except ValueError:
            raise Invalid("这个关联早就有了，不是刚才建的，没有撤销") from None
        uow.attempt(lambda s: linking.unlink_contact(s, actor(), number, clock(), entrance="console", linked_at=since))
        return _row(number)

    @desk.page(f"/contacts/<{ROW}:number>/ignore", EVERYBODY, "POST")
    def ignore_contact(number: int) -> ResponseReturnValue:
        try:
            reason = IgnoreReason(typed("reason", 10))
        except ValueError:
            raise Invalid("请点供应商、同行或私人，说明为什么不用建档") from None
        name = uow.attempt(lambda s: linking.ignore_contact(s, actor(), number, reason, clock(), entrance="console"))
        undo = Undo(url_for("console.unignore_contact", number=number))
        return settled(f"已忽略「{name}」（{label(reason)}），不再提醒", undo)

    @desk.page(f"/contacts/<{ROW}:number>/unignore", EVERYBODY, "POST")
    def unignore_contact(number: int) -> ResponseReturnValue:
        uow.attempt(lambda s: linking.unignore_contact(s, actor(), number, clock(), entrance="console"))
        return _row(number)

    def _row(number: int) -> ResponseReturnValue:
        with uow.reading() as s:
            one = reads.unlinked_contact(s, actor(), number)
        return row_again("已撤销", "console/_contact.html", one=one)
