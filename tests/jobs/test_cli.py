"""What an operator types: every command answers in words, wrong input in one sentence with exit code 2."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.engine import Engine

from config.clock import machine_time
from crm import audit, messages, uow
from crm.notices import text as words
from jobs import cli
from jobs.menu import MENU
from models.audit import AuditSeal
from models.messages import OutboxMessage
from models.people import Person
from tests.gateways.tiny_wecom import OK, Answer, Call, tiny_wecom
from tests.support.book import unlock

Type = Callable[..., Result]


@pytest.fixture
def type_in(store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """`type_in("sweep", "deliver")`: the command as the shell would run it, over the test's store."""
    app = Flask("operator")
    cli.register(app)
    values = {
        "DATABASE_URL": store.url.render_as_string(hide_password=False),
        "VAR_DIR": str(tmp_path),
        "SECRET_KEY": "s" * 40,
        "WECOM_API_BASE": "http://127.0.0.1:9/cgi-bin/",
        "PUBLIC_URL": "http://127.0.0.1:9",
        "WECOM_CORP_ID": "ww1",
        "WECOM_AGENT_ID": "1000002",
        "WECOM_AGENT_SECRET": "s3cret",
        "WECOM_TOKEN": "token",
        "WECOM_ENCODING_AES_KEY": "a" * 43,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(uow, "_hooks", [])

    def type_in(*typed: str) -> Result:
        uow.dispose()  # every command connects anew, as a process of its own would
        return app.test_cli_runner().invoke(args=list(typed))

    return type_in


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("sweep", "nonsense"), "没有叫「nonsense」的任务"),
        (("sweep", "silent-customers", "--as-of", "gestern"), "--as-of 要写成"),
        (("policy", "set", "nonsense", "3"), "没有叫「nonsense」的规则"),
        (("policy", "set", "remind_after_days", "-3"), "「沉默提醒」要在"),
        (("policy", "set", "remind_after_days", "60"), "提醒天数要一次比一次晚"),
        (("user", "grant", "nobody", "rep"), "没有这个成员"),
        (("user", "grant", "ZhangSan", "king"), "没有「king」这个角色"),
        (("sweep", "directory", "--dry-run"), "不能试运行"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_code_2(type_in: Type, typed: tuple[str, ...], said: str) -> None:
    done = type_in(*typed)
    assert (done.exit_code, done.exception.__class__) == (2, SystemExit)
    assert said in done.output
    assert done.output.count("\n") == 1


@pytest.mark.parametrize("typed", [("sync", "directory"), ("sync", "contacts"), ("wecom-menu",)])
def test_a_wecom_that_does_not_answer_is_a_sentence_without_secrets(type_in: Type, typed: tuple[str, ...]) -> None:
    done = type_in(*typed)
    assert done.exit_code == 1
    assert "连不上企业微信" in done.output
    assert "s3cret" not in done.output


def test_a_store_without_tables_says_what_to_run(type_in: Type, store: Engine) -> None:
    with store.begin() as connection:
        connection.execute(text("DROP TABLE policy_change"))
    done = type_in("policy", "list")
    assert done.exit_code == 1
    assert "db upgrade" in done.output
    assert "Traceback" not in done.output


def test_numbers_are_listed_and_changed(type_in: Type) -> None:
    assert "remind_after_days = 30" in type_in("policy", "list").output
    assert type_in("policy", "set", "recycling_live", "true").exit_code == 0
    assert "recycling_live = True" in type_in("policy", "list").output


def test_the_first_administrator_is_made_from_the_shell(type_in: Type) -> None:
    done = type_in("user", "grant", "zhangsan", "admin")
    assert (done.exit_code, done.output) == (0, "ZhangSan 现在是管理员\n")
    with uow.reading() as s:
        assert s.scalars(select(Person.role).where(Person.id == 1)).one() == "admin"


def test_deliver_as_of_a_moment_tries_what_is_due_then_and_not_before(type_in: Type) -> None:
    tomorrow = machine_time() + timedelta(days=1)
    with uow.transaction() as s:
        messages.prompt(s, 1, words("明天"), dedupe="x", now=tomorrow)
    assert "0 次" in type_in("sweep", "deliver").output
    assert "1 次" in type_in("sweep", "deliver", "--as-of", tomorrow.isoformat()).output
    with uow.reading() as s:
        assert s.scalars(select(OutboxMessage.error)).one()


@pytest.mark.parametrize("name", ["silent-customers", "stale-deals", "daily-list", "inbox", "seal-audit", "purge"])
def test_every_sweep_runs_on_an_empty_company(type_in: Type, name: str) -> None:
    done = type_in("sweep", name, "--as-of", "2026-11-23T10:00")
    assert done.exit_code == 0, done.output
    assert done.output


def test_the_audit_is_sealed_and_a_changed_entry_is_found(type_in: Type, store: Engine) -> None:
    with uow.transaction() as s:
        for number in range(3):
            audit.record(s, 1, "test", f"x:{number}", machine_time(), entrance="test")
    assert "3 条" in type_in("audit", "seal").output
    assert type_in("audit", "verify").exit_code == 0
    with uow.transaction() as s:
        unlock(s)
        s.scalars(select(AuditSeal).where(AuditSeal.position == 2)).one().digest = "0" * 64
    done = type_in("audit", "verify")
    assert done.exit_code == 1
    assert "被改动过" in done.output


def test_the_check_tries_every_item_and_says_how_to_mend_each(type_in: Type) -> None:
    done = type_in("wecom-check")
    assert done.exit_code == 1
    assert done.output.count("✗") == 2
    assert "✗ 企业 ID 与 Secret：暂时连不上企业微信" in done.output
    assert "✗ 接收消息的回调" in done.output
    assert "PUBLIC_URL" in done.output
    for item in (
        "企业可信 IP",
        "可见范围",
        "客户联系权限",
        "外出打卡数据",
        "网页可信域名",
        "侧边栏 JS-SDK",
        "应用菜单",
    ):
        assert f"－ {item}：没有检查：先处理「企业 ID 与 Secret」" in done.output


def test_the_menu_is_made_once_and_says_what_it_changes(type_in: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    with tiny_wecom() as wecom:
        stands: dict[str, Any] = {"errcode": 46003, "errmsg": ""}
        wecom.answers["menu/get"] = lambda _: stands

        def create(call: Call) -> Answer:
            stands.update({**OK, **json.loads(call.body)})
            return OK

        wecom.answers["menu/create"] = create
        monkeypatch.setenv("WECOM_API_BASE", wecom.base)
        made = type_in("wecom-menu").output
        assert made.startswith("新增「今天 › 今日清单」\n")
        assert made.endswith("应用菜单已创建\n")
        assert type_in("wecom-menu").output == "应用菜单没有变化\n"
        stands["button"][0]["sub_button"][0]["key"] = "old"
        assert type_in("wecom-menu").output == "改「今天 › 今日清单」\n应用菜单已更新\n"
        assert wecom.count()["menu/create"] == 2


def test_the_menu_fits_into_wecoms_limits() -> None:
    assert 1 <= len(MENU["button"]) <= 3
    for button in MENU["button"]:
        assert len(button["name"].encode()) <= 16
        assert 1 <= len(button["sub_button"]) <= 5
        for entry in button["sub_button"]:
            assert len(entry["name"].encode()) <= 40
            assert len(entry["key"].encode()) <= 128
