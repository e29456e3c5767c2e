"""The way in: scan with WeCom, come back to the same browser, once; and the way out."""

import secrets
from typing import Final
from urllib.parse import urlencode

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from config.vocabulary import LoginVia
from console.desk import EVERYBODY, STRANGERS, Desk, asked
from console.guard import COOKIE, COOKIE_PATH, set_cookie
from crm import uow
from crm.errors import CrmError
from crm.usecases import sessions

_BROWSER: Final = "crm_console_login"
_BROWSER_PATH: Final = "/console/login"
_BROWSER_SECONDS: Final = 600


def mount(desk: Desk) -> None:
    deps = desk.deps

    @desk.page("/login", STRANGERS)
    def login() -> str:
        problem = "登录已过期，刚才的操作没有执行。登录后请再做一次" if asked("lost") else ""
        return render_template("console/login.html", next=asked("next", 255), problem=problem)

    @desk.page("/login/go", STRANGERS)
    def login_go() -> AnyResponse:
        """Off to the QR page. The state it carries is good in this browser only."""
        browser = request.cookies.get(_BROWSER) or secrets.token_urlsafe(32)
        state = uow.attempt(lambda s: sessions.begin_login(s, browser, asked("next", 255), deps.clock()))
        query = {
            "login_type": "CorpApp",
            "appid": deps.corp_id,
            "agentid": deps.agent_id,
            "redirect_uri": f"{deps.public_url}/console/login/done",
            "state": state,
            "lang": "zh",
        }
        response = redirect(f"{deps.login_url}{'&' if '?' in deps.login_url else '?'}{urlencode(query)}", 303)
        response.set_cookie(
            _BROWSER, browser, max_age=_BROWSER_SECONDS, path=_BROWSER_PATH, httponly=True, samesite="Lax",
            secure=deps.secure,
        )  # fmt: skip
        return response

    @desk.page("/login/done", STRANGERS)
    def login_done() -> AnyResponse | tuple[str, int]:
        """Back from the QR page: the state first, then the code is asked about outside of any transaction."""
        now = deps.clock()
        browser, code, state = request.cookies.get(_BROWSER, ""), asked("code", 512), asked("state", 128)
        after = ""
        try:
            after = uow.attempt(lambda s: sessions.finish_login(s, state, browser, now))
            if not code:
                return _refused("扫码没有完成，请重新扫码登录", 403, after)
            userid = deps.who(code)
            token, ends = uow.attempt(lambda s: sessions.open_session(s, userid, LoginVia.CONSOLE, now))
        except CrmError as error:
            return _refused(str(error), error.http_status, after)
        except deps.outside_errors as error:
            return _refused(str(error), 502, after)
        _end(request.cookies.get(COOKIE, ""))
        response = redirect(after, 303)
        set_cookie(response, token, ends - now, secure=deps.secure)
        response.delete_cookie(_BROWSER, path=_BROWSER_PATH)
        return response

    @desk.page("/logout", EVERYBODY, "POST")
    def logout() -> AnyResponse:
        _end(request.cookies.get(COOKIE, ""))
        response = redirect(url_for("console.login"), 303)
        response.delete_cookie(COOKIE, path=COOKIE_PATH)
        return response

    def _end(token: str) -> None:
        if token:
            uow.attempt(lambda s: sessions.revoke(s, token, deps.clock()))

    def _refused(problem: str, status: int, after: str) -> tuple[str, int]:
        return render_template("console/login.html", next=after, problem=problem), status
