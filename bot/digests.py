"""/小结: a pasted chat or a dictated note becomes a digest in the customer's file, what we promised becomes to-dos."""

import json
import re
from datetime import datetime
from typing import Any

from bot.commands import CHAT, CUSTOMER
from bot.forms import Filled, Fills, Slot, Values, a_customer, fill, form, read_into, some_text
from bot.router import Heard, command, first_word
from config.vocabulary import InboxState
from crm.access import Actor
from crm.flows.digests import keep, names_of, said, sum_up
from crm.messages import Received, answer_given, remember
from crm.reads.meant import meant
from crm.rules.days import day_of
from crm.rules.events import DIGEST_ASKED
from crm.rules.naming import is_name
from crm.rules.talk import read_talk
from crm.uow import Session
from crm.usecases.linking import current_customer

_ASKED = "把和客户的聊天复制过来，或者用键盘上的麦克风说一段今天聊了什么"
_SENTENCE = re.compile(r"[\n，,。；;：:！!？?]")  # no company's name
_outside = False


def ask_outside(there_is_a_model: bool) -> None:
    """Whether a model outside is asked, told once by whoever mounts the chat: a job does that, WeCom does not wait."""
    global _outside
    _outside = there_is_a_model


@command(
    "小结",
    "xiaojie",
    "digest",
    "summary",
    usage="/小结 [客户] 聊天内容",
    tells="把一段聊天整理成摘要记到客户，我方的承诺自动加待办",
)
def digest(s: Session, actor: Actor, heard: Heard) -> str:
    current = current_customer(s, actor)
    known: Values = {} if current is None else {"customer": list(current)}
    if not heard.args:
        asked = fill(s, actor, "digest", known, heard.key, heard.now)
        return asked if current is None else f"记到「{current[1]}」；要记到别的客户，先发客户名。{asked}"
    first, rest = first_word(heard.args)
    found = meant(s, actor, first)
    text = rest if found else heard.args
    if len(found) > 1:
        read = read_into(s, actor, "digest", {"text": text} if text else {}, "customer", first, heard.now)
        return read if isinstance(read, str) else fill(s, actor, "digest", read, heard.key, heard.now)
    heading, _, talk = heard.args.partition("\n")
    if not found and _names_a_customer(heading.strip(), talk, actor, heard.now):
        asked = fill(s, actor, "digest", {"text": talk.strip()}, heard.key, heard.now)
        return f"没有找到叫「{heading.strip()[:20]}」的客户（只在您能看到的客户里找）。{asked}"
    if found:
        known = {"customer": [found[0].id, found[0].name]}
    return fill(s, actor, "digest", {**known, "text": text} if text else known, heard.key, heard.now)


def _names_a_customer(heading: str, talk: str, actor: Actor, now: datetime) -> bool:
    """A first line that could be a company's name, before a talk in which everybody stands with his own name."""
    if not heading.isalnum() or not is_name(heading):
        return False
    try:
        return any(one.speaker for one in read_talk(talk, names_of(actor), day_of(now)))
    except ValueError:
        return False


def _customer_or_talk(s: Session, actor: Actor, typed: str) -> list[Any]:
    """A talk that is pasted before its customer is named is kept, and only the name asked for again."""
    words = typed.strip()
    if _SENTENCE.search(words) and not meant(s, actor, words):
        heading, _, talk = words.partition("\n")
        named = meant(s, actor, heading)
        if talk.strip() and len(named) == 1:
            raise Fills("", {"customer": [named[0].id, named[0].name], "text": talk.strip()})
        raise Fills("聊天内容收到了，先留着。", {"text": words})
    return a_customer(s, actor, typed)


@form("digest", Slot("customer", CUSTOMER.ask, _customer_or_talk), Slot("text", _ASKED, some_text))
def _digest(s: Session, it: Filled) -> str:
    (customer_id, name), typed = it.values["customer"], str(it.values["text"])
    others = meant(s, it.actor, typed) if "\n" not in typed else []
    if len(others) == 1:  # a customer's name is no talk: that one is meant
        named: Values = {"customer": [others[0].id, others[0].name]}
        return f"记到「{others[0].name}」。{fill(s, it.actor, 'digest', named, it.key, it.now)}"
    summed = sum_up(typed, names_of(it.actor), it.now, None)
    if _outside and summed.sentences:
        return _ask(s, it, customer_id, name, typed)
    return said(keep(s, it.actor, customer_id, summed, it.now, entrance=CHAT))


def _ask(s: Session, it: Filled, customer_id: int, name: str, typed: str) -> str:
    """A job asks it: WeCom waits five seconds for this answer, and a model takes longer."""
    raw = json.dumps({"customer": customer_id, "text": typed}, ensure_ascii=False)
    key = f"{DIGEST_ASKED}:{it.key}"[:80]
    if answer_given(s, key) is None:
        waiting = Received(key, "text", DIGEST_ASKED, "", it.actor.userid, str(customer_id), raw, it.now)
        remember(s, waiting, InboxState.WAITING, "", it.now)
    return f"收到，正在整理和「{name}」的聊天，结果马上告诉您"
