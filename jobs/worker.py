"""The worker process: takes nudges from Redis and works the rows they speak of. Without Redis it waits, saying so."""

import gc
import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from config.settings import Settings
from crm import uow
from jobs import work
from jobs.wiring import QUEUE, give_way, start_logging

log = logging.getLogger(__name__)

_WAIT = 30.0
_AGAIN = 1.0
_ONLY = "jobs.work.run"
_SHEETS = ("import", "export")  # what takes minutes and memory


class OnlyOurs(Job):
    """A job that never becomes a call to anything but our one function, whatever somebody wrote into Redis."""

    def perform(self) -> object:
        if self.func_name != _ONLY:
            log.warning("a job that calls %.80r was ignored", self.func_name)
            return None
        return super().perform()


class OurWorker(Worker):
    """Short jobs are done here: to fork, connect and draw up statements anew costs thirty times what they do.

    Sheets are a fork's: what they take is given back with it. `asked_to_stop` tells a wanted end from every other.
    """

    asked_to_stop = False

    def execute_job(self, job: Job, queue: Queue) -> None:
        if job.id.partition("-")[0] in _SHEETS:  # by its name: what somebody else put there may not even be readable
            uow.dispose()  # a connection has one process
            super().execute_job(job, queue)
            return
        execution = self.prepare_execution(job)
        with self._beating(job, execution):
            self.perform_job(job, queue, execution)
        self.set_state(WorkerStatus.IDLE)

    @contextmanager
    def _beating(self, job: Job, execution: Execution) -> Iterator[None]:
        """Say that the worker lives as long as a job lasts: RQ itself says it only beside a fork."""
        done = threading.Event()

        def beat() -> None:
            while not done.wait(self.job_monitoring_interval):
                with suppress(RedisError):
                    self.maintain_heartbeats(job, execution)

        beating = threading.Thread(target=beat, name="beating", daemon=True)
        beating.start()
        try:
            yield
        finally:
            done.set()
            beating.join()

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """Stop the fork of a sheet. Without one, RQ would kill the process group that this worker stands in."""
        if self.horse_pid:
            super().kill_horse(sig)

    def request_stop(self, signum: Any, frame: Any) -> None:
        self.asked_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]
        work.LEAVING.set()  # after which RQ takes the second signal for an order to drop everything


def main() -> None:
    """Until SIGTERM. A restarted Redis is met again by RQ itself, an absent one by asking every half minute."""
    start_logging()
    give_way()
    work.wired()
    gc.collect()
    gc.freeze()  # what is there by now stays shared: a collection in a fork would write on every page of it
    settings = Settings.load()
    while True:
        try:
            worker = _worker(Redis.from_url(settings.redis_url, socket_connect_timeout=3))
            worker.work()
        except (RedisError, OSError) as error:
            log.warning(
                "worker: Redis does not answer (%s); asking again in %.0f s, the scheduler works meanwhile",
                type(error).__name__,
                _WAIT,
            )
            time.sleep(_WAIT)
        else:
            if worker.asked_to_stop:
                return
            log.error("worker: RQ gave up, see above; beginning again")
            time.sleep(_AGAIN)


def _worker(redis: Redis) -> OurWorker:
    return OurWorker(
        [Queue(QUEUE, connection=redis, serializer=JSONSerializer, job_class=OnlyOurs)],
        connection=redis,
        serializer=JSONSerializer,
        job_class=OnlyOurs,
        default_result_ttl=0,
        job_monitoring_interval=5,
        maintenance_interval=30,
        worker_ttl=60,
    )


if __name__ == "__main__":
    main()
