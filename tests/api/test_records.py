"""Customers, follow-ups and check-ins: what one's own phone can do, and that nobody else's records exist for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from crm import uow
from models.customers import Customer
from models.timeline import TimelineEntry, Todo
from models.visits import Visit
from tests.api.conftest import CANARY, MINE, NOW, OTHERS, QUEUED, TEAMMATES, Phone, Shifting

TEXT = "和王总谈妥了二期的交货时间，下周寄样机"


def check_in(**other: object) -> dict[str, Any]:
    return {
        "client_id": "visit-1",
        "customer_id": MINE,
        "latitude": 31.23,
        "longitude": 121.47,
        "datum": "gcj02",
        "at": NOW.isoformat(),
        "sent_at": NOW.isoformat(),
        "device": "phone-1",
    } | other


def test_the_list_holds_ones_own_customers_with_days_left_and_why(phone: Phone) -> None:
    body = phone.get("/customers").get_json()
    assert [row["id"] for row in body["customers"]] == [MINE]
    assert (body["total"], body["next_cursor"]) == (1, None)
    row = body["customers"][0]
    assert (row["name"], row["silent_days"], row["team"]) == ("甲机电", 31, "一组")
    assert 0 < row["days_left"] <= 15
    assert "已 31 天没有跟进" in row["why"]


def test_a_lead_pages_through_his_team_and_no_further(phone_of: Callable[[str], Phone]) -> None:
    lead = phone_of("li")
    first = lead.get("/customers?limit=1&sort=name").get_json()
    second = lead.get(f"/customers?limit=1&sort=name&cursor={first['next_cursor']}").get_json()
    assert {first["customers"][0]["id"], second["customers"][0]["id"]} == {MINE, TEAMMATES}
    assert (first["total"], second["next_cursor"]) == (2, None)


def test_the_list_is_searched_by_name(phone_of: Callable[[str], Phone]) -> None:
    lead = phone_of("li")
    assert [row["id"] for row in lead.get("/customers?query=水泵").get_json()["customers"]] == [TEAMMATES]
    assert lead.get(f"/customers?query={CANARY}").get_json()["customers"] == []


def test_ones_own_customer_is_shown_whole_and_without_any_inner_number(phone: Phone) -> None:
    phone.post(f"/customers/{MINE}/follow-ups", {"text": TEXT})
    body = phone.get(f"/customers/{MINE}").get_json()
    assert (body["id"], body["mine"], body["silent_days"]) == (MINE, True, 0)
    (contact,) = body["contacts"]
    assert (contact["name"], contact["phone"], contact["masked"]) == ("甲机电联系人", "13800000000", False)
    assert [(entry["text"], entry["author"]) for entry in body["timeline"]] == [(TEXT, "zhang名")]
    assert not [key for key in body if key.endswith("_id")]


@pytest.mark.parametrize(
    "not_mine", [OTHERS, QUEUED, TEAMMATES, "f" * 20, "1", "%00", "A" * 20, "' OR 1=1 --", "a" * 64]
)
def test_not_yours_looks_exactly_like_not_there(phone: Phone, not_mine: str) -> None:
    there = [
        phone.get(f"/customers/{not_mine}"),
        phone.post(f"/customers/{not_mine}/follow-ups", {"text": TEXT}),
        phone.post("/visits", check_in(customer_id=not_mine)),
    ]
    missing = phone.get("/customers/" + "0" * 20)
    for answer in there:
        assert answer.status_code == 404
        assert answer.data == missing.data
        assert dict(answer.headers) == dict(missing.headers)


def test_nothing_of_another_team_reaches_a_phone_by_any_way(phone_of: Callable[[str], Phone]) -> None:
    theirs = phone_of(CANARY)
    entry = theirs.post(f"/customers/{OTHERS}/follow-ups", {"text": f"{CANARY}：{TEXT}"}).get_json()["id"]
    theirs.post("/visits", check_in(customer_id=OTHERS, report=CANARY))
    for userid in ("zhang", "li"):
        phone = phone_of(userid)
        answers = [
            phone.get("/me"),
            *(phone.get(f"/customers?sort={sort}") for sort in ("days_left", "name", "last_activity", "newest")),
            phone.get("/customers?query=阀门"),
            phone.get(f"/customers/{MINE}"),
            phone.get(f"/customers/{OTHERS}"),
            phone.post(f"/customers/{OTHERS}/follow-ups", {"text": TEXT}),
            phone.post("/visits", check_in(customer_id=OTHERS)),
            phone.delete(f"/follow-ups/{entry}"),
        ]
        for answer in answers:
            assert CANARY not in answer.get_data(as_text=True) + str(answer.get_json()) + str(answer.headers)
    with uow.reading() as s:
        assert s.scalar(select(func.count()).select_from(TimelineEntry).where(TimelineEntry.customer_id == 3)) == 2


def test_a_follow_up_restarts_the_clock_and_may_leave_a_to_do(phone: Phone) -> None:
    later = NOW + timedelta(days=3)
    answer = phone.post(f"/customers/{MINE}/follow-ups", {"text": TEXT, "next_follow_up_at": later.isoformat()})
    assert answer.status_code == 201
    body = answer.get_json()
    assert (body["counts"], body["customer_name"]) == (True, "甲机电")
    with uow.reading() as s:
        assert s.get_one(Customer, 1).silent_since == NOW
        assert s.scalars(select(Todo)).one().due_at == later


def test_a_next_time_that_has_passed_saves_nothing(phone: Phone) -> None:
    answer = phone.post(f"/customers/{MINE}/follow-ups", {"text": TEXT, "next_follow_up_at": NOW.isoformat()})
    assert (answer.status_code, list(answer.get_json()["fields"])) == (422, ["next_follow_up_at"])
    with uow.reading() as s:
        assert s.scalar(select(func.count()).select_from(TimelineEntry)) == 0


def test_a_follow_up_is_taken_back_within_ten_minutes(phone: Phone, clock: Shifting) -> None:
    entry = phone.post(f"/customers/{MINE}/follow-ups", {"text": TEXT}).get_json()["id"]
    clock.now += timedelta(minutes=10)
    answer = phone.delete(f"/follow-ups/{entry}")
    assert (answer.status_code, answer.data) == (204, b"")
    assert phone.get(f"/customers/{MINE}").get_json()["timeline"] == []


def test_after_ten_minutes_it_stays_and_the_answer_says_so(phone: Phone, clock: Shifting) -> None:
    entry = phone.post(f"/customers/{MINE}/follow-ups", {"text": TEXT}).get_json()["id"]
    clock.now += timedelta(minutes=10, seconds=1)
    answer = phone.delete(f"/follow-ups/{entry}")
    assert (answer.status_code, answer.get_json()["code"]) == (410, "gone")


def test_another_persons_follow_up_cannot_be_taken_back_not_even_by_his_lead(
    phone: Phone, phone_of: Callable[[str], Phone]
) -> None:
    entry = phone.post(f"/customers/{MINE}/follow-ups", {"text": TEXT}).get_json()["id"]
    lead = phone_of("li")
    refused, missing = lead.delete(f"/follow-ups/{entry}"), lead.delete("/follow-ups/" + "0" * 20)
    assert (refused.status_code, refused.data) == (404, missing.data)


def test_a_check_in_is_recorded_once_however_often_it_is_sent(phone: Phone) -> None:
    first, second = phone.post("/visits", check_in()), phone.post("/visits", check_in())
    assert (first.status_code, second.status_code) == (201, 200)
    assert (first.get_json()["again"], second.get_json()["again"]) == (False, True)
    assert first.get_json()["id"] == second.get_json()["id"]
    assert first.get_json()["distance_m"] == 0
    with uow.reading() as s:
        assert s.scalar(select(func.count()).select_from(Visit)) == 1


@pytest.mark.parametrize(
    ("shift", "status"),
    [
        (timedelta(days=2), 201),  # by a clock that was put right before it was sent: now at the latest
        (timedelta(days=-30), 201),
        (timedelta(days=-30, seconds=-1), 422),
    ],
)
def test_a_check_in_is_of_the_last_thirty_days(phone: Phone, shift: timedelta, status: int) -> None:
    answer = phone.post("/visits", check_in(at=(NOW + shift).isoformat()))
    assert answer.status_code == status
    if status == 422:
        assert list(answer.get_json()["fields"]) == ["at"]


@pytest.mark.parametrize("off", [timedelta(days=-1, minutes=3), timedelta(hours=7), timedelta(days=400)])
def test_a_wrong_clock_of_the_phone_moves_no_visit_to_another_day(phone: Phone, off: timedelta) -> None:
    """It says at the same time when it sends: an hour ago is an hour ago."""
    hour = timedelta(hours=1)
    told = {"at": NOW - hour + off, "fix_at": NOW - hour + off, "sent_at": NOW + off}
    answer = phone.post("/visits", check_in(**{name: moment.isoformat() for name, moment in told.items()}))
    assert (answer.status_code, answer.get_json()["verdict"]) == (201, "doubtful")
    assert any("手机时间" in one for one in answer.get_json()["signals"])
    with uow.reading() as s:
        (kept,) = s.scalars(select(Visit))
    assert (kept.visited_at, kept.fix_at) == (NOW - hour, NOW - hour)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("GET /me", 2),
        (
            "GET /customers",
            14,
        ),  # three of them for what the reader may read, one for what comes next, however many rows
        (f"GET /customers/{MINE}", 27),  # the file, its groups, its form with every field and who may do what with it
        (f"POST /customers/{MINE}/follow-ups", 12),
        # eight of them for its judgement, however many visits there are, eleven for the card that asks for words
        ("POST /visits", 33),
        ("DELETE /session", 1),
    ],
)
def test_a_request_asks_the_store_a_bounded_number_of_questions(
    phone: Phone, statements: list[str], path: str, most: int
) -> None:
    method, address = path.split(" ")
    statements.clear()
    if method == "GET":
        answer = phone.get(address)
    elif method == "DELETE":
        answer = phone.delete(address)
    else:
        answer = phone.post(address, check_in() if "visits" in address else {"text": TEXT}, key="k1")
    assert answer.status_code < 300
    asked = [statement for statement in statements if not statement.startswith(("BEGIN", "PRAGMA"))]
    assert len(asked) <= most, asked


def test_the_segments_are_ones_own_the_teams_and_nobodys(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    def listed(who: Phone, segment: str) -> list[str]:
        return [row["id"] for row in who.get(f"/customers?segment={segment}").get_json()["customers"]]

    lead = phone_of("li")
    with uow.transaction() as s:
        s.get_one(Customer, 4).queue_team_id = 2
    assert (listed(phone, "mine"), listed(phone, "team"), listed(phone, "pool")) == ([MINE], [], [])
    assert (listed(lead, "mine"), sorted(listed(lead, "team"))) == ([], [MINE, TEAMMATES])
    assert listed(lead, "pool") == [QUEUED]


def test_the_timeline_pages_to_its_end_without_skipping(phone: Phone) -> None:
    for number in range(5):
        phone.post(f"/customers/{MINE}/follow-ups", {"text": f"第 {number} 次谈交货时间和付款条件"})
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = phone.get(f"/customers/{MINE}/timeline?limit=2&cursor={cursor}").get_json()
        seen += [entry["text"][2] for entry in page["timeline"]]
        cursor = page["next_cursor"]
    assert seen == ["4", "3", "2", "1", "0"]
    assert phone.get(f"/customers/{MINE}/timeline?cursor=x").status_code == 400
    assert phone.get(f"/customers/{OTHERS}/timeline").status_code == 404
