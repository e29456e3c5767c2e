"""Members at work: every event is delivered as WeCom delivers it, and every 200 is written down."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.load.company import Company, Stranger
from tests.load.driver import Answer, Line
from tests.load.stage import Stage
from tests.load.traffic import Event, Seal, Traffic

WAITS = (0.0, 1.0, 2.0, 4.0)  # seconds before each attempt: at most three retries
TAPPED = ("关联", "新建", "忽略：同行")  # the buttons that settle a contact in one tap
AGAIN = 0.05  # share of answered events that come once more
TWINS = 0.1  # share of cards that two fingers press at once


@dataclass(slots=True)
class Logged:
    """One event and how it was answered. `answers` are the bodies that came with a 200."""

    event: Event
    task_id: str = ""
    attempts: int = 0
    answers: list[bytes] = field(default_factory=list)
    slowest: float = 0.0


class Crowd:
    def __init__(self, stage: Stage, company: Company, seed: int) -> None:
        self._stage, self._dice = stage, random.Random(seed)
        self.seal = Seal(company.tenant)
        self._traffic = Traffic(company, self.seal, [], seed)
        self._strangers: Iterator[Stranger] = iter(company.strangers)
        self._seen = 0
        self._cards: list[tuple[str, dict[str, Any]]] = []
        self.log: list[Logged] = []

    async def work(self, rate: float, stop: asyncio.Event) -> None:
        """Send events at a steady rate until told to stop; returns when the last of them is answered or given up."""
        under_way: set[asyncio.Task[None]] = set()
        due = time.monotonic()
        looker = asyncio.create_task(self._look(stop))
        while not stop.is_set():
            due += 1 / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            for logged in self._next():
                self.log.append(logged)
                task = asyncio.create_task(self._deliver(logged))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
        await looker
        await asyncio.gather(*under_way)

    def _next(self) -> list[Logged]:
        """The next event; two where a card is pressed twice at once."""
        now, dice = int(time.time()), self._dice.random()
        if dice < 0.3 and (stranger := next(self._strangers, None)):
            return [Logged(self._traffic.contact(stranger, now))]
        if dice < 0.55 and self._cards:
            rep, card = self._cards.pop(self._dice.randrange(len(self._cards)))
            keys = [button["key"] for button in card["button_list"] if button["text"] in TAPPED]
            fingers = 2 if self._dice.random() < TWINS else 1
            task_id = card["task_id"]
            return [
                Logged(self._traffic.press(rep, task_id, self._dice.choice(keys), now), task_id) for _ in range(fingers)
            ]
        return [Logged(self._traffic.follow_up(now))]

    async def _look(self, stop: asyncio.Event) -> None:
        """What has newly appeared on the phones: the cards among it can be pressed."""
        while not stop.is_set():
            for item in await asyncio.to_thread(self._stage.eye, self._seen):
                self._seen = item["index"] + 1
                if item["kind"] == "template_card" and item["raw"].get("button_list"):
                    self._cards.append((item["userid"], item["raw"]))
            await asyncio.sleep(0.5)

    async def _deliver(self, logged: Logged) -> None:
        for wait in WAITS:
            await asyncio.sleep(wait)
            logged.attempts += 1
            answer = await self._post(logged)
            if answer.status == 200:
                break
        if logged.answers and self._dice.random() < AGAIN:
            await self._post(logged)

    async def _post(self, logged: Logged) -> Answer:
        line = Line(self._stage.port)
        request = self.seal.request(logged.event.xml, int(time.time()))
        answer = await line.send(request, time.perf_counter())
        line.close()
        if answer.status == 200:
            logged.answers.append(answer.body)
            logged.slowest = max(logged.slowest, answer.seconds)
        return answer

    def by_kind(self) -> dict[str, list[Logged]]:
        found: defaultdict[str, list[Logged]] = defaultdict(list)
        for logged in self.log:
            found[logged.event.kind].append(logged)
        return found
