"""商机流程 at the desk: rows added, moved and dropped without a script, looked at, published, and brought back."""

import re
from html import unescape

from flask.testing import FlaskClient

from config.vocabulary import Role
from crm import uow
from crm.ladders import current_ladders
from models.deals import Pipeline
from tests.console.conftest import SignIn
from tests.console.office import BY_ROLE
from tests.console.test_pages import ADMIN
from tests.support.company import rows

OPERATIONS = BY_ROLE[Role.OPERATIONS]


def newest(name: str = "标准流程") -> int:
    with uow.reading() as s:
        return next(one.id for one in current_ladders(s) if one.name == name)


def labels(name: str = "标准流程") -> list[str]:
    with uow.reading() as s:
        return [rung.label for one in current_ladders(s) if one.name == name for rung in one.rungs]


def form_of(client: FlaskClient, number: int | str) -> dict[str, object]:
    """What the browser would send: read out of the page itself."""
    return sent_by(client.get(f"/console/pipelines/{number}").text)


def sent_by(page: str) -> dict[str, object]:
    fields: dict[str, object] = {}
    for tag in re.findall(r"<input [^>]*>", page):
        named = re.search(r' name="([^"]*)"', tag)
        value = re.search(r' value="([^"]*)"', tag)
        if named is None or named[1] == "csrf":
            continue
        if 'type="checkbox"' in tag:
            if " checked" in tag:
                held = fields.setdefault(named[1], [])
                assert isinstance(held, list)
                held.append(value[1] if value else "")
        else:
            fields[named[1]] = unescape(value[1]) if value else ""
    return fields


def test_a_row_is_added_moved_looked_at_and_published(sign_in: SignIn) -> None:
    boss = sign_in(OPERATIONS)
    listed = boss.get("/console/pipelines")
    assert (listed.status_code, "系统自带" in listed.text, "其余金额都走它" in listed.text) == (200, True, True)
    assert "停滞的期限和提醒" in listed.text
    where = f"/console/pipelines/{newest()}"
    form = form_of(boss, newest())
    assert form["label.1"] == "方案提交"
    assert form["need.2"] == ["technical_draft", "quotation"]
    added = boss.post(where, data=form | {"do": "add"})
    form = sent_by(added.text) | {"label.4": "商务标", "probability.4": "70", "need.4": ["quotation"]}
    moved = boss.post(where, data=form | {"do": "up.4"})
    form = sent_by(moved.text)
    assert (form["label.3"], form["need.3"], form["label.4"]) == ("商务标", ["quotation"], "合同审批")
    looked = boss.post(where, data=form | {"do": "look"})
    assert (looked.status_code, "新增「商务标」" in looked.text, "还没有发布" in looked.text) == (200, True, True)
    assert len(rows(Pipeline)) == 2
    assert boss.post(where, data=form | {"do": "publish"}).status_code == 303
    assert labels()[3] == "商务标"
    again = boss.get("/console/pipelines").text
    assert "标准流程 第 2 版" in again
    assert "陈云 发布于" in again
    late = boss.post(where, data=form | {"do": "publish"})
    assert (late.status_code, "刚被别人发布了新的一版" in late.text) == (409, True)


def test_a_dropped_stage_says_how_many_deals_stand_there(sign_in: SignIn) -> None:
    boss, where = sign_in(ADMIN), f"/console/pipelines/{newest()}"
    dropped = boss.post(where, data=form_of(boss, newest()) | {"do": "drop.1"})
    looked = boss.post(where, data=sent_by(dropped.text) | {"do": "look"})
    assert "4 个商机停在去掉的「方案提交」" in looked.text
    assert boss.post(where, data=sent_by(dropped.text) | {"do": "publish"}).status_code == 303
    assert "方案提交" not in labels()
    first = min(one.id for one in rows(Pipeline, Pipeline.name == "标准流程"))
    assert boss.post(f"/console/pipelines/{first}/again").status_code == 303
    assert "方案提交" in labels()


def test_what_cannot_stand_is_said_beside_its_field_and_what_was_typed_stays(sign_in: SignIn) -> None:
    boss, where = sign_in(ADMIN), f"/console/pipelines/{newest()}"
    form = form_of(boss, newest()) | {"label.1": "需求确认", "days.2": "很久", "below": "不少"}
    refused = boss.post(where, data=form | {"do": "publish"})
    assert refused.status_code == 422
    for words in ("期限要填整数", "没看懂金额", 'value="很久"', 'value="不少"'):
        assert words in refused.text
    form |= {"days.2": "", "below": ""}
    refused = boss.post(where, data=form | {"do": "look"})
    assert (refused.status_code, "有两个阶段都叫「需求确认」" in refused.text) == (422, True)
    unchanged = boss.post(where, data=form_of(boss, newest()) | {"do": "look"})
    assert (unchanged.status_code, "没有改动" in unchanged.text) == (409, True)
    assert len(rows(Pipeline)) == 2


def test_a_new_one_is_made_retired_and_brought_back(sign_in: SignIn) -> None:
    boss = sign_in(ADMIN)
    form = sent_by(boss.get("/console/pipelines/new").text) | {"name": "备件流程", "below": "1万"}
    looked = boss.post("/console/pipelines/new", data=form | {"do": "look"})
    assert (looked.status_code, "新流程「备件流程」" in looked.text) == (200, True)
    assert boss.post("/console/pipelines/new", data=form | {"do": "publish"}).status_code == 303
    number = newest("备件流程")
    assert boss.post(f"/console/pipelines/{number}/turn", data={"to": "away"}).status_code == 303
    assert labels("备件流程") == []
    assert boss.post(f"/console/pipelines/{number}/turn", data={"to": "back"}).status_code == 303
    assert labels("备件流程") == ["需求确认", "赢单", "输单", "搁置"]
    assert boss.post(f"/console/pipelines/{newest()}/turn", data={"to": "away"}).status_code == 409
    assert boss.get("/console/pipelines/999999").status_code == 404
