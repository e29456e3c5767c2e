"""Approvals at the desk: the list, one decided, taken back, refused with what was typed kept; rules and absences."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select, update

from config.vocabulary import Role
from console import words
from crm import uow
from models.approvals import Absence, Approval, ApprovalRule
from models.deals import Deal, Stage
from tests.console.conftest import SignIn, World
from tests.console.office import BY_ROLE
from tests.console.test_pages import ADMIN, REP
from tests.support.company import rows
from tests.support.deals import prove_all

DIRECTOR = BY_ROLE[Role.DIRECTOR]


def test_an_amount_is_written_as_on_the_card_and_never_rounded() -> None:
    assert [words.amount(one) for one in (Decimal(14_250), Decimal(900_000), None)] == ["¥14,250", "¥90 万", "＊＊＊"]
    assert [words.hours(one) for one in (0.4, 24.8, 60.0)] == ["不到 1 小时", "24.8 小时", "2.5 天"]


def asked(rep) -> tuple[str, str]:  # type: ignore[no-untyped-def]
    """A large deal of the rep that lacks nothing but an approval; its id, and the approval's."""
    with uow.transaction() as s:
        deal = s.scalars(select(Deal).where(Deal.name == "海门液压二期循环泵")).one()
        s.execute(update(Deal).where(Deal.id == deal.id).values(amount=Decimal(900_000)))
        public_id = deal.public_id
    prove_all(public_id)
    assert "推进到「价格谈判」" in rep.get(f"/console/deals/{public_id}").text
    assert rep.post(f"/console/deals/{public_id}/move", data={"to": "contract_review"}).status_code == 303
    return public_id, rows(Approval)[0].public_id


def stands(deal: str) -> str:
    with uow.reading() as s:
        return s.scalars(select(Stage.key).join(Deal, Deal.stage_id == Stage.id).where(Deal.public_id == deal)).one()


def test_asked_decided_and_taken_back_at_the_desk(sign_in: SignIn) -> None:
    rep, director = sign_in(REP), sign_in(DIRECTOR)
    deal, approval = asked(rep)
    page = rep.get(f"/console/deals/{deal}").text
    assert ("审批通过后自动推进" in page, "看审批" in page) == (True, True)
    assert "海门液压二期循环泵" in director.get("/console/approvals").text
    assert "没有等您处理的审批" in rep.get("/console/approvals").text
    assert "海门液压二期循环泵" in rep.get("/console/approvals?box=asked").text
    done = director.post(f"/console/approvals/{approval}/approve", data={"words": "同意，注意回款"})
    assert (done.status_code, stands(deal)) == (303, "contract_review")
    page = director.get(f"/console/approvals/{approval}").text
    assert ("同意，注意回款" in page, "撤销" in page) == (True, True)
    taken = director.get("/console/approvals").text  # a telephone shows each number under its own name
    assert ('data-cell="中位">不到 1 小时' in taken, 'data-cell="还在等">0' in taken) == (True, True)
    number = page.split('name="signer" value="')[1].split('"')[0]
    assert director.post(f"/console/approvals/{approval}/undo", data={"signer": number}).status_code == 303
    assert stands(deal) == "proposal"


def test_a_refusal_says_why_and_keeps_what_was_typed(sign_in: SignIn) -> None:
    rep, director = sign_in(REP), sign_in(DIRECTOR)
    deal, approval = asked(rep)
    wordless = director.post(f"/console/approvals/{approval}/reject", data={"why": "other", "words": "不"})
    assert (wordless.status_code, "至少" in wordless.text, 'value="不"' in wordless.text) == (422, True, True)
    assert rep.post(f"/console/approvals/{approval}/approve").status_code == 403
    assert director.post(f"/console/approvals/{approval}/add", data={"who": "没有这个人"}).status_code == 422
    assert director.post(f"/console/approvals/{approval}/fly").status_code == 404
    assert director.post(f"/console/approvals/{approval}/reject", data={"why": "price"}).status_code == 303
    assert stands(deal) == "proposal"
    assert "已驳回" in rep.get("/console/approvals?box=asked").text
    late = director.post(f"/console/approvals/{approval}/approve")
    assert (late.status_code, "已经被驳回" in late.text) == (409, True)


def test_nudged_noted_and_withdrawn(sign_in: SignIn) -> None:
    rep = sign_in(REP)
    _, approval = asked(rep)
    assert rep.post(f"/console/approvals/{approval}/nudge").status_code == 409
    assert rep.post(f"/console/approvals/{approval}/note", data={"words": "客户下周定标"}).status_code == 303
    assert "客户下周定标" in rep.get(f"/console/approvals/{approval}").text
    assert rep.post(f"/console/approvals/{approval}/withdraw").status_code == 303
    assert [row.state for row in rows(Approval)] == ["withdrawn"]


def test_somebody_away_and_back(sign_in: SignIn) -> None:
    director = sign_in(DIRECTOR)
    form = {"deputy": "刘杰", "first_day": "2026-11-23", "last_day": "2026-11-25"}
    assert director.post("/console/absences", data=form | {"first_day": ""}).status_code == 422
    assert director.post("/console/absences", data=form | {"deputy": "火星人"}).status_code == 422
    assert director.post("/console/absences", data=form).status_code == 303
    (away,) = rows(Absence)
    assert "赵刚 → 刘杰" in director.get("/console/approvals").text
    _, approval = asked(sign_in(REP))
    assert (
        "刘杰（代 赵刚）"
        in director.get("/console/approvals?box=all").text + director.get(f"/console/approvals/{approval}").text
    )
    assert director.post(f"/console/absences/{away.public_id}/end").status_code == 303
    assert director.post(f"/console/absences/{away.public_id}/end").status_code == 404


def test_rules_are_added_changed_and_stopped(sign_in: SignIn) -> None:
    admin = sign_in(ADMIN)
    page = admin.get("/console/approval-rules").text
    assert ("大额订单" in page, "超过 ¥50 万" in page, "或签：总监" in page) == (True, True, True)
    form = {"name": "大折扣", "stage": "negotiation", "measure": "discount", "bound": "15", "mode0": "all",
            "supervisor0": "1", "people0": "赵刚"}  # fmt: skip
    for bound in ("很多", "nan", "-nan", "Infinity"):
        assert admin.post("/console/approval-rules", data=form | {"bound": bound}).status_code == 422
    nobody = admin.post("/console/approval-rules", data=form | {"people0": "火星人"})
    assert (nobody.status_code, 'value="大折扣"' in nobody.text) == (422, True)
    assert admin.post("/console/approval-rules", data=form).status_code == 303
    page = admin.get("/console/approval-rules").text
    assert ("折扣超过 15%" in page, "会签：直属主管、赵刚" in page) == (True, True)
    made = rows(ApprovalRule, ApprovalRule.name == "大折扣")[0].public_id
    assert admin.post(f"/console/approval-rules/{made}", data=form | {"bound": "20"}).status_code == 303
    assert "折扣超过 20" in admin.get("/console/approval-rules").text
    again = rows(ApprovalRule, ApprovalRule.name == "大折扣", ApprovalRule.retired_at.is_(None))[0].public_id
    assert admin.post(f"/console/approval-rules/{again}/retire").status_code == 303
    assert "大折扣" not in admin.get("/console/approval-rules").text


def test_what_waits_for_a_word_stands_on_top_of_the_day_s_page(sign_in: SignIn, world: World) -> None:
    rep, director = sign_in(REP), sign_in(DIRECTOR)
    _, approval = asked(rep)
    world.now += timedelta(hours=9)
    found = director.get("/console/").text
    part = found.partition('id="approvals"')[2].partition("</section>")[0]
    assert f'href="/console/approvals/{approval}"' in part
    assert "海门液压二期循环泵 ¥90 万，张伟已等 9 个工作小时" in part
    assert "等赵刚已 9 个工作小时" in rep.get("/console/").text
    assert director.post(f"/console/approvals/{approval}/approve").status_code == 303
    done = director.get("/console/").text.partition('id="approvals"')[2]
    assert "没有等您的审批和报价" in done
