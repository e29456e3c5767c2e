"""A running house, and the mini-program of one of its members in a browser of a phone's size."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from bootstrap import WEB
from tests.sidebar.conftest import house as house
from tests.stories.house import House
from tests.support.browser import PHONE, Open

BUILT = WEB / "dist"
Enter = Callable[..., Page]


@pytest.fixture
def enter(house: House, open_page: Open) -> Enter:
    """`enter(userid, page="", flight=False)` opens the mini-program on that member's phone; `context` options pass on."""
    if not (BUILT / "host" / "index.html").exists():
        pytest.skip("web/ was not built")

    def opened(userid: str, page: str = "", flight: bool = False, **options: object) -> Page:
        phone = open_page(**PHONE, **options)
        phone.goto(address(house, userid, page, flight))
        return phone

    return opened


def address(house: House, userid: str, page: str = "", flight: bool = False) -> str:
    return f"{house.emulator}/miniapp/?userid={userid}{'&flight' if flight else ''}{f'#{page}' if page else ''}"


def shown(phone: Page) -> Locator:
    """The page on top of the stack."""
    return phone.locator(".page:not([hidden])")


def tab(phone: Page, name: str) -> None:
    phone.locator("#tabs").get_by_role("button", name=name).tap()
    expect(phone.locator("#title")).to_have_text(name)
