"""The board and the figures over the API: whose they are, what is asked for, and the deal's own comparison."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from apiflask import APIFlask

from config.grants import Grant
from config.vocabulary import EndReason, FieldObject, Role
from crm import uow
from crm.access import actor_by_userid
from crm.rules.funnel import Said
from crm.usecases.deals import move_deal, open_deal
from crm.usecases.grants import grant_fields
from tests.api.conftest import CANARY, MINE, NOW, OTHERS, TEAMMATES, Phone

PATHS = ("/board", "/funnel", "/sales-path", "/endings")


def opened(who: str, at: str, name: str, amount: int, days: int) -> str:
    with uow.transaction() as s:
        made = open_deal(
            s, actor_by_userid(s, who), at, name, Decimal(amount), NOW - timedelta(days=days), entrance="miniapp"
        )
    return made.public_id


@pytest.fixture
def deals(phone: Phone) -> dict[str, str]:
    return {
        "mine": opened("zhang", MINE, "二期循环泵", 800_000, 40),
        "small": opened("zhang", MINE, "备件", 9_000, 1),
        "mates": opened("sun", TEAMMATES, "增压泵", 300_000, 20),
        "others": opened(CANARY, OTHERS, f"{CANARY}一期", 5_000_000, 90),
    }


def cards(phone: Phone, asked: str = "") -> set[str]:
    found = phone.get(f"/board{asked}")
    assert found.status_code == 200, found.get_json()
    return {card["name"] for lane in found.get_json()["columns"] for card in lane["cards"]}


def test_the_board_is_ones_own_and_the_teams_for_its_lead(
    deals: dict[str, str], phone: Phone, phone_of: Callable[[str], Phone]
) -> None:
    page = phone.get("/board").get_json()
    assert (page["scopes"], page["pipelines"]) == (["mine", "all"], ["标准流程", "小单流程"])
    assert (page["total"], page["amount"], page["weighted"]) == (2, "809000.00", "82700.00")
    (first, *rest) = page["columns"]
    assert (first["stage"], first["total"], first["yellow"], first["red"]) == ("requirement", 2, 0, 1)
    assert [one["total"] for one in rest] == [0, 0, 0]
    (card, _) = first["cards"]
    assert (card["id"], card["colour"], card["colour_label"], card["limit"], card["moves"]) == (
        deals["mine"], "red", "红牌", 10, True,
    )  # fmt: skip
    lead = phone_of("li")
    assert cards(lead) == {"二期循环泵", "备件", "增压泵"}
    assert cards(lead, "?owner=SUN") == cards(lead, f"?customer_id={TEAMMATES}") == {"增压泵"}
    assert cards(lead, "?department=2&colour=green") == {"备件"}
    assert cards(lead, "?pipeline=小单流程") == {"备件"}
    (lane,) = lead.get("/board?stage=requirement&page=2&limit=1&sort=amount").get_json()["columns"]
    assert ([one["name"] for one in lane["cards"]], lane["pages"], lane["page"]) == (["增压泵"], 3, 2)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("?scope=team", 422),
        ("?colour=blue", 422),
        ("?pipeline=火星", 422),
        ("?stage=won", 422),
        ("?owner=sun", 422),
        ("?department=3", 422),
        (f"?customer_id={OTHERS}", 404),
        (f"?customer_id={'0' * 20}", 404),
        ("?page=0", 422),
        ("?unknown=1", 422),
    ],
)
def test_what_is_not_there_for_him_is_refused(deals: dict[str, str], phone: Phone, asked: str, status: int) -> None:
    assert phone.get(f"/board{asked}").status_code == status


def test_nothing_of_another_team_is_in_any_figure(
    deals: dict[str, str], phone_of: Callable[[str], Phone], phone: Phone
) -> None:
    for who in (phone, phone_of("li")):
        for path in PATHS:
            for scope in ("", "?scope=all"):
                answer = who.get(path + ("" if path == "/sales-path" else scope))
                assert answer.status_code == 200, path
                assert CANARY not in answer.get_data(as_text=True)
                assert "5000000" not in answer.get_data(as_text=True)


def test_the_funnel_the_forecast_and_the_reasons_count_what_happened(deals: dict[str, str], phone: Phone) -> None:
    with uow.transaction() as s:
        said = Said("", EndReason.PRICE, "格兰富")
        move_deal(s, actor_by_userid(s, "zhang"), deals["small"], "lost", said, NOW, entrance="miniapp")
    found = phone.get("/funnel").get_json()
    assert (found["pipeline"], found["opened"], found["lost"]) == ("标准流程", 1, 0)
    assert found["stages"][0]["further"] == {"part": 0, "whole": 1, "percent": None}
    assert found["forecast"]["total"]["weighted"] == "80000.00"
    assert [(one["name"], one["count"]) for one in found["forecast"]["months"]] == [("unknown", 1)]
    ended = phone.get("/endings?pipeline=小单流程").get_json()
    assert [(one["label"], one["lost"], one["amount_lost"]) for one in ended["reasons"]] == [("价格", 1, "9000.00")]
    assert [one["key"] for one in ended["competitors"]] == ["格兰富"]
    assert phone.get("/endings?since=2026-11-24&until=2026-11-23").status_code == 422
    paths = phone.get("/sales-path").get_json()["pipelines"]
    assert [(one["pipeline"], one["closed"], one["cycle"]["middle"]) for one in paths] == [
        ("标准流程", 0, None),
        ("小单流程", 1, None),
    ]


def test_a_deal_says_how_it_stands_beside_the_won_ones(deals: dict[str, str], phone: Phone) -> None:
    beside = phone.get(f"/deals/{deals['mine']}").get_json()["beside"]
    assert (beside["days"], beside["touches"], beside["colour"], beside["cycle"]["many"]) == (40, 0, "red", 0)
    assert "太少" in beside["told"]


def test_a_role_that_reads_no_amounts_is_told_none(
    deals: dict[str, str], phone_of: Callable[[str], Phone], app: APIFlask
) -> None:
    with uow.transaction() as s:
        admin = replace(actor_by_userid(s, "li"), role=Role.ADMIN)
        hidden = {(Role.TEAM_LEAD, "basic"): Grant(read=False, edit=False)}
        grant_fields(s, admin, FieldObject.DEAL, hidden, NOW, entrance="console")
    lead = phone_of("li")
    for path in ("/board", "/funnel", "/endings"):
        told = lead.get(path).get_data(as_text=True)
        assert "00.00" not in told
        assert "＊＊＊" in lead.get(path).get_json().get("amount", "＊＊＊")
    assert lead.get("/board?sort=amount").status_code == 422


def test_a_card_tells_the_nearest_moment_that_is_not_done(deals: dict[str, str], phone: Phone) -> None:
    for day in ("2026-12-20", "2026-12-10", "2026-12-05"):
        body = {"kind": "delivery", "due_at": f"{day}T10:00:00+08:00"}
        made = phone.post(f"/deals/{deals['mine']}/milestones", body).get_json()["id"]
    assert phone.post(f"/milestones/{made}/finish", {}).status_code == 200
    (lane, *_) = phone.get("/board").get_json()["columns"]
    told = {card["id"]: card["due"] for card in lane["cards"]}
    nearest = {"kind": "delivery", "kind_label": "交货", "due_at": "2026-12-10T02:00:00Z"}
    assert told == {deals["mine"]: nearest, deals["small"]: None}
