"""Words of the chat archive that may be shown no longer go out of the digests that cite them; the line itself stays."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from config.vocabulary import DigestKind
from crm.promises import forget
from crm.rules.consents import WORDS_DELETED, WORDS_RECALLED, WORDS_WITHDRAWN, Word
from crm.usecases.archive_consents import Place
from crm.usecases.archive_talks import ENTRANCE
from crm.usecases.digests import in_words
from crm.usecases.todos import topic_of, withdraw_todos
from models.archive import ArchiveCited, ArchiveDigest, ArchiveTalk
from models.base import one_of
from models.digests import Digest, DigestMessage, DigestSentence, DigestTodo
from models.timeline import TimelineEntry, Todo


def purged(s: Session, external_userid: str, now: datetime) -> None:
    """What he said is deleted: with it the sentences that stand on it, and the to-dos that came of his talk."""
    for digest_id, numbers in _cited(s, ArchiveCited.external_userid == external_userid):
        _without(s, digest_id, numbers, WORDS_DELETED)
    _drop_todos(s, WORDS_DELETED, now, DigestTodo.external_userid == external_userid)


def withdrawn(s: Session, place: Place, external_userid: str, word: Word) -> None:
    """He agrees no longer, or only to what came later. What we promised him we still owe him: to-dos stay.

    A no without a time may only mean that the platform knows of no yes: nothing more is kept or read out, but what
    cannot be brought back is not thrown away for it.
    """
    if not word.agreed and word.since is None:
        return
    talks = select(ArchiveTalk.id).where(
        ArchiveTalk.place == place, ArchiveTalk.external_userid.in_(("", external_userid))
    )
    # A digest that is just being written waits for this, or this for it.
    here = s.scalars(talks.with_for_update()).all()
    made = select(ArchiveDigest.digest_id).where(one_of(s, ArchiveDigest.talk_id, here))
    his = (ArchiveCited.external_userid == external_userid, ArchiveCited.digest_id.in_(made))
    for digest_id, numbers in _cited(s, *his):
        of_them = (DigestMessage.digest_id == digest_id, one_of(s, DigestMessage.number, numbers))
        said = s.execute(select(DigestMessage.number, DigestMessage.at).where(*of_them))
        uncovered = {number for number, at in said if at is None or not word.covers(at)}
        if uncovered:
            _without(s, digest_id, uncovered, WORDS_WITHDRAWN)
    s.flush()


def recalled(s: Session, seq: int, now: datetime) -> None:
    """Whoever said it has taken it back."""
    for digest_id, numbers in _cited(s, ArchiveCited.seq == seq):
        positions = _without(s, digest_id, numbers, WORDS_RECALLED)
        of_them = (DigestTodo.digest_id == digest_id, one_of(s, DigestTodo.position, positions))
        _drop_todos(s, WORDS_RECALLED, now, *of_them)


def _cited(s: Session, *which: ColumnElement[bool]) -> Iterable[tuple[int, set[int]]]:
    """Digests, and the numbers of the messages in question in each."""
    found: dict[int, set[int]] = {}
    for digest_id, number in s.execute(select(ArchiveCited.digest_id, ArchiveCited.number).where(*which)).all():
        found.setdefault(digest_id, set()).add(number)
    return sorted(found.items())


def _without(s: Session, digest_id: int, numbers: Collection[int], instead: str) -> list[int]:
    """The digest without these messages, and whatever stands on them; the positions of the sentences that are gone.

    Of two who take words out of one digest at once, the second sees what the first has left.
    """
    s.execute(select(Digest.id).where(Digest.id == digest_id).with_for_update())
    of_it = select(DigestSentence).where(DigestSentence.digest_id == digest_id).order_by(DigestSentence.position)
    sentences = s.scalars(of_it).all()
    left = [one for one in sentences if set(one.cites).isdisjoint(numbers)]
    gone = [one.position for one in sentences if one not in left]
    still_cited = {number for one in left for number in one.cites}
    s.execute(
        delete(DigestSentence).where(DigestSentence.digest_id == digest_id, one_of(s, DigestSentence.position, gone))
    )
    for table in (DigestMessage, ArchiveCited):
        s.execute(delete(table).where(table.digest_id == digest_id, table.number.not_in(still_cited)))
    words = "\n".join(filter(None, [in_words((DigestKind(one.kind), one.text) for one in left), instead]))
    s.execute(
        update(Digest).where(Digest.id == digest_id).values(talk_print="").execution_options(synchronize_session=False)
    )
    entry_id = select(Digest.entry_id).where(Digest.id == digest_id).scalar_subquery()
    s.execute(
        update(TimelineEntry)
        .where(TimelineEntry.id == entry_id)
        .values(text=words)
        .execution_options(synchronize_session=False)
    )
    return gone


def _drop_todos(s: Session, instead: str, now: datetime, *which: ColumnElement[bool]) -> None:
    """Nobody is to do them, or can read any more what they were."""
    made = select(Todo).join(DigestTodo, DigestTodo.todo_id == Todo.id).where(*which)
    todos = s.scalars(made.order_by(Todo.id).with_for_update()).all()
    withdraw_todos(s, [one.id for one in todos], now, entrance=ENTRANCE)
    for todo in todos:
        todo.text = instead
        forget(s, topic_of(todo.id), instead)
    s.flush()
