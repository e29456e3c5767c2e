"""The talk joins the file: what the archive keeps of a linked chat becomes a digest, and goes as the link goes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from config.policy import Policy
from config.vocabulary import ChatKind, ContactState, DigestKind, DigestOrigin, TimelineKind
from crm import uow
from crm.errors import Gone, NotFound
from crm.flows import archive, archive_digests
from crm.messages import Received
from crm.ports import AskModel, Told
from crm.rules.days import WorkCalendar
from crm.rules.utterance import Sentence, Utterance
from crm.usecases import linking
from crm.usecases.archive import MOST, purge_talk
from crm.usecases.digests import keep_digest, retract_digest, take_digest_back
from crm.usecases.followups import write_follow_up
from crm.usecases.last_done import last_written
from crm.usecases.pool import assign, release
from crm.usecases.todos import add_todo, finish_todo, reopen_todo
from gateways.archive.source import Pulled
from gateways.wecom.errors import WecomError
from models.archive import ArchiveEntry, ArchiveTalk
from models.customers import Customer
from models.digests import Digest, DigestMessage, DigestSentence
from models.links import ChatLink, ExternalContact, ExternalFollow
from models.messages import OutboxMessage
from models.ops import JobSlot
from models.timeline import TimelineEntry, Todo
from tests.support.archive import ANNA, BEN, Made, said
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
    list(archive.run(source, source, WecomError, now))


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
    purge(anna)
    assert (rows(DigestSentence), rows(DigestMessage)) == ([], [])
    assert [one.text for one in digests()] == ["应联系人要求，已删除"], "that they talked stays"
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


def test_a_done_to_do_whose_words_are_deleted_does_not_come_back(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    (todo,), who = rows(Todo), actor("Zhang")
    uow.attempt(lambda s: finish_todo(s, who, todo.id, LATER, entrance="test"))
    purge(anna)
    with pytest.raises(Gone, match="摘要或这句话已经不在了"):
        uow.attempt(lambda s: reopen_todo(s, who, todo.id, LATER, entrance="test"))


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


def test_what_the_machine_understood_wrongly_is_taken_back_whenever_by_who_may_write_there(
    anna: int, talk: Made
) -> None:
    mine = customer("zhang", "宁波海蔚")
    pull(talk, NOW + 5 * MINUTE)
    link(anna, mine, NOW + 6 * MINUTE)
    sum_up(NOW + 7 * MINUTE)
    digest, late = rows(Digest)[-1].public_id, NOW + 9 * DAY
    with pytest.raises(NotFound), uow.transaction() as s:
        take_digest_back(s, actor("qian"), digest, late, entrance="miniapp")
    for by in ("li", "zhang"):  # his lead; he himself finds it gone
        with uow.transaction() as s:
            assert take_digest_back(s, actor(by), digest, late, entrance="console") == "宁波海蔚"
    assert digests() == []
    assert [one.withdrawn_at for one in rows(Todo)] == [late]
    sum_up(late + MINUTE)
    assert digests() == []


def released(customer_id: int, now: datetime) -> None:
    with uow.transaction() as s:
        assert release(s, s.get_one(Customer, customer_id), "没有人跟进", now, Policy(), WorkCalendar({}))


def hand_over(customer_id: int, to: str, now: datetime) -> None:
    lead = actor("Li")
    with uow.transaction() as s:
        assign(s, lead, customer_id, IDS[to], now, entrance="test")


def test_after_a_hand_over_the_talk_of_the_former_holder_is_his_successors_to_read(anna: int, talk: Made) -> None:
    theirs = customer("zhang", "宁波海蔚船舶配件有限公司")
    link(anna, theirs, NOW)
    released(theirs, NOW + MINUTE)
    hand_over(theirs, "sun", NOW + MINUTE)
    pull(talk, NOW + 3 * MINUTE)
    assert len(sum_up(NOW + 3 * MINUTE)) == 1
    (entry,) = digests()
    assert (entry.author_id, entry.counts) == (IDS["sun"], False), "he has not talked with them himself"
    assert rows(Todo) == [], "and what somebody else promised is not his to do"


def test_of_a_customer_that_nobody_holds_the_talk_waits_for_whoever_takes_it(anna: int, talk: Made) -> None:
    theirs = customer("zhang", "宁波海蔚船舶配件有限公司")
    link(anna, theirs, NOW)
    released(theirs, NOW + MINUTE)
    pull(talk, NOW + 3 * MINUTE)
    assert sum_up(LATER) == []
    (left,) = rows(ArchiveTalk)
    assert (left.waits_since, left.rests_until) == (NOW, LATER + DAY), "it is not looked at again every minute"
    hand_over(theirs, "sun", LATER + MINUTE)
    assert len(sum_up(LATER + DAY)) == 1
    assert [one.author_id for one in digests()] == [IDS["sun"]]


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
        [(IDS["zhang"], "我11月24日把正式报价发您"), (IDS["li"], "我11月25日给您寄合同")]
    )


def meddling(act: Callable[[], object]) -> AskModel:
    """A model in whose time somebody does something, and that helps nobody."""

    def ask(_: Sequence[tuple[int, str, str]]) -> Sequence[Told]:
        act()
        return ()

    return ask


def purge(contact_id: int, now: datetime = LATER) -> None:
    lead = actor("Li")
    with uow.transaction() as s:
        purge_talk(s, lead, contact_id, now, entrance="test")


def test_a_purge_while_a_model_is_being_asked_is_not_undone(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    assert list(filter(None, archive_digests.run(meddling(lambda: purge(anna)), LATER))) == []
    assert (rows(DigestSentence), rows(DigestMessage), digests()) == ([], [], [])
    assert sum_up(LATER + DAY) == []


def test_a_link_moved_while_a_model_is_being_asked_takes_the_digest_to_the_new_customer(anna: int, talk: Made) -> None:
    wrong = customer("zhang", "宁波海蔚船舶配件有限公司")
    right = customer("zhang", "常州天屹化工设备制造有限公司")
    link(anna, wrong, NOW)
    pull(talk, NOW + 3 * MINUTE)
    who = actor("Zhang")

    def relink() -> None:
        with uow.transaction() as s:
            linking.unlink_contact(s, who, anna, LATER, entrance="test")
        link(anna, right, LATER)

    assert list(filter(None, archive_digests.run(meddling(relink), LATER))) == []
    assert len(sum_up(LATER)) == 1
    assert [one.customer_id for one in digests()] == [right]


def test_a_purge_reaches_what_was_told_of_the_to_dos(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    (todo,) = rows(Todo)
    (card,) = [one for one in rows(OutboxMessage) if one.topic == f"todo_due:{todo.id}"]
    assert "正式报价" in str(card.notice)
    purge(anna)
    assert all("正式报价" not in f"{one.notice}{one.payload}" for one in rows(OutboxMessage))
    assert [one.state for one in rows(OutboxMessage) if one.topic == f"todo_due:{todo.id}"] == ["expired"]


def test_a_purge_leaves_alone_what_is_about_something_else(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    who = actor("Zhang")
    with uow.transaction() as s:
        add_todo(s, who, None, "我11月24日把正式报价发您", LATER + DAY, NOW + 4 * MINUTE, entrance="chat")
    purge(anna)
    assert [one.text for one in rows(Todo) if one.withdrawn_at is None] == ["我11月24日把正式报价发您"]
    assert [one.state for one in rows(OutboxMessage) if "正式报价" in str(one.notice)] == ["ready"]


@pytest.mark.parametrize("before", ["withdrawn", "recalled"])
def test_a_purge_finds_the_to_dos_whatever_was_taken_out_before(anna: int, talk: Made, before: str) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    if before == "withdrawn":
        talk.entries.append(said(4, "", at=NOW + 5 * MINUTE, kind="disagree", agrees=False))
        talk.agreed = {}
    else:
        talk.entries.append(said(4, "", at=NOW + 5 * MINUTE, kind="revoke", recalls="msg1"))
    pull(talk, NOW + 6 * MINUTE)
    assert [one.text for one in rows(Todo)] == ["我11月24日把正式报价发您"]
    purge(anna)
    assert [one.text for one in rows(Todo)] == ["应联系人要求，已删除"]
    assert all("正式报价" not in f"{one.notice}{one.payload}" for one in rows(OutboxMessage))


def test_a_recalled_message_does_not_put_the_talk_to_sleep(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    talk.entries.append(said(4, "", at=NOW + 4 * MINUTE, kind="revoke", recalls="msg1"))
    pull(talk, NOW + 5 * MINUTE)
    sum_up(NOW + 40 * MINUTE)
    talk.entries.append(said(5, "改要 6 台，12 月 1 号以前报价", at=NOW + 50 * MINUTE))
    pull(talk, NOW + 51 * MINUTE)
    assert len(sum_up(NOW + 85 * MINUTE)) == 1


def test_a_yes_by_event_takes_out_what_it_does_not_cover(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    at = NOW + 10 * MINUTE
    archive.approved(Received("e:1", "event", "", "msg_audit_approved", "Zhang", ANNA, "<xml/>", at), at)
    assert rows(DigestSentence) == []


def test_what_was_unlinked_is_not_kept_in_words_either_when_he_withdraws(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    who = actor("Zhang")
    with uow.transaction() as s:
        linking.unlink_contact(s, who, anna, NOW + 4 * MINUTE, entrance="test")
    talk.entries.append(said(4, "", at=NOW + 5 * MINUTE, kind="disagree", agrees=False))
    talk.agreed = {}
    pull(talk, NOW + 6 * MINUTE)
    assert rows(DigestMessage) == []
    assert all("6500" not in one.text for one in rows(TimelineEntry))


def test_what_nobody_knows_a_word_about_waits_for_one(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    yes, talk.agreed = talk.agreed, {}
    talk.entries.append(said(4, "在吗", at=NOW + 5 * MINUTE))
    pull(talk, NOW + 6 * MINUTE)
    assert sum_up(LATER) == []
    talk.agreed = yes
    talk.entries.append(said(5, "还在吗", at=LATER + MINUTE))
    pull(talk, LATER + 2 * MINUTE)
    assert len(sum_up(LATER + DAY)) == 1
    assert "6500" in digests()[0].text


def test_what_he_pasted_himself_is_not_promised_twice(anna: int, talk: Made) -> None:
    made = customer("zhang", "宁波海蔚船舶配件有限公司")
    link(anna, made, NOW)
    who = actor("Zhang")
    pasted = (Utterance(1, "张三", True, "我明天把正式报价发您", NOW + MINUTE), Utterance(2, "安娜", False, "好", None))
    promise = (Sentence(DigestKind.PROMISE, "我明天把正式报价发您", (1,), None),)
    with uow.transaction() as s:
        keep_digest(s, who, made, pasted, promise, NOW + 2 * MINUTE, entrance="chat", origin=DigestOrigin.PASTED)
    pull(talk, NOW + 3 * MINUTE)
    assert len(sum_up(NOW + 4 * MINUTE)) == 1
    assert [one.text for one in rows(Todo)] == ["我11月24日把正式报价发您"]


def test_what_was_said_before_a_purge_and_comes_after_it_is_not_kept(anna: int, talk: Made) -> None:
    purge(anna, NOW + 10 * MINUTE)
    late = said(4, "这句是删除以后说的，要 6 台", at=NOW + 11 * MINUTE)
    talk.entries.append(late)
    pull(talk, NOW + 12 * MINUTE)
    assert [one.text for one in rows(ArchiveEntry) if one.text] == ["这句是删除以后说的，要 6 台"]


def test_whoever_agrees_anew_is_not_quoted_with_what_he_said_before(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    talk.agreed = {("Zhang", ANNA): NOW + 10 * MINUTE}
    talk.entries.append(said(4, "我又同意了", at=NOW + 11 * MINUTE))
    pull(talk, NOW + 12 * MINUTE)
    assert rows(DigestSentence) == []


def group(company_talk: Sequence[Pulled], now: datetime) -> Made:
    """A group of two outsiders, linked to a customer of Zhang's."""
    agreed = {("wr1", ANNA): NOW - DAY, ("wr1", BEN): NOW - DAY}
    theirs = customer("zhang", "宁波海蔚船舶配件有限公司")
    with uow.transaction() as s:
        s.add(ExternalContact(external_userid=BEN, name="本恩", state=ContactState.UNLINKED, created_at=NOW))
        s.add(
            ChatLink(kind=ChatKind.CUSTOMER_GROUP, key="wr1", customer_id=theirs, linked_by_id=IDS["li"], linked_at=NOW)
        )
    source = Made(list(company_talk), agreed)
    pull(source, now)
    return source


def in_group(seq: int, words: str, minutes: int, sender: str = ANNA) -> Pulled:
    return said(seq, words, sender=sender, to=["Zhang", "sun", ANNA, BEN], at=NOW + minutes * MINUTE, room="wr1")


IN_GROUP = [
    in_group(1, "循环泵想再要 4 台 65WQ30-18，价格能不能到 6500？", 0),
    in_group(2, "最晚 12 月 20 号要到现场", 1, BEN),
    in_group(3, "我明天把正式报价发您", 2, "Zhang"),
    in_group(4, "我后天给您寄样品", 3, "sun"),
]


def test_in_a_group_each_promise_is_his_who_made_it(anna: int) -> None:
    group(IN_GROUP, NOW + 4 * MINUTE)
    assert len(sum_up(NOW + 4 * MINUTE)) == 1
    assert [one.author_id for one in digests()] == [IDS["zhang"]], "the holder's, though the lead has linked it"
    assert [(one.person_id, one.text) for one in rows(Todo)] == [(IDS["zhang"], "我11月24日把正式报价发您")]


def test_a_purge_takes_one_persons_words_out_of_the_digest_of_a_group(anna: int) -> None:
    group(IN_GROUP, NOW + 4 * MINUTE)
    sum_up(NOW + 4 * MINUTE)
    purge(anna)
    (entry,) = digests()
    assert ("6500" in entry.text, "12 月 20" in entry.text) == (False, True)
    assert "应联系人要求，已删除" in entry.text
    assert all("6500" not in one.text for one in rows(DigestSentence))
    assert all("6500" not in one.text for one in rows(DigestMessage))
    assert [one.done_at for one in rows(Todo)] == [None]


def test_whoever_agrees_no_longer_is_not_quoted_any_more(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    no = said(4, "", at=NOW + 5 * MINUTE, kind="disagree", agrees=False)
    talk.entries.append(no)
    talk.agreed = {}
    pull(talk, NOW + 6 * MINUTE)
    (entry,) = digests()
    assert entry.text == "客户撤回了会话存档的同意，聊天内容不再显示"
    assert (rows(DigestSentence), rows(DigestMessage)) == ([], [])
    assert [(one.text, one.done_at) for one in rows(Todo)] == [("我11月24日把正式报价发您", None)], (
        "we owe it all the same"
    )


def test_a_no_that_names_no_time_throws_nothing_away(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    talk.agreed = {}
    talk.entries.append(said(4, "在吗", at=NOW + 5 * MINUTE))
    pull(talk, NOW + 6 * MINUTE)
    (entry,) = digests()
    assert "6500" in entry.text
    assert [one.text for one in rows(ArchiveEntry) if one.seq == 4] == [""]


def test_a_message_taken_back_leaves_the_digest(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    talk.entries.append(said(4, "", sender="zhang", to=[ANNA], at=NOW + 4 * MINUTE, kind="revoke", recalls="msg2"))
    pull(talk, NOW + 5 * MINUTE)
    (entry,) = digests()
    assert ("6500" in entry.text, "正式报价" in entry.text) == (True, False)
    assert [one.withdrawn_at is not None for one in rows(Todo)] == [True]


def test_what_a_filled_gap_brings_late_is_summed_up_too(anna: int, talk: Made) -> None:
    late = talk.entries.pop(0)
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    cursor_at_one = replace(said(9, "早上好", at=NOW - MINUTE), seq=1)
    talk.entries = [cursor_at_one, *[replace(one, seq=one.seq + 1) for one in talk.entries]]
    pull(talk, NOW + 3 * MINUTE)
    sum_up(NOW + 3 * MINUTE)
    assert all("6500" not in one.text for one in digests())
    talk.entries.insert(1, replace(late, seq=2))
    pull(talk, NOW + 10 * MINUTE)
    assert len(sum_up(LATER)) == 1
    assert any("6500" in one.text for one in digests())


def test_a_long_talk_is_summed_up_from_its_beginning_in_turns(anna: int, talk: Made) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    moments = [NOW + timedelta(seconds=n) for n in range(1, MOST + 21)]
    talk.entries = [said(n, f"第 {n} 台泵的编号是 P-{n}00", at=at) for n, at in enumerate(moments, start=1)]
    pull(talk, moments[-1])
    assert len(sum_up(LATER)) == 1
    assert len(sum_up(LATER + MINUTE)) == 1
    assert sum_up(LATER + 2 * MINUTE) == []
    second = max(digests(), key=lambda one: one.id)
    assert f"P-{MOST}00" not in second.text


def test_a_talk_that_cannot_be_summed_up_rests_an_hour(anna: int, talk: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    link(anna, customer("zhang", "宁波海蔚船舶配件有限公司"), NOW)
    pull(talk, NOW + 3 * MINUTE)
    with monkeypatch.context() as patch:
        patch.setattr(archive_digests, "summed_up", lambda *_: 1 // 0)
        assert sum_up(NOW + 4 * MINUTE) == []
    assert sum_up(NOW + 5 * MINUTE) == []
    assert len(sum_up(NOW + 65 * MINUTE)) == 1
