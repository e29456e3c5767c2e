"""Outside contacts: met once however often WeCom says so, linked by their own people only, parted with a word."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from config.vocabulary import ContactState, Role, ShareAccess
from crm import uow
from crm.errors import Conflict, NotFound
from crm.ports import Beside
from crm.usecases import chat_links, contacts, linking
from crm.usecases.contacts import Parting, Stranger
from crm.usecases.links import LinkDone
from crm.usecases.sharing import Wish, share_customer
from models.audit import AuditEntry
from models.customers import Customer
from models.links import ChatLink, ExternalContact, ExternalFollow
from models.messages import OutboxMessage
from models.people import Person
from models.timeline import TimelineEntry
from tests.support.company import DAY, IDS, NOW, actor, at_once, customer, rows, snapshot

WHO = Stranger("wmAAAA", "王工", "华东泵业有限公司", "采购", "老王")


def meet(userid: str = "Zhang", stranger: Stranger = WHO) -> int:
    uow.attempt(lambda s: contacts.meet(s, userid, stranger, NOW))
    return rows(ExternalContact)[-1].id


def link(userid: str, contact_id: int, customer_id: int) -> LinkDone:
    by = actor(userid)
    return uow.attempt(lambda s: linking.link_contact(s, by, contact_id, customer_id, NOW + DAY, entrance="card"))


def test_a_contact_met_twice_or_at_once_is_one_and_asked_about_once(company: Engine) -> None:
    meet("zhang")
    at_once([meet] * 4)
    assert len(rows(ExternalContact)) == len(rows(ExternalFollow)) == len(rows(OutboxMessage)) == 1


@pytest.mark.parametrize("userid", ["nobody", "off", "left"])
def test_a_friend_of_somebody_who_is_not_there_is_kept_without_a_word(company: Engine, userid: str) -> None:
    meet(userid)
    assert (len(rows(ExternalContact)), rows(OutboxMessage)) == (1, [])


def test_nobody_links_a_contact_that_is_not_his_friend(company: Engine) -> None:
    contact = meet()
    own = customer("qian", "苏州阀门厂")
    before = snapshot()
    for number in (contact, 999_999):
        with pytest.raises(NotFound, match="没有找到这位联系人"):
            link("qian", number, own)
    assert snapshot() == before


def test_a_lead_links_for_his_people(company: Engine) -> None:
    contact, made = meet(), customer("Zhang", "甲机电")
    assert link("li", contact, made).customer_name == "甲机电"


def test_linking_the_same_again_changes_nothing_and_another_is_refused(company: Engine) -> None:
    contact, made, other = meet(), customer("Zhang", "甲机电"), customer("Zhang", "乙水泵")
    link("Zhang", contact, made)
    before = snapshot()
    link("Zhang", contact, made)
    with pytest.raises(Conflict, match="已经关联到「甲机电」"):
        link("Zhang", contact, other)
    assert snapshot() == before


def test_of_links_to_two_customers_at_once_one_is_made(company: Engine) -> None:
    contact, made, other = meet(), customer("Zhang", "甲机电"), customer("Zhang", "乙水泵")
    results = at_once([lambda n=n: link("Zhang", contact, (made, other)[n % 2]) for n in range(6)])  # type: ignore[misc]
    assert len(rows(ChatLink)) == 1
    assert [row.verb for row in rows(AuditEntry)].count("link") == 1
    assert {type(result) for result in results} == {LinkDone, Conflict}


def test_a_link_taken_back_leaves_contact_timeline_and_clock_as_before(company: Engine) -> None:
    contact, made, by = meet(), customer("Zhang", "甲机电"), actor("Zhang")
    link("Zhang", contact, made)
    uow.attempt(lambda s: linking.unlink_contact(s, by, contact, NOW + DAY, entrance="card"))
    assert rows(ChatLink) == []
    assert rows(ExternalContact)[0].state == ContactState.UNLINKED
    assert all(entry.retracted_at for entry in rows(TimelineEntry) if entry.kind == "link")


def told_away() -> dict[int, str]:
    told = rows(OutboxMessage, OutboxMessage.dedupe.startswith("linked_away:"))
    return {row.person_id: f"{row.notice['title']} {row.notice['facts'][-1]['value']}" for row in told}


def test_other_friends_who_could_hold_the_customer_and_do_not_see_it_hear_of_a_link(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    contact = meet()
    for friend in ("sun", "qian"):
        meet(friend)
    link("Zhang", contact, made)
    assert told_away() == {
        IDS["sun"]: "您的好友「王工」被关联到了同事在跟进的客户 华东泵业有限公司",
        IDS["li"]: "张三 关联了 孙六 的好友「王工」 甲机电",
        IDS["qian"]: "您的好友「王工」被关联到了同事在跟进的客户 华东泵业有限公司",
        IDS["wu"]: "张三 关联了 钱七 的好友「王工」 同事在跟进的客户",
    }


def heard(who: str) -> list[str]:
    mine = rows(OutboxMessage, OutboxMessage.person_id == IDS[who], OutboxMessage.topic != "")
    return [row.notice["title"] for row in mine]


def test_friends_hear_of_another_customer_only_what_is_new_to_them_and_that_it_is_gone(company: Engine) -> None:
    first, second, by = customer("Zhang", "甲机电"), customer("Zhang", "乙水泵"), actor("Zhang")
    contact = meet()
    meet("qian")
    beside = Beside(WHO.external_userid)
    ids = {row.id: row.public_id for row in rows(Customer)}
    away, gone = "您的好友「王工」被关联到了同事在跟进的客户", "「王工」的关联解除了"

    def act(days: int, change: Callable[[uow.Session, datetime], object]) -> list[str]:
        uow.attempt(lambda s: change(s, NOW + days * DAY))
        assert heard("wu")[0] == "张三 关联了 钱七 的好友「王工」"
        assert len(heard("wu")) == len(heard("qian"))
        return heard("qian")

    assert act(0, lambda s, at: linking.link_contact(s, by, contact, first, at, entrance="card")) == [away]
    relinked = act(1, lambda s, at: chat_links.link_chat(s, by, beside, ids[second], ids[first], at, entrance="card"))
    assert relinked == [away]
    undone = act(
        2,
        lambda s, at: chat_links.undo_relink(s, by, beside, ids[second], NOW + DAY, ids[first], at, entrance="sidebar"),
    )
    assert undone == [away]
    assert act(3, lambda s, at: linking.unlink_contact(s, by, contact, at, entrance="card")) == [away, gone]
    assert act(4, lambda s, at: linking.link_contact(s, by, contact, first, at, entrance="card")) == [away, gone, away]


def test_friends_who_see_the_customer_or_can_hold_none_hear_nothing_of_a_link(company: Engine) -> None:
    made, by = customer("Zhang", "甲机电"), actor("Zhang")
    contact = meet()
    for friend in ("sun", "qian", "li"):
        meet(friend)
    wish = Wish(IDS["sun"], ShareAccess.TOGETHER)
    uow.attempt(lambda s: share_customer(s, by, made, wish, NOW, entrance="chat"))
    with uow.transaction() as s:
        s.get_one(Person, IDS["qian"]).role = Role.SERVICE
    link("Zhang", contact, made)
    assert told_away() == {}


def test_when_the_customer_leaves_the_rep_and_his_lead_are_told_once(company: Engine) -> None:
    meet()
    for _ in range(2):
        uow.attempt(lambda s: contacts.part(s, "ZHANG", "wmAAAA", Parting.BY_CUSTOMER, NOW, NOW))
    told = [row.person_id for row in rows(OutboxMessage) if "删除了" in row.notice["title"]]
    assert sorted(told) == [IDS["zhang"], IDS["li"]]
    meet()
    assert rows(ExternalFollow)[0].ended_at is None


def test_a_name_that_cannot_be_seen_is_told_in_words(company: Engine) -> None:
    meet(stranger=Stranger("wmBBBB", "\u202e\u200b\x00", "\x00", "\x00长" * 200, "\x00"))
    (found,) = rows(ExternalContact)
    assert (found.name, found.corp_name, len(found.position)) == ("未填写姓名", "", 128)
    assert rows(OutboxMessage)[0].notice["title"] == "新联系人：未填写姓名"
