"""Which function answers which command or button. A name can be claimed only once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pypinyin import lazy_pinyin
from rapidfuzz import fuzz, process

from crm.access import Actor
from crm.messages import Tap
from crm.uow import Session


@dataclass(frozen=True, slots=True)
class Heard:
    """What a handler needs besides the actor: the event's own key (for dedupe), the arguments, the time."""

    key: str
    args: str
    now: datetime


@dataclass(frozen=True, slots=True)
class On:
    """A tap: who, the event's own key, what the button carries, what the drop-down says ("" for nothing), when."""

    actor: Actor
    key: str
    card_id: int
    args: Mapping[str, Any]
    choice: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Tapped:
    """What a button did: the outcome for the card, and what takes it back. `say` goes out as a message of its own."""

    outcome: str
    undo: Tap | None = None
    say: str = ""


CommandHandler = Callable[[Session, Actor, Heard], str]
ButtonHandler = Callable[[Session, On], Tapped]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    usage: str
    tells: str
    handler: CommandHandler


_commands: dict[str, Command] = {}
_names: dict[str, Command] = {}
_buttons: dict[str, ButtonHandler] = {}


def command(name: str, *aliases: str, usage: str, tells: str) -> Callable[[CommandHandler], CommandHandler]:
    """Claim a Chinese name and its other spellings (pinyin, English); `usage` and `tells` make up /帮助."""

    def keep(handler: CommandHandler) -> CommandHandler:
        made = Command(name, usage, tells, handler)
        _commands[name] = made
        for spelling in (name, *aliases):
            _claim(_names, spelling.casefold(), made)
        return handler

    return keep


def button(verb: str) -> Callable[[ButtonHandler], ButtonHandler]:
    def keep(handler: ButtonHandler) -> ButtonHandler:
        _claim(_buttons, verb, handler)
        return handler

    return keep


def find_command(name: str) -> Command | None:
    return _names.get(name.casefold())


def find_button(verb: str) -> ButtonHandler | None:
    return _buttons.get(verb)


def first_word(typed: str) -> tuple[str, str]:
    """The first word and what follows it: a blank, a full-width one or a line break parts them."""
    first, *rest = typed.split(maxsplit=1) or [""]
    return first, rest[0].strip() if rest else ""


def all_commands() -> Sequence[Command]:
    return list(_commands.values())


def suggest(typed: str, others: Mapping[str, str]) -> str:
    """The command most likely meant by a name that nobody claimed, or of the `others` (spelling, name); else empty."""
    spellings = [typed.casefold(), "".join(lazy_pinyin(typed)).casefold()]  # 更近 sounds like 跟进
    known = [*_names, *others]
    hits = [process.extractOne(one, known, scorer=fuzz.ratio, score_cutoff=60) for one in spellings]
    best = max((hit for hit in hits if hit), key=lambda hit: hit[1], default=None)
    if best is None:
        return ""
    return others.get(best[0]) or _names[best[0]].name


def _claim(table: dict[str, T], name: str, value: T) -> None:
    if name in table:
        raise ValueError(f"{name} is claimed already")
    table[name] = value
