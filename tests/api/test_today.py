"""A person's day on the phone: what the morning's list says, and to-dos that are ticked off and opened again."""

from collections.abc import Callable
from datetime import timedelta

from crm import uow
from crm.access import actor_by_userid
from crm.usecases.followups import write_follow_up
from crm.usecases.todos import add_todo
from tests.api.conftest import CANARY, MINE, NOW, OTHERS, Phone


def note(who: str, at: str, text: str, hours: int) -> str:
    due = NOW + timedelta(hours=hours)
    with uow.transaction() as s:
        return add_todo(s, actor_by_userid(s, who), at, text, due, NOW, entrance="chat").public_id


def due(phone: Phone) -> list[str]:
    return [one["title"] for one in phone.get("/today").get_json()["things"] if one["kind"] == "todo"]


def test_the_day_is_what_is_due_what_comes_and_what_was_done(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    note("zhang", MINE, "送样品", 3)
    note("zhang", MINE, "回访", 50)
    note(CANARY, OTHERS, f"{CANARY}的事", 3)
    with uow.transaction() as s:
        write_follow_up(s, actor_by_userid(s, "zhang"), MINE, "电话确认了口径和扬程", NOW, entrance="chat")
    day = phone.get("/today")
    assert day.status_code == 200
    body = day.get_json()
    assert body["day"] == "2026-11-23"
    assert [(one["kind"], one["title"], one["why"]) for one in body["things"]] == [
        ("todo", "甲机电：送样品", "今天到期")
    ]
    assert [(one["customer"], one["text"]) for one in body["coming"]] == [("甲机电", "回访")]
    assert body["done"] == {"follow_ups": 1, "visits": 0, "moves": 0, "quotes": 0, "todos": 0}
    assert CANARY not in day.get_data(as_text=True)


def test_a_customer_about_to_be_lost_is_on_the_list_by_its_id(phone: Phone) -> None:
    (one,) = phone.get("/today").get_json()["things"]
    assert (one["kind"], one["id"], one["title"]) == ("silent", MINE, "甲机电")


def test_a_tick_is_once_and_can_be_taken_back_by_its_owner_alone(
    phone: Phone, phone_of: Callable[[str], Phone]
) -> None:
    todo = note("zhang", MINE, "送样品", 3)
    assert phone_of("sun").post(f"/todos/{todo}/finish", {}).status_code == 404
    assert phone.post(f"/todos/{todo}/finish", {}, "key-1").status_code == 204
    assert phone.post(f"/todos/{todo}/finish", {}, "key-1").status_code == 204
    assert due(phone) == []
    assert phone.get("/today").get_json()["done"]["todos"] == 1
    assert phone.post(f"/todos/{todo}/finish", {}, "key-2").status_code == 410
    assert phone.post(f"/todos/{todo}/reopen", {}).status_code == 204
    assert due(phone) == ["甲机电：送样品"]


def test_the_day_asks_the_store_no_more_often_for_a_hundred_todos(phone: Phone, statements: list[str]) -> None:
    note("zhang", MINE, "送样品", 3)
    phone.get("/today")
    statements.clear()
    phone.get("/today")
    few = len(statements)
    for number in range(100):
        note("zhang", MINE, f"第 {number} 件", 3)
    statements.clear()
    assert len(due(phone)) == 101
    assert len(statements) == few
