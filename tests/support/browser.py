"""A real Chromium for tests: every page it opens is watched for script errors, CSP violations and foreign requests."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
CANDIDATES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Nothing outside this machine is ever reached, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
DESK = {"viewport": {"width": 1360, "height": 900}}

Open = Callable[..., Page]


def executable() -> str | None:
    """The machine's Chromium."""
    return next(filter(None, map(shutil.which, CANDIDATES)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The machine's Chromium; without one the test is skipped, in CI it fails."""
    path = executable()
    if path is None:
        missing = "no Chromium on this machine: apt-get install chromium fonts-noto-cjk"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Open]:
    """`open_page(**options)` gives a page in a context of its own; the options are those of Playwright's new_context.

    At the end the test fails if any of its pages threw a script error, broke its Content Security Policy or asked
    another machine for something.
    """
    watched: list[tuple[BrowserContext, list[str]]] = []

    def open_one(**options: Any) -> Page:
        context = chromium.new_context(**{"locale": "zh-CN", "timezone_id": "Asia/Shanghai", **DESK, **options})
        watched.append((context, watch(context)))
        return context.new_page()

    yield open_one
    for context, _ in watched:
        context.close()
    assert not any(trouble for _, trouble in watched), "\n".join(line for _, trouble in watched for line in trouble)


@pytest.fixture
def desk(open_page: Open) -> Page:
    """A page 1360 pixels wide."""
    return open_page()


@pytest.fixture
def phone(open_page: Open) -> Page:
    """A page 390 pixels wide with a touch screen."""
    return open_page(**PHONE)


def watch(context: BrowserContext) -> list[str]:
    """A list that grows with every script error, CSP violation and foreign request of the context's pages."""
    trouble: list[str] = []
    context.on("weberror", lambda error: trouble.append(f"script error: {error.error}"))
    context.on("console", lambda message: trouble.extend(policy_violations(message)))
    context.on("request", lambda request: trouble.extend(foreign(request)))
    return trouble


def policy_violations(message: ConsoleMessage) -> list[str]:
    if message.type == "error" and "Content Security Policy" in message.text:
        return [f"CSP: {message.text}"]
    return []


def foreign(request: Request) -> list[str]:
    address = urlsplit(request.url)
    if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in ("127.0.0.1", "localhost"):
        return [f"asked another machine: {request.url}"]
    return []


def accessibility_problems(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.1 A and AA, a line per kind with the first places it is seen."""
    # Through the debugger, not a script tag: the page's Content Security Policy stays as it is for users.
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    question = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"
    answer = session.send("Runtime.evaluate", {"expression": question, "awaitPromise": True, "returnByValue": True})
    session.detach()
    return [
        f"{violation['id']}: {violation['help']} at {[node['target'] for node in violation['nodes'][:3]]}"
        for violation in answer["result"]["value"]["violations"]
    ]


def overflows(page: Page) -> bool:
    """True where the page is wider than its window, so that a thumb has to push it sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever asks for the fixture carries the marker, so that `make test-fast` can never start a browser."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
