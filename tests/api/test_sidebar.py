"""Beside a chat: identity and link in one answer, linking and away again, and who is told nothing."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select, update
from werkzeug.test import TestResponse

from config.vocabulary import ChatKind, LoginVia, QuoteState, Role, StageKind
from crm import name_index, uow
from crm.usecases import policy
from crm.usecases.contacts import Stranger, keep
from crm.usecases.sessions import open_session
from models.audit import AuditEntry
from models.collisions import Collision
from models.customers import Customer
from models.deals import Deal, Stage
from models.links import ChatLink, ExternalContact, ExternalFollow
from models.messages import OutboxMessage
from models.people import Person, TeamLeader
from models.quotes import Quote
from models.timeline import TimelineEntry
from tests.api.conftest import CANARY, MINE, NOW, OTHERS, TEAMMATES, LineDown, Phone, Shifting, make_app
from tests.api.test_quotes import listed
from tests.support.outside import HOME, TinyOutside

QIAN = "woQian0001"


@pytest.fixture
def outside() -> TinyOutside:
    return TinyOutside()


@pytest.fixture
def phone_of(both_stores: Engine, outside: TinyOutside, clock: Shifting, tmp_path: Path) -> Callable[[str], Phone]:
    app = make_app(clock, tmp_path / "files", outside.wecom())
    with uow.transaction() as s:
        name_index.put_many(s, [(number, name) for number, name in s.execute(select(Customer.id, Customer.name))])

    def signed_in(userid: str) -> Phone:
        with uow.transaction() as s:
            token, _ = open_session(s, userid, LoginVia.SIDEBAR, clock())
        return Phone(app.test_client(), token)

    return signed_in


@pytest.fixture
def phone(phone_of: Callable[[str], Phone]) -> Phone:
    return phone_of("zhang")


def known(userid: str, external: str = QIAN, name: str = "钱卫国", company: str = "甲机电") -> None:
    with uow.transaction() as s:
        keep(s, userid, Stranger(external, name, company, "采购经理", "钱经理"), NOW)


def link(
    phone: Phone, customer: str, seen: str | None = None, chat: str = QIAN, kind: str = "external_contact"
) -> TestResponse:
    return phone.post("/sidebar/link", {"kind": kind, "chat": chat, "customer_id": customer, "seen": seen})


def held(key: str = QIAN) -> str | None:
    with uow.reading() as s:
        found = select(Customer.public_id).join(ChatLink, ChatLink.customer_id == Customer.id)
        return s.scalar(found.where(ChatLink.key == key))


def test_who_is_not_linked_is_met_with_candidates_and_linked_in_one_more_request(phone: Phone) -> None:
    known("zhang")
    told = phone.get(f"/sidebar?external_userid={QIAN}").get_json()
    assert (told["state"], told["name"], told["company"], told["remark"]) == ("unlinked", "钱卫国", "甲机电", "钱经理")
    assert told["me"]["userid"] == "zhang"
    (hit,) = told["candidates"]
    assert (hit["id"], hit["name"], hit["same"]) == (MINE, "甲机电", True)
    done = link(phone, hit["id"]).get_json()
    assert done["said"] == "已关联到「甲机电」"
    card = done["sidebar"]["customer"]
    assert (card["id"], card["owner"], card["mine"], card["may"]) == (
        MINE,
        "zhang名",
        True,
        {"write": True, "deal": True},
    )
    assert card["days_left"] is not None
    assert "天" in card["why"]
    assert card["timeline"][0]["text"] == "把企微联系人「钱卫国」关联到本客户"
    assert phone.get(f"/sidebar?external_userid={QIAN}").get_json()["customer"] == card


def test_a_contact_that_no_event_told_of_is_asked_for_once_and_kept(phone: Phone, outside: TinyOutside) -> None:
    outside.friend("woNew", "沈建国", "甲机电", "Zhang", CANARY)
    for _ in range(2):
        told = phone.get("/sidebar?external_userid=woNew").get_json()
        assert (told["state"], told["name"]) == ("unlinked", "沈建国")
    assert outside.asked == ["woNew"]


def test_a_forged_id_a_foreign_contact_and_nobody_look_alike(phone: Phone, outside: TinyOutside) -> None:
    known(CANARY, "woTheirs", f"{CANARY}客户", f"{CANARY}阀门")
    outside.friend("woTheirs", f"{CANARY}客户", f"{CANARY}阀门", CANARY)
    outside.friend("woStrange", "谁", "某公司", CANARY)
    answers = [phone.get(f"/sidebar?external_userid={one}") for one in ("woTheirs", "woStrange", "woForged")]
    answers += [link(phone, MINE, chat=one) for one in ("woTheirs", "woStrange", "woForged")]
    assert {(one.status_code, one.get_data()) for one in answers} == {(404, answers[0].get_data())}
    with uow.reading() as s:  # and nothing of the stranger was kept
        assert s.scalar(select(ExternalContact).where(ExternalContact.external_userid == "woStrange")) is None


def test_a_colleagues_customer_is_neither_named_nor_told(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    known("zhang", company=f"{CANARY}阀门")
    told = phone.get(f"/sidebar?external_userid={QIAN}")
    (hit,) = told.get_json()["candidates"]
    assert (hit["id"], hit["name"], hit["owner"]) == (None, "", "同事在跟进")
    known(CANARY)
    assert link(phone_of(CANARY), OTHERS).status_code == 200
    told = phone.get(f"/sidebar?external_userid={QIAN}").get_json()
    assert (told["state"], told["customer"], told["candidates"]) == ("elsewhere", None, [])
    refused = link(phone, MINE)
    assert refused.status_code == 409
    assert CANARY not in refused.get_data(as_text=True)
    assert held() == OTHERS


def test_of_two_windows_the_second_hears_where_the_chat_is_linked(phone: Phone) -> None:
    known("zhang")
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.public_id == TEAMMATES).values(owner_id=1))
    assert link(phone, MINE).status_code == 200
    second = link(phone, TEAMMATES)  # from a window that still shows nobody
    assert second.status_code == 409
    assert second.get_json()["customer_id"] == MINE
    assert "已经关联到「甲机电」" in second.get_json()["message"]
    assert held() == MINE
    assert link(phone, TEAMMATES, seen=MINE).get_json()["sidebar"]["customer"]["id"] == TEAMMATES
    stale = phone.post("/sidebar/unlink", {"kind": "external_contact", "chat": QIAN, "seen": MINE})
    assert (stale.status_code, held()) == (409, TEAMMATES)


def test_an_unlinked_chat_waits_again_and_its_line_is_gone(phone: Phone, clock: Shifting) -> None:
    known("zhang")
    link(phone, MINE)
    clock.now += timedelta(minutes=3)
    body = {"kind": "external_contact", "chat": QIAN, "seen": MINE}
    told = phone.post("/sidebar/unlink", body).get_json()["sidebar"]
    assert (told["state"], told["candidates"][0]["id"]) == ("unlinked", MINE)
    with uow.reading() as s:
        assert all(one.retracted_at is not None for one in s.scalars(select(TimelineEntry)))
    assert phone.post("/sidebar/unlink", body).status_code == 409


def test_a_tap_sent_twice_links_once(phone: Phone) -> None:
    known("zhang")
    body = {"kind": "external_contact", "chat": QIAN, "customer_id": MINE, "seen": None}
    first, again = (phone.post("/sidebar/link", body, key="k1") for _ in range(2))
    assert (first.status_code, again.get_data()) == (200, first.get_data())
    with uow.reading() as s:
        assert len(s.scalars(select(TimelineEntry)).all()) == 1


def test_a_new_customer_is_made_linked_and_has_the_contact(phone: Phone) -> None:
    known("zhang", company="昆山恒泽水务设备有限公司")
    body = {"kind": "external_contact", "chat": QIAN, "name": "昆山恒泽水务设备有限公司"}
    body |= {"contact_name": "钱卫国", "title": "经理"}
    told = phone.post("/sidebar/customers", body).get_json()
    assert told["said"] == "已新建「昆山恒泽水务设备有限公司」并关联"
    card = told["sidebar"]["customer"]
    assert [(one["name"], one["title"]) for one in card["contacts"]] == [("钱卫国", "经理")]


def test_a_customer_made_by_mistake_goes_with_its_link_while_it_has_nothing_else(phone: Phone, clock: Shifting) -> None:
    body = {"kind": "external_contact", "chat": QIAN, "name": "昆山恒泽水务设备有限公司", "contact_name": "钱卫国"}
    known("zhang", company=body["name"])
    for noted, said in ((False, "已撤销，没有新建「昆山恒泽水务设备有限公司」"), (True, "客户保留着，没有撤销新建")):
        card = phone.post("/sidebar/customers", body).get_json()["sidebar"]["customer"]
        clock.now += timedelta(minutes=1)
        if noted:
            phone.post(f"/customers/{card['id']}/follow-ups", {"text": "确认了口径和扬程，周五前给方案"})
        undo = {"kind": "external_contact", "chat": QIAN, "seen": card["id"], "linked_at": card["linked_at"]}
        told = phone.post("/sidebar/unlink", undo).get_json()
        assert said in told["said"]
        assert told["sidebar"]["state"] == "unlinked"
        assert [one["id"] for one in told["sidebar"]["candidates"]] == ([card["id"]] if noted else [])


def test_a_company_that_a_colleague_has_is_reported_and_not_made(phone: Phone) -> None:
    known("zhang", company=f"{CANARY}阀门")
    body = {"kind": "external_contact", "chat": QIAN, "name": f"{CANARY}阀门"}
    told = phone.post("/sidebar/customers", body).get_json()
    assert "主管" in told["said"]
    assert (told["sidebar"]["state"], held()) == ("unlinked", None)


def test_who_makes_a_customer_like_a_colleagues_is_asked_first(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    known(CANARY, "woTheirs")
    theirs = {"kind": "external_contact", "chat": "woTheirs", "name": "无锡锦澜环保科技有限公司"}
    assert phone_of(CANARY).post("/sidebar/customers", theirs).status_code == 200
    known("zhang", company="锦澜环保")
    body = {"kind": "external_contact", "chat": QIAN, "name": "锦澜环保"}
    for _ in range(2):
        told = phone.post("/sidebar/customers", body).get_json()
        assert (told["alike"], told["sidebar"]["state"], held()) == (True, "unlinked", None)
        assert "无锡" not in told["said"]
    told = phone.post("/sidebar/customers", body | {"alike": "theirs"}).get_json()
    assert (told["alike"], held()) == (False, None)
    assert "双方主管裁定" in told["said"]
    told = phone.post("/sidebar/customers", body | {"alike": "others"}).get_json()
    assert told["said"] == "已新建「锦澜环保」并关联"
    with uow.reading() as s:
        assert [one.name for one in s.scalars(select(Collision))] == ["锦澜环保"]


def test_whoever_calls_a_company_a_colleagues_without_being_asked_has_looked(
    phone: Phone, phone_of: Callable[[str], Phone]
) -> None:
    known(CANARY, "woTheirs")
    theirs = {"kind": "external_contact", "chat": "woTheirs", "name": "无锡锦澜环保科技有限公司"}
    assert phone_of(CANARY).post("/sidebar/customers", theirs).status_code == 200
    known("zhang", company="锦澜环保")
    with uow.transaction() as s:
        policy.change(s, None, "lookups_per_day", "1", NOW, entrance="shell")
    body = {"kind": "external_contact", "chat": QIAN, "alike": "theirs"}
    assert phone.post("/sidebar/customers", body | {"name": "南通天河轴承"}).status_code == 409
    assert "双方主管裁定" in phone.post("/sidebar/customers", body | {"name": "锦澜环保"}).get_json()["said"]
    with uow.reading() as s:
        looks = s.scalars(select(AuditEntry).where(AuditEntry.verb == "look_alikes")).all()
        assert [(one.entrance, one.detail["typed"]) for one in looks] == [("sidebar", "锦澜环保")]
    for name in ("锦澜环保", "南通天河轴承"):
        refused = phone.post("/sidebar/customers", body | {"name": name})
        assert (refused.status_code, refused.get_json()["code"]) == (429, "used_up")


def test_the_other_friend_and_his_lead_hear_that_a_contact_was_linked_out_of_his_sight(phone: Phone) -> None:
    for userid in ("zhang", "sun", CANARY, "off"):
        known(userid)
    with uow.transaction() as s:  # 孙 sees it: to him nothing happens out of sight
        s.execute(update(Person).where(Person.userid == "sun").values(role=Role.DIRECTOR, team_id=1))
        s.add(TeamLeader(team_id=1, person_id=3))
    for _ in range(2):
        assert link(phone, MINE).status_code == 200
        phone.post("/sidebar/unlink", {"kind": "external_contact", "chat": QIAN, "seen": MINE})
    with uow.reading() as s:
        messages = s.scalars(select(OutboxMessage)).all()
    assert [one.notice["title"] for one in messages[2:]] == ["「钱卫国」的关联解除了"] * 2
    told = {one.person_id: one.notice for one in messages[:2]}
    assert told.keys() == {one.person_id for one in messages[2:]}
    assert "同事在跟进的客户" in told[4]["title"]
    assert "甲机电" not in str(told[4]["title"]) + str(told[4]["body"])
    assert "zhang名 关联了" in told[3]["title"]
    assert "甲机电" in str(told[3]["facts"])


def test_an_undone_change_of_customer_leads_back_and_takes_nobody_elses_link(phone: Phone, clock: Shifting) -> None:
    known("zhang")
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.public_id == TEAMMATES).values(owner_id=1))
    first = link(phone, MINE).get_json()["sidebar"]["customer"]
    clock.now += timedelta(days=2)
    second = link(phone, TEAMMATES, seen=MINE).get_json()["sidebar"]["customer"]
    undo = {"kind": "external_contact", "chat": QIAN, "seen": TEAMMATES, "linked_at": second["linked_at"]}
    clock.now += timedelta(minutes=1)
    assert phone.post("/sidebar/unlink", undo | {"linked_at": None, "former": MINE}).status_code == 422
    assert phone.post("/sidebar/unlink", undo | {"linked_at": first["linked_at"]}).status_code == 409
    assert phone.post("/sidebar/unlink", undo | {"former": OTHERS}).status_code == 404
    assert held() == TEAMMATES
    told = phone.post("/sidebar/unlink", undo | {"former": MINE}).get_json()
    assert told["said"] == "已撤销，仍关联到「甲机电」"
    back = told["sidebar"]["customer"]
    assert (back["id"], back["linked_at"], back["silent_days"]) == (MINE, first["linked_at"], 2)
    assert [one["kind_label"] for one in back["timeline"]].count("关联客户") == 1
    assert phone.post("/sidebar/unlink", undo | {"former": MINE}).status_code == 409
    assert held() == MINE


def test_an_undone_change_of_a_groups_customer_leads_back(phone: Phone, outside: TinyOutside, clock: Shifting) -> None:
    outside.chat("wrOne", "二期", "zhang", QIAN)
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.public_id == TEAMMATES).values(owner_id=1))
    link(phone, MINE, chat="wrOne", kind=ChatKind.CUSTOMER_GROUP)
    clock.now += timedelta(minutes=1)
    now = link(phone, TEAMMATES, MINE, "wrOne", ChatKind.CUSTOMER_GROUP).get_json()["sidebar"]["customer"]
    undo = {"kind": "customer_group", "chat": "wrOne", "seen": TEAMMATES, "former": MINE}
    stale = phone.post("/sidebar/unlink", undo | {"linked_at": "2026-11-23T02:00:00Z"})
    assert (stale.status_code, held("wrOne")) == (409, TEAMMATES)
    told = phone.post("/sidebar/unlink", undo | {"linked_at": now["linked_at"]}).get_json()
    assert (told["sidebar"]["customer"]["id"], held("wrOne")) == (MINE, MINE)


def test_who_is_linked_is_a_contact_of_the_card(phone: Phone) -> None:
    known("zhang")
    card = link(phone, MINE).get_json()["sidebar"]["customer"]
    assert card["linked"] == [{"name": "钱卫国", "linked_by": "zhang名"}]


def test_of_a_groups_people_each_company_is_looked_for(phone: Phone, outside: TinyOutside) -> None:
    known("zhang", "woFirst", "徐丽娟", f"{CANARY}阀门")
    known("zhang", company="甲机电")
    outside.chat("wrOne", "二期", "zhang", "woFirst", QIAN, "woElse")
    told = phone.get("/sidebar?chat_id=wrOne").get_json()
    first, second = told["candidates"]
    assert (first["id"], first["reason"]) == (MINE, f"群里的{QIAN}名在这家")
    assert (second["id"], second["owner"]) == (None, "同事在跟进")
    assert [one["id"] for one in told["members"]] == ["woFirst", QIAN, None]


def test_ones_own_fuller_remark_names_the_company(phone: Phone) -> None:
    known("zhang", company="锦澜环保")
    with uow.transaction() as s:
        s.execute(update(ExternalFollow).values(remark_corp_name="无锡锦澜环保科技有限公司"))
    assert phone.get(f"/sidebar?external_userid={QIAN}").get_json()["company"] == "无锡锦澜环保科技有限公司"


def test_a_follow_up_says_what_became_of_the_clock(phone: Phone) -> None:
    words = {"text": "和设备科确认了扬程和口径"}
    assert phone.post(f"/customers/{MINE}/follow-ups", words).get_json()["remark"] == ""
    with uow.transaction() as s:
        number = s.scalar(select(Customer.id).where(Customer.public_id == MINE))
        won = s.scalar(select(Stage).where(Stage.kind == StageKind.WON))
        assert won is not None
        s.add(
            Deal(
                customer_id=number, name="循环泵", amount=1, stage_id=won.id, owner_id=1,
                stage_since=NOW, created_at=NOW,
            )
        )  # fmt: skip
    told = phone.post(f"/customers/{MINE}/follow-ups", {"text": "二期的报价单已经寄出去了"}).get_json()
    assert (told["counts"], told["remark"]) == (True, "已有成交，沉默计时暂停中，不会被回收")


def test_a_supplier_is_ignored_and_comes_back(phone: Phone) -> None:
    known("zhang")
    body = {"kind": "external_contact", "chat": QIAN, "reason": "supplier"}
    assert phone.post("/sidebar/ignore", body).get_json()["sidebar"]["state"] == "ignored"
    back = phone.post("/sidebar/ignore", body | {"reason": None}).get_json()
    assert back["sidebar"]["state"] == "unlinked"


def test_a_group_shows_its_people_and_is_linked_by_those_in_it(
    phone: Phone, phone_of: Callable[[str], Phone], outside: TinyOutside
) -> None:
    known("zhang")
    link(phone, MINE)
    outside.chat("wrOne", "甲机电二期", "zhang", QIAN, "woElse")
    told = phone.get("/sidebar?chat_id=wrOne").get_json()
    assert (told["state"], told["kind"], told["name"]) == ("unlinked", "customer_group", "甲机电二期")
    assert [(one["known"], one["customer_id"]) for one in told["members"]] == [(True, MINE), (False, None)]
    (hit,) = told["candidates"]
    assert (hit["id"], hit["reason"]) == (MINE, f"群里的{QIAN}名是这家的联系人")
    assert phone_of("sun").get("/sidebar?chat_id=wrOne").status_code == 404
    assert link(phone_of("sun"), TEAMMATES, chat="wrOne", kind=ChatKind.CUSTOMER_GROUP).status_code == 404
    assert link(phone, OTHERS, chat="wrOne", kind=ChatKind.CUSTOMER_GROUP).status_code == 404
    done = link(phone, MINE, chat="wrOne", kind=ChatKind.CUSTOMER_GROUP).get_json()
    assert done["sidebar"]["customer"]["timeline"][0]["text"] == "把客户群「甲机电二期」关联到本客户"
    body = {"kind": "customer_group", "chat": "wrOne", "seen": MINE}
    assert phone.post("/sidebar/unlink", body).get_json()["sidebar"]["state"] == "unlinked"


def test_a_group_with_nobody_from_outside_says_so(phone: Phone, outside: TinyOutside) -> None:
    outside.chat("wrIn", "内部群", "zhang")
    told = phone.get("/sidebar?chat_id=wrIn").get_json()
    assert (told["state"], told["members"]) == ("empty", [])
    assert "没有外部联系人" in told["said"]


def test_where_wecom_does_not_answer_it_is_said(phone: Phone, outside: TinyOutside) -> None:
    outside.down = LineDown()
    for path in ("external_userid=woNew", "chat_id=wrOne"):
        answer = phone.get(f"/sidebar?{path}")
        assert (answer.status_code, answer.get_json()["code"]) == (502, "wecom_unavailable")
    known("zhang")  # whom we know needs no WeCom
    assert phone.get(f"/sidebar?external_userid={QIAN}").status_code == 200


@pytest.mark.parametrize("query", ["", "external_userid=a&chat_id=b", "external_userid=a%2Fb", "chat_id=" + "a" * 65])
def test_an_id_that_can_be_none_is_not_asked_about(phone: Phone, outside: TinyOutside, query: str) -> None:
    assert phone.get(f"/sidebar?{query}").status_code == 422
    assert outside.asked == []


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (f"{HOME}/sidebar/", 200),
        (f"{HOME}/sidebar/?from=chat", 200),
        (f"{HOME}/sidebar/#a", 422),
        (f"{HOME}/console/", 422),
        (f"{HOME}/sidebar/../console/", 422),
        ("https://crm.example.com.evil.com/sidebar/", 422),
        ("http://crm.example.com/sidebar/", 422),
        ("https://crm.example.com@evil.com/sidebar/", 422),
        ("https://[/sidebar/", 422),
    ],
)
def test_only_our_own_page_is_signed(phone: Phone, outside: TinyOutside, url: str, status: int) -> None:
    answer = phone.get("/jsapi/agent-config", query_string={"url": url})
    assert answer.status_code == status
    assert outside.asked == ([url] if status == 200 else [])


def test_a_todo_is_noted_for_a_customer(phone: Phone) -> None:
    body = {"text": "送样品", "due_at": "2026-11-24T15:00:00+08:00"}
    assert phone.post(f"/customers/{MINE}/todos", body).status_code == 201
    assert phone.post(f"/customers/{OTHERS}/todos", body).status_code == 404
    assert phone.post(f"/customers/{MINE}/todos", body | {"due_at": "2026-11-20T15:00:00+08:00"}).status_code == 422


def test_the_text_of_a_quote_says_what_is_paid_and_no_other_price(phone: Phone) -> None:
    known("zhang")
    lines = [{"product_id": listed(), "quantity": "2", "unit_price": "9500"}]
    assert phone.post(f"/customers/{MINE}/quotes", {"lines": lines}).status_code == 201
    second = phone.post(f"/customers/{MINE}/quotes", {"lines": lines}).get_json()["id"]
    with uow.transaction() as s:
        s.execute(update(Quote).where(Quote.public_id == second).values(state=QuoteState.IN_APPROVAL))
    waiting, open_one = link(phone, MINE).get_json()["sidebar"]["customer"]["quotes"]
    assert "IHG80-160 化工泵 2台 × 9,500.00 = 19,000.00" in open_one["text"]
    assert not any(price in open_one["text"] for price in ("8,000", "10,000", "8000", "10000"))
    assert (waiting["state"], waiting["text"]) == ("in_approval", None)


def test_a_file_of_the_customer_is_handed_on_and_nobody_elses(
    phone: Phone, phone_of: Callable[[str], Phone], outside: TinyOutside
) -> None:
    file = (BytesIO("技术协议第二稿".encode()), "技术协议.txt")
    url = f"/api/v1/customers/{MINE}/attachments"
    made = phone.client.post(url, data={"file": file}, headers=phone.headers).get_json()
    told = phone.post(f"/attachments/{made['id']}/media", None).get_json()
    assert told == {"msgtype": "file", "media_id": "M1", "name": "技术协议.txt"}
    assert outside.asked == ["file 技术协议.txt 21"]
    assert phone_of("sun").post(f"/attachments/{made['id']}/media", None).status_code == 404
    outside.down = LineDown()
    assert phone.post(f"/attachments/{made['id']}/media", None).status_code == 502


def test_ones_own_to_dos_about_the_customer_are_there_and_ticked_off(
    phone: Phone, phone_of: Callable[[str], Phone]
) -> None:
    known("zhang")
    link(phone, MINE)
    for text, day in (("回电话", 25), ("送样品", 24)):
        assert (
            phone.post(f"/customers/{MINE}/todos", {"text": text, "due_at": f"2026-11-{day}T09:00:00Z"}).status_code
            == 201
        )

    def told(userid: str = "zhang") -> list[str]:
        card = phone_of(userid).get(f"/sidebar?external_userid={QIAN}").get_json()["customer"]
        return [one["text"] for one in card["todos"]]

    assert told() == ["送样品", "回电话"]
    first = phone.get(f"/sidebar?external_userid={QIAN}").get_json()["customer"]["todos"][0]["id"]
    assert phone_of("sun").post(f"/todos/{first}/finish", None).status_code == 404
    assert phone.post(f"/todos/{first}/finish", None).status_code == 204
    assert told() == ["回电话"]
    assert phone.post(f"/todos/{first}/finish", None).status_code == 410
    assert phone.post(f"/todos/{first}/reopen", None).status_code == 204
    assert told() == ["送样品", "回电话"]


def test_one_look_takes_so_many_statements(phone: Phone, both_stores: Engine) -> None:
    """The bound is what it takes; whoever adds one says here why. The last: the photos of visits."""
    known("zhang")
    link(phone, MINE)
    seen: list[str] = []
    event.listen(both_stores, "before_cursor_execute", lambda *args: seen.append(args[2]))
    phone.get(f"/sidebar?external_userid={QIAN}")
    asked = [one for one in seen if one.lstrip().startswith("SELECT")]
    assert len(asked) <= 41, "\n".join(asked)
