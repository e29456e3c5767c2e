"""What is kept of the chat archive: each message once, none without consent, what is missing flagged and told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from config.archive import EntryState, GapReason, GapState
from config.vocabulary import ChatKind, ContactState
from crm import uow
from crm.errors import NotAllowed, NotFound
from crm.flows import archive
from crm.messages import Received
from crm.reads.archive import archive_page
from crm.reads.health import health
from crm.usecases import archive_keep
from crm.usecases.archive import purge_talk, talk_of, talk_of_group
from gateways.wecom.errors import WecomError
from models.archive import ArchiveConsent, ArchiveCursor, ArchiveEntry, ArchiveGap
from models.audit import AuditEntry
from models.links import ChatLink, ExternalContact, ExternalFollow
from models.messages import OutboxMessage
from models.ops import JobSlot
from tests.support.archive import ANNA, BEN, CARL, OUTSIDE, Made, said
from tests.support.company import DAY, IDS, MINUTE, NOW, actor, customer, rows

AGREED = {("Zhang", ANNA): NOW - DAY}
LATER = NOW + MINUTE


@pytest.fixture
def contacts(company: Engine) -> dict[str, int]:
    """Ids of three outsiders, friends of Zhang's."""
    with uow.transaction() as s:
        made = {
            external: ExternalContact(external_userid=external, name=name, state=ContactState.UNLINKED, created_at=NOW)
            for external, name in OUTSIDE.items()
        }
        s.add_all(made.values())
        s.flush()
        for one in made.values():
            s.add(ExternalFollow(external_contact_id=one.id, person_id=IDS["zhang"], started_at=NOW - DAY))
        return {external: one.id for external, one in made.items()}


def pull(source: Made, now: datetime = LATER) -> list[str]:
    return [line for line in archive.run(source, source, WecomError, now) if line]


def states() -> dict[int, str]:
    return {row.seq: row.state for row in rows(ArchiveEntry)}


def gaps() -> list[tuple[int, int, str, str]]:
    return [(row.first, row.last, row.reason, row.state) for row in rows(ArchiveGap)]


def heard(userid: str, contact_id: int, since: datetime | None = None) -> list[str]:
    who = actor(userid)
    with uow.reading() as s:
        return [one.text for one in talk_of(s, who, contact_id, since)]


def test_what_was_agreed_to_is_kept_once_with_the_cursor(contacts: dict[str, int]) -> None:
    source = Made(
        [
            said(4, "你好"),
            said(5, "报价发一下", at=NOW + MINUTE),
            said(6, "好的", sender="zhang", to=[ANNA], at=NOW + MINUTE),
        ],
        AGREED,
    )
    assert pull(source) == ["存下会话 3 条"]
    assert pull(source) == []
    assert rows(ArchiveCursor)[0].seq == 6
    assert gaps() == [], "what came before the first page ever is no gap"
    with uow.reading() as s:
        spoken = talk_of(s, actor("Zhang"), contacts[ANNA])
    assert [(one.who, one.ours, one.text, one.seq) for one in spoken] == [
        ("安娜", False, "你好", 4),
        ("安娜", False, "报价发一下", 5),
        ("张三", True, "好的", 6),
    ]
    assert spoken[1].at == NOW + MINUTE
    assert heard("Zhang", contacts[ANNA], since=NOW) == ["报价发一下", "好的"]


@pytest.mark.parametrize(
    ("entry", "state"),
    [
        pytest.param(said(1, "x", sender=BEN), EntryState.NO_CONSENT, id="never asked"),
        pytest.param(said(1, "x", at=NOW - 2 * DAY), EntryState.NO_CONSENT, id="said before he agreed"),
        pytest.param(said(1, "x", to=["sun"]), EntryState.NO_CONSENT, id="agreed to another colleague"),
        pytest.param(said(1, "x", to=["Zhang", BEN], room="wr1"), EntryState.NO_CONSENT, id="one of the group did not"),
        pytest.param(said(1, "x", sender="sun"), EntryState.NOT_OURS, id="among colleagues"),
        pytest.param(said(1, "x", to=["nobody"]), EntryState.NOT_OURS, id="with nobody of ours"),
        pytest.param(said(1, "x", sender=CARL), EntryState.IGNORED, id="a private friend"),
        pytest.param(replace(said(1, "x"), message=None), EntryState.NOT_OURS, id="no message at all"),
    ],
)
def test_nothing_else_leaves_more_than_its_number(contacts: dict[str, int], entry: object, state: EntryState) -> None:
    with uow.transaction() as s:
        s.execute(
            update(ExternalContact).where(ExternalContact.id == contacts[CARL]).values(state=ContactState.IGNORED)
        )
    agreed = {**AGREED, ("Zhang", CARL): NOW - DAY, ("wr1", ANNA): NOW - DAY}
    pull(Made([entry], agreed))  # type: ignore[list-item]
    (row,) = rows(ArchiveEntry)
    assert row.state == state
    assert (row.msgid, row.text, row.external_userid, row.person_id, row.at, row.kind) == (None, "", "", None, None, "")


def test_a_group_is_kept_where_everybody_in_it_agreed_and_heard_by_whom_its_customer_is(
    contacts: dict[str, int],
) -> None:
    agreed = {("wr1", ANNA): NOW - DAY, ("wr1", BEN): NOW - DAY}
    lines = [
        said(1, "一起看看", to=["Zhang", BEN], room="wr1"),
        said(2, "没问题", sender="Zhang", to=[ANNA, BEN], room="wr1"),
    ]
    pull(Made(lines, agreed))
    made = customer("Zhang", "昆山恒泽水务")
    link = {"kind": ChatKind.CUSTOMER_GROUP, "key": "wr1", "customer_id": made, "linked_by_id": 1, "linked_at": NOW}
    with uow.transaction() as s:
        s.add(ChatLink(**link))
    with uow.reading() as s:
        spoken = talk_of_group(s, actor("Zhang"), "wr1")
        assert talk_of_group(s, actor("qian"), "wr1") == ()
    assert [(one.who, one.text) for one in spoken] == [("安娜", "一起看看"), ("张三", "没问题")]
    assert heard("Zhang", contacts[ANNA]) == [], "a group is not the talk of two"


def test_a_colleague_hears_it_only_of_a_customer_that_he_may_see(contacts: dict[str, int]) -> None:
    pull(Made([said(1, "你好")], AGREED))
    assert heard("li", contacts[ANNA]) == ["你好"], "the lead answers for Zhang"
    assert heard("qian", contacts[ANNA]) == heard("wu", contacts[ANNA]) == heard("sun", contacts[ANNA]) == []
    his = customer("qian", "昆山恒泽水务")
    link = {"kind": ChatKind.EXTERNAL_CONTACT, "key": ANNA, "customer_id": his, "linked_by_id": 4, "linked_at": NOW}
    with uow.transaction() as s:
        s.add(ChatLink(**link))
    assert heard("qian", contacts[ANNA]) == ["你好"]
    assert heard("Zhang", 999_999) == []


def test_a_message_that_comes_under_two_numbers_is_there_once(contacts: dict[str, int]) -> None:
    twice = said(2, "你好", msgid="msg1")
    pull(Made([said(1, "你好"), twice], AGREED))
    assert states() == {1: EntryState.KEPT, 2: EntryState.REPEATED}


@pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["before", "after its message"])
def test_what_was_taken_back_is_gone(contacts: dict[str, int], order: Sequence[int]) -> None:
    """Also where the message itself is found only later, in a gap."""
    told = {1: said(1, "价格写错了"), 2: said(2, "[撤回]", kind="revoke", recalls="msg1")}
    source = Made([said(0, "此前"), told[order[0]]], AGREED)
    source.entries = [said(9, "开头"), replace(told[1], seq=10), replace(told[2], seq=11)]
    if order[0] == 2:
        hidden = source.entries.pop(1)
        pull(source)
        source.entries.insert(1, hidden)
    pull(source, LATER + 5 * MINUTE)
    assert heard("Zhang", contacts[ANNA]) == ["开头"]
    assert all(row.text == "" for row in rows(ArchiveEntry, ArchiveEntry.msgid == "msg1"))
    assert rows(ArchiveEntry, ArchiveEntry.msgid == "msg1")[0].recalled_at is not None


def test_a_jump_is_flagged_told_once_and_filled_when_it_comes(contacts: dict[str, int]) -> None:
    source = Made([said(1, "一"), said(5, "五")], AGREED)
    pull(source)
    assert gaps() == [(2, 4, GapReason.JUMP, GapState.OPEN)]
    pull(source, LATER + 2 * MINUTE)
    told = [row for row in rows(OutboxMessage) if row.dedupe.startswith("archive:")]
    assert [(row.person_id, row.notice["title"]) for row in told] == [(IDS["wang"], "会话存档缺了一段")]
    source.entries.insert(1, said(3, "三"))
    pull(source, LATER + 10 * MINUTE)
    assert gaps() == [(2, 2, GapReason.JUMP, GapState.OPEN), (4, 4, GapReason.JUMP, GapState.OPEN)]
    source.entries = [said(number, str(number)) for number in range(1, 6)]
    pull(source, LATER + 20 * MINUTE)
    assert {state for *_, state in gaps()} == {GapState.FILLED}
    assert states() == dict.fromkeys(range(1, 6), EntryState.KEPT)
    with uow.reading() as s:
        assert health(s, NOW).archive_gaps == {GapState.OPEN: 0, GapState.LOST: 0}


def test_without_its_key_a_message_waits_for_it_five_days_at_most(contacts: dict[str, int]) -> None:
    sealed = replace(said(2, ""), message=None, wrong="没有私钥", key_missing=True, key_version=2)
    source = Made([said(1, "一"), sealed, replace(sealed, seq=3), said(4, "四")], AGREED)
    pull(source)
    assert gaps() == [(2, 3, GapReason.NO_KEY, GapState.OPEN)]
    (told,) = [row for row in rows(OutboxMessage) if row.dedupe.startswith("archive:")]
    assert "2.pem" in told.notice["body"]
    asked = source.asked
    pull(source, LATER + MINUTE)
    assert source.asked == asked + 1, "without the key nobody asks for them again"
    source.keys.add(2)
    source.entries[1:3] = [said(2, "二"), said(3, "三")]
    pull(source, LATER + 2 * MINUTE)
    assert gaps() == [(2, 3, GapReason.NO_KEY, GapState.FILLED)]
    assert heard("Zhang", contacts[ANNA]) == ["一", "二", "三", "四"] or len(heard("Zhang", contacts[ANNA])) == 4

    source.entries.append(replace(sealed, seq=5, key_version=7))
    pull(source, LATER + 3 * MINUTE)
    pull(source, LATER + 6 * DAY)
    assert gaps()[-1] == (5, 5, GapReason.NO_KEY, GapState.LOST)
    assert any("补不回来" in row.notice["title"] for row in rows(OutboxMessage))


def test_gaps_that_wait_for_a_key_hold_up_no_other(contacts: dict[str, int]) -> None:
    """One for each page, as a key that is missing makes them; a jump lies behind all of them."""
    sealed = replace(said(1, ""), message=None, wrong="没有私钥", key_missing=True, key_version=2)
    lines = [replace(sealed, seq=number) if number % 2 == 0 else said(number, "好") for number in range(1, 60)]
    source = Made([*lines, said(61, "六十一")], AGREED)
    pull(source)
    assert len(gaps()) == 30
    source.entries.insert(59, said(60, "六十"))
    pull(source, LATER + 2 * MINUTE)
    assert gaps()[-1] == (60, 60, GapReason.JUMP, GapState.FILLED)
    source.keys.add(2)
    source.entries[:59] = [said(number, "好") for number in range(1, 60)]
    for minutes in (3, 4):
        pull(source, LATER + minutes * MINUTE)
    assert {state for *_, state in gaps()} == {GapState.FILLED}


def test_a_refusal_without_a_time_takes_back_a_yes(contacts: dict[str, int]) -> None:
    source = Made([said(1, "一")], AGREED)
    pull(source)
    source.agreed = {}
    source.entries.append(said(2, "二", at=LATER))
    pull(source, LATER + MINUTE)
    assert states() == {1: EntryState.KEPT, 2: EntryState.NO_CONSENT}
    assert heard("Zhang", contacts[ANNA]) == []
    source.agreed = {("Zhang", ANNA): LATER}
    source.entries.append(said(3, "三", at=LATER + 2 * MINUTE))
    pull(source, LATER + 3 * MINUTE)
    assert heard("Zhang", contacts[ANNA]) == ["三"], "whoever agrees again is heard again"


def test_what_cannot_be_opened_is_flagged_and_holds_up_nothing(contacts: dict[str, int]) -> None:
    bad = replace(said(2, ""), message=None, wrong="解不开")
    pull(Made([said(1, "一"), bad, said(3, "三")], AGREED))
    assert gaps() == [(2, 2, GapReason.UNREADABLE, GapState.OPEN)]
    assert states() == {1: EntryState.KEPT, 3: EntryState.KEPT}


def test_an_outage_is_told_after_an_hour_once_and_stops_nothing_else(contacts: dict[str, int]) -> None:
    source = Made([said(1, "一")], AGREED)
    pull(source)
    source.broken = WecomError("msgaudit", what="连不上")
    for minutes in (30, 59, 62, 63, 90):
        lines = pull(source, LATER + minutes * MINUTE)
        assert [line.partition("（")[0] for line in lines] == ["会话存档没有取完：连不上"]
        with uow.reading() as s:
            assert health(s, LATER + minutes * MINUTE).archive_lag == minutes * 60
    told = [row for row in rows(OutboxMessage) if row.dedupe.startswith("archive:late")]
    assert [(row.person_id, "连不上" in row.notice["body"]) for row in told] == [(IDS["wang"], True)]
    assert rows(ArchiveCursor)[0].trouble == str(source.broken)
    source.broken = None
    pull(source, LATER + 91 * MINUTE)
    assert rows(ArchiveCursor)[0].trouble == ""


def test_a_withdrawn_consent_hides_what_was_said_and_keeps_nothing_more(contacts: dict[str, int]) -> None:
    source = Made([said(1, "一")], AGREED)
    pull(source)
    source.entries.append(said(2, "不同意", at=LATER, kind="disagree", agrees=False))
    source.entries.append(said(3, "三", at=LATER + MINUTE))
    pull(source, LATER + 2 * MINUTE)
    assert states() == {1: EntryState.KEPT, 2: EntryState.NO_CONSENT, 3: EntryState.NO_CONSENT}
    assert heard("Zhang", contacts[ANNA]) == []
    with uow.reading() as s:
        (row,) = archive_page(s, actor("wang"), "", LATER).talkers
    assert (row.name, row.messages, row.agrees) == ("安娜", 1, False)


def test_deletion_on_request_leaves_the_numbers_and_brings_nothing_back(contacts: dict[str, int]) -> None:
    source = Made([said(1, "一"), said(3, "三", sender="Zhang", to=[ANNA])], AGREED)
    pull(source)
    with pytest.raises(NotAllowed), uow.transaction() as s:
        purge_talk(s, actor("Zhang"), contacts[ANNA], LATER, entrance="console")
    with pytest.raises(NotFound), uow.transaction() as s:
        purge_talk(s, actor("wu"), ANNA, LATER, entrance="miniapp")
    with uow.transaction() as s:
        assert purge_talk(s, actor("li"), ANNA, LATER, entrance="miniapp") == 2
    assert states() == {1: EntryState.PURGED, 3: EntryState.PURGED}
    assert {(row.msgid, row.text, row.external_userid, row.at) for row in rows(ArchiveEntry)} == {(None, "", "", None)}
    assert [row.detail for row in rows(AuditEntry, AuditEntry.verb == "purge_talk")] == [{"messages": 2}]
    source.entries.insert(1, said(2, "二"))  # older than the request, found in a gap after it
    source.entries.append(said(4, "四", at=LATER + MINUTE))
    pull(source, LATER + 5 * MINUTE)
    assert heard("Zhang", contacts[ANNA]) == ["四"]


def test_an_error_of_our_own_rings_the_alarm_too(contacts: dict[str, int]) -> None:
    source = Made([said(1, "一")], AGREED)
    pull(source)
    source.broken = ZeroDivisionError("这是客户的话")
    for minutes in (30, 62):
        lines = pull(source, LATER + minutes * MINUTE)
        assert lines == ["会话存档没有取完：程序出错，已经记入日志，请联系技术支持"]
    told = [row for row in rows(OutboxMessage) if row.dedupe.startswith("archive:late")]
    assert [row.person_id for row in told] == [IDS["wang"]]


def test_an_entry_that_breaks_us_is_flagged_and_holds_up_nothing(
    contacts: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_one = archive_keep._keep_one

    def breaking(s: Session, seq: int, *rest: Any) -> Any:
        return 1 // 0 if seq == 3 else keep_one(s, seq, *rest)

    monkeypatch.setattr(archive_keep, "_keep_one", breaking)
    pull(Made([said(number, str(number)) for number in range(1, 6)], AGREED))
    assert [row.seq for row in rows(ArchiveEntry)] == [1, 2, 4, 5]
    assert [one[:3] for one in gaps()] == [(3, 3, GapReason.UNREADABLE)]
    assert rows(ArchiveCursor)[0].seq == 5


def test_what_a_private_friend_had_said_his_friend_alone_hears(contacts: dict[str, int]) -> None:
    pull(Made([said(1, "周末钓鱼去")], AGREED))
    with uow.transaction() as s:
        marked = update(ExternalContact).where(ExternalContact.id == contacts[ANNA])
        s.execute(marked.values(state=ContactState.IGNORED))
    assert heard("Zhang", contacts[ANNA]) == ["周末钓鱼去"]
    assert heard("Li", contacts[ANNA]) == heard("wang", contacts[ANNA]) == []


def test_two_that_pull_at_once_keep_each_message_once(contacts: dict[str, int]) -> None:
    """The second finds the cursor moved, and takes what is left."""
    source = Made([said(number, str(number)) for number in range(1, 401)], AGREED)
    first, second = archive.run(source, source, WecomError, LATER), archive.run(source, source, WecomError, LATER)
    next(first)
    next(second)
    for one in (first, second):
        list(one)
    assert len(rows(ArchiveEntry)) == 400
    assert len(rows(ArchiveConsent)) == 1


def test_the_event_of_an_agreement_is_written_down(contacts: dict[str, int]) -> None:
    event = Received("e:1", "event", "change_external_contact", "msg_audit_approved", "ZHANG", BEN, "<xml/>", NOW)
    archive.approved(event, LATER)
    archive.approved(event, LATER)
    archive.approved(replace(event, userid="nobody"), LATER)
    assert [(row.place, row.external_userid, row.agreed) for row in rows(ArchiveConsent)] == [
        (f"person:{IDS['zhang']}", BEN, True)
    ]
    assert rows(ArchiveConsent)[0].since == NOW


def test_the_notice_starts_one_run_in_fifteen_seconds(company: Engine) -> None:
    for seconds in (0, 1, 14, 15, 16, 31):
        archive.notified(NOW + timedelta(seconds=seconds))
    assert [row.slot - NOW for row in rows(JobSlot)] == [timedelta(seconds=number) for number in (0, 15, 30)]
