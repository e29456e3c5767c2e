"""What the client reads out of each call, and what it refuses to read."""

from datetime import UTC, datetime

import pytest

from gateways.wecom.client import Department, Member, WecomClient
from gateways.wecom.errors import Kind
from tests.gateways.tiny_wecom import OK, Answer, Call, TinyWecom, always, failing


def test_departments_and_members_are_read(wecom: TinyWecom, client: WecomClient) -> None:
    wecom.answers["department/list"] = always(
        OK
        | {"department": [{"id": 2, "name": "华东", "parentid": 1, "order": 5, "department_leader": ["Li"]}, {"id": 1}]}
    )
    assert client.departments() == [Department(2, "华东", 1, 5, ("Li",)), Department(1, "", 0, 0, ())]
    person = {
        "userid": "Zhang", "name": "张三", "department": [2, 3], "is_leader_in_dept": [0, 1], "main_department": 3,
        "direct_leader": ["Li"], "status": 1, "position": "经理", "alias": "z",
    }  # fmt: skip
    wecom.answers["user/list"] = always(OK | {"userlist": [person, {"userid": "b", "status": 4}]})
    assert client.members(2) == [
        Member("Zhang", "张三", (2, 3), (3,), 3, "Li", 1, "经理", "z"),
        Member("b", "", (), (), 0, "", 4, "", ""),
    ]
    assert wecom.calls[-1].query["department_id"] == "2"
    wecom.answers["user/get"] = always(OK | person)
    assert client.member("Zhang").leader_in == (3,)


def test_all_pages_of_a_customers_followers_are_read(wecom: TinyWecom, client: WecomClient) -> None:
    def page(call: Call) -> Answer:
        number = int(call.query.get("cursor", "0"))
        follower = {
            "userid": f"u{number}",
            "remark": "王总",
            "createtime": 1700000000,
            "state": "ch",
            "oper_userid": "x",
        }
        person = {"external_userid": "wm1", "name": "王", "corp_name": "甲", "type": 2}
        more = {"next_cursor": str(number + 1)} if number < 2 else {"next_cursor": ""}
        return OK | {"external_contact": person, "follow_user": [follower] if number != 1 else []} | more

    wecom.answers["externalcontact/get"] = page
    person = client.external_contact("wm1")
    assert (person.name, person.corp_name, person.corp_full_name) == ("王", "甲", "")
    assert [follower.userid for follower in person.followers] == ["u0", "u2"]
    assert person.followers[0].createtime == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    wecom.answers["externalcontact/get"] = lambda call: {**page(call), "next_cursor": "0"}  # type: ignore[dict-item]
    assert failing(lambda: client.external_contact("wm1")).kind is Kind.RETRY


def test_a_login_names_the_member_and_refuses_outsiders(wecom: TinyWecom, client: WecomClient) -> None:
    wecom.answers["auth/getuserinfo"] = always(OK | {"userid": "Zhang"})
    assert client.user_of_login("c0de") == "Zhang"
    assert wecom.calls[-1].query["code"] == "c0de"
    wecom.answers["auth/getuserinfo"] = always(OK | {"openid": "o", "external_userid": "wm1"})
    error = failing(lambda: client.user_of_login("c0de"))
    assert error.kind is Kind.RECEIVER
    assert "不是本企业成员" in str(error)
    wecom.answers["auth/getuserinfo"] = always({"errcode": 40029, "errmsg": "invalid code"})
    assert failing(lambda: client.user_of_login("used")).kind is Kind.EXPIRED


@pytest.mark.parametrize("code", ["", "x" * 513, "码", "a\nb"])
def test_what_cannot_be_a_login_code_never_leaves_the_house(wecom: TinyWecom, client: WecomClient, code: str) -> None:
    for attempt in (client.user_of_login, client.user_of_miniapp):
        assert failing(lambda a=attempt: a(code)).kind is Kind.EXPIRED  # type: ignore[misc]
    assert not wecom.calls


def test_a_miniprogram_login_keeps_nothing_but_the_userid(wecom: TinyWecom, client: WecomClient) -> None:
    wecom.answers["miniprogram/jscode2session"] = always(OK | {"corpid": "ww1", "userid": "Li", "session_key": "k"})
    assert client.user_of_miniapp("c0de") == "Li"
    assert wecom.calls[-1].query == {"js_code": "c0de", "grant_type": "authorization_code", "access_token": "t1"}
    wecom.answers["miniprogram/jscode2session"] = always(OK | {"corpid": "ww2", "userid": "Li", "session_key": "k"})
    assert failing(lambda: client.user_of_miniapp("c0de")).kind is Kind.RECEIVER


def test_the_menu_goes_out_in_plain_utf8_for_this_app(wecom: TinyWecom, client: WecomClient) -> None:
    wecom.answers["menu/create"] = always(OK)
    client.create_menu({"button": [{"type": "click", "name": "待办", "key": "todo"}]})
    assert wecom.calls[-1].body == '{"button":[{"type":"click","name":"待办","key":"todo"}]}'.encode()
    assert wecom.calls[-1].query["agentid"] == "1000002"


def test_a_picture_of_the_chat_is_bytes_and_a_refusal_is_json(wecom: TinyWecom, client: WecomClient) -> None:
    wecom.answers["media/get"] = lambda call: b"\xff\xd8\xff" + call.query["media_id"].encode()
    assert client.media("m1") == b"\xff\xd8\xffm1"
    wecom.good.clear()  # an old token is exchanged here as well
    assert client.media("m2") == b"\xff\xd8\xffm2"
    wecom.answers["media/get"] = always({"errcode": 40007, "errmsg": "invalid media_id"})
    assert failing(lambda: client.media("m1")).kind is Kind.EXPIRED
    wecom.answers["media/get"] = lambda _: 502
    assert failing(lambda: client.media("m1")).kind is Kind.RETRY
