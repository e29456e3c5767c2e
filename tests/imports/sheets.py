"""Sheets for the tests, and the way of an import from the upload to its end, as the console and the jobs go it."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import func, select

from config.sheets import ImportKind
from crm import uow
from crm.access import Actor
from crm.columns import choice
from crm.usecases import imports
from gateways.dropbox import Dropbox
from jobs import imports as jobs
from models.imports import ImportJob, ImportRow
from tests.support.company import NOW, rows

Row = Sequence[str]


def csv_of(*lines: Row, encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue().encode(encoding)


class Desk:
    """One folder of uploads and a clock that stands still."""

    def __init__(self, folder: Path, now: datetime = NOW) -> None:
        self.box, self.now = Dropbox(folder / "imports"), now

    def upload(self, who: Actor, sheet: bytes, kind: ImportKind = ImportKind.CUSTOMERS, name: str = "表.csv") -> str:
        key = self.box.keep(io.BytesIO(sheet), 20 << 20)
        with uow.transaction() as s:
            return imports.upload(s, who, kind, name, key, self.now, entrance="console")

    def work(self) -> None:
        jobs.work_due(lambda: self.now, self.box)

    def map(
        self,
        who: Actor,
        public_id: str,
        *,
        go_live: date | None = None,
        mine: bool = False,
        targets: dict[str, str] | None = None,
    ) -> None:
        """Take the guessed columns, but for those named here by their header."""
        job = self.job(public_id)
        mapping = [
            {"target": (targets or {}).get(header, one["target"]), "unit": one["unit"]}
            for header, one in zip(job.headers, job.mapping, strict=True)
        ]
        options = imports.Options(go_live or self.now.date(), mine)
        with uow.transaction() as s:
            known = choice(s, ImportKind(job.kind))
            imports.map_columns(
                s, who, public_id, mapping, options, self.now, known=known.known, needed=known.needed, many=known.many,
                entrance="console",
            )  # fmt: skip

    def start(self, who: Actor, public_id: str) -> None:
        with uow.transaction() as s:
            imports.start(s, who, public_id, self.now, entrance="console")

    def checked(self, who: Actor, sheet: bytes, kind: ImportKind = ImportKind.CUSTOMERS, *, mine: bool = False) -> str:
        """Up to the dry run."""
        public_id = self.upload(who, sheet, kind)
        self.work()
        assert self.job(public_id).state == "mapping", self.job(public_id).error
        self.map(who, public_id, mine=mine)
        self.work()
        return public_id

    def done(self, who: Actor, sheet: bytes, kind: ImportKind = ImportKind.CUSTOMERS, *, mine: bool = False) -> str:
        """From the upload to the end, as it was guessed and as it is usually decided."""
        public_id = self.checked(who, sheet, kind, mine=mine)
        self.start(who, public_id)
        self.work()
        assert self.job(public_id).state == "done"
        return public_id

    def job(self, public_id: str) -> ImportJob:
        return rows(ImportJob, ImportJob.public_id == public_id)[0]

    def rows(self, public_id: str) -> list[ImportRow]:
        return rows(ImportRow, ImportRow.job_id == self.job(public_id).id)

    def counts(self, public_id: str) -> dict[str, int]:
        """How many rows ended how."""
        with uow.reading() as s:
            mine = select(ImportRow.outcome, func.count()).where(ImportRow.job_id == self.job(public_id).id)
            return dict(s.execute(mine.group_by(ImportRow.outcome)).all())
