"""The radar's index folded by night: fewer rows, the same answers, and nobody who adds a name meanwhile is lost."""

from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import Engine

from crm import name_index, uow
from crm.usecases.name_folding import fold, scattered
from jobs import sweeps
from models.base import bare
from models.names import NamePosting
from tests.support.company import NOW, at_once, customer, rows

WORDS = "恒宏瑞泽安达顺通源丰"
NAMES = [f"苏州{one}{other}水泵有限公司" for one in WORDS for other in WORDS if one != other][:40]


def found() -> list[list[name_index.Hit]]:
    with uow.reading() as s:
        return name_index.candidates_many(s, [*NAMES, "水泵", "苏州恒瑞"], 100)


def most_rows() -> int:
    with uow.reading() as s:
        many = select(func.count()).select_from(bare(NamePosting)).group_by(bare(NamePosting).c.token)
        return max(s.scalars(many))


@pytest.fixture
def by_hand(company: Engine) -> Engine:
    for name in NAMES:
        customer("Zhang", name)
    return company


def test_after_a_night_every_name_is_found_as_before_and_in_one_row_per_piece(by_hand: Engine) -> None:
    del by_hand
    before, scattered_in = found(), most_rows()
    assert scattered_in >= len(NAMES)
    assert list(sweeps.run("name-index", NOW, dry_run=True)) != []
    assert most_rows() == scattered_in
    assert set(sweeps.run("name-index", NOW)) == {""}
    assert most_rows() < 16
    assert found() == before
    assert list(sweeps.run("name-index", NOW)) == []
    customer("sun", "苏州恒和水泵有限公司")
    assert all(row.many == len(row.entries) // 4 for row in rows(NamePosting))
    assert any("恒和" in name for _, name in found()[-2])


def test_two_sweeps_at_once_write_nothing_twice(by_hand: Engine) -> None:
    del by_hand
    before = found()
    with uow.reading() as s:
        token = scattered(s, NOW)[0]
    at_once([partial(uow.attempt, lambda s: fold(s, token, NOW, dry_run=False))] * 4)
    assert len(rows(NamePosting, NamePosting.token == token)) == 1
    assert found() == before
