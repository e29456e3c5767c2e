"""The fields of deals and visits: one validator, one store, the customer's permission, and nothing left behind."""

import io
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy.engine import Engine

from config.vocabulary import Datum, FieldKind, FieldObject, FixSource
from crm import uow
from crm.errors import Conflict, Invalid, NotFound
from crm.reads.customer_page import customer_page
from crm.reads.record_form import deal_form, visit_form
from crm.usecases.attachments import add_attachment
from crm.usecases.deals import open_deal, withdraw_deal
from crm.usecases.fields import FieldDraft, add_field
from crm.usecases.record_fields import update_deal, update_visit
from crm.usecases.visits import CheckInDraft, check_in
from gateways.files import FileStore
from models.audit import AuditEntry
from models.fields import FieldChange, FieldValue
from tests.support.company import NOW, actor, customer, rows


@pytest.fixture
def file(company: Engine) -> int:
    with uow.transaction() as s:
        boss = actor("wang")
        for of, kind, label, options in (
            (FieldObject.DEAL, FieldKind.DATE, "签约日", ()),
            (FieldObject.DEAL, FieldKind.SELECT, "对手", ("甲泵", "乙泵")),
            (FieldObject.DEAL, FieldKind.ATTACHMENT, "协议", ()),
            (FieldObject.VISIT, FieldKind.MULTI_SELECT, "主题", ("交流", "催款")),
        ):
            add_field(s, boss, of, kind, FieldDraft(label, "basic", added=options), NOW, entrance="console")
    return customer("Zhang", "昆山恒泽水务")


def deal(file: int) -> tuple[int, str]:
    with uow.transaction() as s:
        made = open_deal(s, actor("Zhang"), file, "二期循环泵", Decimal(800_000), NOW, entrance="chat")
        return made.id, made.public_id


def visit(file: int) -> str:
    draft = CheckInDraft("v1", file, 31.2, 121.4, Datum.GCJ02, None, FixSource.MINIAPP, NOW, "", "看了泵房")
    with uow.transaction() as s:
        return check_in(s, actor("Zhang"), draft, NOW, entrance="miniapp").public_id


def change(public_id: str, who: str = "Zhang", **raw: str) -> tuple[str, ...]:
    with uow.transaction() as s:
        return update_deal(s, actor(who), public_id, raw, NOW, entrance="console").changed


def test_a_deal_holds_fields_which_its_page_says(file: int) -> None:
    _, mine = deal(file)
    assert change(mine, qianyueri="2026年12月20日", duishou="乙泵", amount="90万") == ("金额", "签约日", "对手")
    with uow.reading() as s:
        (shown,) = customer_page(s, actor("li"), file, NOW).deals
        form = deal_form(s, actor("Zhang"), mine)
    assert (shown.amount, shown.fields) == (Decimal(900_000), (("签约日", "2026-12-20"), ("对手", "乙泵")))
    assert {one.spec.label: one.shown for part in form.sections for one in part.fields}["签约日"] == "2026-12-20"
    assert [one.verb for one in rows(AuditEntry)][-1] == "update_deal"


def test_what_is_wrong_is_told_per_field_and_nothing_is_kept(file: int) -> None:
    _, mine = deal(file)
    with pytest.raises(Invalid) as refused:
        change(mine, qianyueri="明年再说", duishou="丙泵", name="")
    assert set(refused.value.fields) == {"qianyueri", "duishou", "name"}
    assert rows(FieldValue) == []
    with uow.transaction() as s, pytest.raises(Conflict):
        update_deal(s, actor("Zhang"), mine, {"name": "三期"}, NOW, entrance="console", seen={"name": "一期"})


def test_a_colleagues_deal_and_visit_are_not_there(file: int) -> None:
    _, mine = deal(file)
    been = visit(file)
    with pytest.raises(NotFound):
        change(mine, "qian", duishou="甲泵")
    with uow.transaction() as s, pytest.raises(NotFound):
        update_visit(s, actor("qian"), been, {"zhuti": "交流"}, NOW, entrance="console")
    with uow.reading() as s, pytest.raises(NotFound):
        visit_form(s, actor("qian"), been)


def test_a_visit_holds_fields_and_its_report_stays_as_it_was_said(file: int) -> None:
    been = visit(file)
    with uow.transaction() as s:
        update_visit(s, actor("Zhang"), been, {"zhuti": "催款、交流"}, NOW, entrance="console")
    with uow.transaction() as s, pytest.raises(Invalid):
        update_visit(s, actor("Zhang"), been, {"report": "其实没去"}, NOW, entrance="console")
    with uow.reading() as s:
        told = [one for one in customer_page(s, actor("Zhang"), file, NOW).timeline if one.visit]
    assert [(one.visit, one.fields) for one in told] == [(been, (("主题", "交流、催款"),))]


def test_a_field_holds_a_file_of_its_own_customer_alone(file: int, tmp_path: Path) -> None:
    picture, store = io.BytesIO(), FileStore(tmp_path)
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    accepted = store.accept(io.BytesIO(picture.getvalue()))
    other = customer("Zhang", "苏州瑞衡热能")
    _, mine = deal(file)
    with uow.transaction() as s:
        own = add_attachment(s, actor("Zhang"), file, accepted, "协议.png", NOW, entrance="console").public_id
        foreign = add_attachment(s, actor("Zhang"), other, accepted, "别家.png", NOW, entrance="console").public_id
    with pytest.raises(Invalid, match="没有这个附件"):
        change(mine, xieyi=foreign)
    change(mine, xieyi=own)
    with uow.reading() as s:
        assert customer_page(s, actor("Zhang"), file, NOW).deals[0].fields == (("协议", "协议.png"),)


def test_a_deal_that_is_taken_back_leaves_no_value_for_the_next_one(file: int) -> None:
    number, mine = deal(file)
    change(mine, duishou="甲泵")
    with uow.transaction() as s:
        withdraw_deal(s, actor("Zhang"), number, NOW, entrance="chat")
    assert rows(FieldValue) == []
    assert [one for one in rows(FieldChange) if one.object_kind == FieldObject.DEAL] == []
