"""/提醒: what one message told together, numbered, and the card behind each number."""

from datetime import datetime
from typing import Any

from bot.forms import listed, picks_from
from bot.router import Heard, command
from crm.access import Actor
from crm.uow import Session
from crm.usecases.bundles import hand_reminder, newest

_MOST = 100  # lines of one answer; a number beyond them still opens its card
_FARTHEST = 10_000


@command("提醒", "tixing", "alerts", "reminders", usage="/提醒 [序号]", tells="看合成一条发来的提醒，打开其中一件")
def show_reminders(s: Session, actor: Actor, heard: Heard) -> str:
    number = int(heard.args) if heard.args.isascii() and heard.args.isdigit() and len(heard.args) < 6 else 0
    if heard.args and not number:
        return "序号是合成的那条里的数字。发 /提醒 看全部，发 /提醒 3 打开第 3 件"
    told = newest(s, actor, _FARTHEST if number > _MOST else _MOST)
    if not told.total:
        return "没有合并发送的提醒。单独的提醒在上面的卡片里；发 /待办 看今天要做的"
    if number:
        if number > len(told.lines):
            return f"只有 {told.total} 件，没有第 {number} 件。发 /提醒 看全部"
        return hand_reminder(s, actor, told.lines[number - 1][0], heard.key, heard.now)
    listed(s, actor, "show_reminder", [message_id for message_id, _ in told.lines], heard.now)
    more = f"\n…… 共 {told.total} 件，发 /提醒 序号 可以打开后面的" if told.total > len(told.lines) else ""
    lines = "\n".join(line for _, line in told.lines)
    return f"最近合并的提醒：\n{lines}{more}\n\n回复序号，我把那一件的卡片发给您"


@picks_from("show_reminder")
def _show(s: Session, actor: Actor, message_id: Any, key: str, now: datetime) -> str:
    return hand_reminder(s, actor, int(message_id), key, now)
