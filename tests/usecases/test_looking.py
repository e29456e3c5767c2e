"""Whole telephone numbers and look-ups of others' customers: counted by the day, kept, and never for one's own."""

from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from config.collisions import CollisionVerdict
from config.vocabulary import ShareAccess
from crm import uow
from crm.access import actor_by_userid
from crm.errors import Invalid, NotAllowed, NotFound, UsedUp
from crm.reads.customer_page import customer_page
from crm.reads.duplicates import collisions
from crm.usecases.collisions import vote_on
from crm.usecases.look_alikes import doubts, look_alikes
from crm.usecases.looking import Revealed, count_twins, may_look_up, reveal_phone
from crm.usecases.sharing import Wish, share_customer
from models.audit import AuditEntry
from models.customers import Contact
from models.sharing import LookCount
from tests.support.company import DAY, NOW, at_once, customer, rows, set_policy

NUMBER = "13812345678"


def furnished(owner: str = "zhang") -> tuple[int, str]:
    """A customer with one contact: its id, and the contact's public id."""
    number = customer(owner, f"苏州瑞衡{owner}机电有限公司")
    with uow.transaction() as s:
        contact = Contact(customer_id=number, name="张建国", phone=NUMBER, created_at=NOW)
        s.add(contact)
        s.flush()
        return number, contact.public_id


def reveal(userid: str, contact: str, now: datetime = NOW) -> Revealed:
    return uow.attempt(lambda s: reveal_phone(s, actor_by_userid(s, userid, now), contact, now, entrance="console"))


def shown(userid: str, number: int) -> tuple[str, bool]:
    with uow.reading() as s:
        (contact,) = customer_page(s, actor_by_userid(s, userid, NOW), number, NOW).contacts
    return contact.phone, contact.masked


def test_the_holder_his_lead_and_who_works_on_it_see_it_whole_and_uncounted(company: Engine) -> None:
    number, contact = furnished()
    with uow.transaction() as s:
        wish = Wish("QIAN", ShareAccess.TOGETHER)
        share_customer(s, actor_by_userid(s, "zhang", NOW), number, wish, NOW, entrance="console")
    for userid in ("zhang", "li", "qian"):
        assert shown(userid, number) == (NUMBER, False)
        assert reveal(userid, contact) == Revealed(NUMBER, None, "张建国", "苏州瑞衡zhang机电有限公司")
    assert rows(LookCount) == []
    assert not [row for row in rows(AuditEntry) if row.verb == "reveal_phone"]


def test_who_only_looks_sees_a_part_and_each_whole_number_is_counted_and_kept(company: Engine) -> None:
    set_policy(reveals_per_day=2)
    number, contact = furnished()
    assert shown("zhou", number) == ("138****5678", True)
    assert [reveal("zhou", contact).left for _ in range(2)] == [1, 0]
    with pytest.raises(UsedUp, match="请找负责人 张三 要号码"):
        reveal("zhou", contact)
    assert len([row for row in rows(AuditEntry) if row.verb == "reveal_phone"]) == 2
    assert reveal("zhou", contact, NOW + DAY).left == 1
    assert reveal("zhang", contact).left is None


def test_a_number_of_a_customer_one_may_not_see_is_not_there(company: Engine) -> None:
    _, contact = furnished()
    said = set()
    for which in (contact, "f" * 20, ""):
        with pytest.raises(NotFound) as refusal:
            reveal("qian", which)
        said.add(str(refusal.value))
    assert len(said) == 1
    assert rows(LookCount) == []


def test_the_last_look_of_the_day_is_given_to_one_of_many_at_once(company: Engine) -> None:
    set_policy(reveals_per_day=3)
    _, contact = furnished()
    done = at_once([lambda: reveal("zhou", contact)] * 6)
    assert sorted(type(one).__name__ for one in done) == ["Revealed"] * 3 + ["UsedUp"] * 3
    assert rows(LookCount)[0].count == 3


def test_look_ups_of_others_are_counted_and_end(company: Engine) -> None:
    set_policy(lookups_per_day=2)
    with uow.transaction() as s:
        qian = actor_by_userid(s, "qian", NOW)
        may_look_up(s, qian, NOW)
        for name in ("瑞衡", "瑞恒"):
            count_twins(s, qian, name, 1, NOW, entrance="chat")
        with pytest.raises(UsedUp, match="您自己的客户照常能查"):
            may_look_up(s, qian, NOW)
        with pytest.raises(UsedUp, match="明天再查"):
            count_twins(s, qian, "瑞", 1, NOW, entrance="chat")
        may_look_up(s, qian, NOW + DAY)
    assert [row.detail["typed"] for row in rows(AuditEntry) if row.verb == "look_alikes"] == ["瑞衡", "瑞恒"]


def test_a_company_is_looked_up_as_the_form_would_keep_it(company: Engine) -> None:
    number = customer("zhang", "苏州瑞衡机电有限公司")
    with uow.transaction() as s:
        zhang = actor_by_userid(s, "zhang", NOW)
        found = look_alikes(s, zhang, {"name": " 苏州瑞衡机电有限公司\u200b"}, NOW, entrance="chat")
        assert (found.name, [hit.customer_id for hit in found.hits]) == ("苏州瑞衡机电有限公司", [number])
        with pytest.raises(Invalid, match="没有查重：统一社会信用代码"):
            look_alikes(s, zhang, {"name": "苏州瑞衡", "uscc": "123"}, NOW, entrance="miniapp")


def test_what_is_only_like_it_is_looked_at_before_it_is_made_and_counts_once(company: Engine) -> None:
    customer("zhang", "苏州瑞衡机电有限公司")
    with uow.transaction() as s:
        qian = actor_by_userid(s, "qian", NOW)
        assert doubts(s, qian, {"name": "苏州瑞衡机电有限公司"}, NOW, entrance="chat") == ()  # making it refuses it
        assert doubts(s, qian, {"name": "绝无此名的某某某公司"}, NOW, entrance="chat") == ()
        with pytest.raises(Invalid, match="没有新建：公司名称"):
            doubts(s, qian, {"name": "甲" * 300}, NOW, entrance="chat")
        assert rows(LookCount) == []
        assert len(doubts(s, qian, {"name": "无锡瑞衡机电有限公司"}, NOW, entrance="chat")) == 1
    assert [row.count for row in rows(LookCount)] == [1]


def test_whose_a_contested_company_is_is_said_by_judges_alone(company: Engine) -> None:
    with uow.transaction() as s:
        zhang = actor_by_userid(s, "zhang", NOW)
        with pytest.raises(NotAllowed):
            collisions(s, zhang)
        with pytest.raises(NotAllowed):
            vote_on(s, zhang, "0" * 20, CollisionVerdict.HOLDER, NOW, entrance="miniapp")
        assert collisions(s, actor_by_userid(s, "li", NOW)) == []
