"""项目: what is built, who meets in it, and whose registration protects whom."""

from datetime import datetime, timedelta

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from config.prospects import PartyRole, ProjectState
from console.answers import Undo, done, moved, settled
from console.desk import Desk, actor, asked, asked_number, typed
from crm import uow
from crm.access import HOLDERS
from crm.errors import Invalid
from crm.reads import projects as reads
from crm.reads.meant import meant_or_near
from crm.rules.days import SHANGHAI
from crm.usecases import projects as verbs
from crm.usecases import registrations

_SIZE = 50


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/projects", HOLDERS)
    def projects() -> str:
        state = asked("state")
        chosen = {"q": asked("q"), "state": state if state in ("soon", "contested", *ProjectState) else ""}
        with uow.reading() as s:
            found = reads.list_projects(
                s,
                actor(),
                query=chosen["q"],
                state=ProjectState(state) if state in set(ProjectState) else None,
                soon=state == "soon",
                contested=state == "contested",
                page=asked_number("page"),
                size=_SIZE,
                now=clock(),
            )
        return render_template("console/projects.html", found=found, chosen=chosen, states=list(ProjectState))

    @desk.page("/projects", HOLDERS, "POST")
    def new_project() -> ResponseReturnValue:
        draft = verbs.ProjectDraft(typed("name"), typed("end_user"), None, typed("site"), typed("tender_no"))
        made = uow.attempt(lambda s: verbs.create_project(s, actor(), draft, clock(), entrance="console"))
        return moved(made.said, _page(made.public_id))

    @desk.page("/projects/<public_id>", HOLDERS)
    def project(public_id: str) -> str:
        """`q` looks for the company that is to be registered or added."""
        with uow.reading() as s:
            file = reads.project_page(s, actor(), public_id, clock())
            found = meant_or_near(s, actor(), asked("q")) if asked("q") else []
        return render_template(
            "console/project.html", file=file, query=asked("q"), found=found, roles=list(PartyRole),
            states=list(ProjectState),
        )  # fmt: skip

    @desk.page("/projects/<public_id>/register", HOLDERS, "POST")
    def register_project(public_id: str) -> ResponseReturnValue:
        dealer, reason = typed("customer", 20), typed("reason")
        made = uow.attempt(
            lambda s: registrations.register(s, actor(), public_id, dealer, reason, clock(), entrance="console")
        )
        return _back(public_id, made.said)

    @desk.page("/projects/<public_id>/parties", HOLDERS, "POST")
    def add_party(public_id: str) -> ResponseReturnValue:
        customer, role = typed("customer", 20), typed("role")
        if role not in set(PartyRole):
            raise Invalid("请选这家公司在项目里是什么角色")
        name = uow.attempt(
            lambda s: verbs.add_party(s, actor(), public_id, customer, PartyRole(role), clock(), entrance="console")
        )
        return _back(public_id, f"已把「{name}」加进项目")

    @desk.page("/projects/<public_id>/parties/remove", HOLDERS, "POST")
    def remove_party(public_id: str) -> ResponseReturnValue:
        customer, role = typed("customer", 20), typed("role")
        if role not in set(PartyRole):
            raise Invalid("没有这个角色，请刷新后再看")
        name = uow.attempt(
            lambda s: verbs.remove_party(s, actor(), public_id, customer, PartyRole(role), clock(), entrance="console")
        )
        return _back(public_id, f"已把「{name}」移出项目")

    @desk.page("/projects/<public_id>/state", HOLDERS, "POST")
    def project_state(public_id: str) -> ResponseReturnValue:
        state = typed("state")
        if state not in set(ProjectState):
            raise Invalid("没有这种状态，请重新选择")
        name, _ = uow.attempt(
            lambda s: verbs.set_state(s, actor(), public_id, ProjectState(state), clock(), entrance="console")
        )
        return _back(public_id, f"「{name}」的状态已保存")

    @desk.page("/registrations/<public_id>/extend", HOLDERS, "POST")
    def extend_registration(public_id: str) -> ResponseReturnValue:
        reason, project_id = typed("reason"), typed("project", 20)
        _, was, until = uow.attempt(
            lambda s: registrations.extend(s, actor(), public_id, reason, clock(), entrance="console")
        )
        undo = Undo(
            url_for("console.undo_extend_registration", public_id=public_id),
            {"was": was.isoformat(), "project": project_id},
        )
        last = (until - timedelta(seconds=1)).astimezone(SHANGHAI)
        return settled(f"报备已延期到 {last:%Y-%m-%d}", undo, _page(project_id))

    @desk.page("/registrations/<public_id>/extend/undo", HOLDERS, "POST")
    def undo_extend_registration(public_id: str) -> ResponseReturnValue:
        try:
            was = datetime.fromisoformat(typed("was", 40))
        except ValueError:
            raise Invalid("这次延期不是刚才做的，没有撤销") from None
        uow.attempt(lambda s: registrations.shorten(s, actor(), public_id, was, clock(), entrance="console"))
        return _back(typed("project", 20), "延期已撤销")

    @desk.page("/registrations/<public_id>/end", HOLDERS, "POST")
    def end_registration(public_id: str) -> ResponseReturnValue:
        project_id = typed("project", 20)
        uow.attempt(lambda s: registrations.end(s, actor(), public_id, "", clock(), entrance="console"))
        undo = Undo(url_for("console.undo_end_registration", public_id=public_id), {"project": project_id})
        return settled("报备已放弃，不再受保护", undo, _page(project_id))

    @desk.page("/registrations/<public_id>/end/undo", HOLDERS, "POST")
    def undo_end_registration(public_id: str) -> ResponseReturnValue:
        uow.attempt(lambda s: registrations.take_back_end(s, actor(), public_id, clock(), entrance="console"))
        return _back(typed("project", 20), "报备已恢复")

    def _page(public_id: str) -> str:
        return url_for("console.project", public_id=public_id or "0")

    def _back(public_id: str, sentence: str) -> ResponseReturnValue:
        return done(sentence, _page(public_id))
