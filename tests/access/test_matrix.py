"""Every route, verb and button as every role on a record of every relation: let in, told no, or not there at all."""

import logging
import re
import shutil
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from bot import forms, router
from config.sheets import ExportState
from config.vocabulary import Role
from console.guard import COOKIE, csrf_of
from crm import policy, uow
from crm.access import DECIDE, HOLDERS, READ, WRITE, actor_by_userid
from crm.cards import UNDO, close_matter
from crm.messages import Tap, prompt_card
from crm.notices import Choice, Notice, Selection
from crm.reads import exports as exported
from crm.usecases import exports
from gateways.dropbox import Dropbox
from jobs.exports import work_due as write_exports
from models.imports import ExportJob
from models.messages import OutboxMessage
from models.people import Person
from tests.access.declared import (
    BUTTONS,
    EVERYBODY,
    LISTS,
    MAY,
    OPERATORS,
    ROUTES,
    VERBS,
    Asks,
    Door,
    Friend,
    Mine,
    Open,
    Page,
    Plain,
    Record,
    Say,
)
from tests.access.stage import Stage, staged
from tests.access.world import NOBODYS, NOW, Relation, Things, undone
from tests.support.postgres import Server

_BLANK = re.compile(r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>")
_TOLD_AT = re.compile(r"（\d\d:\d\d:\d\d）")
_STAY = ("friend", "todo", "lead", "project")  # whose they are, when the customer goes into another one
_FRIENDS = (Relation.OWN, Relation.TEAM, Relation.OTHER, Relation.LEAVER)


def shape(rule: Rule) -> str:
    """`/contacts/<int(max=…):number>` as the table writes it: `/contacts/<number>`."""
    return _BLANK.sub(lambda blank: f"<{blank[1]}>" if "path:" not in blank[0] else blank[0], rule.rule)


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


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", list(Role))
def test_routes(stage: Stage, role: Role, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong: list[str] = []
    for way, door in ROUTES.items():
        if not isinstance(door, Open):
            wrong += Probe(stage, role, caplog).route(way, door)
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", list(Role))
def test_verbs(stage: Stage, role: Role, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong: list[str] = []
    for name, verb in VERBS.items():
        wrong += Probe(stage, role, caplog).verb(name, verb)
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", list(Role))
def test_buttons(stage: Stage, role: Role, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong: list[str] = []
    for name in BUTTONS:
        wrong += Probe(stage, role, caplog).button(name)
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
        told = _unpacked(box.path(key))
    things = stage.world.of(role, Relation.OWN)
    assert things is not None
    assert things.canaries["report"] in told  # what is his own stands in it, and is found where it is looked for
    assert things.canaries["own"] in told
    assert things.canaries["phone"] in told
    assert Probe(stage, role, caplog)._leaks(f"{role} export", told, NOBODYS) == []


def _unpacked(file: Path | BytesIO) -> str:
    """Every part of a workbook as text."""
    with zipfile.ZipFile(file) as book:
        return "\n".join(book.read(name).decode(errors="replace") for name in book.namelist())


@dataclass
class Probe:
    """One role's finger on everything; `wrong` sentences come back from each."""

    stage: Stage
    role: Role
    log: pytest.LogCaptureFixture

    def route(self, way: str, door: Door) -> list[str]:
        if isinstance(door, Page):
            answer, told = self._ask(way, door, None)
            wrong = self._leaks(way, told, NOBODYS, book=door.roles <= OPERATORS)
            if self.role not in door.roles:
                fine = answer.status_code == (404 if "/console/" in way else 403)
                return wrong + ([] if fine else [f"{self.role} {way}: {answer.status_code}, for other roles only"])
            bad = answer.status_code >= 500 or (answer.status_code in (401, 403) and not door.at)
            return wrong + ([f"{self.role} {way}: {answer.status_code}"] if bad else [])
        nothing, _ = self._ask(way, door, NOBODYS)
        wrong = []
        for relation in Relation:
            things = self.stage.world.of(self.role, relation)
            if things is None or relation not in self._relations(door):
                continue
            answer, told = self._ask(way, door, things)
            what = f"{self.role} {way} {relation}"
            expected = self._expected(door, relation)
            if way.startswith("POST /api/") and isinstance(door, Friend) and self.role not in door.roles:
                expected = "barred"  # a desk has no such page; the API says that it is not for him
            if expected == "yes" and (answer.status_code in (401, 403, 404) or answer.status_code >= 500):
                wrong.append(f"{what}: {answer.status_code} {answer.get_data()[-200:]!r}, should be let in")
            if expected == "no" and answer.status_code != 403:
                wrong.append(f"{what}: {answer.status_code}, should be refused by name")
            if expected == "gone" and _all_of(answer) != _all_of(nothing):
                wrong.append(f"{what}: {answer.status_code}, differs from what does not exist ({nothing.status_code})")
            if expected == "barred" and (answer.status_code != 403 or _all_of(answer) != _all_of(nothing)):
                wrong.append(f"{what}: {answer.status_code}, should be barred by role, whoever's it is")
            if expected == "gone" and answer.status_code != 404:
                wrong.append(f"{what}: {answer.status_code}, should not be there")
            seen = things if expected == "yes" or relation in MAY[self.role] else NOBODYS
            wrong += self._leaks(what, told, seen, revealing="phone" in way)
        return wrong

    def _relations(self, door: Door) -> Collection[Relation]:
        """A friend is nobody's customer yet; of one's own notes the merged customer's say that it is gone."""
        if isinstance(door, Friend):
            return _FRIENDS
        return [one for one in Relation if one is not Relation.MERGED or not isinstance(door, Mine)]

    def _expected(self, door: Record | Mine | Friend | Any, relation: Relation) -> str:
        """`yes`, `no` (it is there, and that is said), or `gone`."""
        may = MAY[self.role].get(relation, frozenset())
        if isinstance(door, Mine):
            return "yes" if relation is Relation.OWN else "gone"
        if isinstance(door, Friend):
            return "yes" if DECIDE in may and self.role in door.roles else "gone"
        if self.role not in door.roles:
            return "gone"
        if door.to in may:
            return "yes"
        return "no" if may and getattr(door, "thing", "") != "share" else "gone"

    def _ask(self, way: str, door: Door, things: Things | None) -> tuple[TestResponse, str]:
        method, rule = way.split(" ")
        client = self.stage.app.test_client()
        body = door.asks(things) if things and isinstance(door, Record | Mine | Friend) else getattr(door, "body", {})
        thing = str(getattr(door, "thing", ""))
        address = getattr(door, "at", "") or _BLANK.sub(lambda _: str(getattr(things, thing)), rule)
        self.log.clear()
        with undone(self.stage.engine):
            last = self._last_told()
            if rule.startswith("/api/"):
                headers = {"Authorization": f"Bearer {self.stage.world.api[self.role]}"}
                kwargs: dict[str, Any] = {"data" if "file" in body else "json": body} if body else {}
                answer = client.open(address, method=method, headers=headers, buffered=True, **kwargs)
            else:
                token = self.stage.world.console[self.role]
                client.set_cookie(COOKIE, token, path="/console")
                headers = {"X-CSRF-Token": csrf_of(token), "Origin": "http://localhost", "HX-Request": "true"}
                answer = client.open(address, method=method, headers=headers, buffered=True, data=dict(body))
            body_told = _read(answer)
            said = f"{body_told}\n{answer.headers}\n{self.log.text}\n{self._told_since(last)}"
        return answer, said

    def verb(self, name: str, verb: Say | Plain | Asks) -> list[str]:
        if isinstance(verb, Plain):
            _, told = self._say(verb.words)
            return self._leaks(f"{self.role} /{name}", told, NOBODYS)
        nothing, _ = self._say(verb.words.format(name=NOBODYS.name))
        missing = nothing.replace(NOBODYS.name, "□")
        wrong = []
        for relation in Relation:
            things = self.stage.world.of(self.role, relation)
            if things is None:
                continue
            reply, told = self._say(verb.words.format(name=things.name))
            what, may = f"{self.role} /{name} {relation}", MAY[self.role].get(relation, frozenset())
            if not may:
                told = told.replace(things.name, "□")  # he typed it himself
            wrong += self._leaks(what, told, things if may else NOBODYS)
            if "系统出错" in reply:
                wrong.append(f"{what}: {reply}")
            if isinstance(verb, Asks):
                continue
            same = reply.replace(things.name, "□") == missing
            if not may and not same:
                wrong.append(f"{what}: {reply!r}, differs from a name that does not exist: {missing!r}")
            if verb.to in may and same:
                wrong.append(f"{what}: {reply!r}, should be let in")
            if may and verb.to not in may and "共享给您看" not in reply and "只有负责人" not in reply:
                wrong.append(f"{what}: {reply!r}, should be refused by name")
        return wrong

    def _say(self, words: str) -> tuple[str, str]:
        self.log.clear()
        with undone(self.stage.engine):
            last = self._last_told()
            reply = self.stage.wecom.say(self.role.value, words)
            return reply, f"{reply}\n{self.log.text}\n{self._told_since(last)}"

    def button(self, name: str) -> list[str]:
        tapping = BUTTONS[name]
        nothing, _ = self._tap(name, NOBODYS)
        wrong = []
        for relation in Relation:
            things = self.stage.world.of(self.role, relation)
            if things is None or (tapping.of == "friend" and relation not in _FRIENDS):
                continue
            if tapping.of not in ("customer", "friend") and relation is Relation.MERGED:
                continue
            refusal, told = self._tap(name, things)
            what, may = f"{self.role} [{name}] {relation}", MAY[self.role].get(relation, frozenset())
            if "系统出错" in refusal + nothing:
                wrong.append(f"{what}: {refusal or nothing}")
            if tapping.to is None:
                continue
            if tapping.of not in ("customer", "friend"):
                may = frozenset({WRITE}) if relation is Relation.OWN else frozenset()
            elif tapping.of == "friend":
                may = frozenset({WRITE}) if DECIDE in may else frozenset()
            wrong += self._leaks(what, told, things if relation in MAY[self.role] else NOBODYS)
            if self.role not in tapping.roles:
                wrong += [] if refusal else [f"{what}: done, is for other roles"]
                continue
            if not may and refusal != nothing:
                wrong.append(f"{what}: {refusal!r}, differs from what does not exist: {nothing!r}")
            if tapping.to in may and refusal == nothing != "" and not name.startswith(UNDO):
                wrong.append(f"{what}: {refusal!r}, should be let in")
            if may and tapping.to not in may and not refusal:
                wrong.append(f"{what}: done, should be refused")
        return wrong

    def _tap(self, name: str, things: Things) -> tuple[str, str]:
        """The refusal ("" where it was done), and everything that was told."""
        tapping, me = BUTTONS[name], self.role.value
        self.log.clear()
        with undone(self.stage.engine):
            with uow.transaction() as s:
                actor = actor_by_userid(s, me, NOW)
                choice = tapping.choice(things)
                selection = Selection("person", "选", (Choice(choice, "某人"),)) if choice else None
                notice, taps = Notice(title="试", selection=selection), [Tap("按", name, tapping.args(things))]
                prompt_card(
                    s, actor.person_id, notice, taps, matter="probe", dedupe="probe", now=NOW, policy=policy.current(s)
                )
                if name.startswith(UNDO):
                    close_matter(s, "probe", "做了", NOW, by=actor)
            with uow.reading() as s:
                card = s.scalars(select(OutboxMessage).where(OutboxMessage.dedupe == "probe")).one()
            key, last = card.notice["buttons"][0]["key"], self._last_told()
            picked = {"SelectedItem": {"QuestionKey": "person", "OptionIds": {"OptionId": choice}}}
            tapped = self.stage.wecom.event(
                me, "template_card_event", EventKey=key, TaskId=f"m{card.id}", CardType="button_interaction",
                ResponseCode="r", **({"SelectedItems": picked} if choice else {}),
            )  # fmt: skip
            shown = self.stage.wecom.opened(self.stage.wecom.post(tapped))
            told = self._told_since(last)
            with uow.reading() as s:
                asked = (OutboxMessage.id > last, OutboxMessage.dedupe.startswith("refused:"))
                refused = s.scalars(select(OutboxMessage).where(*asked)).all()
        drawn = "" if shown is None else "".join(shown.itertext())
        refusal = _TOLD_AT.sub("", refused[0].notice["body"]) if refused else ""
        return refusal, f"{drawn}\n{told}\n{self.log.text}"

    def _last_told(self) -> int:
        with uow.reading() as s:
            return s.scalar(select(OutboxMessage.id).order_by(OutboxMessage.id.desc()).limit(1)) or 0

    def _told_since(self, last: int) -> str:
        """What was promised to this very person meanwhile."""
        with uow.reading() as s:
            me = select(Person.id).where(Person.userid == self.role.value).scalar_subquery()
            told = select(OutboxMessage.notice).where(OutboxMessage.id > last, OutboxMessage.person_id == me)
            return "\n".join(str(notice) for notice in s.scalars(told))

    def _leaks(
        self, what: str, told: str, asked_for: Things, *, revealing: bool = False, book: bool = False
    ) -> list[str]:
        """Canaries of records that this role may not see, and whole numbers it should see in part."""
        wrong = []
        for (role, relation), things in self.stage.world.things.items():
            if (things is asked_for and not revealing) or self._sees(role, relation):
                hidden = {}
            else:
                hidden = dict(things.canaries)
            if relation is Relation.MERGED and book and self.role in OPERATORS:
                hidden = {}  # the book of who did what, and the mail, forget nothing
            if relation is Relation.MERGED:
                hidden = {kind: word for kind, word in hidden.items() if kind not in _STAY}
            whole = role is self.role and relation in (Relation.OWN, Relation.TOGETHER)
            whole = whole or (self.role is Role.TEAM_LEAD and self._sees(role, relation)) or revealing
            if not whole:
                hidden["phone"] = things.canaries["phone"]
            wrong += [f"{what}: tells {kind} of {role} {relation}" for kind, word in hidden.items() if word in told]
        return sorted(set(wrong))[:5]

    def _sees(self, role: Role, relation: Relation) -> bool:
        """Whether the asker sees a record that stands in this relation to another role's asker."""
        if relation is Relation.MERGED:
            relation = Relation.OTHER
        common = relation in (Relation.TEAM, Relation.OTHER, Relation.QUEUE, Relation.LEAVER)
        if role is self.role or common or Relation.OTHER in MAY[self.role]:
            return relation in MAY[self.role]
        team_one = (Role.REP, Role.TEAM_LEAD)
        return Relation.TEAM in MAY[self.role] and role in team_one and relation is Relation.OWN


def _read(answer: TestResponse) -> str:
    """The answer as text; of a workbook every part, unpacked."""
    data = answer.get_data()
    if data.startswith(b"PK") and zipfile.is_zipfile(BytesIO(data)):
        return _unpacked(BytesIO(data))
    return data.decode(errors="replace")  # a picture is no text


def _all_of(answer: TestResponse) -> tuple[int, bytes, Mapping[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name not in ("Date", "Content-Length")}
    return answer.status_code, answer.data, headers


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
            probe._leaks("made up", f"…{word}…", NOBODYS)
            == [f"made up: tells {kind} of {role} other" for role in sorted(Role)][:5]
        )
    assert probe._leaks("made up", stage.world.things[Role.REP, Relation.OWN].canaries["phone"], NOBODYS) == []
