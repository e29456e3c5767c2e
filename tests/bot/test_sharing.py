"""/共享 in the chat: a command, a card with a drop-down, one tap, and 撤销."""

from config.vocabulary import ShareAccess
from crm import uow
from crm.access import READ, WRITE, actor_by_userid, get_customer
from crm.errors import CrmError
from models.sharing import CustomerShare
from tests.bot.wecom import Wecom
from tests.support.company import IDS, customer, rows

NAME = "苏州瑞衡机电有限公司"


def may(wecom: Wecom, userid: str) -> list[bool]:
    """Whether he reads it, and whether he writes to it."""
    found = []
    for to in (READ, WRITE):
        with uow.reading() as s:
            try:
                get_customer(s, actor_by_userid(s, userid, wecom.clock.now()), 1, to=to)
            except CrmError:
                found.append(False)
            else:
                found.append(True)
    return found


def test_two_taps_share_a_customer_and_a_third_takes_it_back(wecom: Wecom) -> None:
    customer("zhang", NAME)
    assert "选一位同事" in wecom.say("zhang", "/共享 瑞衡 钱七")
    card = wecom.card("zhang")
    assert card.taps == ["一起跟进", "只读", "不共享"]
    assert [choice["id"] for choice in card.notice["selection"]["choices"]] == [str(IDS["qian"])]
    shown = wecom.press("zhang", card, "一起跟进", str(IDS["qian"]))
    assert may(wecom, "qian") == [True, True]
    told = wecom.card("qian")
    assert NAME in told.title
    assert told.taps == ["写跟进", "知道了"]
    wecom.undo("zhang", card, shown)
    assert may(wecom, "qian") == [False, False]
    assert "收回" in wecom.waiting("qian")[-1].body


def test_without_a_name_ten_colleagues_are_offered_his_own_team_first(wecom: Wecom) -> None:
    customer("zhang", NAME)
    wecom.say("zhang", f"/共享 {NAME}")
    offered = [choice["text"] for choice in wecom.card("zhang").notice["selection"]["choices"]]
    assert {one.split(" · ")[1] for one in offered[:2]} == {"一组"}
    assert not any("张三" in one or "停用" in one or "离职" in one for one in offered)
    wecom.press("zhang", wecom.card("zhang"), "只读")
    assert "请先在卡片上选一位同事" in wecom.waiting("zhang")[-1].body
    assert rows(CustomerShare) == []


def test_what_is_only_shown_to_somebody_he_cannot_write_to_or_share_on(wecom: Wecom) -> None:
    customer("zhang", NAME)
    wecom.say("zhang", "/共享 瑞衡 钱七")
    wecom.press("zhang", wecom.card("zhang"), "只读", str(IDS["qian"]))
    assert rows(CustomerShare)[0].access == ShareAccess.READ
    assert NAME in wecom.say("qian", "/客户 瑞衡")
    assert "共享给您看的" in wecom.say("qian", "/跟进 瑞衡 打了电话下周再约时间看现场")
    assert "只有负责人" in wecom.say("qian", "/共享 瑞衡 孙六")
    assert "没有找到" in wecom.say("zhang", "/共享 瑞衡 无此人")


def test_who_takes_a_change_of_a_share_back_and_the_colleague_read_what_holds_again(wecom: Wecom) -> None:
    customer("zhang", NAME)
    for access in ("只读", "一起跟进"):
        wecom.say("zhang", "/共享 瑞衡 钱七")
        card = wecom.card("zhang")
        shown = wecom.press("zhang", card, access, str(IDS["qian"]))
    wecom.undo("zhang", card, shown)
    assert "还是原来的共享：只读，到" in wecom.waiting("zhang")[-1].body
    assert may(wecom, "qian") == [True, False]
    assert "您还是只读，到" in wecom.waiting("qian")[-1].body
