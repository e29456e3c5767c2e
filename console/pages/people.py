"""人员与角色: the directory as a tree, roles and assigned departments, and the last pull from WeCom."""

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from config.vocabulary import PersonStatus, Role
from console.answers import done, toast
from console.desk import ADMINS, OPERATORS, Desk, actor, asked, asked_number, partial, typed, typed_number
from crm import uow
from crm.access import SEES_SUBTREE
from crm.errors import Conflict, Invalid
from crm.reads import people as reads
from crm.usecases import directory, slots
from crm.usecases import people as verbs


def mount(desk: Desk) -> None:
    deps = desk.deps

    @desk.page("/people", OPERATORS)
    def people() -> str:
        chosen = {
            "q": asked("q"),
            "team": str(asked_number("team", 0) or ""),
            "role": asked("role") if asked("role") in set(Role) else "",
            "status": asked("status") if asked("status") in set(PersonStatus) else "",
            "sort": asked("sort") if asked("sort") in reads.SORTS else "team",
        }
        with uow.reading() as s:
            found = reads.members(
                s,
                actor(),
                query=chosen["q"],
                team_id=asked_number("team", 0) or None,
                role=Role(chosen["role"]) if chosen["role"] else None,
                status=PersonStatus(chosen["status"]) if chosen["status"] else None,
                sort=chosen["sort"],
                page=asked_number("page"),
            )
            teams = reads.departments(s, actor())
            synced, pulled = reads.last_sync(s, actor()), reads.last_pull(s, actor())
            pulling = reads.is_pulling(s, actor())
        return render_template(
            "console/people.html", found=found, chosen=chosen, teams=teams, synced=synced, pulled=pulled,
            pulling=pulling, can_sync=deps.sync_directory is not None, **_choices(),
        )  # fmt: skip

    @desk.page("/people/role", ADMINS, "POST")
    def grant_role() -> ResponseReturnValue:
        userid, role = typed("userid", 64), typed("role")
        if role not in set(Role):
            raise Invalid("没有这个角色，请重新选择")

        def granted(s: uow.Session) -> tuple[str, bool]:
            before = reads.member(s, actor(), userid).role
            return verbs.grant(s, actor(), userid, Role(role), deps.clock(), entrance="console"), before != role

        name, changed = uow.attempt(granted)
        return _row(userid, f"{name} 的角色已保存", may_undo=changed)

    @desk.page("/people/role/undo", ADMINS, "POST")
    def undo_role() -> ResponseReturnValue:
        """Only the administrator's own last change, once and in time, with the scopes it took."""
        userid = typed("userid", 64)
        name = uow.attempt(lambda s: verbs.take_back_grant(s, actor(), userid, deps.clock(), entrance="console"))
        return _row(userid, f"已撤销，{name} 的角色恢复原样")

    @desk.page("/people/scope", ADMINS, "POST")
    def assign_scope() -> ResponseReturnValue:
        userid, team = typed("userid", 64), _team()
        uow.attempt(lambda s: verbs.assign_scope(s, actor(), userid, team, deps.clock(), entrance="console"))
        return _row(userid, "分管部门已保存")

    @desk.page("/people/scope/withdraw", ADMINS, "POST")
    def withdraw_scope() -> ResponseReturnValue:
        userid, team = typed("userid", 64), _team()
        uow.attempt(lambda s: verbs.withdraw_scope(s, actor(), userid, team, deps.clock(), entrance="console"))
        return _row(userid, "已取消分管")

    @desk.page("/people/sync", OPERATORS, "POST")
    def sync_now() -> ResponseReturnValue:
        """The directory by calls to WeCom, outside of any transaction of ours; its words tell what came of it.

        Customers, tags and customer groups take longer than anybody waits: they are a job's.
        """
        if deps.sync_directory is None:
            raise Conflict("这个进程不能同步通讯录，请在服务器上运行 flask --app wsgi sync directory")
        try:
            sentence = deps.sync_directory()
        except deps.outside_errors as error:
            raise Conflict(f"同步没有完成：{error}") from error

        def noted(s: uow.Session) -> None:
            directory.note_sync(s, actor(), sentence, deps.clock(), entrance="console")
            slots.make_now(s, reads.PULL_JOB, deps.clock())

        uow.attempt(noted)
        counts = sentence.partition("\n")[0]
        return done(f"{counts}。客户、标签和客户群接着在后台更新，完成后显示在本页", url_for("console.people"))

    def _team() -> int:
        return typed_number("team", "请先选一个部门")

    def _row(userid: str, sentence: str, *, may_undo: bool = False) -> ResponseReturnValue:
        if not partial():
            return redirect(url_for("console.people", q=userid), 303)
        with uow.reading() as s:
            member = reads.member(s, actor(), userid)
            teams = reads.departments(s, actor())
        body = render_template("console/_member.html", member=member, teams=teams, may_undo=may_undo, **_choices())
        return Response(body, headers=toast(sentence))

    def _choices() -> dict[str, object]:
        return {
            "roles": list(Role),
            "statuses": list(PersonStatus),
            "scoped": SEES_SUBTREE,
            "may_grant": actor().role in ADMINS,
        }
