"""What was pulled from the chat archive becomes rows: once each, none without consent, what is missing flagged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from config.archive import EntryState, GapReason
from config.vocabulary import ContactState
from crm.ports import ArchivedMessage, PulledEntry
from crm.rules.consents import Word, may_keep
from crm.rules.words import storable
from crm.usecases import archive_talks, archive_words
from crm.usecases.archive_consents import Place, room, said_by, with_person
from crm.usecases.archive_gaps import Missing, flag, ranges
from crm.usecases.archive_talks import Heard
from models.archive import ArchiveCursor, ArchiveEntry
from models.base import insert_once, one_of
from models.links import ExternalContact
from models.people import Person

_ONLY = 1  # the id of the one cursor


@dataclass(frozen=True, slots=True)
class Sides:
    """Who took part in a message: our people's ids by userid without case, and everybody else."""

    ours: Mapping[str, int]
    outside: frozenset[str]

    def places(self, message: ArchivedMessage) -> list[Place]:
        """Where consent is asked for: in the group, or with each of us."""
        return [room(message.room)] if message.room else [with_person(one) for one in self.ours.values()]


def begin(s: Session, now: datetime) -> int:
    """The number after which to pull; 0 before the first page."""
    insert_once(s, ArchiveCursor, id=_ONLY, seq=0, started_at=now, trouble="")
    return s.get_one(ArchiveCursor, _ONLY).seq


def hold(s: Session) -> None:
    """Nobody else keeps or deletes what was said until this transaction ends."""
    s.execute(select(ArchiveCursor.id).where(ArchiveCursor.id == _ONLY).with_for_update())


def caught_up(s: Session, now: datetime) -> None:
    """The platform has nothing newer."""
    row = s.get_one(ArchiveCursor, _ONLY, with_for_update=True)
    row.caught_up_at, row.trouble = now, ""


def in_trouble(s: Session, words: str, now: datetime) -> None:
    """The platform could not be asked; `words` say why, for people."""
    begin(s, now)
    s.get_one(ArchiveCursor, _ONLY, with_for_update=True).trouble = storable(words)[:500]


def colleagues(s: Session, messages: Sequence[ArchivedMessage]) -> dict[str, int]:
    """Ids by userid without case of those of ours who take part. Whoever is not among them needs to agree."""
    named = {one.casefold() for message in messages for one in (message.sender, *message.receivers)}
    if not named:
        return {}
    return dict(s.execute(select(Person.userid_key, Person.id).where(one_of(s, Person.userid_key, named))).all())


def sides(message: ArchivedMessage, known: Mapping[str, int]) -> Sides:
    everybody = {message.sender, *message.receivers}
    ours = {one.casefold(): known[one.casefold()] for one in everybody if one.casefold() in known}
    return Sides(ours, frozenset(one for one in everybody if one.casefold() not in known))


def keep_page(s: Session, page: Sequence[PulledEntry], after: int, now: datetime) -> int | None:
    """A page with the cursor that it moves; how many messages were kept. None: somebody else has pulled it meanwhile.

    Numbers that are not there, or cannot be opened, are flagged. What lies before the first page ever is no gap: the
    platform has thrown it away.
    """
    cursor = s.get_one(ArchiveCursor, _ONLY, with_for_update=True)
    if cursor.seq != after:
        return None
    expected = after + 1 if after else page[0].seq
    missing = keep(s, page, now)
    here = {one.seq for one in page}
    missing += [Missing(number, GapReason.JUMP) for number in ranges(expected, page[-1].seq, here)]
    flag(s, missing, now)
    cursor.seq = page[-1].seq
    s.flush()
    return kept_between(s, page)


def keep(s: Session, page: Sequence[PulledEntry], now: datetime) -> list[Missing]:
    """Each of these numbers as a row, whatever they hold; those that could not be opened are handed back.

    The cursor is held meanwhile: whoever deletes somebody's talk comes before this, or after it.
    """
    hold(s)
    messages = [one.message for one in page if one.message]
    known = colleagues(s, messages)
    words = said_by(s, {one for message in messages for one in sides(message, known).outside})
    ignored = _ignored(s, {one for message in messages for one in sides(message, known).outside})
    missing: list[Missing] = []
    heard: list[Heard] = []
    for one in page:
        if one.wrong:
            reason = GapReason.NO_KEY if one.key_missing else GapReason.UNREADABLE
            missing.append(Missing((one.seq, one.seq), reason, one.key_version))
        elif one.message is None:
            _note(s, one.seq, EntryState.NOT_OURS, now)
        else:
            heard += _keep_one(s, one.seq, one.message, sides(one.message, known), words, ignored, now)
    archive_talks.note(s, heard)
    return missing


def _keep_one(
    s: Session,
    seq: int,
    message: ArchivedMessage,
    who: Sides,
    words: Mapping[tuple[Place, str], Word],
    ignored: frozenset[str],
    now: datetime,
) -> list[Heard]:
    """What of it is to be summed up one day: itself, if it was kept."""
    if message.recalls:
        _take_back(s, message, now)
    places = who.places(message)
    if not who.ours or not who.outside:
        _note(s, seq, EntryState.NOT_OURS, now)
    elif who.outside <= ignored:
        _note(s, seq, EntryState.IGNORED, now)
    elif not may_keep(places, who.outside, words, message.at):
        _note(s, seq, EntryState.NO_CONSENT, now)
    elif not insert_once(s, ArchiveEntry, **_row(s, seq, message, who, now)):
        _note(s, seq, EntryState.REPEATED, now)
    elif message.text and not message.recalls:
        outsider = "" if message.room else next(iter(who.outside))
        return [Heard(place, outsider[:64], message.at) for place in places[:1]]
    return []


def _row(s: Session, seq: int, message: ArchivedMessage, who: Sides, now: datetime) -> dict[str, object]:
    ours = message.sender.casefold() in who.ours
    if message.room:
        person_id = who.ours.get(message.sender.casefold())
        outsider = "" if ours else message.sender
    else:
        person_id, outsider = next(iter(who.ours.values())), next(iter(who.outside))
    taken_back = s.scalar(select(ArchiveEntry.at).where(ArchiveEntry.recalls == message.msgid).limit(1))
    return {
        "seq": seq, "state": EntryState.KEPT, "seen_at": now, "msgid": message.msgid, "ours": ours,
        "person_id": person_id, "external_userid": outsider[:64], "room_id": message.room, "at": message.at,
        "kind": message.kind, "text": "" if taken_back else storable(message.text), "recalls": message.recalls,
        "recalled_at": taken_back,
    }  # fmt: skip


def _note(s: Session, seq: int, state: EntryState, now: datetime) -> None:
    """Only that this number was seen."""
    insert_once(
        s, ArchiveEntry, seq=seq, state=state, seen_at=now, ours=False, external_userid="", room_id="", kind="",
        text="", recalls="",
    )  # fmt: skip


def _take_back(s: Session, message: ArchivedMessage, now: datetime) -> None:
    """What somebody took back is not kept, whether or not his taking it back may be."""
    said = update(ArchiveEntry).where(ArchiveEntry.msgid == message.recalls).returning(ArchiveEntry.seq)
    blank = said.values(text="", recalled_at=message.at).execution_options(synchronize_session=False)
    for seq in s.scalars(blank).all():
        archive_words.recalled(s, seq, now)


def _ignored(s: Session, outsiders: set[str]) -> frozenset[str]:
    """Suppliers, competitors and private friends: nobody's customers, so there is no purpose in what they say."""
    if not outsiders:
        return frozenset()
    marked = (one_of(s, ExternalContact.external_userid, outsiders), ExternalContact.state == ContactState.IGNORED)
    return frozenset(s.scalars(select(ExternalContact.external_userid).where(*marked)))


def kept_between(s: Session, page: Sequence[PulledEntry]) -> int:
    """How many of the numbers of a page hold a message."""
    if not page:
        return 0
    first, last = page[0].seq, page[-1].seq
    counted = (ArchiveEntry.seq.between(first, last), ArchiveEntry.state == EntryState.KEPT)
    return s.scalar(select(func.count()).select_from(ArchiveEntry).where(*counted)) or 0
