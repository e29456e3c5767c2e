"""Pull the chat archive: a page from outside and the consents it needs, then one transaction that holds all of it."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from config.archive import GapReason
from crm import uow
from crm.messages import Received
from crm.ports import ArchivedMessage, ArchiveSource, AsksConsent, PulledEntry
from crm.usecases import archive_consents as consents
from crm.usecases import archive_gaps as gaps
from crm.usecases import archive_keep, archive_words, slots
from crm.usecases.archive_alarms import alarm
from crm.usecases.archive_consents import Said, room, with_person
from crm.usecases.archive_gaps import Gap, Missing, ranges

log = logging.getLogger(__name__)

JOB = "archive"
_PAGE = 200  # messages of one transaction; opening one takes milliseconds
_GAPS = 20
_OURS = "程序出错，已经记入日志，请联系技术支持"
_EVERY = 15  # seconds between two pulls that the platform's notice starts


def run(source: ArchiveSource, asks: AsksConsent, outage: type[Exception], now: datetime) -> Iterator[str]:
    """Everything newer, then what was missing, then the alarms; a line for what was done, empty ones in between.

    An `outage` outside is noted and told, and tried again in a minute; what was pulled until then is kept.
    """
    kept, trouble = 0, ""
    for work in (_pull, _refill):
        try:
            for many in work(source, asks, now):
                kept += many
                yield ""
        except (uow.StoreDown, uow.TryAgain):
            raise
        except outage as error:
            trouble = str(error)
        except Exception:  # whatever is wrong with us, the alarm must ring and what is missing be looked for
            log.exception("archive: the pull broke off")
            trouble = _OURS
    if trouble:
        words = trouble
        uow.attempt(lambda s: archive_keep.in_trouble(s, words, now))
        yield f"会话存档没有取完：{words}"
    uow.attempt(lambda s: alarm(s, now))
    if kept:
        yield f"存下会话 {kept} 条"


def _pull(source: ArchiveSource, asks: AsksConsent, now: datetime) -> Iterator[int]:
    """How many messages of each page were kept."""
    while True:
        after = uow.attempt(lambda s: archive_keep.begin(s, now))
        page = source.page(after, _PAGE)
        if not page:
            uow.attempt(lambda s: archive_keep.caught_up(s, now))
            return
        yield _kept(page, after, _asked(page, asks), now)


@dataclass(frozen=True, slots=True)
class _Broken:
    """An entry that cannot be kept for a fault of ours: flagged as missing, so that nothing behind it waits."""

    seq: int
    key_version: int
    message: None = None
    wrong: str = _OURS
    key_missing: bool = False


def _kept(page: Sequence[PulledEntry], after: int, said: Sequence[Said], now: datetime) -> int:
    """As much of the page as can be kept at once; how many messages."""
    while True:
        try:
            return uow.attempt(partial(_keep_page, page, after, said, now)) or 0
        except (uow.StoreDown, uow.TryAgain):
            raise
        except Exception:
            first = page[0]
            log.exception("archive: of %s numbers from %s on one cannot be kept", len(page), first.seq)
            if first.wrong:
                raise
            page = page[: len(page) // 2] or [_Broken(first.seq, first.key_version)]


def _keep_page(
    page: Sequence[PulledEntry], after: int, said: Sequence[Said], now: datetime, s: uow.Session
) -> int | None:
    _note(s, said, now)
    return archive_keep.keep_page(s, page, after, now)


def _note(s: uow.Session, said: Sequence[Said], now: datetime) -> None:
    archive_keep.hold(s)  # before anything else, as whoever deletes a talk does
    for place, external_userid, word in consents.note(s, said, now):
        archive_words.withdrawn(s, place, external_userid, word)


def _refill(source: ArchiveSource, asks: AsksConsent, now: datetime) -> Iterator[int]:
    """Look once more for what was missing. Without its key there is no need to."""
    uow.attempt(lambda s: gaps.give_up(s, now))
    with uow.reading() as s:
        missed = gaps.keys_missed(s)
    keys = {version for version in missed if source.has_key(version)}
    with uow.reading() as s:
        waiting = gaps.due(s, now, _GAPS, keys)
    for gap in waiting:
        limit = min(_PAGE, gap.last - gap.first + 1)
        found = source.page(gap.first - 1, limit)
        page = [one for one in found if one.seq <= gap.last]
        looked_to = page[-1].seq if len(page) == limit else gap.last
        said = _asked(page, asks)
        yield uow.attempt(partial(_fill, gap, page, looked_to, said, now))


def _fill(
    gap: Gap, page: Sequence[PulledEntry], looked_to: int, said: Sequence[Said], now: datetime, s: uow.Session
) -> int:
    if not gaps.lock(s, gap):
        return 0
    _note(s, said, now)
    left = archive_keep.keep(s, page, now)
    here = {one.seq for one in page}
    left += [Missing(numbers, GapReason.JUMP) for numbers in ranges(gap.first, looked_to, here)]
    if looked_to < gap.last:
        left.append(Missing((looked_to + 1, gap.last), gap.reason, gap.key_version))
    gaps.narrow(s, gap, left, now)
    return archive_keep.kept_between(s, page)


def _asked(page: Sequence[PulledEntry], asks: AsksConsent) -> list[Said]:
    """What everybody outside who takes part in this page says to it now; and who said no in the page itself."""
    messages = [one.message for one in page if one.message]
    with uow.reading() as s:
        known = archive_keep.colleagues(s, messages)
    sided = [(message, archive_keep.sides(message, known)) for message in messages]
    with_us = [(message, who) for message, who in sided if who.ours and who.outside]
    userids = {one.casefold(): one for message in messages for one in (message.sender, *message.receivers)}
    pairs = {
        (userids[ours], outsider)
        for message, who in with_us
        if not message.room
        for ours in who.ours
        for outsider in who.outside
    }
    said = [
        Said(with_person(known[key]), one.consent.external_userid, one.consent.agreed, one.consent.since)
        for one in (asks.of_pairs(pairs) if pairs else ())
        if (key := one.userid.casefold()) in known
    ]
    for group in sorted({message.room for message, _ in with_us if message.room}):
        said += [Said(room(group), one.external_userid, one.agreed, one.since) for one in asks.of_room(group)]
    return said + [one for message, who in with_us for one in _no(message, who)]


def _no(message: ArchivedMessage, who: archive_keep.Sides) -> Iterator[Said]:
    """A `disagree` in the archive, which may be newer than what the platform answers."""
    if message.agrees is False and message.sender in who.outside:
        for place in who.places(message):
            yield Said(place, message.sender, agreed=False, since=message.at)


def approved(received: Received, now: datetime) -> None:
    """`msg_audit_approved`: may run twice."""
    at = received.made_at or now

    def note(s: uow.Session) -> None:
        _note(s, consents.approved(s, received.userid, received.object_id, at), now)

    uow.attempt(note)


def notified(now: datetime) -> None:
    """`msgaudit_notify`: a run of the job, at most one in fifteen seconds however often the platform calls."""
    slot = now.replace(microsecond=0) - timedelta(seconds=now.second % _EVERY)

    def make(s: uow.Session) -> None:
        if slots.make(s, JOB, slot, now):
            uow.nudge(s, "slot")

    uow.attempt(make)
