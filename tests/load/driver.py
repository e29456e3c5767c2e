"""A light HTTP sender: requests are made beforehand, connections stay open, every answer is timed."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

_SECONDS = 5.0  # WeCom's own patience


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0: no answer. `seconds` count from the moment the request was due, so that waiting in line shows."""

    status: int
    seconds: float
    body: bytes


class Line:
    """One connection to the product, opened when needed and opened again when the other end has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: bytes, due: float, seconds: float = _SECONDS) -> Answer:
        """`due` is a time of `time.perf_counter`."""
        try:
            status, body = await asyncio.wait_for(self._exchange(request), seconds)
        except (TimeoutError, OSError, EOFError, ValueError):
            self.close()
            status, body = 0, b""
        return Answer(status, time.perf_counter() - due, body)

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        used = self._streams is not None
        try:
            return await self._once(request)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            # A kept connection may have been closed meanwhile; that is seen only by writing to it, and is no failure.
            nothing_came = not isinstance(error, asyncio.IncompleteReadError) or not error.partial
            if not used or not nothing_came:
                raise
            self.close()
            return await self._once(request)

    async def _once(self, request: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").casefold().split("\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith("content-length:")), 0)
        body = await reader.readexactly(length) if length else b""
        if any(line == "connection: close" for line in lines):
            self.close()
        return int(lines[0].split()[1]), body

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None


async def open_loop(port: int, requests: Sequence[bytes], rate: float) -> list[Answer]:
    """Send at a steady rate whatever the answers do, over as many connections as that takes."""
    idle: deque[Line] = deque()
    start = time.perf_counter() + 0.1

    async def one(request: bytes, due: float) -> Answer:
        line = idle.popleft() if idle else Line(port)
        answer = await line.send(request, due)
        idle.append(line)
        return answer

    under_way = []
    for number, request in enumerate(requests):
        due = start + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        under_way.append(asyncio.create_task(one(request, due)))
    answers = await asyncio.gather(*under_way)
    for line in idle:
        line.close()
    return list(answers)


async def closed_loop(
    port: int, requests: Sequence[bytes], connections: int, seconds: float
) -> tuple[list[Answer], float]:
    """Each connection sends its next request when its last is answered; the answers and the seconds it took."""
    answers: list[Answer] = []
    waiting = iter(requests)
    start = time.perf_counter()

    async def sender() -> None:
        line = Line(port)
        for request in waiting:
            if time.perf_counter() - start >= seconds:
                break
            answers.append(await line.send(request, time.perf_counter()))
        line.close()

    await asyncio.gather(*(sender() for _ in range(connections)))
    return answers, time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of all answers, and how many were not 200."""

    many: int
    errors: int
    p50: float
    p99: float
    most: float

    def __str__(self) -> str:
        return (
            f"{self.many} requests, {self.errors} errors, p50 {self.p50:.1f} ms, p99 {self.p99:.1f} ms, "
            f"max {self.most:.1f} ms"
        )


def times(answers: Sequence[Answer]) -> Times:
    """Nearest-rank percentiles over all answers, failed ones included."""
    ranked = sorted(answer.seconds * 1000 for answer in answers)
    errors = sum(answer.status != 200 for answer in answers)
    last = len(ranked) - 1
    return Times(len(ranked), errors, ranked[last // 2], ranked[round(last * 0.99)], ranked[last])
