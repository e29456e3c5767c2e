"""Merges and collisions, projects and leads from a phone: what the desk can, as far as this person may."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from config.vocabulary import CustomerLevel, CustomerSource, PersonStatus, Role
from crm import uow
from crm.access import actor_by_userid
from crm.usecases.customers import CustomerDraft, create_customer
from crm.usecases.policy import change
from models.people import Person, TeamLeader
from tests.api.conftest import CANARY, MINE, NOW, OTHERS, TEAMMATES, Phone, Shifting


@pytest.fixture
def engine(both_stores: Engine) -> Engine:
    return both_stores


@pytest.fixture
def twin(engine: Engine) -> str:
    """A second customer of the rep's own."""
    with uow.transaction() as s:
        draft = CustomerDraft("丙电气", CustomerLevel.NORMAL, CustomerSource.EVENT, address="丙路 8 号")
        return create_customer(s, actor_by_userid(s, "zhang", NOW), draft, NOW, entrance="miniapp").public_id


def test_two_of_ones_own_are_put_together_and_taken_apart(phone: Phone, twin: str) -> None:
    seen = phone.get(f"/customers/{MINE}/merge/{twin}").get_json()
    assert "name" in {one["key"] for one in seen["differs"]}
    merged = phone.post(f"/customers/{MINE}/merge", {"loser_id": twin, "from_loser": ["name"]}, key="m1")
    assert merged.status_code == 201
    assert phone.get(f"/customers/{MINE}").get_json()["name"] == "丙电气"
    assert [row["id"] for row in phone.get("/merges").get_json()["merges"]] == [merged.get_json()["id"]]
    apart = phone.post(f"/merges/{merged.get_json()['id']}/undo", None)
    assert (apart.status_code, apart.get_json()["loser_id"]) == (200, twin)
    assert phone.get(f"/customers/{MINE}").get_json()["name"] == "甲机电"
    assert phone.post(f"/merges/{merged.get_json()['id']}/undo", None).status_code == 410


def test_a_merge_says_whose_credit_it_cuts_and_until_when_it_can_be_undone(phone: Phone, twin: str) -> None:
    def shared(customer: str, userid: str, percent: int) -> None:
        wish = {"userid": userid, "access": "together", "last_day": "2026-12-31", "credit_percent": percent}
        assert phone.post(f"/customers/{customer}/shares", wish).status_code == 201

    shared(MINE, "li", 80)
    shared(twin, "sun", 30)
    cut = [{"person": "sun名", "before": 30, "after": 20}]
    assert phone.get(f"/customers/{MINE}/merge/{twin}").get_json()["cut"] == cut
    with uow.transaction() as s:
        change(s, None, "merge_undo_days", "7", NOW, entrance="shell")
    merged = phone.post(f"/customers/{MINE}/merge", {"loser_id": twin}).get_json()
    assert (merged["cut"], merged["undo_until"]) == (cut, (NOW + timedelta(days=7)).isoformat().replace("+00:00", "Z"))


def test_nobody_merges_what_is_not_his(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    assert phone.post(f"/customers/{MINE}/merge", {"loser_id": OTHERS}).status_code == 404
    assert phone.get(f"/customers/{MINE}/merge/{OTHERS}").status_code == 404
    assert phone_of("li").post(f"/customers/{MINE}/merge", {"loser_id": TEAMMATES}).status_code == 201


def test_collisions_are_for_those_who_decide_them(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    assert phone.get("/collisions").status_code == 403
    assert phone_of("li").get("/collisions").get_json() == {"collisions": []}
    assert phone_of("li").post(f"/collisions/{'0' * 20}/verdict", {"verdict": "holder"}).status_code == 404
    assert phone_of("li").post(f"/collisions/{'0' * 20}/verdict", {"verdict": "mine"}).status_code == 422


def test_a_collision_is_judged_by_both_supervisors_and_the_customer_moves(
    phone: Phone, phone_of: Callable[[str], Phone]
) -> None:
    with uow.transaction() as s:  # 金丝雀 gets a supervisor, in a team of his own
        s.add(
            Person(
                id=50, userid="wu", userid_key="wu", name="wu名", role=Role.TEAM_LEAD, status=PersonStatus.ACTIVE,
                team_id=3, changed_at=NOW,
            )
        )  # fmt: skip
        s.flush()
        s.add(TeamLeader(team_id=3, person_id=50))
    theirs_now = phone_of(CANARY).post("/customers", {"fields": {"name": "苏州瑞衡热能工程有限公司"}}).get_json()["id"]
    refused = phone.post("/customers", {"fields": {"name": "苏州市瑞衡热能工程有限公司"}})
    assert refused.status_code == 409
    assert "同事在跟进" in refused.get_json()["message"]
    mine, theirs = phone_of("li"), phone_of("wu")
    (asked,), (held,) = (one.get("/collisions").get_json()["collisions"] for one in (mine, theirs))
    assert asked["id"] == held["id"]
    path = f"/collisions/{asked['id']}/verdict"
    assert phone.post(path, {"verdict": "asker"}).status_code == 403
    first = mine.post(path, {"verdict": "asker"})
    assert (first.status_code, first.get_json()["said"]) == (200, "已记下您的意见，等另一方主管")
    assert phone.get(f"/customers/{theirs_now}").status_code == 404
    second = theirs.post(path, {"verdict": "asker"})
    assert second.status_code == 200
    assert phone.get(f"/customers/{theirs_now}").get_json()["mine"]
    again = mine.post(path, {"verdict": "holder"})
    assert (again.status_code, "已经裁定" in again.get_json()["message"]) == (410, True)


def test_a_project_is_made_changed_registered_and_given_up(phone: Phone, twin: str) -> None:
    made = phone.post("/projects", {"name": "二期循环水泵", "end_user_id": MINE, "tender_no": "SZ2026-0117"})
    assert made.status_code == 201
    assert made.get_json()["said"] == "项目「二期循环水泵」已建好。接着报备"
    project = f"/projects/{made.get_json()['id']}"
    assert phone.patch(project, {"site": "江苏无锡", "tender_no": "SZ2026-0118"}).get_json()["site"] == "江苏无锡"
    added = phone.post(f"{project}/parties", {"customer_id": twin, "role": "dealer"}).get_json()
    assert (twin, "dealer") in {(one["id"], one["role"]) for one in added["parties"]}
    held = phone.post(f"{project}/registrations", {"customer_id": twin})
    assert (held.status_code, held.get_json()["protected"]) == (201, True)
    stuck = phone.patch(project, {"tender_no": "SZ2026-0119"})
    assert stuck.status_code == 409
    assert "保护期" in stuck.get_json()["message"]
    assert phone.patch(project, {"name": "二期循环泵房"}).get_json()["end_user_id"] == MINE
    number = held.get_json()["id"]
    assert phone.post(f"/registrations/{number}/extend", {}).status_code == 409  # too early
    assert phone.post(f"/registrations/{number}/end", {"reason": "不做了"}).status_code == 200
    assert phone.post(f"/registrations/{number}/end", {}).status_code == 410
    assert phone.post(f"/registrations/{number}/restore", None).status_code == 200
    (standing,) = phone.get(project).get_json()["registrations"]
    assert (standing["standing"], standing["own"]) == ("protected", True)
    assert phone.post(f"{project}/state", {"state": "won"}).get_json()["state"] == "won"
    assert [row["id"] for row in phone.get("/projects?state=won").get_json()["projects"]] == [made.get_json()["id"]]
    assert phone.post(f"{project}/parties/remove", {"customer_id": twin, "role": "dealer"}).status_code == 200


def test_a_registration_is_extended_when_it_runs_out_and_that_is_taken_back(
    phone: Phone, phone_of: Callable[[str], Phone], clock: Shifting, twin: str
) -> None:
    made = phone.post("/projects", {"name": "二期循环水泵", "end_user": "常熟新泰纺织"}).get_json()
    held = phone.post(f"/projects/{made['id']}/registrations", {"customer_id": twin}).get_json()
    until, path = datetime.fromisoformat(held["expires_at"]), f"/registrations/{held['id']}"
    clock.now = until - timedelta(days=5)
    phone, lead, stranger = phone_of("zhang"), phone_of("li"), phone_of(CANARY)  # signed in anew
    assert stranger.post(f"{path}/extend", {}).status_code == 404
    extended = phone.post(f"{path}/extend", {"reason": "招标推迟到下季度"})
    assert extended.status_code == 200
    body = extended.get_json()
    was, ends = (datetime.fromisoformat(body[key]) for key in ("was", "expires_at"))
    assert (was, ends - was) == (until, timedelta(days=90))
    assert stranger.post(f"{path}/shorten", {"was": body["was"]}).status_code == 404
    assert lead.post(f"{path}/shorten", {"was": body["was"]}).status_code == 409  # it was not his
    assert phone.post(f"{path}/shorten", {"was": clock.now.isoformat()}).status_code == 409
    clock.now += timedelta(minutes=11)
    assert phone.post(f"{path}/shorten", {"was": body["was"]}).status_code == 410
    clock.now -= timedelta(minutes=5)
    shortened = phone.post(f"{path}/shorten", {"was": body["was"]})
    assert (shortened.status_code, shortened.get_json()["expires_at"]) == (200, body["was"])
    assert phone.post(f"{path}/shorten", {"was": body["was"]}).status_code == 409
    (standing,) = phone.get(f"/projects/{made['id']}").get_json()["registrations"]
    assert datetime.fromisoformat(standing["expires_at"]) == until
    clock.now = until
    assert phone_of("zhang").post(f"{path}/extend", {}).status_code == 410


def test_a_project_of_nobodys_is_not_there(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    made = phone_of("sun").post("/projects", {"name": "泵房改造", "end_user": "某厂"}).get_json()
    assert phone.get(f"/projects/{made['id']}").status_code == 404
    assert phone.patch(f"/projects/{made['id']}", {"site": "x"}).status_code == 404


def test_whoever_makes_a_project_or_corrects_one_hears_that_a_colleague_has_it(
    phone: Phone, phone_of: Callable[[str], Phone]
) -> None:
    theirs = {"name": f"{CANARY}泵房改造", "end_user": f"{CANARY}水务", "tender_no": "SZ2026-0117"}
    assert phone_of(CANARY).post("/projects", theirs).status_code == 201
    told = "同事在跟进这个项目（招标编号相同），请找您的主管协调，两边主管都已收到消息。先报备的受保护"
    made = phone.post("/projects", {"name": "二期循环水泵", "tender_no": "SZ 2026 0117"}).get_json()
    assert made["said"] == f"项目「二期循环水泵」已建好。{told}"
    other = phone.post("/projects", {"name": "污水泵", "end_user": "某厂"}).get_json()
    corrected = phone.patch(f"/projects/{other['id']}", {"site": "江苏无锡"})
    assert corrected.get_json()["said"] == "已更正项目地点"
    own = phone.patch(f"/projects/{other['id']}", {"tender_no": "sz20260117"})
    assert (own.status_code, "二期循环水泵" in own.get_json()["message"]) == (409, True)
    assert phone.post(f"/projects/{made['id']}/state", {"state": "lost"}).status_code == 200
    met = phone.patch(f"/projects/{other['id']}", {"tender_no": "sz20260117"})
    assert met.get_json()["said"] == f"已更正招标编号。{told}"
    assert CANARY not in str(made) + str(met.get_json())


def test_a_lead_is_handed_out_by_a_manager_and_the_last_step_is_taken_back(
    phone: Phone, phone_of: Callable[[str], Phone]
) -> None:
    lead, body = phone_of("li"), {"inlet": "manual", "company": "无锡蓝天泵业", "phone": "13800138000"}
    number = lead.post("/leads", body).get_json()["id"]
    assert phone.post(f"/leads/{number}/assign", {"userid": "zhang"}).status_code == 403
    assert lead.post(f"/leads/{number}/undo", None).status_code == 409
    assert lead.post(f"/leads/{number}/assign", {"userid": "ZHANG"}).status_code == 200
    assert phone.get(f"/leads/{number}").get_json()["mine"]
    assert lead.post(f"/leads/{number}/assign", {"userid": "nobody"}).status_code == 404
    assert lead.post(f"/leads/{number}/undo", None).status_code == 200
    assert phone.get(f"/leads/{number}").status_code == 404


def test_channels_tell_what_came_in(phone: Phone) -> None:
    (row,) = phone.get("/channels?since=2026-01-01").get_json()["channels"]
    assert (row["source"], row["customers"]) == ("event", 1)
    assert phone.get("/channels?since=2026-12-01&until=2026-01-01").status_code == 422
    assert phone.get("/channels?since=yesterday").status_code == 422
