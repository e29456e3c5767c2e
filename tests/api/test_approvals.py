"""Approvals over the API: asked by a move, listed, decided once per key, and nobody else's."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from config.vocabulary import Role
from crm import uow
from crm.access import actor_by_userid
from crm.usecases.deals import open_deal
from models.approvals import Approval
from models.deals import StagePeriod
from models.people import Person
from tests.api.conftest import MINE, NOW, OTHERS, Phone
from tests.support.company import rows
from tests.support.deals import prove_all


@pytest.fixture
def approval(phone: Phone) -> str:
    """Asked for by whoever holds the phone; his lead, made the director, is to sign."""
    with uow.transaction() as s:
        s.get_one(Person, 2).role = Role.DIRECTOR
        s.flush()
        who = actor_by_userid(s, "zhang")
        deal = open_deal(s, who, MINE, "二期循环泵", Decimal(800_000), NOW, entrance="miniapp").public_id
    prove_all(deal)
    moved = phone.post(f"/deals/{deal}/move", {"to": "contract_review"})
    assert (moved.status_code, moved.get_json()["way"]) == (200, None)
    assert "已提交审批（金额 ¥80 万 超过 ¥50 万），等 li名 同意" in moved.get_json()["said"]
    return str(moved.get_json()["approval_id"])


def test_asked_seen_and_not_signed_by_whoever_asked(phone: Phone, approval: str) -> None:
    mine = phone.get("/approvals?box=asked").get_json()
    assert [(one["id"], one["waits_for"], one["my_turn"]) for one in mine["approvals"]] == [(approval, ["li名"], False)]
    assert phone.get("/approvals").get_json()["total"] == 0
    page = phone.get(f"/approvals/{approval}").get_json()
    assert (page["mine"], page["approval"]["told"]) == (True, "金额 ¥80 万 超过 ¥50 万")
    assert [(one["name"], one["state"]) for one in page["signers"]] == [("li名", "asked")]
    assert phone.post(f"/approvals/{approval}/decide", {"verdict": "approve"}).status_code == 403
    assert phone.post(f"/approvals/{approval}/nudge", {}).status_code == 409
    assert phone.post(f"/approvals/{approval}/notes", {"words": "客户下周定标"}).status_code == 200
    assert phone.get(f"/approvals/{'0' * 20}").status_code == 404
    gone = phone.post(f"/approvals/{approval}/withdraw", {}, key="w1")
    assert (gone.status_code, gone.get_json()["state"]) == (200, "withdrawn")
    assert phone.post(f"/approvals/{approval}/withdraw", {}, key="w1").status_code == 200  # the same answer again


def test_signed_once_per_key(approval: str, phone_of: Callable[[str], Phone]) -> None:
    lead = phone_of("li")
    assert [one["my_turn"] for one in lead.get("/approvals").get_json()["approvals"]] == [True]
    for wrong in ({"verdict": "perhaps"}, {"verdict": "reject", "why": "other", "words": ""}):
        assert lead.post(f"/approvals/{approval}/decide", wrong).status_code == 422
    assert lead.post(f"/approvals/{approval}/signers", {"userid": "nobody", "how": "add"}).status_code == 422
    answers = [lead.post(f"/approvals/{approval}/decide", {"verdict": "approve"}, key="d1") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert (len(rows(StagePeriod)), [row.state for row in rows(Approval)]) == (2, ["approved"])
    assert lead.post(f"/approvals/{approval}/decide", {"verdict": "approve"}).status_code == 409
    assert OTHERS not in str(lead.get("/approvals?box=all").get_json())


def test_away_and_back(phone: Phone) -> None:
    asked = {"userid": "sun", "first_day": "2026-12-01", "last_day": "2026-12-05"}
    assert phone.post("/absences", asked | {"userid": "zhang"}).status_code == 422
    assert phone.post("/absences", asked | {"last_day": "2026-11-01"}).status_code == 422
    made = phone.post("/absences", asked)
    assert (made.status_code, made.get_json()["deputy"]) == (201, "sun名")
    assert [one["mine"] for one in phone.get("/absences").get_json()["absences"]] == [True]
    assert phone.delete(f"/absences/{made.get_json()['id']}").status_code == 204
    assert phone.delete(f"/absences/{made.get_json()['id']}").status_code == 404
