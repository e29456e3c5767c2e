"""The real scheduler and worker processes: with Redis, without it, killed, and stopped politely."""

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import select

from config.clock import machine_time
from config.sheets import ImportKind, ImportState
from config.vocabulary import OutboxState
from crm import messages, uow
from crm.access import actor_by_userid
from crm.notices import text
from crm.usecases import imports
from gateways.dropbox import Dropbox
from jobs.wiring import QUEUE, Nudger, enqueue
from models import Base
from models.imports import ImportJob
from models.messages import OutboxMessage
from models.people import Person, Team
from tests.jobs.company import NOW
from tests.support.process import Processes, Running


class WeCom:
    """The other end of the wire: every token is good, every message is taken and written down."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        other = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({"errcode": 0, "access_token": "t", "expires_in": 7200})

            def do_POST(self) -> None:
                document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                other.sent.append(document["text"]["content"].partition("（")[0])  # without the time they carry
                self._answer({"errcode": 0, "msgid": "m"})

            def _answer(self, answer: dict[str, object]) -> None:
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}/cgi-bin/"


@pytest.fixture
def wecom() -> Iterator[WeCom]:
    made = WeCom()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def env(tmp_path: Path, wecom: WeCom) -> Iterator[dict[str, str]]:
    """The environment of a machine whose Redis does not answer; its store holds one member."""
    url = f"sqlite:///{tmp_path}/crm.db"
    engine = uow.connect(url)
    Base.metadata.create_all(engine)
    with uow.transaction() as s:
        s.add(Team(department_id=1, name="总公司", path="/1/"))
        s.flush()
        s.add(
            Person(
                userid="a", userid_key="a", name="甲", role="rep", status="active", team_id=1, changed_at=machine_time()
            )
        )
    yield {
        "DATABASE_URL": url,
        "VAR_DIR": str(tmp_path),
        "REDIS_URL": f"unix://{tmp_path}/nobody.sock",
        "SECRET_KEY": "s" * 40,
        "WECOM_API_BASE": wecom.base,
        "WECOM_CORP_ID": "ww1",
        "WECOM_AGENT_ID": "1000002",
        "WECOM_AGENT_SECRET": "secret",
        "WECOM_TOKEN": "token",
        "WECOM_ENCODING_AES_KEY": "a" * 43,
    }
    uow.dispose()


def promise(words: str) -> None:
    with uow.transaction() as s:
        messages.prompt(s, 1, text(words), dedupe=words, now=machine_time())


def wait_for(true: Callable[[], bool], what: str, running: Running, seconds: float = 15.0) -> None:
    running.wait_until(true, what, seconds)


@pytest.mark.slow
def test_the_scheduler_delivers_without_redis_and_stops_within_five_seconds(
    env: dict[str, str], wecom: WeCom, processes: Processes
) -> None:
    promise("一")
    scheduler = processes.scheduler(env)
    wait_for(lambda: wecom.sent == ["一"], "delivery", scheduler)
    promise("二")
    wait_for(lambda: wecom.sent == ["一", "二"], "second delivery", scheduler, 5)
    begun = time.monotonic()
    scheduler.process.terminate()
    assert scheduler.process.wait(5) == 0
    assert time.monotonic() - begun < 5
    assert "secret" not in scheduler.output()


@pytest.mark.slow
def test_a_killed_scheduler_loses_nothing_and_the_next_one_goes_on(
    env: dict[str, str], wecom: WeCom, processes: Processes
) -> None:
    scheduler = processes.scheduler(env)
    for number in range(20):
        promise(f"{number:02}")
    wait_for(lambda: len(wecom.sent) >= 3, "first deliveries", scheduler)
    scheduler.kill()
    with uow.transaction() as s:  # what it held is free after its lease; the test does not wait half a minute
        for row in s.scalars(select(OutboxMessage).where(OutboxMessage.state == OutboxState.LEASED)):
            row.lease_until = NOW.replace(year=2020)
    after = processes.scheduler(env)
    wait_for(lambda: len(set(wecom.sent)) == 20, "all deliveries", after)


@pytest.mark.slow
def test_a_worker_without_redis_says_so_and_stays(env: dict[str, str], processes: Processes) -> None:
    worker = processes.worker(env)
    worker.wait_for_output("Redis does not answer")
    assert worker.running


@pytest.mark.slow
@pytest.mark.redis
def test_a_nudged_worker_delivers_again_and_again_and_ignores_what_it_does_not_know(
    env: dict[str, str], wecom: WeCom, processes: Processes, redis_url: str
) -> None:
    worker = processes.worker({**env, "REDIS_URL": redis_url})
    worker.wait_for_output("Listening on crm")
    nudge = Nudger(redis_url)
    redis = Redis.from_url(redis_url)
    enqueue(redis, "format-the-disk", 7)
    Queue(QUEUE, connection=redis, serializer=JSONSerializer).enqueue("os.getcwd")
    Queue(QUEUE, connection=redis).enqueue("os.getcwd")  # pickled: unreadable for us
    worker.wait_for_output("unknown kind")
    worker.wait_for_output("a job that calls 'os.getcwd' was ignored")
    for words in ("一", "二"):
        promise(words)
        nudge(frozenset({"outbox"}))
        wait_for(lambda words=words: words in wecom.sent, f"delivery of {words}", worker)  # type: ignore[misc]
    redis.close()
    assert worker.stop() == 0


@pytest.mark.slow
@pytest.mark.redis
def test_a_killed_worker_leaves_nothing_that_stops_the_next(
    env: dict[str, str], wecom: WeCom, processes: Processes, redis_url: str
) -> None:
    env = {**env, "REDIS_URL": redis_url}
    first = processes.worker(env)
    first.wait_for_output("Listening on crm")
    first.kill()
    promise("一")
    with Redis.from_url(redis_url) as redis:
        enqueue(redis, "outbox")
        second = processes.worker(env)
        wait_for(lambda: wecom.sent == ["一"], "delivery", second)
        wait_for(lambda: redis.keys("rq:job:*") == [], "an empty queue", second)


@pytest.mark.slow
@pytest.mark.redis
def test_a_worker_reads_a_sheet_in_a_fork_and_delivers_before_and_afterwards(
    env: dict[str, str], wecom: WeCom, processes: Processes, redis_url: str
) -> None:
    worker = processes.worker({**env, "REDIS_URL": redis_url})
    worker.wait_for_output("Listening on crm")
    key = Dropbox(Path(env["VAR_DIR"]) / "imports").keep(io.BytesIO(b"\x00\x01"), 100)
    with Redis.from_url(redis_url) as redis:
        promise("一")
        enqueue(redis, "outbox")
        wait_for(lambda: wecom.sent == ["一"], "delivery", worker)
        with uow.transaction() as s:
            who = actor_by_userid(s, "a")
            imports.upload(s, who, ImportKind.CUSTOMERS, "坏.xlsx", key, machine_time(), entrance="console")
        enqueue(redis, "import")

        def refused() -> bool:
            with uow.reading() as s:
                return s.scalars(select(ImportJob.state)).one() == ImportState.FAILED

        wait_for(refused, "a refusal of the sheet", worker)
        promise("二")
        enqueue(redis, "outbox")
        wait_for(lambda: wecom.sent == ["一", "二"], "second delivery", worker)
    assert worker.stop() == 0


def test_nudging_an_absent_redis_takes_no_time(tmp_path: Path) -> None:
    nudge = Nudger(f"unix://{tmp_path}/nobody.sock")
    begun = time.monotonic()
    for _ in range(1000):
        nudge(frozenset({"outbox"}))
    assert time.monotonic() - begun < 0.2
