"""One event, one answer: found again if it was given before, else made together with its effects."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import (  # noqa: F401  (handlers claim their names on import)
    absences,
    alert_clicks,
    approvals,
    checkins,
    clicks,
    commands,
    contests,
    deals,
    digests,
    discounts,
    exports,
    leads,
    milestones,
    moves,
    my_day,
    projects,
    quotes,
    reminders,
    sharing,
    talk,
    todos,
    undo,
    visits,
)
from bot.inbound import Arrived, Click, Inbound, Later, Media, Position, Unheard, Words
from bot.router import On, find_button
from config.vocabulary import InboxState
from crm import policy as numbers
from crm import uow
from crm.access import Actor, actor_of, known_actor
from crm.cards import UNDO, TappedAgain, close, press, reopen
from crm.errors import CrmError, Gone
from crm.messages import answer_given, prompt, prompt_parts, recall, remember
from crm.notices import Notice, text
from crm.rules.events import ARCHIVE_GREW
from crm.usecases.welcome import welcome
from gateways.wecom.cards import greyed, redrawn
from gateways.wecom.replies import split_text, text_reply, update_button_reply, update_card_reply
from gateways.wecom.text import no_links, no_markup

log = logging.getLogger(__name__)

_PART = 2000  # bytes: WeCom takes 2048, and one that is said again carries its time
_SAID_AGAIN = 100  # characters of a late message that tell which one is meant
_SURELY_IN_TIME = timedelta(minutes=1)  # the policy's lower bound: younger than this needs no look at the policy


class Unforeseen(CrmError):
    """Our own mistake: the event is kept as failed, where the console shows it, instead of being lost to a retry."""

    def __init__(self, what: str) -> None:
        super().__init__("这一步系统出错了，什么都没有改动，管理员已经能看到。请换个说法再试一次，或稍后再发")
        self.what = what


@dataclass(frozen=True, slots=True)
class Reply:
    """How this app signs its passive replies; ``part`` is how many bytes one of them takes."""

    corp_id: str
    agent_id: int
    home_url: str
    part: int = _PART

    def words(self, to: str, content: str, now: datetime) -> str:
        return text_reply(to, self.corp_id, content, int(now.timestamp()))

    def card(self, to: str, notice: Notice, task_id: str, now: datetime) -> str:
        if notice.buttons:
            card = redrawn(notice, task_id=task_id, home_url=self.home_url)
        else:
            card = greyed(notice, task_id=task_id, replace_text="已处理", home_url=self.home_url)
        return update_card_reply(to, self.corp_id, card, int(now.timestamp()))

    def spent(self, to: str, now: datetime, words: str = "已失效") -> str:
        return update_button_reply(to, self.corp_id, words, int(now.timestamp()))


def answer_to(inbound: Inbound, reply: Reply, now: datetime, spooled_at: datetime | None) -> str:
    """The plain reply XML, or "" for none. A retry gets the first answer again and changes nothing.

    A drained callback (`spooled_at`) has nobody waiting for its reply: what it says goes through the outbox.
    """
    try:
        return uow.attempt(lambda s: _once(s, inbound, reply, now, spooled_at))
    except CrmError as refusal:
        told, state = refusal, InboxState.DONE  # the name of an `except` ends with its block
    except uow.StoreDown:
        raise
    except Exception as bug:
        log.exception("inbox %s: nobody foresaw this", inbound.received.key)
        told, state = Unforeseen(type(bug).__name__), InboxState.FAILED
    return uow.attempt(lambda s: _refuse(s, inbound, reply, told, state, now, spooled_at))


def _once(s: uow.Session, inbound: Inbound, reply: Reply, now: datetime, spooled_at: datetime | None) -> str:
    received, what = inbound.received, inbound.what
    known = recall(s, received.key, received.userid)
    if known.answer is not None:
        return known.answer
    state = _state(s, inbound, reply, spooled_at or now)
    if state is InboxState.LATE:
        _tell_of_lateness(s, inbound, spooled_at or now, now)
    if state is not InboxState.DONE:
        remember(s, received, state, "", now)
        return ""
    if isinstance(what, Arrived):  # perhaps before the directory tells of him: then the next time he comes
        welcome(s, received.userid, now)
        remember(s, received, state, "", now)
        return ""
    actor = actor_of(s, known.sender, now)
    if isinstance(what, Click):
        answer = _tap(s, actor, what, received.key, reply, now, in_outbox=spooled_at is not None)
    else:
        said = _spoken(s, actor, what, received.key, now, asked=known.asked)
        nobody_waits = spooled_at is not None or (isinstance(what, Position) and what.from_menu)  # takes no reply
        answer = _say(s, actor, received.key, said, reply, now, in_outbox=nobody_waits)
    remember(s, received, state, answer, now)
    return answer


def _state(s: uow.Session, inbound: Inbound, reply: Reply, first_seen: datetime) -> InboxState:
    """Whether this is ours to act on, now or in a job, or only to keep."""
    agents = ("", "0", str(reply.agent_id))
    elsewhere = inbound.agent not in agents and inbound.received.event.casefold() != ARCHIVE_GREW
    if inbound.corp not in ("", reply.corp_id) or elsewhere or isinstance(inbound.what, Unheard):
        return InboxState.KEPT
    if isinstance(inbound.what, Later):
        return InboxState.WAITING
    if isinstance(inbound.what, Arrived):
        return InboxState.DONE
    made_at = inbound.received.made_at
    if made_at is not None and first_seen - made_at > _SURELY_IN_TIME:
        allowed = timedelta(minutes=numbers.current(s).late_after_minutes)
        if first_seen - made_at > allowed:
            return InboxState.LATE
    return InboxState.DONE


def _tell_of_lateness(s: uow.Session, inbound: Inbound, first_seen: datetime, now: datetime) -> None:
    """Who waits for an effect learns that there is none. As a message: after so long nobody reads the reply."""
    made_at, sender = inbound.received.made_at, known_actor(s, inbound.received.userid)
    if made_at is None or sender is None or not isinstance(inbound.what, Words | Click | Position | Media):
        return
    minutes = (first_seen - made_at) // timedelta(minutes=1)
    said = f"这条消息迟到了 {minutes} 分钟才收到，没有执行。如果还需要，请再发一次"
    if isinstance(inbound.what, Words):
        said += f"：{no_markup(inbound.what.text)[:_SAID_AGAIN]}"
    prompt(s, sender.person_id, text(said), dedupe=f"late:{inbound.received.key}", now=now)


def _spoken(s: uow.Session, actor: Actor, what: object, key: str, now: datetime, *, asked: bool) -> str:
    match what:
        case Words(typed):
            return talk.reply_to(s, actor, typed, key, now, asked=asked)
        case Position():
            return checkins.reply_to_position(s, actor, what, key, now)
        case Media():
            return talk.reply_to_media(s, actor, what, key, now, asked=asked)
    raise TypeError(f"nobody answers {type(what).__name__}")


def _say(s: uow.Session, actor: Actor, key: str, said: str, reply: Reply, now: datetime, *, in_outbox: bool) -> str:
    """The first part of what is said is the reply, the rest follows as messages in order."""
    parts = split_text(no_links(said, reply.home_url), reply.part)
    if in_outbox:
        prompt_parts(s, actor.person_id, parts, dedupe=f"answer:{key}", now=now)
        return ""
    if len(parts) > 1:
        prompt_parts(s, actor.person_id, parts[1:], dedupe=f"answer:{key}", now=now)
    return reply.words(actor.userid, parts[0], now)


def _tap(s: uow.Session, actor: Actor, click: Click, key: str, reply: Reply, now: datetime, *, in_outbox: bool) -> str:
    """Do what the button means, close the card (or open it again after 撤销), and redraw it."""
    pressed = press(s, actor, click.key, now)
    handler = find_button(pressed.verb)
    if handler is None:
        raise Gone("这个按钮是旧版本的，已经不能用了。请发 /帮助 看看现在怎么做")
    done = handler(s, On(actor, key, pressed.card_id, pressed.args, _chosen(click, pressed.notice), now))
    undone = pressed.verb.startswith(UNDO)
    notice = (
        reopen(s, pressed) if undone else close(s, pressed, actor, done.outcome, done.undo, now, numbers.current(s))
    )
    if undone or done.say or in_outbox:
        prompt(s, actor.person_id, text(done.say or done.outcome), dedupe=f"tap:{key}", now=now)
    return "" if in_outbox else reply.card(actor.userid, notice, click.task_id, now)


def _chosen(click: Click, notice: Notice) -> str:
    """The id picked in the card's drop-down, if the card has one and something was picked that it offers."""
    if notice.selection is None:
        return ""
    picked = click.selected.get(notice.selection.key, ())
    offered = {choice.id for choice in notice.selection.choices}
    return picked[0] if picked and picked[0] in offered else ""


def _refuse(
    s: uow.Session,
    inbound: Inbound,
    reply: Reply,
    refusal: CrmError,
    state: InboxState,
    now: datetime,
    spooled_at: datetime | None,
) -> str:
    """Nothing was done; the reason is the answer, and a retry hears it again.

    A card cannot carry a sentence: it comes as a message, and a button that will never work again is greyed.
    """
    received = inbound.received
    given = answer_given(s, received.key)
    if given is not None:
        return given
    if isinstance(refusal, TappedAgain):  # the card shows already what the first tap did
        remember(s, received, state, "", now)
        return ""
    actor = known_actor(s, received.userid)
    answer, clicked = "", isinstance(inbound.what, Click)
    if actor is not None and isinstance(inbound.what, Words):
        talk.forget_question(s, actor, inbound.what.text, refusal)
    if actor is not None and (clicked or spooled_at is not None):
        prompt(s, actor.person_id, text(str(refusal)), dedupe=f"refused:{received.key}", now=now)
    if spooled_at is None and clicked and actor is None:  # nobody we may write to: the button itself says it
        answer = reply.spent(received.userid, now, "账号不可用，请找管理员")
    elif spooled_at is None and clicked and isinstance(refusal, Gone):
        answer = reply.spent(received.userid, now)
    elif spooled_at is None and not clicked:
        answer = reply.words(received.userid, no_links(str(refusal), reply.home_url), now)
    remember(s, received, state, answer, now)
    return answer
