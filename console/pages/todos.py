"""我的待办 at the desk: done, or a day later, and both taken back."""

from datetime import datetime

from flask import url_for
from flask.typing import ResponseReturnValue

from console import words
from console.answers import Undo, row_again, settled
from console.desk import EVERYBODY, ROW, Desk, actor, typed
from crm import uow
from crm.errors import Invalid
from crm.reads import today as reads
from crm.usecases import todos


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page(f"/todos/<{ROW}:number>/finish", EVERYBODY, "POST")
    def finish_todo(number: int) -> ResponseReturnValue:
        text = uow.attempt(lambda s: todos.finish_todo(s, actor(), number, clock(), entrance="console"))
        return settled(f"已完成：{text}", Undo(url_for("console.reopen_todo", number=number)))

    @desk.page(f"/todos/<{ROW}:number>/reopen", EVERYBODY, "POST")
    def reopen_todo(number: int) -> ResponseReturnValue:
        uow.attempt(lambda s: todos.reopen_todo(s, actor(), number, clock(), entrance="console"))
        return _row(number)

    @desk.page(f"/todos/<{ROW}:number>/postpone", EVERYBODY, "POST")
    def postpone_todo(number: int) -> ResponseReturnValue:
        """A day later; 撤销 carries when it was due before."""

        def put_off(s: uow.Session) -> tuple[str, datetime, datetime]:
            todo = reads.open_todo(s, actor(), number, clock())
            return todo.text, *todos.postpone_todo(s, actor(), todo.id, None, clock(), entrance="console")

        text, was, due = uow.attempt(put_off)
        undo = Undo(url_for("console.restore_todo", number=number), {"was": was.isoformat()})
        return settled(f"已推迟到 {words.when(due)}：{text}", undo)

    @desk.page(f"/todos/<{ROW}:number>/restore", EVERYBODY, "POST")
    def restore_todo(number: int) -> ResponseReturnValue:
        was = _moment(typed("was", 40))
        uow.attempt(lambda s: todos.postpone_todo(s, actor(), number, was, clock(), entrance="console"))
        return _row(number)

    def _row(number: int) -> ResponseReturnValue:
        with uow.reading() as s:
            todo = reads.open_todo(s, actor(), number, clock())
        return row_again("已撤销", "console/_todo.html", todo=todo)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Invalid("不知道原来是什么时候到期，没有撤销。请刷新页面后再看")
    return moment
