"""消息: what goes out and what came in, by state, with dead letters sent again by hand."""

from typing import TypeVar

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from config.vocabulary import InboxState, OutboxState
from console.answers import done
from console.desk import OPERATORS, ROW, Desk, actor, asked, asked_number, in_drawer, typed
from crm import uow
from crm.errors import Conflict, CrmError, NotFound
from crm.reads import messages as reads
from crm.usecases import inbox, outbox, resuming

OUT_TABS = (
    ("ready", "待发送", (OutboxState.READY, OutboxState.LEASED)),
    ("sent", "已送出", (OutboxState.SENT,)),
    ("folded", "合并发送", (OutboxState.FOLDED,)),
    ("dead", "送不出去", (OutboxState.DEAD,)),
    ("unknown", "结果不明", (OutboxState.UNKNOWN,)),
    ("expired", "已过期", (OutboxState.EXPIRED,)),
    ("coming", "未到时间", ()),
)
IN_TABS = (
    ("failed", "处理失败", (InboxState.FAILED,)),
    ("waiting", "处理中", (InboxState.WAITING,)),
    ("late", "迟到未执行", (InboxState.LATE,)),
    ("kept", "已留存", (InboxState.KEPT,)),
    ("done", "已处理", (InboxState.DONE,)),
)


class HalfDone(CrmError):
    """The store went away between two letters."""

    code, http_status = "half_done", 503


State = TypeVar("State", InboxState, OutboxState)


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/messages", OPERATORS)
    def messages() -> str:
        person, page = asked("q"), asked_number("page")
        incoming = asked("box") == "in"
        tabs = IN_TABS if incoming else OUT_TABS
        tab = asked("tab") if any(asked("tab") == key for key, _, _ in tabs) else ""
        with uow.reading() as s:
            overview = reads.overview(s, actor(), clock(), person)
            if incoming:
                found: object = reads.inbox(s, actor(), states=_of(IN_TABS, tab), person=person, page=page)
            else:
                states, coming = _of(OUT_TABS, tab), tab == "coming"
                found = reads.outbox(s, actor(), clock(), states=states, coming=coming, person=person, page=page)
        chosen = {"q": person, "tab": tab, "box": "in" if incoming else ""}
        counts = overview.inbox if incoming else overview.outbox
        numbered = [
            (key, word, overview.coming if key == "coming" else sum(counts.get(state, 0) for state in of_it))
            for key, word, of_it in tabs
        ]
        return render_template(
            "console/messages.html",
            found=found,
            chosen=chosen,
            tabs=numbered,
            total=sum(counts.values()),
            overview=overview,
        )

    @desk.page(f"/messages/out/<{ROW}:number>", OPERATORS)
    def message_out(number: int) -> str:
        with uow.reading() as s:
            file = reads.outbox_file(s, actor(), number)
        return render_template("console/message_out.html", file=file, drawer=in_drawer())

    @desk.page(f"/messages/in/<{ROW}:number>", OPERATORS)
    def message_in(number: int) -> str:
        with uow.reading() as s:
            file = reads.inbox_file(s, actor(), number)
        return render_template("console/message_in.html", file=file, drawer=in_drawer())

    @desk.page(f"/messages/out/<{ROW}:number>/retry", OPERATORS, "POST")
    def retry_message(number: int) -> ResponseReturnValue:
        _retry(number)
        return done("已放回待发送，马上会再发一次", url_for("console.message_out", number=number))

    @desk.page(f"/messages/in/<{ROW}:number>/retry", OPERATORS, "POST")
    def retry_event(number: int) -> ResponseReturnValue:
        uow.attempt(lambda s: inbox.retry(s, actor(), number, clock(), entrance="console"))
        return done("已放回处理中，马上会再处理一次", url_for("console.message_in", number=number))

    @desk.page("/messages/retry", OPERATORS, "POST")
    def retry_all() -> ResponseReturnValue:
        """Each letter is a transaction of its own: one that somebody else has just handled holds back no other.

        If the store goes away in between, what was done stays done, and is told.
        """
        with uow.reading() as s:
            waiting = reads.dead_ids(s, actor(), typed("q", 100))
        again = 0
        for number in waiting:
            try:
                _retry(number)
            except (Conflict, NotFound):  # retried by a colleague, or cleared away, meanwhile
                continue
            except uow.StoreDown as error:
                if not again:
                    raise
                raise HalfDone(
                    f"系统正忙：{again} 条已放回待发送，其余的还没有做。请过一会儿再点一次「全部重发」"
                ) from error
            again += 1
        return done(f"{again} 条消息已放回待发送", url_for("console.messages", tab="dead"))

    @desk.page("/messages/resume", OPERATORS, "POST")
    def resume_sending() -> ResponseReturnValue:
        waiting = uow.attempt(lambda s: resuming.resume_sending(s, actor(), clock(), entrance="console"))
        return done(f"已恢复发送，{waiting} 条马上再试。原因还在的话会再次暂停", url_for("console.messages"))

    def _retry(number: int) -> None:
        uow.attempt(lambda s: outbox.retry(s, actor(), number, clock(), entrance="console"))


def _of(tabs: tuple[tuple[str, str, tuple[State, ...]], ...], tab: str) -> tuple[State, ...]:
    return next((states for key, _, states in tabs if key == tab), ())
