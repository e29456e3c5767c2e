"""The customer file: partial edits with their history, put back on request; what is not yours is not there."""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from config.vocabulary import CooperationStage, FieldKind, FieldObject
from crm import name_index, uow
from crm.errors import Conflict, Invalid, NotFound
from crm.field_store import values_of
from crm.forms import specs
from crm.rules.field_input import Raw
from crm.rules.uscc import check_sign
from crm.usecases import campaigns, contact_file, customer_file, customers, fields
from crm.usecases.customers import CustomerMade
from models.audit import AuditEntry
from models.customers import Contact, Customer
from models.fields import FieldChange, FieldValue
from tests.support.company import NOW, actor, at_once, customer, rows, snapshot
from tests.support.files import attach

FIRST, OTHER = "91320500MA1XK2AB7", "91320500MA1XK2AC5"
USCC, USCC_2 = FIRST + check_sign(FIRST), OTHER + check_sign(OTHER)


def write(file: int, raw: Mapping[str, Any], who: str = "Zhang", **more: Any) -> customer_file.Saved:
    return uow.attempt(
        lambda s: customer_file.update_customer(s, actor(who), file, raw, NOW, entrance="console", **more)
    )


def add_field(label: str, kind: FieldKind, *options: str, at: frozenset[CooperationStage] = frozenset()) -> None:
    draft = fields.FieldDraft(label, "more", "", at, added=options)
    uow.attempt(lambda s: fields.add_field(s, actor("wang"), FieldObject.CUSTOMER, kind, draft, NOW, entrance="c"))


def held(file: int) -> dict[str, Any]:
    with uow.reading() as s:
        known = specs(s, FieldObject.CUSTOMER)
        return values_of(s, known, FieldObject.CUSTOMER, s.get_one(Customer, file))


def test_every_kind_of_field_is_stored_typed_and_read_back(company: Engine) -> None:
    for label, kind, *options in (
        ("简介", FieldKind.LONG_TEXT), ("台数", FieldKind.NUMBER), ("预算", FieldKind.MONEY),
        ("检修日", FieldKind.DATE), ("泵型", FieldKind.SELECT, "离心泵", "螺杆泵"),
        ("介质", FieldKind.MULTI_SELECT, "清水", "污水", "酸"), ("技术支持", FieldKind.PERSON),
        ("厂区", FieldKind.REGION), ("图纸", FieldKind.ATTACHMENT),
    ):  # fmt: skip
        add_field(label, kind, *options)
    file = customer("Zhang", "甲机电有限公司")
    typed = {
        "jianjie": "一\n二", "taishu": "１２", "yusuan": "80万", "jianxiuri": "2026年3月5日", "bengxing": "螺杆泵",
        "jiezhi": "酸、清水", "jishuzhichi": "孙六", "changqu": "江苏/苏州", "tuzhi": attach("Zhang", file),
        "annual_estimate": "1.2亿", "phone": "+86 13800138000", "website": "https://www.Example.com/a", "uscc": USCC,
        "region": "江苏 苏州", "procurement_cycle": "每季度",
    }  # fmt: skip
    saved = write(file, typed)
    assert len(saved.changed) == len(typed)
    found = held(file)
    assert (found["taishu"], found["yusuan"], found["annual_estimate"]) == (
        Decimal(12),
        Decimal(800000),
        Decimal(120000000),
    )
    assert (found["bengxing"], found["jiezhi"], found["website"]) == ("luoganbeng", ("qingshui", "suan"), "example.com")
    assert (found["phone"], found["uscc"], found["region"]) == ("13800138000", USCC, "江苏苏州")
    assert write(file, {key: value for key, value in found.items() if key in typed}).changed == ()
    assert write(file, dict.fromkeys(typed, "")).changed
    assert set(held(file)) == {"name", "level", "source", "cooperation_stage"}
    assert rows(FieldValue) == []


def test_an_edit_touches_what_it_names_and_the_book_keeps_no_values(company: Engine) -> None:
    file = customer("Zhang", "甲机电有限公司")
    write(file, {"industry": "水处理", "phone": "13800138000"})
    assert write(file, {"industry": "环保"}).changed == ("行业",)
    last = rows(AuditEntry)[-1]
    assert (last.verb, last.detail["changed"]) == ("update_customer", ["行业"])
    assert "13800138000" not in str([entry.detail for entry in rows(AuditEntry)])
    assert [(c.before, c.after) for c in rows(FieldChange)][-1] == ("水处理", "环保")


def test_a_refused_edit_names_every_field_and_changes_nothing(company: Engine) -> None:
    file = customer("Zhang", "甲机电有限公司")
    before = snapshot()
    with pytest.raises(Invalid) as refused:
        write(file, {"uscc": "9132", "phone": "不知道", "industry": "水", "secret": "1", "level": "", "name": ""})
    assert set(refused.value.fields) == {"uscc", "phone", "secret", "level", "name"}
    assert snapshot() == before


def test_an_old_file_stays_valid_and_a_step_forward_asks_for_everything(company: Engine) -> None:
    file = customer("Zhang", "甲机电有限公司")
    add_field("泵型", FieldKind.TEXT, at=frozenset({CooperationStage.INTENT, CooperationStage.TRIAL}))
    assert write(file, {"industry": "水处理"}).missing == ()
    with pytest.raises(Invalid, match="进入「意向」之前要填"):
        write(file, {"cooperation_stage": "意向"})
    assert write(file, {"cooperation_stage": "意向", "bengxing": "离心泵"}).missing == ()
    with pytest.raises(Invalid, match="不能清空"):
        write(file, {"bengxing": ""})
    add_field("台数", FieldKind.NUMBER, at=frozenset({CooperationStage.INTENT}))
    assert write(file, {"industry": "环保"}).missing == ("台数",)


def test_a_change_is_put_back(company: Engine) -> None:
    add_field("介质", FieldKind.MULTI_SELECT, "清水", "污水")
    file = customer("Zhang", "甲机电有限公司")
    write(file, {"jiezhi": "污水、清水"})
    write(file, {"jiezhi": "清水"})
    changed = rows(FieldChange)[-1]
    back = uow.attempt(
        lambda s: customer_file.restore_value(s, actor("Zhang"), file, changed.id, NOW, entrance="console")
    )
    assert (back.changed, held(file)["jiezhi"]) == (("介质",), ("qingshui", "wushui"))
    other = customer("Zhang", "乙水泵厂")
    with pytest.raises(NotFound):
        uow.attempt(lambda s: customer_file.restore_value(s, actor("Zhang"), other, changed.id, NOW, entrance="c"))


def test_two_who_fill_in_the_same_form_do_not_overwrite_each_other(company: Engine) -> None:
    file = customer("Zhang", "甲机电有限公司")
    form = {"industry": "", "address": ""}
    write(file, {"industry": "水处理", "address": ""}, who="li", seen=form)
    assert write(file, {"industry": "", "address": "工业路 1 号"}, seen=form).changed == ("地址",)
    with pytest.raises(Conflict) as refused:
        write(file, {"industry": "环保", "address": "工业路 1 号"}, seen=form)
    assert "水处理" in refused.value.fields["industry"]
    assert held(file)["industry"] == "水处理"


@pytest.mark.parametrize("who", ["qian", "wu"])
def test_another_teams_file_answers_like_one_that_never_was(company: Engine, who: str) -> None:
    file = customer("Zhang", "甲机电有限公司")
    contact = uow.attempt(
        lambda s: contact_file.add_contact(s, actor("Zhang"), file, {"name": "沈科长"}, NOW, entrance="console")
    )
    before, told = snapshot(), []
    for number, person in ((file, contact.public_id), (999_999, "0" * 20)):
        for verb in (
            partial(customer_file.update_customer, customer_id=number, raw={"industry": "水"}),
            partial(customer_file.restore_value, customer_id=number, change_id=1),
            partial(contact_file.add_contact, customer_id=number, raw={"name": "甲"}),
            partial(contact_file.update_contact, contact_id=person, raw={"name": "甲"}),
            partial(contact_file.retire_contact, contact_id=person),
            partial(contact_file.restore_contact, contact_id=person),
        ):
            with pytest.raises(NotFound) as refused:
                uow.attempt(partial(verb, actor=actor(who), now=NOW, entrance="console"))
            told.append(str(refused.value))
    assert told[:6] == told[6:]
    assert snapshot() == before


def test_a_credit_code_belongs_to_one_customer_also_in_the_same_moment(company: Engine) -> None:
    files = [customer("Zhang", "甲机电有限公司"), customer("qian", "乙水泵有限公司")]
    write(files[0], {"uscc": USCC})
    with pytest.raises(Conflict, match="同事在跟进"):
        write(files[1], {"uscc": USCC}, who="qian")
    works = [partial(write, file, {"uscc": USCC_2}, who) for file, who in zip(files, ("Zhang", "qian"), strict=True)]
    results = at_once(works)
    assert sorted(type(one).__name__ for one in results) == ["Conflict", "Saved"]


def test_a_renamed_customer_is_found_by_both_names_and_no_twin_is_made(company: Engine) -> None:
    file = customer("Zhang", "甲机电有限公司")
    customer("Zhang", "乙水泵有限公司")
    write(file, {"name": "华东流体设备有限公司"})
    with uow.reading() as s:
        assert file in {who for who, _ in name_index.candidates(s, "华东流体设备")}
        assert file in {who for who, _ in name_index.candidates(s, "甲机电有限公司")}
    with pytest.raises(Conflict):
        write(file, {"name": "乙水泵有限公司 "})
    with pytest.raises(Conflict):
        customer("Zhang", "华东流体设备有限公司")


def test_a_parent_is_a_customer_one_may_see_and_never_below_its_child(company: Engine) -> None:
    top, middle, low = (customer("Zhang", f"{name}控股集团有限公司") for name in ("甲", "乙", "丙"))
    customer("qian", "金丝雀集团有限公司")
    write(middle, {"parent": "甲控股集团有限公司"})
    write(low, {"parent": "乙控股集团有限公司"})
    for words in ("丙控股集团有限公司", "甲控股集团有限公司", "金丝雀集团有限公司", "没有这家"):
        with pytest.raises(Invalid, match="上级公司"):
            write(top, {"parent": words})
    assert [row.parent_id for row in rows(Customer)][:3] == [None, top, middle]
    assert write(middle, {"parent": ""}).changed == ("上级公司",)


def test_two_who_hang_each_under_the_other_meet(company: Engine) -> None:
    one, two = customer("Zhang", "甲控股集团有限公司"), customer("Zhang", "乙控股集团有限公司")
    results = at_once(
        [partial(write, one, {"parent": "乙控股集团有限公司"}), partial(write, two, {"parent": "甲控股集团有限公司"})]
    )
    assert sorted(type(result).__name__ for result in results) == ["Invalid", "Saved"]


def created(raw: Mapping[str, Raw]) -> CustomerMade:
    made = uow.attempt(lambda s: customer_file.create(s, actor("Zhang"), raw, NOW, entrance="console"))
    assert isinstance(made, CustomerMade)
    return made


def test_a_customer_is_made_from_a_form_with_its_campaign(company: Engine) -> None:
    fair = uow.attempt(lambda s: campaigns.add_campaign(s, actor("wang"), "2026 泵阀展", NOW, entrance="console"))
    raw = {
        "name": "甲机电有限公司",
        "campaign": "2026泵阀展",
        "source": "市场活动",
        "annual_estimate": "30万",
        "uscc": USCC,
    }
    made = created(raw)
    assert held(made.id)["campaign"] == fair
    uow.attempt(lambda s: campaigns.retire_campaign(s, actor("wang"), fair, NOW, entrance="console"))
    assert held(made.id)["campaign"] == fair
    with pytest.raises(Invalid, match="已停用"):
        uow.attempt(
            lambda s: customer_file.create(s, actor("Zhang"), {**raw, "name": "乙泵业", "uscc": ""}, NOW, entrance="c")
        )
    with pytest.raises(Conflict, match="已经在您名下"):
        created({"name": "乙泵业", "uscc": USCC})
    uow.attempt(lambda s: customers.withdraw_customer(s, actor("Zhang"), made.id, NOW, entrance="chat"))
    again = created({"name": "丙", "uscc": USCC})
    assert again.id != made.id


def test_contacts_are_added_changed_put_away_and_brought_back(company: Engine) -> None:
    file, who = customer("Zhang", "甲机电有限公司"), actor("Zhang")
    raw = {
        "name": "沈科长",
        "title": "设备科长",
        "decision_role": "决策人",
        "phone": "138 0013 8000",
        "email": "S@X.COM",
    }
    made = uow.attempt(lambda s: contact_file.add_contact(s, who, file, raw, NOW, entrance="console"))
    (row,) = rows(Contact)
    assert (row.decision_role, row.phone, row.email) == ("decider", "13800138000", "S@x.com")
    with pytest.raises(Conflict, match="没有再添加"):
        uow.attempt(lambda s: contact_file.add_contact(s, who, file, raw, NOW, entrance="console"))
    boss = actor("zhou")  # who is shown a part of the number: his guess makes a contact and tells nothing
    uow.attempt(lambda s: contact_file.add_contact(s, boss, file, raw, NOW, entrance="console"))
    with uow.transaction() as s:
        s.delete(s.scalars(select(Contact).order_by(Contact.id.desc()).limit(1)).one())
    change = partial(contact_file.update_contact, actor=who, contact_id=made.public_id, now=NOW, entrance="console")
    assert uow.attempt(lambda s: change(s, raw={"decision_role": "采购"})).changed == ("决策角色",)
    with pytest.raises(Invalid, match="例如"):
        uow.attempt(lambda s: change(s, raw={"phone": "没有"}))
    for_him = partial(partial, actor=who, contact_id=made.public_id, now=NOW, entrance="console")
    uow.attempt(for_him(contact_file.retire_contact))
    assert rows(Contact)[0].retired_at == NOW
    uow.attempt(for_him(contact_file.restore_contact))
    assert rows(Contact)[0].retired_at is None
