"""Real sheets as people send them: each row comes in or says why not, and none is lost on the way."""

import csv
import io
import os
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy.engine import Engine

from config.sheets import ImportKind, RowOutcome
from models.customers import Customer
from tests.imports.sheets import Desk
from tests.support.company import actor, rows

DATA = os.environ.get("REAL_DATA_DIR", "")
SAMPLES = sorted((Path(DATA) / "import_samples").glob("*.*")) if DATA else []
NONE = [pytest.param(Path(), marks=pytest.mark.skip(reason="skipped: REAL_DATA_DIR not set"))]


@pytest.fixture
def desk(company: Engine, tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def table(sample: Path) -> list[list[str]]:
    """The sheet as another reader sees it, without its empty rows."""
    if sample.suffix == ".csv":
        raw = sample.read_bytes()
        try:
            words = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            words = raw.decode("gb18030")
        found = list(csv.reader(io.StringIO(words, newline="")))
    else:
        book = CalamineWorkbook.from_path(str(sample))
        found = [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python()]
    return [row for row in found if any(cell.strip() for cell in row)]


@pytest.mark.parametrize("sample", SAMPLES or NONE, ids=lambda one: one.name)
def test_every_row_of_a_sample_comes_in_or_says_why_not(desk: Desk, sample: Path) -> None:
    """Of a sheet without a header a person says which column is the company; anything else is as it was guessed."""
    who = actor("wang")
    public_id = desk.upload(who, sample.read_bytes(), ImportKind.CUSTOMERS, sample.name)
    desk.work()
    job = desk.job(public_id)
    assert job.state == "mapping", job.error
    headed = table(sample)[0] == list(job.headers)
    many = len(table(sample)) - headed
    named = next(
        (header for header, one in zip(job.headers, job.mapping, strict=True) if one["target"] == "customer.name"),
        job.headers[0],
    )
    desk.map(who, public_id, targets={named: "customer.name"})
    desk.work()
    desk.start(who, public_id)
    desk.work()
    assert desk.job(public_id).state == "done"
    ended = desk.rows(public_id)
    assert len(ended) == many
    made = [one for one in ended if one.outcome == RowOutcome.MADE]
    assert sum(desk.counts(public_id).values()) == many
    assert all(one.said for one in ended if one.outcome != RowOutcome.MADE)
    assert len(rows(Customer)) == len(made) > 0
