"""Nobody passes without a session, a role that may, and for every change a token of his own page."""

import hashlib
import hmac
from datetime import timedelta
from typing import Final
from urllib.parse import quote, urlsplit

from flask import Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from config.vocabulary import LoginVia
from console.desk import STRANGERS, Desk, partial
from crm import uow
from crm.errors import NotAllowed, NotFound, NotSignedIn
from crm.usecases import sessions

COOKIE: Final = "crm_console"
COOKIE_PATH: Final = "/console"
_VIA = frozenset({LoginVia.CONSOLE})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LARGEST_FORM = 64 * 1024
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def put_up(desk: Desk) -> None:
    """Guard every page of the desk, and send every answer out with its headers."""

    @desk.blueprint.before_request
    def guard() -> AnyResponse | None:
        request.max_content_length = desk.largest.get(request.endpoint or "", _LARGEST_FORM)
        nonsense = any("\x00" in str(value) for value in (request.view_args or {}).values())
        if desk.doors.get(request.endpoint or "") == STRANGERS:
            if nonsense:
                raise NotFound("没有这个页面")
            return None
        token = request.cookies.get(COOKIE, "")
        try:
            with uow.reading() as s:
                g.actor = sessions.actor_of_session(s, token, _VIA, desk.deps.clock())
        except NotSignedIn:
            return _to_login()
        g.csrf = csrf_of(token)
        if nonsense or not desk.may_enter(request.endpoint, g.actor.role):
            raise NotFound("没有这个页面，或者不在您的权限里。需要的话请联系管理员")
        if request.method not in _SAFE:
            _refuse_forgery(desk.deps.public_url)
        return None

    @desk.blueprint.after_request
    def send_out(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = _POLICY
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"  # `no-referrer` would turn the Origin of our own forms into "null"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers.setdefault("Cache-Control", "no-store")
        headers["Vary"] = "Cookie, HX-Request, HX-Target"
        if desk.deps.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        return response


def csrf_of(token: str) -> str:
    """The session's own form token: only who holds the cookie can know it, and a new login makes a new one."""
    return hmac.new(token.encode(), b"console form", hashlib.sha256).hexdigest()


def set_cookie(response: AnyResponse, token: str, lifetime: timedelta, *, secure: bool) -> None:
    """A span, not a moment: the browser's clock need not agree with ours."""
    response.set_cookie(COOKIE, token, max_age=lifetime, path=COOKIE_PATH, httponly=True, samesite="Lax", secure=secure)


def _to_login() -> AnyResponse:
    """A page comes back here after login; a form is not sent again behind anybody's back."""
    wanted = quote(request.path)
    if request.query_string:
        wanted += "?" + quote(request.query_string, safe="=&%+")
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    if partial():
        wanted = page.path + (f"?{page.query}" if page.query else "")
    lost = request.method not in _SAFE  # what was typed or chosen has not been done, and he should know
    back = wanted if partial() or not lost else None
    where = url_for("console.login", next=back, lost=1 if lost else None)
    if partial():
        return Response(status=401, headers={"HX-Redirect": where})
    return redirect(where, 303)


def _refuse_forgery(public_url: str) -> None:
    """The form must carry this session's token, and come from a page of this host."""
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
    origin = request.headers.get("Origin")
    ours = origin is None or urlsplit(origin).netloc in (request.host, urlsplit(public_url).netloc)
    if not ours or not hmac.compare_digest(given.encode(), g.csrf.encode()):
        raise NotAllowed("这个页面放得太久，或者不是从这里打开的，所以没有执行。请刷新页面后再试")
