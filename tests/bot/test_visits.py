"""A check-in in chat: its verdict as the rep may hear it, his words where it is not clear, his supervisor's one tap."""

from datetime import timedelta

from sqlalchemy import update

from config.vocabulary import Datum, FixSource
from crm import uow
from crm.usecases.visits import CheckInDraft, add_report, check_in, retract_check_in
from models.audit import AuditEntry
from models.customers import Customer
from models.messages import Card, OutboxMessage
from models.timeline import TimelineEntry
from models.visits import Visit, VisitReview
from tests.bot.wecom import ClockFile, Promise, Wecom
from tests.support.company import DAY, MINUTE, NOW, actor, customer, rows

DOOR = (31.230412, 121.473687)
WORDS = "客户上个月搬到新厂区，档案还是老地址"
ACCUSING = ("无效", "存疑", "作弊", "造假", "虚假", "异常", "可疑")  # never said to a rep


def placed(name: str = "华东泵业有限公司") -> int:
    made = customer("Zhang", name)
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.id == made).values(latitude=DOOR[0], longitude=DOOR[1]))
    return made


def check_in_chat(wecom: Wecom, north: float) -> Promise:
    """张三 stands `north` degrees beside the customer that he is talking about; the card on which he tapped it."""
    wecom.say("Zhang", "/关联 华东泵业")
    wecom.locate("Zhang", DOOR[0] + north + 0.000123, DOOR[1] + 0.000117)
    card = wecom.card("Zhang")
    wecom.press("Zhang", card, "华东泵业有限公司")
    return card


def asked(wecom: Wecom, userid: str = "Zhang") -> list[Promise]:
    return [one for one in wecom.waiting(userid) if one.title.startswith("待补充说明")]


def to_hear(wecom: Wecom) -> str:
    return str([(one.title, one.notice) for one in wecom.waiting("Zhang")])


def explained(wecom: Wecom) -> Promise:
    """He has said his words; the supervisor's card."""
    wecom.press("Zhang", wecom.card("Zhang"), "补充说明")
    assert "说明已交给主管" in wecom.say("Zhang", WORDS)
    return wecom.card("li")


def outcome(matter: str) -> str:
    return "".join(one.outcome for one in rows(Card) if one.matter.startswith(matter))


def test_a_visit_at_the_door_is_said_to_be_valid_and_asks_nothing(wecom: Wecom) -> None:
    placed()
    check_in_chat(wecom, 0.0)
    assert [one.verdict for one in rows(Visit)] == ["valid"]
    assert "打卡，距客户约 20 米，有效。聊了什么" in wecom.waiting("Zhang")[-1].body
    assert asked(wecom) == []


def test_a_visit_far_away_asks_for_words_and_accuses_nobody(wecom: Wecom) -> None:
    placed()
    check_in_chat(wecom, 0.05)
    assert [one.verdict for one in rows(Visit)] == ["doubtful"]
    (card,) = asked(wecom)
    assert (card.title, card.taps) == ("待补充说明：华东泵业有限公司", ["补充说明"])
    assert "定位离客户约 5." in str(card.notice["facts"])
    assert card.notice["url"] == f"/console/visits/{rows(Visit)[0].public_id}"
    said = next(one.body for one in wecom.waiting("Zhang") if "聊了什么" in one.body)
    assert "，待补充说明：定位离客户约 5." in said
    assert not [word for word in ACCUSING if word in to_hear(wecom)]


def test_words_in_chat_reach_the_supervisor_who_decides_with_one_tap(wecom: Wecom) -> None:
    placed()
    check_in_chat(wecom, 0.05)
    card = explained(wecom)
    assert (card.title, card.taps) == ("拜访补充说明：华东泵业有限公司", ["有效", "维持"])
    assert WORDS in str(card.notice["facts"])
    assert "定位离客户约 5." in str(card.notice["facts"])
    assert outcome("visit_words") == "已说明，等主管看"
    shown = wecom.press("li", card, "有效")
    assert shown is not None
    assert "定为有效，已告诉本人" in shown.findtext("TemplateCard/MainTitle/Desc", "")
    assert [(one.verdict, one.decided_by_id) for one in rows(VisitReview)] == [("valid", actor("li").person_id)]
    assert [one.verdict for one in rows(Visit)] == ["valid"]
    assert wecom.waiting("Zhang")[-1].title == "拜访有效：华东泵业有限公司"
    assert "review_visit" in [one.verb for one in rows(AuditEntry)]


def test_what_is_upheld_stays_and_the_rep_may_say_more(wecom: Wecom) -> None:
    placed()
    check_in_chat(wecom, 0.05)
    wecom.press("li", explained(wecom), "维持")
    assert [(one.verdict, one.effective) for one in rows(Visit)] == [("doubtful", False)]
    again = asked(wecom)[-1]
    assert "看过说明，维持原来的结论" in str(again.notice["facts"])
    assert not [word for word in ACCUSING if word in to_hear(wecom)]
    wecom.press("Zhang", again, "补充说明")
    assert "说明已交给主管" in wecom.say("Zhang", "我发您新厂区的门牌照片")
    assert [one.verdict for one in rows(VisitReview)] == ["doubtful", None]
    wecom.press("li", wecom.card("li"), "有效")
    assert [one.verdict for one in rows(Visit)] == ["valid"]


def test_a_supervisors_tap_is_taken_back_with_all_that_followed(wecom: Wecom) -> None:
    placed()
    check_in_chat(wecom, 0.05)
    card = explained(wecom)
    shown = wecom.press("li", card, "有效")
    assert [one.verdict for one in rows(Visit)] == ["valid"]
    wecom.undo("li", card, shown)
    (look,) = rows(VisitReview)
    assert (look.decided_at, look.verdict, look.words, look.decision_words) == (None, None, WORDS, "")
    assert [one.verdict for one in rows(Visit)] == ["doubtful"]
    assert wecom.waiting("Zhang")[-1].title == "拜访还在看：华东泵业有限公司"
    assert "take_back_visit_review" in [one.verb for one in rows(AuditEntry)]
    wecom.press("li", card, "维持")  # the card asks again
    assert [one.verdict for one in rows(VisitReview)] == ["doubtful"]


def test_a_place_that_a_tap_has_taught_goes_with_it(wecom: Wecom) -> None:
    made = placed()
    check_in_chat(wecom, 0.05)
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.id == made).values(latitude=None, longitude=None))
    card = explained(wecom)
    shown = wecom.press("li", card, "有效")
    assert rows(Customer)[0].place_learnt_at is not None
    wecom.undo("li", card, shown)
    assert (rows(Customer)[0].latitude, rows(Customer)[0].place_learnt_at) == (None, None)


def test_after_ten_minutes_a_supervisors_word_stands(wecom: Wecom, clock: ClockFile) -> None:
    placed()
    check_in_chat(wecom, 0.05)
    card = explained(wecom)
    shown = wecom.press("li", card, "有效")
    clock.forward(11 * MINUTE)
    wecom.undo("li", card, shown)
    assert [one.verdict for one in rows(Visit)] == ["valid"]


def test_a_card_belongs_to_whom_it_was_sent(wecom: Wecom) -> None:
    placed()
    check_in_chat(wecom, 0.05)
    wecom.press("sun", asked(wecom)[-1], "补充说明")
    assert "说明已交给主管" not in wecom.say("sun", WORDS)
    card = explained(wecom)
    for stranger in ("Zhang", "wu"):
        wecom.press(stranger, card, "有效")
    assert [one.verdict for one in rows(VisitReview)] == [None]


def test_what_is_taken_back_is_not_asked_about_any_more(wecom: Wecom) -> None:
    placed()
    check_in_chat(wecom, 0.05)
    words = asked(wecom)[-1]
    with uow.transaction() as s:
        visit = rows(Visit)[0].public_id
        retract_check_in(s, actor("Zhang"), visit, NOW + MINUTE, entrance="miniapp")
    assert outcome("visit_words") == "打卡已撤销"
    wecom.press("Zhang", words, "补充说明")
    assert "说明已交给主管" not in wecom.say("Zhang", WORDS)


def test_a_supervisor_is_not_left_with_the_card_of_a_visit_that_was_taken_back(wecom: Wecom) -> None:
    placed()
    check_in_chat(wecom, 0.05)
    card = explained(wecom)
    with uow.transaction() as s:
        retract_check_in(s, actor("Zhang"), rows(Visit)[0].public_id, NOW + MINUTE, entrance="miniapp")
    assert outcome("visit_look") == "打卡已撤销"
    assert [one.state for one in wecom.waiting("li") if one.id == card.id] == ["expired"]


def test_words_are_wanted_in_working_hours_and_no_more_once_it_is_clear(wecom: Wecom) -> None:
    made = placed()
    night = NOW + timedelta(hours=13)  # 23:00
    draft = CheckInDraft(
        "v-1", made, DOOR[0] + 0.050123, DOOR[1], Datum.GCJ02, 20.0, FixSource.MINIAPP, night, "", "",
        fix_at=night, sent_at=night, device="p",
    )  # fmt: skip
    with uow.transaction() as s:
        visit = check_in(s, actor("Zhang"), draft, night, entrance="miniapp").public_id
    (card,) = asked(wecom)
    assert card.due_at > night + timedelta(hours=8)
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.id == made).values(latitude=DOOR[0] + 0.05, longitude=DOOR[1]))
    with uow.transaction() as s:  # judged again beside what he says of it
        add_report(s, actor("Zhang"), visit, "看了三号泵房，旧泵汽蚀", night + MINUTE, entrance="miniapp")
    assert [one.verdict for one in rows(Visit)] == ["valid"]
    assert outcome("visit_words") == "对上了，不用补充"
    assert [one.state for one in rows(OutboxMessage) if one.topic.startswith("visit_words")] == ["expired"]


def test_of_a_visit_written_afterwards_no_words_are_asked_a_second_time(wecom: Wecom) -> None:
    made = placed()
    draft = CheckInDraft(
        "v-1", made, None, None, Datum.GCJ02, None, FixSource.MINIAPP, NOW - DAY, "厂区", "", why="手机没电"
    )
    with uow.transaction() as s:
        check_in(s, actor("Zhang"), draft, NOW, entrance="miniapp")
    assert [one.verdict for one in rows(Visit)] == ["doubtful"]
    assert asked(wecom) == []
    assert [one.text for one in rows(TimelineEntry)][-1].startswith("补签拜访")
