"""A to-do speaks at the moment its person named, unless it was done, dropped or put off before."""

import pytest
from sqlalchemy import update
from sqlalchemy.engine import Engine

from config.vocabulary import OutboxState
from crm import policy as numbers
from crm import uow
from crm.agenda import agenda
from crm.errors import Gone
from crm.reads.my_day import my_day
from crm.rules.days import day_of
from crm.usecases import todos
from models.customers import Customer
from models.messages import OutboxMessage
from models.timeline import Todo
from tests.support.company import DAY, IDS, MINUTE, NOW, actor, customer, rows


def add(text: str = "送样品") -> int:
    due = NOW + DAY
    return uow.attempt(lambda s: todos.add_todo(s, actor("Zhang"), None, text, due, NOW, entrance="chat")).id


def waiting() -> list[tuple[str, object]]:
    ready = rows(OutboxMessage, OutboxMessage.state == OutboxState.READY)
    return [(row.notice["title"], row.due_at) for row in ready]


def test_it_is_promised_for_its_moment(company: Engine) -> None:
    add()
    assert waiting() == [("到点了：送样品", NOW + DAY)]


def test_done_before_it_is_never_said_and_undone_it_is_again(company: Engine) -> None:
    made = add()
    uow.attempt(lambda s: todos.finish_todo(s, actor("Zhang"), made, NOW + MINUTE, entrance="card"))
    assert waiting() == []
    uow.attempt(lambda s: todos.reopen_todo(s, actor("Zhang"), made, NOW + 2 * MINUTE, entrance="card"))
    assert waiting() == [("到点了：送样品", NOW + DAY)]


def test_put_off_it_moves_by_a_day_from_when_it_was_due(company: Engine) -> None:
    made = add()
    was, due = uow.attempt(lambda s: todos.postpone_todo(s, actor("Zhang"), made, None, NOW + MINUTE, entrance="card"))
    assert (was, due) == (NOW + DAY, NOW + 2 * DAY)
    assert waiting() == [("到点了：送样品", NOW + 2 * DAY)]
    assert rows(Todo)[0].due_at == NOW + 2 * DAY


def test_one_taken_back_was_never_done_and_says_so(company: Engine) -> None:
    dropped, done = add("没有的事"), add("送样品")
    by = actor("Zhang")
    for _ in range(2):
        assert uow.attempt(lambda s: todos.drop_todo(s, by, dropped, NOW, entrance="chat")) == "没有的事"
    uow.attempt(lambda s: todos.finish_todo(s, by, done, NOW, entrance="chat"))
    with uow.reading() as s:
        assert [what for _, what in my_day(s, by, day_of(NOW)).todos.lines] == ["送样品"]
    with pytest.raises(Gone, match="已经撤销了，不用再点"):
        uow.attempt(lambda s: todos.finish_todo(s, by, dropped, NOW, entrance="chat"))
    with pytest.raises(Gone, match="已经撤销了"):
        uow.attempt(lambda s: todos.reopen_todo(s, by, dropped, NOW, entrance="chat"))
    with pytest.raises(Gone, match="已经办完了，不用推迟"):
        uow.attempt(lambda s: todos.postpone_todo(s, by, done, None, NOW, entrance="chat"))
    with pytest.raises(Gone, match="已经办完了，没有撤销"):
        uow.attempt(lambda s: todos.drop_todo(s, by, done, NOW, entrance="chat"))


def test_the_next_ones_are_listed_after_today(company: Engine) -> None:
    add()
    with uow.reading() as s:
        (one,), more = todos.coming(s, actor("Zhang"), NOW, 5)
        assert (one.due_at, one.text, one.customer, more) == (NOW + DAY, "送样品", "", 0)
        assert todos.coming(s, actor("sun"), NOW, 5) == ([], 0)


def test_of_many_the_next_are_told_with_their_customers_and_the_one_just_added(company: Engine) -> None:
    made, by = customer("Zhang", "甲机电有限公司"), actor("Zhang")
    long_ago = NOW - DAY
    with uow.transaction() as s:
        for number in range(1, 8):
            todos.add_todo(s, by, made, f"第 {number} 件", NOW + number * DAY, long_ago, entrance="chat")
        todos.add_todo(s, by, made, "送样品", NOW + 30 * DAY, NOW, entrance="chat")
    with uow.reading() as s:
        shown, more = todos.coming(s, by, NOW + MINUTE, 5)
        assert [one.text for one in shown] == [*(f"第 {number} 件" for number in range(1, 6)), "送样品"]
        assert ({one.customer for one in shown}, more) == ({"甲机电有限公司"}, 2)
        titles = [item.title for item in agenda(s, by, NOW + DAY, numbers.current(s), numbers.calendar(s))]
        assert "甲机电有限公司：第 1 件" in titles
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.id == made).values(owner_id=IDS["qian"]))
    with uow.reading() as s:
        assert {one.customer for one in todos.coming(s, by, NOW + MINUTE, 5)[0]} == {""}
