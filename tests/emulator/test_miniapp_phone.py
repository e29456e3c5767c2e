"""What a mini-program finds on an emulated phone: files that outlive it, a camera, a position, a fickle network."""

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from bootstrap import WEB
from tests.emulator.conftest import Emulator, until
from tests.support.browser import PHONE, Open

pytestmark = pytest.mark.slow
SHANGHAI = {"latitude": 31.23, "longitude": 121.47, "accuracy": 35}
CALL = "([name, options]) => wx[name](options)"
FILE = "([name, options]) => wx.getFileSystemManager()[name](options)"


@pytest.fixture
def phone(emulator: Emulator, open_page: Open) -> Page:
    if not (WEB / "dist" / "host" / "index.html").exists():
        pytest.skip("web/ was not built")
    page = open_page(**PHONE, geolocation=SHANGHAI, permissions=["geolocation"])
    page.goto(f"{emulator.base}/miniapp/?userid=liqiang")
    expect(page.locator("#title")).to_have_text("今日")
    return page


def wx(phone: Page, name: str, **options: object) -> Any:
    return phone.evaluate(CALL, [name, options])


def files(phone: Page, name: str, **options: object) -> Any:
    return phone.evaluate(FILE, [name, options])


def refused(phone: Page, call: str, name: str, **options: object) -> str:
    """Why not; "" where it was done."""
    words = f"(asked) => Promise.resolve(({call})(asked)).then(() => '', (failure) => failure.errMsg)"
    return str(phone.evaluate(words, [name, options]))


def taken(phone: Page, folder: Path) -> str:
    """The temporary path of a photo just taken."""
    Image.new("RGB", (60, 40), "navy").save(folder / "泵.jpg")
    with phone.expect_file_chooser() as chooser:
        phone.evaluate("() => { window.taken = wx.chooseMedia({count: 1}); }")
    chooser.value.set_files(folder / "泵.jpg")
    found = phone.evaluate("() => window.taken")
    return str(found["tempFiles"][0]["tempFilePath"])


def test_a_saved_photo_outlives_the_app_and_a_temporary_one_does_not(phone: Page, tmp_path: Path) -> None:
    first, second = taken(phone, tmp_path), taken(phone, tmp_path)
    home = phone.evaluate("wx.env.USER_DATA_PATH")
    assert files(phone, "saveFile", tempFilePath=first, filePath=f"{home}/kept/1")["savedFilePath"] == f"{home}/kept/1"
    phone.reload()
    assert files(phone, "readdir", dirPath=f"{home}/kept")["files"] == ["1"]
    size = (tmp_path / "泵.jpg").stat().st_size
    assert files(phone, "getFileInfo", filePath=f"{home}/kept/1")["size"] == size
    for path in (first, second):
        assert "no such file" in refused(phone, FILE, "readFile", filePath=path)
    assert "permission denied" in refused(phone, FILE, "writeFile", filePath="/etc/x", data="x")
    files(phone, "unlink", filePath=f"{home}/kept/1")
    assert "no such file" in refused(phone, FILE, "access", path=f"{home}/kept/1")


def test_another_members_phone_has_files_and_a_memory_of_its_own(phone: Page, emulator: Emulator) -> None:
    home = phone.evaluate("wx.env.USER_DATA_PATH")
    files(phone, "writeFile", filePath=f"{home}/note", data="李强的")
    phone.evaluate("wx.setStorageSync('who', {name: '李强'})")
    phone.goto(f"{emulator.base}/miniapp/?userid=wanglei")
    assert phone.evaluate("wx.getStorageSync('who')") == ""
    assert "no such file" in refused(phone, FILE, "readFile", filePath=f"{home}/note")
    phone.goto(f"{emulator.base}/miniapp/?userid=liqiang")
    assert phone.evaluate("wx.getStorageSync('who').name") == "李强"
    assert files(phone, "readFile", filePath=f"{home}/note", encoding="utf8")["data"] == "李强的"


def test_one_key_holds_a_megabyte_and_no_more(phone: Page) -> None:
    assert refused(phone, CALL, "setStorage", key="k", data="x" * 1_000_000) == ""
    assert "size limit" in refused(phone, CALL, "setStorage", key="k", data="x" * 1_100_000)


def test_the_position_is_the_phones_and_is_refused_where_it_may_not_be_known(phone: Page) -> None:
    found = wx(phone, "getLocation", type="wgs84")
    assert {name: found[name] for name in SHANGHAI} == SHANGHAI
    phone.context.clear_permissions()
    assert "auth deny" in refused(phone, CALL, "getLocation", type="wgs84")


def test_a_network_that_goes_and_comes_is_told_and_felt(phone: Page) -> None:
    phone.evaluate("() => { window.told = []; wx.onNetworkStatusChange((now) => told.push(now.isConnected)); }")
    ask = {"url": "https://crm.example.com/api/v1/me"}
    phone.context.set_offline(True)
    assert refused(phone, CALL, "request", **ask).startswith("request:fail")
    assert refused(phone, "() => new Promise((success, fail) => wx.qy.login({success, fail}))", "").startswith(
        "qy.login:fail"
    )
    phone.context.set_offline(False)
    phone.evaluate("window.postMessage({flight: true}, location.origin)")
    until(lambda: phone.evaluate("told.length") == 3)
    assert phone.evaluate("told") == [False, True, False]
    assert wx(phone, "getNetworkType")["networkType"] == "none"
    assert "domain list" in refused(phone, CALL, "request", url="http://crm.example.com/")


def test_a_code_of_wecoms_is_for_the_member_who_holds_the_phone(phone: Page, emulator: Emulator) -> None:
    code = phone.evaluate("() => new Promise((done) => wx.qy.login({success: (found) => done(found.code)}))")
    found = emulator.api("miniprogram/jscode2session", js_code=code, grant_type="authorization_code")
    assert found["userid"] == "liqiang"


def test_whoever_dials_is_away_and_comes_back(phone: Page) -> None:
    phone.evaluate("() => { window.seen = []; getApp().onHide = () => seen.push('away'); }")
    phone.evaluate("() => { getApp().onShow = () => seen.push('back'); }")
    phone.evaluate("() => { wx.makePhoneCall({phoneNumber: '13800138000', success() {}}); }")
    phone.get_by_role("button", name="呼叫 13800138000").tap()
    until(lambda: phone.evaluate("seen.length") == 2)
    assert phone.evaluate("seen") == ["away", "back"]


def test_a_page_pulled_down_is_read_again(phone: Page) -> None:
    expect(phone.get_by_role("button", name="再试一次")).to_be_visible()
    touch = phone.context.new_cdp_session(phone)

    def finger(kind: str, *at: int) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": 195, "y": y} for y in at]})

    def pull(far: int) -> None:
        finger("touchStart", 200)
        for y in range(220, 200 + far, 20):
            finger("touchMove", y)
        finger("touchEnd")

    pull(60)
    phone.wait_for_timeout(500)
    assert phone.locator(".pull").evaluate("strip => strip.offsetHeight") == 0
    with phone.expect_request(re.compile("/emu/")):
        pull(240)
    expect(phone.locator(".pull.busy")).to_have_count(0)
