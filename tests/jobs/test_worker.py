"""The worker's own ways, where they are not RQ's: short jobs in this process, and what may be stopped of it."""

import os
import threading
from collections.abc import Iterator

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from jobs.wiring import QUEUE, enqueue
from jobs.worker import OnlyOurs, OurWorker

pytestmark = pytest.mark.redis


@pytest.fixture
def worker(redis_url: str) -> Iterator[OurWorker]:
    with Redis.from_url(redis_url) as redis:
        queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer, job_class=OnlyOurs)
        made = OurWorker(
            [queue], connection=redis, serializer=JSONSerializer, job_class=OnlyOurs, job_monitoring_interval=1
        )
        yield made


@pytest.mark.slow
def test_a_job_that_lasts_is_known_to_be_alive(worker: OurWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    beats = threading.Semaphore(0)
    monkeypatch.setattr(OurWorker, "maintain_heartbeats", lambda *_: beats.release())
    enqueue(worker.connection, "outbox")
    job = OnlyOurs.fetch("outbox-0", connection=worker.connection, serializer=JSONSerializer)
    alive: list[bool] = []
    monkeypatch.setattr(OnlyOurs, "perform", lambda _: alive.append(beats.acquire(timeout=10)))
    worker.execute_job(job, worker.queues[0])
    assert alive == [True]


def test_stopping_a_job_that_has_no_process_of_its_own_kills_nobody(
    worker: OurWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, _: killed.append(group))
    worker.kill_horse()
    assert killed == []
