"""A rep's day on a phone without a network that dies again and again: everything arrives, whole and once."""

import hashlib
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Error, Locator, Page, expect
from sqlalchemy import select

from crm import uow
from models.customers import Customer
from models.visits import Visit, VisitPlan, VisitUpload
from tests.stories.house import House
from tests.support.company import rows
from tests.web.conftest import BUILT, address, shown, tab
from tests.web.handset import Handset
from tests.web.test_visits import HERE, known

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
KILLS = int(os.environ.get("KILLS", 3))
SEED = int(os.environ.get("SEED", 0)) or time.time_ns() % 1_000_000
WAYS = ("app", "phone", "server", "answer", "upload")
_DAY = count(1)


@dataclass(frozen=True)
class Meant:
    """A visit the rep will make: what he will say, which pictures he will take, whether there will be a network."""

    customer: str
    report: str
    photos: tuple[Path, ...]
    flight: bool


class Rep:
    """李强, who forgets nothing he did himself and learns the rest from what his phone shows."""

    def __init__(self, handset: Handset, day: list[Meant]) -> None:
        self._handset, self._day = handset, day
        self._handed: set[str] = set()

    def work(self, fate: Callable[[], None]) -> None:
        """The whole day, until nothing is left on the phone; `fate` is asked at every opening of the app."""
        while True:
            try:
                self._handset.open()
                fate()
                self._go_on()
                return
            except (Error, AssertionError):
                if not self._handset.killed:
                    raise

    @property
    def _page(self) -> Page:
        return self._handset.page

    def _go_on(self) -> None:
        expect(shown(self._page)).to_contain_text("李强")
        tab(self._page, "拜访")
        self._plan()
        for meant in self._day:
            if meant.customer not in self._handed:
                self._visit(meant)
        self._handset.fly(False)
        self._settle()
        tab(self._page, "我的")
        shown(self._page).get_by_role("button", name="待同步").tap()
        expect(shown(self._page).get_by_text("都同步好了")).to_be_visible()

    def _plan(self) -> None:
        if self._handset.flight or self._handed:
            return
        for meant in self._day:
            self._settle()
            if not self._about("改计划：", meant.customer).count():
                shown(self._page).get_by_role("button", name="加一家客户").tap()
                self._choose(meant.customer)
                expect(self._about("改计划：", meant.customer)).to_be_visible()

    def _visit(self, meant: Meant) -> None:
        self._handset.fly(meant.flight)
        self._settle()
        page, begun = shown(self._page), self._kept("没写完")
        if self._kept("待同步", meant.customer).count() or page.get_by_text(meant.report).count():
            self._handed.add(meant.customer)
            return
        if begun.count():
            begun.tap()
        else:
            self._about("签到：", meant.customer).tap()
        expect(self._page.locator("#title")).to_have_text("拜访签到")
        self._write(meant)
        page.get_by_role("button", name="签到", exact=True).tap()
        expect(self._page.locator("#title")).to_have_text("拜访")
        self._handed.add(meant.customer)

    def _write(self, meant: Meant) -> None:
        page = shown(self._page)
        if page.get_by_role("button", name="选一家客户").count():
            page.get_by_role("button", name="选一家客户").tap()
            self._choose(meant.customer)
        if not page.get_by_text("位置已记下").count():
            page.get_by_role("button", name="取位置").tap()
            expect(page.get_by_text("位置已记下")).to_be_visible()
        shots = page.get_by_role("button", name="看第")
        for number in range(shots.count(), len(meant.photos)):
            with self._page.expect_file_chooser() as chooser:
                page.get_by_role("button", name="拍照").tap()
            chooser.value.set_files(meant.photos[number])
            expect(shots).to_have_count(number + 1)
        self._page.get_by_label("拜访小结").fill(meant.report)

    def _choose(self, customer: str) -> None:
        self._page.get_by_label("找客户").fill(customer[:6])
        self._page.locator(".sheet").get_by_role("button", name=customer).tap()
        expect(self._page.get_by_label("找客户")).to_have_count(0)

    def _about(self, what: str, customer: str) -> Locator:
        return shown(self._page).get_by_role("button", name=f"{what}{customer}")

    def _kept(self, label: str, customer: str = "") -> Locator:
        buttons = shown(self._page).get_by_role("button")
        return buttons.filter(has_text=label).filter(has_text=customer)

    def _settle(self) -> None:
        """Until nothing more happens by itself: without a network at once, else when all is sent and read."""
        give_up = time.monotonic() + 60
        page = shown(self._page)
        again = page.get_by_role("button", name="立即同步")
        while self._handset.busy or (not self._handset.flight and page.locator(".sync").count()):
            if not self._handset.flight and again.count() and again.is_enabled():
                again.tap()
            self._page.wait_for_timeout(150)
            assert time.monotonic() < give_up, page.inner_text()


class Fate:
    """Kills somebody at a random moment of every run of the app, until it has killed often enough."""

    def __init__(self, house: House, handset: Handset, seed: int, kills: int) -> None:
        self._house, self._handset, self._kills = house, handset, kills
        self._random = random.Random(seed)
        self.done: Counter[str] = Counter()

    def __call__(self) -> None:
        if self.done.total() >= self._kills:
            return
        way = self._random.choice(WAYS)
        moment, number = self._random.uniform(0, 6), self._random.randint(1, 4)
        phone = self._handset
        kill = phone.kill_app if self._random.random() < 0.5 else phone.kill_phone

        def strike() -> None:
            if self.done.total() < self._kills:
                self.done[way] += 1
                kill()

        if way == "answer":
            phone.when_answered(self._random.choice(("/visits", "/uploads", "/visit-plans")), 1, strike)
        elif way == "upload":
            phone.when_asked("/uploads", number, lambda: phone.later(moment / 60, strike))
        elif way == "server":
            phone.later(moment, self._kill_server)
        else:
            kill = phone.kill_app if way == "app" else phone.kill_phone
            phone.later(moment, strike)

    def _kill_server(self) -> None:
        self.done["server"] += 1
        self._house.web.kill()
        time.sleep(self._random.uniform(0, 1))
        self._house.serve()


@pytest.fixture
def handset(house: House, chromium: Browser, tmp_path: Path) -> Iterator[Handset]:
    if not (BUILT / "host" / "index.html").exists():
        pytest.skip("web/ was not built")
    phone = Handset(chromium, tmp_path / "phone", lambda flight: address(house, "liqiang", flight=flight), HERE)
    yield phone
    phone.put_away()
    assert phone.trouble == []


def a_day(folder: Path) -> list[Meant]:
    """Three visits, the last two where there is no network, with three, two and four pictures."""
    number = next(_DAY)

    def photo(place: int, shot: int) -> Path:
        path = folder / f"{number}-{place}-{shot}.jpg"
        noise = random.Random(str(path)).randbytes(320 * 240 * 3)
        Image.frombytes("RGB", (320, 240), noise).resize((960, 720)).save(path, "JPEG", quality=90)
        return path

    return [
        Meant(
            known(),
            f"第 {number} 天第 {place} 家：见了设备科，循环泵要换三台，周五前报价",
            tuple(photo(place, shot) for shot in range(photos)),
            flight=place > 1,
        )
        for place, photos in ((1, 3), (2, 2), (3, 4))
    ]


def hold(day: list[Meant]) -> None:
    """The server has each visit once, with its pictures as they were taken and in their order, and nothing beside."""
    for meant in day:
        with uow.transaction() as s:
            customer = s.scalars(select(Customer.id).where(Customer.name == meant.customer)).one()
        (visit,) = rows(Visit, Visit.customer_id == customer)
        (plan,) = rows(VisitPlan, VisitPlan.customer_id == customer)
        photos = sorted(rows(VisitUpload, VisitUpload.visit_id == visit.id), key=lambda one: one.place)
        taken = [hashlib.sha256(path.read_bytes()).hexdigest() for path in meant.photos]
        assert [one.sha256 for one in photos] == taken, meant
        assert (visit.report, visit.latitude, plan.dropped_at) == (meant.report, HERE["latitude"], None)
    assert rows(VisitUpload, VisitUpload.visit_id.is_(None)) == []


def test_a_day_of_three_visits_two_without_a_network_and_two_deaths(handset: Handset, tmp_path: Path) -> None:
    day = a_day(tmp_path)
    deaths = iter((handset.kill_phone, handset.kill_app))
    opened = count()

    def fate() -> None:
        """Dies as it sends the second picture, and as the server has a visit that it knows nothing of."""
        number = next(opened)
        if number == 0:
            handset.when_asked("/uploads", 2, next(deaths))
        elif number == 1:
            handset.when_answered("/visits", 1, next(deaths))

    Rep(handset, day).work(fate)
    assert next(opened) == 3
    hold(day)


def test_nothing_is_lost_or_doubled_at_random_kill_points(house: House, handset: Handset, tmp_path: Path) -> None:
    print(f"SEED={SEED} KILLS={KILLS}")
    fate = Fate(house, handset, SEED, KILLS)
    days, began = 0, time.monotonic()
    while fate.done.total() < KILLS:
        day = a_day(tmp_path)
        Rep(handset, day).work(fate)
        hold(day)
        days += 1
    print(f"{dict(fate.done)} in {days} days, {time.monotonic() - began:.0f} s")
