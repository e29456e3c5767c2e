"""Companies that a sheet repeats, or that are in the store already: shown before anything is made, made once."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from config.collisions import Evidence, RadarEntry, Weight
from config.sheets import RowResolution, RowVerdict
from config.vocabulary import Role
from crm import uow
from crm.errors import Invalid
from crm.usecases import imports, radar
from jobs import imports as jobs
from models.customers import Contact, Customer
from models.people import Person
from tests.imports.sheets import Desk, csv_of
from tests.support.company import NOW, actor, customer, rows


@pytest.fixture
def desk(company: Engine, tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_two_customers_of_one_name_are_never_made(desk: Desk) -> None:
    customer("qian", "苏州瑞衡热能工程有限公司")
    who = actor("Zhang")
    checked = desk.checked(who, csv_of(("公司",), ("苏州瑞衡热能工程有限公司",), ("昆山恒泽水务",), ("昆山恒泽水务",)))
    assert [row.verdict for row in desk.rows(checked)] == ["same", "new", "repeated"]
    assert "不在您名下" in desk.rows(checked)[0].why
    assert "瑞衡" not in desk.rows(checked)[0].why.partition("，")[2]
    with uow.transaction() as s, pytest.raises(Invalid, match="同名"):
        imports.resolve(s, who, checked, RowVerdict.SAME, RowResolution.CREATE, NOW, entrance="console")
    with uow.transaction() as s:
        assert imports.resolve(s, who, checked, RowVerdict.SAME, RowResolution.MERGE, NOW, entrance="console") == 0
    customer("sun", "昆山恒泽水务")  # made between the dry run and the start
    desk.start(who, checked)
    desk.work()
    assert desk.counts(checked) == {"skipped": 2, "failed": 1}  # of a colleague's file nothing is touched
    assert len(rows(Customer)) == 2


def test_a_company_that_came_under_another_spelling_after_the_dry_run_is_not_made_again(desk: Desk) -> None:
    customer("sun", "南京灵朗阀门有限公司")
    who, later = actor("Zhang"), NOW + timedelta(minutes=5)
    names = ("苏州瑞衡热能工程有限公司", "昆山恒泽水务有限公司", "无锡宏远泵业有限公司", "南京灵朗阀门厂")
    checked = desk.checked(who, csv_of(("公司",), *((name,) for name in names)))
    assert [row.verdict for row in desk.rows(checked)] == ["new", "new", "new", "similar"]
    with uow.transaction() as s:
        imports.resolve(s, who, checked, RowVerdict.SIMILAR, RowResolution.CREATE, NOW, entrance="console")
    customer("sun", "瑞衡热能工程（苏州）有限公司", later)
    customer("Zhang", "昆山市恒泽水务有限公司", later)
    desk.now = later + timedelta(minutes=5)
    desk.start(who, checked)
    desk.work()
    assert desk.counts(checked) == {"failed": 2, "made": 2}  # what was alike before had been shown, and was decided
    hidden, own = (row.said for row in desk.rows(checked)[:2])
    assert "试导入之后，同事新建了一家公司" in hidden
    assert "瑞衡" not in hidden
    assert "有人新建了「昆山市恒泽水务有限公司」" in own


def test_what_the_import_made_itself_is_nobodys_newcomer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_FEWEST", 1)
    monkeypatch.setattr(jobs, "_MOST", 1)
    who = actor("Zhang")
    checked = desk.checked(who, csv_of(("公司",), ("昆山恒泽水务有限公司",), ("昆山市恒泽水务有限公司",)))
    with uow.transaction() as s:
        imports.resolve(s, who, checked, RowVerdict.SIMILAR, RowResolution.CREATE, NOW, entrance="console")
    desk.start(who, checked)
    desk.work()
    assert desk.counts(checked) == {"made": 2}


@pytest.mark.parametrize("chunk", [1, 2, 400])
def test_one_company_under_two_spellings_in_one_sheet_is_made_once(
    desk: Desk, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_FEWEST", chunk)
    monkeypatch.setattr(jobs, "_MOST", chunk)
    who = actor("Zhang")
    one, other = "镇江京口阀门有限公司", "镇江京口阀门公司"
    sheet = csv_of(("公司", "行业"), (one, ""), (other, "阀门"), (other, ""), ("无锡蓝天泵业", ""))
    checked = desk.checked(who, sheet)
    assert [row.verdict for row in desk.rows(checked)] == ["new", "similar", "similar", "new"]
    assert all("和第 2 行很可能是同一家" in row.why for row in desk.rows(checked)[1:3])
    desk.start(who, checked)
    desk.work()
    assert desk.counts(checked) == {"made": 2, "merged": 2}
    assert {(made.name, made.industry) for made in rows(Customer)} == {(one, "阀门"), ("无锡蓝天泵业", "")}


def test_whoever_says_that_they_are_two_gets_two(desk: Desk) -> None:
    who = actor("Zhang")
    checked = desk.checked(who, csv_of(("公司",), ("镇江京口阀门有限公司",), ("镇江京口阀门公司",)))
    with uow.transaction() as s:
        imports.resolve(s, who, checked, RowVerdict.SIMILAR, RowResolution.CREATE, NOW, entrance="console")
    desk.start(who, checked)
    desk.work()
    assert desk.counts(checked) == {"made": 2}


def test_a_spelling_of_a_known_company_and_a_known_number_are_shown_before_anything_is_made(desk: Desk) -> None:
    known = customer("Zhang", "苏州瑞衡热能工程有限公司")
    customer("qian", "南京灵朗阀门厂")
    with uow.transaction() as s:
        s.add(Contact(customer_id=known, name="王工", phone="13800138000", created_at=NOW))
        s.get_one(Customer, known).website = "ruiheng.example"
    who = actor("Zhang")
    sheet = csv_of(
        ("公司", "联系人", "手机", "网址"),
        ("瑞衡热能工程（苏州）有限公司", "", "", ""),
        ("南京灵朗阀门有限公司", "", "", ""),
        ("另一家名字完全不同的厂", "赵工", "13800138000", ""),
        ("第三家全新的研究所", "", "", "https://www.ruiheng.example/about"),
    )
    found = desk.rows(desk.checked(who, sheet))
    assert [row.verdict for row in found] == ["similar"] * 4
    assert [row.resolution for row in found] == ["skip", "skip", "create", "create"]
    assert "很可能是同一家" in found[0].why
    assert "苏州瑞衡热能工程有限公司" in found[0].why
    assert "不在您名下" in found[1].why
    assert "灵朗" not in found[1].why
    assert "电话相同" in found[2].why
    assert "网址相同" in found[3].why
    with uow.transaction() as s:
        s.get_one(Person, who.person_id).role = Role.OPERATIONS
    weigh = partial(radar.weigh, actor=actor("Zhang"), entry=RadarEntry.IMPORT, now=NOW, entrance="console")
    uow.attempt(lambda s: weigh(s, evidence=Evidence.PHONE, weight=Weight.OFF))
    uow.attempt(lambda s: weigh(s, evidence=Evidence.NAME, weight=Weight.HINT))
    again = desk.rows(desk.checked(who, sheet))
    assert [row.verdict for row in again] == ["similar", "similar", "new", "similar"]
    assert again[0].resolution == "create"


@pytest.mark.parametrize("weight", [Weight.HINT, Weight.SAME])
@pytest.mark.parametrize("chunk", [1, 400])
def test_a_name_said_twice_is_one_company_whatever_number_stands_beside_it_the_second_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, weight: Weight, chunk: int
) -> None:
    monkeypatch.setattr(jobs, "_FEWEST", chunk)
    monkeypatch.setattr(jobs, "_MOST", chunk)
    neighbour = customer("Zhang", "无锡宏远泵业有限公司")
    operations = replace(actor("Zhang"), role=Role.OPERATIONS)
    with uow.transaction() as s:
        s.get_one(Customer, neighbour).phone = "0512-65550101"
        radar.weigh(s, operations, RadarEntry.IMPORT, Evidence.PHONE, weight, NOW, entrance="console")
    name = "苏州瑞衡热能工程有限公司"
    checked = desk.checked(
        actor("Zhang"), csv_of(("公司", "公司电话", "联系人"), (name, "", "王工"), (name, "0512-65550101", "李工"))
    )
    second = desk.rows(checked)[1]
    assert (second.verdict, second.resolution, second.twin_id) == ("repeated", "merge", None)
    desk.start(actor("Zhang"), checked)
    desk.work()
    assert desk.counts(checked) == {"made": 1, "merged": 1}
    assert sorted(one.name for one in rows(Contact, Contact.customer_id != neighbour)) == ["李工", "王工"]
    assert rows(Contact, Contact.customer_id == neighbour) == []
