"""/撤销: the newest thing that was written down is taken back; where something else was last, only when chosen."""

from datetime import datetime
from typing import Any

from bot.commands import CHAT
from bot.forms import listed, picks_from
from bot.router import Heard, command
from crm.access import Actor
from crm.errors import CrmError
from crm.uow import Session
from crm.usecases.last_done import Written, last_written, take_back

_OLDER = 5  # offered where the newest has to stay


@command(
    "撤销", "chexiao", "undo", usage="/撤销", tells="收回刚才记的跟进、会话摘要、打卡、客户、商机、阶段变动、节点或待办"
)
def undo(s: Session, actor: Actor, heard: Heard) -> str:
    if heard.args:
        return "撤销一次收回一条，从最近的开始，后面不用带内容。请只发 /撤销；卡片上的操作，请点卡片上的「撤销」"
    (newest, *older), since = last_written(s, actor, heard.now)
    if since:
        return _offered(s, actor, f"您刚才{since}", [newest, *older], heard.now)
    try:
        return take_back(s, actor, newest, heard.now, entrance=CHAT)
    except CrmError as stays:
        if not older:
            raise
        return _offered(s, actor, str(stays), older, heard.now)


def _offered(s: Session, actor: Actor, why: str, written: list[Written], now: datetime) -> str:
    things = [(one.what, one.id, one.public_id, one.called) for one in written[:_OLDER]]
    listed(s, actor, "take_back", things, now)
    lines = [f"{number}. {one.called}" for number, one in enumerate(written[:_OLDER], 1)]
    return f"{why}。\n要撤销更早的，回复序号：\n" + "\n".join(lines)


@picks_from("take_back")
def _older(s: Session, actor: Actor, thing: Any, _key: str, now: datetime) -> str:
    return take_back(s, actor, Written(*thing), now, entrance=CHAT)
