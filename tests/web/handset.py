"""A phone that may die at any instant: a browser with a folder of its own, killed with -9 and started again."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Timer
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Geolocation, Page, Request

from tests.sidebar.conftest import START
from tests.support.browser import ARGUMENTS, PHONE, executable, watch
from tests.support.process import family

# A phone has stored what it said it stored, a browser has it on its disk this much later.
FLUSHING, FLUSHED = "--enable-aggressive-domstorage-flushing", 1.5  # seconds
QUIET = 0.4  # seconds without a call after which nothing more is on its way
PATIENCE = 10_000  # ms


class Handset:
    """`killed` says whether it has died since it was opened last; `flight` is its switch and outlives every death.

    The switch is the phone's own: the browser's asks every page, and one that has just died never answers.
    """

    def __init__(self, chromium: Browser, folder: Path, address: Callable[[bool], str], here: Geolocation) -> None:
        self._chromium, self._folder, self._address = chromium, folder, address
        self._here = here
        self._born = time.monotonic()
        self._context: BrowserContext | None = None
        self._leader, self._off = 0, False
        self._timers: list[Timer] = []
        self._asked, self._last = 0, 0.0
        self.flight, self.killed = False, False
        self.page: Page
        self.trouble: list[str] = []

    def open(self) -> None:
        """The app as a tap on its icon opens it; the phone is switched on first where it is off."""
        self._let_go()
        context = self._context if self._context and not self._off else self._switch_on()
        old = context.pages
        self.killed, self._asked = False, 0
        self.page = context.new_page()
        for page in old:
            page.close()
        self.page.on("request", self._count)
        for end in ("requestfinished", "requestfailed"):
            self.page.on(end, self._discount)
        self.page.goto(self._address(self.flight))

    def fly(self, on: bool) -> None:
        if on == self.flight:
            return
        self.flight = on
        self.page.evaluate(f"window.postMessage({{flight: {str(on).lower()}}}, location.origin)")

    @property
    def busy(self) -> bool:
        return self._asked > 0 or time.monotonic() - self._last < QUIET

    def kill_app(self) -> None:
        """What runs the page dies in the middle of whatever it does; the phone lives on."""
        self.killed = True
        self._kill(b"--type=renderer")

    def kill_phone(self) -> None:
        """The app dies the same, and the whole browser behind it before it is opened again."""
        self._off = True
        self.kill_app()

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        timer = Timer(seconds, act)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def when_answered(self, path: str, number: int, act: Callable[[], None]) -> None:
        """Acts when the server has done the `number`th call to this path from now and the page has not heard of it."""
        left = [number]
        wire = self.page.context.new_cdp_session(self.page)

        def stopped(event: dict[str, Any]) -> None:
            left[0] -= 1
            if left[0] == 0:
                act()
            else:
                with suppress(Error):
                    wire.send("Fetch.continueRequest", {"requestId": event["requestId"]})

        wire.on("Fetch.requestPaused", stopped)
        wire.send("Fetch.enable", {"patterns": [{"urlPattern": f"*{path}", "requestStage": "Response"}]})

    def when_asked(self, path: str, number: int, act: Callable[[], None]) -> None:
        """Acts when the `number`th write to this path from now sets out."""
        left = [number]

        def asked(request: Request) -> None:
            left[0] -= request.method == "POST" and request.url.endswith(path)
            if left[0] == 0:
                act()

        self.page.on("request", asked)

    def put_away(self) -> None:
        """Nothing of it runs on."""
        self._let_go()
        self._switch_off()

    def _let_go(self) -> None:
        for timer in self._timers:
            timer.cancel()
            timer.join()
        self._timers.clear()

    def _switch_on(self) -> BrowserContext:
        self._switch_off()
        moment = START + timedelta(seconds=time.monotonic() - self._born)
        context = self._chromium.browser_type.launch_persistent_context(
            self._folder, executable_path=executable(), args=[*ARGUMENTS, FLUSHING], locale="zh-CN",
            timezone_id="Asia/Shanghai", permissions=["geolocation"],
            geolocation=self._here, **PHONE,  # type: ignore[arg-type]
        )  # fmt: skip
        context.set_default_timeout(PATIENCE)
        context.clock.install(time=moment)
        self._context, self._leader, self._off = context, leader(self._folder), False
        self.trouble = watch(context)
        return context

    def _switch_off(self) -> None:
        if self._context is None:
            return
        time.sleep(FLUSHED)
        while family(self._leader):
            self._kill(b"")
            time.sleep(0.01)
        with suppress(Error):
            self._context.close()
        self._context = None

    def _kill(self, words: bytes) -> None:
        for pid in family(self._leader):
            with suppress(OSError):
                if words in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)

    def _count(self, request: Request) -> None:
        self._asked += 1

    def _discount(self, request: Request) -> None:
        self._asked -= 1
        self._last = time.monotonic()


def leader(folder: Path) -> int:
    """The first process of the browser that keeps its things in this folder."""
    for words in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            said = words.read_bytes()
            if f"--user-data-dir={folder}".encode() in said and b"--type=" not in said:
                return int(words.parent.name)
    raise AssertionError(f"no browser keeps its things in {folder}")
