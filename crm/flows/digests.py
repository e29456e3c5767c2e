"""The digest of a talk: an outside model is asked first, if there is one; what it cannot prove is dropped.

Without a model, or where it is late, talks nonsense or proves nothing, the offline engine sums up. The transaction
comes after.
"""

import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from config.vocabulary import DigestEngine, DigestKind, DigestOrigin, InboxState, label
from crm import uow
from crm.access import Actor, actor_by_userid, known_actor
from crm.errors import CrmError, Invalid
from crm.messages import Received, answer_given, prompt, remember
from crm.notices import text
from crm.ports import AskModel, Told
from crm.reads.known_names import known_names
from crm.rules.blanking import Blanks
from crm.rules.citing import supported
from crm.rules.days import SHANGHAI, day_of
from crm.rules.digest import MOST, digest
from crm.rules.digest_dates import days_in
from crm.rules.talk import read_talk
from crm.rules.utterance import Sentence, Utterance
from crm.rules.words import storable
from crm.usecases.digests import DigestDone, keep_digest

log = logging.getLogger(__name__)

_LONGEST = 300  # characters of one sentence
_TOLD, _TODOS = 320, 5  # characters of sentences, and to-dos: the answer in the chat is one message
_DATED = (DigestKind.PROMISE, DigestKind.DATE, DigestKind.NEED)


@dataclass(frozen=True, slots=True)
class Summed:
    """A talk, what it came to, and who summed it up."""

    talk: tuple[Utterance, ...]
    sentences: tuple[Sentence, ...]
    engine: DigestEngine
    origin: DigestOrigin


def sum_up(
    typed: str, ours: Collection[str], now: datetime, ask: AskModel | None, names: Collection[str] = ()
) -> Summed:
    """Read what was pasted or dictated and sum it up; Invalid with what to do where it cannot be read.

    `names` are those that the file knows (`reads/known_names.py`): like the speakers' they do not leave.
    """
    today = day_of(now)
    try:
        talk = read_talk(typed, ours, today)
    except ValueError as error:
        raise Invalid(str(error), {"text": str(error)}) from None
    origin = DigestOrigin.PASTED if any(one.speaker for one in talk) else DigestOrigin.DICTATED
    return summed_up(talk, origin, today, ask, names)


def summed_up(
    talk: tuple[Utterance, ...], origin: DigestOrigin, today: date, ask: AskModel | None, names: Collection[str]
) -> Summed:
    """What a talk comes to: in the words of the model, if it can prove them, else of the offline engine."""
    proven = () if ask is None else _asked(talk, today, ask, names)
    if proven:
        return Summed(talk, proven, DigestEngine.MODEL, origin)
    return Summed(talk, digest(talk, today), DigestEngine.EXTRACTIVE, origin)


def keep(
    s: uow.Session,
    actor: Actor,
    customer_id: int | str,
    it: Summed,
    now: datetime,
    *,
    entrance: str,
    own: Collection[int] | None = None,
) -> DigestDone:
    """As `keep_digest` has it."""
    return keep_digest(
        s,
        actor,
        customer_id,
        it.talk,
        it.sentences,
        now,
        entrance=entrance,
        origin=it.origin,
        engine=it.engine,
        own=own,
    )


def said(done: DigestDone) -> str:
    """What whoever made a digest is told: its sentences, the to-dos that came of it, and how to take it back."""
    lines, letters = [f"已整理到「{done.customer_name}」的时间线（{label(done.engine)}）："], 0
    for number, one in enumerate(done.sentences, start=1):
        letters += len(one.text)
        if number > 1 and letters > _TOLD:
            lines.append(f"…还有 {len(done.sentences) - number + 1} 句，在客户的时间线里看")
            break
        lines.append(f"{number}. {label(one.kind)}：{one.text}")
    if done.todos:
        lines.append(f"已加待办 {len(done.todos)} 条：")
        lines += [f"· {one.due_at.astimezone(SHANGHAI):%m-%d %H:%M} {one.text[:40]}" for one in done.todos[:_TODOS]]
    lines.append(f"{done.remark or '沉默计时重新开始'}。不对请发 /撤销，摘要和待办一起收回")
    return "\n".join(lines)


def names_of(actor: Actor) -> tuple[str, ...]:
    """Under which names a person's own messages stand in a talk that he copied."""
    return (actor.name, actor.userid, "我", "我方")


def _asked(talk: Sequence[Utterance], today: date, ask: AskModel, names: Collection[str]) -> tuple[Sentence, ...]:
    """What of the model's answer is proven. 客户 and 我方 talk; the names that are known, and numbers, do not leave."""
    blanks = Blanks({*names, *(one.speaker for one in talk)})
    words = blanks.out([one.text for one in talk])
    messages = [(one.number, "我方" if one.ours else "客户", said) for one, said in zip(talk, words, strict=True)]
    try:
        told = ask(messages)
    except Exception as error:  # the gateway's own exception type is not known in this room
        log.warning("the summariser did not help, the offline engine does: %s", error)
        return ()
    by_number = {one.number: one for one in talk}
    checked = (_proven(one, blanks.back(one.text), by_number, today) for one in told[:MOST])
    return tuple(one for one in checked if one is not None)


def _proven(told: Told, words: str, talk: dict[int, Utterance], today: date) -> Sentence | None:
    """None for a sentence that cites nothing of this talk, or names a fact that its messages do not."""
    said = " ".join(storable(words).split())
    cited = [talk[number] for number in sorted(set(told.cites)) if number in talk]
    if not said or len(said) > _LONGEST or len(cited) != len(set(told.cites)) or not cited:
        return None
    if not supported(said, [one.text for one in cited]):
        return None
    kind = DigestKind(told.kind) if told.kind in set(DigestKind) else DigestKind.GIST
    if kind is DigestKind.PROMISE and not any(one.ours for one in cited):
        kind = DigestKind.GIST  # whatever a customer writes, what we promise we say ourselves
    said_on = day_of(cited[-1].at) if cited[-1].at else today
    coming = [day for _, day in days_in(said, said_on) if day >= said_on]
    due = coming[0] if coming and kind in _DATED else None
    return Sentence(kind, said, tuple(one.number for one in cited), due)


def digest_asked(received: Received, ask: AskModel | None, now: datetime) -> None:
    """A talk of the chat, summed up and kept as whoever sent it; he is told what became of it, once."""
    asked, mark = json.loads(received.raw), f"kept:{received.key}"[:80]
    try:
        with uow.reading() as s:
            actor = actor_by_userid(s, received.userid, now)
            names = known_names(s, actor, asked["customer"])
        summed = sum_up(asked["text"], names_of(actor), now, ask, names)

        def kept(s: uow.Session) -> None:
            if answer_given(s, mark) is not None:
                return  # a worker was lost after this had been kept
            actor = actor_by_userid(s, received.userid, now)
            done = keep(s, actor, asked["customer"], summed, now, entrance="chat")
            remember(s, replace(received, key=mark, raw=""), InboxState.DONE, done.public_id, now)
            _promise(s, received, said(done), now)

        uow.attempt(kept)
    except CrmError as refusal:
        words = str(refusal)
        uow.attempt(lambda s: _promise(s, received, words, now))


def _promise(s: uow.Session, received: Received, words: str, now: datetime) -> None:
    sender = known_actor(s, received.userid)
    if sender is not None:
        prompt(s, sender.person_id, text(words), dedupe=f"answer:{received.key}", now=now)
