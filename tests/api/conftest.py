"""A small company, the API mounted as the web process mounts it, and phones that are signed in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, text
from werkzeug.test import TestResponse

from config.vocabulary import CustomerLevel, CustomerSource, HolderKind, LoginVia, OwnershipReason, PersonStatus, Role
from crm import uow
from crm.usecases.pipelines import install_ladders
from crm.usecases.sessions import open_session
from gateways.files import FileStore
from miniapp_api import ApiDeps, Wecom, api
from models.customers import Contact, Customer, OwnershipPeriod
from models.people import Person, Team, TeamLeader
from tests.support import stores
from tests.support.outside import TinyOutside
from tests.support.postgres import Server

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CANARY = "金丝雀"  # in every text of the other team's records
MINE, TEAMMATES, OTHERS, QUEUED = (c * 20 for c in "abcd")


class CodeRefused(Exception):
    """What a gateway says of a login code that is no good."""

    kind = "expired"


class LineDown(Exception):
    """What a gateway says when the other side cannot be reached."""

    kind = "retry"


def who(code: str) -> str:
    """`code-USERID` is good; everything else is refused as WeCom refuses it."""
    if code == "down":
        raise LineDown
    if code == "bug":
        raise ZeroDivisionError("inner detail")
    if not code.startswith("code-"):
        raise CodeRefused
    return code.removeprefix("code-")


@dataclass
class Shifting:
    """A clock that tests move."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Phone:
    """A client that shows one person's token."""

    client: FlaskClient
    token: str
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get("/api/v1" + path, headers=self.headers, **kwargs)

    def post(self, path: str, body: object, key: str = "") -> TestResponse:
        return self.client.post("/api/v1" + path, json=body, headers=self._with(key))

    def patch(self, path: str, body: object, key: str = "") -> TestResponse:
        return self.client.patch("/api/v1" + path, json=body, headers=self._with(key))

    def delete(self, path: str, key: str = "") -> TestResponse:
        return self.client.delete("/api/v1" + path, headers=self._with(key))

    def _with(self, key: str) -> dict[str, str]:
        return self.headers | ({"Idempotency-Key": key} if key else {})


def make_app(
    clock: Callable[[], datetime],
    files: Path,
    wecom: Wecom | None = None,
    outside_errors: tuple[type[Exception], ...] = (),
) -> APIFlask:
    app = APIFlask(__name__, title="CRM", spec_path="/api/openapi.json", docs_path="/api/docs")
    logins = {LoginVia.MINIAPP: who, LoginVia.SIDEBAR: who}
    errors: tuple[type[Exception], ...] = (CodeRefused, LineDown, *outside_errors)
    deps = ApiDeps(clock, logins, errors, FileStore(files), wecom or TinyOutside().wecom())
    app.register_blueprint(api(deps))
    return app


def people_the_company(engine: Engine) -> None:
    with uow.transaction() as s:
        install_ladders(s)
        for number, (name, path) in enumerate(
            (("总公司", "/1/"), ("一组", "/1/2/"), (f"{CANARY}组", "/1/3/")), start=1
        ):
            parent = None if number == 1 else 1
            s.add(Team(id=number, department_id=number, name=name, path=path, parent_id=parent))
            s.flush()
        for number, (userid, role, status, team) in enumerate(
            (
                ("zhang", Role.REP, PersonStatus.ACTIVE, 2),
                ("li", Role.TEAM_LEAD, PersonStatus.ACTIVE, 2),
                ("sun", Role.REP, PersonStatus.ACTIVE, 2),
                (CANARY, Role.REP, PersonStatus.ACTIVE, 3),
                ("off", Role.REP, PersonStatus.DISABLED, 2),
                ("left", Role.REP, PersonStatus.LEFT, 2),
            ),
            start=1,
        ):
            s.add(
                Person(
                    id=number, userid=userid, userid_key=userid.casefold(), name=f"{userid}名", role=role,
                    status=status, team_id=team, changed_at=NOW,
                )
            )  # fmt: skip
        s.flush()
        s.add(TeamLeader(team_id=2, person_id=2))
        for number, (public_id, name, kind, holder) in enumerate(
            (
                (MINE, "甲机电", HolderKind.PERSON, 1),
                (TEAMMATES, "乙水泵", HolderKind.PERSON, 3),
                (OTHERS, f"{CANARY}阀门", HolderKind.PERSON, 4),
                (QUEUED, f"{CANARY}待分配", HolderKind.QUEUE, 3),
            ),
            start=1,
        ):
            person = kind is HolderKind.PERSON
            began = NOW - timedelta(days=31)
            s.add(
                Customer(
                    id=number, public_id=public_id, name=name, name_key=name, level=CustomerLevel.NORMAL,
                    source=CustomerSource.EVENT, owner_id=holder if person else None,
                    queue_team_id=None if person else holder, silent_since=began, created_at=began,
                    latitude=31.23, longitude=121.47,
                )
            )  # fmt: skip
            s.flush()
            s.add(
                OwnershipPeriod(
                    customer_id=number, holder_kind=kind, holder_id=holder, reason=OwnershipReason.CREATED,
                    started_at=began,
                )
            )  # fmt: skip
            s.add(Contact(customer_id=number, name=f"{name}联系人", phone="13800000000", created_at=began))
        if engine.dialect.name == "postgresql":  # ids that were written out have not moved the sequences on
            for table in ("team", "person", "customer"):
                s.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 100)"))


@pytest.fixture
def clock() -> Shifting:
    return Shifting()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/crm.db"
    stores.upgrade(url)
    engine = uow.connect(url)
    people_the_company(engine)
    yield engine
    uow.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def both_stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/crm.db"
        stores.upgrade(url)
    else:
        server: Server = request.getfixturevalue("postgres_server")
        url = server.create_database(server.template("migrated", uow.upgrade))
    engine = uow.connect(url)
    people_the_company(engine)
    yield engine
    uow.dispose()


@pytest.fixture
def app(engine: Engine, clock: Shifting, tmp_path: Path) -> APIFlask:
    return make_app(clock, tmp_path / "files")


@pytest.fixture
def phone_of(app: APIFlask, clock: Shifting) -> Callable[[str], Phone]:
    def signed_in(userid: str) -> Phone:
        with uow.transaction() as s:
            token, _ = open_session(s, userid, LoginVia.MINIAPP, clock())
        return Phone(app.test_client(), token)

    return signed_in


@pytest.fixture
def phone(phone_of: Callable[[str], Phone]) -> Phone:
    """The rep who owns `MINE`."""
    return phone_of("zhang")


@pytest.fixture
def statements(engine: Engine) -> list[str]:
    """Every SQL statement since the list was last cleared."""
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    return seen
