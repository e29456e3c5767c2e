"""Plans, the route of a day, and calls over the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from crm import uow
from models.customers import Customer
from models.timeline import TimelineEntry
from tests.api.conftest import MINE, NOW, OTHERS, TEAMMATES, Phone
from tests.api.test_visits import visit

DAY = "2026-11-23"


def plan(client_id: str = "plan-1", **other: object) -> dict[str, Any]:
    return {"client_id": client_id, "customer_id": MINE, "day": DAY} | other


def call(client_id: str = "call-1", **other: object) -> dict[str, Any]:
    return {"client_id": client_id, "customer_id": MINE, "at": (NOW - timedelta(hours=1)).isoformat()} | other


def test_a_plan_is_made_once_moved_and_dropped(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    first, again = phone.post("/visit-plans", plan()), phone.post("/visit-plans", plan())
    assert (first.status_code, again.status_code, again.get_json()["again"]) == (201, 200, True)
    second = phone.post("/visit-plans", plan("plan-2", note="看泵房")).get_json()
    assert [one["place"] for one in second["plans"]] == [1, 2]
    assert phone.patch(f"/visit-plans/{second['id']}", {"place": 0}).status_code == 204
    told = phone.get(f"/visit-plans?day={DAY}").get_json()["plans"]
    assert [(one["id"], one["note"]) for one in told] == [(second["id"], "看泵房"), (first.get_json()["id"], "")]
    assert phone_of("li").get(f"/visit-plans?day={DAY}&person=zhang").get_json()["plans"] == told
    assert phone_of("sun").get(f"/visit-plans?day={DAY}&person=zhang").get_json()["plans"] == []
    for _ in range(2):
        assert phone.delete(f"/visit-plans/{second['id']}").status_code == 204
    assert phone.patch(f"/visit-plans/{second['id']}", {"place": 3}).status_code == 410
    assert phone.post("/visit-plans", plan("plan-3", customer_id=OTHERS)).status_code == 404


def test_ones_own_customers_around_a_point_are_offered(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    with uow.transaction() as s:
        mine = s.scalars(select(Customer).where(Customer.public_id == MINE)).one()
        mine.latitude, mine.longitude = 31.6530, 120.7510
    here = {"latitude": 31.6538, "longitude": 120.7510, "datum": "gcj02"}
    (near,) = phone.post("/visits/nearby", here).get_json()["customers"]
    assert (near["customer_id"], near["metres"], near["said"]) == (MINE, 89, "约 90 米")
    assert phone_of("sun").post("/visits/nearby", here).get_json()["customers"] == []
    assert phone.post("/visits/nearby", here | {"latitude": 31.7538}).get_json()["customers"] == []
    assert phone.post("/visits/nearby", here | {"latitude": 95}).status_code == 422
    asked = "/visits/nearby?latitude=31.6538&longitude=120.7510&datum=gcj02"
    assert phone.post(asked, {}).status_code == 422  # a position in an address would be read in logs
    assert phone.get(asked).status_code == 404


def test_the_route_lays_what_was_planned_beside_what_was_done(phone: Phone) -> None:
    made = phone.post("/visit-plans", plan()).get_json()["id"]
    phone.post("/visit-plans", plan("plan-2"))
    first = phone.post("/visits", visit(plan_id=made)).get_json()["id"]
    later = {"at": (NOW + timedelta(minutes=5)).isoformat(), "latitude": 31.239412}
    phone.post("/visits", visit("v-2", **later))
    told = phone.get(f"/route?day={DAY}").get_json()
    assert [one["visit_id"] for one in told["planned"]] == [first, ""]
    assert (told["done"], told["planned_metres"]) == (1, 0)
    assert [one["metres"] for one in told["actual"]] == [None, 1001]
    assert told["actual_metres"] == 1001
    phone.delete(f"/visits/{first}")
    assert phone.get(f"/route?day={DAY}").get_json()["done"] == 0


def test_a_visit_names_no_plan_of_somebody_else(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    theirs = phone_of("sun").post("/visit-plans", plan(customer_id=TEAMMATES)).get_json()["id"]
    assert phone.post("/visits", visit(plan_id=theirs)).status_code == 404


@pytest.mark.parametrize(
    ("told", "text", "counts"),
    [
        ({"reached": True, "note": "确认了口径和扬程"}, "电话接通：确认了口径和扬程", True),
        ({"reached": True, "note": "好"}, "电话接通：好", False),
        ({"reached": False}, "电话未接通", False),
        ({"reached": False, "note": "前台说王总出差到下周三才回来"}, "电话未接通：前台说王总出差到下周三才回来", False),
    ],
)
def test_what_came_of_a_call_is_a_follow_up_of_when_it_was(
    phone: Phone, told: dict[str, Any], text: str, counts: bool
) -> None:
    first, again = phone.post("/calls", call()), phone.post("/calls", call())
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json()["reached"] is None
    number = first.get_json()["id"]
    answers = [phone.patch(f"/calls/{number}", told) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    for answer in answers:
        assert answer.get_json()["counts"] == counts
        assert (answer.get_json()["remark"] == "") == counts
    assert phone.patch(f"/calls/{number}", {"reached": True, "note": "又想起来一件事"}).status_code == 409
    with uow.reading() as s:
        (entry,) = s.scalars(select(TimelineEntry))
        moved = s.get_one(Customer, 1).silent_since
    assert (entry.text, entry.counts, entry.at) == (text, counts, NOW - timedelta(hours=1))
    assert (moved == entry.at) == counts


def test_somebody_who_answered_said_something(phone: Phone) -> None:
    number = phone.post("/calls", call()).get_json()["id"]
    assert phone.patch(f"/calls/{number}", {"reached": True}).status_code == 422


def test_another_persons_call_is_not_there(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    number = phone.post("/calls", call()).get_json()["id"]
    assert phone_of("li").patch(f"/calls/{number}", {"reached": False}).status_code == 404
    assert phone.post("/calls", call("call-2", customer_id=OTHERS)).status_code == 404
    assert phone.post("/calls", call("call-2", contact_id="0" * 20)).status_code == 404
