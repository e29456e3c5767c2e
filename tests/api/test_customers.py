"""The list of customers by segment with what comes next, and one customer's timeline and quotes by page and kind."""

from collections.abc import Callable
from datetime import timedelta

from crm import uow
from crm.access import actor_by_userid
from crm.usecases.followups import write_follow_up
from crm.usecases.todos import add_todo
from tests.api.conftest import CANARY, MINE, NOW, OTHERS, QUEUED, TEAMMATES, Phone


def listed(phone: Phone, segment: str) -> list[str]:
    return sorted(row["id"] for row in phone.get(f"/customers?segment={segment}").get_json()["customers"])


def segments(phone: Phone) -> list[tuple[str, str]]:
    return [(one["key"], one["label"]) for one in phone.get("/customers").get_json()["segments"]]


def wrote(who: str, at: str, text: str, days_ago: int) -> None:
    with uow.transaction() as s:
        when = NOW - timedelta(days=days_ago)
        write_follow_up(s, actor_by_userid(s, who), at, text, when, entrance="chat")


def test_a_rep_has_his_own_and_what_is_shared_with_him(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    assert segments(phone) == [("mine", "我的"), ("team", "共享给我")]
    assert (listed(phone, "mine"), listed(phone, "team"), listed(phone, "pool")) == ([MINE], [], [])
    shared = phone_of("li").post(f"/customers/{TEAMMATES}/shares", {"userid": "zhang", "access": "read"})
    assert shared.status_code == 201
    assert (listed(phone, "mine"), listed(phone, "team")) == ([MINE], [TEAMMATES])


def test_a_supervisor_has_a_team_and_the_queue_he_decides_about(phone_of: Callable[[str], Phone]) -> None:
    lead = phone_of("li")
    assert segments(lead) == [("mine", "我的"), ("team", "团队"), ("pool", "公海")]
    assert listed(lead, "mine") == []
    assert listed(lead, "team") == sorted([MINE, TEAMMATES])
    assert OTHERS not in listed(lead, "") + listed(lead, "pool")


def test_a_segment_nobody_knows_is_refused_by_name(phone: Phone) -> None:
    answer = phone.get("/customers?segment=all")
    assert (answer.status_code, list(answer.get_json()["fields"])) == (422, ["segment"])


def test_a_line_says_stage_and_the_nearest_step_of_its_holder(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    with uow.transaction() as s:
        holder, other = actor_by_userid(s, "zhang"), actor_by_userid(s, "li")
        add_todo(s, holder, MINE, "回访", NOW + timedelta(hours=50), NOW, entrance="chat")
        add_todo(s, holder, MINE, "送样品", NOW + timedelta(hours=3), NOW, entrance="chat")
        add_todo(s, other, MINE, "问问张三", NOW + timedelta(hours=1), NOW, entrance="chat")
    (line,) = phone.get("/customers?segment=mine").get_json()["customers"]
    assert (line["stage"], line["next_step"]) == ("潜在", "送样品")
    assert line["next_step_at"] is not None
    file = phone.get(f"/customers/{MINE}").get_json()
    assert [(one["text"], one["mine"]) for one in file["steps"]] == [("送样品", True), ("回访", True)]
    seen = phone_of("li").get(f"/customers/{MINE}").get_json()["steps"]
    assert [(one["text"], one["mine"]) for one in seen] == [("问问张三", True), ("送样品", False), ("回访", False)]


def test_a_timeline_is_turned_by_cursor_and_by_kind_without_a_gap(phone: Phone) -> None:
    for day in range(7):
        wrote("zhang", MINE, f"第 {day} 次电话，谈了交货时间", day)
    with uow.transaction() as s:
        add_todo(s, actor_by_userid(s, "zhang"), MINE, "送样品", NOW + timedelta(hours=3), NOW, entrance="chat")
    texts, cursor = [], ""
    while True:
        page = phone.get(f"/customers/{MINE}/timeline?kind=follow_up&limit=3&cursor={cursor}").get_json()
        texts += [one["text"][2] for one in page["timeline"]]
        cursor = page["next_cursor"] or ""
        if not cursor:
            break
        if len(texts) == 3:
            wrote("zhang", MINE, "刚刚又打了一次电话，谈了付款", 0)  # what comes meanwhile moves nobody
    assert texts == list("0123456")
    kinds = {one["kind"] for one in phone.get(f"/customers/{MINE}/timeline").get_json()["timeline"]}
    assert "follow_up" in kinds


def test_a_timeline_that_is_not_yours_is_not_there(phone: Phone) -> None:
    missing = phone.get(f"/customers/{'0' * 20}/timeline")
    for one in (OTHERS, QUEUED, TEAMMATES):
        answer = phone.get(f"/customers/{one}/timeline")
        assert (answer.status_code, answer.data) == (404, missing.data)
    assert phone.get(f"/customers/{MINE}/timeline?cursor=abc").status_code == 400
    assert phone.get(f"/customers/{MINE}/timeline?kind=gossip").status_code == 422


def test_whoever_may_only_look_is_told_so_before_he_writes(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    assert phone.get(f"/customers/{MINE}").get_json()["may_write"] is True
    phone_of("li").post(f"/customers/{TEAMMATES}/shares", {"userid": "zhang", "access": "read"})
    assert phone.get(f"/customers/{TEAMMATES}").get_json()["may_write"] is False


def test_quotes_are_asked_for_by_customer(phone: Phone) -> None:
    assert phone.get(f"/quotes?box=all&customer={MINE}").get_json()["quotes"] == []
    answer = phone.get("/quotes?customer=' OR 1=1")
    assert (answer.status_code, list(answer.get_json()["fields"])) == (422, ["customer"])


def test_nothing_of_another_team_is_in_a_segment(phone_of: Callable[[str], Phone]) -> None:
    for userid in ("zhang", "li"):
        for segment in ("mine", "team", "pool"):
            answer = phone_of(userid).get(f"/customers?segment={segment}").get_data(as_text=True)
            assert CANARY not in answer
