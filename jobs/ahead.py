"""An import's rows chunk by chunk, each read while the one before is written: in a process and on a core of its own."""

import logging
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeVar

from crm import uow
from crm.errors import CrmError

log = logging.getLogger(__name__)


class Numbered(Protocol):
    """A row of a sheet, by its number."""

    @property
    def number(self) -> int: ...


Row = TypeVar("Row", bound=Numbered)
Read = Callable[[int, int], list[Row]]  # (the number they stand behind, at most so many)
Many = Callable[[], int]
_FORK = multiprocessing.get_context("fork")


def in_turn(read: Read[Row], behind: int, many: Many) -> Iterator[list[Row]]:
    """Read by this process itself: for the scheduler, whose threads may hold any lock at the moment of a fork."""
    while rows := read(behind, many()):
        yield rows
        behind = rows[-1].number


def ahead(read: Read[Row], behind: int, many: Many) -> Iterator[list[Row]]:
    """Read by a fork of this process; whichever of the two dies, the other ends.

    For a fork of the worker: beside it there may be the nudger alone, which is prepared for it (`jobs/wiring.py`).
    """
    uow.dispose()  # a connection has one process
    ours, theirs = _FORK.Pipe()
    reader = _FORK.Process(target=_serve, args=(theirs, ours, read), daemon=True)
    reader.start()
    theirs.close()
    try:
        with _alive():
            ours.send((behind, many()))
        while rows := _answer(ours):
            with _alive():
                ours.send((rows[-1].number, many()))
            yield rows
    finally:
        ours.close()
        reader.kill()
        reader.join()


def _serve(asked: Connection, other_end: Connection, read: Read[Any]) -> None:
    other_end.close()
    with suppress(EOFError, ConnectionError):
        while True:
            question = asked.recv()
            try:
                answer: list[Any] | Exception = read(*question)
            except (uow.StoreDown, uow.TryAgain, CrmError) as error:
                answer = error
            except Exception as error:
                log.exception("reading ahead failed")
                answer = RuntimeError(repr(error))  # what it was may not get through a pipe
            asked.send(answer)


def _answer(reader: Connection) -> list[Any]:
    with _alive():
        answer: list[Any] | Exception = reader.recv()
    if isinstance(answer, Exception):
        raise answer
    return answer


@contextmanager
def _alive() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError):  # an OSError of no finer kind: it died in the middle of an answer
        raise uow.TryAgain("the process that reads ahead is gone") from None
