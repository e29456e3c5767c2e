"""Story 1: a stranger adds a rep, the rep presses 关联, WeCom retries: one link, one audit row, the same answer."""

from datetime import UTC, datetime

import pytest

from models.audit import AuditEntry
from models.customers import Customer
from models.links import ChatLink
from tests.stories.house import House
from tests.support.company import rows

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def audited(verb: str) -> int:
    return len(rows(AuditEntry, AuditEntry.verb == verb))


def test_one_press_three_retries_one_link(house: House) -> None:
    house.open(START)
    house.act("faults", callback={"drop_answer": 2, "duplicate": 2})
    assert "已新建" in house.say("liqiang", "/新建 宁波海蔚船舶配件有限公司")
    assert (len(rows(Customer)), audited("create_customer")) == (1, 1)
    house.act("faults")
    house.act("stranger", userid="liqiang", name="范晓雨", corp_name="宁波海蔚船舶配件有限公司", position="采购专员")
    card = house.card("liqiang", "范晓雨")
    assert "宁波海蔚船舶配件有限公司" in str(card["horizontal_content_list"])
    house.act("faults", callback={"drop_answer": 3, "duplicate": 2})
    done = house.press("liqiang", card, "关联")
    house.act("faults")
    assert len(done["attempts"]) == 4, done
    assert "已关联" in str(done["reply"])
    assert len(done["duplicates"]) == 2
    assert [link.kind for link in rows(ChatLink)] == ["app_user", "external_contact"]
    assert audited("link") == 1
    shown = house.cards("liqiang")[-1]["body"]
    assert shown["main_title"]["desc"] == "已关联 宁波海蔚船舶配件有限公司"
    assert [button["text"] for button in shown["button_list"]] == ["撤销"]
