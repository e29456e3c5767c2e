"""The console mounted alone over a furnished office, and browsers that are signed in as anybody."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.vocabulary import LoginVia
from console import ConsoleDeps, console
from console.guard import COOKIE, csrf_of
from crm import uow
from crm.reads.connection import Finding
from crm.usecases import sessions
from gateways.dropbox import Dropbox
from gateways.files import FileStore
from tests.console.office import NOW, furnish
from tests.support import stores

STATIC = Path(__file__).resolve().parents[2] / "web" / "dist" / "static"


class OutsideError(Exception):
    """What a gateway says when WeCom does not answer."""


@dataclass
class World:
    """The clock and the outside of one test."""

    now: datetime = NOW
    people: dict[str, str] = field(default_factory=dict)  # login code -> userid
    synced: int = 0
    uploads: Path = Path("nowhere")
    folder: Path = Path("nowhere")  # where files are kept
    told: str = "部门 3 个，成员 12 人"  # what a pull of the directory says
    findings: list[Finding] = field(default_factory=list)  # of the connection check
    checks: int = 0

    def clock(self) -> datetime:
        return self.now

    def who(self, code: str) -> str:
        if code not in self.people:
            raise OutsideError("企业微信没有认出这次扫码（40029），请重新扫码")
        return self.people.pop(code)

    def sync(self) -> str:
        self.synced += 1
        return self.told

    def check(self) -> Iterator[Finding]:
        self.checks += 1
        yield from self.findings


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(uploads=tmp_path / "imports", folder=tmp_path / "files")


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The office, furnished once; every test works on a copy."""
    path = tmp_path_factory.mktemp("office") / "crm.db"
    stores.upgrade(f"sqlite:///{path}")
    uow.connect(f"sqlite:///{path}")
    with uow.transaction() as s:
        furnish(s)
    uow.dispose()  # the last connection folds the write-ahead log into the file
    return path


@pytest.fixture
def app(tmp_path: Path, furnished: Path, world: World) -> Iterator[Flask]:
    shutil.copyfile(furnished, tmp_path / "crm.db")
    uow.connect(f"sqlite:///{tmp_path}/crm.db")
    made = Flask("console-under-test")
    made.register_blueprint(console(deps(world, STATIC)))
    yield made
    uow.dispose()


def deps(world: World, static: Path, *, secure: bool = False) -> ConsoleDeps:
    return ConsoleDeps(
        clock=world.clock,
        who=world.who,
        login_url="https://login.example/sso",
        corp_id="wwcorp",
        agent_id=1000002,
        public_url="http://localhost",
        static_dir=static,
        secure=secure,
        incoming=Dropbox(world.uploads),
        outgoing=Dropbox(world.uploads.parent / "exports"),
        files=FileStore(world.folder),
        outside_errors=(OutsideError,),
        sync_directory=world.sync,
        check=world.check,
    )


SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def sign_in(app: Flask) -> SignIn:
    """A browser with a session of this member; its form token goes along like the page's own."""

    def enter(userid: str) -> FlaskClient:
        token = session_of(userid)
        client = app.test_client()
        client.set_cookie(COOKIE, token, path="/console")
        client.environ_base["HTTP_X_CSRF_TOKEN"] = csrf_of(token)
        return client

    return enter


def session_of(userid: str, now: datetime = NOW) -> str:
    with uow.transaction() as s:
        return sessions.open_session(s, userid, LoginVia.CONSOLE, now)[0]
