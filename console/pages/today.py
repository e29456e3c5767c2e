"""今日: who needs me, and the customers that wait for my word."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from console.answers import Undo, row_again, settled
from console.desk import EVERYBODY, OPERATORS, Desk, actor, asked_number, typed_number
from crm import policy, uow
from crm.access import DECIDE, MANAGERS, get_customer
from crm.errors import NotFound
from crm.reads import machinery as machine
from crm.reads import queue as queues
from crm.reads import today as reads
from crm.usecases import pool

ASSIGNERS = frozenset(MANAGERS) | OPERATORS


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/", EVERYBODY)
    def home() -> str:
        now = clock()
        with uow.reading() as s:
            found = reads.today(s, actor(), now, {section: asked_number(section) for section in reads.SECTIONS})
            machinery = machine.machinery(s, actor(), now) if actor().role in OPERATORS else None
        covers = desk.may_enter("console.coverage", actor().role)
        return render_template("console/today.html", found=found, machinery=machinery, covers=covers)

    @desk.page("/queue/<public_id>/assign", ASSIGNERS, "POST")
    def assign_customer(public_id: str) -> ResponseReturnValue:
        to = typed_number("to", "请先选一位同事，再点分配")
        given = uow.attempt(lambda s: pool.assign(s, actor(), public_id, to, clock(), entrance="console"))
        return _settled(public_id, given, "已分配给")

    @desk.page("/queue/<public_id>/return", ASSIGNERS, "POST")
    def return_customer(public_id: str) -> ResponseReturnValue:
        given = uow.attempt(
            lambda s: pool.give_to_former(s, actor(), public_id, clock(), policy.current(s), entrance="console")
        )
        return _settled(public_id, given, "已退还给")

    @desk.page("/queue/<public_id>/undo", ASSIGNERS, "POST")
    def undo_assign(public_id: str) -> ResponseReturnValue:
        """Only the actor's own last move, and only while nobody has followed the customer up since."""
        period = typed_number("period", "不知道要撤销哪一次分配，请刷新页面后再看")

        def back(s: uow.Session) -> None:
            customer = get_customer(s, actor(), public_id, to=DECIDE)
            pool.take_back(s, actor(), customer.id, period, clock(), entrance="console")

        uow.attempt(back)
        with uow.reading() as s:
            one, colleagues = queues.queued_one(s, actor(), public_id, clock()), queues.colleagues(s, actor())
        if one is None:
            raise NotFound("已经撤销。这个客户现在不用您分配，请刷新页面")
        return row_again(f"已撤销，「{one.name}」又在等分配", "console/_queued.html", one=one, colleagues=colleagues)


def _settled(public_id: str, given: pool.Assigned, words: str) -> ResponseReturnValue:
    undo = Undo(url_for("console.undo_assign", public_id=public_id), {"period": str(given.period_id)})
    return settled(f"「{given.customer_name}」{words} {given.person_name}", undo)
