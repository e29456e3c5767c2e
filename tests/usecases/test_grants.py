"""Reading and editing are granted apart, by role and group of fields; what was seen in part is never saved so."""

from decimal import Decimal

import pytest
from sqlalchemy.engine import Engine

from config.grants import REACH, Grant
from config.vocabulary import FieldObject, Role
from crm import uow
from crm.access import actor_by_userid, eyes
from crm.errors import Conflict, NotAllowed
from crm.reads.contacts import contacts_of
from crm.reads.customer_form import contact_form
from crm.reads.customer_page import customer_page
from crm.reads.deals import deals_of, open_deals
from crm.reads.grants import matrix
from crm.reads.record_form import deal_form
from crm.rules.masking import HIDDEN
from crm.usecases.contact_file import add_contact, update_contact
from crm.usecases.customer_file import update_customer
from crm.usecases.deals import open_deal
from crm.usecases.grants import grant_fields
from models.audit import AuditEntry
from models.customers import Contact, Customer
from models.sharing import FieldGrant
from tests.support.company import NOW, customer, rows

CONTACT = FieldObject.CONTACT


def set_grant(role: Role, group: str, grant: Grant, of: FieldObject = CONTACT) -> int:
    wanted = {(role, group): grant}
    return uow.attempt(lambda s: grant_fields(s, actor_by_userid(s, "wang"), of, wanted, NOW, entrance="console"))


def with_contact() -> tuple[int, str]:
    number = customer("zhang", "苏州瑞衡机电有限公司")
    raw = {"name": "张建国", "phone": "13812345678"}
    uow.attempt(lambda s: add_contact(s, actor_by_userid(s, "zhang", NOW), number, raw, NOW, entrance="console"))
    return number, rows(Contact)[0].public_id


def test_a_grant_counts_at_once_and_is_kept_once(company: Engine) -> None:
    assert set_grant(Role.DIRECTOR, REACH, Grant(read=True, edit=False)) == 1
    assert set_grant(Role.DIRECTOR, REACH, Grant(read=True, edit=False)) == 0
    with uow.reading() as s:
        zhou = actor_by_userid(s, "zhou", NOW)
        seen = eyes(s, zhou)
        assert REACH in seen.sight(CONTACT).groups
        assert REACH not in seen.editable(CONTACT)
        assert REACH not in seen.sight(FieldObject.CUSTOMER).groups
        (reach,) = [row for row in matrix(s, actor_by_userid(s, "wang"), CONTACT) if row.key == REACH]
    assert [changed for role, _, changed in reach.cells if role is Role.DIRECTOR] == [True]
    assert [row.detail["edit"] for row in rows(AuditEntry, AuditEntry.verb == "grant_fields")] == [False]
    assert len(rows(FieldGrant)) == 1


def test_only_an_administrator_grants(company: Engine) -> None:
    for userid in ("zhang", "li", "zhou"):
        with uow.transaction() as s, pytest.raises(NotAllowed):
            grant_fields(s, actor_by_userid(s, userid), CONTACT, {}, NOW, entrance="console")


def test_what_a_role_may_not_edit_is_refused_beside_its_field(company: Engine) -> None:
    number, contact = with_contact()
    set_grant(Role.REP, REACH, Grant(read=True, edit=False))
    set_grant(Role.REP, "basic", Grant(read=True, edit=False), FieldObject.CUSTOMER)
    with uow.transaction() as s:
        zhang = actor_by_userid(s, "zhang", NOW)
        with pytest.raises(NotAllowed, match="电话") as refusal:
            update_contact(s, zhang, contact, {"phone": "13900000000"}, NOW, entrance="console")
        assert set(refusal.value.fields) == {"phone"}
        assert update_contact(s, zhang, contact, {"title": "科长"}, NOW, entrance="console").changed == ("职务",)
        with pytest.raises(NotAllowed):
            update_customer(s, zhang, number, {"name": "苏州瑞衡泵业有限公司"}, NOW, entrance="console")


def test_a_number_that_was_shown_in_part_is_not_saved_so_nor_told_in_a_refusal(company: Engine) -> None:
    _, contact = with_contact()
    form = {"phone": "138****5678", "title": "科长"}
    with uow.transaction() as s:
        zhou = actor_by_userid(s, "zhou", NOW)
        update_contact(s, zhou, contact, form, NOW, entrance="console", seen={"phone": "138****5678", "title": ""})
        assert rows(Contact)[0].phone == "13812345678"
        new = {"phone": "13900000000"}
        update_contact(s, zhou, contact, new, NOW, entrance="console", seen={"phone": "138****5678"})
    assert (rows(Contact)[0].phone, rows(Contact)[0].title) == ("13900000000", "科长")


def test_who_reads_a_number_in_part_is_told_no_more_of_it_when_somebody_changed_it_meanwhile(company: Engine) -> None:
    _, contact = with_contact()
    with uow.transaction() as s:
        zhang, zhou = (actor_by_userid(s, who, NOW) for who in ("zhang", "zhou"))
        update_contact(s, zhang, contact, {"phone": "13922223333"}, NOW, entrance="console")
        form, seen = {"phone": "13900000000"}, {"phone": "138****5678"}
        with pytest.raises(Conflict) as refused:
            update_contact(s, zhou, contact, form, NOW, entrance="console", seen=seen)
    assert refused.value.fields == {"phone": "刚被别人改成「139****3333」，请确认后再保存"}


def test_names_titles_and_sums_on_a_customers_page_and_in_lists_follow_the_readers_groups(company: Engine) -> None:
    number, contact = with_contact()
    with uow.transaction() as s:
        zhang = actor_by_userid(s, "zhang", NOW)
        update_contact(s, zhang, contact, {"title": "科长"}, NOW, entrance="console")
        open_deal(s, zhang, number, "二期循环泵", Decimal(800_000), NOW, entrance="console")

    def seen_by(userid: str) -> set[tuple[object, ...]]:
        with uow.reading() as s:
            who = actor_by_userid(s, userid, NOW)
            page = customer_page(s, who, number, NOW)
            people = {(one.name, one.title) for one in (*page.contacts, *contacts_of(s, who, page.public_id))}
            there = {(one.name, one.amount) for one in page.deals}
            listed = {(one.name, one.amount) for one in (*deals_of(s, who, number, NOW), *open_deals(s, who, 9, NOW))}
            titles = contact_form(s, who, contact).title, deal_form(s, who, page.deals[0].public_id).title
        return {*people, *there, *listed, titles}

    whole = {("二期循环泵", Decimal(800_000)), ("张建国", "科长"), ("张建国", "二期循环泵")}
    assert seen_by("li") == whole
    for of in (CONTACT, FieldObject.DEAL):
        set_grant(Role.TEAM_LEAD, "basic", Grant(read=False, edit=False), of)
    assert seen_by("li") == {(HIDDEN, HIDDEN), (HIDDEN, None)}
    assert seen_by("zhang") == whole


def test_what_was_not_shown_at_all_is_not_overwritten_by_a_form_either(company: Engine) -> None:
    number, _ = with_contact()
    written = {"address": "工业园区 188 号", "website": "example.com"}
    form = {"address": HIDDEN, "website": "ruiheng.com"}
    seen = {"address": HIDDEN, "website": HIDDEN}
    with uow.transaction() as s:
        update_customer(s, actor_by_userid(s, "zhang", NOW), number, written, NOW, entrance="console")
        update_customer(s, actor_by_userid(s, "zhou", NOW), number, form, NOW, entrance="console", seen=seen)
    (kept,) = rows(Customer)
    assert (kept.address, kept.website) == ("工业园区 188 号", "ruiheng.com")
