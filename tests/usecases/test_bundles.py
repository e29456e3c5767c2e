"""A wave of reminders to one person: the first as cards, the rest one message whose every line can be acted on."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import update
from sqlalchemy.engine import Engine

from config.vocabulary import NoticeClass, OutboxState
from crm import policy as numbers
from crm import uow
from crm.bundles import GATHERING
from crm.errors import Gone, NotFound
from crm.messages import Reminder, Tap, remind_all
from crm.notices import Notice, as_notice
from crm.rules.days import at, day_of
from crm.silence import silence_key
from crm.usecases import bundles
from crm.usecases.drawing import OutboxDraft
from crm.usecases.followups import write_follow_up
from gateways.wecom.client import Sent
from gateways.wecom.errors import WecomError
from jobs.deliver import deliver_due
from models.approvals import Absence
from models.messages import Card, CardAction, OutboxMessage
from tests.support.company import DAY, IDS, NOW, actor, at_once, customer, rows, set_policy

ZHANG, SUN, LI, ZHOU = (IDS[userid] for userid in ("zhang", "sun", "li", "zhou"))


def remind(many: int, person: int = ZHANG, now: datetime = NOW, first: int = 1) -> None:
    """`many` alerts about deals of their own, numbered from `first`, as a round promises them."""
    with uow.transaction() as s:
        wave = [_alert(number, person) for number in range(first, first + many)]
        remind_all(s, wave, now=now, policy=numbers.current(s), calendar=numbers.calendar(s))


def _alert(number: int, person: int) -> Reminder:
    notice = Notice(title=f"黄牌 · 商机{number:02d}", desc=f"在方案提交停了 {number} 天")
    taps = [Tap("写跟进", "write", {"customer": number}, 1)]
    return Reminder(person, notice, taps, f"stall:{number}", f"stall:{number}:{person}", f"stall:{number}:0:yellow")


def deliver(until: datetime, *answers: Sent | WecomError) -> list[str]:
    """Everything that is due by then goes out; what each message said, buttons in brackets, in order."""
    said: list[str] = []
    left = list(answers)

    def draw(draft: OutboxDraft) -> str:
        buttons = "".join(f"[{button.text}]" for button in draft.notice.buttons)
        return f"{draft.userid}: {draft.notice.title}{draft.notice.body}{buttons}"

    def send(document: str) -> Sent:
        answer = left.pop(0) if left else Sent("m", "", frozenset())
        if isinstance(answer, WecomError):
            raise answer
        said.append(document)
        return answer

    deliver_due(send, draw, lambda: until)
    return said


def of(notice_class: NoticeClass) -> list[OutboxMessage]:
    return rows(OutboxMessage, OutboxMessage.notice_class == notice_class)


def test_a_wave_is_two_cards_and_one_message_that_tells_the_rest_with_its_reasons(company: Engine) -> None:
    remind(9)
    assert deliver(NOW) == ["Zhang: 黄牌 · 商机01[写跟进]", "Zhang: 黄牌 · 商机02[写跟进]"]
    (bundle,) = deliver(NOW + GATHERING)
    assert bundle.startswith("Zhang: 7 件提醒，合成一条发给您：\n1. 黄牌 · 商机03：在方案提交停了 3 天\n")
    assert "7. 黄牌 · 商机09：在方案提交停了 9 天\n" in bundle
    assert bundle.endswith("发 /提醒 1 打开第 1 件的卡片来处理，其他序号也一样；发 /提醒 看全部 7 件")
    (told,) = of(NoticeClass.BUNDLE)
    folded = [row for row in of(NoticeClass.REMINDER) if row.state == OutboxState.FOLDED]
    assert [row.folded_into_id for row in folded] == [told.id] * 7
    assert deliver(NOW + DAY) == []


def test_a_wave_that_comes_drop_by_drop_is_gathered_the_same(company: Engine) -> None:
    for number in range(1, 6):
        remind(1, first=number, now=NOW + timedelta(seconds=number))
        deliver(NOW + timedelta(seconds=number))
    assert [row.state for row in of(NoticeClass.REMINDER)] == [OutboxState.SENT] * 2 + [OutboxState.FOLDED] * 3
    assert len(deliver(NOW + GATHERING + timedelta(seconds=9))) == 1


def test_three_alone_stay_three_cards_and_the_last_waits_for_company(company: Engine) -> None:
    remind(3)
    assert len(deliver(NOW)) == 2
    assert deliver(NOW + GATHERING) == ["Zhang: 黄牌 · 商机03[写跟进]"]
    assert of(NoticeClass.BUNDLE) == []


def test_what_comes_after_the_days_bundle_is_told_the_next_working_morning(company: Engine) -> None:
    remind(5)
    deliver(NOW + GATHERING)
    remind(4, first=6, now=NOW + timedelta(hours=1))
    remind(1, first=10, now=NOW + timedelta(hours=2))
    assert deliver(NOW + timedelta(hours=9)) == []
    morning = at(day_of(NOW) + DAY, 8, 30) + GATHERING
    (bundle,) = deliver(morning)
    assert "5 件提醒" in bundle
    remind(5, first=11, now=morning + timedelta(hours=1))  # and that one is that day's
    deliver(morning + timedelta(hours=2))
    assert [day_of(row.due_at) for row in of(NoticeClass.BUNDLE)][-1] == day_of(NOW) + 2 * DAY


def test_a_long_bundle_is_cut_counted_and_fits_a_message(company: Engine) -> None:
    remind(60)
    deliver(NOW)
    (bundle,) = deliver(NOW + GATHERING)
    told = bundle.count("黄牌")
    assert f"…… 还有 {58 - told} 件" in bundle
    assert len(bundle.encode()) < 2048


def test_a_number_opens_the_card_as_it_would_have_come_once_per_asking(company: Engine) -> None:
    remind(5)
    deliver(NOW + GATHERING)
    zhang = actor("Zhang")
    with uow.reading() as s:
        told = bundles.newest(s, zhang, 10)
    assert told.total == 3
    for key in ("a", "a", "b"):
        uow.attempt(
            partial(bundles.hand_reminder, actor=zhang, outbox_id=told.lines[2][0], key=key, now=NOW + GATHERING)
        )
    handed = [row for row in of(NoticeClass.PROMPT) if row.dedupe.startswith("reminder:")]
    assert [as_notice(row.notice).title for row in handed] == ["黄牌 · 商机05"] * 2
    keys = [button.key for row in handed for button in as_notice(row.notice).buttons]
    meant = rows(CardAction, CardAction.key.in_(keys))
    assert [(tap.verb, tap.args) for tap in meant] == [("write", {"customer": 5})] * 2
    assert len({tap.card_id for tap in meant}) == 1  # one matter, however often it is asked for


def test_nobody_opens_a_colleagues_reminder_or_one_that_is_settled(company: Engine) -> None:
    remind(5)
    zhang, sun = actor("Zhang"), actor("sun")
    with uow.reading() as s:
        third = bundles.newest(s, zhang, 10).lines[0][0]
        assert bundles.newest(s, sun, 10).total == 0
    with pytest.raises(NotFound):
        uow.attempt(lambda s: bundles.hand_reminder(s, sun, third, "x", NOW))
    uow.attempt(lambda s: bundles.hand_reminder(s, zhang, third, "x", NOW))
    with uow.transaction() as s:
        card = s.query(Card).where(Card.matter == "stall:3").one()
        card.closed_at, card.outcome = NOW, "已记跟进"
    with pytest.raises(Gone, match="已记跟进"):
        uow.attempt(lambda s: bundles.hand_reminder(s, zhang, third, "y", NOW))


def test_what_is_settled_before_the_bundle_leaves_is_not_told_by_it(company: Engine) -> None:
    made = customer("Zhang", "甲机电", now=NOW - 40 * DAY)
    topic = silence_key(made, NOW - 40 * DAY)
    with uow.transaction() as s:
        silent = Reminder(ZHANG, Notice(title="甲机电 40 天没有跟进"), [], f"{topic}:40", f"{topic}:{ZHANG}", topic)
        wave = [*(_alert(number, ZHANG) for number in range(1, 5)), silent, _alert(5, ZHANG)]
        remind_all(s, wave, now=NOW, policy=numbers.current(s), calendar=numbers.calendar(s))
        s.add(Card(matter="stall:4", closed_at=NOW, outcome="李主管已处理"))
    zhang = actor("Zhang")
    with uow.reading() as s:
        lines = dict(line for line in bundles.newest(s, zhang, 10).lines)
    (before,) = [outbox_id for outbox_id, line in lines.items() if "甲机电" in line]
    uow.attempt(lambda s: write_follow_up(s, zhang, made, "电话聊了交期，下周去现场", NOW, entrance="chat"))
    with pytest.raises(Gone, match="已经有了变化"):
        uow.attempt(lambda s: bundles.hand_reminder(s, zhang, before, "x", NOW))
    bundle = deliver(NOW + GATHERING)[-1]
    assert bundle.startswith("Zhang: 2 件提醒")
    assert "甲机电" not in bundle
    assert "商机04" not in bundle
    with uow.reading() as s:
        assert [line[:10] for _, line in bundles.newest(s, zhang, 10).lines] == ["1. 黄牌 · 商机", "2. 黄牌 · 商机"]


def test_a_bundle_of_which_nothing_is_left_is_not_sent(company: Engine) -> None:
    remind(4)
    with uow.transaction() as s:
        s.add(Card(matter="stall:4", outcome=""))  # the third had its card before it was taken in
        s.flush()
        s.execute(update(Card).where(Card.matter.in_(["stall:3", "stall:4"])).values(closed_at=NOW, outcome="已处理"))
    assert len(deliver(NOW + GATHERING)) == 2
    assert [row.state for row in of(NoticeClass.BUNDLE)] == [OutboxState.EXPIRED]


def test_two_rounds_at_once_fill_one_bundle(company: Engine) -> None:
    done = at_once([partial(remind, 6, first=first) for first in (1, 101)])
    assert not [one for one in done if isinstance(one, BaseException)]
    (bundle,) = of(NoticeClass.BUNDLE)
    states = sorted(row.state for row in of(NoticeClass.REMINDER))
    assert states == [OutboxState.FOLDED] * 10 + [OutboxState.READY] * 2
    assert {row.folded_into_id for row in of(NoticeClass.REMINDER)} == {None, bundle.id}


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_wave_to_many_people_is_at_most_so_many_messages_each_and_nothing_is_lost(
    company: Engine, limit: int
) -> None:
    set_policy(reminders_per_day=limit)
    people = [ZHANG, SUN, LI, ZHOU]
    with uow.transaction() as s:
        wave = [_alert(number, people[number % 4]) for number in range(80)]
        remind_all(s, wave, now=NOW, policy=numbers.current(s), calendar=numbers.calendar(s))
    sent = deliver(NOW) + deliver(NOW + GATHERING)
    heard = [message.partition(":")[0] for message in sent]
    assert {who: heard.count(who) for who in heard} == dict.fromkeys(("Zhang", "sun", "li", "zhou"), limit)
    assert sum(1 for row in of(NoticeClass.REMINDER) if row.state == OutboxState.SENT) == 4 * (limit - 1)
    assert sum(1 for row in of(NoticeClass.REMINDER) if row.folded_into_id) == 80 - 4 * (limit - 1)


def _away(person: int, deputy: int) -> None:
    with uow.transaction() as s:
        today = day_of(NOW)
        s.add(Absence(person_id=person, deputy_id=deputy, first_day=today, last_day=today, made_at=NOW))


OUT_OF_SIGHT = Sent("m", "", frozenset({"zhang"}))  # errcode 0, and yet he did not get it


@pytest.mark.parametrize("answer", [OUT_OF_SIGHT, WecomError("message/send", 81013), WecomError("message/send", 60011)])
@pytest.mark.parametrize("deputy", ["sun", "li"])
def test_who_cannot_be_reached_is_stood_in_for_at_once(company: Engine, answer: Sent | WecomError, deputy: str) -> None:
    """By the deputy he named, else by who answers for him; minutes are not needed."""
    if deputy == "sun":
        _away(ZHANG, SUN)
    remind(1)
    said = [one for one in deliver(NOW, answer) if not one.startswith("Zhang")]
    (lost,) = [row for row in of(NoticeClass.REMINDER) if row.person_id == ZHANG]
    assert lost.state == OutboxState.DEAD
    assert said == [f"{deputy}: 黄牌 · 商机01"]


def test_a_bundle_that_cannot_arrive_is_told_to_his_superior_without_numbers(company: Engine) -> None:
    remind(5)
    deliver(NOW)
    (told,) = [one for one in deliver(NOW + GATHERING, OUT_OF_SIGHT) if one.startswith("li")]
    assert "3 件提醒" in told
    assert "/提醒" not in told
    assert [row.state for row in of(NoticeClass.BUNDLE)] == [OutboxState.DEAD]
