"""One request, click or job is one transaction. Nobody else commits."""

import logging
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session as Session  # the entrances name it, and know no SQL
from sqlalchemy.orm import sessionmaker

from crm.errors import CrmError

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger(__name__)

_READING = {"reading": True}
_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_TRIES = 4
_OFTEN, _SELDOM = (0.001, 0.004), (0.008, 0.016)  # seconds between two questions for SQLite's one lock
_MAPPED = 512 * 1024 * 1024  # bytes of an SQLite file
T = TypeVar("T")
_sessions = sessionmaker(expire_on_commit=False, autoflush=False)
_hooks: list[Callable[[frozenset[str]], None]] = []


class TryAgain(Exception):
    """Another transaction was faster; nothing of this one has happened, and the next try may well succeed."""


class StoreDown(Exception):
    """The database cannot be reached, or stayed busy too long: nothing of this transaction has happened.

    Time mends it. A statement that fails whenever it is run is not meant: it stays the error it is.
    """


def connect(url: str, *, patient: bool = True) -> Engine:
    """Point every session of this process at `url`.

    `patient=False` is the web's way: it gives up after two seconds (SQLite) or one (PostgreSQL); a callback is spooled.
    An error of the database does not repeat what people wrote: its words go into logs, outcomes and alarms.
    """
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        timeout = 15.0 if patient else 2.0
        engine = create_engine(
            url, hide_parameters=True, connect_args={"timeout": timeout, "check_same_thread": False}, pool_size=16
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", partial(_begin_sqlite, timeout, _SELDOM if patient else _OFTEN))
    else:
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_size=16,
            max_overflow=8,
            pool_pre_ping=True,
            pool_timeout=30.0 if patient else 2.0,
            connect_args={
                "connect_timeout": 10 if patient else 1,
                "keepalives_idle": 60,  # seconds: what a firewall has dropped is noticed before a job waits for it
                # Waiting for a lock ends first, so that a statement timeout can only mean the statement itself.
                "options": f"-c statement_timeout={60_000 if patient else 4_000} "
                # No statement of ours runs so long that compiling it would pay; and a page that is looked up costs no
                # more than the next one where it lies in memory or on a disk without arms.
                f"-c lock_timeout={50_000 if patient else 3_000} -c timezone=UTC -c jit=off -c random_page_cost=1.1",
            },
        )
    _sessions.configure(bind=engine)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # we begin ourselves, see _begin_sqlite
    cursor = connection.cursor()
    # A list of a large company walks past more pages than the cache of a connection holds: mapped, they cost no call.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"mmap_size={_MAPPED}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(timeout: float, pauses: tuple[float, float], connection: Connection) -> None:
    """A deferred BEGIN would lose the race when it first writes: writers take the lock at once.

    SQLite itself asks for a taken lock at longer and longer intervals, up to 100 ms, so that whoever has waited longest
    is the least likely to get it: under load some wait for seconds. Asking evenly, nobody is left behind; and the web,
    where somebody waits for an answer, asks more often than a job.
    """
    if connection.get_execution_options().get("reading"):
        connection.exec_driver_sql("BEGIN")
        return
    file: Any = connection.connection.driver_connection
    file.execute("PRAGMA busy_timeout=0")
    try:
        give_up = time.monotonic() + timeout
        while _is_taken(file) and time.monotonic() < give_up:
            time.sleep(random.uniform(*pauses))
        if not file.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # fails, in the words that `_told_apart` knows
    finally:
        file.execute(f"PRAGMA busy_timeout={int(timeout * 1000)}")


def _is_taken(file: Any) -> bool:
    """Try to take the writers' lock: whether somebody else has it."""
    try:
        file.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode == sqlite3.SQLITE_BUSY
    return False


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema to `revision` (Alembic)."""
    from alembic import command  # here, since no process that serves needs it and each would load it for half a second

    command.upgrade(_alembic(url), revision)


def downgrade(url: str, revision: str) -> None:
    from alembic import command

    command.downgrade(_alembic(url), revision)


def _alembic(url: str) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "models" / "migrations"))
    config.attributes["url"] = url
    return config


def on_commit(hook: Callable[[frozenset[str]], None]) -> None:
    """Hear, after a commit, which kinds of work it left (`nudge`). Never raise; nothing may depend on it."""
    _hooks.append(hook)


def nudge(s: Session, kind: str) -> None:
    """Say that this transaction leaves work of a kind (`outbox`, `inbox`) for somebody else."""
    s.info.setdefault("nudges", set()).add(kind)


def one_writer() -> bool:
    """Whether everybody who writes waits for the one who is writing: SQLite. Elsewhere only for the same rows."""
    with _sessions() as s:
        return s.get_bind().dialect.name == "sqlite"


@contextmanager
def transaction() -> Iterator[Session]:
    """Everything inside commits together, or not at all."""
    with _told_apart(), _sessions() as s, s.begin():
        yield s
    left = frozenset(s.info.get("nudges", ()))
    if left:
        for hook in _hooks:
            hook(left)


@contextmanager
def reading() -> Iterator[Session]:
    """A consistent look, one moment for all its statements, without taking the writers' lock.

    PostgreSQL is told with the BEGIN itself, which costs no round trip, and refuses to write; SQLite's snapshot begins
    with the first statement.
    """
    with _told_apart(), _sessions() as s:
        s.connection(execution_options=_SNAPSHOT if s.get_bind().dialect.name == "postgresql" else _READING)
        yield s


@contextmanager
def _told_apart() -> Iterator[None]:
    """Three ways a statement fails: trying again will do, the store is away, or the statement is wrong."""
    try:
        yield
    except DBAPIError as error:
        if _worth_another_try(error):
            raise TryAgain(str(error.orig)) from error
        if error.connection_invalidated or _away(error):
            raise StoreDown(str(error.orig)) from error
        raise
    except PoolTimeout as error:
        raise StoreDown("every connection is in use") from error


def attempt(work: Callable[[Session], T]) -> T:
    """`work` in a transaction of its own, again when a twin in another process was faster.

    A rerun sees what the twin committed, so `work` must look before it acts. What a refusal `leaves` is kept.
    """
    try:
        return _attempt(work)
    except CrmError as refusal:
        if refusal.leaves is not None:
            _attempt(refusal.leaves)
        raise


def _attempt(work: Callable[[Session], T]) -> T:
    for turn in range(1, _TRIES):
        try:
            with transaction() as s:
                return work(s)
        except TryAgain as error:
            log.info("transaction tried again (%d): %s", turn, error)
            time.sleep(random.uniform(0.005, 0.02) * 2**turn)
    try:
        with transaction() as s:
            return work(s)
    except TryAgain as error:
        raise _out_of_tries(error) from error


def _out_of_tries(error: TryAgain) -> Exception:
    """A key that is taken every time is our own mistake; transactions that get in each other's way are a busy store."""
    cause = error.__cause__
    if isinstance(cause, DBAPIError) and _state(cause) not in _IN_THE_WAY:
        return cause
    return StoreDown(str(error))


_IN_THE_WAY = ("40001", "40P01")  # serialization failure, deadlock
_UNIQUE = "23505"
_LOCK_TIMEOUT, _CANCELLED = "55P03", "57014"
_AWAY_CLASSES = ("08", "53", "57")  # connection, resources, operator intervention
_AWAY_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)


def _worth_another_try(error: DBAPIError) -> bool:
    """Serialization failure, deadlock, a unique key taken meanwhile; SQLite uses words."""
    if _state(error) in (*_IN_THE_WAY, _UNIQUE):
        return True
    return "UNIQUE constraint failed" in str(error.orig)


def _away(error: DBAPIError) -> bool:
    """Whether the store is to blame and not the statement: by SQLSTATE, or by SQLite's primary result code."""
    state = _state(error)
    if state:
        return state == _LOCK_TIMEOUT or (state[:2] in _AWAY_CLASSES and state != _CANCELLED)
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _AWAY_SQLITE
    return isinstance(error, OperationalError)  # a connection that was refused or lost says no more than that


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def reachable() -> bool:
    """For /readyz: can the store answer at all?"""
    try:
        with reading() as s:
            s.connection().exec_driver_sql("SELECT 1")
    except StoreDown:
        return False
    return True


def dispose() -> None:
    """Let go of every connection: before a fork, and between tests."""
    engine = _sessions.kw.get("bind")
    if isinstance(engine, Engine):
        engine.dispose()
