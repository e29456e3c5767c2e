"""企微接入体检 against a WeCom that answers: what is well is said to be well, and each fault by its own name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.clock import machine_time
from gateways.wecom.client import WecomClient
from jobs.check import Finding, findings
from tests.gateways.tiny_wecom import OK, MemoryTokenStore, TinyWecom, tiny_wecom
from tests.jobs.company import settings_in

AGENT = {**OK, "agentid": 1000002, "name": "销售助手", "close": 0, "allow_partys": {"partyid": [1]}}


@pytest.fixture
def wecom() -> Iterator[TinyWecom]:
    with tiny_wecom() as made:
        made.answers = {
            "agent/get": lambda _: AGENT,
            "menu/get": lambda _: {**OK, "button": []},
            "externalcontact/get_follow_user_list": lambda _: {**OK, "follow_user": ["a"]},
        }
        yield made


def client_of(wecom: TinyWecom) -> WecomClient:
    return WecomClient(
        base=wecom.base,
        corp_id="ww1",
        agent_id=1000002,
        secret="x",
        tokens=MemoryTokenStore(),
        clock=machine_time,
    )


def check(wecom: TinyWecom, folder: Path) -> dict[str, Finding]:
    settings = settings_in(folder, public_url="http://127.0.0.1:9")
    return {finding.item: finding for finding in findings(client_of(wecom), settings, 1)}


def test_what_works_is_said_to_work_and_an_unreachable_callback_is_named(wecom: TinyWecom, tmp_path: Path) -> None:
    found = check(wecom, tmp_path)
    assert {item for item, finding in found.items() if finding.ok} == {"访问令牌与应用", "应用菜单", "客户联系权限"}
    assert "PUBLIC_URL" in found["回调地址"].said


@pytest.mark.parametrize(
    ("path", "answer", "item", "said"),
    [
        ("gettoken", {"errcode": 40001, "errmsg": ""}, "访问令牌与应用", "WECOM_AGENT_SECRET"),
        ("agent/get", {**AGENT, "close": 1}, "访问令牌与应用", "启用"),
        ("agent/get", {**AGENT, "allow_partys": {}}, "访问令牌与应用", "可见范围"),
        ("agent/get", {"errcode": 60020, "errmsg": ""}, "访问令牌与应用", "可信IP"),
        ("menu/get", {"errcode": 46003, "errmsg": ""}, "应用菜单", "wecom-menu"),
        ("externalcontact/get_follow_user_list", {"errcode": 48002, "errmsg": ""}, "客户联系权限", "可调用接口"),
        ("externalcontact/get_follow_user_list", {**OK, "follow_user": []}, "客户联系权限", "权限配置"),
    ],
)
def test_each_fault_is_named_with_what_mends_it(
    wecom: TinyWecom, tmp_path: Path, path: str, answer: dict[str, Any], item: str, said: str
) -> None:
    wecom.answers[path] = lambda _: answer
    finding = check(wecom, tmp_path)[item]
    assert not finding.ok
    assert said in finding.said


def test_a_member_without_customers_is_an_empty_list_and_no_failure(wecom: TinyWecom) -> None:
    wecom.answers["externalcontact/list"] = lambda _: {"errcode": 84061, "errmsg": ""}
    assert client_of(wecom).external_contacts("a") == []
