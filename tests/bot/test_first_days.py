"""What somebody does who is new here: he types a number for a name, answers beside the question, asks for others'."""

import pytest

from config.prospects import LeadInlet
from config.vocabulary import ShareAccess
from crm import uow
from crm.usecases import contacts, leads
from crm.usecases.contacts import Stranger
from models.collisions import Collision
from models.customers import Contact, Customer
from models.messages import Card
from models.sharing import CustomerShare
from models.timeline import TimelineEntry
from models.visits import Visit
from tests.bot.wecom import Wecom
from tests.support.company import IDS, NOW, ONE, actor, customer, rows

PUMP = "苏州瑞衡热能工程有限公司"
MOBILE = "13801510004"


def with_contact(owner: str, name: str, person: str = "钱经理", phone: str = MOBILE) -> int:
    made = customer(owner, name)
    with uow.transaction() as s:
        s.add(Contact(customer_id=made, name=person, phone=phone, created_at=NOW))
    return made


def share(made: int, to: str, access: ShareAccess) -> None:
    with uow.transaction() as s:
        s.add(
            CustomerShare(
                customer_id=made, person_id=IDS[to], access=access, until=NOW.replace(year=2027), credit_percent=0,
                granted_by_id=IDS["zhang"], at=NOW,
            )
        )  # fmt: skip


@pytest.mark.parametrize("typed", [MOBILE, "138 0151 0004", "+86 13801510004"])
def test_a_telephone_is_looked_up_as_one(wecom: Wecom, typed: str) -> None:
    nobody = wecom.say("zhang", f"/查重 {typed}")
    assert "/新建 公司全称" in nobody
    with_contact("zhang", PUMP)
    assert "（电话相同）" in wecom.say("zhang", f"/查重 {typed}")
    told = wecom.say("qian", f"/查重 {typed}")
    assert "同事在跟进（电话相同）" in told
    assert PUMP not in told


def test_a_web_address_and_a_credit_code_are_looked_up_as_such(wecom: Wecom) -> None:
    made = customer("zhang", PUMP)
    with uow.transaction() as s:
        s.get_one(Customer, made).website = "ruiheng.example"
        s.get_one(Customer, made).uscc = "91350100M000100Y43"
    assert "网址相同" in wecom.say("zhang", "/查重 https://www.ruiheng.example/about")
    assert "信用代码相同" in wecom.say("zhang", "/查重 91350100m000100y43")


def test_a_customer_is_found_by_its_contact_and_by_a_telephone_that_is_shown_whole(wecom: Wecom) -> None:
    made = with_contact("zhang", PUMP)
    assert f"{PUMP}（" in wecom.say("zhang", "/客户 钱经理")
    assert f"{PUMP}（" in wecom.say("zhang", f"/客户 {MOBILE}")
    assert "没有找到" in wecom.say("qian", "/客户 钱经理")
    share(made, "qian", ShareAccess.READ)
    assert f"{PUMP}（" in wecom.say("qian", "/客户 钱经理")
    blind = wecom.say("qian", f"/客户 {MOBILE}")  # he sees the customer, and the number in part
    assert "没有找到" in blind
    assert f"/新建 {MOBILE}" not in blind


def test_who_may_only_look_is_offered_nothing_that_is_refused(wecom: Wecom) -> None:
    share(customer("zhang", PUMP), "qian", ShareAccess.READ)
    seen = wecom.say("qian", "/客户 瑞衡")
    assert "/补资料" not in seen
    assert "直接打字" not in seen
    assert "共享给您看的" in seen
    assert "直接打字" in wecom.say("zhang", "/客户 瑞衡")


@pytest.mark.parametrize("typed", ["公司", "张三", MOBILE])
def test_what_is_hardly_a_company_is_asked_about_before_it_is_made(wecom: Wecom, typed: str) -> None:
    assert "还没有建" in wecom.say("zhang", f"/新建 {typed}")
    assert rows(Customer) == []
    assert "已新建「苏州恒泽水泵有限公司」" in wecom.say("zhang", "苏州恒泽水泵有限公司")


def test_a_short_name_said_twice_is_meant(wecom: Wecom) -> None:
    wecom.say("zhang", "/新建 华为")
    assert "已新建「华为」" in wecom.say("zhang", "华为")


def meet(who: str, external: str, name: str, company: str) -> None:
    with uow.transaction() as s:
        contacts.meet(s, who, Stranger(external, name, company, "", ""), NOW)


def test_a_contacts_company_that_may_be_a_colleagues_is_asked_about_like_any_other(wecom: Wecom) -> None:
    customer("qian", "华东泵业有限公司")
    meet("zhang", "wmA", "李总", "华东泵业设备有限公司")
    wecom.press("zhang", wecom.card("zhang"), "新建")
    assert len(rows(Customer)) == 1
    card = wecom.card("zhang")
    assert card.title == "先别急着建：华东泵业设备有限公司"
    assert "同事在跟进" in str(card.notice["facts"])
    wecom.press("zhang", card, "不是，新建")
    assert [c.name for c in rows(Customer)] == ["华东泵业有限公司", "华东泵业设备有限公司"]


def test_a_contacts_company_that_is_a_colleagues_goes_to_the_supervisors(wecom: Wecom) -> None:
    customer("qian", PUMP)
    meet("zhang", "wmA", "李总", "瑞衡热能工程（苏州）有限公司")
    wecom.press("zhang", wecom.card("zhang"), "新建")
    assert len(rows(Collision)) == 1


def test_the_question_about_a_contact_is_settled_by_a_link_made_elsewhere(wecom: Wecom) -> None:
    made = customer("zhang", PUMP)
    meet("zhang", "wmA", "李总", "")
    asked = wecom.card("zhang")
    wecom.say("zhang", "/关联 瑞衡")
    other = wecom.card("zhang")
    shown = wecom.press("zhang", other, "关联", other.notice["selection"]["choices"][0]["id"])
    (first,) = rows(Card, Card.matter.startswith("link:"))
    assert first.outcome == "已经关联到客户"
    wecom.press("zhang", asked, "忽略：同行")
    assert "已经关联到客户" in wecom.waiting("zhang")[-1].body
    assert "请先解除" not in wecom.waiting("zhang")[-1].body
    wecom.undo("zhang", other, shown)
    assert rows(Card, Card.id == first.id)[0].closed_at is None
    del made


def test_what_is_said_after_a_check_in_is_the_visits_report(wecom: Wecom) -> None:
    made = customer("zhang", PUMP)
    wecom.say("zhang", "/关联 瑞衡")
    wecom.locate("zhang", 31.3, 120.6)
    card = wecom.card("zhang")
    wecom.press("zhang", card, card.taps[0])
    assert "拜访小结" in wecom.say("zhang", "看了二期场地，下周报价")
    (visit,) = rows(Visit)
    assert visit.report == "看了二期场地，下周报价"
    entries = [e.text for e in rows(TimelineEntry, TimelineEntry.customer_id == made) if "二期场地" in e.text]
    assert len(entries) == 1
    assert entries[0].startswith("拜访打卡")


def test_after_the_card_a_colleague_and_a_way_may_be_typed(wecom: Wecom) -> None:
    customer("zhang", PUMP)
    wecom.say("zhang", "/共享 瑞衡")
    assert "怎么共享给 钱七" in wecom.say("zhang", "共享给钱七")
    assert "共享给 钱七（只读）" in wecom.say("zhang", "只读")
    (made,) = rows(CustomerShare)
    assert (made.person_id, made.access) == (IDS["qian"], ShareAccess.READ)
    assert wecom.press("zhang", wecom.card("zhang"), "只读", str(IDS["sun"])) is not None
    assert len(rows(CustomerShare)) == 1  # the card is settled


def test_other_words_after_the_card_are_no_answer(wecom: Wecom) -> None:
    customer("zhang", PUMP)
    wecom.say("zhang", "/共享 瑞衡")
    assert "记成跟进吗" in wecom.say("zhang", "下周三去现场看泵房")
    assert rows(CustomerShare) == []


def test_sharing_with_oneself_says_so(wecom: Wecom) -> None:
    customer("zhang", PUMP)
    assert "您自己" in wecom.say("zhang", "/共享 瑞衡 张三")


def lead(who: str, company: str, **told: object) -> None:
    draft = leads.LeadDraft(LeadInlet.EXHIBITION, company, "王工", "13800138000", **told)  # type: ignore[arg-type]
    uow.attempt(lambda s: leads.capture(s, actor(who), draft, NOW, entrance="console"))


def test_a_rep_is_offered_to_take_a_waiting_lead_and_not_to_hand_it_out(wecom: Wecom) -> None:
    lead("li", "启东环保科技有限公司", team_id=ONE)
    wecom.say("zhang", "/线索")
    wecom.say("zhang", "1")
    card = wecom.card("zhang")
    assert card.taps == ["我来跟", "稍后再说"]
    assert card.notice["selection"] is None
    wecom.say("li", "/线索")
    wecom.say("li", "1")
    offered = wecom.card("li")
    assert "分配" in offered.taps
    assert not {"停用的人", "离职的人"} & {one["text"] for one in offered.notice["selection"]["choices"]}


def test_leads_are_narrowed_by_a_word(wecom: Wecom) -> None:
    lead("zhang", "启东环保科技有限公司")
    lead("zhang", "无锡恒力泵业有限公司")
    told = wecom.say("zhang", "/线索 启东")
    assert "启东环保" in told
    assert "恒力" not in told
    assert "没有「火星」" in wecom.say("zhang", "/线索 火星")


def test_a_follow_up_on_what_is_not_his_says_that_no_such_customer_was_found(wecom: Wecom) -> None:
    customer("qian", PUMP)
    assert "没有找到叫「瑞衡」的客户" in wecom.say("zhang", "/跟进 瑞衡 电话聊了交期")
