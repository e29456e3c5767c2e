"""「记到 X 的跟进？是 / 换客户 / 不是」: words that may be a follow-up are offered, never written unasked."""

from datetime import datetime

from bot.forms import ENDING
from crm import policy as numbers
from crm.access import Actor
from crm.messages import Tap, prompt_card
from crm.notices import Notice
from crm.reads.meant import last_touched, named_in
from crm.uow import Session
from crm.usecases import dialogues
from crm.usecases.linking import current_customer


def offer(
    s: Session, actor: Actor, about: tuple[int, str] | None, typed: str, key: str, now: datetime, *, doubt: str = ""
) -> str:
    """X is given, or named in the text, or being talked about, or was written about last.

    `doubt` is a sentence said beforehand: why X is only a guess.
    """
    found = None if about else named_in(s, actor, typed)
    current = about or (None if found else current_customer(s, actor))
    last = None if found or current else last_touched(s, actor)
    about = (found.id, found.name) if found else current or (last and (last.id, last.name)) or None
    if about is None:
        dialogues.keep(s, actor, "write", {"text": typed}, now, numbers.current(s))
        return f"要把这句话记成跟进吗？告诉我是哪个客户{ENDING}"
    notice = Notice(title=f"记到「{about[1]}」的跟进？", body=typed)
    args = {"customer": about[0], "text": typed}
    taps = [Tap("是", "note", args, 1), Tap("换客户", "note_other", args), Tap("不是", "dismiss", {})]
    policy, matter = numbers.current(s), f"note:{key}"
    prompt_card(s, actor.person_id, notice, taps, matter=matter, dedupe=matter, now=now, policy=policy)
    return f"{doubt}记到「{about[1]}」的跟进？请在下面的卡片上点一下"
