"""What can be done at the desk itself: customers given away, to-dos and contacts settled, all of it taken back."""

import json
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from config.grants import Grant
from config.vocabulary import ContactState, FieldObject, OwnershipReason, Role
from crm import uow
from crm.access import actor_by_userid
from crm.holding import Holder, holder_of
from crm.usecases import customers, followups, todos
from crm.usecases.grants import grant_fields
from crm.usecases.ownership import pass_on
from models.audit import AuditEntry
from models.customers import Customer
from models.deals import Deal
from models.links import ChatLink, ExternalContact, ExternalFollow
from models.timeline import Todo
from tests.console.conftest import SignIn
from tests.console.office import BY_ROLE, NOW

HTMX = {"HX-Request": "true"}
DRAWER = {**HTMX, "HX-Target": "drawer"}
ADMIN, LEAD, REP, DIRECTOR = (BY_ROLE[role] for role in (Role.ADMIN, Role.TEAM_LEAD, Role.REP, Role.DIRECTOR))


def customer_called(part: str) -> Customer:
    with uow.reading() as s:
        return s.scalars(select(Customer).where(Customer.name.contains(part))).one()


def contact_called(name: str) -> ExternalContact:
    with uow.reading() as s:
        return s.scalars(select(ExternalContact).where(ExternalContact.name == name)).one()


def person_id(userid: str) -> int:
    with uow.reading() as s:
        return actor_by_userid(s, userid).person_id


def first_todo() -> Todo:
    with uow.reading() as s:
        return s.scalars(select(Todo).order_by(Todo.due_at)).all()[0]


def verbs() -> list[str]:
    with uow.reading() as s:
        return list(s.scalars(select(AuditEntry.verb).where(AuditEntry.entrance == "console").order_by(AuditEntry.id)))


def queue_up(many: int) -> None:
    with uow.transaction() as s:
        rep = actor_by_userid(s, REP)
        for number in range(many):
            draft = customers.CustomerDraft(f"排队客户{number:02d}号有限公司")
            made = customers.create_customer(s, rep, draft, NOW - timedelta(days=60), entrance="chat")
            period, _, _ = holder_of(s, made.id)
            customer = s.get_one(Customer, made.id)
            queue, why = Holder.queue(2), OwnershipReason.RECYCLED
            pass_on(s, made.id, period, customer.silent_since, queue, why, None, NOW - timedelta(days=1))


def undo(client: FlaskClient, settled: TestResponse) -> TestResponse:
    """Press the 撤销 that the settled row offers, with what it carries."""
    url = re.findall(r'hx-post="([^"]+)"', settled.text)[0]
    carried = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', settled.text))
    return client.post(url, data=carried, headers=HTMX)


def heard(answer: TestResponse) -> dict[str, str]:
    events: dict[str, str] = json.loads(answer.headers["HX-Trigger"])
    return events


def test_every_waiting_customer_is_reached_by_turning_pages(sign_in: SignIn) -> None:
    queue_up(10)
    client = sign_in(LEAD)
    first, second = client.get("/console/").text, client.get("/console/?queue=2").text
    for number in range(10):
        assert f"把排队客户{number:02d}号有限公司分配给" in first + second
    assert "11 个" in first
    assert "queue=2#queue" in first
    assert second.count("分配给") == 3
    assert client.get("/console/?queue=99").text.count("分配给") == 3


def test_every_list_of_the_desk_can_be_turned(sign_in: SignIn) -> None:
    with uow.transaction() as s:
        rep = actor_by_userid(s, REP)
        deal = s.scalars(select(Deal).where(Deal.owner_id == rep.person_id).order_by(Deal.stage_since)).all()[0]
        for number in range(10):
            due = NOW - timedelta(days=1, minutes=number)
            todos.add_todo(s, rep, None, f"电话{number:02d}", due, NOW - timedelta(days=2), entrance="chat")
            twin = {
                column: getattr(deal, column)
                for column in ("customer_id", "owner_id", "stage_id", "amount", "stage_since", "created_at")
            }
            s.add(Deal(name=f"商机{number:02d}", **twin))
            contact = ExternalContact(
                external_userid=f"more{number}", name=f"新朋友{number:02d}", state=ContactState.UNLINKED, created_at=NOW
            )
            s.add(contact)
            s.flush()
            s.add(ExternalFollow(external_contact_id=contact.id, person_id=rep.person_id, started_at=NOW))
    client = sign_in(REP)
    for section, word in (("todos", "电话"), ("stuck", "商机"), ("contacts", "新朋友")):
        turned = "".join(client.get(f"/console/?{section}={page}").text for page in (1, 2))
        assert {f"{word}{number:02d}" for number in range(10)} <= set(re.findall(rf"{word}\d\d", turned)), section


def test_an_assignment_says_that_the_counts_have_changed_and_can_be_taken_back(sign_in: SignIn) -> None:
    client, queued = sign_in(LEAD), customer_called("扬州永盛")
    given = client.post(f"/console/queue/{queued.public_id}/assign", data={"to": person_id(REP)}, headers=HTMX)
    assert "changed" in heard(given)
    assert "0 个" in client.get("/console/").text
    back = undo(client, given)
    assert "把扬州永盛阀门有限公司分配给" in back.text
    assert customer_called("扬州永盛").owner_id is None
    assert verbs()[-2:] == ["assign", "take_back"]
    assert undo(client, given).status_code == 409


def test_an_assignment_that_was_followed_up_stays(sign_in: SignIn) -> None:
    client, queued = sign_in(LEAD), customer_called("扬州永盛")
    given = client.post(f"/console/queue/{queued.public_id}/assign", data={"to": person_id(REP)}, headers=HTMX)
    with uow.transaction() as s:
        later = NOW + timedelta(minutes=1)
        words = "打了电话，约好周四上门看水泵"
        followups.write_follow_up(s, actor_by_userid(s, REP), queued.id, words, later, entrance="chat")
    assert undo(client, given).status_code == 409
    assert customer_called("扬州永盛").owner_id == person_id(REP)


def test_a_waiting_customers_own_page_lets_its_lead_assign_it_and_nobody_else(sign_in: SignIn) -> None:
    queued, held = customer_called("扬州永盛"), customer_called("苏州恒力")
    for who in (LEAD, DIRECTOR, ADMIN):
        assert "把扬州永盛阀门有限公司分配给" in sign_in(who).get(f"/console/customers/{queued.public_id}").text, who
    assert "分配给</" not in sign_in(LEAD).get(f"/console/customers/{held.public_id}").text
    assert "等我分配" not in sign_in(LEAD).get(f"/console/customers/{held.public_id}").text


def test_a_to_do_is_done_and_stands_again_after_undo(sign_in: SignIn) -> None:
    client, todo = sign_in(REP), first_todo()
    assert f'id="todo-{todo.id}"' in client.get("/console/").text
    done = client.post(f"/console/todos/{todo.id}/finish", headers=HTMX)
    assert "已完成" in done.text
    assert f'id="todo-{todo.id}"' not in client.get("/console/").text
    assert f'id="todo-{todo.id}"' in undo(client, done).text
    assert f'id="todo-{todo.id}"' in client.get("/console/").text
    assert verbs()[-2:] == ["finish_todo", "reopen_todo"]


def test_a_to_do_is_put_off_a_day_and_back_again(sign_in: SignIn) -> None:
    client, todo = sign_in(REP), first_todo()
    put_off = client.post(f"/console/todos/{todo.id}/postpone", headers=HTMX)
    assert "已推迟到 2026-11-24 10:00" in put_off.text
    assert f'id="todo-{todo.id}"' not in client.get("/console/").text
    assert f'id="todo-{todo.id}"' in undo(client, put_off).text
    assert first_todo().due_at == todo.due_at


def test_a_to_do_that_was_finished_elsewhere_is_not_put_off(sign_in: SignIn) -> None:
    client, todo = sign_in(REP), first_todo()
    client.post(f"/console/todos/{todo.id}/finish", headers=HTMX)
    assert client.post(f"/console/todos/{todo.id}/postpone", headers=HTMX).status_code == 404


@pytest.mark.parametrize("was", ["", "morgen", "2026-11-23T10:00:00"])
def test_an_undo_that_carries_no_moment_is_refused_in_a_sentence(sign_in: SignIn, was: str) -> None:
    answer = sign_in(REP).post(f"/console/todos/{first_todo().id}/restore", data={"was": was}, headers=HTMX)
    assert answer.status_code == 400
    assert "没有撤销" in answer.text


def test_a_contact_is_linked_to_a_customer_looked_up_by_name(sign_in: SignIn) -> None:
    client, contact, customer = sign_in(REP), contact_called("赵工"), customer_called("苏州恒力")
    assert f"/console/contacts/{contact.id}" in client.get("/console/").text
    assert "没有找到「江阴船舶」" in client.get(f"/console/contacts/{contact.id}", headers=DRAWER).text
    found = client.get(f"/console/contacts/{contact.id}?q=hengli", headers=DRAWER).text
    assert "苏州恒力泵业有限公司" in found
    linked = client.post(f"/console/contacts/{contact.id}/link", data={"customer": customer.id}, headers=HTMX)
    assert "已关联到「苏州恒力泵业有限公司」" in linked.text
    with uow.reading() as s:
        assert s.scalars(select(ChatLink.customer_id).where(ChatLink.key == "wm0")).all() == [customer.id]
    assert f'id="contact-{contact.id}"' in undo(client, linked).text
    with uow.reading() as s:
        assert s.scalars(select(ChatLink.customer_id).where(ChatLink.key == "wm0")).all() == []


def test_a_contact_is_not_linked_to_a_customer_out_of_sight(sign_in: SignIn) -> None:
    client, contact, theirs = sign_in(REP), contact_called("赵工"), customer_called("广州")
    assert "广州" not in client.get(f"/console/contacts/{contact.id}?q=guangzhou", headers=DRAWER).text
    answer = client.post(f"/console/contacts/{contact.id}/link", data={"customer": theirs.id}, headers=HTMX)
    assert answer.status_code == 409
    assert "广州" not in answer.text


def test_a_contact_is_ignored_and_chased_again(sign_in: SignIn) -> None:
    client, contact = sign_in(REP), contact_called("赵工")
    ignored = client.post(f"/console/contacts/{contact.id}/ignore", data={"reason": "peer"}, headers=HTMX)
    assert "不再提醒" in ignored.text
    assert contact_called("赵工").state == ContactState.IGNORED
    assert "赵工" in undo(client, ignored).text
    assert contact_called("赵工").state == ContactState.UNLINKED


def test_a_contact_of_two_reps_is_one_contact(sign_in: SignIn) -> None:
    contact = contact_called("赵工")
    with uow.transaction() as s:
        s.add(ExternalFollow(external_contact_id=contact.id, person_id=person_id("Li.Na"), started_at=NOW))
    body = sign_in(LEAD).get("/console/").text
    assert "2 位" in body  # 赵工 and 王采购
    assert body.count(f'id="contact-{contact.id}"') == 1
    assert re.search("(张伟、李娜|李娜、张伟) 的联系人", body)


def test_a_deal_of_a_customer_whom_nobody_holds_is_not_stuck(sign_in: SignIn) -> None:
    """The sweep's question: it tells the deal's owner, and a customer in the queue has none."""
    held = customer_called("苏州恒力")
    assert "恒力泵业二期循环泵" in sign_in(LEAD).get("/console/").text
    with uow.transaction() as s:
        period, _, _ = holder_of(s, held.id)
        since = s.get_one(Customer, held.id).silent_since
        pass_on(s, held.id, period, since, Holder.queue(2), OwnershipReason.RECYCLED, None, NOW)
    assert "恒力泵业二期循环泵" not in sign_in(LEAD).get("/console/").text


def test_a_stuck_deal_shows_no_more_than_the_readers_groups(sign_in: SignIn) -> None:
    def stuck() -> str:
        return sign_in(LEAD).get("/console/").text.partition('id="stuck"')[2].partition("</section>")[0]

    assert "¥" in stuck()
    with uow.transaction() as s:
        admin = actor_by_userid(s, ADMIN)
        hidden = {(Role.TEAM_LEAD, "basic"): Grant(read=False, edit=False)}
        grant_fields(s, admin, FieldObject.DEAL, hidden, admin.at, entrance="console")
    assert "苏州恒力" in stuck()
    assert "恒力泵业二期循环泵" not in stuck()
    assert "¥" not in stuck()


def test_a_long_timeline_is_read_to_its_end(sign_in: SignIn) -> None:
    customer = customer_called("昆山精密")
    with uow.transaction() as s:
        rep = actor_by_userid(s, REP)
        for number in range(60):
            at = NOW - timedelta(minutes=number)
            followups.write_follow_up(s, rep, customer.id, f"第{number:02d}次通话，谈交货期和付款", at, entrance="chat")
    client = sign_in(REP)
    first = client.get(f"/console/customers/{customer.public_id}").text
    assert "第00次" in first
    assert "第59次" not in first
    assert "更早的" in first
    older = client.get(f"/console/customers/{customer.public_id}?page=2").text
    assert "第59次" in older
    assert "第00次" not in older
    assert 'rel="next"' not in older
    assert "没有更早的记录了" in client.get(f"/console/customers/{customer.public_id}?page=9").text
