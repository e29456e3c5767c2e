"""Commands as forms: what is missing is asked for, one thing at a time, and the answer may come minutes later."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm import policy as numbers
from crm.access import Actor
from crm.errors import CrmError, Gone, Invalid
from crm.reads.meant import meant, near
from crm.rules.amounts import parse_amount
from crm.uow import Session
from crm.usecases import deals, dialogues
from crm.usecases.linking import current_customer

ENDING = "（发「取消」结束）"
Values = Mapping[str, Any]
OPTIONS = "_options"
_CARD = "_card"  # the card whose button asked the question: its 撤销 ends this question and no other
_SHOWN = 5


class Choose(Exception):
    """Several things are meant: they are numbered, and the next message may be a number."""

    def __init__(self, question: str, options: Sequence[tuple[Any, str]]) -> None:
        super().__init__(question)
        self.options = options


class NotAnAnswer(Exception):
    """What was typed does not answer what was asked: the question ends, and the words mean what they say."""


class Fills(Exception):
    """What was typed is the answer to other questions than the one put: `said`, and what it answers is kept."""

    def __init__(self, said: str, values: Values) -> None:
        super().__init__(said)
        self.values = values


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing a command needs. `read` turns what was typed into the stored value, or raises Invalid or Choose."""

    name: str
    ask: str
    read: Callable[[Session, Actor, str], Any]


@dataclass(frozen=True, slots=True)
class Form:
    slots: tuple[Slot, ...]
    finish: "Finish"


@dataclass(frozen=True, slots=True)
class Filled:
    """A form with nothing missing. `key` is the event's own, for dedupe."""

    actor: Actor
    values: Values
    key: str
    now: datetime


Finish = Callable[[Session, Filled], str]
Pick = Callable[[Session, Actor, Any, str, datetime], str]
_forms: dict[str, Form] = {}
_lists: dict[str, Pick] = {}


def form(verb: str, *slots: Slot) -> Callable[[Finish], Finish]:
    def keep(finish: Finish) -> Finish:
        if verb in _forms:
            raise ValueError(f"{verb} is a form already")
        _forms[verb] = Form(slots, finish)
        return finish

    return keep


def picks_from(verb: str) -> Callable[[Pick], Pick]:
    """Claim the numbers of a list: the function gets what stands behind the number that was sent."""

    def keep(pick: Pick) -> Pick:
        if verb in _lists:
            raise ValueError(f"{verb} is a list already")
        _lists[verb] = pick
        return pick

    return keep


def listed(s: Session, actor: Actor, verb: str, things: Sequence[Any], now: datetime) -> None:
    """A numbered list was shown. A number sent next is meant for it; anything else is not, and means what it says."""
    dialogues.keep(s, actor, verb, {OPTIONS: list(things)}, now, numbers.current(s))


def fill(s: Session, actor: Actor, verb: str, values: Values, key: str, now: datetime) -> str:
    """Do it if everything is known; else keep what is known and ask for the next thing.

    Whatever was being asked before has been ended by the caller: a new command ends it, and so does an answer.
    """
    wanted = _forms[verb]
    for slot in wanted.slots:
        if slot.name not in values:
            dialogues.keep(s, actor, verb, values, now, numbers.current(s))
            return slot.ask + ENDING
    return wanted.finish(s, Filled(actor, values, key, now))


def ask(s: Session, actor: Actor, verb: str, values: Values, card_id: int, now: datetime) -> str:
    """A button that asks: like `fill`, and the question knows its card."""
    dialogues.end(s, actor)
    return fill(s, actor, verb, {**values, _CARD: card_id}, f"card:{card_id}", now)


def withdraw(s: Session, actor: Actor, card_id: int, now: datetime) -> None:
    """Take a card's question back, if it is still open; what was answered meanwhile stands, and is told."""
    asked = dialogues.current(s, actor, now)
    if asked is None or asked.slots.get(_CARD) != card_id:
        raise Gone("这个问题您已经回答过（或换了别的话题），回答的内容还在，没有撤销")
    dialogues.end(s, actor)


def read_into(
    s: Session, actor: Actor, verb: str, values: Values, slot_name: str, typed: str, now: datetime
) -> Values | str:
    """Put one typed thing into its slot; or the question to put instead, when several things are meant."""
    slot = next(slot for slot in _forms[verb].slots if slot.name == slot_name)
    try:
        return {**values, slot.name: slot.read(s, actor, typed)}
    except Choose as several:
        options = [[item, name] for item, name in several.options[:_SHOWN]]
        dialogues.keep(s, actor, verb, {**values, OPTIONS: options}, now, numbers.current(s))
        more = "\n还有更多，没有的话写得再具体一点" if len(several.options) > _SHOWN else ""
        return f"{several}{_numbered(options)}{more}\n{ENDING}"


def answer(s: Session, actor: Actor, asked: dialogues.Open, typed: str, key: str, now: datetime) -> str | None:
    """The next message of somebody with an open question. What cannot be used is told, and asked again.

    None: this is no answer; it is no number while a list was open, or it was `NotAnAnswer`.
    """
    try:
        return _answer(s, actor, asked, typed, key, now)
    except NotAnAnswer:
        dialogues.end(s, actor)
        return None


def _answer(s: Session, actor: Actor, asked: dialogues.Open, typed: str, key: str, now: datetime) -> str | None:
    if asked.verb in _lists:
        return _pick(s, actor, asked, typed.strip(), key, now)
    wanted = _forms.get(asked.verb)
    if wanted is None:  # a form of an older version
        dialogues.end(s, actor)
        return "刚才的问题已经失效，请重新发一次命令"
    values = {name: value for name, value in asked.slots.items() if name != OPTIONS}
    slot = next(slot for slot in wanted.slots if slot.name not in values)
    options = asked.slots.get(OPTIONS)
    if options and typed.strip().isdecimal():
        picked = _picked(options, typed)
        if picked is None:
            return f"没有第 {typed.strip()[:9]} 个，回复 1 到 {len(options)}：{_numbered(options)}\n{ENDING}"
        return _go_on(s, actor, asked.verb, {**values, slot.name: picked}, key, now)
    try:
        read = read_into(s, actor, asked.verb, values, slot.name, typed, now)
    except Fills as other:
        return f"{other}{_go_on(s, actor, asked.verb, {**values, **other.values}, key, now)}"
    except CrmError as refusal:
        dialogues.keep(s, actor, asked.verb, asked.slots, now, numbers.current(s))
        return f"{refusal}\n{slot.ask}{ENDING}"
    return read if isinstance(read, str) else _go_on(s, actor, asked.verb, read, key, now)


def _pick(s: Session, actor: Actor, asked: dialogues.Open, typed: str, key: str, now: datetime) -> str | None:
    """The list stays open: whoever has done the first thing goes on to the second."""
    typed = typed.rstrip(" .。、)）")
    if not typed.isdecimal():
        return None
    things = asked.slots[OPTIONS]
    dialogues.keep(s, actor, asked.verb, asked.slots, now, numbers.current(s))
    number = int(typed[:9])
    if not 1 <= number <= len(things):
        return f"没有第 {typed[:9]} 个，回复 1 到 {len(things)}"
    return _lists[asked.verb](s, actor, things[number - 1], key, now)


def _go_on(s: Session, actor: Actor, verb: str, values: Values, key: str, now: datetime) -> str:
    dialogues.end(s, actor)
    return fill(s, actor, verb, values, key, now)


def _numbered(options: Sequence[Sequence[Any]]) -> str:
    return "".join(f"\n{number}. {name}" for number, (_, name) in enumerate(options, start=1))


def _picked(options: list[list[Any]], typed: str) -> list[Any] | None:
    number = int(typed.strip()[:9])
    return options[number - 1] if 1 <= number <= len(options) else None


def a_customer(s: Session, actor: Actor, typed: str) -> list[Any]:
    """Slot value `[id, name]`: the one customer meant."""
    words = typed.strip().strip("「」\"'“”")
    if words in ("当前", "它", "这个"):
        current = current_customer(s, actor)
        if current is not None:
            return list(current)
    found = meant(s, actor, words)
    if len(found) == 1:
        return [found[0].id, found[0].name]
    if found:
        raise Choose(f"「{words[:30]}」对应几个客户，回复序号选一个：", [(one.id, one.name) for one in found])
    alike = near(s, actor, words)
    if alike:
        raise Choose(f"没有叫「{words[:30]}」的客户，是下面哪一个？回复序号：", [(one.id, one.name) for one in alike])
    raise Invalid(f"没有找到「{words[:30]}」这个客户。换个关键字，或者发 /新建 {words[:30]}")


def some_text(_s: Session, _actor: Actor, typed: str) -> str:
    words = typed.strip()
    if not words:
        raise Invalid("没有收到内容")
    return words


def a_deal_name(s: Session, actor: Actor, typed: str) -> str:
    words = some_text(s, actor, typed)
    if len(words) > deals.LONGEST_NAME:
        raise Invalid(f"商机名称太长了（{len(words)} 字），请控制在 {deals.LONGEST_NAME} 字以内")
    return words


def an_amount(_s: Session, _actor: Actor, typed: str) -> str:
    try:
        return str(parse_amount(typed))
    except ValueError as error:
        raise Invalid(str(error)) from None
