"""No entrance makes a deal that stands past the first stage, and none lifts it from there without evidence."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from config.sheets import ImportKind
from crm import uow
from models.customers import Customer
from models.deals import Deal, Evidence, Stage, StagePeriod
from tests.funnel.desk import Desk
from tests.funnel.model import OWNER
from tests.imports.sheets import Desk as Sheets
from tests.imports.sheets import csv_of
from tests.support.company import actor, rows

ROOT = Path(__file__).resolve().parents[2]
FIRM, NAME, AMOUNT = "甲机电有限公司", "二期循环泵", "80万"
LATER = {"proposal": "方案提交", "negotiation": "价格谈判", "contract_review": "合同审批", "won": "赢单"}


def over_the_api(desk: Desk, stage: str, _folder: Path) -> None:
    """A stage that is sent along is refused; without one the deal is made."""
    path, body = f"/customers/{_public(desk.customer)}/deals", {"name": NAME, "amount": AMOUNT}
    for wish in ({"stage": stage}, {"stage_key": stage}, {"to": stage}):
        assert desk.api(OWNER, path, body | wish).status_code == 422
    assert rows(Deal) == []
    assert desk.api(OWNER, path, body).status_code == 201


def at_the_desk(desk: Desk, stage: str, _folder: Path) -> None:
    form = {"name": NAME, "amount": AMOUNT, "stage": stage, "stage_id": "4", "to": stage, "force": "1"}
    assert desk.console(OWNER, f"/customers/{_public(desk.customer)}/deals", form) == 303


def in_the_chat(desk: Desk, stage: str, _folder: Path) -> None:
    """There are no words for a stage: they are part of the name."""
    assert "现在是需求确认" in desk.wecom.say(OWNER, f"/商机 {FIRM} {NAME} {LATER[stage]} {AMOUNT}")


def by_an_import(_desk: Desk, stage: str, folder: Path) -> None:
    """What the sheet says stands on the timeline only; 赢单 is no stage that a running deal is on."""
    sheets = Sheets(folder)
    sheet = csv_of(("公司", "商机名称", "金额", "阶段"), (FIRM, NAME, AMOUNT, LATER[stage]))
    done = sheets.done(actor(OWNER), sheet, ImportKind.DEALS)
    if stage == "won":
        assert sheets.counts(done) == {"failed": 1}
        sheets.done(actor(OWNER), csv_of(("公司", "商机名称", "金额"), (FIRM, NAME, AMOUNT)), ImportKind.DEALS)


def out_of_a_lead(desk: Desk, stage: str, _folder: Path) -> None:
    lead = desk.api(OWNER, "/leads", {"inlet": "manual", "company": "无锡蓝天环保有限公司", "phone": "13800138000"})
    path = f"/leads/{lead.get_json()['id']}/convert"
    body = {"deal_name": NAME, "amount": "800000"}
    assert desk.api(OWNER, path, body | {"stage": stage}).status_code == 422
    assert desk.api(OWNER, path, body).status_code == 200


Maker = Callable[[Desk, str, Path], None]
MAKERS: tuple[Maker, ...] = (over_the_api, at_the_desk, in_the_chat, by_an_import, out_of_a_lead)


def _public(customer_id: int) -> str:
    return rows(Customer, Customer.id == customer_id)[0].public_id


def stands() -> list[str]:
    """Where the deals are, by their ledger as well as by themselves: only what has one stay has never moved."""
    with uow.reading() as s:
        now = list(s.scalars(select(Stage.key).join(Deal, Deal.stage_id == Stage.id).order_by(Deal.id)))
        ledger = select(Stage.key).join(StagePeriod, StagePeriod.stage_id == Stage.id).order_by(StagePeriod.deal_id)
        assert now == list(s.scalars(ledger))
        return now


@pytest.mark.parametrize("stage", LATER)
@pytest.mark.parametrize("make", MAKERS)
def test_a_deal_begins_on_the_first_stage_whatever_is_asked_for(
    desk: Desk, tmp_path: Path, make: Maker, stage: str
) -> None:
    make(desk, stage, tmp_path)
    assert (stands(), rows(Evidence)) == (["requirement"], [])


@pytest.mark.parametrize("make", MAKERS)
def test_nothing_lifts_it_from_there_without_evidence(desk: Desk, tmp_path: Path, make: Maker) -> None:
    make(desk, "proposal", tmp_path)
    (deal,) = rows(Deal)
    end = {"ended_for": "price", "competitor": "格兰富", "reason": "客户催得急"}
    for stage, word in LATER.items():
        shut = desk.api(OWNER, f"/deals/{deal.public_id}/move", {"to": stage} | end)
        assert (shut.status_code, shut.get_json()["code"]) == (409, "gate_closed")
        assert desk.console(OWNER, f"/deals/{deal.public_id}/move", {"to": stage} | end) == 409
        typed = "价格 格兰富" if stage == "won" else "客户催得急"
        assert "会议纪要" in desk.wecom.say(OWNER, f"/推进 {deal.name} {word} {typed}")
        patched = desk.api(OWNER, f"/deals/{deal.public_id}", {"fields": {"stage": stage}}, "PATCH")
        assert patched.status_code == 422
        assert stands() == ["requirement"]
    firm = rows(Customer, Customer.id == deal.customer_id)[0].name
    again = csv_of(("公司", "商机名称", "金额", "阶段"), (firm, deal.name, AMOUNT, "合同审批"))
    Sheets(tmp_path).done(actor(OWNER), again, ImportKind.DEALS)
    assert set(stands()) == {"requirement"}


def called(node: ast.AST) -> str:
    """The last name of what is called, "" where nothing is."""
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


@pytest.mark.slow
def test_whoever_adds_another_way_to_make_or_move_a_deal_adds_it_here() -> None:
    makes, moves, opens = set(), set(), set()
    for room in ("crm", "bot", "console", "miniapp_api", "jobs"):
        for file in (ROOT / room).rglob("*.py"):
            path = str(file.relative_to(ROOT))
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if called(node) == "Deal":
                    makes.add(path)
                if called(node) == "open_deal":
                    opens.add(path)
                if isinstance(node, ast.Attribute) and node.attr == "stage_id" and isinstance(node.ctx, ast.Store):
                    moves.add(path)
    assert makes == {"crm/usecases/deals.py", "crm/usecases/import_records.py"}
    assert moves == {"crm/usecases/deals.py"}
    assert opens == {
        "bot/deals.py",
        "console/pages/customers.py",
        "crm/usecases/lead_convert.py",
        "miniapp_api/deal_records.py",
    }
