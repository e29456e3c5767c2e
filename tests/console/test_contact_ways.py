"""联系我 at the desk: nothing typed is lost, a code is not closed by a slip, and a closed one is made once more."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Dialog, Page, expect
from werkzeug.serving import make_server

from config.vocabulary import Role
from console import console
from crm import uow
from emulator import qr
from emulator.media import code_picture
from models.mirror import ContactWay
from tests.console.conftest import STATIC, World, deps
from tests.console.test_browser import signed_in
from tests.support.browser import DESK, PHONE, Open, accessibility_problems, overflows
from tests.support.company import rows

PICTURE = code_picture(qr.encode("http://127.0.0.1/emu/qr/1"))


@dataclass
class Wecom:
    removed: list[str] = field(default_factory=list)

    def make_way(self, userid: str, state: str, remark: str) -> tuple[str, bytes]:
        return f"config-{state}", PICTURE

    def remove_way(self, config_id: str) -> None:
        self.removed.append(config_id)


@pytest.fixture
def wecom() -> Wecom:
    return Wecom()


@pytest.fixture
def address(tmp_path: Path, furnished: Path, world: World, wecom: Wecom) -> Iterator[str]:
    shutil.copyfile(furnished, tmp_path / "crm.db")
    uow.connect(f"sqlite:///{tmp_path}/crm.db")
    app = Flask("console-under-test")
    app.register_blueprint(console(replace(deps(world, STATIC), ways=wecom)))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/console/"
    server.shutdown()
    uow.dispose()


def answering(page: Page, *, yes: bool) -> list[str]:
    """What the page asks from now on, answered like this."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept() if yes else dialog.dismiss()

    page.once("dialog", answer)
    return asked


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_code_is_made_closed_after_a_question_and_made_once_more(
    open_page: Open, address: str, wecom: Wecom, size: dict[str, object]
) -> None:
    page = signed_in(open_page(**size), address, Role.REP)
    page.goto(address + "contact-ways")
    page.get_by_label("名称").fill("上海展会")
    page.get_by_label("给哪家客户").fill("hengli")
    expect(page.get_by_label("客户", exact=True)).to_contain_text("苏州恒力泵业有限公司")
    page.get_by_label("给哪家客户").press("Enter")
    expect(page.get_by_label("名称")).to_have_value("上海展会")
    assert not overflows(page)
    assert accessibility_problems(page) == []
    page.get_by_role("button", name="做码").click()
    expect(page.get_by_role("img")).to_be_visible()
    page.evaluate("window.print = () => { document.title = '打印中' }")
    page.get_by_role("button", name="打印").click()
    expect(page).to_have_title("打印中")
    shown = page.url
    page.get_by_role("link", name="返回").click()
    asked = answering(page, yes=False)
    page.get_by_role("button", name="停用上海展会").click()
    assert "不能恢复" in asked[0]
    assert wecom.removed == []
    answering(page, yes=True)
    page.get_by_role("button", name="停用上海展会").click()
    expect(page.locator("#ways")).to_contain_text("已停用")
    assert len(wecom.removed) == 1
    page.goto(shown)
    expect(page.locator("main")).to_contain_text("这个码已经停用")
    expect(page.locator("main")).not_to_contain_text("扫一扫")
    page.get_by_role("link", name="返回").click()
    page.get_by_role("button", name="照「上海展会」重做一个").click()
    expect(page.get_by_role("img")).to_be_visible()
    old, new = rows(ContactWay)
    assert (new.name, new.person_id, new.customer_id, new.closed_at) == (old.name, old.person_id, old.customer_id, None)
    assert new.state != old.state


def test_who_may_make_sources_is_led_there(open_page: Open, address: str) -> None:
    page = signed_in(open_page(**DESK), address, Role.OPERATIONS)
    page.goto(address + "contact-ways")
    page.get_by_role("link", name="在「线索入口」里建来源").click()
    expect(page).to_have_url(address + "lead-sources")
    page = signed_in(open_page(**DESK), address, Role.REP)
    page.goto(address + "contact-ways")
    expect(page.get_by_text("来源由销售运营在「线索 › 线索入口」里建")).to_be_visible()
