"""会话存档: how far it is, what is missing, who agreed, what was said; and the deletion of one outsider's talk."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from console.answers import done
from console.desk import EVERYBODY, OPERATORS, Desk, actor, asked
from crm import uow
from crm.reads.archive import archive_page
from crm.usecases.archive import purge_talk
from crm.usecases.archive_reading import read_group_talk, read_talk


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/archive", OPERATORS)
    def archive() -> str:
        words = asked("q")
        with uow.reading() as s:
            found = archive_page(s, actor(), words, clock())
        return render_template("console/archive.html", found=found, words=words)

    @desk.page("/talks/<external_userid>", EVERYBODY)
    def talk(external_userid: str) -> str:
        """Asking is reading: the book says so."""
        who = external_userid[:64]
        found = uow.attempt(lambda s: read_talk(s, actor(), who, clock(), entrance="console"))
        return render_template("console/talk.html", found=found)

    @desk.page("/talks/groups/<chat_id>", EVERYBODY)
    def group_talk(chat_id: str) -> str:
        found = uow.attempt(lambda s: read_group_talk(s, actor(), chat_id[:64], clock(), entrance="console"))
        return render_template("console/talk.html", found=found)

    @desk.page("/archive/<external_userid>/purge", OPERATORS, "POST")
    def purge_archive(external_userid: str) -> ResponseReturnValue:
        who = external_userid[:64]
        gone = uow.attempt(lambda s: purge_talk(s, actor(), who, clock(), entrance="console"))
        return done(f"已删除 {gone} 条会话，不能恢复", url_for("console.archive"))
