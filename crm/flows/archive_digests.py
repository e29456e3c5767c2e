"""The talk joins the file: what the chat archive keeps of a linked chat is summed up when the talk pauses."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from config.vocabulary import DigestOrigin
from crm import uow
from crm.access import Actor
from crm.errors import Conflict
from crm.flows.digests import Summed, keep, summed_up
from crm.ports import AskModel
from crm.reads.known_names import known_names
from crm.rules.days import day_of
from crm.rules.utterance import Utterance
from crm.usecases import archive_talks
from crm.usecases.archive import Unsummed, unsummed
from crm.usecases.archive_talks import ENTRANCE, REST, Waiting, still_linked

log = logging.getLogger(__name__)

_AT_ONCE = 20
_BROKEN = timedelta(hours=1)  # so long a talk is let alone that could not be summed up


def run(ask: AskModel | None, now: datetime) -> Iterator[str]:
    """Sum up what is due, each talk by itself; a line for each digest that came of it, empty ones in between."""
    seen: set[int] = set()
    while waiting := [one for one in _due(now) if one.id not in seen]:
        for one in waiting:
            seen.add(one.id)
            try:
                yield _sum_up(one, ask, now)
            except (uow.StoreDown, uow.TryAgain):
                raise
            except Exception:  # one talk that breaks must not hold back all the others
                log.exception("archive: talk %s could not be summed up", one.id)
                uow.attempt(partial(_let_rest, one, now + _BROKEN))


def _due(now: datetime) -> list[Waiting]:
    with uow.reading() as s:
        return archive_talks.due(s, now, _AT_ONCE)


def _let_rest(talk: Waiting, until: datetime, s: uow.Session) -> None:
    archive_talks.rest(s, talk, until)


def _sum_up(talk: Waiting, ask: AskModel | None, now: datetime) -> str:
    """As whoever may write it down; where nobody may, as of a customer that nobody holds, it waits."""
    with uow.reading() as s:
        actor = archive_talks.writer(s, talk, now)
        heard = unsummed(s, actor, talk) if actor else Unsummed((), ())
        names = known_names(s, actor, talk.customer_id) if actor else ()
    if actor is None:
        uow.attempt(partial(_let_rest, talk, now + REST))
        return ""
    said = tuple(
        Utterance(number, one.who, one.ours, one.text, one.at) for number, one in enumerate(heard.spoken, start=1)
    )
    it = summed_up(said, DigestOrigin.ARCHIVE, day_of(now), ask, names)
    return uow.attempt(partial(_kept, talk, actor, heard, it, now))


def _kept(talk: Waiting, actor: Actor, heard: Unsummed, it: Summed, now: datetime, s: uow.Session) -> str:
    """Nothing, if meanwhile it was linked elsewhere, purged, recalled, not agreed to any more, or summed up."""
    if not still_linked(s, talk) or unsummed(s, actor, talk, again=heard) != heard:
        return ""
    archive_talks.summed(s, talk, heard.numbers, now)
    if not it.sentences:
        return ""
    spoken = dict(enumerate(heard.spoken, start=1))
    own = [number for number, one in spoken.items() if one.person_id == actor.person_id]
    try:
        done = keep(s, actor, talk.customer_id, it, now, entrance=ENTRANCE, own=own)
    except Conflict:  # the very same talk stands there already
        return ""
    archive_talks.came_of(s, talk, done.entry_id, {n: (one.seq, one.external_userid) for n, one in spoken.items()})
    return f"{actor.name}与「{done.customer_name}」的聊天已整理：{len(done.sentences)} 句，待办 {len(done.todos)} 条"
