"""Pages of a list turn into each other without a row lost or doubled, whoever asks and however far his look goes."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.engine import Engine

from config.vocabulary import ShareAccess
from crm import uow
from crm.access import Actor
from crm.reads import customers as lists
from models.base import bare, new_public_id
from models.customers import Customer
from models.sharing import CustomerShare
from tests.support.company import DAY, IDS, NOW, ONE, TWO, actor, customer, rows

MANY, SIZE = 40, 7
MEMBERS = {"Zhang": (), "li": ("zhang", "sun", "li", "off", "left"), "zhou": tuple(IDS)}
TEAMS = {"Zhang": (), "li": (ONE,), "zhou": (ONE, TWO)}
Key = Callable[[Customer], tuple[Any, ...]]
# What a list stands in the order of; who has nothing of it, stands behind in the order of the ids.
ORDERS: dict[str, tuple[Key, bool]] = {
    "newest": (lambda one: (one.created_at,), True),
    "name": (lambda one: (one.pinyin, one.name), False),
    "days_left": (lambda one: (one.owner_id is None, one.silent_since), False),
    "last_activity": (lambda one: (one.last_activity_at,), True),
    "field:region": (lambda one: (one.region,), False),
    "-field:annual_estimate": (lambda one: (one.annual_estimate,), True),
}


@pytest.fixture
def shared(company: Engine) -> dict[str, set[int]]:
    """Forty customers of many holders, two queues and one merged; for each who asks, what is shared with him now."""
    luck = random.Random(3)
    ids = [customer("Zhang", f"昆山第{number}号水务有限公司") for number in range(MANY)]
    live: dict[str, set[int]] = {userid: set() for userid in MEMBERS}
    with uow.transaction() as s:
        for number in ids:
            owner = luck.choice([IDS["zhang"], IDS["zhang"], IDS["sun"], IDS["qian"], None])
            held = {
                "owner_id": owner,
                "queue_team_id": luck.choice([ONE, TWO]) if owner is None else None,
                "silent_since": NOW - luck.randrange(5) * DAY,
                "created_at": NOW - luck.randrange(5) * DAY,
                "last_activity_at": luck.choice([None, NOW - luck.randrange(5) * DAY]),
                "region": luck.choice(["", "苏州", "昆山"]),
                "annual_estimate": luck.choice([None, 10, 20]),
                "merged_into_id": ids[0] if number == ids[-1] else None,
            }
            s.execute(update(bare(Customer)).where(bare(Customer).c.id == number).values(held))
            for userid in ("Zhang", "li"):
                state = luck.choice(["live", "ended", "over", "none"])
                if state == "none":
                    continue
                until = NOW + (-DAY if state == "over" else DAY)
                s.execute(
                    insert(CustomerShare).values(
                        public_id=new_public_id(), customer_id=number, person_id=IDS[userid.casefold()],
                        access=ShareAccess.READ, until=until, credit_percent=0, granted_by_id=IDS["qian"],
                        at=NOW - 9 * DAY, ended_at=NOW - timedelta(1) if state == "ended" else None,
                    )
                )  # fmt: skip
                if state == "live":
                    live[userid].add(number)
    return live


def seen(userid: str, shared: set[int]) -> list[Customer]:
    me = {IDS[one] for one in (*MEMBERS[userid], userid.casefold())}
    return [
        one
        for one in rows(Customer)
        if one.merged_into_id is None and (one.owner_id in me or one.queue_team_id in TEAMS[userid] or one.id in shared)
    ]


def ordered(found: Sequence[Customer], sort: str) -> list[int]:
    """In two stretches: those who have what the order goes by, and those who have not."""
    key, down = ORDERS[sort]
    has = [one for one in found if None not in key(one) and "" not in key(one)]
    has.sort(key=lambda one: (*key(one), one.id), reverse=down)
    without = sorted((one.id for one in found if one not in has), reverse=down)
    return [*(one.id for one in has), *without]


def turned(who: Actor, sort: str, query: str, *, behind: bool) -> list[int]:
    """Every page, by its number or begun behind the last row of the one before."""
    found: list[int] = []
    after = None
    for number in range(1, MANY):
        with uow.reading() as s:
            page = lists.list_customers(
                s, who, query=query, sort=sort, page=1 if behind else number, size=SIZE, now=NOW, after=after
            )
        found += [row.id for row in page.rows]
        if len(page.rows) < SIZE:
            break
        after = page.rows[-1].place if behind else None
    return found


@pytest.mark.parametrize("counted", [1000, 2], ids=["listed", "walked"])
@pytest.mark.parametrize("userid", list(MEMBERS))
def test_pages_hold_what_one_may_see_in_its_order(
    shared: dict[str, set[int]], userid: str, counted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "COUNTED", counted)
    monkeypatch.setattr(lists, "SEARCHED", counted)
    who, there = replace(actor(userid), at=NOW), seen(userid, shared[userid])
    assert len(there) > SIZE * 2
    assert any(one.owner_id is None for one in there)
    for sort, query, behind in product(ORDERS, ("", "水务", "第1"), (True, False)):
        wanted = [one for one in there if query in one.name]
        assert turned(who, sort, query, behind=behind) == ordered(wanted, sort), (sort, query, behind)


@pytest.mark.parametrize("size", [7, 30, 50])
def test_the_last_page_that_is_named_can_be_turned_to(
    shared: dict[str, set[int]], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, number in (("COUNTED", 20), ("SEARCHED", 20), ("_DEEPEST", 20)):
        monkeypatch.setattr(lists, name, number)
    with uow.reading() as s:
        first = lists.list_customers(s, actor("zhou"), query="", sort="name", page=1, size=size, now=NOW)
        last = lists.list_customers(s, actor("zhou"), query="", sort="name", page=first.pages, size=size, now=NOW)
    assert (first.more, last.number) == (True, first.pages)
