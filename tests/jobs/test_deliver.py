"""A promise is kept: leased by one, sent with the same bytes, tried again on a ladder, and never lost silently."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import Engine

from config.policy import Policy
from config.vocabulary import NoticeClass, OutboxState, PersonStatus
from crm import messages, uow
from crm.access import actor_by_id
from crm.errors import Conflict, NotAllowed
from crm.messages import Tap
from crm.notices import Notice, as_notice, text
from crm.rules.days import SHANGHAI
from crm.usecases import outbox
from crm.usecases.drawing import OutboxDraft
from gateways.wecom.client import Sent
from gateways.wecom.errors import WecomError
from jobs.deliver import deliver_due, deliver_one
from models.messages import OutboxMessage
from models.people import Person
from tests.jobs.company import NOW

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
PATH = "message/send"


class Post:
    """A WeCom that writes down what it was handed, and answers what the test put in `answers` first."""

    def __init__(self, *answers: Sent | WecomError) -> None:
        self.documents: list[str] = []
        self.answers = list(answers)

    def __call__(self, document: str) -> Sent:
        self.documents.append(document)
        answer = self.answers.pop(0) if self.answers else Sent("msg", "code", frozenset())
        if isinstance(answer, WecomError):
            raise answer
        return answer


def draw(draft: OutboxDraft) -> str:
    return f"{draft.task_id} {draft.userid} {draft.notice.title}{draft.notice.body}"


def promise(words: str = "你好", person_id: int = 1, dedupe: str = "hello", now: datetime = NOW) -> None:
    with uow.transaction() as s:
        messages.prompt(s, person_id, text(words), dedupe=dedupe, now=now)


def rows() -> list[OutboxMessage]:
    with uow.reading() as s:
        return list(s.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def row(dedupe: str = "hello") -> OutboxMessage:
    return next(found for found in rows() if found.dedupe == dedupe)


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def test_a_promise_is_sent_once_and_then_nothing_is_due(store: Engine) -> None:
    promise()
    post = Post()
    assert deliver_due(post, draw, at(NOW)) == 1
    sent = row()
    assert post.documents == [f"m{sent.id} ZhangSan 你好"]
    assert (sent.state, sent.msgid, sent.response_code, sent.sent_at) == (OutboxState.SENT, "msg", "code", NOW)
    assert not deliver_one(post, draw, NOW + HOUR)


def plain(draft: OutboxDraft) -> str:
    return f"{draft.userid} {draft.notice.body}"


def test_words_sent_lately_carry_the_time_when_they_are_sent_again_and_no_others(store: Engine) -> None:
    later = (NOW, NOW + SECOND, NOW + 2 * SECOND, NOW + 5 * HOUR)
    for number, moment in enumerate(later):
        promise(dedupe=f"n{number}", now=moment)
    promise("别的", dedupe="other", now=NOW + 3 * SECOND)
    promise(person_id=2, dedupe="somebody else", now=NOW + 3 * SECOND)
    post = Post()
    for moment in sorted({*later, NOW + 3 * SECOND}):
        deliver_due(post, plain, at(moment))
    told = [said.partition(" ")[2] for said in post.documents]
    again = [f"你好（{_clock(moment)}）" for moment in later[1:3]]
    assert told == ["你好", *again, "别的", "你好", "你好"]


def test_words_that_are_still_on_their_way_count_as_sent(store: Engine) -> None:
    for number in range(2):
        promise(dedupe=f"n{number}")
    with uow.transaction() as s:
        first = outbox.lease_next(s, NOW, plain)
    with uow.transaction() as s:
        second = outbox.lease_next(s, NOW + SECOND, plain)
    assert first
    assert second
    assert (first.payload, second.payload) == ("ZhangSan 你好", f"ZhangSan 你好（{_clock(NOW + SECOND)}）")


def test_words_that_perhaps_arrived_count_as_sent_and_words_that_were_refused_do_not(store: Engine) -> None:
    for number, words in enumerate(("不知", "不知", "没有", "没有")):
        promise(words, dedupe=f"n{number}", now=NOW + number * SECOND)
    post = Post(WecomError(PATH), Sent("msg", "code", frozenset()), WecomError(PATH, -1))
    for number in range(4):
        assert deliver_one(post, plain, NOW + number * SECOND)
    told = [said.partition(" ")[2] for said in post.documents]
    assert told == ["不知", f"不知（{_clock(NOW + SECOND)}）", "没有", "没有"]


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%H:%M:%S}"


def test_nothing_is_sent_before_it_is_due(store: Engine) -> None:
    promise(now=NOW + HOUR)
    post = Post()
    assert not deliver_one(post, draw, NOW)
    assert deliver_one(post, draw, NOW + HOUR)


def test_of_many_deliverers_at_once_one_sends_each_message(store: Engine) -> None:
    for number in range(12):
        promise(f"第 {number} 条", dedupe=f"n{number}")
    post = Post()
    threads = [threading.Thread(target=deliver_due, args=(post, draw, at(NOW))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(post.documents) == 12
    assert len(set(post.documents)) == 12
    assert {found.state for found in rows()} == {OutboxState.SENT}


def test_killed_between_lease_and_outcome_the_same_bytes_go_out_after_the_lease(store: Engine) -> None:
    promise()
    with uow.transaction() as s:
        leased = outbox.lease_next(s, NOW, draw)
    assert leased
    post = Post()
    assert not deliver_one(post, lambda _: "drawn again", NOW + 29 * SECOND)
    assert deliver_one(post, lambda _: "drawn again", NOW + 31 * SECOND)
    assert post.documents == [leased.payload]


def test_a_late_deliverer_that_lost_its_lease_changes_nothing(store: Engine) -> None:
    promise()
    with uow.transaction() as s:
        lost = outbox.lease_next(s, NOW, draw)
    assert lost
    deliver_one(Post(), draw, NOW + 31 * SECOND)
    with uow.transaction() as s:
        outbox.record_failed(s, lost, outbox.Failure.RECEIVER, "too late", NOW + 32 * SECOND)
    assert row().state == OutboxState.SENT
    assert len(rows()) == 1


def test_what_was_drawn_once_is_sent_again_byte_for_byte(store: Engine) -> None:
    promise()
    post = Post(WecomError(PATH))
    deliver_one(post, draw, NOW)
    deliver_one(post, lambda _: "drawn again", NOW + 10 * SECOND)
    assert post.documents[0] == post.documents[1]
    assert row().state == OutboxState.SENT


def test_failures_climb_the_ladder_and_end_as_a_dead_letter(store: Engine) -> None:
    promise()
    steps, now = [], NOW
    for _ in range(8):
        assert deliver_one(Post(WecomError(PATH, -1)), draw, now)
        found = row()
        steps.append((found.next_at - now).total_seconds())
        now = max(found.next_at, now + SECOND)
    for step, least in zip(steps, (5, 30, 120, 600, 1800, 7200, 21600), strict=False):
        assert least <= step <= least * 1.2
    assert row().state == OutboxState.DEAD
    assert "系统繁忙" in row().error


def test_without_any_answer_it_is_repeated_for_four_hours_only_and_then_called_unknown(store: Engine) -> None:
    promise()
    now, tried_at = NOW, []
    while row().state == OutboxState.READY:
        assert deliver_one(Post(WecomError(PATH)), draw, now)
        tried_at.append(now)
        now = max(row().next_at, now + SECOND)
    assert row().state == OutboxState.UNKNOWN
    assert tried_at[-1] < NOW + 4 * HOUR
    assert not deliver_one(Post(), draw, NOW + 24 * HOUR)


def test_a_lease_found_after_four_hours_is_unknown_and_not_sent_again(store: Engine) -> None:
    promise()
    with uow.transaction() as s:
        outbox.lease_next(s, NOW, draw)
    post = Post()
    assert not deliver_one(post, draw, NOW + 4 * HOUR)
    assert (row().state, post.documents) == (OutboxState.UNKNOWN, [])
    assert row().error


def test_when_wecom_answers_again_the_others_do_not_wait_out_their_ladder(store: Engine) -> None:
    promise(dedupe="slow")
    now = NOW
    for _ in range(6):
        deliver_one(Post(WecomError(PATH)), draw, now)
        now = row("slow").next_at
    before = now - HOUR
    promise(dedupe="fresh", now=before)
    deliver_one(Post(), draw, before)
    assert row("slow").next_at <= before + timedelta(minutes=1)


def test_a_token_that_cannot_be_fetched_leaves_nothing_in_doubt(store: Engine) -> None:
    promise()
    deliver_one(Post(WecomError("gettoken")), draw, NOW)
    assert (row().state, row().first_try_at) == (OutboxState.READY, None)


def test_an_invalid_user_is_a_dead_letter_and_his_supervisor_is_told_once(store: Engine) -> None:
    promise("客户回电")
    deliver_one(Post(Sent("msg", "", frozenset({"zhangsan"}))), draw, NOW)
    assert row().state == OutboxState.DEAD
    told = rows()[1]
    assert told.person_id == 2
    assert "ZhangSan" in told.notice["body"]
    assert "客户回电" in told.notice["body"]
    deliver_one(Post(WecomError(PATH, 81013)), draw, NOW)
    assert [found.state for found in rows()] == [OutboxState.DEAD, OutboxState.DEAD]


def ask_one_who_is_gone(*verbs: str, status: PersonStatus = PersonStatus.LEFT) -> None:
    with uow.transaction() as s:
        messages.prompt_card(
            s, 1, Notice("新客户来电", "某公司"), [Tap(verb, verb, {}) for verb in verbs],
            matter="m", dedupe="card", now=NOW, policy=Policy(),
        )  # fmt: skip
        s.execute(update(Person).where(Person.id == 1).values(status=status))


@pytest.mark.parametrize("status", [PersonStatus.LEFT, PersonStatus.DISABLED])
def test_a_decision_promised_to_somebody_who_is_gone_goes_to_his_supervisor(
    store: Engine, status: PersonStatus
) -> None:
    ask_one_who_is_gone("assign", "return", "later", status=status)
    post = Post()
    assert deliver_due(post, draw, at(NOW)) == 1
    original, told = rows()
    assert (original.state, told.state, told.person_id) == (OutboxState.DEAD, OutboxState.SENT, 2)
    assert told.card_id == original.card_id
    assert as_notice(told.notice).buttons == as_notice(original.notice).buttons
    assert "lisi" in post.documents[0]


@pytest.mark.parametrize("verbs", [("write", "tomorrow", "give_back"), ("later", "write")])
def test_buttons_that_mean_i_are_not_handed_to_somebody_else(store: Engine, verbs: tuple[str, ...]) -> None:
    ask_one_who_is_gone(*verbs)
    assert deliver_due(Post(), draw, at(NOW)) == 1
    original, told = rows()
    assert (told.person_id, told.card_id, as_notice(told.notice).buttons) == (2, None, ())
    assert (told.notice["title"], "请代为处理" in told.notice["desc"]) == ("新客户来电", True)
    assert as_notice(original.notice).buttons


def test_a_supervisor_who_holds_the_same_card_is_not_told_twice(store: Engine) -> None:
    ask_one_who_is_gone("assign", "later")
    with uow.transaction() as s:
        messages.prompt_card(
            s, 2, Notice("新客户来电", "某公司"), [Tap("分配", "assign", {})],
            matter="m", dedupe="card:2", now=NOW, policy=Policy(),
        )  # fmt: skip
    assert deliver_due(Post(), draw, at(NOW)) == 1
    assert [(found.person_id, found.state) for found in rows()] == [(1, OutboxState.DEAD), (2, OutboxState.SENT)]


def test_one_person_gets_at_most_25_in_any_minute_and_the_rest_later_in_order(store: Engine) -> None:
    for number in range(40):
        promise(f"{number:02}", dedupe=f"n{number:02}")
    promise("别人", person_id=2, dedupe="other")
    post, sent, now = Post(), [], NOW + 55 * SECOND
    while len(post.documents) < 41:
        count = deliver_due(post, draw, at(now))
        sent += [now] * count
        now += SECOND
    for start in sent:
        assert sum(start <= moment < start + timedelta(minutes=1) for moment in sent) <= 26
    assert len([moment for moment in sent if moment == NOW + 55 * SECOND]) == 26
    assert "lisi" in post.documents[25]
    bodies = [document[-2:] for document in post.documents if "ZhangSan" in document]
    assert bodies == sorted(bodies)
    assert now - NOW < timedelta(minutes=3)


def test_one_person_gets_at_most_900_in_an_hour(store: Engine) -> None:
    from crm.usecases.send_limits import count_send, free_at

    with uow.transaction() as s:
        for number in range(900):
            count_send(s, 1, NOW + number * SECOND * 3)
        full = NOW + 2700 * SECOND
        quiet_until = free_at(s, 1, full)
        assert quiet_until is not None
        assert NOW + HOUR <= quiet_until <= NOW + HOUR + 20 * SECOND
        assert free_at(s, 1, quiet_until) is None


def test_the_parts_of_a_long_answer_arrive_in_order_even_when_the_first_fails(store: Engine) -> None:
    with uow.transaction() as s:
        messages.prompt_parts(s, 1, ["甲", "乙", "丙"], dedupe="long", now=NOW)
    post = Post(WecomError(PATH, -1))
    assert deliver_due(post, draw, at(NOW)) == 1
    deliver_due(post, draw, at(NOW + 10 * SECOND))
    assert [document[-1] for document in post.documents] == ["甲", "甲", "乙", "丙"]


def test_a_promise_too_old_to_help_is_not_sent(store: Engine) -> None:
    with uow.transaction() as s:
        messages.daily_list(s, 1, text("清单"), dedupe="list", now=NOW, due_at=NOW)
    post = Post()
    assert not deliver_one(post, draw, NOW + 12 * HOUR)
    assert (row("list").state, post.documents) == (OutboxState.EXPIRED, [])


def test_a_rate_limit_silences_everybody_for_the_time_wecom_asked(store: Engine) -> None:
    promise(dedupe="first")
    promise(person_id=2, dedupe="second")
    post = Post(WecomError(PATH, 45009))
    assert deliver_due(post, draw, at(NOW)) == 1
    assert not deliver_one(post, draw, NOW + 59 * SECOND)
    promise(person_id=3, dedupe="third", now=NOW + 59 * SECOND)
    assert not deliver_one(post, draw, NOW + 59 * SECOND)
    assert deliver_due(post, draw, at(NOW + 61 * SECOND)) == 3


def test_a_refused_app_pauses_all_sending_visibly_and_loses_nothing(store: Engine) -> None:
    promise(dedupe="first")
    promise(person_id=2, dedupe="second")
    post = Post(WecomError(PATH, 60020))
    assert deliver_due(post, draw, at(NOW)) == 1
    with uow.reading() as s:
        counts = outbox.counts(s)
    assert counts.states == {OutboxState.READY: 2}
    assert counts.paused_until
    assert counts.paused_until > NOW
    assert "可信" in counts.paused_for
    assert deliver_due(post, draw, at(NOW + timedelta(minutes=7))) == 2


def test_a_message_that_cannot_be_drawn_holds_back_no_other(store: Engine) -> None:
    promise("坏", dedupe="bad")
    promise("好", dedupe="good")

    def careful(draft: OutboxDraft) -> str:
        if draft.notice.body.startswith("坏"):
            raise ValueError("too many buttons")
        return draw(draft)

    assert deliver_due(Post(), careful, at(NOW)) == 1
    assert (row("bad").state, row("good").state) == (OutboxState.DEAD, OutboxState.SENT)


def test_an_unexpected_error_while_sending_is_an_attempt_without_an_answer(store: Engine) -> None:
    promise()

    def broken(_: str) -> Sent:
        raise RuntimeError("boom")

    assert deliver_one(broken, draw, NOW)
    assert (row().state, row().first_try_at) == (OutboxState.READY, NOW)


def test_an_administrator_sends_a_dead_letter_again_and_a_rep_may_not(store: Engine) -> None:
    promise()
    deliver_one(Post(WecomError(PATH, 40058)), draw, NOW)
    dead = row()
    assert dead.state == OutboxState.DEAD
    later = NOW + 100 * HOUR
    with pytest.raises(NotAllowed), uow.transaction() as s:
        outbox.retry(s, actor_by_id(s, 1), dead.id, later, entrance="console")
    with uow.transaction() as s:
        outbox.retry(s, actor_by_id(s, 3), dead.id, later, entrance="console")
    post = Post()
    assert deliver_one(post, draw, later)
    assert row().state == OutboxState.SENT
    with pytest.raises(Conflict), uow.transaction() as s:
        outbox.retry(s, actor_by_id(s, 3), dead.id, later, entrance="console")


def test_a_reminder_of_somebody_gone_reaches_the_supervisor_in_working_hours(store: Engine) -> None:
    with uow.transaction() as s:
        messages.prompt(s, 1, text("提醒"), dedupe="night", now=NOW)
        s.execute(update(OutboxMessage).values(notice_class=NoticeClass.REMINDER))
        s.execute(update(Person).where(Person.id == 1).values(status=PersonStatus.LEFT))
    night = NOW + 12 * HOUR
    assert not deliver_one(Post(), draw, night)
    assert rows()[1].due_at == NOW + timedelta(hours=22, minutes=30)


def test_what_waits_on_the_ladder_is_hurried_after_a_failure_and_not_looked_for_otherwise(store: Engine) -> None:
    promise("一", dedupe="first")
    deliver_one(Post(WecomError(PATH)), draw, NOW)
    later = NOW + timedelta(minutes=1)
    with uow.transaction() as s:
        s.execute(update(OutboxMessage).values(next_at=NOW + 3 * HOUR))
    promise("二", dedupe="second", now=later)
    assert deliver_one(Post(), draw, later)
    assert row("first").next_at == later + timedelta(minutes=1)
    with uow.transaction() as s:
        s.execute(update(OutboxMessage).where(OutboxMessage.dedupe == "first").values(next_at=NOW + 3 * HOUR))
    promise("三", dedupe="third", now=later)
    assert deliver_one(Post(), draw, later)
    assert row("first").next_at == NOW + 3 * HOUR  # nobody failed since
