"""What each page shows, to whom, and what happens when a button is pressed."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

from config.grants import Grant
from config.vocabulary import FieldObject, InboxState, OutboxState, PersonStatus, Role
from console.guard import COOKIE
from crm import uow
from crm.access import actor_by_userid
from crm.usecases.grants import grant_fields
from models.customers import Customer
from models.fields import FieldDefinition
from models.imports import ExportJob
from models.messages import InboxEvent, OutboxMessage
from models.ops import JobSlot
from models.people import Person, TeamScope
from tests.console.conftest import SignIn, World, session_of
from tests.console.office import BY_ROLE, CANARY

ROOT = Path(__file__).resolve().parents[2]
HTMX = {"HX-Request": "true"}
ADMIN, LEAD, REP = BY_ROLE[Role.ADMIN], BY_ROLE[Role.TEAM_LEAD], BY_ROLE[Role.REP]


def customer_called(part: str) -> str:
    with uow.reading() as s:
        return s.scalars(select(Customer.public_id).where(Customer.name.contains(part))).one()


def person_id(userid: str) -> int:
    with uow.reading() as s:
        return s.scalars(select(Person.id).where(Person.userid == userid)).one()


def message(state: OutboxState) -> int:
    with uow.reading() as s:
        return s.scalars(select(OutboxMessage.id).where(OutboxMessage.state == state).order_by(OutboxMessage.id)).all()[
            0
        ]


def test_the_desk_of_a_lead_says_who_needs_him(sign_in: SignIn) -> None:
    body = sign_in(LEAD).get("/console/").text
    assert "扬州永盛阀门有限公司" in body
    assert "原负责人 李娜" in body
    assert "还剩 1 天" in body
    assert "价格谈判停留" in body
    assert "红牌" in body
    assert "赵工" in body
    assert "送不出去" not in body


def test_the_desk_of_an_administrator_shows_what_is_stuck_in_the_machine(sign_in: SignIn) -> None:
    body = sign_in(ADMIN).get("/console/").text
    assert "1 条消息送不出去" in body
    assert "1 条收到的消息处理失败" in body


def test_the_head_of_a_customer_and_the_list_follow_the_readers_groups(sign_in: SignIn) -> None:
    lead, told = sign_in(LEAD), ("重点客户", "江苏苏州", "通用机械", "主动开发")

    def pages() -> tuple[str, str]:
        head = lead.get(f"/console/customers/{customer_called('恒力')}").text.partition("</header>")[0]
        return head, lead.get("/console/customers?q=恒力").text.partition('id="list"')[2]

    head, listed = pages()
    assert all(word in head for word in told)
    assert all(word in listed for word in told[:2])
    assert 'name="level"' in lead.get("/console/customers").text
    hidden = {(Role.TEAM_LEAD, "basic"): Grant(read=False, edit=False)}
    with uow.transaction() as s:
        admin = actor_by_userid(s, ADMIN)
        grant_fields(s, admin, FieldObject.CUSTOMER, hidden, admin.at, entrance="console")
    head, listed = pages()
    assert "＊＊＊ · ＊＊＊" in head
    assert not any(word in head + listed for word in told)
    assert 'name="level"' not in lead.get("/console/customers").text
    assert lead.get("/console/customers?level=key").status_code == 422


def test_next_year_warns_that_holidays_are_not_known(sign_in: SignIn, world: World) -> None:
    assert "法定节假日" not in sign_in(ADMIN).get("/console/").text
    world.now = world.now.replace(month=12, hour=3)
    token = session_of(ADMIN, world.now)
    client = sign_in(ADMIN)
    client.set_cookie(COOKIE, token, path="/console")
    assert "法定节假日" in client.get("/console/").text


def test_a_lead_gives_a_queued_customer_to_a_rep(sign_in: SignIn) -> None:
    queued, rep = customer_called("扬州永盛"), person_id(REP)
    answer = sign_in(LEAD).post(f"/console/queue/{queued}/assign", data={"to": rep}, headers=HTMX)
    assert answer.status_code == 200
    assert "已分配给 张伟" in answer.text
    with uow.reading() as s:
        assert s.scalars(select(Customer.owner_id).where(Customer.public_id == queued)).one() == rep
    again = sign_in(LEAD).post(f"/console/queue/{queued}/assign", data={"to": rep}, headers=HTMX)
    assert again.status_code == 409
    assert "已经在 张伟 名下" in again.text


def test_a_lead_returns_a_released_customer_to_its_rep(sign_in: SignIn) -> None:
    queued = customer_called("扬州永盛")
    answer = sign_in(LEAD).post(f"/console/queue/{queued}/return")
    assert answer.status_code == 303
    with uow.reading() as s:
        assert s.scalars(select(Customer.owner_id).where(Customer.public_id == queued)).one() == person_id("Li.Na")


@pytest.mark.parametrize("chosen", ["", "x", "-1", "9" * 30, "１"])
def test_assigning_to_nobody_is_refused_with_a_sentence(sign_in: SignIn, chosen: str) -> None:
    queued = customer_called("扬州永盛")
    answer = sign_in(LEAD).post(f"/console/queue/{queued}/assign", data={"to": chosen}, headers=HTMX)
    assert answer.status_code == 400
    assert "选一位同事" in answer.text


def test_a_queued_customer_of_another_team_is_not_there(sign_in: SignIn) -> None:
    theirs = customer_called("佛山")
    answer = sign_in(LEAD).post(f"/console/queue/{theirs}/assign", data={"to": person_id(REP)}, headers=HTMX)
    assert answer.status_code == 404
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=恒力", "苏州恒力"),
        ("q=hengli", "苏州恒力"),
        ("state=queued", "扬州永盛"),
        ("level=small", "南通海门"),
        ("q=%25", ""),
    ],
)
def test_customers_are_found_by_name_pinyin_and_filter(sign_in: SignIn, query: str, found: str) -> None:
    body = sign_in(LEAD).get(f"/console/customers?{query}").text
    assert "没有符合条件的客户" in body if not found else found in body
    assert "昆山精密" not in body


def test_customers_without_days_stand_behind_those_with(sign_in: SignIn) -> None:
    body = sign_in(LEAD).get("/console/customers?sort=days_left").text
    assert body.index("苏州恒力") < body.index("南通海门") < body.index("昆山精密") < body.index("扬州永盛")


def test_a_customers_file_shows_days_deals_contacts_and_owners(sign_in: SignIn) -> None:
    body = sign_in(REP).get(f"/console/customers/{customer_called('苏州恒力')}").text
    for words_on_page in ("还剩 1 天", "¥52.8 万", "张建国", "价格谈判", "归属历史", "先看二期循环泵"):
        assert words_on_page in body


@pytest.mark.parametrize(
    "junk", ["page=-3", "page=x", "page=99999999999999999999", "sort=;drop", "owner=٣", "level=%00", "team=1e9"]
)
def test_an_address_full_of_junk_still_opens_the_list(sign_in: SignIn, junk: str) -> None:
    for path in ("customers", "people", "messages", "audit"):
        assert sign_in(ADMIN).get(f"/console/{path}?{junk}").status_code == 200
    assert sign_in(ADMIN).get("/console/audit?before=x&since=2026-99-99&until=morgen").status_code == 200


def test_a_dead_letter_is_seen_with_its_reason_and_sent_again(sign_in: SignIn) -> None:
    client, dead = sign_in(ADMIN), message(OutboxState.DEAD)
    body = client.get(f"/console/messages/out/{dead}").text
    assert "不在应用的可见范围" in body
    assert "记跟进" in body
    answer = client.post(f"/console/messages/out/{dead}/retry", headers=HTMX)
    assert answer.status_code == 204
    with uow.reading() as s:
        assert s.get_one(OutboxMessage, dead).state == OutboxState.READY
    assert client.post(f"/console/messages/out/{dead}/retry", headers=HTMX).status_code == 409
    assert "重发消息" in client.get("/console/audit").text


def test_all_dead_letters_are_sent_again_at_once(sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    assert client.post("/console/messages/retry").status_code == 303
    assert "没有送不出去的消息" in client.get("/console/messages?tab=dead").text


def test_messages_are_found_by_person(sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    assert "苏州恒力" in client.get("/console/messages?q=zhang").text
    assert "苏州恒力" not in client.get("/console/messages?q=李娜").text


def test_an_administrator_changes_a_role_and_the_row_says_so(sign_in: SignIn) -> None:
    data = {"userid": "Li.Na", "role": "team_lead"}
    answer = sign_in(ADMIN).post("/console/people/role", data=data, headers=HTMX)
    assert answer.status_code == 200
    assert 'value="team_lead" selected' in answer.text
    with uow.reading() as s:
        assert s.get_one(Person, person_id("Li.Na")).role == Role.TEAM_LEAD


def test_the_last_administrator_cannot_step_down(sign_in: SignIn) -> None:
    answer = sign_in(ADMIN).post("/console/people/role", data={"userid": ADMIN, "role": "rep"}, headers=HTMX)
    assert answer.status_code == 409
    assert "最后一位" in answer.text


@pytest.mark.parametrize("data", [{"userid": "Li.Na", "role": "king"}, {"userid": "ghost", "role": "rep"}, {}])
def test_a_role_or_a_person_that_does_not_exist_is_refused(sign_in: SignIn, data: dict[str, str]) -> None:
    assert sign_in(ADMIN).post("/console/people/role", data=data, headers=HTMX).status_code in (400, 404)


def test_a_director_is_given_a_department_and_loses_it_again(sign_in: SignIn) -> None:
    client, data = sign_in(ADMIN), {"userid": "zhaogang", "team": "3"}
    assert client.post("/console/people/scope", data=data, headers=HTMX).status_code == 200
    assert CANARY in sign_in("zhaogang").get("/console/customers").text
    assert client.post("/console/people/scope/withdraw", data=data, headers=HTMX).status_code == 200
    assert CANARY not in sign_in("zhaogang").get("/console/customers").text
    with uow.reading() as s:
        assert s.scalars(select(TeamScope.team_id)).all() == [2]


def test_people_are_narrowed_to_a_department(sign_in: SignIn) -> None:
    rows = sign_in(ADMIN).get("/console/people?team=2").text
    assert ">zhangwei" in rows
    assert ">gaorep" not in rows


def test_the_directory_is_pulled_on_demand(sign_in: SignIn, world: World) -> None:
    client = sign_in(ADMIN)
    assert "客户、标签和客户群还没有同步过" in client.get("/console/people").text
    for times in (1, 2):
        answer = client.post("/console/people/sync", headers=HTMX)
        assert answer.status_code == 204
        assert "在后台更新" in json.loads(answer.headers["HX-Trigger"])["toast"]
        assert world.synced == times
    assert "客户、标签和客户群正在后台更新" in client.get("/console/people").text
    with uow.transaction() as s:
        (run,) = s.scalars(select(JobSlot).where(JobSlot.job == "contacts")).all()  # one, however often it is pressed
        run.done_at = world.now
    assert "正在后台更新" not in client.get("/console/people").text
    world.now += timedelta(minutes=7)
    client.post("/console/people/sync", headers=HTMX)
    assert "正在后台更新" in client.get("/console/people").text


def test_a_pull_by_hand_is_the_last_one_and_its_words_fit_a_header(sign_in: SignIn, world: World) -> None:
    world.told = "部门 3 个，成员 900 位\n" + "某某：不在任何可见部门里，没有同步\n" * 900
    client = sign_in(ADMIN)
    assert "上次同步 2026-11-23 10:00" in client.get("/console/people").text
    world.now += timedelta(minutes=7)
    answer = client.post("/console/people/sync", headers=HTMX)
    assert len(answer.headers["HX-Trigger"]) < 2000
    page = client.get("/console/people").text
    assert "上次同步 2026-11-23 10:07" in page
    assert "成员 900 位" in page
    assert "手动同步通讯录" in client.get("/console/audit?verb=sync_directory").text


def test_a_role_is_taken_back_with_the_departments_it_cost(sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    same = client.post("/console/people/role", data={"userid": "zhaogang", "role": "director"}, headers=HTMX)
    assert "/people/role/undo" not in same.text
    taken = client.post("/console/people/role", data={"userid": "zhaogang", "role": "rep"}, headers=HTMX)
    assert "/people/role/undo" in taken.text
    assert "华东一部" in client.get("/console/audit?verb=grant_role").text
    back = client.post("/console/people/role/undo", data={"userid": "zhaogang"}, headers=HTMX)
    assert 'value="director" selected' in back.text
    assert "/people/role/undo" not in back.text
    with uow.reading() as s:
        assert s.scalars(select(TeamScope.team_id)).all() == [2]


def test_a_role_that_a_colleague_changed_since_is_not_taken_back(sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    client.post("/console/people/role", data={"userid": "zhaogang", "role": "admin"}, headers=HTMX)
    colleague = sign_in("zhaogang")
    client.post("/console/people/role", data={"userid": "Li.Na", "role": "team_lead"}, headers=HTMX)
    colleague.post("/console/people/role", data={"userid": "Li.Na", "role": "operations"}, headers=HTMX)
    answer = client.post("/console/people/role/undo", data={"userid": "Li.Na"}, headers=HTMX)
    assert answer.status_code == 409
    assert "没有撤销" in answer.text
    assert client.post("/console/people/role/undo", data={"userid": REP}, headers=HTMX).status_code == 409


def test_who_has_left_is_given_no_department(sign_in: SignIn) -> None:
    with uow.transaction() as s:
        s.get_one(Person, person_id("zhoubo")).role = Role.DIRECTOR
    answer = sign_in(ADMIN).post("/console/people/scope", data={"userid": "zhoubo", "team": "2"}, headers=HTMX)
    assert answer.status_code == 400
    assert "周波 已离职" in answer.text


@pytest.mark.parametrize("path", ["", "customers", "audit", "messages", "static/x.css"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_sending_something_to_a_page_is_answered_in_our_own_words(sign_in: SignIn, path: str, method: str) -> None:
    answer = sign_in(ADMIN).open(f"/console/{path}", method=method)
    assert answer.status_code == 405
    assert "什么也没有执行" in answer.text
    assert answer.mimetype == "text/html"


def test_a_number_is_changed_in_place_and_a_bad_one_refused_beside_its_field(sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    good = client.post("/console/rules/card_days", data={"value": "20"}, headers=HTMX)
    assert good.status_code == 200
    assert 'value="20"' in good.text
    assert "王敏 改于" in good.text
    bad = client.post("/console/rules/card_days", data={"value": "900"}, headers=HTMX)
    assert bad.status_code == 422
    assert "要在 1 到 60" in bad.text
    assert 'value="900"' in bad.text
    money = client.post("/console/rules/director_above", data={"value": "60万"}, headers=HTMX)
    assert 'value="600,000"' in money.text
    assert "要填金额" in client.post("/console/rules/director_above", data={"value": "1e9"}, headers=HTMX).text
    order = client.post("/console/rules/remind_after_days", data={"value": "45"}, headers=HTMX)
    assert order.status_code == 422
    assert "一次比一次晚" in order.text
    assert client.post("/console/rules/nonsense", data={"value": "1"}, headers=HTMX).status_code == 404
    assert client.post("/console/rules/card_days", data={"value": "900"}).status_code == 422


def test_recycling_is_switched_off_and_says_what_that_means(sign_in: SignIn) -> None:
    answer = sign_in(ADMIN).post("/console/rules/recycling_live", data={"value": "false"}, headers=HTMX)
    assert "试运行" in answer.text
    assert "一个客户也不会被回收" in answer.text


def test_the_book_is_read_in_chinese_and_narrowed(sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    body = client.get("/console/audit?verb=change_policy").text
    assert "每天最多回收" in body
    assert "修改规则数字" in body
    assert "分管部门</b>" not in body
    assert "张伟" not in client.get("/console/audit?who=wangmin").text
    assert "苏州恒力" in client.get("/console/audit?about=恒力").text
    assert "没有符合条件" in client.get("/console/audit?until=2020-01-01").text


def test_the_book_is_checked_on_demand(sign_in: SignIn) -> None:
    assert "记录完好" in sign_in(ADMIN).get("/console/audit/verify", headers=HTMX).text


@pytest.mark.parametrize("asked", ["until=9999-12-31", "since=0001-01-01", "until=1999-12-31", "since=2101-01-01"])
def test_a_day_beyond_any_book_is_refused_in_a_sentence(sign_in: SignIn, asked: str) -> None:
    answer = sign_in(ADMIN).get(f"/console/audit?{asked}")
    assert answer.status_code == 422
    assert "日期要在 2000 年到 2100 年之间" in answer.text


def test_a_tap_that_failed_is_not_offered_to_be_repeated_by_somebody_else(sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    with uow.reading() as s:
        failed = s.scalars(select(InboxEvent.id).where(InboxEvent.state == InboxState.FAILED)).one()
    body = client.get(f"/console/messages/in/{failed}").text
    assert "不能代替本人重新处理" in body
    assert "重新处理</button>" not in body
    assert client.post(f"/console/messages/in/{failed}/retry", headers=HTMX).status_code == 409
    with uow.transaction() as s:
        s.get_one(InboxEvent, failed).event = "change_contact"
    assert "重新处理</button>" in client.get(f"/console/messages/in/{failed}").text
    assert client.post(f"/console/messages/in/{failed}/retry", headers=HTMX).status_code == 204


def test_who_is_disabled_is_out_at_once_and_reads_why(sign_in: SignIn) -> None:
    client = sign_in(REP)
    with uow.transaction() as s:
        s.get_one(Person, person_id(REP)).status = PersonStatus.DISABLED
    answer = client.get("/console/")
    assert answer.status_code == 403
    assert "已停用" in answer.text


def test_a_programming_error_becomes_a_sentence_with_a_number(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret inner words")

    client = sign_in(ADMIN)
    monkeypatch.setattr("crm.audit.verify", fail)
    answer = client.get("/console/audit/verify")
    assert answer.status_code == 500
    assert "编号" in answer.text
    assert "secret" not in answer.text


def test_the_list_is_narrowed_and_ordered_by_fields_that_operations_added(sign_in: SignIn) -> None:
    """Kept in the address, taken away one by one, and what was not understood says so beside what was typed."""
    ops, rep = sign_in(BY_ROLE[Role.OPERATIONS]), sign_in(REP)
    for label, kind, added in (("介质", "multi_select", "清水\n污水"), ("年用量", "number", "")):
        form = {"of": "customer", "group": "more", "help": "", "label": label, "kind": kind, "added": added}
        assert ops.post("/console/fields/new", data=form).status_code == 303
    for part, medium, tons in (("恒力", "清水", "120"), ("华光", "污水", "30"), ("天宏", "清水", "7")):
        form = {"jiezhi": medium, "was.jiezhi": "", "nianyongliang": tons, "was.nianyongliang": ""}
        assert rep.post(f"/console/customers/{customer_called(part)}/edit", data=form).status_code == 303
    blank = rep.get("/console/customers?add=jiezhi").text
    assert 'name="f.jiezhi" value="qingshui"' in blank
    assert "昆山精密" in blank
    page = rep.get("/console/customers?f.jiezhi=qingshui&f.jiezhi=&sort=-field:nianyongliang").text
    assert page.index("恒力泵业") < page.index("天宏机械")
    assert "华光环保" not in page
    assert '<td data-cell="年用量" class="num">120</td>' in page
    assert '<input type="hidden" name="f.jiezhi" value="qingshui">' in page  # the export takes it along
    many = rep.get("/console/customers?from.nianyongliang=20&to.nianyongliang=50").text
    assert ("华光环保" in many, "恒力泵业" in many) == (True, False)
    empty = rep.get("/console/customers?none.nianyongliang=1").text
    assert ("昆山精密" in empty, "恒力泵业" in empty) == (True, False)
    nothing = rep.get("/console/customers?from.nianyongliang=500").text
    assert "没有符合条件的客户" in nothing
    assert "清除全部筛选" in nothing
    gone = rep.get("/console/customers?f.nonsense=x&from.alsonot=&none.region=").text
    assert "1 个筛选条件没有用上" in gone
    assert "没有用上" not in nothing
    turned = rep.get("/console/customers?from.nianyongliang=50&to.nianyongliang=20")
    assert (turned.status_code, "写反了" in turned.text) == (422, True)
    dropped = rep.get("/console/customers?from.nianyongliang=500&drop=nianyongliang").text
    assert "恒力泵业" in dropped
    wrong = rep.get("/console/customers?from.nianyongliang=abc")
    assert (wrong.status_code, "「abc」不是数字" in wrong.text, 'value="abc"' in wrong.text) == (422, True, True)


def test_an_export_is_asked_of_the_list_as_it_is_narrowed(sign_in: SignIn) -> None:
    lead = sign_in(LEAD)
    form = {"q": "", "f.region": "江苏无锡", "sheets": ["customers"]}
    stale = lead.post("/console/exports", data=form | {"f.nonsense": "x"})
    assert (stale.status_code, "没有导出" in stale.text) == (422, True)  # it would be more than he had before him
    assert lead.post("/console/exports", data=form).status_code == 303
    with uow.reading() as s:
        job = s.scalars(select(ExportJob)).one()
        assert (job.rows, job.asked) == (1, {"where": [["region", "江苏无锡"]]})


@pytest.mark.parametrize("page", ["channels", "leads"])
@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("since=gestern", "没看懂日期「gestern」"),
        ("since=2026-03-01&until=2026-01-01", "从早到晚"),
        ("since=1026-03-01", "年份 1026"),
        ("until=9999-12-31", "年份 9999"),
    ],
)
def test_a_span_that_is_none_is_refused_in_words(sign_in: SignIn, page: str, days: str, said: str) -> None:
    answer = sign_in(REP).get(f"/console/{page}?{days}")
    assert answer.status_code == 422
    assert said in answer.text


def test_a_field_that_was_retired_while_a_form_was_open_loses_nothing_in_silence(sign_in: SignIn) -> None:
    ops, rep = sign_in(BY_ROLE[Role.OPERATIONS]), sign_in(REP)
    for label, kind in (("介质", "long_text"), ("工况", "text"), ("铭牌", "attachment")):
        new = {"of": "customer", "group": "more", "help": "", "label": label, "kind": kind, "added": ""}
        assert ops.post("/console/fields/new", data=new).status_code == 303
    path, much = f"/console/customers/{customer_called('恒力')}/edit", "含油污水，" * 150
    with uow.transaction() as s:
        for one in s.scalars(
            select(FieldDefinition).where(FieldDefinition.key.in_(("jiezhi", "gongkuang", "mingpai")))
        ):
            one.retired_at = datetime.now(UTC)
    form = {"jiezhi": much, "was.jiezhi": "", "gongkuang": "高温", "was.gongkuang": "", "was.mingpai": ""}
    form |= {"address": "相城大道 9 号", "was.address": "工业园区 88 号"}
    refused = rep.post(path, data={**form, "file.mingpai": (BytesIO(b"x"), "铭牌.jpg")})
    assert refused.status_code == 422
    for kept in (much, ">高温</textarea>", "文件：铭牌.jpg", "相城大道 9 号"):
        assert kept in refused.text
    form |= {"jiezhi": "", "gongkuang": ""}
    assert rep.post(path, data=form).status_code == 303


def test_a_company_like_one_that_is_there_is_looked_at_before_it_is_made(sign_in: SignIn) -> None:
    rep, form = sign_in(REP), {"name": "苏州恒力三泵业有限公司"}
    first = rep.post("/console/customers/new", data=form)
    assert (first.status_code, "名称相近的客户" in first.text, "仍要新建" in first.text) == (409, True, True)
    assert "苏州恒力泵业有限公司" in first.text
    made = rep.post("/console/customers/new", data=form | {"anyway": "1"})
    assert made.status_code == 303


def test_a_company_that_is_his_already_is_one_tap_away(sign_in: SignIn) -> None:
    again = sign_in(REP).post("/console/customers/new", data={"name": "苏州恒力泵业有限公司"})
    assert again.status_code == 409
    assert f'href="/console/customers/{customer_called("恒力")}" target="_blank"' in again.text


def test_the_history_of_an_amount_says_it_as_it_is_written(sign_in: SignIn) -> None:
    rep, path = sign_in(REP), f"/console/customers/{customer_called('恒力')}"
    for amount in ("80万", "90万"):
        assert rep.post(f"{path}/edit", data={"annual_estimate": amount}).status_code == 303
    page = rep.get(path).text
    assert ("¥80 万" in page, "800000.00" in page) == (True, False)
