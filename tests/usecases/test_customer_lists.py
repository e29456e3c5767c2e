"""A list says the same whichever way it is read: few rows found first, or many walked along an index."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from config.vocabulary import FieldKind, FieldObject
from crm import uow
from crm.forms import specs
from crm.reads import customers as lists
from crm.reads.customer_filters import EMPTY, Filters, Where
from crm.usecases.fields import FieldDraft, add_field
from models.base import insert_rows
from models.fields import FieldValue
from tests.support.company import NOW, actor, customer

MANY, SIZE = 40, 7
FIELDS = {
    "台数": (FieldKind.NUMBER, ()),
    "检修日": (FieldKind.DATE, ()),
    "泵型": (FieldKind.SELECT, ("离心泵", "螺杆泵")),
    "车间": (FieldKind.TEXT, ()),
    "介质": (FieldKind.MULTI_SELECT, ("清水", "污水", "油")),
    "对接人": (FieldKind.PERSON, ()),
}
WORDS = {
    "taishu": "2..6",
    "jianxiuri": "2026-01-05..",
    "bengxing": "螺杆泵",
    "chejian": "1",
    "jiezhi": "清水、油",
    "duijieren": "孙六",
}
CHOSEN = ("bengxing", "jiezhi", "duijieren")
SORTS = ("name", "newest", "days_left", "field:taishu", "-field:taishu", "field:jianxiuri", "-field:chejian")
# How many are counted, of how many rows a field's index is begun with: customers known by number, or walked along the
# order's index; conditions begun at their own index, or asked of each customer.
WAYS = {
    "listed": (1000, lists._GATHERED),
    "listed, asked": (1000, 0),
    "walked": (2, lists._GATHERED),
    "walked, asked": (2, 0),
}

Held = dict[int, dict[str, Any]]


@pytest.fixture
def held(company: Engine) -> Held:
    """What each of forty customers has in fields that operations added; some have nothing."""
    luck, who = random.Random(7), actor("Zhang")
    ids = [customer("Zhang", f"昆山第{number}号水务有限公司") for number in range(MANY)]
    with uow.transaction() as s:
        for label, (kind, choices) in FIELDS.items():
            add_field(s, actor("wang"), FieldObject.CUSTOMER, kind, FieldDraft(label, "more", added=choices), NOW,
                      entrance="console")  # fmt: skip
    with uow.transaction() as s:
        by_key = {spec.key: spec for spec in lists.open_fields(s, who)}
        assert set(WORDS) <= set(by_key), [spec.key for spec in specs(s, FieldObject.CUSTOMER)]
        ids_of = {key: {option.label: option.id for option in by_key[key].options} for key in CHOSEN}
        found: Held = {}
        rows = []
        for number in ids:
            values = {
                "taishu": Decimal(luck.randrange(9)),
                "jianxiuri": date(2026, 1, 1) + timedelta(luck.randrange(9)),
                "bengxing": {luck.choice(["离心泵", "螺杆泵"])},
                "chejian": f"{luck.randrange(4)} 号车间",
                "jiezhi": set(luck.sample(["清水", "污水", "油"], luck.randrange(1, 4))),
                "duijieren": {luck.choice(["张三", "孙六", "李主管"])},
            }
            found[number] = {key: value for key, value in values.items() if luck.random() < 0.7}
            for key, value in found[number].items():
                several = [ids_of[key][label] for label in sorted(value)] if key in CHOSEN else [value]
                rows += [_row(by_key[key].id, number, key, one) for one in several]
        insert_rows(s, FieldValue, rows)
    return found


def _row(field_id: int, customer_id: int, key: str, value: Any) -> dict[str, Any]:
    columns = {"taishu": "number", "jianxiuri": "day", "chejian": "text", "duijieren": "person_id"}
    row = dict.fromkeys(("text", "number", "day", "option_id", "person_id"))
    row[columns.get(key, "option_id")] = value
    item = value if key == "jiezhi" else 0
    return {"object_kind": FieldObject.CUSTOMER, "object_id": customer_id, "field_id": field_id, "item": item, **row}


def meets(values: dict[str, Any], key: str, typed: str) -> bool:
    if typed == EMPTY:
        return key not in values
    wanted: dict[str, Callable[[Any], bool]] = {
        "taishu": lambda value: 2 <= value <= 6,
        "jianxiuri": lambda value: value >= date(2026, 1, 5),
        "bengxing": lambda value: "螺杆泵" in value,
        "jiezhi": lambda value: bool(value & {"清水", "油"}),
        "duijieren": lambda value: "孙六" in value,
        "chejian": lambda value: "1" in value,
    }
    return key in values and wanted[key](values[key])


def walk(sort: str, where: tuple[Where, ...]) -> list[int]:
    """Every page, each begun behind the last row of the one before."""
    found: list[int] = []
    after = None
    while True:
        with uow.reading() as s:
            page = lists.list_customers(
                s, actor("Zhang"), query="", sort=sort, page=1, size=SIZE, now=NOW, filters=Filters(where=where),
                after=after,
            )  # fmt: skip
        found += [row.id for row in page.rows]
        if len(page.rows) < SIZE:
            return found
        after = page.rows[-1].place


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_every_order_with_every_filter(held: Held, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, gathered = WAYS[way]
    for name, number in (("COUNTED", counted), ("SEARCHED", counted), ("_GATHERED", gathered)):
        monkeypatch.setattr(lists, name, number)
    asked = [(key, typed) for key, word in WORDS.items() for typed in (word, EMPTY)]
    pairs = [(Where("taishu", "2..6"), Where(key, typed)) for key, typed in asked if key != "taishu"]
    for sort, where in product(SORTS, [(), *((Where(key, typed),) for key, typed in asked), *pairs]):
        found = walk(sort, where)
        wanted = {n for n, values in held.items() if all(meets(values, one.key, one.typed) for one in where)}
        assert sorted(found) == sorted(wanted), (sort, where)
        if "field:" in sort:
            key, down = sort.removeprefix("-").removeprefix("field:"), sort.startswith("-")
            filled = sorted((n for n in wanted if key in held[n]), key=lambda n: (held[n][key], n), reverse=down)
            assert found[: len(filled)] == filled, (sort, where)
