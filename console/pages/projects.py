"""项目: what is built, who meets in it, and whose registration protects whom."""

from datetime import datetime, timedelta

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from config.prospects import PartyRole, ProjectState
from console.answers import Undo, done, moved, settled, toast
from console.desk import Desk, actor, asked, asked_number, partial, typed
from crm import uow
from crm.access import HOLDERS
from crm.errors import Invalid
from crm.reads import projects as reads
from crm.reads.meant import meant_or_near
from crm.rules.days import SHANGHAI
from crm.usecases import project_edit, registrations
from crm.usecases import project_parties as parties
from crm.usecases import projects as verbs

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
        said = uow.attempt(
            lambda s: parties.add_party(s, actor(), public_id, customer, PartyRole(role), clock(), entrance="console")
        )
        return _back(public_id, said)

    @desk.page("/projects/<public_id>/parties/remove", HOLDERS, "POST")
    def remove_party(public_id: str) -> ResponseReturnValue:
        customer, role = typed("customer", 20), typed("role")
        if role not in set(PartyRole):
            raise Invalid("没有这个角色，请刷新后再看")
        said = uow.attempt(
            lambda s: parties.remove_party(
                s, actor(), public_id, customer, PartyRole(role), clock(), entrance="console"
            )
        )
        return _back(public_id, said)

    @desk.page("/projects/<public_id>/state", HOLDERS, "POST")
    def project_state(public_id: str) -> ResponseReturnValue:
        state = typed("state")
        if state not in set(ProjectState):
            raise Invalid("没有这种状态，请重新选择")
        name, _ = uow.attempt(
            lambda s: project_edit.set_state(s, actor(), public_id, ProjectState(state), clock(), entrance="console")
        )
        return _back(public_id, f"「{name}」的状态已保存")

    @desk.page("/registrations/<public_id>/extend", HOLDERS, "POST")
    def extend_registration(public_id: str) -> ResponseReturnValue:
        reason, project_id = typed("reason"), typed("project", 20)

        def extended(s: uow.Session) -> tuple[str, datetime, datetime, reads.ProjectFile | None]:
            done_so = registrations.extend(s, actor(), public_id, reason, clock(), entrance="console")
            return *done_so, _file(s, project_id)

        _, was, until, file = uow.attempt(extended)
        undo = Undo(
            url_for("console.undo_extend_registration", public_id=public_id),
            {"was": was.isoformat(), "project": project_id},
        )
        last = (until - timedelta(seconds=1)).astimezone(SHANGHAI)
        return _registered(file, public_id, f"报备已延期到 {last:%Y-%m-%d}", undo)

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

        def ended(s: uow.Session) -> reads.ProjectFile | None:
            registrations.end(s, actor(), public_id, "", clock(), entrance="console")
            return _file(s, project_id)

        file = uow.attempt(ended)
        undo = Undo(url_for("console.undo_end_registration", public_id=public_id), {"project": project_id})
        return _registered(file, public_id, "报备已放弃，不再受保护", undo)

    @desk.page("/registrations/<public_id>/end/undo", HOLDERS, "POST")
    def undo_end_registration(public_id: str) -> ResponseReturnValue:
        uow.attempt(lambda s: registrations.take_back_end(s, actor(), public_id, clock(), entrance="console"))
        return _back(typed("project", 20), "报备已恢复")

    def _file(s: uow.Session, project_id: str) -> reads.ProjectFile | None:
        """The project's page as it is after what was done, where it was done on that page."""
        s.flush()
        return reads.project_page(s, actor(), project_id, clock()) if project_id else None

    def _registered(file: reads.ProjectFile | None, public_id: str, sentence: str, undo: Undo) -> ResponseReturnValue:
        """The registration's row as it stands now, under it what was done with 撤销, and the page's head anew."""
        if file is None or not partial():
            return settled(sentence, undo, _page(file.row.public_id if file else ""))
        one = next((one for one in file.registrations if one.public_id == public_id), None)
        body = render_template("console/_registered.html", row=file.row, one=one, sentence=sentence, undo=undo)
        return Response(body, headers=toast(sentence))

    def _page(public_id: str) -> str:
        return url_for("console.project", public_id=public_id or "0")

    def _back(public_id: str, sentence: str) -> ResponseReturnValue:
        return done(sentence, _page(public_id))
