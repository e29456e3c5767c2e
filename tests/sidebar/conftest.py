"""A running house on SQLite, and a phone of its emulator with the page beside a chat in it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Frame, Page, expect

from crm import uow
from tests.stories.house import House
from tests.support.browser import AXE
from tests.support.process import Processes

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Open, for all tests of a module: each brings its own stranger. Without Redis: the scheduler works what comes."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "logs").mkdir()
    processes = Processes(folder / "logs")
    url = f"sqlite:///{folder}/crm.db"
    uow.connect(url)
    try:
        opened = House(processes, folder, url, None)
        opened.open(START)
        expect.set_options(timeout=20_000)  # a house of four processes and a browser share the machine
        yield opened
    finally:
        expect.set_options(timeout=5_000)
        processes.stop()
        uow.dispose()


def open_chat(page: Page, house: House, name: str) -> Frame:
    """李强 opens this chat; the page beside it, which may still be loading."""
    page.goto(house.emulator)
    phone = page.get_by_role("region", name="李强 的手机")
    phone.get_by_role("button", name="客户聊天").click()
    phone.get_by_role("button", name=name).click()
    return beside(page)


def beside(page: Page) -> Frame:
    handle = page.locator(".talk-page iframe").element_handle()
    assert handle is not None
    frame = handle.content_frame()
    assert frame is not None
    expect(page.frame_locator(".talk-page iframe").locator("h1").first).to_be_visible()
    return frame


def serious(page: Page, origin: str) -> list[str]:
    """What axe-core finds serious or critical in the frame of this origin.

    Through the debugger: the frame's Content Security Policy stays as it is for users.
    """
    session = page.context.new_cdp_session(page)
    found: list[int] = []

    def note(event: dict[str, dict[str, object]]) -> None:
        context = event["context"]
        if context["origin"] == origin and context["auxData"]["isDefault"]:  # type: ignore[index]
            found.append(context["id"])  # type: ignore[arg-type]

    session.on("Runtime.executionContextCreated", note)
    session.send("Runtime.enable")
    assert found, origin
    session.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8"), "contextId": found[-1]})
    asked = {"expression": "axe.run(document)", "contextId": found[-1], "awaitPromise": True, "returnByValue": True}
    answer = session.send("Runtime.evaluate", asked)
    session.detach()
    return [
        f"{one['id']}: {one['help']} at {[node['target'] for node in one['nodes'][:3]]}"
        for one in answer["result"]["value"]["violations"]
        if one["impact"] in ("serious", "critical")
    ]
