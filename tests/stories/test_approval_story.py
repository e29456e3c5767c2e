"""Story 3: the rep asks in the chat, a card comes to each director, one tap moves the deal, every phone shows it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crm import uow
from models.approvals import Approval
from models.deals import Deal, Stage, StagePeriod
from tests.stories.house import House
from tests.support.company import rows
from tests.support.deals import prove_all

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NAME = "二期循环泵"


def stands(name: str) -> str:
    with uow.reading() as s:
        return s.scalars(select(Stage.key).join(Deal, Deal.stage_id == Stage.id).where(Deal.name == name)).one()


def open_with_directors(house: House) -> None:
    """Two directors over the rep's team, and a deal that lacks nothing but their word."""
    house.open(START)
    for director in ("zhouming", "wanglei"):
        house.run("user", "grant", director, "director")
    assert "已新建" in house.say("liqiang", "/新建 宁波海蔚船舶配件有限公司")
    assert "已新建商机" in house.say("liqiang", f"/商机 宁波海蔚船舶配件有限公司 {NAME} 80万")
    prove_all(rows(Deal)[0].public_id)


def desc(house: House, userid: str) -> str:
    """What the newest card of the approval says on a phone now."""
    cards = [card for card in house.cards(userid) if NAME in card["body"]["main_title"]["title"]]
    return str(cards[-1]["body"]["main_title"].get("desc", ""))


def texts(house: House, userid: str) -> list[str]:
    return [json.dumps(one, ensure_ascii=False) for one in house.inbox(userid) if one["kind"] == "text"]


def test_one_tap_moves_it_and_every_phone_shows_it(house: House) -> None:
    open_with_directors(house)
    assert "已提交审批" in house.say("liqiang", f"/推进 {NAME} 合同审批")
    first = house.card("zhouming", f"审批：{NAME}")
    house.card("wanglei", f"审批：{NAME}")
    house.act("faults", callback={"drop_answer": 2, "duplicate": 2})
    done = house.press("zhouming", first, "同意")
    house.act("faults")
    assert len(done["attempts"]) == 3, done
    assert stands(NAME) == "contract_review"
    outcome = "已同意，商机从「需求确认」到「合同审批」"
    house.until(lambda: desc(house, "wanglei") == outcome, "the result on the other phone")
    assert desc(house, "zhouming") == outcome
    assert not any(b.get("text") == "同意" for b in house.cards("wanglei")[-1]["body"]["button_list"])
    house.until(lambda: outcome in json.dumps(house.inbox("liqiang"), ensure_ascii=False), "the result for the rep")
    assert (len(rows(StagePeriod)), [one.state for one in rows(Approval)]) == (2, ["approved"])


def test_a_spent_code_becomes_a_message(house: House) -> None:
    """After 72 hours a card cannot be exchanged any more: the second director is told in words instead."""
    open_with_directors(house)
    house.say("liqiang", f"/推进 {NAME} 合同审批")
    first = house.card("zhouming", f"审批：{NAME}")
    house.card("wanglei", f"审批：{NAME}")
    house.forward_to(START + timedelta(hours=73))
    house.press("zhouming", first, "同意")
    assert stands(NAME) == "contract_review"
    told = "已同意，商机从「需求确认」到「合同审批」"
    house.until(lambda: any(told in one for one in texts(house, "wanglei")), "the words for the other director")
    assert len(rows(StagePeriod)) == 2
