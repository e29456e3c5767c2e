"""A deal at the desk: what it lacks, a file handed in for it, the move, and a refusal that keeps what was typed."""

from io import BytesIO

from sqlalchemy import select

from crm import uow
from models.customers import Customer
from models.deals import Deal, Evidence, Milestone, Stage, StagePeriod
from tests.console.conftest import SignIn
from tests.console.test_pages import LEAD, REP
from tests.support.company import rows


def fresh() -> str:
    """A deal of the rep that stands on 方案提交, as all but the first of the office do."""
    with uow.reading() as s:
        return s.scalars(select(Deal.public_id).where(Deal.name == "海门液压二期循环泵")).one()


def test_a_file_is_handed_in_for_what_is_missing_and_then_it_moves(sign_in: SignIn) -> None:
    rep, deal = sign_in(REP), fresh()
    page = rep.get(f"/console/deals/{deal}")
    assert page.status_code == 200
    for words in ("到「价格谈判」还缺", "技术协议草稿", "报价单", "主管放行", "上线之前已经到这个阶段"):
        assert words in page.text
    assert "推进到「价格谈判」" not in page.text
    assert '<option value="negotiation" selected>' in page.text  # nobody goes back unasked
    for kind, content in (("technical_draft", "技术协议"), ("quotation", "报价 80 万")):
        sent = {"stage": "negotiation", "kind": kind, "file": (BytesIO(content.encode()), f"{kind}.txt")}
        assert rep.post(f"/console/deals/{deal}/evidence", data=sent).status_code == 303
    ready = rep.get(f"/console/deals/{deal}").text
    assert "推进到「价格谈判」" in ready
    assert rep.post(f"/console/deals/{deal}/move", data={"to": "negotiation"}).status_code == 303
    assert len(rows(Evidence, Evidence.sealed_at.is_not(None))) == 2
    assert "已打开阶段" in rep.get(f"/console/deals/{deal}").text


def test_what_is_refused_is_said_above_and_what_was_typed_stays(sign_in: SignIn) -> None:
    rep, deal = sign_in(REP), fresh()
    before = len(rows(StagePeriod))
    refused = rep.post(f"/console/deals/{deal}/move", data={"to": "lost", "competitor": "格兰富"})
    assert (refused.status_code, "主要原因" in refused.text, 'value="格兰富"' in refused.text) == (409, True, True)
    forced = rep.post(f"/console/deals/{deal}/move", data={"to": "won", "reason": "客户催得急", "force": "1"})
    assert (forced.status_code, "只有主管" in forced.text) == (403, True)
    nothing = rep.post(f"/console/deals/{deal}/evidence", data={"stage": "negotiation", "kind": "quotation"})
    assert (nothing.status_code, "还没有选文件" in nothing.text) == (422, True)
    assert len(rows(StagePeriod)) == before


def test_a_lead_lets_it_through_and_an_unused_proof_is_removed(sign_in: SignIn) -> None:
    lead, deal = sign_in(LEAD), fresh()
    sent = {"stage": "negotiation", "kind": "quotation", "file": (BytesIO("报价".encode()), "报价.txt")}
    assert lead.post(f"/console/deals/{deal}/evidence", data=sent).status_code == 303
    (proof,) = rows(Evidence)
    assert lead.post(f"/console/evidence/{proof.public_id}/remove").status_code == 303
    assert lead.post(f"/console/evidence/{proof.public_id}/remove").status_code == 404
    form = {"to": "negotiation", "reason": "客户临时换了负责人", "force": "1"}
    assert lead.post(f"/console/deals/{deal}/move", data=form).status_code == 303
    assert "主管放行" in lead.get(f"/console/deals/{deal}").text


def test_a_moment_is_noted_moved_kept_and_brought_back(sign_in: SignIn) -> None:
    rep, deal = sign_in(REP), fresh()
    form = {"kind": "bid_deadline", "due_at": "2026-12-10T10:00", "note": "线上递交"}
    assert rep.post(f"/console/deals/{deal}/milestones", data=form).status_code == 303
    (one,) = rows(Milestone)
    page = rep.get(f"/console/deals/{deal}").text
    for words in ("截标 2026-12-10 10:00", "线上递交", "改截标的时间", 'value="2026-12-10T10:00"'):
        assert words in page
    at = f"/console/milestones/{one.public_id}"
    assert rep.post(at, data={"due_at": "2026-12-12T09:30"}).status_code == 303
    assert "截标 2026-12-12 09:30" in rep.get(f"/console/deals/{deal}").text
    for verb, word in (("finish", "撤销完成"), ("restore", "改截标的时间"), ("remove", "移除过的 1 个")):
        assert rep.post(f"{at}/{verb}").status_code == 303
        assert word in rep.get(f"/console/deals/{deal}").text
    assert rep.post(f"/console/deals/{deal}/milestones", data=form | {"due_at": "明天"}).status_code == 422
    assert rep.post(f"/console/deals/{deal}/milestones", data=form | {"kind": "party"}).status_code == 422


def test_a_new_deal_is_made_on_the_customers_page_and_stands_on_the_first_rung(sign_in: SignIn) -> None:
    rep = sign_in(REP)
    with uow.reading() as s:
        place = s.scalars(select(Customer.public_id).join(Deal, Deal.customer_id == Customer.id)).first()
    assert "新建商机" in rep.get(f"/console/customers/{place}").text
    form = {"name": "三期循环泵", "amount": "80万", "stage": "won"}
    wrong = rep.post(f"/console/customers/{place}/deals", data=form | {"amount": "很多"})
    assert (wrong.status_code, "没看懂金额" in wrong.text, 'value="三期循环泵"' in wrong.text) == (422, True, True)
    assert rep.post(f"/console/customers/{place}/deals", data=form).status_code == 303
    with uow.reading() as s:
        key = select(Stage.key).join(Deal, Deal.stage_id == Stage.id).where(Deal.name == "三期循环泵")
        assert s.scalars(key).one() == "requirement"
