"""The talk joins the file: what the archive keeps of a linked chat becomes a digest, and goes as the link goes."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from config.vocabulary import ChatKind, ContactState, DigestKind, DigestOrigin, TimelineKind
from crm import uow
from crm.flows import archive, archive_digests
from crm.rules.utterance import Sentence, Utterance
from crm.usecases import linking
from crm.usecases.archive import purge_talk
from crm.usecases.digests import keep_digest, retract_digest
from crm.usecases.followups import write_follow_up
from crm.usecases.last_done import last_written
from models.archive import ArchiveDigest, ArchiveTalk
from models.digests import Digest, DigestMessage, DigestSentence
from models.links import ChatLink, ExternalContact, ExternalFollow
from models.ops import JobSlot
from models.timeline import TimelineEntry, Todo
from tests.support.archive import ANNA, Made, said
from tests.support.company import DAY, IDS, MINUTE, NOW, actor, customer, rows

AGREED = {("Zhang", ANNA): NOW - DAY}
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def anna(company: Engine) -> int:
    """Zhang's friend, whom nobody has linked yet."""
    with uow.transaction() as s:
        one = ExternalContact(external_userid=ANNA, name="安娜", state=ContactState.UNLINKED, created_at=NOW)
        s.add(one)
        s.flush()
        s.add(ExternalFollow(external_contact_id=one.id, person_id=IDS["zhang"], started_at=NOW - DAY))
        return one.id


@pytest.fixture
def talk() -> Made:
    return Made(
        [
            said(1, "循环泵想再要 4 台 65WQ30-18，价格能不能到 6500？", at=NOW),
            said(2, "我明天把正式报价发您", sender="zhang", to=[ANNA], at=NOW + MINUTE),
            said(3, "好，最晚 12 月 20 号要到现场", at=NOW + 2 * MINUTE),
        ],
        AGREED,
    )


def pull(source: Made, now: datetime) -> None:
    list(archive.run(source, source, now))


def sum_up(now: datetime) -> list[str]:
    return [line for line in archive_digests.run(None, now) if line]


def link(contact_id: int, customer_id: int, now: datetime) -> None:
    who = actor("Zhang")
    with uow.transaction() as s:
        linking.link_contact(s, who, contact_id, customer_id, now, entrance="test")


def digests() -> list[TimelineEntry]:
    return [one for one in rows(TimelineEntry) if one.kind == TimelineKind.DIGEST and one.retracted_at is None]


def test_a_link_brings_what_was_said_before_at_once(anna: int, talk: Made) -> None:
    pull(talk, NOW + 3 * MINUTE)
    assert sum_up(LATER) == [], "of nobody's customer nothing is summed up"
    theirs = customer("zhang", "宁波海蔚船舶配件有限公司")
    link(anna, theirs, NOW + 4 * MINUTE)
    assert [one.job for one in rows(JobSlot)] == ["talks"], "nobody waits for the next minute"
    (line,) = sum_up(NOW + 4 * MINUTE)
    assert "宁波海蔚" in line
    (entry,) = digests()
    assert entry.customer_id == theirs
    assert entry.at == NOW + 2 * MINUTE
    assert "6500" in entry.text
    assert rows(Digest)[0].origin == DigestOrigin.ARCHIVE
    assert ["报价" in one.text for one in rows(Todo)] == [True]
    assert sum_up(LATER) == [], "once"


def test_what_is_said_later_is_another_digest_when_the_talk_pauses(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    talk.entries.append(said(4, "合同请在 12 月 1 号以前寄来，付款按 3:6:1", at=NOW + 10 * MINUTE))
    pull(talk, NOW + 11 * MINUTE)
    assert sum_up(NOW + 11 * MINUTE) == [], "they are still talking"
    assert len(sum_up(NOW + 41 * MINUTE)) == 1
    first, second = sorted(digests(), key=lambda one: one.id)
    assert "6500" in first.text
    assert "3:6:1" in second.text
    assert "6500" not in second.text


def test_an_endless_talk_is_summed_up_too(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    half_hours = [NOW + timedelta(minutes=25 * n) for n in range(1, 31)]
    talk.entries += [said(n, f"第 {n} 台泵的编号是 P-{n}00", at=at) for n, at in enumerate(half_hours, start=4)]
    pull(talk, half_hours[-1])
    assert len(sum_up(half_hours[-1] + MINUTE)) == 1


def test_a_link_taken_back_takes_its_digest_along_and_the_next_link_gets_it(anna: int, talk: Made) -> None:
    wrong = customer("zhang", "宁波海蔚船舶配件有限公司")
    pull(talk, NOW + 3 * MINUTE)
    link(anna, wrong, NOW + 4 * MINUTE)
    sum_up(NOW + 4 * MINUTE)
    who = actor("Zhang")
    with uow.transaction() as s:
        linking.unlink_contact(s, who, anna, NOW + 5 * MINUTE, entrance="test")
    assert digests() == []
    assert [(one.withdrawn_at is not None, one.done_at) for one in rows(Todo)] == [(True, None)]
    right = customer("zhang", "常州天屹化工设备制造有限公司")
    link(anna, right, NOW + 6 * MINUTE)
    assert len(sum_up(NOW + 6 * MINUTE)) == 1
    assert [one.customer_id for one in digests()] == [right]


def test_a_purge_leaves_nothing_of_the_digest(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    lead = actor("Li")
    with uow.transaction() as s:
        purge_talk(s, lead, anna, LATER, entrance="test")
    assert (rows(DigestSentence), rows(DigestMessage), digests()) == ([], [], [])
    assert all("6500" not in one.text for one in rows(TimelineEntry))
    assert [(one.text, one.withdrawn_at is not None) for one in rows(Todo)] == [("应联系人要求，已删除", True)]
    assert sum_up(LATER + DAY) == []


def test_what_the_machine_wrote_is_not_what_he_takes_back_as_his_last(anna: int, talk: Made) -> None:
    made = customer("zhang", "宁波海蔚船舶配件有限公司")
    link(anna, made, NOW)
    pull(talk, NOW + 3 * MINUTE)
    who = actor("Zhang")
    with uow.transaction() as s:
        write_follow_up(s, who, made, "电话聊了交期，下周三去现场", NOW + 3 * MINUTE, entrance="chat")
    sum_up(NOW + 4 * MINUTE)
    with uow.reading() as s:
        assert [one.what for one in last_written(s, who, NOW + 5 * MINUTE)[0]] == ["follow_up", "customer"]


def test_a_digest_taken_back_takes_its_own_to_dos_and_no_others_of_that_moment(anna: int, talk: Made) -> None:
    made = customer("zhang", "宁波海蔚船舶配件有限公司")
    link(anna, made, NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 4 * MINUTE)
    who = actor("Zhang")
    with uow.transaction() as s:  # another digest of the same run, for the same customer
        talk_of_two = (Utterance(1, "张三", True, "周五给您图纸", NOW),)
        promise = (Sentence(DigestKind.PROMISE, "张三答应：周五给您图纸", (1,), None),)
        keep_digest(
            s, who, made, talk_of_two, promise, NOW + 4 * MINUTE, entrance="archive", origin=DigestOrigin.ARCHIVE
        )
    first, _ = sorted(digests(), key=lambda one: one.id)
    with uow.transaction() as s:
        retract_digest(s, who, first.public_id, NOW + 5 * MINUTE, entrance="api")
    assert [one.withdrawn_at is not None for one in rows(Todo)] == [True, False]


def test_of_somebody_who_may_not_write_there_nothing_is_kept(anna: int, talk: Made) -> None:
    theirs = customer("sun", "宁波海蔚船舶配件有限公司")
    pull(talk, NOW + 3 * MINUTE)
    with uow.transaction() as s:
        s.add(
            ChatLink(
                kind=ChatKind.EXTERNAL_CONTACT, key=ANNA, customer_id=theirs, linked_by_id=IDS["sun"], linked_at=NOW
            )
        )
    assert sum_up(LATER) == []
    assert digests() == []
    (left,) = rows(ArchiveTalk)
    assert left.waits_since is None, "it is not looked at again every minute"
    assert rows(ArchiveDigest) == []


def test_each_of_two_colleagues_hears_only_his_own_talk(anna: int, talk: Made) -> None:
    with uow.transaction() as s:
        s.add(ExternalFollow(external_contact_id=anna, person_id=IDS["li"], started_at=NOW - DAY))
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    talk.agreed = {**AGREED, ("Li", ANNA): NOW - DAY}
    talk.entries.append(said(4, "我后天给您寄合同", sender="Li", to=[ANNA], at=NOW + 2 * MINUTE))
    talk.entries.append(said(5, "合同寄到宁波", to=["Li"], at=NOW + 3 * MINUTE))
    pull(talk, NOW + 4 * MINUTE)
    assert len(sum_up(NOW + 4 * MINUTE)) == 2
    mine, theirs = sorted(digests(), key=lambda one: one.at)
    assert ("合同" in mine.text, "6500" in mine.text) == (False, True)
    assert ("合同" in theirs.text, "6500" in theirs.text) == (True, False)
    assert sorted((one.person_id, one.text) for one in rows(Todo)) == sorted(
        [(IDS["zhang"], "我明天把正式报价发您"), (IDS["li"], "我后天给您寄合同")]
    )
