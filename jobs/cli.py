"""The operator's commands, hung on Flask's: `flask --app wsgi …`. Wrong input is one sentence and exit code 2."""

import functools
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import IO, Any, ParamSpec

import click
from flask import Flask
from sqlalchemy.exc import DBAPIError

from config.settings import Settings
from config.vocabulary import Role, label
from crm import audit, name_index, uow
from crm.errors import CrmError
from crm.flows.evidence import read_evidence
from crm.reads.connection import Grade
from crm.rules.days import SHANGHAI
from crm.usecases import people
from crm.usecases import policy as numbers
from gateways.wecom.errors import WecomError
from jobs import check, runs, sealing
from jobs.menu import MENU, differences
from jobs.wiring import Wiring, file_store, wire

P = ParamSpec("P")
_SHELL = "shell"


class Wrong(click.ClickException):
    """What was typed cannot be used."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.format_message(), err=True)


class Failed(Wrong):
    """What was typed is fine, but it did not work."""

    exit_code = 1


def register(app: Flask) -> None:
    """Hang all commands on the application."""
    for command in (db, sweep, sync, policy, user, wecom_check, wecom_menu, audit_group):
        app.cli.add_command(command)


def _plainly(command: Callable[P, None]) -> Callable[P, None]:
    """One clear sentence instead of a trace, for everything an operator or the world around can do wrong."""

    @functools.wraps(command)
    def plainly(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (CrmError, ValueError) as error:
            raise Wrong(str(error)) from None
        except WecomError as error:
            raise Failed(str(error)) from None
        except (uow.StoreDown, uow.TryAgain, DBAPIError) as error:
            reason = str(getattr(error, "orig", error)).splitlines()[0]
            raise Failed(f"数据库用不了：{reason}。请检查 DATABASE_URL；新库先运行 db upgrade") from None

    return plainly


def _wired() -> Wiring:
    return wire(Settings.load())


def _say(lines: Iterable[str]) -> int:
    said = 0
    for line in lines:
        if line:
            click.echo(line)
            said += 1
    return said


def _moment(typed: str) -> datetime:
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        raise Wrong(f"--as-of 要写成 2026-11-23T08:30 这样的时间，您写的是「{typed[:40]}」") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


@click.group()
def db() -> None:
    """The schema."""


@db.command("upgrade")
@click.argument("revision", default="head")
@_plainly
def db_upgrade(revision: str) -> None:
    """Bring the schema to REVISION (default: the newest), the index of names up with the customers, and read the
    evidence that nobody has read yet."""
    _migrated(uow.upgrade, revision)
    if revision == "head":
        settings = Settings.load()
        uow.connect(settings.database_url)  # patiently: a large index takes longer than the web would wait
        uow.attempt(name_index.catch_up)
        if read := sum(read_evidence(file_store(settings))):
            click.echo(f"读完以前的凭证 {read} 份")


@db.command("downgrade")
@click.argument("revision")
@_plainly
def db_downgrade(revision: str) -> None:
    """Take the schema back to REVISION."""
    _migrated(uow.downgrade, revision)


def _migrated(move: Callable[[str, str], None], revision: str) -> None:
    from alembic.util.exc import CommandError  # here, so that the web, which mounts these commands, need not load it

    try:
        move(Settings.load().database_url, revision)
    except CommandError as error:
        raise Wrong(f"没有这个版本「{revision}」：{error}") from None
    click.echo(f"数据库结构：{revision}")


@click.command()
@click.argument("name")
@click.option("--as-of", "as_of", default="", help="judge as if it were this moment (ISO 8601; without zone: Shanghai)")
@click.option("--dry-run", is_flag=True, help="only say what would be done")
@_plainly
def sweep(name: str, as_of: str, dry_run: bool) -> None:
    """Run the timed job NAME now, printing a line for each thing it does."""
    w = _wired()
    now = _moment(as_of) if as_of else w.clock()
    if not _say(runs.perform(w, name, now, dry_run=dry_run)):
        click.echo(f"{name}：没有要处理的")


@click.group()
def sync() -> None:
    """Pull from WeCom now."""


@sync.command("directory")
@_plainly
def sync_directory() -> None:
    """Departments, members and leaders."""
    w = _wired()
    _say(runs.perform(w, "directory", w.clock()))


@sync.command("contacts")
@_plainly
def sync_contacts() -> None:
    """Everybody's customers, tags and customer groups, without asking anybody what they are; goes on after a kill."""
    w = _wired()
    _say(runs.perform(w, "contacts", w.clock()))


@click.group()
def policy() -> None:
    """The numbers of the business."""


@policy.command("list")
@_plainly
def policy_list() -> None:
    """Every number with its bounds, reason and last change."""
    _wired()
    with uow.reading() as s:
        settings = numbers.listing(s)
    for one in settings:
        at = f"{one.changed_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if one.changed_at else ""
        changed = f"  （{one.changed_by} 改于 {at}）" if at else ""
        click.echo(f"{one.name} = {one.value} {one.number.unit}  {one.number.label}：{one.number.reason}{changed}")


@policy.command("set", context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("value")
@_plainly
def policy_set(name: str, value: str) -> None:
    """Change the number NAME to VALUE."""
    w = _wired()
    now = w.clock()
    new = uow.attempt(lambda s: numbers.change(s, None, name, value, now, entrance=_SHELL))
    click.echo(f"{name} = {new}")


@click.group()
def user() -> None:
    """Members and their roles."""


@user.command("grant")
@click.argument("userid")
@click.argument("role")
@_plainly
def user_grant(userid: str, role: str) -> None:
    """Give the member USERID a ROLE."""
    if role not in tuple(Role):
        known = "、".join(f"{one.value}（{label(one)}）" for one in Role)
        raise Wrong(f"没有「{role[:20]}」这个角色，可用的有：{known}")
    w = _wired()
    now = w.clock()
    name = uow.attempt(lambda s: people.grant(s, None, userid, Role(role), now, entrance=_SHELL))
    click.echo(f"{name} 现在是{label(Role(role))}")


@click.command("wecom-check")
@_plainly
def wecom_check() -> None:
    """企微接入体检: try each part of the connection."""
    w = _wired()
    signs = {Grade.OK: "✓", Grade.WRONG: "✗", Grade.UNSEEN: "－"}
    wrong = 0
    for finding in check.connection(w.settings, w.clock):
        mend = f"。{finding.mend}" if finding.mend else ""
        click.echo(f"{signs[finding.grade]} {finding.item}：{finding.said.removesuffix('。')}{mend}")
        wrong += finding.grade is Grade.WRONG
    if wrong:
        raise Failed(f"{wrong} 项需要处理")


@click.command("wecom-menu")
@_plainly
def wecom_menu() -> None:
    """Make the menu at the foot of the app's chat as the product has it, saying what that changes."""
    client = _wired().client
    stands = client.menu()
    changes = differences(stands or {}, MENU)
    if stands is not None and not changes:
        click.echo("应用菜单没有变化")
        return
    client.create_menu(MENU)
    _say(changes)
    click.echo("应用菜单已创建" if stands is None else "应用菜单已更新")


@click.group("audit")
def audit_group() -> None:
    """The audit book."""


@audit_group.command("verify")
@_plainly
def audit_verify() -> None:
    """Walk the chain; exit code 1 where something was changed or taken out."""
    noted = sealing.noted(sealing.head_file(_wired().settings))
    with uow.reading() as s:
        verdict = audit.verify(s, noted)
    click.echo(f"已封存 {verdict.sealed} 条，未封存 {verdict.unsealed} 条，链尾 {verdict.head}")
    if verdict.broken_at is not None:
        raise Failed(f"第 {verdict.broken_at} 条被改动过，或它前面的记录被抽走")
    if verdict.cut_off:
        raise Failed(
            "链尾和 VAR_DIR/audit.head 里记下的对不上：最新的记录被删掉、整条链被重做，或数据库恢复成了旧备份。"
            "请保留现场核对；确认是恢复备份后，删除 audit.head，下次封存会重新记下"
        )


@audit_group.command("seal")
@_plainly
def audit_seal() -> None:
    """Chain what is not sealed yet, wherever in the book it lies."""
    file = sealing.head_file(_wired().settings)
    click.echo(f"封存审计 {sum(sealing.seal(file, all_gaps=True))} 条")
