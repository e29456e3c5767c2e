"""What a stage still asks for: said with the customer, asked for in the chat one thing after the other."""

import pytest

from config.vocabulary import CooperationStage, FieldKind, FieldObject, Role
from crm import uow
from crm.forms import specs
from crm.reads.customer_form import customer_form
from crm.usecases import customer_file, fields
from crm.usecases.fields import FieldDraft
from models.customers import Customer
from models.messages import Dialogue
from models.timeline import TimelineEntry
from tests.bot.wecom import Wecom
from tests.support.company import NOW, actor, customer, rows

FIRST = frozenset({CooperationStage.POTENTIAL})


@pytest.fixture(autouse=True)
def asked_for(wecom: Wecom) -> None:
    """Operations want to know how a customer pumps, how many pumps there are, and a photo of the place."""
    del wecom
    who = actor("wang")
    assert who.role is Role.ADMIN
    for kind, label, options in (
        (FieldKind.SELECT, "泵型", ("离心泵", "螺杆泵")),
        (FieldKind.NUMBER, "在用台数", ()),
        (FieldKind.ATTACHMENT, "现场照片", ()),
    ):
        draft = FieldDraft(label, "more", required_at=FIRST, added=options)
        with uow.transaction() as s:
            fields.add_field(s, who, FieldObject.CUSTOMER, kind, draft, NOW, entrance="console")


def held(name: str) -> dict[str, str]:
    (one,) = rows(Customer, Customer.name == name)
    with uow.reading() as s:
        form = customer_form(s, actor("Zhang"), one.public_id)
    return {one.spec.label: one.shown for section in form.sections for one in section.fields if one.shown}


def test_a_new_customer_is_asked_for_what_its_stage_wants_and_the_rest_is_named(wecom: Wecom) -> None:
    first = wecom.say("Zhang", "/新建 苏州恒泽水泵有限公司")
    assert "已新建「苏州恒泽水泵有限公司」" in first
    assert "「泵型」选哪个？离心泵、螺杆泵（还有 1 项）" in first
    second = wecom.say("Zhang", "螺杆泵")
    assert "已填到「苏州恒泽水泵有限公司」：泵型" in second
    assert "「在用台数」是什么？发数字" in second
    assert "还缺：现场照片" in wecom.say("Zhang", "12")
    told = held("苏州恒泽水泵有限公司")
    assert (told["泵型"], told["在用台数"]) == ("螺杆泵", "12")


def test_what_a_colleague_filled_in_meanwhile_is_not_written_over(wecom: Wecom) -> None:
    wecom.say("Zhang", "/新建 苏州恒泽水泵有限公司")
    (one,) = rows(Customer, Customer.name == "苏州恒泽水泵有限公司")
    with uow.reading() as s:
        (pump,) = [spec for spec in specs(s, FieldObject.CUSTOMER) if spec.label == "泵型"]
    colleague = {pump.key: "离心泵"}
    uow.attempt(lambda s: customer_file.update_customer(s, actor("wang"), one.id, colleague, NOW, entrance="console"))
    heard = wecom.say("Zhang", "螺杆泵")
    assert "同事刚刚填好了" in heard
    assert "「在用台数」是什么" in heard
    assert held("苏州恒泽水泵有限公司")["泵型"] == "离心泵"


def test_what_does_not_fit_is_refused_in_words_and_asked_again_and_may_be_skipped(wecom: Wecom) -> None:
    wecom.say("Zhang", "/新建 苏州恒泽水泵有限公司")
    assert "泵型" in wecom.say("Zhang", "柱塞泵")
    assert "「在用台数」是什么" in wecom.say("Zhang", "跳过")
    assert "还缺：泵型、在用台数、现场照片" in wecom.say("Zhang", "跳过")
    assert "泵型" not in held("苏州恒泽水泵有限公司")
    wecom.say("Zhang", "电话聊了交期，下周三去看现场")  # nothing is asked any more: it is no answer
    assert held("苏州恒泽水泵有限公司").keys().isdisjoint({"泵型", "在用台数"})
    assert all("交期" not in entry.text for entry in rows(TimelineEntry))  # he is asked whether to note it


def test_the_file_says_what_is_missing_and_the_chat_goes_on_with_it(wecom: Wecom) -> None:
    customer("Zhang", "苏州恒泽水泵有限公司")
    assert "还缺：泵型、在用台数、现场照片。发 /补资料" in wecom.say("Zhang", "/客户 恒泽")
    assert "「泵型」选哪个" in wecom.say("Zhang", "/补资料 恒泽")
    assert "「在用台数」是什么" in wecom.say("Zhang", "离心泵")
    assert "还缺：在用台数、现场照片" in wecom.say("Zhang", "/客户 恒泽")
    assert "没有找到" in wecom.say("qian", "/补资料 恒泽")


def test_not_knowing_it_is_skipping_it(wecom: Wecom) -> None:
    wecom.say("Zhang", "/新建 苏州恒泽水泵有限公司")
    assert "「在用台数」是什么" in wecom.say("Zhang", "不知道。")


def test_what_tells_of_something_else_is_no_answer_and_what_does_not_fit_says_how_to_get_out(wecom: Wecom) -> None:
    wecom.say("Zhang", "/新建 苏州恒泽水泵有限公司")
    wecom.say("Zhang", "跳过")
    assert "发「取消」" in wecom.say("Zhang", "很多")
    assert "的跟进？" in wecom.say("Zhang", "今天去拜访了他们")
    assert rows(Dialogue) == []
