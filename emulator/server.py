"""Puts the parts of one world behind one threaded HTTP server."""

from email.utils import formatdate

from flask import Flask, Response
from flask.json.provider import DefaultJSONProvider
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from emulator import api, api_archive, control, login, miniapp, page, robot
from emulator.world import World

BODY_MOST = 32 << 20  # bytes of a request
POLICY = (
    "default-src 'self'; img-src 'self' data: http: https:; style-src 'self' 'unsafe-inline'; "
    "frame-src 'self' {product}; object-src 'none'; base-uri 'none'"
)


class ReadableJson(DefaultJSONProvider):
    """Chinese stays Chinese, for people who read the answers."""

    ensure_ascii = False


class QuietHandler(WSGIRequestHandler):
    """Logs nothing (the wire log is better) and gives up on a peer that falls silent."""

    timeout = 60

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


def application(world: World) -> Flask:
    """The WSGI application: server API, login pages, control API, page."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = BODY_MOST
    app.json = ReadableJson(app)
    for part in (api, api_archive, control, login, miniapp, page):
        app.register_blueprint(part.blueprint(world))
    app.register_blueprint(control.media_blueprint(world))
    app.register_blueprint(robot.blueprint(world.robot))

    policy = POLICY.format(product=page.origin_of(world.home_url))

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return app


def serve(world: World, host: str, port: int) -> BaseWSGIServer:
    """A bound server; port 0 takes a free one (`server.port` tells which). Call serve_forever()."""

    class Handler(QuietHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            """The platform's time, which may be a moved one."""
            return formatdate(world.clock.now() if timestamp is None else timestamp, usegmt=True)

    return make_server(host, port, application(world), threaded=True, request_handler=Handler)
