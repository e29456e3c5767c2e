"""今日: who needs me, and the customers that wait for my word."""

import json

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from config.vocabulary import Role
from console.desk import EVERYBODY, OPERATORS, Desk, actor, partial, typed
from crm import policy, uow
from crm.access import MANAGERS
from crm.errors import Invalid
from crm.reads import today as reads
from crm.usecases import pool

ASSIGNERS = frozenset(MANAGERS) | OPERATORS


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/", EVERYBODY)
    def home() -> str:
        now = clock()
        with uow.reading() as s:
            found = reads.today(s, actor(), now)
            machinery = reads.machinery(s, actor(), now) if actor().role in OPERATORS else None
        return render_template("console/today.html", found=found, machinery=machinery, Role=Role)

    @desk.page("/queue/<public_id>/assign", ASSIGNERS, "POST")
    def assign_customer(public_id: str) -> ResponseReturnValue:
        chosen = typed("to")
        if not chosen.isascii() or not chosen.isdigit() or len(chosen) > 15:
            raise Invalid("请先选一位同事，再点分配")
        done = uow.attempt(lambda s: pool.assign(s, actor(), public_id, int(chosen), clock(), entrance="console"))
        return _settled(f"「{done.customer_name}」已分配给 {done.person_name}")

    @desk.page("/queue/<public_id>/return", ASSIGNERS, "POST")
    def return_customer(public_id: str) -> ResponseReturnValue:
        done = uow.attempt(
            lambda s: pool.give_to_former(s, actor(), public_id, clock(), policy.current(s), entrance="console")
        )
        return _settled(f"「{done.customer_name}」已退还给 {done.person_name}")


def _settled(sentence: str) -> ResponseReturnValue:
    """Without scripts back to the desk; with them the row gives way to what was done."""
    if not partial():
        return redirect(url_for("console.home"), 303)
    body = render_template("console/_settled.html", sentence=sentence)
    return Response(body, headers={"HX-Trigger": json.dumps({"toast": sentence})})
