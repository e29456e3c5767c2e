"""`make shots`: pictures of every page and card at 390 and 1360 pixels, taken from a demo that plays its story."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.process import free_port

ROOT = Path(__file__).parent.parent
OUT = ROOT / "shots"
SIZES = {"390": {"width": 390, "height": 844}, "1360": {"width": 1360, "height": 900}}
CONSOLE = {
    "today": "",
    "customers": "customers",
    "customers-soon": "customers?state=soon",
    "board": "board",
    "board-one": "board?stage=negotiation",
    "funnel": "funnel",
    "sales-path": "sales-path",
    "endings": "endings",
    "visits": "visits",
    "visit-reviews": "visits/reviews",
    "leads": "leads",
    "lead-sources": "lead-sources",
    "projects": "projects",
    "channels": "channels",
    "quotes": "quotes",
    "products": "products",
    "messages": "messages",
    "archive": "archive",
    "connection": "connection",
    "people": "people",
    "imports": "imports",
    "exports": "exports",
    "contests": "contests",
    "rules": "rules",
    "pipelines": "pipelines",
    "pipeline": "pipelines/1",
    "fields": "fields",
    "field-new": "fields/new",
    "field-stages": "fields/stages",
    "customer-new": "customers/new",
    "shares": "shares",
    "permissions": "permissions?of=contact",
    "duplicates": "duplicates?q=瑞衡",
    "audit": "audit",
}
MINIAPP = ("today", "visits", "checkin", "reviews", "me", "approvals", "outbox", "privacy", "login")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-proxy-server"]


class Demo:
    """A demo of one's own, on free ports and in a temporary folder."""

    def __init__(self, folder: str) -> None:
        self.port, self.emulator_port = free_port(), free_port()
        self._env = {
            **os.environ,
            "VAR_DIR": folder,
            "PORT": str(self.port),
            "EMULATOR_PORT": str(self.emulator_port),
        }
        self._http = requests.Session()
        self._http.trust_env = False  # loopback: no proxy of the machine can reach it
        self._process = subprocess.Popen([sys.executable, "-m", "emulator.demo"], cwd=ROOT, env=self._env)

    @property
    def console(self) -> str:
        return f"http://127.0.0.1:{self.port}/console/"

    @property
    def phones(self) -> str:
        return f"http://127.0.0.1:{self.emulator_port}/"

    def do(self, what: str, **body: Any) -> Any:
        """One call of the emulator's control API."""
        answer = self._http.post(f"{self.phones}emu/api/{what}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def wait(self, url: str, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                if self._http.get(url, timeout=2).ok:
                    return
            except requests.ConnectionError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.3)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)


@contextmanager
def demo() -> Iterator[Demo]:
    with tempfile.TemporaryDirectory() as folder:
        running = Demo(folder)
        try:
            running.wait(f"http://127.0.0.1:{running.port}/readyz")
            time.sleep(8)  # the first sweeps and their cards
            yield running
        finally:
            running.stop()


def play(running: Demo) -> None:
    """What a first morning brings: a stranger, plain words, a position, a typo."""
    running.do("stranger", userid="liqiang", name="沈建国", corp_name="昆山恒泽水务")
    running.do("say", userid="liqiang", text="/跟进 恒泽 电话聊了二期的付款方式，对方想要 3-6-1")
    running.do("say", userid="liqiang", text="今天去瑞衡看了换热站，下周三前要报价")
    running.do("location", userid="liqiang", lat=31.3850, lng=120.9812, label="昆山市前进东路 88 号")
    running.do("say", userid="liqiang", text="/待办 恒泽 明天 下午3点 送样品")
    for typed in ("/待办", "1", "2"):
        running.do("say", userid="wanglei", text=typed)
    time.sleep(6)


def phones(browser: Browser, running: Demo, shot: str, height: int = 0) -> None:
    for name, size in SIZES.items():
        page = _page(browser, {**size, "height": height or size["height"]})
        page.goto(running.phones)
        page.wait_for_timeout(2500)
        page.screenshot(path=OUT / f"{shot}-{name}.png")
        page.close()


def sidebar(browser: Browser, running: Demo) -> None:
    """The page beside a chat as the client shows it, at the widths of a phone and of the panel of a desktop."""
    running.do("stranger", userid="liqiang", name="许静", corp_name="昆山恒泽水务设备有限公司", position="设备科长")
    for width in (300, 375, 420):
        page = _page(browser, {"width": width + 14, "height": 1500})
        page.goto(running.phones)
        phone = page.get_by_role("region", name="李强 的手机")
        phone.get_by_role("button", name="客户聊天").click()
        frame = page.frame_locator(".talk-page iframe")
        phone.get_by_role("button", name="许静").click()
        _beside(page, f"sidebar-unlinked-{width}")
        frame.get_by_role("button", name="关联到").first.click()
        frame.get_by_role("button", name="记跟进").wait_for()
        _beside(page, f"sidebar-linked-{width}")
        frame.get_by_role("button", name="记跟进").click()
        _beside(page, f"sidebar-follow-up-{width}")
        frame.get_by_role("button", name="关闭").click()
        frame.get_by_role("button", name="撤销关联").click()
        frame.get_by_role("button", name="新建客户").click()
        _beside(page, f"sidebar-new-{width}")
        for chat in ("恒泽水务 二期泵房", "华东销售内部群"):
            phone.get_by_role("button", name="返回聊天列表").click()
            phone.get_by_role("button", name=chat).click()
            _beside(page, f"sidebar-group-{chat[:2]}-{width}")
        for state, switch in (("permission", {"refuse": "no permission"}), ("entry", {"entry": "normal"})):
            running.do("client", **switch)
            phone.get_by_role("button", name="返回聊天列表").click()
            phone.get_by_role("button", name="许静").click()
            _beside(page, f"sidebar-{state}-{width}")
        running.do("client")
        page.context.close()


def _beside(page: Page, name: str) -> None:
    page.frame_locator(".talk-page iframe").locator("h1").first.wait_for()
    page.wait_for_timeout(400)
    page.screenshot(path=OUT / f"{name}.png")


def miniapp(browser: Browser, running: Demo, who: str) -> None:
    """The pages of the mini-program at a phone's size, on the phone of one member."""
    page = _page(browser, SIZES["390"])
    for shot in MINIAPP:
        page.goto("about:blank")  # an address that differs after its # alone would not open the app anew
        page.goto(f"{running.phones}miniapp/?userid={who}#/pages/{shot}/{shot}")
        page.wait_for_timeout(1500)
        page.screenshot(path=OUT / f"miniapp-{who}-{shot}.png")
    page.context.close()


def upload(browser: Browser, running: Demo) -> None:
    """The page behind the link that /推进 gives, before and after a file that is refused, and once it is expired."""
    said = str(running.do("say", userid="liqiang", text="/推进")["reply"])
    if "回复序号" in said:
        said = str(running.do("say", userid="liqiang", text="1")["reply"])
    link = re.findall(r"http://[^\s\\'\"]+/upload/[\w.-]+", said)[0]
    for name, size in SIZES.items():
        page = _page(browser, size)
        page.goto(link)
        _whole(page, f"upload-{name}")
        words = ("空.txt", "text/plain", b"---"), (f"{name}.txt", "text/plain", f"会议纪要 {name}：扬程 32 米".encode())
        for state, (called, kind, content) in zip(("refused", "done"), words, strict=True):
            page.goto(link)
            chosen = {"name": called, "mimeType": kind, "buffer": content}
            page.locator("input[name=file]").set_input_files(chosen)  # type: ignore[arg-type]
            _whole(page, f"upload-chosen-{name}")
            page.get_by_role("button", name="上传", exact=True).click()
            page.locator(".told").wait_for()
            _whole(page, f"upload-{state}-{name}")
        page.goto(link[:-3])
        _whole(page, f"upload-wrong-{name}")
        page.context.close()


def console(browser: Browser, running: Demo, who: str, label: str) -> None:
    for name, size in SIZES.items():
        page = _page(browser, size)
        page.goto(running.console)
        _whole(page, f"login-{name}")
        page.get_by_text("企业微信扫码登录").first.click()
        page.wait_for_timeout(500)
        _whole(page, f"qr-{name}")
        page.get_by_text(who).first.click()
        page.wait_for_url("**/console/**")
        for shot, path in CONSOLE.items():
            page.goto(running.console + path)
            page.wait_for_timeout(400)
            _whole(page, f"{label}-{shot}-{name}")
        page.goto(running.console + "customers")
        page.locator("a[href*='/console/customers/']").first.click()
        page.wait_for_timeout(500)
        _whole(page, f"{label}-customer-{name}")
        page.context.close()


def _whole(page: Page, name: str) -> None:
    """The page at its full height, so that what is fixed to the window's edge stands at the page's own."""
    size = page.viewport_size or {"width": 1360, "height": 900}
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
    page.screenshot(path=OUT / f"{name}.png")
    page.set_viewport_size(size)


def _page(browser: Browser, size: Any) -> Page:
    context = browser.new_context(viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai")
    return context.new_page()


def main() -> int:
    OUT.mkdir(exist_ok=True)
    with demo() as running, sync_playwright() as play_wright:
        browser = play_wright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        play(running)
        phones(browser, running, "phones")
        console(browser, running, "林岚", "admin")
        console(browser, running, "李强", "rep")
        upload(browser, running)
        sidebar(browser, running)
        for who in ("liqiang", "zhouming"):
            miniapp(browser, running, who)
        running.do("clock", advance=86400)
        time.sleep(15)
        running.do("clock", advance=2 * 86400)
        time.sleep(15)
        phones(browser, running, "phones-later")
        phones(browser, running, "cards", height=4500)  # each talk at its full length: every card of the story
        browser.close()
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
