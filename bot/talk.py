"""What somebody typed: an answer to an open question, a command, or plain words that may be a follow-up."""

from datetime import datetime

from bot import forms
from bot.absent import absent
from bot.commands import unknown
from bot.inbound import Media
from bot.offers import offer
from bot.proofs import take_file
from bot.router import Heard, find_command, first_word
from crm.access import Actor
from crm.errors import CrmError, Invalid
from crm.rules.activity import FEWEST_DIFFERENT
from crm.uow import Session
from crm.usecases import dialogues
from crm.usecases.followups import LONGEST

_SLASHES = "/／"
_HELLO = frozenset({"你好", "您好", "在吗", "在么", "早", "早上好", "下午好", "hi", "hello", "嗨", "哈喽"})
_THANKS = frozenset(
    {"谢谢", "多谢", "感谢", "谢了", "好的", "好", "好的谢谢", "收到", "嗯", "嗯嗯", "ok", "thanks", "thx"}
)
_SHORT = 20  # characters: so long a text of one or two different ones is a stuck key
_NOTE = frozenset({"记一下", "记录一下", "帮我记一下", "记个跟进", "写个跟进"})
_STOP = frozenset({"取消", "退出", "算了", "quxiao", "cancel"})
_UNASKED = "文件我收到了，但不知道它是什么。作商机的凭证，先发 /推进 商机名，再发文件；记跟进，请用一句话写下要点"
_MEDIA = {
    "image": "图片我收到了，但不知道它是什么。作商机的凭证，先发 /推进 商机名，再发图片；记跟进，请用一句话写下要点",
    "voice": "企业微信不把语音内容转给我，我听不到。请用手机键盘上的麦克风说话转成文字，再发给我",
    "video": "视频我看不了。请用一句话写下要点，我来记跟进",
    "file": "企业微信不把文件转给应用，我收不到。请用一句话写下要点，我来记跟进",
    "link": "链接我收到了，但不会打开它。请用一句话写下要点，我来记跟进",
}


def reply_to(s: Session, actor: Actor, text: str, key: str, now: datetime, *, asked: bool) -> str:
    """The answer to what was typed; a new command ends whatever was being `asked`."""
    typed = text.strip()
    stops = typed.lstrip(_SLASHES).strip().casefold() in _STOP
    if typed[:1] in _SLASHES and typed and not stops:
        if asked:
            dialogues.end(s, actor)
        return _command(s, actor, typed[1:].strip(), key, now)
    question = dialogues.current(s, actor, now) if asked else None
    if stops:
        dialogues.end(s, actor)
        return "好的，不问了" if question else "现在没有在问的问题。发 /帮助 看看我会什么"
    answered = None if question is None else forms.answer(s, actor, question, typed, key, now)
    if answered is not None:
        return answered
    if not typed:
        return "没有收到文字。发 /帮助 看看我会什么"
    civil = _civil(typed)
    if civil:
        return civil
    plain = find_command(typed)
    if plain is not None:  # 「帮助」 without its slash
        return plain.handler(s, actor, Heard(key, "", now))
    return offer(s, actor, None, typed, key, now)


def _civil(typed: str) -> str:
    """The answer to what is certainly no follow-up; empty for everything that may be one."""
    words = typed.rstrip("。.!！~～ ").casefold()
    if words in _HELLO:
        return "您好！直接打字，我来记跟进；发个位置就是打卡；发 /待办 看今天要做的，发 /帮助 看我会什么"
    if words in _THANKS:
        return "不客气，有事随时发我"
    if words in _NOTE:
        return "好，记什么？直接说聊了什么，比如：和王工谈了价格，下周三给报价"
    if len(typed) > _SHORT and len(set(words)) < FEWEST_DIFFERENT:
        return "这段话从头到尾是同一两个字，没有可以记的内容。直接说聊了什么，我来记跟进"
    if len(typed) > LONGEST:
        return f"这段话太长了（{len(typed)} 字），跟进最多 {LONGEST} 字。要整理聊天，请发 /小结 客户 再贴上内容"
    if words.isdecimal() and len(words) <= 2:
        return "现在没有可以选序号的清单。发 /待办 或 /客户，再回复序号"
    return ""


def forget_question(s: Session, actor: Actor, text: str, refusal: CrmError) -> None:
    """After a refusal. What could not be read may be said again; everything else, and every command, ends the question.

    Otherwise the next plain words would still be taken for its answer: a note would become a company's name.
    """
    if text.strip()[:1] in _SLASHES or not isinstance(refusal, Invalid):
        dialogues.end(s, actor)


def reply_to_media(s: Session, actor: Actor, sent: Media, key: str, now: datetime, *, asked: bool) -> str:
    """A picture or file that can be fetched may be the evidence asked for; else the answer says what helps."""
    if sent.kind in ("image", "file") and sent.media_id and asked:
        taken = take_file(s, actor, dialogues.current(s, actor, now), sent.media_id, key, now)
        if taken is not None:
            return taken
    return _UNASKED if sent.kind == "file" and sent.media_id else _MEDIA[sent.kind]


def _command(s: Session, actor: Actor, typed: str, key: str, now: datetime) -> str:
    if not typed:
        return "发 /帮助 看看我会什么"
    name, args = first_word(typed)
    found = find_command(name)
    if found is None:
        return absent(name) or unknown(name)
    return found.handler(s, actor, Heard(key, args, now))
