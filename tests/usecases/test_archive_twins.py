"""A member whom the archive met under his new userid first: consents and talks are his when the two are one again."""

from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from config.vocabulary import ContactState, PersonStatus, Role, TimelineKind
from crm import uow
from crm.flows import archive, archive_digests
from crm.usecases import directory, linking
from crm.usecases.archive import talk_of
from gateways.wecom.errors import WecomError
from models.archive import ArchiveConsent, ArchiveTalk
from models.links import ExternalContact, ExternalFollow
from models.people import Person
from models.timeline import TimelineEntry
from tests.support.archive import ANNA, BEN, Made, said
from tests.support.company import DAY, IDS, MINUTE, NOW, ONE, actor, customer, rows

LATER = NOW + 60 * MINUTE
ASKS, WANTS = "循环泵想再要 4 台 65WQ30-18，价格能不能到 6500？", "最晚 12 月 20 号要到现场，付款按 3:6:1"


@pytest.fixture
def anna(company: Engine) -> int:
    """A friend of Zhang's, and of the row that was made of his new userid."""
    with uow.transaction() as s:
        twin = Person(userid="Zhang2", userid_key="zhang2", name="张三", role=Role.REP, status=PersonStatus.ACTIVE)
        twin.team_id, twin.changed_at = ONE, NOW
        one = ExternalContact(external_userid=ANNA, name="安娜", state=ContactState.UNLINKED, created_at=NOW)
        s.add_all([twin, one])
        s.flush()
        for person_id in (IDS["zhang"], twin.id):
            s.add(ExternalFollow(external_contact_id=one.id, person_id=person_id, started_at=NOW - DAY))
        return one.id


def pull(source: Made, now: datetime) -> None:
    list(archive.run(source, source, WecomError, now))


def renamed(now: datetime) -> None:
    with uow.transaction() as s:
        directory.rename(s, "Zhang", "Zhang2", now)


def linked(anna: int, now: datetime) -> None:
    ours = customer("Zhang2" if now > NOW else "Zhang", "宁波海蔚船舶配件有限公司")
    who = actor("Zhang2" if now > NOW else "Zhang")
    with uow.transaction() as s:
        linking.link_contact(s, who, anna, ours, now, entrance="test")


def heard(anna: int) -> list[str]:
    who = actor("Zhang2")
    with uow.reading() as s:
        return [one.text for one in talk_of(s, who, anna)]


def places() -> tuple[set[str], set[str]]:
    return {one.place for one in rows(ArchiveConsent)}, {one.place for one in rows(ArchiveTalk)}


def test_what_was_said_to_the_new_name_alone_is_heard_and_summed_up(anna: int) -> None:
    pull(Made([said(1, ASKS, to=["Zhang2"])], {("Zhang2", ANNA): NOW - DAY}), NOW + MINUTE)
    renamed(NOW + 2 * MINUTE)
    assert places() == ({f"person:{IDS['zhang']}"}, {f"person:{IDS['zhang']}"})
    assert heard(anna) == [ASKS]
    linked(anna, NOW + 3 * MINUTE)
    assert len(list(filter(None, archive_digests.run(None, LATER)))) == 1


def test_two_talks_with_one_outsider_are_one(anna: int) -> None:
    linked(anna, NOW)
    agreed = {("Zhang", ANNA): NOW - DAY, ("Zhang2", ANNA): NOW + 4 * MINUTE}
    source = Made([said(1, ASKS)], agreed)
    pull(source, NOW + MINUTE)
    list(archive_digests.run(None, NOW + 2 * MINUTE))
    source.entries.append(said(2, WANTS, to=["Zhang2"], at=NOW + 5 * MINUTE))
    pull(source, NOW + 6 * MINUTE)
    renamed(NOW + 7 * MINUTE)
    assert places() == ({f"person:{IDS['zhang']}"}, {f"person:{IDS['zhang']}"})
    assert heard(anna) == [ASKS, WANTS], "of two yeses the earlier stands"
    (talk,) = rows(ArchiveTalk)
    assert (talk.last_at, talk.waits_since) == (NOW + 5 * MINUTE, NOW + 5 * MINUTE)
    list(archive_digests.run(None, LATER))
    first, second = [one.text for one in rows(TimelineEntry) if one.kind == TimelineKind.DIGEST]
    assert "6500" in first
    assert "3:6:1" in second
    assert "6500" not in second
    with uow.transaction() as s:
        linking.unlink_contact(s, actor("Zhang2"), anna, LATER, entrance="test")
    assert all(one.retracted_at for one in rows(TimelineEntry) if one.kind == TimelineKind.DIGEST)


@pytest.mark.parametrize("refuser", ["Zhang", "Zhang2"])
def test_the_newer_word_counts_whichever_of_the_two_heard_it(anna: int, refuser: str) -> None:
    other = {"Zhang": "Zhang2", "Zhang2": "Zhang"}[refuser]
    source = Made([said(1, ASKS, to=[other])], {("Zhang", ANNA): NOW - DAY, ("Zhang2", ANNA): NOW - DAY})
    source.entries.append(
        said(2, "不同意", to=[refuser], at=NOW + MINUTE, kind="disagree", agrees=False),
    )
    pull(source, NOW + 2 * MINUTE)
    renamed(NOW + 3 * MINUTE)
    (word,) = rows(ArchiveConsent)
    assert (word.agreed, word.since) == (False, NOW + MINUTE)
    assert word.withdrawn_at is not None, "what one of them had kept should go"
    assert heard(anna) == []


def test_a_no_to_one_of_them_takes_the_words_out_of_the_other_s_digest(anna: int) -> None:
    linked(anna, NOW)
    source = Made([said(1, ASKS)], {("Zhang", ANNA): NOW - DAY, ("Zhang2", ANNA): NOW - DAY})
    pull(source, NOW + MINUTE)
    list(archive_digests.run(None, NOW + 2 * MINUTE))
    source.entries.append(said(2, "不同意", to=["Zhang2"], at=NOW + 3 * MINUTE, kind="disagree", agrees=False))
    pull(source, NOW + 4 * MINUTE)
    assert "6500" in rows(TimelineEntry, TimelineEntry.kind == TimelineKind.DIGEST)[0].text
    renamed(NOW + 5 * MINUTE)
    assert "6500" not in rows(TimelineEntry, TimelineEntry.kind == TimelineKind.DIGEST)[0].text


def test_of_others_nothing_moves(anna: int) -> None:
    pull(Made([said(1, "你好", sender=BEN, to=["sun"])], {("sun", BEN): NOW - DAY}), NOW + MINUTE)
    renamed(NOW + 2 * MINUTE)
    assert places() == ({f"person:{IDS['sun']}"}, {f"person:{IDS['sun']}"})
