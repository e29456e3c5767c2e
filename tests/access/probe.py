"""One role's finger on everything: what he is answered, and everything that he was told by the way."""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from config.vocabulary import Role
from console.guard import COOKIE, csrf_of
from crm import policy, uow
from crm.access import actor_by_userid
from crm.cards import UNDO, close_matter
from crm.messages import Tap, prompt_card
from crm.notices import Choice, Notice, Selection
from models.messages import OutboxMessage
from models.people import Person
from tests.access.declared import BUTTONS, MAY, OPERATORS, About, Beyond, Page
from tests.access.stage import Stage
from tests.access.world import NOW, Relation, Things, undone

BLANK = re.compile(r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>")
_STAY = ("friend", "todo", "todo_public", "lead", "project")  # whose they are, when the customer goes into another one


@dataclass
class Probe:
    """Every call meets the same company: whatever it did is taken back."""

    stage: Stage
    role: Role
    log: pytest.LogCaptureFixture

    def ask(self, way: str, door: Page | About | Beyond, things: Things | None) -> tuple[TestResponse, str]:
        method, rule = way.split(" ")
        client = self.stage.app.test_client()
        body: Mapping[str, Any]
        if isinstance(door, Page):
            body, address = door.body, door.at or rule
        else:
            body = door.asks(things) if things else {}
            blanks = {"loser_id": "twin"}  # every other blank is the thing itself
            address = BLANK.sub(lambda blank: str(getattr(things, blanks.get(blank[1], door.thing))), rule)
        self.log.clear()
        with undone(self.stage.engine):
            last = self.last_told()
            if rule.startswith("/api/"):
                headers = {"Authorization": f"Bearer {self.stage.world.api[self.role]}"}
                kwargs: dict[str, Any] = {"data" if "file" in body else "json": body} if body else {}
                answer = client.open(address, method=method, headers=headers, buffered=True, **kwargs)
            else:
                token = self.stage.world.console[self.role]
                client.set_cookie(COOKIE, token, path="/console")
                headers = {"X-CSRF-Token": csrf_of(token), "Origin": "http://localhost", "HX-Request": "true"}
                answer = client.open(address, method=method, headers=headers, buffered=True, data=dict(body))
            body_told = read(answer)
            said = f"{body_told}\n{answer.headers}\n{self.log.text}\n{self.told_since(last)}"
        return answer, said

    def say(self, words: str) -> tuple[str, str]:
        self.log.clear()
        with undone(self.stage.engine):
            last = self.last_told()
            reply = self.stage.wecom.say(self.role.value, words)
            return reply, f"{reply}\n{self.log.text}\n{self.told_since(last)}"

    def tap(self, name: str, things: Things) -> tuple[str, str]:
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
            key, last = card.notice["buttons"][0]["key"], self.last_told()
            picked = {"SelectedItem": {"QuestionKey": "person", "OptionIds": {"OptionId": choice}}}
            tapped = self.stage.wecom.event(
                me, "template_card_event", EventKey=key, TaskId=f"m{card.id}", CardType="button_interaction",
                ResponseCode="r", **({"SelectedItems": picked} if choice else {}),
            )  # fmt: skip
            shown = self.stage.wecom.opened(self.stage.wecom.post(tapped))
            told = self.told_since(last)
            with uow.reading() as s:
                asked = (OutboxMessage.id > last, OutboxMessage.dedupe.startswith("refused:"))
                refused = s.scalars(select(OutboxMessage).where(*asked)).all()
        drawn = "" if shown is None else "".join(shown.itertext())
        refusal = refused[0].notice["body"] if refused else ""
        return refusal, f"{drawn}\n{told}\n{self.log.text}"

    def last_told(self) -> int:
        with uow.reading() as s:
            return s.scalar(select(OutboxMessage.id).order_by(OutboxMessage.id.desc()).limit(1)) or 0

    def told_since(self, last: int) -> str:
        """What was promised to this very person meanwhile."""
        with uow.reading() as s:
            me = select(Person.id).where(Person.userid == self.role.value).scalar_subquery()
            told = select(OutboxMessage.notice).where(OutboxMessage.id > last, OutboxMessage.person_id == me)
            return "\n".join(str(notice) for notice in s.scalars(told))

    def leaks(
        self, what: str, told: str, asked_for: Things, *, revealing: bool = False, book: bool = False,
        named: bool = False,
    ) -> list[str]:  # fmt: skip
        """Canaries of records that this role may not see, and whole numbers it should see in part."""
        wrong = []
        for (role, relation), things in self.stage.world.things.items():
            known = (things is asked_for and not revealing) or self.sees(role, relation)
            hidden = {} if known else dict(things.canaries)
            if relation is Relation.MERGED and book and self.role in OPERATORS:
                hidden = {}  # the book of who did what, and the mail, forget nothing
            if relation is Relation.MERGED:
                hidden = {kind: word for kind, word in hidden.items() if kind not in _STAY}
            whole = role is self.role and relation in (Relation.OWN, Relation.TOGETHER)
            whole = whole or (self.role is Role.TEAM_LEAD and self.sees(role, relation)) or revealing
            if not whole:
                hidden["phone"] = things.canaries["phone"]
            if named:
                hidden.pop("name", None)
            wrong += [f"{what}: tells {kind} of {role} {relation}" for kind, word in hidden.items() if word in told]
        return sorted(set(wrong))[:5]

    def sees(self, role: Role, relation: Relation) -> bool:
        """Whether the asker sees a record that stands in this relation to another role's asker."""
        if relation is Relation.MERGED:
            relation = Relation.OTHER
        common = relation in (Relation.TEAM, Relation.OTHER, Relation.QUEUE, Relation.LEAVER)
        if role is self.role or common or Relation.OTHER in MAY[self.role]:
            return relation in MAY[self.role]
        team_one = (Role.REP, Role.TEAM_LEAD)
        return Relation.TEAM in MAY[self.role] and role in team_one and relation is Relation.OWN


def read(answer: TestResponse) -> str:
    """The answer as text; of a workbook every part, unpacked."""
    data = answer.get_data()
    if data.startswith(b"PK") and zipfile.is_zipfile(BytesIO(data)):
        return unpacked(BytesIO(data))
    return data.decode(errors="replace")  # a picture is no text


def all_of(answer: TestResponse) -> tuple[int, bytes, Mapping[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name not in ("Date", "Content-Length")}
    return answer.status_code, answer.data, headers


def unpacked(file: Path | BytesIO) -> str:
    """Every part of a workbook as text."""
    with zipfile.ZipFile(file) as book:
        return "\n".join(book.read(name).decode(errors="replace") for name in book.namelist())
