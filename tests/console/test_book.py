"""The audit book is read in Chinese: every verb, subject, particular and entrance that is written has a word."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from config.sheets import ImportKind
from console import book
from crm import audit, uow
from tests.console.conftest import SignIn
from tests.console.office import NOW
from tests.console.test_pages import ADMIN

ROOT = Path(__file__).parents[2]
ROOMS = ("crm", "jobs", "bot", "miniapp_api", "console", "gateways")
WRITERS = ("audit.record", "_record", "_book")
CONSTANTS = ("ENTRANCE", "_ENTRANCE", "CHAT", "_CHAT", "CARD", "_SHELL")
# Keys that come out of a dict, by the words with which it is handed on.
HANDED_ON = {
    "job.options": ("clock_from", "mine"),
    "seen": ("userid", "name", "position", "status", "team_id"),
    "named": ("deal", "visit"),
    "detail": ("why", "until", "job"),
    "why": ("reason",),
    "twins": ("twin",),
    "more": ("changed", "ids"),
    "{} if before is None else {'changed': changed}": ("changed",),
}


@cache
def nodes() -> list[ast.AST]:
    files = (file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
    walked = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    return [node for node in walked if isinstance(node, ast.Call | ast.Dict | ast.Assign)]


@cache
def entries() -> list[ast.Call]:
    found = [node for node in nodes() if isinstance(node, ast.Call) and ast.unparse(node.func) in WRITERS]
    assert len(found) > 60
    return found


def literal(node: ast.expr) -> str:
    """The words a text begins with, as far as they stand in the code."""
    if isinstance(node, ast.JoinedStr):
        node = node.values[0]
    return str(node.value) if isinstance(node, ast.Constant) else ""


@pytest.mark.slow
def test_every_verb_in_the_code_has_a_chinese_word() -> None:
    found = {literal(call.args[2]) for call in entries() if len(call.args) > 2} - {""}
    assert len(found) > 20
    assert found <= set(book.VERBS), found - set(book.VERBS)


@pytest.mark.slow
def test_every_particular_in_the_code_has_a_chinese_name_or_is_nobodys_to_read() -> None:
    found = set()
    for call in entries():
        for one in call.keywords:
            found |= set(HANDED_ON[ast.unparse(one.value)]) if one.arg is None else {one.arg}
    for node in nodes():  # those written in bulk
        if isinstance(node, ast.Dict):
            row = {literal(key): value for key, value in zip(node.keys, node.values, strict=True) if key}
            detail = row.get("detail")
            if row.keys() >= {"verb", "entrance"} and isinstance(detail, ast.Dict):
                found |= {literal(key) for key in detail.keys if key}
    found.discard("entrance")
    assert found <= set(book.DETAILS) | book.HIDDEN, found - set(book.DETAILS) - book.HIDDEN


@pytest.mark.slow
def test_every_subject_in_the_code_has_a_chinese_word() -> None:
    found = {literal(call.args[3]).partition(":")[0] for call in entries() if len(call.args) > 3} - {""}
    assert len(found) > 10
    assert found <= set(book.SUBJECTS), found - set(book.SUBJECTS)


@pytest.mark.slow
def test_every_entrance_in_the_code_has_a_chinese_word() -> None:
    found = set()
    for node in nodes():
        if isinstance(node, ast.Call):
            found |= {literal(one.value) for one in node.keywords if one.arg == "entrance"}
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in CONSTANTS:
            found.add(literal(node.value))
    found.discard("")
    assert len(found) > 6
    assert found <= set(book.ENTRANCES), found - set(book.ENTRANCES)


@pytest.mark.parametrize(
    ("verb", "detail", "said"),
    [
        ("upload_import", {"kind": ImportKind.CUSTOMERS.value}, "内容 客户（可带联系人）"),
        ("decide_contest", {"contest": 1, "verdict": "first"}, "意见 归先导入的人"),
        ("resolve_import", {"verdict": "same", "resolution": "merge", "rows": "all"}, "行数 全部"),
        ("register_project", {"protected": False}, "受保护 否"),
        ("require_field", {"changed": ["required_at"]}, "改动 必填的阶段"),
        ("project_state", {"was": "open", "new": "won"}, "改为 已中标"),
        ("mirror_person", {"old": {"status": "active"}, "new": {"status": "disabled"}}, "改为 状态 已停用"),
        ("capture_lead", {"source": "inquiry"}, "来源 客户询盘"),
    ],
)
def test_stored_words_are_said_in_chinese(verb: str, detail: dict[str, Any], said: str) -> None:
    told = [f"{name} {value}" for name, value in book.detail(verb, detail, "")]
    assert said in told
    assert not re.search("[a-z]{3,}", "".join(told)), told


def test_the_page_names_columns_filters_people_and_files(sign_in: SignIn) -> None:
    with uow.transaction() as s:
        for verb, subject, detail in (
            ("map_import", "import:1", {"targets": ["customer.name", "", "contact.phone", "owner"], "mine": False}),
            ("ask_export", "export:3", {"rows": 11, "asked": {"level": "key", "where": [["industry", "水泵"]]}}),
            ("import_into", "customer:1", {"filled": ["website"], "job": 1}),
            ("grant_fields", "role:rep", {"record": "customer", "group": "reach", "read": True}),
        ):
            audit.record(s, None, verb, subject, NOW, entrance="import", **detail)
    page = sign_in(ADMIN).get("/console/audit").text
    for word in ("公司名称、联系人电话、负责人", "级别 重点客户", "行业 水泵", "第 3 号", "网址", "联系方式"):
        assert word in page, word
    text = re.sub(r"(?s)<(script|style).*?</|<[^>]*>", " ", page.partition('id="list"')[2].partition("</section>")[0])
    assert not re.search(r"\b[a-z_.]{4,}\b", text), re.findall(r"\b[a-z_.]{4,}\b", text)
