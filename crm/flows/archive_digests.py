"""The talk joins the file: what the chat archive keeps of a linked chat is summed up when the talk pauses."""

import logging
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from config.vocabulary import DigestOrigin
from crm import uow
from crm.access import Actor, actor_by_id
from crm.errors import CrmError
from crm.flows.digests import Summed, keep, summed_up
from crm.ports import AskModel
from crm.reads.known_names import known_names
from crm.rules.days import day_of
from crm.rules.utterance import Utterance
from crm.usecases import archive_talks
from crm.usecases.archive import Spoken, talk_of, talk_of_group
from crm.usecases.archive_talks import Waiting

log = logging.getLogger(__name__)

_AT_ONCE = 20
_ENTRANCE = "archive"


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


def _due(now: datetime) -> list[Waiting]:
    with uow.reading() as s:
        return archive_talks.due(s, now, _AT_ONCE)


def _sum_up(talk: Waiting, ask: AskModel | None, now: datetime) -> str:
    """As whoever talked, or linked the group. Of whom may not write there any more nothing is kept."""
    try:
        with uow.reading() as s:
            actor = actor_by_id(s, talk.person_id, now)
            spoken, names = _spoken(s, actor, talk), known_names(s, actor, talk.customer_id)
        said = tuple(
            Utterance(number, one.who, one.ours, one.text, one.at) for number, one in enumerate(spoken, start=1)
        )
        it = summed_up(said, DigestOrigin.ARCHIVE, day_of(now), ask, names)
        return uow.attempt(partial(_kept, talk, actor, it, spoken[-1].at if spoken else None, now))
    except CrmError as refusal:
        log.info("archive: talk %s comes to nothing: %s", talk.id, refusal)
        uow.attempt(lambda s: archive_talks.summed(s, talk, None))
        return ""


def _spoken(s: uow.Session, actor: Actor, talk: Waiting) -> tuple[Spoken, ...]:
    if talk.room:
        return talk_of_group(s, actor, talk.room, talk.summed_to)
    if talk.contact_id is None:
        return ()
    return talk_of(s, actor, talk.contact_id, talk.summed_to, person_id=talk.person_id)


def _kept(talk: Waiting, actor: Actor, it: Summed, to: datetime | None, now: datetime, s: uow.Session) -> str:
    if not archive_talks.summed(s, talk, to) or not it.sentences:
        return ""
    done = keep(s, actor, talk.customer_id, it, now, entrance=_ENTRANCE)
    archive_talks.came_of(s, talk, done.entry_id, now)
    return f"{actor.name}与「{done.customer_name}」的聊天已整理：{len(done.sentences)} 句，待办 {len(done.todos)} 条"
