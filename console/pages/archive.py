"""会话存档: how far it is, what is missing, who agreed; and the deletion of one outsider's talk."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from console.answers import done
from console.desk import OPERATORS, ROW, Desk, actor, asked
from crm import uow
from crm.reads.archive import archive_page
from crm.usecases.archive import purge_talk


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/archive", OPERATORS)
    def archive() -> str:
        words = asked("q")
        with uow.reading() as s:
            found = archive_page(s, actor(), words)
        return render_template("console/archive.html", found=found, words=words)

    @desk.page(f"/archive/<{ROW}:number>/purge", OPERATORS, "POST")
    def purge_archive(number: int) -> ResponseReturnValue:
        gone = uow.attempt(lambda s: purge_talk(s, actor(), number, clock(), entrance="console"))
        return done(f"已删除 {gone} 条会话，不能恢复", url_for("console.archive"))
