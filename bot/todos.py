"""/待办: what is due today, and one more thing to do, with the time read from the words."""

import re
from datetime import datetime, timedelta
from typing import Any

from bot.commands import CHAT, CUSTOMER
from bot.forms import Filled, Slot, fill, form, listed, picks_from, read_into, some_text
from bot.router import Heard, command, first_word
from crm import policy as numbers
from crm.access import Actor
from crm.agenda import ItemKind, agenda
from crm.messages import prompt_card
from crm.reads.meant import meant
from crm.rules.dates import parse_due
from crm.rules.days import SHANGHAI, at, day_of
from crm.uow import Session
from crm.usecases import linking, todos
from crm.usecases.once_more import hand_card
from crm.usecases.sweeps import list_text

# Words that speak of a time we could not read: better asked about than filed under tomorrow.
_PAST = re.compile(r"^(昨天|前天|20\d\d[-/.年]\d)")
_ALL = frozenset({"全部", "所有", "quanbu", "all"})
_NEXT = 5
_MOST = 50  # lines of the whole list: what is more is looked at customer by customer
_SOME_TIME = re.compile(r"\d+\s*(点|分钟|小时|天后|号|日|月)|^\d{1,2}[.．]\d{1,2}\b")


@command(
    "待办",
    "daiban",
    "todo",
    "todos",
    "今日",
    "今天",
    "jinri",
    "today",
    usage="/待办 [客户] [时间] 内容",
    tells="看今天要做的，或加一条；只发客户名看这一家的，发 /待办 全部 看所有的",
)
def todo(s: Session, actor: Actor, heard: Heard) -> str:
    if not heard.args:
        return _due_today(s, actor, heard, _NEXT)
    if heard.args.casefold() in _ALL:
        return _due_today(s, actor, heard, _MOST)
    first, rest = first_word(heard.args)
    if not rest and parse_due(first, heard.now) is None and meant(s, actor, first):
        read = read_into(s, actor, "todos_of", {}, "customer", first, heard.now)
        return read if isinstance(read, str) else fill(s, actor, "todos_of", read, heard.key, heard.now)
    found = meant(s, actor, first) if rest and parse_due(first, heard.now) is None else []
    about = (found[0].id, found[0].name) if len(found) == 1 else linking.current_customer(s, actor)
    typed = rest if found else heard.args
    due = parse_due(typed, heard.now)
    if due is None and _PAST.search(typed):
        return "待办要写以后的时间。比如：/待办 明天 下午3点 回电话；已经做过的事，直接打字记成跟进"
    if due is None and _SOME_TIME.search(typed):
        return "没看懂是什么时候。请把时间写在最前面，比如：/待办 明天 下午3点 回电话，/待办 12月3日 送样品"
    when, words = due if due is not None else (at(day_of(heard.now) + timedelta(days=1), 9), typed)
    values: dict[str, Any] = {"due": when.isoformat()} | ({"text": words} if words.strip() else {})
    if len(found) > 1:
        read = read_into(s, actor, "add_todo", values, "customer", first, heard.now)
        return read if isinstance(read, str) else fill(s, actor, "add_todo", read, heard.key, heard.now)
    return fill(s, actor, "add_todo", {**values, "customer": list(about) if about else None}, heard.key, heard.now)


@form("add_todo", CUSTOMER, Slot("text", "要做什么？一句话就行", some_text))
def _add_todo(s: Session, it: Filled) -> str:
    about, due = it.values["customer"], datetime.fromisoformat(str(it.values["due"]))
    customer_id, name = about or (None, "")
    added = todos.add_todo(s, it.actor, customer_id, str(it.values["text"]), due, it.now, entrance=CHAT)
    notice, taps = todos.todo_card(f"待办：{added.text}", added.id, due, name)
    policy, matter = numbers.current(s), f"todo:{added.id}"
    prompt_card(s, it.actor.person_id, notice, taps, matter=matter, dedupe=matter, now=it.now, policy=policy)
    named = f"（{name}）" if name else ""
    return f"已加待办{named}：{added.text}，{due.astimezone(SHANGHAI):%m-%d %H:%M} 提醒"


@form("todos_of", CUSTOMER)
def _todos_of(s: Session, it: Filled) -> str:
    """All that is open with one customer, whenever it is due."""
    customer_id, name = it.values["customer"]
    found = todos.open_with(s, it.actor, customer_id, _MOST)
    how = f"要加一条，把内容写在后面：/待办 {name[:16]} 明天 回电话"
    if not found:
        return f"「{name}」没有没办完的待办。{how}"
    listed(s, it.actor, "handle", [[ItemKind.TODO, one.id] for one in found], it.now)
    lines = [f"{number}. {_when(one)} {one.text[:40]}" for number, one in enumerate(found, start=1)]
    said = [f"「{name}」的待办 {len(found)} 条：", *lines]
    return "\n".join([*said, f"\n回复序号，我把那一件的卡片发给您处理。{how}"])


def _due_today(s: Session, actor: Actor, heard: Heard, limit: int) -> str:
    """Everything due, and so much of what comes next."""
    items = agenda(s, actor, heard.now, numbers.current(s), numbers.calendar(s))
    coming, more = todos.coming(s, actor, heard.now, limit)
    if not items and not coming:
        return "今天没有到期的事。发 /待办 明天 给客户回电话 可以加一条"
    things = [[item.kind, item.object_id] for item in items] + [[ItemKind.TODO, one.id] for one in coming]
    listed(s, actor, "handle", things, heard.now)
    said = [list_text(items) if items else "今天没有到期的事"]
    if coming:
        lines = [_later(number, one) for number, one in enumerate(coming, start=len(items) + 1)]
        said.append("\n".join(["接下来的待办：", *lines, *_rest(more, limit)]))
    return "\n\n".join([*said, "回复序号，我把那一件的卡片发给您处理"])


def _rest(more: int, limit: int) -> list[str]:
    way = "发 /待办 全部 都看到" if limit < _MOST else "发 /待办 客户名 看一家的"
    return [f"…… 还有 {more} 条，{way}"] if more else []


def _when(one: todos.ComingTodo) -> str:
    return f"{one.due_at.astimezone(SHANGHAI):%m-%d %H:%M}"


def _later(number: int, one: todos.ComingTodo) -> str:
    about = f"{one.customer[:16]}：" if one.customer else ""
    return f"{number}. {_when(one)} {about}{one.text[:40]}"


@picks_from("handle")
def _handle(s: Session, actor: Actor, thing: Any, key: str, now: datetime) -> str:
    kind, object_id = thing
    return hand_card(s, actor, ItemKind(kind), object_id, key, now)
