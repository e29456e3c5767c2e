"""Work imports: read the sheet, judge its rows, do them, take them back; in short steps, from where it stands."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Protocol

from config.clock import Clock
from config.sheets import ImportState
from crm import uow
from crm.errors import CrmError
from crm.usecases import contests, import_check, import_run, import_undo, import_work
from crm.usecases.import_known import Judged
from crm.usecases.import_records import DOING
from crm.usecases.import_work import LeaseLost, Work
from gateways.dropbox import Dropbox
from gateways.sheets.reading import SheetError, sheet_of
from jobs.ahead import Many, Read, Row, in_turn

log = logging.getLogger(__name__)

_LOOKED_AT = 200  # lines among which the header is found and from which the samples are taken
_STAGED_AT_ONCE = 1000
_BREATH = 0.01  # seconds between two transactions: whoever waits for the store's one writer goes first
_LASTS = 0.12  # seconds that a transaction should take where everybody waits for it
_FEWEST, _MOST = 100, 1000  # rows of one
GoOn = Callable[[], bool]


class Chunks(Protocol):
    """How the rows behind a number are read, one chunk after another."""

    def __call__(self, read: Read[Row], behind: int, many: Many) -> Iterator[list[Row]]: ...


class _Pace:
    """How many rows are done in one transaction.

    Where all who write wait for it, as many as this machine manages in the time that they can wait. Its own waiting
    counts: the more others want the store, the more often they get it.
    """

    def __init__(self) -> None:
        self.rows = self._fewest = _FEWEST if uow.one_writer() else _MOST

    def attempt(self, work: Callable[[uow.Session], Work]) -> Work:
        began = time.monotonic()
        moved = uow.attempt(work)
        self.rows = max(self._fewest, min(_MOST, round(self.rows * _LASTS / (time.monotonic() - began))))
        return moved


def work_due(clock: Clock, box: Dropbox, *, go_on: GoOn = lambda: True, chunks: Chunks = in_turn) -> int:
    """Work imports until none waits or `go_on` says no; how many were taken up. Killed at any line, nothing is lost."""
    taken = 0
    while go_on() and work_one(clock, box, go_on=go_on, chunks=chunks):
        taken += 1
    return taken


def work_one(clock: Clock, box: Dropbox, *, go_on: GoOn = lambda: True, chunks: Chunks = in_turn) -> bool:
    """Bring one import to where a person's turn is, or to its end; False when none waits."""
    work = uow.attempt(lambda s: import_work.lease_next(s, clock()))
    if work is None:
        return False
    try:
        for reached in _WAYS[work.state](work, clock, box, chunks):
            work = reached
            if not go_on():
                uow.attempt(partial(import_work.hand_back, work=work))
                return True
            if uow.one_writer():
                time.sleep(_BREATH)
    except LeaseLost:
        log.info("import %s: stopped, or taken over by another worker", work.id)
    except (SheetError, CrmError) as error:
        words = str(error)
        uow.attempt(lambda s: import_work.fail(s, work, words, clock()))
        box.forget(work.file_key)
    except (uow.StoreDown, uow.TryAgain) as error:
        log.warning("import %s: %s; going on when the lease has run out", work.id, error)
    return True


def _read(work: Work, clock: Clock, box: Dropbox, _: Chunks) -> Iterator[Work]:
    """The file's rows into the store. Again from the start of the file after a crash, past what is there already."""
    try:
        opened = sheet_of(box.path(work.file_key))
        with opened as sheet:
            numbered = enumerate(sheet.rows, start=1)
            head = list(islice(numbered, _LOOKED_AT))
            lines = [cells for _, cells in head]
            above = uow.attempt(lambda s: import_work.begin(s, work, sheet.name, sheet.others, lines))
            waiting = (one for part in (iter(head), numbered) for one in part if one[0] > max(above, work.cursor))
            while some := list(islice(waiting, _STAGED_AT_ONCE)):
                rows = [(number, cells) for number, cells in some if any(cells)]
                work = uow.attempt(partial(_stage, work, rows, some[-1][0], clock))
                yield work
    except FileNotFoundError:
        raise SheetError("上传的文件已经不在服务器上了，请重新上传") from None
    if not work.rows:
        raise SheetError("这个文件里只有表头，没有数据。请确认数据在第一张有内容的工作表里，再上传")
    uow.attempt(lambda s: import_work.finish(s, work, ImportState.MAPPING, clock()))
    box.forget(work.file_key)
    try:
        uow.attempt(import_work.look_at_rows)
    except (uow.StoreDown, uow.TryAgain) as error:  # somebody tidies the table just now: it goes without, slower
        log.info("import %s: its rows were not looked at: %s", work.id, error)


def _stage(work: Work, rows: list[tuple[int, list[str]]], to: int, clock: Clock, s: uow.Session) -> Work:
    return import_work.stage(s, work, rows, to, clock())


def _check(work: Work, clock: Clock, _: Dropbox, chunks: Chunks) -> Iterator[Work]:
    with uow.reading() as s:
        asked = import_check.prepare(s, work, clock())
    pace = _Pace()

    def read(behind: int, many: int) -> list[Judged]:
        with uow.reading() as s:
            return import_check.read_next(s, replace(work, cursor=behind), asked, many)

    for rows in chunks(read, work.cursor, lambda: pace.rows):
        with uow.reading() as s:
            import_check.judge(s, work, asked, rows)
        work = pace.attempt(partial(_judged, work, rows, clock))
        yield work
    uow.attempt(lambda s: import_work.finish(s, work, ImportState.CHECKED, clock()))


def _judged(work: Work, judged: list[Judged], clock: Clock, s: uow.Session) -> Work:
    return import_check.record(s, work, judged, clock())


def _run(work: Work, clock: Clock, _: Dropbox, chunks: Chunks) -> Iterator[Work]:
    with uow.reading() as s:
        run = import_run.prepare(s, work, clock())
    pace = _Pace()

    def read(behind: int, many: int) -> list[import_run.Line]:
        with uow.reading() as s:
            return import_run.read_next(s, replace(work, cursor=behind), run, many)

    for lines in chunks(read, work.cursor, lambda: pace.rows):
        work = pace.attempt(partial(_do, work, run, lines, clock))
        yield work

    def end(s: uow.Session) -> None:
        import_work.finish(s, work, ImportState.DONE, clock())
        contests.announce(s, work.id, clock())

    uow.attempt(end)


def _do(work: Work, run: import_run.Run, lines: list[import_run.Line], clock: Clock, s: uow.Session) -> Work:
    return import_run.do(s, work, run, lines, clock(), DOING)


def _undo(work: Work, clock: Clock, _: Dropbox, __: Chunks) -> Iterator[Work]:
    while True:
        moved = uow.attempt(partial(_undone, work, clock))
        if moved is None:
            break
        work = moved
        yield work
    uow.attempt(lambda s: import_work.finish(s, work, ImportState.UNDONE, clock()))


def _undone(work: Work, clock: Clock, s: uow.Session) -> Work | None:
    return import_undo.undo_next(s, work, clock())


_WAYS: dict[ImportState, Callable[[Work, Clock, Dropbox, Chunks], Iterator[Work]]] = {
    ImportState.READING: _read,
    ImportState.CHECKING: _check,
    ImportState.RUNNING: _run,
    ImportState.UNDOING: _undo,
}
