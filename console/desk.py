"""The desk: every page says for whom it is, and what is not written down does not exist."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, g, request
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import IntegerConverter

from config.vocabulary import Role
from console.deps import ConsoleDeps
from crm.access import Actor
from crm.errors import Invalid

EVERYBODY = frozenset(Role)
OPERATORS = frozenset({Role.ADMIN, Role.OPERATIONS})
ADMINS = frozenset({Role.ADMIN})
STRANGERS = frozenset[Role]()  # the way in: asks for no session at all
ROW = "row"  # in a rule: a row's number that every store takes; a longer one is no address of ours

V = TypeVar("V", bound=Callable[..., Any])


class _Pages(Blueprint):
    """APIFlask, which mounts us beside the JSON API, asks every guarded blueprint whether its document lists it."""

    enable_openapi = False


class _RowNumber(IntegerConverter):
    """`int(max=…)` would end the whole search for a page, and our host would answer instead of us."""

    regex = r"\d{1,15}"


def _know_rows(state: BlueprintSetupState) -> None:
    state.app.url_map.converters[ROW] = _RowNumber


class Desk:
    """The blueprint, and for each of its endpoints the roles that may enter."""

    def __init__(self, deps: ConsoleDeps) -> None:
        self.deps = deps
        self.blueprint = _Pages("console", __name__, url_prefix="/console", template_folder="templates")
        self.blueprint.record(_know_rows)
        self.doors: dict[str, frozenset[Role]] = {}
        self.largest: dict[str, int] = {}  # bytes that a form may have, where it carries more than words

    def page(self, rule: str, roles: frozenset[Role], *methods: str, largest: int = 0) -> Callable[[V], V]:
        """Mount a view under its own name; GET unless said otherwise."""

        def mount(view: V) -> V:
            self.doors[f"console.{view.__name__}"] = roles
            if largest:
                self.largest[f"console.{view.__name__}"] = largest
            self.blueprint.add_url_rule(rule, view.__name__, view, methods=list(methods) or ["GET"])
            return view

        return mount

    def may_enter(self, endpoint: str | None, role: Role) -> bool:
        return endpoint is not None and role in self.doors.get(endpoint, STRANGERS)


def actor() -> Actor:
    """Who sits at the desk; set by the guard before any page runs."""
    who: Actor = g.actor
    return who


def asked(name: str, longest: int = 100) -> str:
    """One word of the address, cut to size and without the byte that no database takes."""
    return request.args.get(name, "").replace("\x00", "").strip()[:longest]


def asked_number(name: str, default: int = 1, highest: int = 1_000_000) -> int:
    """A whole number from 1 to `highest`, whatever was typed."""
    text = request.args.get(name, "")
    return max(1, min(int(text), highest)) if text.isascii() and text.isdigit() and len(text) < 16 else default


def typed(name: str, longest: int = 500) -> str:
    """One field of a form, with the same care."""
    return request.form.get(name, "").replace("\x00", "").strip()[:longest]


def typed_number(name: str, problem: str) -> int:
    """A row's number that a form carries; without one `problem` says what to do."""
    text = typed(name, 20)
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Invalid(problem)
    return int(text)


def in_drawer() -> bool:
    """Whether the drawer asks, for all of itself or for the list in it."""
    return request.headers.get("HX-Target") in ("drawer", "drawer-list")


def partial() -> bool:
    """Whether htmx asks for a piece of the page rather than the browser for all of it."""
    return "HX-Request" in request.headers
