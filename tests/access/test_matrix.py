"""Every route, verb and button as every role on a record of every relation: let in, told no, or not there at all."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.routing import Rule

from bot import forms, router
from config.sheets import ExportState
from config.vocabulary import Role
from crm import uow
from crm.access import HOLDERS, READ, actor_by_userid
from crm.reads import exports as exported
from crm.usecases import exports
from gateways.dropbox import Dropbox
from jobs.exports import work_due as write_exports
from models.imports import ExportJob
from tests.access.chat import wrong_on_button, wrong_on_verb
from tests.access.declared import (
    BUTTONS,
    EVERYBODY,
    LISTS,
    MAY,
    ROUTES,
    VERBS,
    Open,
)
from tests.access.probe import BLANK, Probe, unpacked
from tests.access.routes import wrong_on_route
from tests.access.stage import Stage, staged
from tests.access.world import NOBODYS, NOW, Relation, undone
from tests.support.postgres import Server

pytestmark = pytest.mark.slow  # a whole company with every kind of record is staged first


def shape(rule: Rule) -> str:
    """`/contacts/<int(max=…):number>` as the table writes it: `/contacts/<number>`."""
    return BLANK.sub(lambda blank: f"<{blank[1]}>" if "path:" not in blank[0] else blank[0], rule.rule)


def ways(app: Flask) -> set[str]:
    found = set()
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if method in ("PUT", "PATCH", "DELETE") and rule.endpoint == "console.nowhere":
                continue  # the same refusal as its POST
            found.add(f"{method} {shape(rule)}")
    return found


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("access")
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/crm.db"
    else:
        server: Server = request.getfixturevalue("postgres_server")
        url = server.create_database()
    with staged(url, folder) as made:
        yield made


def test_every_route_verb_and_button_is_declared(stage: Stage) -> None:
    """Whoever adds one says here whose it is."""
    record = "Record(READ or WRITE or DECIDE, …)"
    undeclared = [
        *(f'ROUTES: "{one}": Page(…), {record} or Mine(…)' for one in sorted(ways(stage.app) - set(ROUTES))),
        *(f'VERBS: "{one}": Say(READ or WRITE, "/{one} {{name}} …")' for one in router._commands if one not in VERBS),
        *(f'BUTTONS: "{one}": Tapping(READ or WRITE or DECIDE, …)' for one in router._buttons if one not in BUTTONS),
        *(f'LISTS: "{one}"' for one in forms._lists if one not in LISTS),
    ]
    gone = [
        *(f"ROUTES: {one}" for one in sorted(set(ROUTES) - ways(stage.app))),
        *(f"VERBS: {one}" for one in VERBS if one not in router._commands),
        *(f"BUTTONS: {one}" for one in BUTTONS if one not in router._buttons),
    ]
    assert not undeclared, "tests/access/declared.py needs these lines:\n" + "\n".join(undeclared)
    assert not gone, "tests/access/declared.py has lines of what is no more:\n" + "\n".join(gone)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", list(Role))
def test_routes(stage: Stage, role: Role, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong: list[str] = []
    for way, door in ROUTES.items():
        if not isinstance(door, Open):
            wrong += wrong_on_route(Probe(stage, role, caplog), way, door)
    assert not wrong, "\n".join(wrong)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", list(Role))
def test_verbs(stage: Stage, role: Role, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong: list[str] = []
    for name, verb in VERBS.items():
        wrong += wrong_on_verb(Probe(stage, role, caplog), name, verb)
    assert not wrong, "\n".join(wrong)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", list(Role))
def test_buttons(stage: Stage, role: Role, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong: list[str] = []
    for name in BUTTONS:
        wrong += wrong_on_button(Probe(stage, role, caplog), name)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", [role for role in Role if role in HOLDERS])
def test_exported_files(stage: Stage, role: Role, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """Every part of the file that a role is given is read, as an archive of XML: no canary, no whole number in it."""
    box = Dropbox(tmp_path / "exports")
    with undone(stage.engine):
        with uow.transaction() as s:
            actor = actor_by_userid(s, role.value, NOW)
            many = exported.count(s, actor, list(exports.SHEETS), {}, NOW)
            exports.ask(s, actor, list(exports.SHEETS), {}, many, NOW, entrance="console")
            s.execute(update(ExportJob).values(state=ExportState.RUNNING, approver_id=actor.person_id))
        assert write_exports(lambda: NOW, box) == 1
        with uow.reading() as s:
            key = s.scalars(select(ExportJob.file_key)).one()
        told = unpacked(box.path(key))
    things = stage.world.of(role, Relation.OWN)
    assert things is not None
    assert things.canaries["report"] in told  # what is his own stands in it, and is found where it is looked for
    assert things.canaries["own"] in told
    assert things.canaries["phone"] in told
    assert Probe(stage, role, caplog).leaks(f"{role} export", told, NOBODYS) == []


def test_the_table_names_every_role_and_a_merged_customer_is_there_for_who_sees_what_it_went_into() -> None:
    assert set(MAY) == EVERYBODY
    assert all(may.get(Relation.MERGED) == may.get(Relation.OTHER) for may in MAY.values())
    assert all(READ in to for may in MAY.values() for to in may.values())


def test_a_leak_would_be_found(stage: Stage, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """The canaries sing: each one of a record that a rep may not see, put into an answer, is a finding."""
    shutil.rmtree(tmp_path)
    probe = Probe(stage, Role.REP, caplog)
    hidden = stage.world.things[Role.REP, Relation.OTHER]
    for kind, word in hidden.canaries.items():
        assert (
            probe.leaks("made up", f"…{word}…", NOBODYS)
            == [f"made up: tells {kind} of {role} other" for role in sorted(Role)][:5]
        )
    assert probe.leaks("made up", stage.world.things[Role.REP, Relation.OWN].canaries["phone"], NOBODYS) == []
