"""归属裁定: who may decide, what a decision does, what the deadline does."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from config.sheets import ContestVerdict
from crm import uow
from crm.errors import Conflict, NotFound
from crm.usecases import contests
from crm.usecases.followups import write_follow_up
from models.customers import Customer, OwnershipPeriod
from models.imports import Contest
from models.messages import OutboxMessage
from models.sharing import CustomerShare
from tests.imports.sheets import Desk, csv_of
from tests.support.company import DAY, IDS, NOW, actor, rows

NAME = "昆山恒泽水务"


@pytest.fixture
def contest(company: Engine, tmp_path: Path) -> Contest:
    """张三's sheet brought the customer, then 钱七's of the other team named it too."""
    desk = Desk(tmp_path)
    desk.done(actor("Zhang"), csv_of(("公司", "负责人"), (NAME, "张三")))
    second = desk.done(actor("qian"), csv_of(("公司", "负责人"), (NAME, "钱七")))
    assert desk.counts(second) == {"contested": 1}
    return rows(Contest)[0]


def _decide(who: str, verdict: ContestVerdict) -> str:
    with uow.transaction() as s:
        return contests.decide(
            s, actor(who), rows(Contest)[0].id, verdict, NOW + timedelta(hours=1), entrance="card"
        ).outcome


def test_nobody_holds_it_and_both_supervisors_are_asked(contest: Contest) -> None:
    one = rows(Customer)[0]
    assert (one.owner_id, one.queue_team_id) == (None, 2)
    assert {m.person_id for m in rows(OutboxMessage) if m.card_id} == {IDS["li"], IDS["wu"]}


@pytest.mark.parametrize(
    ("verdict", "winner"),
    [(ContestVerdict.FIRST, "zhang"), (ContestVerdict.SECOND, "qian"), (ContestVerdict.BOTH, "zhang")],
)
def test_a_decision_gives_it_to_one_of_them(contest: Contest, verdict: ContestVerdict, winner: str) -> None:
    _decide("wu", verdict)
    assert rows(Customer)[0].owner_id == IDS[winner]
    assert [p.reason for p in rows(OwnershipPeriod)] == ["created", "contested", "decided"]
    assert [share.person_id for share in rows(CustomerShare)] == (
        [IDS["qian"]] if verdict is ContestVerdict.BOTH else []
    )
    told = [m for m in rows(OutboxMessage) if m.dedupe.startswith("contest-result")]
    assert {m.person_id for m in told} == {IDS["zhang"], IDS["qian"]}
    with pytest.raises(Conflict, match="已经有结果"):
        _decide("li", ContestVerdict.FIRST)


@pytest.mark.parametrize("who", ["Zhang", "qian", "sun"])
def test_the_two_themselves_do_not_decide(contest: Contest, who: str) -> None:
    with pytest.raises(NotFound):
        _decide(who, ContestVerdict.SECOND)


def test_after_the_deadline_the_first_has_it(contest: Contest) -> None:
    with uow.reading() as s:
        assert contests.overdue(s, NOW) == []
    late = NOW + 3 * DAY
    with uow.reading() as s:
        assert contests.overdue(s, late) == [contest.id]
    with uow.transaction() as s:
        assert contests.let_the_first_have_it(s, contest.id, late, dry_run=False) is not None
    assert rows(Customer)[0].owner_id == IDS["zhang"]


def test_who_has_begun_to_work_keeps_it(company: Engine, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.done(actor("Zhang"), csv_of(("公司", "负责人"), (NAME, "张三")))
    with uow.transaction() as s:
        customer_id = s.scalars(select(Customer.id)).one()
        write_follow_up(s, actor("Zhang"), customer_id, "电话里谈了水泵的选型和交期", NOW, entrance="chat")
    second = desk.done(actor("qian"), csv_of(("公司", "负责人"), (NAME, "钱七")))
    assert desk.counts(second) == {"skipped": 1}
    assert rows(Customer)[0].owner_id == IDS["zhang"]


def test_one_sheet_that_names_two_owners_is_contested_too(company: Engine, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    done = desk.done(actor("wang"), csv_of(("公司", "负责人"), (NAME, "张三"), (NAME, "钱七"), (NAME, "张三")))
    assert desk.counts(done) == {"made": 1, "contested": 1, "merged": 1}
    assert rows(Customer)[0].owner_id is None
