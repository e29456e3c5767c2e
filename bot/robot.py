"""What is said to the 智能机器人 is understood as if it had been typed to the app; its answers are words only."""

import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.answers import Reply, answer_to
from bot.inbound import Inbound, Media, What, Words
from config.clock import Clock
from crm import uow
from crm.messages import Received
from gateways.wecom.robot import RobotMessage

log = logging.getLogger(__name__)

WELCOME = (
    "和应用里一样听您的：打字或说话记跟进，发 /帮助 看我会什么。\n"
    "语音我听得懂；长按一条消息引用给我，连同引用的话一起记；文件和照片能作商机的凭证（先发 /推进 商机名）"
)
_IN_GROUP = "群里大家都看得到，客户的事请单独发给我"
_AWAY = "系统正在维护，这条没有收下。请过几分钟再发一次"
_BROKEN = "这一步系统出错了，没有收下。请换个说法再试一次，或稍后再发"
_CARDS = "（卡片发在应用的会话里）"
_BELOW = re.compile(r"下面(?:的|这张)卡片")  # true in the app; here it is elsewhere
_THERE = "应用会话里的卡片"
_ONE_ANSWER = 20_000  # bytes: the robot says in one piece what the app says in parts


@dataclass(frozen=True, slots=True)
class RobotReply(Reply):
    """The robot's answer is the bare words; cards go to the app's own chat, and the answer says so."""

    part: int = _ONE_ANSWER

    def words(self, to: str, content: str, now: datetime) -> str:
        there, told = _BELOW.subn(_THERE, content)
        return there + _CARDS if "卡片" in content and not told else there


def answers(clock: Clock, home_url: str) -> Callable[[RobotMessage], str]:
    """The robot's ear: one message, one answer, and the same one for a message that comes twice."""
    reply = RobotReply(corp_id="", agent_id=0, home_url=home_url)

    def answer(message: RobotMessage) -> str:
        if message.in_group:  # its words would be read by everybody
            return _IN_GROUP
        try:
            return answer_to(_inbound(message, clock()), reply, clock(), None)
        except (uow.StoreDown, uow.TryAgain):
            return _AWAY
        except Exception:
            log.exception("robot: a message could not be answered")
            return _BROKEN

    return answer


def _inbound(message: RobotMessage, now: datetime) -> Inbound:
    key = f"r:{hashlib.sha256(message.id.encode()).hexdigest()[:40]}"  # what follows from it gets a longer key
    received = Received(key, message.kind[:32], "", "", message.userid, "", message.raw, now)
    return Inbound(received, "", "", _what(message))


def _what(message: RobotMessage) -> What:
    """A file wins over the words beside it: they are about the file. What is quoted follows what is said of it."""
    if message.file:
        return Media(message.kind if message.kind == "file" else "image", message.file)
    if message.words or message.quoted:
        quoted = f"「{message.quoted}」" if message.words and message.quoted else message.quoted
        return Words("\n".join(part for part in (message.words, quoted) if part))
    return Media(message.kind) if message.kind in ("image", "file", "video", "link") else Words("")
