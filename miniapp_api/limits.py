"""How often one may ask: so many calls a minute for each person, and for each address that nobody has signed in from.

A thumb is far below it, and a whole day without a network fits in at once; a script that has gone wrong does not.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from apiflask import APIBlueprint
from flask import request

from crm import uow
from crm.errors import TooMany
from crm.usecases.sessions import person_of_token
from miniapp_api.deps import Limits
from miniapp_api.errors import PREFIX
from miniapp_api.leads import FORM
from miniapp_api.session import SIGN_IN, bearer_token
from miniapp_api.spec import said

_TOKENS = 10_000  # whose they are never changes: each is looked up once in a process
_ONE_HOLDER = 64  # bits of an IPv6 address that one line is given: the rest is anybody's there to choose
_FORM_PATH = f"{PREFIX}/leads/inlet/{{token}}"
_SAID = "一分钟内请求太多，这次没有处理：等 Retry-After 秒再试"


def limited(bp: APIBlueprint, limits: Limits) -> None:
    """Count every call before it is looked into; the form for strangers has numbers of its own."""

    @lru_cache(_TOKENS)
    def holder(token: str) -> int | None:
        with uow.reading() as s:
            return person_of_token(s, token)

    @bp.before_request
    def not_too_often() -> None:
        if request.method == "OPTIONS" or request.endpoint == FORM:
            return
        person = None if request.endpoint == SIGN_IN else holder(bearer_token())
        if person is None:
            _count(limits.wait, f"address:{_line(request.remote_addr or '')}", limits.by_address)
        else:
            _count(limits.wait, f"person:{person}", limits.by_person)


def _count(wait: Callable[[str, int], float], name: str, a_minute: int) -> None:
    seconds = math.ceil(wait(name, a_minute))
    if seconds:
        raise TooMany(f"请求太频繁，这次没有处理。请 {seconds} 秒后再试", retry_after=seconds)


def _line(address: str) -> str:
    """Who this address belongs to, as far as it can be told."""
    try:
        read = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network((read, _ONE_HOLDER), strict=False)) if isinstance(read, IPv6Address) else str(read)


def described(document: dict[Any, Any]) -> None:
    """Every operation may answer 429; some already have reasons of their own for it."""
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if not path.startswith(PREFIX) or path == _FORM_PATH:
                continue
            own = operation["responses"].get("429", {}).get("description")
            operation["responses"]["429"] = {
                "description": f"{_SAID}。或：{own}" if own else _SAID,
                "headers": {"Retry-After": {"description": "秒；只在请求太多时有", "schema": {"type": "integer"}}},
                "content": said("HTTPError"),
            }
