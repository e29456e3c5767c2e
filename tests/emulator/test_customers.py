"""Tags, groups, codes and edits at the emulator: what people do sends events, what the app does sends none."""

from pathlib import Path

import pytest

from emulator.generate import company
from tests.emulator.conftest import Emulator, Product, running

PERSON = "woDemoQianWeiguo0000000000000001"


def told(product: Product) -> list[str]:
    return [call.xml for call in product.received]


def test_a_tag_that_the_app_puts_on_a_customer_is_there_without_an_event(emulator: Emulator, product: Product) -> None:
    made = emulator.api("externalcontact/add_corp_tag", {"group_name": "等级", "tag": [{"name": "重点"}]})
    tag = made["tag_group"]["tag"][0]["id"]
    body = {"userid": "liqiang", "external_userid": PERSON, "add_tag": [tag]}
    assert emulator.api("externalcontact/mark_tag", body)["errcode"] == 0
    assert emulator.api("externalcontact/mark_tag", {**body, "add_tag": ["nobody's"]})["errcode"] == 40068
    (row,) = emulator.api("externalcontact/batch/get_by_user", {"userid_list": ["liqiang"], "limit": 1})[
        "external_contact_list"
    ]
    assert row["follow_info"]["tag_id"] == [tag]
    follower = emulator.api("externalcontact/get", external_userid=PERSON)["follow_user"][0]
    assert [(one["tag_name"], one["type"]) for one in follower["tags"]] == [("重点", 1)]
    assert told(product) == []
    emulator.act("tag", id=tag, delete=True)
    assert "<ChangeType><![CDATA[delete]]></ChangeType>" in told(product)[-1]
    assert emulator.api("externalcontact/get_corp_tag_list", {})["tag_group"] == []


def test_an_edit_tells_the_app_unless_it_was_the_telephone_alone(emulator: Emulator, product: Product) -> None:
    emulator.act("remark", userid="liqiang", external_userid=PERSON, remark_mobiles=["13800138000"])
    assert told(product) == []
    emulator.act("remark", userid="liqiang", external_userid=PERSON, remark="钱总")
    assert "edit_external_contact" in told(product)[-1]
    assert emulator.api("externalcontact/get", external_userid=PERSON)["follow_user"][0]["remark"] == "钱总"


@pytest.mark.slow
def test_groups_of_a_large_company_are_told_by_owner_only(tmp_path: Path, product: Product) -> None:
    with running(tmp_path, product.url, company=company(1001, 2, 400)) as large:
        path, owners = "externalcontact/groupchat/list", [f"m{n:05d}" for n in range(1001)]
        assert large.api(path, {"limit": 10})["errcode"] == 81017
        assert large.api(path, {"owner_filter": {"userid_list": owners[:101]}})["errcode"] == 40058
        assert large.api(path, {"owner_filter": {"userid_list": ["nobody"]}})["errcode"] == 60111
        pages = [large.api(path, {"owner_filter": {"userid_list": owners[n : n + 100]}}) for n in range(0, 1001, 100)]
        assert sum(len(page["group_chat_list"]) for page in pages) == 2


def groups(emulator: Emulator) -> list[dict[str, object]]:
    found: list[dict[str, object]] = emulator.api("externalcontact/groupchat/list", {"limit": 10})["group_chat_list"]
    return found


def test_a_group_comes_changes_and_is_dissolved(emulator: Emulator, product: Product) -> None:
    chat = emulator.act("group", userid="liqiang", name="一号群", add=[PERSON])["chat_id"]
    emulator.act("group", userid="liqiang", chat_id=chat, add=["wanglei"], name="改名")
    shown = emulator.api("externalcontact/groupchat/get", {"chat_id": chat})["group_chat"]
    assert (shown["name"], [one["type"] for one in shown["member_list"]]) == ("改名", [1, 2, 1])
    assert "add_member" in told(product)[-2]
    assert {"chat_id": chat, "status": 0} in groups(emulator)
    emulator.act("group", userid="liqiang", chat_id=chat, dissolve=True)
    assert chat not in {one["chat_id"] for one in groups(emulator)}
    assert emulator.api("externalcontact/groupchat/get", {"chat_id": chat})["errcode"] == 49008


def test_who_scans_a_code_brings_its_state_along(emulator: Emulator, product: Product) -> None:
    way = emulator.api("externalcontact/add_contact_way", {"type": 1, "scene": 2, "user": ["liqiang"], "state": "fair"})
    external = emulator.act("scan", state="fair", name="扫码人")["external_userid"]
    assert "<State><![CDATA[fair]]></State>" in told(product)[-1]
    assert emulator.api("externalcontact/get", external_userid=external)["follow_user"][0]["state"] == "fair"
    assert emulator.api("externalcontact/del_contact_way", {"config_id": way["config_id"]})["errcode"] == 0
    emulator.act("scan", 400, state="fair", name="来晚了")


def test_a_share_of_the_calls_meets_what_passes_by_itself(emulator: Emulator) -> None:
    token = emulator.token()
    emulator.act("faults", api={"department/list": {"troubled": 0.5}})
    codes = {emulator.api("department/list", token=token)["errcode"] for _ in range(40)}
    assert codes == {0, -1, 45009, 45033}


def test_whom_the_emulator_has_met_it_knows_after_a_restart(tmp_path: Path, product: Product) -> None:
    with running(tmp_path, product.url) as before:
        for remark in ("一", "二"):
            before.act("remark", userid="liqiang", external_userid=PERSON, remark=remark)
    with running(tmp_path, product.url) as after:
        follower = after.api("externalcontact/get", external_userid=PERSON)["follow_user"][0]
        assert follower["remark"] == "二"
        after.act("reset")
    with running(tmp_path, product.url) as anew:
        assert anew.api("externalcontact/get", external_userid=PERSON)["follow_user"][0]["remark"] == "钱经理-恒泽水务"
