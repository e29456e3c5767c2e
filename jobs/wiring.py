"""The composition root of all jobs: settings, clock, store, WeCom and the queue, put together once per process."""

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from config.clock import Clock, clock_of
from config.settings import Settings
from crm import uow
from crm.flows.inbox import Handlers
from crm.tokens import TokenTable
from crm.usecases.drawing import OutboxDraft
from gateways.archive.consents import Consents
from gateways.archive.keys import KeyRing
from gateways.archive.native import Native
from gateways.archive.over_http import OverHttp
from gateways.archive.source import Archive
from gateways.dropbox import Dropbox
from gateways.files import FileStore
from gateways.spool import Spool
from gateways.summariser import Summariser
from gateways.wecom import cards, robot
from gateways.wecom.client import WecomClient
from gateways.wecom.tokens import TokenStore
from gateways.wecom.wire import Wire
from jobs import inbox
from jobs.book import Book

log = logging.getLogger(__name__)

QUEUE = "crm"
_NICE = 5
_NUDGE_TIMEOUT = 0.2
_LEAVE_ALONE = 5.0  # seconds that an unreachable Redis is not asked again
_PAUSE = 0.1  # seconds between two nudges of one process: a hundred callbacks a second need not nudge one by one
_STALE = 60  # seconds after which a nudge that nobody took is forgotten
_JOB_TIMEOUT = 3600  # far beyond any job's own limits: rows, not the queue, know what is unfinished


@dataclass(frozen=True, slots=True)
class ArchiveGateway:
    """The company's chat archive, and whom to ask for consent to it."""

    source: Archive
    consents: Consents


@dataclass(frozen=True, slots=True)
class Wiring:
    """Everything a job needs from outside itself."""

    settings: Settings
    clock: Clock
    client: WecomClient
    handlers: Handlers
    spool: Spool
    incoming: Dropbox
    outgoing: Dropbox
    nudge: Callable[[frozenset[str]], None]
    summarise: Summariser | None  # None: talks are summed up offline
    archive: ArchiveGateway | None  # None: the company has none, or has not set it up

    def render(self, draft: OutboxDraft) -> str:
        """The document of one message, complete and final."""
        settings = self.settings
        if draft.code:
            return cards.render_update(
                draft.notice,
                to_user=draft.userid,
                agent_id=settings.wecom_agent_id,
                task_id=draft.task_id,
                code=draft.code,
                home_url=settings.public_url,
            )
        return cards.render(
            draft.notice,
            to_user=draft.userid,
            agent_id=settings.wecom_agent_id,
            task_id=draft.task_id,
            home_url=settings.public_url,
        )


def wire(settings: Settings) -> Wiring:
    """Connect this process to its store and its WeCom; opens no connection yet, so it may still fork."""
    clock = clock_of(settings)
    uow.connect(settings.database_url)
    client = wecom_client(settings, clock)
    nudge = Nudger(settings.redis_url)
    summarise = summariser(settings)
    uow.on_commit(nudge)
    return Wiring(
        settings=settings,
        clock=clock,
        client=client,
        handlers=inbox.handlers(Book(client), client, partial(_media, client), file_store(settings), summarise),
        spool=Spool(settings.var_dir / "spool.db"),
        incoming=incoming(settings),
        outgoing=outgoing(settings),
        nudge=nudge,
        summarise=summarise,
        archive=archive_gateway(settings, clock),
    )


def incoming(settings: Settings) -> Dropbox:
    """Where uploaded sheets wait to be read."""
    return Dropbox(settings.var_dir / "imports")


def outgoing(settings: Settings) -> Dropbox:
    """Where exported lists lie until they expire."""
    return Dropbox(settings.var_dir / "exports")


def file_store(settings: Settings) -> FileStore:
    """Where every process of this company keeps and finds files."""
    return FileStore(settings.var_dir / "files")


def summariser(settings: Settings) -> Summariser | None:
    """The model outside that sums up talks, where one is configured."""
    if not settings.summariser_base_url:
        return None
    return Summariser(settings.summariser_base_url, settings.summariser_api_key, settings.summariser_model)


def wecom_client(settings: Settings, clock: Clock, tokens: TokenStore | None = None) -> WecomClient:
    """The app's client with its token kept in the store, or where the connection check keeps its own."""
    return WecomClient(
        base=settings.wecom_api_base,
        corp_id=settings.wecom_corp_id,
        agent_id=settings.wecom_agent_id,
        secret=settings.wecom_agent_secret,
        tokens=tokens or TokenTable(settings.secret_key),
        clock=clock,
    )


def _media(client: WecomClient, where: str) -> bytes:
    """A picture of the app's chat, or a file of the robot's, wherever it lies."""
    return robot.fetch(where) if robot.is_file(where) else client.media(where)


def archive_gateway(settings: Settings, clock: Clock) -> ArchiveGateway | None:
    """The archive has a secret of its own, and so a token of its own."""
    secret, keys, corp = settings.wecom_archive_secret, settings.wecom_archive_private_keys, settings.wecom_corp_id
    if not secret or keys is None:
        return None
    url = settings.wecom_archive_url
    transport = OverHttp(url, corp, secret) if url else Native(settings.wecom_archive_library, corp, secret)
    wire = Wire(
        base=settings.wecom_api_base,
        corp_id=corp,
        name=f"wecom:{corp}:archive",
        secret=secret,
        tokens=TokenTable(settings.secret_key),
        clock=clock,
        connect_timeout=3.0,
        read_timeout=8.0,
    )
    return ArchiveGateway(Archive(transport, KeyRing(keys)), Consents(wire))


def start_logging() -> None:
    """One line per thing that happened, to standard error."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def give_way() -> None:
    """Let the web processes go first: WeCom waits five seconds for a callback, and nobody waits for a job."""
    os.nice(_NICE)


class Nudger:
    """Tells the workers, through Redis, that there is work of a kind. Costs its caller nothing and promises nothing.

    The talking is done by a thread of its own, so that a slow or absent Redis never slows a callback; the schedulers
    find the work without it.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(
            redis_url, socket_connect_timeout=_NUDGE_TIMEOUT, socket_timeout=_NUDGE_TIMEOUT, retry=None
        )
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """Also in a fork, which has no thread and perhaps a lock that nobody will open."""
        self._kinds: set[str] = set()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None

    def __call__(self, kinds: frozenset[str]) -> None:
        with self._wake:
            self._kinds |= kinds
            if self._thread is None:
                self._thread = threading.Thread(target=self._talk, name="nudger", daemon=True)
                self._thread.start()
            self._wake.notify()

    def _talk(self) -> None:
        while True:
            with self._wake:
                while not self._kinds:
                    self._wake.wait()
                kinds, self._kinds = self._kinds, set()
            try:
                under_way = [kind for kind in sorted(kinds) if not enqueue(self._redis, kind)]
                time.sleep(_PAUSE)
                for kind in under_way:  # whoever was at it may have looked for the last time before this came
                    enqueue(self._redis, kind)
            except (RedisError, OSError) as error:
                log.info("nudge: Redis does not answer (%s); the scheduler works without it", type(error).__name__)
                time.sleep(_LEAVE_ALONE)
            except Exception:
                log.exception("nudge failed")
                time.sleep(_LEAVE_ALONE)


def enqueue(redis: Redis, kind: str, row_id: int = 0) -> bool:
    """Put (kind, row id) into the queue unless it is there already; id 0 means whatever is due.

    False when it was there: it waits, or it is being worked and perhaps nearly done.
    """
    queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
    try:
        queue.enqueue_call(
            "jobs.work.run",
            args=(kind, row_id),
            job_id=f"{kind}-{row_id}",
            unique=True,
            timeout=_JOB_TIMEOUT,
            ttl=_STALE,
            result_ttl=0,
            failure_ttl=0,
        )
    except DuplicateJobError:
        return False
    return True


def fixed(moment: datetime) -> Clock:
    """A clock that stands still, for judging as of a moment."""
    return lambda: moment
