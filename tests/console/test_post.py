"""消息: what is said while sending stands still, why a reminder was not sent, and how much of a round was done."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from config.vocabulary import InboxState, OutboxState, Role
from crm import uow
from crm.access import Actor
from crm.usecases import outbox
from models.audit import AuditEntry
from models.messages import InboxEvent, OutboxMessage
from models.ops import Pause
from tests.console.conftest import SignIn
from tests.console.office import BY_ROLE, NOW

HTMX = {"HX-Request": "true"}
ADMIN = BY_ROLE[Role.ADMIN]
WHY = "应用不可见（48002），请管理员检查"


def pause(minutes: int) -> None:
    with uow.transaction() as s:
        s.add(Pause(name="outbox", until=NOW + timedelta(minutes=minutes), reason=WHY))
        ready = OutboxMessage.state == OutboxState.READY
        s.execute(update(OutboxMessage).where(ready).values(next_at=NOW + timedelta(minutes=minutes)))
        s.execute(update(OutboxMessage).where(OutboxMessage.state == OutboxState.DEAD).values(state=OutboxState.SENT))


def test_a_pause_is_no_calm(sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    pause(5)
    body = client.get("/console/messages?tab=dead").text
    assert "发送暂停到 2026-11-23 10:05，5 条在等" in body
    assert WHY in body
    assert "现在就试" in body
    assert "一切正常" not in body


def test_who_has_mended_the_reason_need_not_wait(sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    pause(5)
    answer = client.post("/console/messages/resume", headers=HTMX)
    assert answer.status_code == 204
    with uow.reading() as s:
        assert s.scalars(select(Pause)).all() == []
        ready = select(OutboxMessage.next_at).where(OutboxMessage.state == OutboxState.READY)
        assert set(s.scalars(ready)) == {NOW}
        assert s.scalars(select(AuditEntry.verb)).all()[-1] == "resume_sending"
    book = client.get("/console/audit?verb=resume_sending").text
    assert WHY in book
    assert "恢复发送" in book
    again = client.post("/console/messages/resume", headers=HTMX)
    assert again.status_code == 409
    assert "没有暂停" in again.text


def test_what_may_have_arrived_keeps_its_own_time(sign_in: SignIn) -> None:
    pause(5)
    later = NOW + timedelta(hours=1)
    with uow.transaction() as s:
        s.execute(
            update(OutboxMessage)
            .where(OutboxMessage.state == OutboxState.READY)
            .values(first_try_at=NOW - timedelta(minutes=1), next_at=later)
        )
    sign_in(ADMIN).post("/console/messages/resume", headers=HTMX)
    with uow.reading() as s:
        ready = select(OutboxMessage.next_at).where(OutboxMessage.state == OutboxState.READY)
        assert set(s.scalars(ready)) == {later}


def test_a_reminder_of_something_done_says_so_and_is_not_offered_again(sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    with uow.reading() as s:
        number = s.scalars(select(OutboxMessage.id).where(OutboxMessage.state == OutboxState.EXPIRED)).one()
    for address in ("messages?tab=expired", f"messages/out/{number}"):
        assert "事情已经办了或改了时间，不用再提醒" in client.get(f"/console/{address}").text
    assert "重发这一条" not in client.get(f"/console/messages/out/{number}").text
    with uow.transaction() as s:
        s.get_one(OutboxMessage, number).error = "过了有效期还没有送出"
    assert "重发这一条" in client.get(f"/console/messages/out/{number}").text
    assert "不用再提醒" not in client.get("/console/messages?tab=expired").text


def test_what_was_told_together_leads_to_its_bundle_and_back(sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    with uow.transaction() as s:
        bundle, *folded = s.scalars(select(OutboxMessage).order_by(OutboxMessage.id).limit(3)).all()
        for one in folded:
            one.state, one.folded_into_id = OutboxState.FOLDED, bundle.id
        number, inside = bundle.id, [one.id for one in folded]
    told = client.get(f"/console/messages/out/{number}").text
    assert "合在这一条里的 2 件" in told
    assert all(f'href="/console/messages/out/{one}"' in told for one in inside)
    page = client.get(f"/console/messages/out/{inside[0]}").text
    assert "合成一条发出" in page
    assert f'href="/console/messages/out/{number}"' in page


def test_messages_stand_in_the_order_of_their_first_column_and_a_menus_tap_says_which(sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    with uow.transaction() as s:
        first = s.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).first()
        assert first is not None
        first.due_at += timedelta(days=30)
        second = s.get_one(OutboxMessage, first.id + 1)
        second.due_at += timedelta(days=60)
        ids = [first.id, second.id]
        values = {"msg_type": "event", "event": "click", "change_type": "", "userid": "zhang", "raw": "", "tries": 0}
        s.add(InboxEvent(key="m:menu", object_id="日报", state=InboxState.DONE, received_at=first.due_at, **values))
    page, coming = client.get("/console/messages").text, client.get("/console/messages?tab=coming").text
    told = re.findall(r'data-cell="应发时间" class="num">([^<]+)<', page)
    assert told == sorted(told, reverse=True)
    assert f"已到时间<b>{len(told)}</b>" in page
    assert not [one for one in ids if f'/console/messages/out/{one}"' in page]  # they would stand above today's
    assert re.findall(r'href="/console/messages/out/(\d+)"', coming) == list(map(str, ids))
    assert "未到时间<b>2</b>" in page
    assert "点菜单「日报」" in client.get("/console/messages?box=in").text


def test_the_numbers_of_the_tabs_follow_the_search(sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    with uow.reading() as s:
        his = len(s.scalars(select(OutboxMessage.id)).all())
    assert f"已到时间<b>{his}</b>" in client.get("/console/messages?q=zhang").text
    assert "已到时间<b>0</b>" in client.get("/console/messages?q=李娜").text
    assert "全部<b>0</b>" in client.get("/console/messages?box=in&q=李娜").text
    assert "全部<b>0</b>" not in client.get("/console/messages?box=in&q=zhang").text


def test_a_round_that_breaks_off_says_how_much_was_done(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    client, retry = sign_in(ADMIN), outbox.retry
    done: list[int] = []
    with uow.transaction() as s:
        s.execute(update(OutboxMessage).values(state=OutboxState.DEAD))

    def tired(s: uow.Session, actor: Actor, number: int, *rest: object, **named: object) -> None:
        if len(done) == 2:
            raise uow.StoreDown("gone")
        done.append(number)
        retry(s, actor, number, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("crm.usecases.outbox.retry", tired)
    answer = client.post("/console/messages/retry", headers=HTMX)
    assert answer.status_code == 503
    assert "2 条已放回待发送" in answer.text
    assert "没有执行" not in answer.text
    with uow.reading() as s:
        assert len(s.scalars(select(OutboxMessage).where(OutboxMessage.state == OutboxState.READY)).all()) == 2
    nothing = client.post("/console/messages/retry", headers=HTMX)
    assert "没有执行" in nothing.text
