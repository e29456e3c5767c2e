"""Paging over a list that moves: every row that stays where it is comes once, whatever the others do."""

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from config.vocabulary import CustomerLevel, CustomerSource, LoginVia
from crm import uow
from crm.usecases.sessions import open_session
from models.customers import Customer
from tests.api.conftest import MINE, NOW, Phone, make_app

SORTS = ("days_left", "name", "last_activity", "newest")
OWN = 12


def more_customers() -> None:
    """Eleven beside `MINE`, in threes that no sort tells apart, some never spoken with."""
    with uow.transaction() as s:
        for number in range(OWN - 1):
            group = number // 3
            began = NOW - timedelta(days=20 - group, microseconds=7)
            s.add(
                Customer(
                    id=100 + number, public_id=f"{number:020x}", name=f"客户{group}",
                    name_key=f"k{number}", pinyin=f"kehu{group}",
                    level=CustomerLevel.NORMAL, source=CustomerSource.EVENT, owner_id=1, silent_since=began,
                    created_at=began, last_activity_at=None if group % 2 else began,
                )
            )  # fmt: skip


def pages(phone: Phone, sort: str, limit: int, between: Any = lambda: None) -> list[list[str]]:
    found: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = phone.get("/customers", query_string={"sort": sort, "limit": limit, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        body = answer.get_json()
        assert body["total"] == OWN
        found.append([row["id"] for row in body["customers"]])
        cursor = body["next_cursor"]
        between()
    return found


@pytest.mark.parametrize("sort", SORTS)
def test_pages_put_together_are_the_whole_list_ties_and_gaps_included(both_stores: Engine, sort: str) -> None:
    with uow.transaction() as s:
        token, _ = open_session(s, "zhang", LoginVia.MINIAPP, NOW)
    more_customers()
    phone = Phone(make_app(lambda: NOW, Path("nowhere")).test_client(), token)
    whole = pages(phone, sort, 100)
    assert len(whole) == 1
    for limit in (1, 4, OWN):
        found = pages(phone, sort, limit)
        assert [one for page in found for one in page] == whole[0]
        assert [len(page) for page in found] == [limit] * (OWN // limit)


@pytest.mark.parametrize("sort", ["days_left", "last_activity"])
def test_a_row_that_moves_between_two_pages_makes_no_other_skipped_or_doubled(phone: Phone, sort: str) -> None:
    more_customers()
    first = phone.get("/customers", query_string={"sort": sort, "limit": 1}).get_json()["customers"][0]["id"]
    last = pages(phone, sort, 100)[0][-1]
    moved = first if sort == "days_left" else last  # spoken with: to the end of the one list, to the top of the other
    turns = iter(range(100))

    def speak_once() -> None:
        if next(turns) == 0:
            with uow.transaction() as s:
                customer = s.scalars(select(Customer).where(Customer.public_id == moved)).one()
                customer.silent_since = customer.last_activity_at = NOW

    seen = [one for page in pages(phone, sort, 3, speak_once) for one in page]
    others = [one for one in seen if one != moved]
    assert len(others) == len(set(others)) == OWN - 1


def forged(*told: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "1", "2", "!", "中", "====", "a" * 5000, forged(), forged("days_left"), forged("newest", NOW.isoformat(), MINE),
        forged("days_left", 2**70, NOW.isoformat(), MINE), forged("days_left", True, NOW.isoformat(), MINE),
        forged("days_left", 0, "2026-11-23T02:00:00", MINE), forged("days_left", 0, "0001-01-01T00:00:00+08:00", MINE),
        forged("days_left", 0, NOW.isoformat(), "1"), forged("days_left", 0, NOW.isoformat(), 1),
        forged("days_left", 0, None, MINE), forged({"days_left": 1}, 0, NOW.isoformat(), MINE),
        base64.b64encode(b"[" * 1500).decode(), base64.b64encode(b"\xff\xfe").decode(), base64.b64encode(b"5").decode(),
    ],
)  # fmt: skip
def test_what_is_no_cursor_of_this_list_is_told_so(phone: Phone, cursor: str) -> None:
    answer = phone.get("/customers", query_string={"cursor": cursor})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_cursor")
    assert "从第一页重新看起" in answer.get_json()["message"]


@pytest.mark.parametrize("name", ["\x00", "\ud800"])
def test_a_text_no_store_can_compare_is_no_cursor_either(phone: Phone, name: str) -> None:
    answer = phone.get("/customers", query_string={"sort": "name", "cursor": forged("name", "a", name, MINE)})
    assert answer.status_code == 400


def test_a_cursor_begins_elsewhere_in_ones_own_list_and_shows_no_more(phone: Phone) -> None:
    early = (NOW - timedelta(days=9999)).isoformat()
    answer = phone.get("/customers", query_string={"cursor": forged("days_left", 0, early, "f" * 20)})
    assert [row["id"] for row in answer.get_json()["customers"]] == [MINE]
