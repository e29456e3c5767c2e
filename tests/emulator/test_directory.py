"""The directory and the customers as far as the app may see them, and the ways in: QR page, authorize, mini-program."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.emulator.conftest import APP, CORP, Emulator, Product

BACK = "http://127.0.0.1:8000/console/login?next=%2Fa"


def test_only_departments_of_the_visible_range_are_listed(emulator: Emulator) -> None:
    assert [row["id"] for row in emulator.api("department/list")["department"]] == [2, 3, 4, 5, 6, 7]
    assert [row["id"] for row in emulator.api("department/simplelist", id=2)["department_id"]] == [2, 3, 4]
    assert emulator.api("department/list", id=8)["errcode"] == 60011
    assert emulator.api("department/list", id=99)["errcode"] == 60003


def test_members_show_what_new_apps_are_given(emulator: Emulator) -> None:
    member = emulator.api("user/get", userid="LiQiang")
    assert (member["userid"], member["main_department"], member["direct_leader"]) == ("liqiang", 3, ["wanglei"])
    assert not {"mobile", "email", "avatar", "gender"} & set(member)
    assert {row["userid"] for row in emulator.api("user/list", department_id=3)["userlist"]} == {
        "wanglei", "liqiang", "zhangmin", "tangjie",
    }  # fmt: skip
    assert emulator.api("user/get", userid="guxin")["errcode"] == 60011
    assert emulator.api("user/get", userid="nobody")["errcode"] == 60111


def test_a_member_who_leaves_is_gone_and_one_who_comes_is_there(emulator: Emulator) -> None:
    emulator.act("member", userid="sunyue", delete=True)
    assert emulator.api("user/get", userid="sunyue")["errcode"] == 60111
    emulator.act("member", userid="gaoxiang", name="高翔", department=[4])
    assert emulator.api("user/get", userid="gaoxiang")["name"] == "高翔"
    assert emulator.send("text", {"content": "欢迎"}, touser="gaoxiang")["errcode"] == 0


def test_a_renamed_member_is_the_same_person_under_another_name(emulator: Emulator, product: Product) -> None:
    emulator.send("text", {"content": "旧账号"}, touser="wanglei")
    friend = emulator.act("stranger", userid="wanglei", name="范晓雨")["external_userid"]
    emulator.act("member", userid="WangLei", new_userid="wang.lei-2", position="大区主管")
    xml = product.received[-1].xml
    assert "<ChangeType><![CDATA[update_user]]></ChangeType><UserID><![CDATA[wanglei]]></UserID>" in xml
    assert "<NewUserID><![CDATA[wang.lei-2]]></NewUserID><Position><![CDATA[大区主管]]></Position></xml>" in xml
    assert emulator.api("user/get", userid="wanglei")["errcode"] == 60111
    assert emulator.api("user/get", userid="wang.lei-2")["position"] == "大区主管"
    assert emulator.api("user/get", userid="liqiang")["direct_leader"] == ["wang.lei-2"]
    leaders = {row["id"]: row["department_leader"] for row in emulator.api("department/list")["department"]}
    assert leaders[3] == ["wang.lei-2"]
    assert emulator.api("externalcontact/list", userid="wang.lei-2")["external_userid"] == [friend]
    assert emulator.api("externalcontact/get", external_userid=friend)["follow_user"][0]["userid"] == "wang.lei-2"
    assert emulator.send("text", {"content": "新账号"}, touser="wanglei")["errcode"] == 81013
    assert emulator.send("text", {"content": "新账号"}, touser="wang.lei-2")["errcode"] == 0
    assert [entry["body"]["content"] for entry in emulator.inbox("wang.lei-2")] == ["旧账号", "新账号"]


def test_a_member_may_be_called_as_before_and_somebody_new_as_he_was(emulator: Emulator, product: Product) -> None:
    emulator.act("member", userid="sunyue", new_userid="yue.sun")
    emulator.act("member", userid="sunyue", name="孙越", department=[4])
    assert [emulator.api("user/get", userid=one)["name"] for one in ("yue.sun", "sunyue")] == ["孙悦", "孙越"]
    emulator.act("member", userid="sunyue", delete=True)
    emulator.act("member", userid="yue.sun", new_userid="sunyue")
    assert emulator.api("user/get", userid="sunyue")["name"] == "孙悦"
    emulator.act("member", userid="sunyue", new_userid="SunYue")  # only the case
    assert emulator.api("user/get", userid="sunyue")["userid"] == "SunYue"


@pytest.mark.parametrize(
    "body",
    [
        {"userid": "liqiang", "new_userid": "wanglei"},
        {"userid": "liqiang", "new_userid": "WangLei"},
        {"userid": "liqiang", "new_userid": "liqiang"},
        {"userid": "liqiang", "new_userid": "李强"},
        {"userid": "liqiang", "new_userid": "_li"},
        {"userid": "liqiang", "new_userid": "l" * 65},
        {"userid": "liqiang", "new_userid": 5},
        {"userid": "liqiang", "new_userid": "li", "delete": True},
        {"userid": "nobody", "new_userid": "somebody", "name": "某人", "department": [4]},
    ],
)
def test_a_userid_that_cannot_be_is_refused(emulator: Emulator, product: Product, body: dict[str, object]) -> None:
    emulator.act("member", 400, **body)
    assert product.received == []
    assert emulator.api("user/get", userid="liqiang")["name"] == "李强"


def test_customers_are_listed_read_and_paged(emulator: Emulator) -> None:
    mine = emulator.api("externalcontact/list", userid="liqiang")["external_userid"]
    assert len(mine) == 2
    assert emulator.api("externalcontact/list", userid="wanglei")["errcode"] == 84061
    assert emulator.api("externalcontact/list", userid="guxin")["errcode"] == 60011
    found = emulator.api("externalcontact/get", external_userid=mine[1])
    assert {friend["userid"] for friend in found["follow_user"]} == {"liqiang", "zhangmin"}
    assert emulator.api("externalcontact/get", external_userid="wmNobody")["errcode"] == 40096
    rows, cursor = [], ""
    while True:
        body = {"userid_list": ["liqiang", "zhangmin"], "limit": 3, "cursor": cursor}
        page = emulator.api("externalcontact/batch/get_by_user", body)
        rows += [
            (row["follow_info"]["userid"], row["external_contact"]["external_userid"])
            for row in page["external_contact_list"]
        ]
        if not (cursor := page["next_cursor"]):
            break
    assert len(rows) == len(set(rows)) == 4


def test_a_stranger_becomes_a_customer_and_stops_being_one(emulator: Emulator) -> None:
    external = emulator.act("stranger", userid="wanglei", name="范晓雨", corp_name="宁波海蔚船舶配件有限公司")[
        "external_userid"
    ]
    assert external.startswith("woDemo")
    assert emulator.api("externalcontact/list", userid="wanglei")["external_userid"] == [external]
    emulator.act("unfriend", userid="wanglei", external_userid=external, by="rep")
    assert emulator.api("externalcontact/list", userid="wanglei")["errcode"] == 84061


def enter(emulator: Emulator, page: str, **query: str) -> requests.Response:
    asked = {"appid": CORP, "agentid": str(APP["agentid"]), "redirect_uri": BACK, "state": "s t", **query}
    return requests.get(f"{emulator.base}{page}", params=asked, allow_redirects=False, timeout=10)


@pytest.mark.parametrize("page", ["/wwlogin/sso/login", "/wwopen/sso/qrConnect", "/connect/oauth2/authorize"])
def test_a_login_code_names_the_member_once(emulator: Emulator, page: str) -> None:
    assert "李强" in enter(emulator, page).text
    answer = enter(emulator, page, **{"as": "liqiang"})
    assert answer.status_code == 302
    target = urlsplit(answer.headers["Location"])
    query = parse_qs(target.query)
    assert (target.netloc, query["next"], query["state"]) == ("127.0.0.1:8000", ["/a"], ["s t"])
    code = query["code"][0]
    assert emulator.api("auth/getuserinfo", code=code)["userid"] == "liqiang"
    assert emulator.api("auth/getuserinfo", code=code)["errcode"] == 40029


def test_a_login_code_lives_five_minutes(emulator: Emulator) -> None:
    answer = enter(emulator, "/connect/oauth2/authorize", **{"as": "liqiang"})
    emulator.act("clock", advance=301)
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    assert emulator.api("auth/getuserinfo", code=code)["errcode"] == 40029


def test_outsiders_and_members_out_of_range_are_told_apart(emulator: Emulator) -> None:
    def info(who: str) -> dict[str, object]:
        answer = enter(emulator, "/connect/oauth2/authorize", **{"as": who})
        return emulator.api("auth/getuserinfo", code=parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0])

    assert info("guxin")["errcode"] == 60011
    outsider = info(emulator.api("externalcontact/list", userid="liqiang")["external_userid"][0])
    assert "userid" not in outsider
    assert str(outsider["openid"]).startswith("o")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"redirect_uri": "https://evil.example/x"}, "50001"),
        ({"redirect_uri": "http://127.0.0.1:8000@evil.example/"}, "50001"),
        ({"redirect_uri": "http://[/"}, "40058"),
        ({"redirect_uri": "javascript:alert(1)"}, "40058"),
        ({"appid": "wwother"}, "40013"),
        ({"agentid": "1"}, "301002"),
    ],
)
def test_a_login_that_does_not_belong_here_goes_nowhere(emulator: Emulator, query: dict[str, str], code: str) -> None:
    answer = enter(emulator, "/wwlogin/sso/login", **{"as": "liqiang", **query})
    assert answer.status_code == 200
    assert code in answer.text


def test_the_mini_program_code_is_redeemed_by_its_own_call_only(emulator: Emulator) -> None:
    code = emulator.act("mp-code", userid="liqiang")["code"]
    assert emulator.api("auth/getuserinfo", code=code)["errcode"] == 40029
    session = emulator.api("miniprogram/jscode2session", js_code=code, grant_type="authorization_code")
    assert (session["corpid"], session["userid"]) == (CORP, "liqiang")
    assert emulator.api("miniprogram/jscode2session", js_code=code, grant_type="authorization_code")["errcode"] == 40029


def test_a_menu_is_checked_kept_and_pressed(emulator: Emulator) -> None:
    menu = {"button": [
        {"type": "click", "name": "待办", "key": "todo"},
        {"name": "更多", "sub_button": [{"type": "view", "name": "排行", "url": "http://127.0.0.1:8000/r"}]},
    ]}  # fmt: skip
    agent = APP["agentid"]
    assert emulator.api("menu/get", agentid=agent)["errcode"] == 46003
    assert (
        emulator.api("menu/create", {"button": [{"type": "click", "name": "字" * 6, "key": "k"}]}, agentid=agent)[
            "errcode"
        ]
        == 40018
    )
    foreign = {"button": [{"type": "view", "name": "外", "url": "https://evil.example/"}]}
    assert emulator.api("menu/create", foreign, agentid=agent)["errcode"] == 40055
    assert emulator.api("menu/create", menu, agentid=agent)["errcode"] == 0
    assert emulator.api("menu/get", agentid=agent)["button"] == menu["button"]
    assert emulator.act("menu", userid="liqiang", key="todo")["attempts"][0]["status"] == 200
    assert emulator.act("menu", userid="liqiang", key="http://127.0.0.1:8000/r")["url"] == "http://127.0.0.1:8000/r"
    emulator.act("menu", 400, userid="liqiang", key="nothing")


def test_tickets_are_of_two_kinds(emulator: Emulator) -> None:
    corp, agent = emulator.api("get_jsapi_ticket")["ticket"], emulator.api("ticket/get", type="agent_config")["ticket"]
    assert corp != agent
    assert emulator.api("get_jsapi_ticket")["ticket"] == corp
    assert emulator.api("ticket/get", type="other")["errcode"] == 91040
