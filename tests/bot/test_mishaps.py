"""What goes wrong on our side: kept where it shows, told to who waits, and never in the way of the next message."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from config.vocabulary import InboxState
from crm import uow
from gateways.spool import Spool
from models.messages import InboxEvent
from tests.bot.wecom import Wecom
from tests.support.company import customer, rows


def break_table(name: str) -> None:
    with uow.transaction() as s:
        s.execute(text(f"ALTER TABLE {name} RENAME TO broken_{name}"))


def mend_table(name: str) -> None:
    with uow.transaction() as s:
        s.execute(text(f"ALTER TABLE broken_{name} RENAME TO {name}"))


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool.db")


def test_a_statement_that_always_fails_is_kept_as_failed_and_not_spooled(wecom: Wecom, spool: Spool) -> None:
    customer("Zhang", "华东泵业有限公司")
    break_table("todo")
    assert "系统出错了" in wecom.say("Zhang", "/待办")
    assert [row.state for row in rows(InboxEvent)] == [InboxState.FAILED]
    assert spool.count() == 0


def test_what_cannot_even_be_noted_as_failed_waits_in_the_spool_and_then_counts_against_itself(
    wecom: Wecom, spool: Spool
) -> None:
    break_table("inbox_event")
    answer = wecom.post(wecom.text("Zhang", "/新建 华东泵业"))
    assert (answer.status_code, answer.data, spool.count()) == (200, b"", 1)
    (kept,) = spool.oldest(1)
    wecom.app.testing = False
    assert wecom.push(kept.query, kept.body, **wecom.drained(kept.query, kept.body)).status_code == 500
    mend_table("inbox_event")
    assert wecom.push(kept.query, kept.body, **wecom.drained(kept.query, kept.body)).status_code == 200
    assert "已新建" in wecom.waiting("Zhang")[-1].body


@pytest.mark.parametrize("kind", ["text", "image", "location", "card"])
def test_who_sent_a_message_that_came_too_late_is_told_once_that_nothing_was_done(wecom: Wecom, kind: str) -> None:
    made = int((wecom.clock.now() - timedelta(minutes=25)).timestamp())
    late = {
        "text": lambda: wecom.text("Zhang", "/新建 华东泵业", CreateTime=made),
        "image": lambda: wecom.document("Zhang", "image", CreateTime=made),
        "location": lambda: wecom.document("Zhang", "location", Location_X=31.2, Location_Y=121.4, CreateTime=made),
        "card": lambda: wecom.event("Zhang", "template_card_event", EventKey="k", TaskId="t", CreateTime=made),
    }[kind]()
    for _ in range(3):
        assert wecom.hear(late) == ""
    (told,) = wecom.waiting("Zhang")
    assert told.body.startswith("这条消息迟到了 25 分钟才收到，没有执行。如果还需要，请再发一次")
    assert ("华东泵业" in told.body) is (kind == "text")
    assert [row.state for row in rows(InboxEvent)] == [InboxState.LATE]


def test_a_late_event_that_nobody_sent_on_purpose_and_a_late_stranger_get_no_word(wecom: Wecom) -> None:
    made = int((wecom.clock.now() - timedelta(minutes=25)).timestamp())
    wecom.hear(wecom.event("Zhang", "LOCATION", CreateTime=made))
    wecom.hear(wecom.text("nobody", "/客户", CreateTime=made))
    wecom.hear(wecom.text("left", "/客户", CreateTime=made))
    assert wecom.waiting("Zhang") == wecom.waiting("left") == []
