"""A check-in: once however often it is sent, and counted for whoever held the customer on its day."""

from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from config.vocabulary import Datum, FixSource
from crm import uow
from crm.errors import NotFound
from crm.usecases.visits import CheckInDone, CheckInDraft, check_in
from models.messages import OutboxMessage
from models.visits import Visit
from tests.support.company import DAY, IDS, NOW, actor, customer, rows
from tests.usecases.ledger import release


def visit(userid: str, customer_id: int, at: datetime, now: datetime, client: str = "v1") -> CheckInDone:
    draft = CheckInDraft(
        client, customer_id, 31.23, 121.47, Datum.GCJ02, 20.0, FixSource.MINIAPP, at, "泵房", "看了旧泵"
    )
    return uow.attempt(lambda s: check_in(s, actor(userid), draft, now, entrance="miniapp"))


def test_a_visit_of_day_44_that_arrives_on_day_46_is_his_and_the_supervisor_is_asked(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    release(made, NOW + 45 * DAY)
    done = visit("Zhang", made, NOW + 44 * DAY, NOW + 46 * DAY)
    assert not done.again
    (kept,) = rows(Visit)
    assert (kept.owner_then_id, kept.visited_at) == (IDS["zhang"], NOW + 44 * DAY)
    asked = rows(OutboxMessage, OutboxMessage.person_id == IDS["li"])[-1]
    assert asked.notice["title"] == "回收前已拜访，是否退还？甲机电"
    assert [b["text"] for b in asked.notice["buttons"]] == ["退还", "不退还"]


def test_the_same_visit_sent_again_after_the_release_is_the_same_visit(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    first = visit("Zhang", made, NOW + DAY, NOW + DAY)
    release(made, NOW + 46 * DAY)
    again = visit("Zhang", made, NOW + DAY, NOW + 47 * DAY)
    assert (again.public_id, again.again) == (first.public_id, True)
    assert len(rows(Visit)) == 1


@pytest.mark.parametrize("who", ["sun", "qian"])
def test_who_did_not_hold_it_on_that_day_cannot_visit_it(company: Engine, who: str) -> None:
    made = customer("Zhang", "甲机电")
    release(made, NOW + 45 * DAY)
    with pytest.raises(NotFound):
        visit(who, made, NOW + 44 * DAY, NOW + 46 * DAY)
    assert rows(Visit) == []
