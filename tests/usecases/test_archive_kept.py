"""How long the archive keeps what, what its page shows of it, and who reads a talk."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from config.archive import EntryState
from config.vocabulary import ChatKind, ContactState
from crm import uow
from crm.errors import NotFound
from crm.flows import archive
from crm.reads.archive import ArchivePage, archive_page
from crm.usecases.archive import purge_talk
from crm.usecases.archive_reading import Talk, read_group_talk, read_talk
from crm.usecases.archive_retention import purge_numbers, purge_old_talk
from gateways.wecom.errors import WecomError
from models.archive import ArchiveEntry
from models.audit import AuditEntry
from models.links import ChatLink, ExternalContact, ExternalFollow
from models.mirror import CustomerGroup, CustomerGroupMember
from tests.support.archive import ANNA, BEN, CARL, Made, said
from tests.support.company import DAY, IDS, MINUTE, NOW, actor, customer, rows, set_policy

LATER = NOW + 5 * MINUTE
AGREED = {("Zhang", ANNA): NOW - DAY, ("wr1", BEN): NOW - DAY}


@pytest.fixture
def talked(company: Engine) -> Made:
    """Anna, Zhang's friend, and Ben, whom we know of a group alone; of Carl, who has not agreed, a bare number."""
    with uow.transaction() as s:
        anna = ExternalContact(external_userid=ANNA, name="安娜", state=ContactState.UNLINKED, created_at=NOW)
        group = CustomerGroup(chat_id="wr1", name="二期泵房", made_at=NOW)
        s.add_all([anna, group])
        s.flush()
        s.add(ExternalFollow(external_contact_id=anna.id, person_id=IDS["zhang"], started_at=NOW - DAY))
        s.add(CustomerGroupMember(group_id=group.id, key=BEN, outside=True, name="本恩", joined_at=NOW))
    source = Made(
        [
            said(1, "你好"),
            said(2, "四台泵", sender=BEN, room="wr1"),
            said(3, "随便聊聊", sender=CARL),
            said(4, "好的", sender="Zhang", to=[ANNA], at=NOW + MINUTE),
        ],
        AGREED,
    )
    pull(source)
    return source


def pull(source: Made, now: datetime = LATER) -> None:
    list(archive.run(source, source, WecomError, now))


def link(kind: ChatKind, key: str, customer_id: int) -> None:
    with uow.transaction() as s:
        s.add(ChatLink(kind=kind, key=key, customer_id=customer_id, linked_by_id=IDS["zhang"], linked_at=NOW))


def page(words: str = "", now: datetime = LATER) -> ArchivePage:
    who = actor("wang")
    with uow.reading() as s:
        return archive_page(s, who, words, now)


def listed(words: str = "") -> list[tuple[str, ContactState | None, int, bool]]:
    return [(one.name, one.state, one.messages, one.agrees) for one in page(words).talkers]


def purged(purge: Callable[[Session, datetime], int], now: datetime) -> int:
    with uow.transaction() as s:
        return purge(s, now)


def read(userid: str, external_userid: str = ANNA) -> Talk:
    who = actor(userid)
    with uow.transaction() as s:
        return read_talk(s, who, external_userid, LATER, entrance="test")


def test_whoever_is_in_a_group_alone_is_listed_and_can_be_deleted(talked: Made) -> None:
    assert listed() == [("安娜", ContactState.UNLINKED, 2, True), ("本恩", None, 1, True)]
    assert listed("本恩") == [("本恩", None, 1, True)]
    for userid in ("li", "zhou"):
        with pytest.raises(NotFound), uow.transaction() as s:
            purge_talk(s, actor(userid), BEN, LATER, entrance="test")
    with uow.transaction() as s:
        assert purge_talk(s, actor("wang"), BEN, LATER, entrance="test") == 1
    assert [row.state for row in rows(ArchiveEntry)][1] == EntryState.PURGED
    assert listed() == [("安娜", ContactState.UNLINKED, 2, True)]
    assert [row.subject for row in rows(AuditEntry) if row.verb == "purge_talk"] == [f"external_contact:{BEN}"]
    with pytest.raises(NotFound), uow.transaction() as s:
        purge_talk(s, actor("wang"), "wmNobody", LATER, entrance="test")


def test_whoever_takes_his_consent_back_comes_first_and_whoever_never_gave_it_to_another_does_not(
    talked: Made,
) -> None:
    talked.entries.append(said(5, "在吗", to=["sun"], at=NOW + 2 * MINUTE))
    pull(talked)
    assert listed()[0] == ("安娜", ContactState.UNLINKED, 2, True)
    no = said(6, "不同意", sender=BEN, room="wr1", at=NOW + 3 * MINUTE, kind="disagree", agrees=False)
    talked.entries.append(no)
    talked.agreed = {("Zhang", ANNA): NOW - DAY}
    pull(talked)
    assert listed() == [("本恩", None, 1, False), ("安娜", ContactState.UNLINKED, 2, True)]
    assert [one.agrees for one in page("本").talkers] == [False]
    talked.agreed = {**AGREED, ("wr1", BEN): NOW + 4 * MINUTE}
    talked.entries.append(said(7, "还是同意吧", sender=BEN, room="wr1", at=NOW + 5 * MINUTE))
    pull(talked)
    assert {one.agrees for one in page().talkers} == {True}


def test_the_page_counts_one_day_and_looks_at_the_newest_messages_alone(
    talked: Made, monkeypatch: pytest.MonkeyPatch, company: Engine
) -> None:
    found = page()
    assert (found.kept, found.without_consent, found.agreed, found.refused) == (3, 1, 2, 1)
    assert (page(now=LATER + 2 * DAY).kept, len(page(now=LATER + 2 * DAY).talkers)) == (0, 2)
    monkeypatch.setattr("crm.reads.archive._LOOKED_AT", 1)
    assert [one.name for one in page().talkers] == ["安娜"], "the newest message alone is looked at"
    if company.dialect.name == "sqlite":
        assert not [plan for plan in plans(company) if "SCAN archive_entry" in plan]


def plans(engine: Engine) -> list[str]:
    """How SQLite goes through the archive's entries for the page."""
    asked: list[tuple[str, tuple[object, ...]]] = []

    def seen(_1: object, _2: object, statement: str, parameters: tuple[object, ...], *_3: object) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", seen)
    page("娜")
    page()
    event.remove(engine, "before_cursor_execute", seen)
    with engine.connect() as c:
        about = [one for one in asked if "archive_entry" in one[0]]
        assert about
        return [row[-1] for one, given in about for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", given)]


def test_a_bare_number_goes_when_the_platform_has_forgotten_it(talked: Made) -> None:
    with uow.transaction() as s:
        purge_talk(s, actor("wang"), BEN, LATER, entrance="test")
    assert purged(purge_numbers, LATER + 4 * DAY) == 0
    assert purged(purge_numbers, LATER + 5 * DAY) == 2
    assert purged(purge_numbers, LATER + 5 * DAY) == 0
    assert [(row.seq, row.state) for row in rows(ArchiveEntry)] == [(1, EntryState.KEPT), (4, EntryState.KEPT)]
    talked.entries.append(replace(said(5, "再见"), seq=5))
    pull(talked, LATER + 6 * DAY)
    assert [row.seq for row in rows(ArchiveEntry)] == [1, 4, 5], "and is no gap"


def test_what_was_said_goes_when_the_policy_says_so_and_the_book_knows(talked: Made) -> None:
    set_policy(talk_days=30)
    assert purged(purge_old_talk, LATER + 29 * DAY) == 0
    assert purged(purge_old_talk, LATER + 30 * DAY) == 3
    assert purged(purge_old_talk, LATER + 30 * DAY) == 0
    assert [row.state for row in rows(ArchiveEntry)] == [EntryState.NO_CONSENT]
    (entry,) = rows(AuditEntry, AuditEntry.verb == "purge_old_talk")
    assert (entry.actor_id, entry.detail["messages"]) == (None, 3)


def test_a_talk_is_read_by_whom_it_concerns_and_the_book_says_so(talked: Made) -> None:
    assert [one.text for one in read("Zhang").lines] == ["你好", "好的"]
    assert [one.text for one in read("li").lines] == ["你好", "好的"]
    assert [one.text for one in read("wang").lines] == ["你好", "好的"]
    for userid in ("sun", "qian", "wu"):
        with pytest.raises(NotFound):
            read(userid)
    link(ChatKind.EXTERNAL_CONTACT, ANNA, customer("qian", "昆山恒泽水务"))
    assert read("qian").name == "安娜"
    book = [row for row in rows(AuditEntry) if row.verb == "read_talk"]
    assert [row.actor_id for row in book] == [IDS[one] for one in ("zhang", "li", "wang", "qian")]
    assert {row.detail["messages"] for row in book} == {2}


def test_the_talk_of_a_group_is_read_where_its_customer_is(talked: Made) -> None:
    def group(userid: str) -> list[str]:
        who = actor(userid)
        with uow.transaction() as s:
            return [one.text for one in read_group_talk(s, who, "wr1", LATER, entrance="test").lines]

    with pytest.raises(NotFound):
        group("wang")
    unlinked = read("wang", BEN)
    assert (unlinked.name, unlinked.lines, unlinked.groups) == ("本恩", (), [])
    link(ChatKind.CUSTOMER_GROUP, "wr1", customer("qian", "昆山恒泽水务"))
    assert group("qian") == group("wang") == ["四台泵"]
    assert [one.name for one in read("wang", BEN).groups] == ["二期泵房"]
    for userid in ("Zhang", "li"):
        with pytest.raises(NotFound):
            group(userid)
    assert [row.subject.partition(":")[0] for row in rows(AuditEntry, AuditEntry.verb == "read_talk")] == [
        "customer_group"
    ] * 2
