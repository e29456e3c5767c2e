"""Plain words, open questions, pictures and places: what the chat makes of everything that is not a command."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from crm import uow
from models.audit import AuditEntry
from models.customers import Customer
from models.messages import Dialogue
from models.timeline import TimelineEntry
from models.visits import Visit
from tests.bot.wecom import ClockFile, Wecom, settings_of
from tests.support.company import MINUTE, customer, rows, snapshot
from wsgi import create_app

HERE = (31.2304, 121.4737)


def follow_ups() -> list[str]:
    return [row.text for row in rows(TimelineEntry) if row.kind == "follow_up" and row.retracted_at is None]


def placed(name: str, owner: str = "Zhang", north: float = 0.0) -> int:
    """A customer that stands `north` degrees beside the usual place."""
    made = customer(owner, name)
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.id == made).values(latitude=HERE[0] + north, longitude=HERE[1]))
    return made


def test_a_question_survives_a_restart_of_the_application(wecom: Wecom, company_url: str, tmp_path: Path) -> None:
    wecom.say("Zhang", "/新建")
    uow.dispose()
    again = Wecom(create_app(settings_of(company_url, tmp_path)), wecom.clock)
    assert "已新建「华东泵业」" in again.say("Zhang", "华东泵业")


def test_a_question_is_forgotten_after_ten_minutes(wecom: Wecom, clock: ClockFile) -> None:
    wecom.say("Zhang", "/新建")
    clock.forward(10 * MINUTE + timedelta(seconds=1))
    assert "要把这句话记成跟进吗" in wecom.say("Zhang", "华东泵业")
    assert rows(Customer) == []


def test_a_question_still_stands_within_ten_minutes_and_each_answer_renews_it(wecom: Wecom, clock: ClockFile) -> None:
    customer("Zhang", "华东泵业有限公司")
    wecom.say("Zhang", "/跟进")
    clock.forward(9 * MINUTE)
    assert "聊了什么" in wecom.say("Zhang", "华东泵业")
    clock.forward(9 * MINUTE)
    assert "已记到" in wecom.say("Zhang", "约了周五去看现场")


@pytest.mark.parametrize("word", ["取消", "退出", "算了", "cancel", "QuXiao", "/取消", "／ quxiao"])
def test_a_question_can_be_ended(wecom: Wecom, word: str) -> None:
    wecom.say("Zhang", "/新建")
    assert wecom.say("Zhang", word) == "好的，不问了"
    assert rows(Dialogue) == []
    assert "没有在问的问题" in wecom.say("Zhang", word)


def test_a_new_command_ends_the_old_question_even_when_it_is_refused(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    wecom.say("Zhang", "/商机")
    wecom.say("Zhang", "/跟进")
    assert "没有找到" in wecom.say("Zhang", "/关联 火星重工")
    assert rows(Dialogue) == []


def test_after_a_refused_name_the_next_words_are_not_taken_for_a_company(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    wecom.say("sun", "/新建")
    assert "没有重复新建" in wecom.say("sun", "华东泵业有限公司")
    wecom.say("sun", "今天去了一趟工地聊得不错")
    assert len(rows(Customer)) == 1


def test_a_name_that_cannot_be_one_may_be_said_again(wecom: Wecom) -> None:
    wecom.say("Zhang", "/新建")
    assert "最多 60 个字" in wecom.say("Zhang", "长" * 61)
    assert "已新建「华东泵业」" in wecom.say("Zhang", "华东泵业")


def test_two_people_are_asked_apart(wecom: Wecom) -> None:
    wecom.say("Zhang", "/新建")
    wecom.say("sun", "/新建")
    wecom.say("Zhang", "甲机电")
    wecom.say("sun", "乙水泵")
    assert [(c.name, c.owner_id) for c in rows(Customer)] == [("甲机电", 1), ("乙水泵", 2)]


def test_plain_words_are_offered_and_yes_records_them(wecom: Wecom) -> None:
    customer("Zhang", "苏州阀门厂")
    customer("Zhang", "华东泵业有限公司")
    assert "记到「华东泵业有限公司」的跟进？" in wecom.say("Zhang", "今天和华东泵业王总聊了三期的排产")
    card = wecom.card("Zhang")
    assert card.taps == ["是", "换客户", "不是"]
    assert follow_ups() == []
    shown = wecom.press("Zhang", card, "是")
    assert follow_ups() == ["今天和华东泵业王总聊了三期的排产"]
    assert shown is not None
    assert "已记到 华东泵业有限公司" in shown.findtext("TemplateCard/MainTitle/Desc", "")


def test_yes_can_be_taken_back_for_ten_minutes_and_said_again(wecom: Wecom, clock: ClockFile) -> None:
    customer("Zhang", "华东泵业有限公司")
    wecom.say("Zhang", "华东泵业王总要两台样机")
    card = wecom.card("Zhang")
    shown = wecom.press("Zhang", card, "是")
    clock.forward(9 * MINUTE)
    back = wecom.undo("Zhang", card, shown)
    assert follow_ups() == []
    assert back is not None
    assert [b.findtext("Text") for b in back.iter("ButtonList")] == ["是", "换客户", "不是"]
    shown = wecom.press("Zhang", card, "是")
    assert follow_ups() == ["华东泵业王总要两台样机"]
    clock.forward(11 * MINUTE)
    wecom.undo("Zhang", card, shown)
    assert follow_ups() == ["华东泵业王总要两台样机"]
    assert "撤销的时间已经过了" in wecom.waiting("Zhang")[-1].body


def test_another_customer_is_asked_for(wecom: Wecom) -> None:
    customer("Zhang", "苏州阀门厂")
    customer("Zhang", "华东泵业有限公司")
    wecom.say("Zhang", "华东泵业王总要两台样机")
    wecom.press("Zhang", wecom.card("Zhang"), "换客户")
    assert "哪个客户" in wecom.waiting("Zhang")[-1].body
    assert "已记到「苏州阀门厂」" in wecom.say("Zhang", "苏州")
    assert follow_ups() == ["华东泵业王总要两台样机"]


def test_no_records_nothing(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    wecom.say("Zhang", "华东泵业王总要两台样机")
    wecom.press("Zhang", wecom.card("Zhang"), "不是")
    assert follow_ups() == []


def test_words_without_any_hint_are_kept_until_the_customer_is_known(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    assert "告诉我是哪个客户" in wecom.say("Zhang", "今天聊得不错下周再约")
    assert "已记到「华东泵业有限公司」" in wecom.say("Zhang", "华东泵业")
    assert follow_ups() == ["今天聊得不错下周再约"]
    assert "记到「华东泵业有限公司」的跟进？" in wecom.say("Zhang", "又打了电话确认周五见")


@pytest.mark.parametrize("words", ["", "   ", "\n"])
def test_no_words_are_answered_too(wecom: Wecom, words: str) -> None:
    assert "没有收到文字" in wecom.say("Zhang", words)


@pytest.mark.parametrize(
    ("kind", "said"), [("image", "图片"), ("voice", "听不到"), ("video", "视频"), ("file", "文件"), ("link", "链接")]
)
def test_what_cannot_be_read_is_answered_honestly(wecom: Wecom, kind: str, said: str) -> None:
    assert said in wecom.hear(wecom.document("Zhang", kind, MediaId="m1", PicUrl="http://p", Format="amr"))
    assert rows(TimelineEntry) == []


def test_a_place_offers_the_nearest_customers_and_a_tap_records_the_visit(wecom: Wecom) -> None:
    placed("苏州阀门厂", north=0.005)
    placed("华东泵业有限公司", north=0.001)
    placed("远方机电", north=0.5)
    placed("别人的客户", owner="sun")
    assert "在下面的卡片上选客户" in wecom.locate("Zhang", *HERE)
    card = wecom.card("Zhang")
    assert card.taps == ["华东泵业有限公司", "苏州阀门厂", "都不是"]
    assert "约 110 米" in str(card.notice["facts"])
    shown = wecom.press("Zhang", card, "华东泵业有限公司")
    (visit,) = rows(Visit)
    assert (visit.datum, visit.source, visit.distance_m) == ("gcj02", "message", 111)
    assert (visit.latitude, visit.longitude) == HERE
    assert visit.owner_then_id == 1
    assert "已记到「华东泵业有限公司」" in wecom.say("Zhang", "王总带我看了三号泵房")
    wecom.undo("Zhang", card, shown)
    assert rows(Visit)[0].retracted_at is not None


def test_the_wrong_customer_is_taken_back_and_the_right_one_recorded(wecom: Wecom) -> None:
    placed("苏州阀门厂", north=0.005)
    right = placed("华东泵业有限公司", north=0.001)
    wecom.locate("Zhang", *HERE)
    card = wecom.card("Zhang")
    wecom.undo("Zhang", card, wecom.press("Zhang", card, "苏州阀门厂"))
    wecom.press("Zhang", card, "华东泵业有限公司")
    standing = [visit for visit in rows(Visit) if visit.retracted_at is None]
    assert [visit.customer_id for visit in standing] == [right]


def test_a_place_from_the_menu_says_so(wecom: Wecom) -> None:
    placed("华东泵业有限公司")
    info = {"Location_X": HERE[0], "Location_Y": HERE[1], "Scale": 15, "Label": "某路", "Poiname": "泵业大厦"}
    wecom.hear(wecom.event("Zhang", "location_select", EventKey="打卡", SendLocationInfo=info))
    card = wecom.card("Zhang")
    assert card.notice["desc"] == "泵业大厦"
    wecom.press("Zhang", card, "华东泵业有限公司")
    assert rows(Visit)[0].source == "menu"


def test_the_message_that_follows_the_menus_event_asks_no_second_time(wecom: Wecom) -> None:
    placed("华东泵业有限公司")
    info = {"Location_X": HERE[0], "Location_Y": HERE[1], "Scale": 15, "Label": "某路", "Poiname": "泵业大厦"}
    wecom.hear(wecom.event("Zhang", "location_select", EventKey="打卡", SendLocationInfo=info))
    card = wecom.card("Zhang")
    assert "上面的卡片" in wecom.locate("Zhang", *HERE)
    assert wecom.card("Zhang") == card
    wecom.press("Zhang", card, "都不是")
    assert "下面的卡片" in wecom.locate("Zhang", *HERE)
    assert wecom.card("Zhang") != card


def test_far_from_everybody_the_customer_talked_about_is_offered(wecom: Wecom) -> None:
    assert "先发 /关联 客户名" in wecom.locate("Zhang", *HERE)
    customer("Zhang", "华东泵业有限公司")
    wecom.say("Zhang", "/关联 华东泵业")
    assert "要记到正在谈的客户吗" in wecom.locate("Zhang", *HERE)
    assert wecom.card("Zhang").taps == ["华东泵业有限公司", "都不是"]
    wecom.press("Zhang", wecom.card("Zhang"), "华东泵业有限公司")
    assert rows(Visit)[0].distance_m is None


@pytest.mark.parametrize(
    ("latitude", "longitude"), [("nan", "121"), ("inf", "121"), ("91", "121"), ("0", "0"), ("1e400", "1")]
)
def test_a_place_that_is_none_is_refused_in_words(wecom: Wecom, latitude: str, longitude: str) -> None:
    before = snapshot()
    place = {"Location_X": latitude, "Location_Y": longitude, "Label": ""}
    assert "重新定位" in wecom.hear(wecom.document("Zhang", "location", **place)) or "定位" in wecom.hear(
        wecom.document("Zhang", "location", **place)
    )
    after = snapshot()
    assert {name for name in after if after[name] != before[name]} == {"inbox_event"}


@pytest.mark.parametrize(("who", "said"), [("nobody", "还没有您的账号"), ("off", "已停用"), ("left", "已离职")])
def test_who_may_not_act_is_told_why_and_changes_nothing(wecom: Wecom, who: str, said: str) -> None:
    before = snapshot()
    for typed in ("/新建 华东泵业有限公司", "/客户", "今天聊得不错", "/帮助"):
        assert said in wecom.say(who, typed)
    assert said in wecom.menu(who, "客户")
    assert said in wecom.locate(who, *HERE)
    assert said in wecom.hear(wecom.document(who, "image", MediaId="m"))
    after = snapshot()
    assert {name for name in after if after[name] != before[name]} == {"inbox_event"}


def test_every_refused_command_leaves_no_trace_but_the_event_itself(wecom: Wecom) -> None:
    customer("sun", "苏州阀门厂")
    customer("Zhang", "华东泵业有限公司")
    before = snapshot()
    for typed in (
        "/新建 华东泵业有限公司",
        "/新建 " + "长" * 61,
        "/关联 苏州阀门厂",
        "/跟进 华东泵业 " + "长" * 5001,
        "/商机 苏州阀门厂 二期 80万",
        "/商机 华东泵业 " + "长" * 61 + " 80万",
        "/商机 华东泵业 二期 99999999999999万",
        "/待办 明天 " + "长" * 501,
    ):
        assert wecom.say("Zhang", typed)
    after = snapshot()
    assert {name for name in after if after[name] != before[name]} <= {"inbox_event", "dialogue"}
    assert len(rows(AuditEntry)) == 2
