"""Customers are mirrored although WeCom refuses and the process is killed, and lost events are mended."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from config.vocabulary import ContactState, PersonStatus
from crm import uow
from crm.flows import contacts, directory
from crm.flows.pausing import never
from crm.messages import Received
from crm.ports import NotVisible, StaleCursor
from crm.usecases import mirror
from gateways.wecom.customers import FriendPage, GroupChat, GroupMember, GroupPage, Tag, TagGroup
from gateways.wecom.errors import WecomError
from gateways.wecom.people import ExternalPerson, Follower, Member
from jobs.book import Book as WecomBook
from models.audit import AuditEntry
from models.links import ExternalContact, ExternalFollow
from models.messages import OutboxMessage
from models.mirror import CorpTag, CustomerGroup, CustomerGroupMember, FollowTag, MirrorPull, TagChange
from models.people import Person
from tests.jobs.company import NOW
from tests.load.directory import Plan, run
from tests.support.postgres import Server

MET = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def friend(external: str, userid: str, **changes: object) -> ExternalPerson:
    plain = Follower(userid, "备注", "甲泵业", MET, "", 1, ())
    return ExternalPerson(external, f"名{external}", "", "", "", (replace(plain, **changes),))  # type: ignore[arg-type]


@dataclass
class Book:
    """WeCom's customer contact, two friendships to a page; tests change it, and count what is asked."""

    friendships: list[ExternalPerson] = field(
        default_factory=lambda: [friend(f"wm{n}", "ZhangSan") for n in range(5)] + [friend("wm9", "lisi")]
    )
    groups: list[GroupChat] = field(default_factory=list)
    tags: list[TagGroup] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    pages: list[str] = field(default_factory=list)
    dies_after: int = 10_000
    serving: tuple[str, ...] = ("ZhangSan", "lisi")
    stale: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)  # shown by the single call only

    def follow_users(self) -> list[str]:
        return list(self.serving)

    def friends(self, userids: object, cursor: str) -> FriendPage:
        assert isinstance(userids, tuple)
        if self.hidden & set(userids):
            raise NotVisible("不在可见范围内")
        if cursor in self.stale:
            self.stale.remove(cursor)
            raise StaleCursor
        if len(self.pages) >= self.dies_after:
            raise KeyboardInterrupt  # nothing of ours catches it, as nothing catches a kill
        self.pages.append(cursor)
        listed = [one for one in self.friendships if one.external_userid not in self.unlisted]
        found = [one for one in listed if one.followers[0].userid in userids]
        start = int(cursor or 0)
        more = str(start + 2) if start + 2 < len(found) else ""
        return FriendPage(tuple(found[start : start + 2]), more)

    def contact(self, external_userid: str) -> ExternalPerson | None:
        found = [one for one in self.friendships if one.external_userid == external_userid]
        return replace(found[0], followers=tuple(f for one in found for f in one.followers)) if found else None

    def tag_groups(self) -> list[TagGroup]:
        return self.tags

    def group_chats(self, owners: object, cursor: str) -> GroupPage:
        assert isinstance(owners, tuple)
        if self.hidden & set(owners):
            raise NotVisible("不在可见范围内")
        asked = {userid.casefold() for userid in owners}
        return GroupPage(tuple(one.chat_id for one in self.groups if one.owner.casefold() in asked), "")

    def group_chat(self, chat_id: str) -> GroupChat | None:
        if chat_id in self.hidden:
            raise NotVisible("不在可见范围内")
        return next((one for one in self.groups if one.chat_id == chat_id), None)


def standing() -> set[tuple[str, str]]:
    with uow.reading() as s:
        rows = s.execute(
            select(ExternalContact.external_userid, Person.userid_key)
            .join(ExternalFollow, ExternalFollow.external_contact_id == ExternalContact.id)
            .join(Person, Person.id == ExternalFollow.person_id)
            .where(ExternalFollow.ended_at.is_(None))
        )
        return {(external, userid) for external, userid in rows}


def told() -> list[str]:
    with uow.reading() as s:
        return [row.notice["title"] for row in s.scalars(select(OutboxMessage).order_by(OutboxMessage.id))]


def test_a_pull_that_dies_goes_on_at_the_page_it_had_not_written(store: Engine) -> None:
    book = Book(dies_after=2)
    with pytest.raises(KeyboardInterrupt):
        contacts.sync(book, NOW)
    book.dies_after = 10_000
    done = contacts.sync(book, NOW + timedelta(minutes=5))
    assert book.pages == ["", "2", "4"]
    assert standing() == {(one.external_userid, one.followers[0].userid.casefold()) for one in book.friendships}
    assert (done.counts["friends"], done.counts["new"]) == (6, 6)
    assert told() == []
    contacts.sync(book, NOW + DAY)
    with uow.reading() as s:
        assert len(s.scalars(select(MirrorPull)).all()) == 2


def test_what_the_pages_do_not_show_is_asked_about_before_it_is_taken_for_ended(store: Engine) -> None:
    book = Book()
    contacts.sync(book, NOW)
    book.unlisted, gone = {"wm1"}, book.friendships.pop(2)
    done = contacts.sync(book, NOW + DAY)
    assert ("wm1", "zhangsan") in standing()
    assert (gone.external_userid, "zhangsan") not in standing()
    assert done.counts["ended"] == 1
    assert sorted(told()) == ["1 位客户已不是ZhangSan的好友", "1 位客户已不是您的好友"]


def test_of_a_member_whom_wecom_does_not_show_nothing_is_taken_away(store: Engine) -> None:
    book = Book()
    contacts.sync(book, NOW)
    before = standing()
    book.hidden, book.friendships = {"ZhangSan"}, [friend("wm9", "lisi"), friend("wm10", "lisi")]
    done = contacts.sync(book, NOW + DAY)
    assert standing() == before | {("wm10", "lisi")}
    assert [reason for reason in done.reasons if "ZhangSan 的客户看不到" in reason]
    assert told() == []


def test_a_cursor_that_wecom_has_forgotten_begins_the_members_again(store: Engine) -> None:
    book = Book(stale={"2"})
    contacts.sync(book, NOW)
    assert book.pages == ["", "", "2", "4"]
    assert len(standing()) == 6


def test_who_was_deleted_is_not_brought_back_by_a_list_that_still_shows_him(store: Engine) -> None:
    book = Book()
    contacts.sync(book, NOW)
    event = Received("k", "event", "change_external_contact", "del_follow_user", "ZhangSan", "wm0", "<xml/>", NOW)
    contacts.parted(event, book.contact, NOW, by_transfer=False)
    assert sorted(told()) == ["名wm0 删除了ZhangSan", "名wm0 删除了您"]
    contacts.sync(book, NOW + DAY)
    assert ("wm0", "zhangsan") not in standing()
    book.friendships[0] = friend("wm0", "ZhangSan", createtime=NOW + DAY)
    contacts.sync(book, NOW + DAY + DAY)
    assert ("wm0", "zhangsan") in standing()


@pytest.mark.parametrize(("by_transfer", "titles"), [(True, 0), (False, 2)])
def test_a_customer_handed_to_a_colleague_is_no_loss(store: Engine, by_transfer: bool, titles: int) -> None:
    book = Book()
    contacts.sync(book, NOW)
    event = Received("k", "event", "change_external_contact", "del_external_contact", "zhangsan", "wm0", "<xml/>", NOW)
    contacts.parted(event, book.contact, NOW, by_transfer=by_transfer)
    assert ("wm0", "zhangsan") not in standing()
    assert len(told()) == titles


def test_an_event_that_is_older_than_the_new_friendship_takes_nothing_away(store: Engine) -> None:
    book = Book()
    contacts.sync(book, NOW)
    book.friendships[0] = friend("wm0", "ZhangSan", createtime=NOW + timedelta(minutes=1))
    event = Received("k", "event", "change_external_contact", "del_follow_user", "zhangsan", "wm0", "<xml/>", NOW)
    contacts.parted(event, book.contact, NOW + timedelta(minutes=2), by_transfer=False)
    assert ("wm0", "zhangsan") in standing()
    assert told() == []


def test_tags_follow_wecom_but_for_those_it_has_not_heard_of_yet(store: Engine) -> None:
    book = Book(tags=[TagGroup("g", "等级", (Tag("t1", "重点"), Tag("t2", "普通")))])
    book.friendships = [friend("wm0", "ZhangSan", tags=("t1",))]
    contacts.sync(book, NOW)
    with uow.transaction() as s:
        ids = {tag.wecom_id: tag.id for tag in s.scalars(select(CorpTag))}
        follow = s.scalars(select(ExternalFollow.id)).one()
        values = {"follow_id": follow, "made_by_id": 1, "made_at": NOW, "next_at": NOW}
        s.add(TagChange(verb="unmark", tag_id=ids["t1"], **values))
        s.add(FollowTag(follow_id=follow, tag_id=ids["t2"]))
    contacts.sync(book, NOW + DAY)
    with uow.reading() as s:
        assert set(s.scalars(select(FollowTag.tag_id))) == {ids["t1"]}
    book.tags = [TagGroup("g", "等级", (Tag("t2", "一般"),))]
    contacts.retagged(book.tag_groups(), NOW)
    with uow.reading() as s:
        assert s.scalars(select(FollowTag.tag_id)).all() == []
        assert s.get_one(CorpTag, ids["t1"]).gone_at == NOW
        assert s.get_one(CorpTag, ids["t2"]).name == "一般"


def test_a_group_knows_who_is_in_it_and_is_dissolved_only_when_wecom_says_so(store: Engine) -> None:
    members = (GroupMember("lisi", False, "", MET), GroupMember("wm0", True, "名wm0", MET))
    book = Book(groups=[GroupChat("wr1", "一号群", "LiSi", MET, members), GroupChat("wr2", "", "lisi", MET, members)])
    contacts.sync(book, NOW)
    book.groups[0] = replace(book.groups[0], members=members[:1])
    del book.groups[1]
    event = Received("k", "event", "change_external_chat", "update", "sys", "wr1", "<xml/>", NOW)
    contacts.regrouped(event, book.group_chat, NOW)
    contacts.sync(book, NOW + DAY)
    with uow.reading() as s:
        groups = {one.chat_id: one for one in s.scalars(select(CustomerGroup))}
        inside = select(CustomerGroupMember.key, CustomerGroupMember.person_id)
        assert s.execute(inside.where(CustomerGroupMember.group_id == groups["wr1"].id)).all() == [("lisi", 2)]
    assert (groups["wr1"].owner_id, groups["wr1"].dissolved_at, groups["wr2"].dissolved_at) == (2, None, NOW + DAY)


def test_a_member_met_under_his_new_userid_first_is_one_person_again(store: Engine) -> None:
    class Two:
        def __init__(self) -> None:
            self.one = Member("zhang.new", "张三", (1,), (), 1, "", 1, "", "")

        def departments(self) -> list[object]:
            return []

        def member(self, userid: str) -> Member:
            return self.one

    with uow.transaction() as s:
        twin = Person(
            userid="zhang.new", userid_key="zhang.new", name="张三", role="rep", status=PersonStatus.ACTIVE, team_id=1,
            changed_at=NOW,
        )  # fmt: skip
        s.add(twin)
        s.flush()
        number = twin.id
    book = Book(friendships=[friend("wm0", "ZhangSan"), friend("wm1", "zhang.new"), friend("wm0", "zhang.new")])
    for one in book.friendships:
        uow.attempt(lambda s, one=one: mirror.take(s, [one], 0, NOW))  # type: ignore[misc]
    event = Received("k", "event", "change_contact", "update_user", "zhangsan", "zhang.new", "<xml/>", NOW)
    directory.refresh(event, Two(), NOW)  # type: ignore[arg-type]
    with uow.reading() as s:
        assert s.get_one(Person, 1).userid == "zhang.new"
        assert s.get_one(Person, number).status == PersonStatus.LEFT
    assert {pair for pair in standing() if pair[1] == "zhang.new"} == {("wm0", "zhang.new"), ("wm1", "zhang.new")}


def test_a_page_takes_as_many_statements_however_many_friends_are_on_it(store: Engine) -> None:
    with uow.transaction() as s:
        mirror.take_tags(s, [TagGroup("g", "等级", (Tag("t1", "重点"),))], NOW)
    asked, needed = list[str](), list[int]()
    event.listen(store, "before_cursor_execute", lambda *args: asked.append(args[2]))
    for pull, (begins, ends) in enumerate(((0, 3), (3, 103), (0, 100)), start=1):
        people = [
            friend(f"wm{n}", ("ZhangSan", "lisi")[n % 2], remark=f"{pull}", tags=("t1",)) for n in range(begins, ends)
        ]
        uow.attempt(partial(mirror.take, people=people, pull_id=pull, now=NOW))
        needed.append(len(asked))
        asked.clear()
    assert needed[0] == needed[1]  # new ones
    assert needed[2] <= needed[0] + 4  # known ones, all of them changed


def test_groups_are_asked_for_by_owner_and_one_that_changed_hands_is_not_dissolved(store: Engine) -> None:
    groups = [GroupChat(f"wr{n}", "", owner, MET, ()) for n, owner in enumerate(("lisi", "lisi", "wangwu", "lisi"))]
    book = Book(groups=groups, serving=("ZhangSan", "lisi", "wangwu"))
    contacts.sync(book, NOW)
    book.serving = ("ZhangSan", "lisi")  # wangwu serves nobody any more: each of his groups is asked about by itself
    book.groups = [replace(groups[0], owner="ZhangSan"), replace(groups[3], owner="wangwu")]
    done = contacts.sync(book, NOW + DAY)
    assert done.counts["dissolved"] == 2
    assert owners() == {"wr0": (1, None), "wr1": (2, NOW + DAY), "wr2": (3, NOW + DAY), "wr3": (3, None)}


def test_groups_whose_owner_serves_nobody_or_is_unknown_are_asked_about_by_themselves(store: Engine) -> None:
    members = (GroupMember("wm1", True, "王工", MET), GroupMember("lisi", False, "李四", MET))
    groups = [GroupChat(f"wr{n}", "", owner, MET, members) for n, owner in enumerate(("lisi", "lisi", "lisi"))]
    book = Book(groups=groups)
    contacts.sync(book, NOW)
    book.serving = ("ZhangSan",)
    book.groups = [replace(groups[0], members=members[:1]), replace(groups[1], owner="nobody of ours")]
    assert contacts.sync(book, NOW + DAY).counts["dissolved"] == 1
    assert owners() == {"wr0": (2, None), "wr1": (None, None), "wr2": (2, NOW + DAY)}
    assert inside("wr0") == ["wm1"]
    del book.groups[1]
    assert contacts.sync(book, NOW + 2 * DAY).counts["dissolved"] == 1
    assert owners()["wr1"] == (None, NOW + 2 * DAY)
    book.hidden, book.groups = {"wr0"}, []
    done = contacts.sync(book, NOW + 3 * DAY)
    assert owners()["wr0"] == (2, None)
    assert done.reasons == ("1 个客户群的群主已不在服务名单里，群看不到，保留原样：不在可见范围内",)


def test_a_group_that_wecom_may_not_show_is_no_group_that_is_gone() -> None:
    def answers(code: int) -> object:
        def refuse(chat_id: str) -> object:
            raise WecomError("externalcontact/groupchat/get", code)

        return WecomBook(SimpleNamespace(customers=SimpleNamespace(group_chat=refuse))).group_chat("wr1")  # type: ignore[arg-type]

    with pytest.raises(NotVisible):
        answers(84061)
    with pytest.raises(WecomError):
        answers(-1)


def inside(chat_id: str) -> list[str]:
    with uow.reading() as s:
        members = select(CustomerGroupMember.key).join(CustomerGroup).where(CustomerGroup.chat_id == chat_id)
        return sorted(s.scalars(members))


def test_of_an_owner_whom_wecom_does_not_show_the_groups_stay(store: Engine) -> None:
    book = Book(groups=[GroupChat("wr1", "", "lisi", MET, ()), GroupChat("wr2", "", "zhangsan", MET, ())])
    contacts.sync(book, NOW)
    book.hidden, book.groups = {"lisi"}, []
    done = contacts.sync(book, NOW + DAY)
    assert owners() == {"wr1": (2, None), "wr2": (1, NOW + DAY)}
    assert any(reason.startswith("lisi 的客户群看不到") for reason in done.reasons)


def owners() -> dict[str, tuple[int | None, datetime | None]]:
    with uow.reading() as s:
        return {one.chat_id: (one.owner_id, one.dissolved_at) for one in s.scalars(select(CustomerGroup))}


def test_of_a_reps_private_friends_nobody_hears_and_nothing_is_written_but_numbers(store: Engine) -> None:
    book = Book()
    contacts.sync(book, NOW)
    with uow.transaction() as s:
        private = s.scalars(select(ExternalContact).where(ExternalContact.external_userid == "wm1")).one()
        private.state = ContactState.IGNORED
        lost = s.scalars(select(ExternalContact).where(ExternalContact.external_userid.in_(["wm1", "wm2"]))).all()
        numbers = sorted(one.id for one in lost)
    del book.friendships[1:3]
    pull = contacts.Pull(book, NOW + DAY, never)
    said = [line for line in pull.steps() if line]
    assert sorted(told()) == ["1 位客户已不是ZhangSan的好友", "1 位客户已不是您的好友"]
    with uow.reading() as s:
        detail = s.scalars(select(AuditEntry.detail).where(AuditEntry.verb == "follow_ended")).one()
        facts = [row.notice["facts"][0]["value"] for row in s.scalars(select(OutboxMessage))]
    assert detail["contacts"] == numbers
    assert len(said) == 1
    assert said[0].endswith("ZhangSan 有 2 位好友已经不在，没有收到企业微信的通知，已补上")
    assert not [name for name in ("名wm1", "名wm2") if name in f"{said}{detail}"]
    assert facts == ["名wm2", "名wm2"]


def test_a_contact_with_a_long_name_is_told_to_the_rep_and_to_his_supervisor(store: Engine) -> None:
    book = Book()
    book.friendships[0] = replace(book.friendships[0], name="名" * 128)
    contacts.sync(book, NOW)
    del book.friendships[0]
    contacts.sync(book, NOW + DAY)
    assert sorted(told()) == ["1 位客户已不是ZhangSan的好友", "1 位客户已不是您的好友"]


@pytest.mark.slow
@pytest.mark.parametrize("db", ["sqlite", pytest.param("pg", marks=pytest.mark.postgres)])
def test_a_company_is_mirrored_through_refusals_and_kills_and_lost_events_are_mended(
    db: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    plan = Plan(members=60, departments=12, contacts=400, kills=3, troubled=0.05, lost=12)
    if db == "sqlite":
        assert run(plan, tmp_path, f"sqlite:///{tmp_path}/crm.db", seconds=90) == []
        return
    server: Server = request.getfixturevalue("postgres_server")
    url = server.create_database()
    assert run(plan, tmp_path, url, seconds=90) == []
    uow.dispose()
    server.drop_database(url)
