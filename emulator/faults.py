"""Switches that make the emulated platform misbehave, set by one JSON object through the control API."""

import copy
import random
import threading

from emulator.tenant import Json

API_SWITCHES = (
    "busy",
    "http_500",
    "hang",
    "reset_after",
    "token_expired",
    "token_invalid",
    "rate_limited",
    "concurrent",
    "untrusted_ip",
    "forbidden",
    "network",
    "cut",
    "skip",
    "strange_key",
    "troubled",
)
TROUBLES = (-1, 45009, 45033)
CALLBACK_SWITCHES = (
    "duplicate",
    "delay",
    "drop_answer",
    "bad_signature",
    "wrong_receive_id",
    "reorder",
    "replay",
    "drop",
)
EVERY_PATH = "*"


class FaultError(ValueError):
    """The faults object has an unknown name in it; the text names it."""


class Faults:
    """{"api": {"*" | path: {switch: value, "fail_next": n}}, "callback": {switch: value, "fail_next": n}}.

    A switch is true, or a number where the table in README.md says so. `fail_next` limits a block to the next n calls.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: Json = {"api": {}, "callback": {}}
        self._dice = random.Random(8)  # the same troubles each time

    def show(self) -> Json:
        with self._lock:
            return copy.deepcopy(self._now)

    def set(self, wanted: Json) -> None:
        """Replace all switches at once; {} switches everything off."""
        if unknown := set(wanted) - {"api", "callback"}:
            raise FaultError(f"unknown part {sorted(unknown)}; use api and callback")
        api, callback = wanted.get("api") or {}, wanted.get("callback") or {}
        if not isinstance(api, dict) or not isinstance(callback, dict):
            raise FaultError("api and callback are objects")
        for path, block in api.items():
            _known(block, API_SWITCHES, path)
        _known(callback, CALLBACK_SWITCHES, "callback")
        with self._lock:
            self._now = copy.deepcopy({"api": api, "callback": callback})

    def for_call(self, path: str) -> Json:
        """The switches that hit this API call; counts it down."""
        with self._lock:
            api: Json = self._now["api"]
            return {**_take(api, EVERY_PATH), **_take(api, path)}

    def trouble(self, switches: Json) -> int | None:
        """`troubled` is the share of calls that meet one of the refusals that pass by themselves; its code, or none."""
        with self._lock:
            hit = self._dice.random() < switches.get("troubled", 0)
            return self._dice.choice(TROUBLES) if hit else None

    def for_event(self) -> Json:
        """The switches that hit this callback event; counts it down."""
        with self._lock:
            return _take(self._now, "callback")


def _known(block: object, switches: tuple[str, ...], where: str) -> None:
    if not isinstance(block, dict):
        raise FaultError(f"{where} is an object of switches")
    for name, value in block.items():
        if name not in switches and name != "fail_next":
            raise FaultError(f"unknown switch {name} at {where}; known: {', '.join(switches)}, fail_next")
        if not isinstance(value, bool | int | float):
            raise FaultError(f"{name} at {where} is true, false or a number")


def _take(book: Json, name: str) -> Json:
    block: Json = book.get(name) or {}
    if not block:
        return {}
    switches = {key: value for key, value in block.items() if key != "fail_next" and value}
    if "fail_next" in block:
        block["fail_next"] -= 1
        if block["fail_next"] <= 0:
            book[name] = {}
            if name != "callback":
                del book[name]
        if block["fail_next"] < 0:
            return {}
    return switches
