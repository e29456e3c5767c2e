"""Work one run of a timed job: lease it, keep the lease alive while it works, write down what it did."""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from crm import policy as numbers
from crm import uow
from crm.flows import archive, archive_digests, contacts, directory, outdoor, tags
from crm.flows.evidence import read_evidence
from crm.usecases import archive_talks, attachments, retention, slots
from crm.usecases.directory import Counts
from crm.usecases.slots import Slot
from crm.usecases.visit_uploads import purge_orphans
from gateways.wecom.errors import WecomError
from jobs import deliver, inbox, sealing, spool, sweeps
from jobs.book import Book, until_answered
from jobs.wiring import Wiring, file_store, fixed

log = logging.getLogger(__name__)

_RENEW_EVERY = timedelta(seconds=15)
_LINES_KEPT = 200


class Interrupted(Exception):
    """The process is stopping, or somebody else has the lease: leave the rest to him."""


def work_one(w: Wiring, *, unclaimed_for: timedelta = timedelta(0), go_on: Callable[[], bool] = lambda: True) -> bool:
    """False when no run waits. What it did becomes the run's outcome, the lines that `sweep` would print."""
    slot = uow.attempt(lambda s: slots.lease_next(s, w.clock(), unclaimed_for=unclaimed_for))
    if slot is None:
        return False
    holding = _Holding(w, slot, go_on)
    try:
        lines = [line for line in holding.over(perform(w, slot.job, w.clock())) if line]
    except Interrupted:
        return True
    except Exception as error:
        log.exception("%s of %s failed", slot.job, slot.slot)
        words = f"出错：{type(error).__name__} {error}"
        uow.attempt(lambda s: slots.record_failed(s, holding.slot, words, w.clock()))
        return True
    outcome = "\n".join(lines[:_LINES_KEPT]) + (f"\n……共 {len(lines)} 行" if len(lines) > _LINES_KEPT else "")
    uow.attempt(lambda s: slots.record_done(s, holding.slot, outcome, w.clock()))
    log.info("%s of %s: done, %s lines", slot.job, slot.slot, len(lines))
    return True


def perform(w: Wiring, job: str, now: datetime, *, dry_run: bool = False) -> Iterator[str]:
    """Do a timed job as if it were `now`: a line for each thing it did. ValueError for a name that is none.

    Empty lines tell that it goes on: between two lines the lease is renewed, so no stretch of work may be long.
    """
    if job in sweeps.SWEEPS:
        yield from sweeps.run(job, now, dry_run=dry_run)
    elif dry_run:
        raise ValueError(f"{job} 不能试运行：它不判断，只搬运")
    elif job == "deliver":
        yield f"送出尝试 {deliver.deliver_due(w.client.send, w.render, fixed(now))} 次"
    elif job == "inbox":
        yield f"处理事件 {inbox.work_due(w.handlers, fixed(now))} 次"
    elif job == "seal-audit":
        yield from _sealed(w)
    elif job == "directory":
        counts = Counts()
        yield from directory.steps(w.client.patient(), now, counts, until_answered)
        yield from directory_lines(counts)
    elif job == "contacts":
        pull = contacts.Pull(Book(w.client.patient()), now, until_answered)
        yield from pull.steps()
        yield from contacts.lines(pull.outcome())
    elif job == "tags":
        yield from _tags_told(w, now)
    elif job == "drain-spool":
        yield f"补收回调 {spool.drain(w.spool, w.settings)} 条"
    elif job == "purge":
        yield from _purged(now)
    elif job == "files":
        yield from _files_swept(w, now)
    elif job == "evidence":
        yield from _evidence_read(w)
    elif job == outdoor.JOB:
        yield from outdoor.run(w.client.check_ins, _forbidden, now)
    elif job == archive_talks.JOB:
        yield from archive_digests.run(w.summarise, now)
    elif job == archive.JOB:
        if w.archive:
            yield from archive.run(w.archive.source, w.archive.consents, WecomError, now)
    else:
        raise ValueError(f"没有叫「{job}」的任务，可用的有：{'、'.join(JOBS)}")


JOBS = (
    *sweeps.SWEEPS,
    "deliver",
    "inbox",
    "seal-audit",
    "directory",
    "contacts",
    "tags",
    "drain-spool",
    "purge",
    "files",
    "evidence",
    archive.JOB,
    archive_talks.JOB,
    outdoor.JOB,
)


def _forbidden(error: Exception) -> bool:
    return isinstance(error, WecomError) and error.forbidden


def _sealed(w: Wiring) -> Iterator[str]:
    total = 0
    for sealed in sealing.seal(sealing.head_file(w.settings)):
        total += sealed
        yield ""
    yield f"封存审计 {total} 条" if total else ""


def _purged(now: datetime) -> Iterator[str]:
    total = 0
    for purge in retention.PURGES:
        while gone := uow.attempt(partial(_batch, purge, now)):
            total += gone
            yield ""
    yield f"清理过期记录 {total} 行"


def _files_swept(w: Wiring, now: datetime) -> Iterator[str]:
    """Rows first: what they let go of here lies among the orphans a moment later."""
    rows = files = 0
    for purge in (attachments.purge_removed, purge_orphans):
        while gone := uow.attempt(partial(_batch, purge, now)):
            rows += gone
            yield ""
    for removed in file_store(w.settings).sweep(_named):
        files += removed
        yield ""
    with uow.reading() as s:
        policy = numbers.current(s)
    stray = timedelta(days=policy.stray_files_days)
    lists = max(stray, timedelta(hours=policy.export_hours + 24))  # what may still be fetched stays
    for box, kept in ((w.incoming, stray), (w.outgoing, lists)):
        files += box.sweep(kept.total_seconds())
    if rows or files:
        yield f"清理移除过的附件和没用上的照片 {rows} 个，删除没有记录的文件 {files} 个"


def _tags_told(w: Wiring, now: datetime) -> Iterator[str]:
    total = 0
    while tags.tell_next(w.client.customers, now):
        total += 1
        yield ""
    yield f"把标签的改动告诉企业微信 {total} 次" if total else ""


def _evidence_read(w: Wiring) -> Iterator[str]:
    total = 0
    for one in read_evidence(file_store(w.settings)):
        total += one
        yield ""
    yield f"读完以前的凭证 {total} 份" if total else ""


def _named(names: list[str]) -> set[str]:
    with uow.reading() as s:
        return attachments.named_files(s, names)


def _batch(purge: Callable[[uow.Session, datetime], int], now: datetime, s: uow.Session) -> int:
    return purge(s, now)


def directory_lines(counts: Counts) -> Iterator[str]:
    """Counts and reasons, as `sync directory` prints them."""
    yield (
        f"部门 {counts.teams} 个，成员 {counts.people} 位：新增 {counts.created}，变化 {counts.changed}，"
        f"未出现 {counts.missing}"
    )
    yield from counts.reasons


class _Holding:
    """A lease that is renewed between the objects of a run."""

    def __init__(self, w: Wiring, slot: Slot, go_on: Callable[[], bool]) -> None:
        self._w, self.slot, self._go_on = w, slot, go_on

    def over(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            yield line
            self._hold()

    def _hold(self) -> None:
        now = self._w.clock()
        if not self._go_on():
            with suppress(Exception):  # without this the lease simply runs out
                uow.attempt(lambda s: slots.record_failed(s, self.slot, "进程停止，由其他进程接着做", now))
            raise Interrupted
        if now < self.slot.until - slots.LEASE + _RENEW_EVERY:
            return
        renewed = uow.attempt(lambda s: slots.renew(s, self.slot, now))
        if renewed is None:
            raise Interrupted
        self.slot = renewed
