"""The mini-program on the phones: the page that runs it, and the network that takes its calls to the product."""

from pathlib import Path

import requests
from flask import Blueprint, Response, request, send_from_directory

from emulator.page import origin_of
from emulator.world import World

BUILT = Path(__file__).parents[1] / "web" / "dist" / "host"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
NOT_BUILT = "小程序还没有编译：先运行 make setup"
# What a phone says that the product may hear, and the other way round.
ASKED = ("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Accept", "User-Agent")
TOLD = ("Content-Type", "ETag", "Retry-After", "Cache-Control", "Content-Disposition", "WWW-Authenticate")
UNREACHED = "X-Nobody-Answered"  # of our own answer: the phone's call failed, which is no answer of the product's
PATIENCE = 60.0  # seconds


def blueprint(world: World) -> Blueprint:
    """`/miniapp/?userid=`, and `/emu/network/…`, which hands a call on to the product as the internet would."""
    miniapp = Blueprint("miniapp", __name__)
    product = origin_of(world.home_url)

    @miniapp.get("/miniapp/")
    @miniapp.get("/miniapp/<name>")
    def page(name: str = "index.html") -> Response:
        if not (BUILT / "index.html").exists():
            return Response(NOT_BUILT, 503, mimetype="text/plain")
        response = send_from_directory(BUILT, name, max_age=0)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    @miniapp.route("/emu/network/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def network(path: str) -> Response:
        headers = {name: request.headers[name] for name in ASKED if name in request.headers}
        with requests.Session() as line:
            line.trust_env = False  # the product is on this machine: no proxy can reach it
            try:
                answer = line.request(
                    request.method,
                    f"{product}/{path}",
                    params=request.query_string,
                    data=request.get_data(),
                    headers=headers,
                    timeout=PATIENCE,
                    allow_redirects=False,
                )
            except requests.RequestException:
                return Response("", 504, {UNREACHED: "1"})
        told = {name: answer.headers[name] for name in TOLD if name in answer.headers}
        return Response(answer.content, answer.status_code, told)

    return miniapp
