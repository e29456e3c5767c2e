"""/待办: what is due today, and one more thing to do, with the time read from the words."""

import re
from datetime import timedelta

from bot.commands import CHAT
from bot.router import Heard, command, first_word
from crm import policy as numbers
from crm.access import Actor
from crm.agenda import agenda
from crm.messages import Tap, prompt_card
from crm.notices import Notice
from crm.reads.lookup import meant
from crm.rules.dates import parse_due
from crm.rules.days import SHANGHAI, at, day_of
from crm.uow import Session
from crm.usecases import linking, todos
from crm.usecases.sweeps import list_text

# Words that speak of a time we could not read: better asked about than filed under tomorrow.
_SOME_TIME = re.compile(r"昨天|前天|\d+\s*(点|分钟|小时|天后|号|日|月)|^\d{1,2}[.．]\d{1,2}\b")


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
    tells="看今天要做的，或加一条",
)
def todo(s: Session, actor: Actor, heard: Heard) -> str:
    if not heard.args:
        return _due_today(s, actor, heard)
    first, rest = first_word(heard.args)
    found = meant(s, actor, first) if rest and parse_due(first, heard.now) is None else []
    if len(found) > 1:
        names = "".join(f"\n· {one.name}" for one in found[:5])
        return f"「{first[:30]}」对应几个客户，请写全名再发一次：{names}"
    about = (found[0].id, found[0].name) if found else linking.current_customer(s, actor)
    typed = rest if found else heard.args
    due = parse_due(typed, heard.now)
    if due is None and _SOME_TIME.search(typed):
        return "没看懂是什么时候。请把时间写在最前面，比如：/待办 明天 下午3点 回电话，/待办 12月3日 送样品"
    when, words = due if due is not None else (at(day_of(heard.now) + timedelta(days=1), 9), typed)
    if not words.strip():
        return "要做什么？比如：/待办 周五 下午3点 给华东泵业送样品"
    added = todos.add_todo(s, actor, about[0] if about else None, words, when, heard.now, entrance=CHAT)
    named = f"（{about[1]}）" if about else ""
    moment = f"{when.astimezone(SHANGHAI):%m-%d %H:%M}"
    notice = Notice(title=f"待办：{added.text}", desc=f"{moment} 提醒{named}")
    taps = [Tap("完成", "finish_todo", {"todo": added.id}, 1), Tap("推迟一天", "postpone_todo", {"todo": added.id})]
    policy, matter = numbers.current(s), f"todo:{added.id}"
    prompt_card(s, actor.person_id, notice, taps, matter=matter, dedupe=matter, now=heard.now, policy=policy)
    return f"已加待办{named}：{added.text}，{moment} 提醒"


def _due_today(s: Session, actor: Actor, heard: Heard) -> str:
    """Everything due, and what comes next."""
    items = agenda(s, actor, heard.now, numbers.current(s), numbers.calendar(s))
    coming = todos.coming(s, actor, heard.now)
    later = "".join(f"\n· {due.astimezone(SHANGHAI):%m-%d %H:%M} {text}" for due, text in coming)
    if not items and not later:
        return "今天没有到期的事。发 /待办 明天 给客户回电话 可以加一条"
    said = list_text(items) if items else "今天没有到期的事"
    return said + (f"\n\n接下来的待办：{later}" if later else "")
