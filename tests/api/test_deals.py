"""A deal over the API: what it lacks, its evidence, the move through the gate once per key, and what is not yours."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from crm import uow
from crm.access import actor_by_userid
from crm.usecases.deals import open_deal
from models.deals import StagePeriod
from tests.api.conftest import MINE, NOW, Phone, Shifting
from tests.api.test_attachments import send
from tests.support.company import rows


@pytest.fixture
def deal(phone: Phone) -> str:
    with uow.transaction() as s:
        who = actor_by_userid(s, "zhang")
        return open_deal(s, who, MINE, "二期循环泵", Decimal(800_000), NOW, entrance="miniapp").public_id


def test_a_deal_says_what_it_lacks_takes_it_and_moves_once_per_key(phone: Phone, deal: str) -> None:
    page = phone.get(f"/deals/{deal}").get_json()
    assert (page["stage"], page["towards"], page["amount"], page["may_write"]) == (
        "requirement",
        "proposal",
        "800000.00",
        True,
    )
    assert [(one["lack"], one["kind"], one["stage"]) for one in page["missing"]] == [
        ("evidence", "minutes", "proposal")
    ]
    shut = phone.post(f"/deals/{deal}/move", {"to": "proposal"})
    assert (shut.status_code, shut.get_json()["code"], list(shut.get_json()["fields"])) == (
        409,
        "gate_closed",
        ["minutes"],
    )
    file = send(phone, "会议纪要：双方确认扬程 32 米".encode()).get_json()["id"]
    made = phone.post(f"/deals/{deal}/evidence", {"stage": "proposal", "kind": "minutes", "attachment_id": file})
    assert (made.status_code, made.get_json()["sealed"]) == (201, False)
    again = {phone.post(f"/deals/{deal}/move", {"to": "proposal"}, key="k1").status_code for _ in range(3)}
    assert (again, len(rows(StagePeriod))) == ({200}, 2)
    page = phone.get(f"/deals/{deal}").get_json()
    assert (page["stage"], [one["sealed"] for one in page["evidence"]]) == ("proposal", [True])
    assert [(one["stage"], one["until"] is None) for one in page["history"]] == [
        ("方案提交", True),
        ("需求确认", False),
    ]
    assert phone.delete(f"/evidence/{page['evidence'][0]['id']}").status_code == 409
    assert phone.delete(f"/attachments/{file}").status_code == 409


def test_a_move_is_taken_back_once_per_key_while_it_is_young_and_nothing_followed(
    phone: Phone, phone_of: Callable[[str], Phone], deal: str, clock: Shifting
) -> None:
    def shelved() -> None:
        assert phone.post(f"/deals/{deal}/move", {"to": "shelved", "reason": "客户暂停了项目"}).status_code == 200

    def back(stage: str, key: str = "", by: Phone = phone) -> int:
        return by.post(f"/deals/{deal}/move/undo", {"stage": stage}, key=key).status_code

    assert phone.get(f"/deals/{deal}").get_json()["undo_until"] is None  # it was opened, not moved
    assert back("requirement") == 409
    shelved()
    assert phone.get(f"/deals/{deal}").get_json()["undo_until"] == "2026-11-23T02:10:00Z"
    leader = phone_of("li")
    assert leader.get(f"/deals/{deal}").get_json()["undo_until"] is None
    assert (back("shelved", by=leader), back("proposal"), back("nowhere")) == (409, 409, 409)
    assert [back("shelved", "u1"), back("shelved", "u1"), back("shelved", "u2")] == [200, 200, 409]
    assert phone.get(f"/deals/{deal}").get_json()["stage"] == "requirement"
    shelved()
    clock.now = NOW + timedelta(minutes=11)
    assert phone.get(f"/deals/{deal}").get_json()["undo_until"] is None
    assert back("shelved") == 410


def test_a_manager_is_told_that_he_may_let_it_through_and_does_with_a_reason(
    phone: Phone, phone_of: Callable[[str], Phone], deal: str
) -> None:
    leader = phone_of("li")
    assert [one.get(f"/deals/{deal}").get_json()["may_force"] for one in (phone, leader)] == [False, True]
    bare = leader.post(f"/deals/{deal}/move", {"to": "proposal", "force": True})
    assert (bare.status_code, list(bare.get_json()["fields"])) == (409, ["reason"])
    moved = leader.post(f"/deals/{deal}/move", {"to": "proposal", "force": True, "reason": "客户当面确认过"})
    assert (moved.status_code, moved.get_json()["forced"]) == (200, True)


def test_evidence_that_opened_nothing_is_removed(phone: Phone, deal: str) -> None:
    file = send(phone, "会议纪要".encode()).get_json()["id"]
    asked = {"stage": "proposal", "kind": "minutes", "attachment_id": file}
    made = phone.post(f"/deals/{deal}/evidence", asked).get_json()["id"]
    assert phone.post(f"/deals/{deal}/evidence", asked).status_code == 409
    assert phone.delete(f"/evidence/{made}").status_code == 204
    assert phone.delete(f"/evidence/{made}").status_code == 404
    assert phone.get(f"/deals/{deal}").get_json()["evidence"] == []


def test_its_fields_are_told_as_they_are_changed(phone: Phone, deal: str) -> None:
    asked = [field["key"] for group in phone.get("/fields?of=deal").get_json()["groups"] for field in group["fields"]]
    told = {one["key"]: one for one in phone.get(f"/deals/{deal}").get_json()["fields"]}
    assert list(told) == asked
    assert (told["name"]["shown"], told["amount"]["may_edit"]) == ("二期循环泵", True)


def test_only_a_manager_lets_it_through(phone: Phone, deal: str) -> None:
    refused = phone.post(f"/deals/{deal}/move", {"to": "proposal", "reason": "客户催得急", "force": True})
    assert refused.status_code == 403
    assert "只有主管" in refused.get_json()["message"]


@pytest.mark.parametrize("bad", ["0" * 20, "x", "%00"])
def test_what_is_not_yours_is_not_there(phone: Phone, deal: str, bad: str) -> None:
    for path in (f"/deals/{bad}", f"/deals/{bad}/move", f"/deals/{bad}/evidence"):
        body = {"to": "won"} if path.endswith("move") else {"stage": "a", "kind": "minutes", "attachment_id": "b"}
        answer = phone.get(path) if path.endswith(bad) else phone.post(path, body)
        assert answer.status_code == 404, path
    assert phone.post(f"/deals/{bad}/move/undo", {"stage": "proposal"}).status_code == 404
    assert phone.delete(f"/evidence/{bad}").status_code == 404


def test_a_moment_is_noted_once_per_key_moved_kept_taken_away_and_brought_back(phone: Phone, deal: str) -> None:
    body = {"kind": "bid_deadline", "due_at": "2026-12-10T10:00:00+08:00", "note": "线上递交"}
    made = [phone.post(f"/deals/{deal}/milestones", body, key="m1") for _ in range(2)]
    assert [one.status_code for one in made] == [201, 201]
    (one,) = phone.get(f"/deals/{deal}").get_json()["milestones"]
    assert (one["kind_label"], one["due_at"], one["note"]) == ("截标", "2026-12-10T02:00:00Z", "线上递交")
    at = f"/milestones/{one['id']}"
    moved = phone.patch(at, {"due_at": "2026-12-12T10:00:00+08:00"})
    told = moved.get_json()
    assert (moved.status_code, told["due_at"], told["note"]) == (200, "2026-12-12T02:00:00Z", "")
    assert [phone.post(f"{at}/{verb}", {}).status_code for verb in ("finish", "finish", "restore", "restore")] == [
        200,
        410,
        200,
        409,
    ]
    assert phone.delete(at).status_code == 204
    assert phone.get(f"/deals/{deal}").get_json()["milestones"] == []
    past = phone.post(f"/deals/{deal}/milestones", body | {"due_at": "2026-01-01T10:00:00+08:00"})
    assert (past.status_code, list(past.get_json()["fields"])) == (422, ["due_at"])


def test_the_ladders_in_use_are_told_the_smallest_amounts_first(phone: Phone) -> None:
    told = phone.get("/pipelines").get_json()["pipelines"]
    assert [(one["name"], one["version"], one["below"]) for one in told] == [
        ("小单流程", 1, "50000.00"),
        ("标准流程", 1, None),
    ]
    proposal = told[1]["stages"][1]
    assert (proposal["label"], proposal["needs"], proposal["days"], proposal["probability"]) == (
        "方案提交",
        ["minutes"],
        None,
        30,
    )
