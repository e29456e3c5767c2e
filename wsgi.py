"""The web process: the one place that joins settings, store, gateways and the three entrances."""

import signal
import threading
from functools import cache
from ipaddress import ip_address
from pathlib import Path

import click
from apiflask import APIFlask
from flask import Flask, Response, abort, redirect, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from werkzeug.middleware.proxy_fix import ProxyFix

from bot.robot import WELCOME, answers
from bot.webhook import BotDeps, callback
from config.clock import Clock, clock_of
from config.settings import Settings
from config.vocabulary import LoginVia
from console import ConsoleDeps, console
from crm import uow
from crm.flows import directory
from crm.reads.health import health
from gateways.buckets import Buckets
from gateways.spool import Spool
from gateways.upload_links import UploadLinks
from gateways.wecom.envelope import Envelope
from gateways.wecom.errors import WecomError
from gateways.wecom.robot import Robot
from jobs import check, cli, sealing, wiring
from jobs.book import Book
from jobs.runs import directory_lines
from jobs.spool import mark
from miniapp_api import ApiDeps, Limits, SidebarDeps, UploadDeps, Wecom, api, sidebar_page, uploads

STATIC = Path(__file__).parent / "web" / "dist" / "static"


def create_app(settings: Settings) -> Flask:
    """The web application. Opens no connection yet, so a server may load it before it forks."""
    app = APIFlask(
        __name__,
        title="客户通 API",
        version="1",
        spec_path="/api/openapi.json",
        docs_path=None,
        docs_oauth2_redirect_path=None,
    )
    app.secret_key = settings.secret_key
    clock = clock_of(settings)
    uow.connect(settings.database_url, patient=False)
    uow.on_commit(wiring.Nudger(settings.redis_url))
    client = wiring.wecom_client(settings, clock)
    spool = Spool(settings.var_dir / "spool.db")
    files = wiring.file_store(settings)
    links = UploadLinks(settings.secret_key, settings.public_url)

    app.register_blueprint(
        callback(
            BotDeps(
                envelope=Envelope(settings.wecom_token, settings.wecom_encoding_aes_key, settings.wecom_corp_id),
                clock=clock,
                spool=spool.keep,
                spool_mark=lambda query, body, said: mark(settings.secret_key, query, body, said),
                corp_id=settings.wecom_corp_id,
                agent_id=settings.wecom_agent_id,
                home_url=settings.public_url,
                links=links,
                asks_outside=settings.summariser_base_url != "",
            )
        )
    )
    app.register_blueprint(
        api(
            ApiDeps(
                clock=clock,
                who={LoginVia.MINIAPP: client.user_of_miniapp, LoginVia.SIDEBAR: client.user_of_login},
                outside_errors=(WecomError,),
                files=files,
                summarise=wiring.summariser(settings),
                limits=Limits(
                    wait=Buckets(settings.redis_url).wait,
                    by_person=settings.api_calls_per_minute,
                    by_address=settings.api_sign_ins_per_minute,
                ),
                wecom=Wecom(
                    home=settings.public_url,
                    corp_id=settings.wecom_corp_id,
                    agent_id=settings.wecom_agent_id,
                    contact=Book(client).contact,
                    group=client.customers.group_chat,
                    sign=client.js.sign,
                    upload=client.upload_media,
                ),
            )
        )
    )
    app.register_blueprint(
        sidebar_page(
            SidebarDeps(
                static_dir=STATIC,
                corp_id=settings.wecom_corp_id,
                agent_id=settings.wecom_agent_id,
                oauth_url=settings.wecom_oauth_url,
                home=settings.public_url,
                emulator_url=settings.emulator_url.rstrip("/"),
            )
        )
    )
    app.register_blueprint(uploads(UploadDeps(clock=clock, files=files, links=links)))
    app.register_blueprint(
        console(
            ConsoleDeps(
                clock=clock,
                who=client.user_of_login,
                login_url=settings.wecom_login_url,
                corp_id=settings.wecom_corp_id,
                agent_id=settings.wecom_agent_id,
                public_url=settings.public_url,
                static_dir=STATIC,
                secure=settings.production,
                incoming=wiring.incoming(settings),
                outgoing=wiring.outgoing(settings),
                files=files,
                outside_errors=(WecomError,),
                audit_head=sealing.head_file(settings).read,
                check=lambda: check.connection(settings, clock),
                ways=client.customers,
                sync_directory=lambda: "\n".join(directory_lines(directory.sync(client, clock()))),
            )
        )
    )
    app.add_url_rule("/", "front_door", lambda: redirect("/console/"))
    _watch(app, clock, spool)
    cli.register(app)
    app.cli.add_command(listen_to_robot)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0
        )
    return app


def _watch(app: Flask, clock: Clock, spool: Spool) -> None:
    """/healthz: this process lives. /readyz: it can work, each dependency named. /metrics: what waits."""

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> tuple[dict[str, str], int]:
        store = uow.reachable()
        return {"store": "ok" if store else "unreachable", "spooled": str(spool.count())}, 200 if store else 503

    @app.get("/metrics")
    def metrics() -> Response:
        """Read from the store at the moment of asking, so that any process tells the same. For this machine only."""
        if not _from_this_machine():
            abort(404)
        registry = CollectorRegistry()
        rows = Gauge("crm_rows", "Rows by state", ("table", "state"), registry=registry)
        lag = Gauge(
            "crm_lag_seconds", "Age of the oldest thing that should have happened", ("table",), registry=registry
        )
        with uow.reading() as s:
            now = health(s, clock())
        for table, states in (("outbox", now.outbox), ("inbox", now.inbox)):
            for state, count in states.items():
                rows.labels(table, state).set(count)
        lag.labels("outbox").set(now.outbox_lag)
        lag.labels("inbox").set(now.inbox_lag)
        lag.labels("archive").set(now.archive_lag)
        for state, count in now.archive_gaps.items():
            rows.labels("archive_gap", state).set(count)
        rows.labels("audit", "unsealed").set(now.audit_unsealed)
        rows.labels("spool", "kept").set(spool.count())
        rows.labels("spool", "stuck").set(spool.stuck())
        rows.labels("spool", "refused").set(spool.refused())
        return Response(generate_latest(registry), mimetype=CONTENT_TYPE_LATEST)


def _from_this_machine() -> bool:
    """Asked over loopback, and not by a proxy that speaks for somebody elsewhere."""
    passed_on = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-Ip"))
    return not passed_on and ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104


@click.command("robot")
def listen_to_robot() -> None:
    """Be the company's 智能机器人 until Ctrl-C: one process, beside the others."""
    settings = Settings.load()
    if not settings.wecom_robot_id:
        raise SystemExit("还没有配置智能机器人。请设置 WECOM_ROBOT_ID 和 WECOM_ROBOT_SECRET")
    wiring.start_logging()
    uow.connect(settings.database_url)
    uow.on_commit(wiring.Nudger(settings.redis_url))
    stopped = threading.Event()
    for wish in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wish, lambda *_: stopped.set())
    robot = Robot(settings.wecom_robot_url, settings.wecom_robot_id, settings.wecom_robot_secret)
    robot.serve(answers(clock_of(settings), settings.public_url), WELCOME, lambda: not stopped.is_set())


@cache
def _app() -> Flask:
    return create_app(Settings.load())


def __getattr__(name: str) -> Flask:
    """`gunicorn wsgi:app` builds the application on first use; importing this module builds nothing."""
    if name == "app":
        return _app()
    raise AttributeError(name)
