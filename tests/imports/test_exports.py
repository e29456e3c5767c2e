"""导出: inside the row filter, strings alone, quota, four eyes, one's own file, gone in time."""

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from config.grants import Grant
from config.vocabulary import FieldKind, FieldObject, Role, ShareAccess
from crm import uow
from crm.errors import Conflict, Gone, NotFound
from crm.reads import export_rows
from crm.reads import exports as reads
from crm.reads.fields import specs
from crm.usecases import contact_file, customer_file, exports
from crm.usecases.fields import FieldDraft, add_field
from crm.usecases.grants import grant_fields
from crm.usecases.sharing import Wish, share_customer
from gateways.dropbox import Dropbox
from jobs import exports as jobs
from models.audit import AuditEntry
from models.customers import Contact, Customer
from models.files import Attachment
from models.imports import ExportJob
from models.messages import OutboxMessage
from tests.support.company import DAY, IDS, NOW, actor, customer, rows, set_policy

PAYLOADS = (
    '=HYPERLINK("http://x","y")公司',
    "+1+1公司",
    "-2公司",
    "@SUM(A1)公司",
    "＝9＋9阀门",
    "http://evil.example/公司",
)


@pytest.fixture
def box(company: Engine, tmp_path: Path) -> Dropbox:
    return Dropbox(tmp_path / "exports")


def ask(who: str, *sheets: str) -> str:
    with uow.transaction() as s:
        wanted = sheets or ("customers", "contacts", "deals", "visits")
        many = reads.count(s, actor(who), wanted, {}, NOW)
        return exports.ask(s, actor(who), wanted, {}, many, NOW, entrance="console")


def people_at(customer_id: int, *names: str) -> None:
    for name in names:
        with uow.transaction() as s:
            contact_file.add_contact(s, actor("Zhang"), customer_id, {"name": name}, NOW, entrance="console")


def add(of: FieldObject, kind: FieldKind, label: str, group: str = "basic", options: Sequence[str] = ()) -> str:
    """A field of operations' own; its key."""
    with uow.transaction() as s:
        draft = FieldDraft(label, group, added=options)
        made = add_field(s, actor("wang"), of, kind, draft, NOW, entrance="console")
        return next(one.key for one in specs(s, of) if one.id == made)


def lines(path: Path, sheet: int = 0) -> list[list[object]]:
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    cells = [cell for page in book.worksheets for line in page.iter_rows() for cell in line]
    assert all(cell.data_type in ("s", "n") and not isinstance(cell.value, int | float) for cell in cells)
    assert not any(cell.hyperlink for cell in cells)
    return [list(line) for line in book.worksheets[sheet].iter_rows(values_only=True)]


def fetch(who: str, public_id: str, box: Dropbox) -> Path:
    with uow.transaction() as s:
        return box.path(exports.fetch(s, actor(who), public_id, NOW, entrance="console")[0])


def test_a_file_holds_ones_own_rows_as_strings_under_a_watermark(box: Dropbox) -> None:
    for name in PAYLOADS:
        customer("Zhang", name)
    customer("qian", "金丝雀水务有限公司")
    mine = ask("Zhang")
    assert jobs.work_due(lambda: NOW, box) == 1
    found = lines(fetch("Zhang", mine, box))
    assert "张三（Zhang）" in str(found[0][0])
    assert mine in str(found[0][0])
    assert len(found) == 2 + len(PAYLOADS)
    assert "金丝雀" not in str(found)
    assert [e.verb for e in rows(AuditEntry) if e.subject.startswith("export")] == [
        "ask_export",
        "run_export",
        "fetch_export",
    ]


def test_own_fields_stand_in_the_file_and_what_is_masked_stays_masked(box: Dropbox) -> None:
    """A lead's colleague two teams away reads no telephone whole; a field that his role may not read is no column."""
    medium = add(FieldObject.CUSTOMER, FieldKind.MULTI_SELECT, "介质", options=("清水", "污水"))
    hotline = add(FieldObject.CUSTOMER, FieldKind.TEXT, "热线", "reach")
    hidden = add(FieldObject.CUSTOMER, FieldKind.TEXT, "付款习惯", "trade")
    typed = {medium: "清水、污水", hotline: "13800001111", hidden: "=1+1拖三个月", "annual_estimate": "80万"}
    file = customer("Zhang", "昆山恒泽水务")
    with uow.transaction() as s:
        customer_file.update_customer(s, actor("Zhang"), file, typed, NOW, entrance="console")
        added = contact_file.add_contact(
            s, actor("Zhang"), file, {"name": "张工", "phone": "13900002222"}, NOW, entrance="console"
        )
        assert added.id
    own = ask("Zhang")
    jobs.work_due(lambda: NOW, box)
    _, header, row = lines(fetch("Zhang", own, box))
    cells = dict(zip(header, row, strict=True))
    assert (cells["介质"], cells["热线"], cells["付款习惯"]) == ("清水、污水", "13800001111", "=1+1拖三个月")
    assert cells["年采购额"] == "800000.00"
    with uow.transaction() as s:
        trade = Grant(read=False, edit=False)
        grant_fields(s, actor("wang"), FieldObject.CUSTOMER, {(Role.DIRECTOR, "trade"): trade}, NOW, entrance="console")
    far = ask("zhou")
    jobs.work_due(lambda: NOW, box)
    path = fetch("zhou", far, box)
    _, header, row = lines(path)
    assert "付款习惯" not in header
    assert dict(zip(header, row, strict=True))["热线"] == "138****1111"
    assert lines(path, 1)[2][header_of(path, 1).index("电话")] == "139****2222"
    assert "拖三个月" not in str(lines(path))


def header_of(path: Path, sheet: int) -> list[object]:
    return lines(path, sheet)[1]


def test_a_file_is_of_the_list_as_it_was_narrowed_by_fields(box: Dropbox) -> None:
    tons = add(FieldObject.CUSTOMER, FieldKind.NUMBER, "年用量")
    for name, many in (("昆山恒泽水务", "120"), ("苏州瑞衡热能", "30")):
        file = customer("Zhang", name)
        with uow.transaction() as s:
            customer_file.update_customer(s, actor("Zhang"), file, {tons: many}, NOW, entrance="console")
    narrowed = {"where": [[tons, "100.."]]}
    with uow.transaction() as s:
        assert reads.count(s, actor("Zhang"), ["customers"], narrowed, NOW) == 1
        mine = exports.ask(s, actor("Zhang"), ["customers"], narrowed, 1, NOW, entrance="console")
    jobs.work_due(lambda: NOW, box)
    assert [row[0] for row in lines(fetch("Zhang", mine, box))[2:]] == ["昆山恒泽水务"]


def test_a_file_is_its_requesters_alone_and_gone_in_time(box: Dropbox) -> None:
    customer("Zhang", "昆山恒泽水务")
    mine = ask("Zhang")
    jobs.work_due(lambda: NOW, box)
    path = fetch("Zhang", mine, box)
    for other in ("li", "wang", "qian"):
        with pytest.raises(NotFound):
            fetch(other, mine, box)
    jobs.work_due(lambda: NOW + DAY + timedelta(seconds=1), box)
    assert not path.exists()
    with pytest.raises(Gone):
        fetch("Zhang", mine, box)


def test_many_rows_wait_for_a_second_person(box: Dropbox) -> None:
    set_policy(export_alone=1)
    customer("Zhang", "昆山恒泽水务")
    customer("Zhang", "苏州瑞衡热能")
    mine = ask("Zhang")
    assert jobs.work_due(lambda: NOW, box) == 0
    assert [m.person_id for m in rows(OutboxMessage)] == [IDS["li"]]
    job = rows(ExportJob)[0]
    for who in ("Zhang", "sun", "wu"):
        with uow.transaction() as s, pytest.raises(NotFound):
            exports.decide(s, actor(who), job.id, True, NOW, entrance="card")
    with uow.transaction() as s:
        exports.decide(s, actor("li"), job.id, True, NOW, entrance="card")
    with uow.transaction() as s, pytest.raises(Conflict):
        exports.decide(s, actor("zhou"), job.id, False, NOW, entrance="card")
    assert jobs.work_due(lambda: NOW, box) == 1
    assert len(lines(fetch("Zhang", mine, box))) == 4


def test_a_day_has_a_quota(box: Dropbox) -> None:
    set_policy(export_rows_per_day=3)
    customer("Zhang", "昆山恒泽水务")
    customer("Zhang", "苏州瑞衡热能")
    ask("Zhang")
    with pytest.raises(Conflict, match="还能导 1 行"):
        ask("Zhang")


def test_every_sheet_counts_towards_quota_and_second_person(box: Dropbox) -> None:
    set_policy(export_alone=2, export_rows_per_day=5)
    file = customer("Zhang", "昆山恒泽水务")
    people_at(file, "张工", "李工")
    ask("Zhang", "customers")
    ask("Zhang", "contacts")
    assert [(job.state, job.rows) for job in rows(ExportJob)] == [("running", 1), ("running", 2)]
    with pytest.raises(Conflict, match="还能导 2 行，这次有 3 行"):
        ask("Zhang", "customers", "contacts")
    set_policy(export_rows_per_day=6)
    ask("Zhang", "customers", "contacts")
    assert (rows(ExportJob)[2].state, rows(ExportJob)[2].rows) == ("asked", 3)
    people_at(file, "王工")
    jobs.work_due(lambda: NOW, box)
    assert [job.state for job in rows(ExportJob)] == ["done", "failed", "asked"]


def test_a_sheet_is_read_some_rows_at_a_time_and_has_each_once(box: Dropbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_rows, "_AT_ONCE", 2)
    for name in ("昆山恒泽水务", "苏州瑞衡热能"):
        people_at(customer("Zhang", name), *(f"{name[:2]}{number}工" for number in range(5)))
    with uow.reading() as s:
        held = export_rows._hanging(s, [Customer.merged_into_id.is_(None)], Contact, select(Contact))
        assert [len(batch) for batch in held] == [2] * 5
    mine = ask("Zhang")
    jobs.work_due(lambda: NOW, box)
    expected = [[name, f"{name[:2]}{number}工"] for name in ("昆山恒泽水务", "苏州瑞衡热能") for number in range(5)]
    assert [row[:2] for row in lines(fetch("Zhang", mine, box), 1)[2:]] == expected


def test_a_file_that_was_removed_is_not_named(box: Dropbox) -> None:
    key = add(FieldObject.CUSTOMER, FieldKind.ATTACHMENT, "图纸")
    file = customer("Zhang", "昆山恒泽水务")
    with uow.transaction() as s:
        held = Attachment(
            customer_id=file, name="保密图纸.pdf", stored_name="x" * 32, sha256="0" * 64, kind="pdf", size=1,
            uploaded_by_id=actor("Zhang").person_id, at=NOW,
        )  # fmt: skip
        s.add(held)
        s.flush()
        customer_file.update_customer(s, actor("Zhang"), file, {key: held.public_id}, NOW, entrance="console")
        held.removed_at = NOW
    mine = ask("Zhang")
    jobs.work_due(lambda: NOW, box)
    told = str(lines(fetch("Zhang", mine, box)))
    assert "保密图纸" not in told
    assert "文件已移除" in told


def test_a_request_that_counted_only_customers_is_agreed_to_and_says_why_there_is_no_file(box: Dropbox) -> None:
    """As those that wait since before the rows of all sheets were counted."""
    set_policy(export_alone=1)
    file = customer("Zhang", "昆山恒泽水务")
    people_at(file, "张工", "李工", "王工")
    ask("Zhang", "customers", "contacts")
    with uow.transaction() as s:
        s.scalars(select(ExportJob)).one().rows = 2
    with uow.transaction() as s:
        exports.decide(s, actor("li"), rows(ExportJob)[0].id, True, NOW, entrance="card")
    jobs.work_due(lambda: NOW, box)
    why = "客户、联系人加起来现在有 4 行，这次申请最多能导 2 行，没有导出。请重新申请"
    assert (rows(ExportJob)[0].state, rows(ExportJob)[0].error) == ("failed", why)
    (told,) = rows(OutboxMessage, OutboxMessage.person_id == IDS["zhang"])
    assert told.notice["body"].startswith(why)


def test_a_list_that_has_grown_is_not_taken_out_unseen(box: Dropbox) -> None:
    set_policy(export_alone=1)
    customer("Zhang", "昆山恒泽水务")
    ask("Zhang")
    customer("Zhang", "苏州瑞衡热能")
    jobs.work_due(lambda: NOW, box)
    assert rows(ExportJob)[0].state == "failed"


def test_what_is_counted_is_what_is_written_and_a_customer_only_shared_to_look_at_is_in_no_file(box: Dropbox) -> None:
    customer("Zhang", "苏州瑞衡热能")
    for name, access in (("昆山恒泽水务", ShareAccess.READ), ("无锡宏远泵业", ShareAccess.TOGETHER)):
        theirs, sun = customer("sun", name), actor("sun")
        uow.attempt(
            partial(
                share_customer, actor=sun, customer_id=theirs, wish=Wish(IDS["zhang"], access), now=NOW, entrance="c"
            )
        )
    here = replace(actor("Zhang"), at=NOW)
    with uow.transaction() as s:
        many = reads.count(s, here, ["customers"], {}, NOW)
        assert (many, reads.left_out(s, here, {}, NOW)) == (2, 1)
        mine = exports.ask(s, here, ["customers"], {}, many, NOW, entrance="console")
    assert jobs.work_due(lambda: NOW, box) == 1
    names = [line[0] for line in lines(fetch("Zhang", mine, box))[2:]]
    assert names == ["苏州瑞衡热能", "无锡宏远泵业"]
    (job,) = rows(ExportJob)
    assert job.rows == many == len(names)


def test_the_list_of_exports_says_what_was_asked_and_the_file_has_a_name_to_read(box: Dropbox) -> None:
    customer("Zhang", "苏州瑞衡热能")
    asked = {"q": "瑞衡", "level": "normal", "owner": IDS["zhang"], "where": [["annual_estimate", "10万.."]]}
    with uow.transaction() as s:
        mine = exports.ask(s, actor("Zhang"), ["customers", "deals"], asked, 1, NOW, entrance="console")
    with uow.reading() as s:
        (line,) = reads.history(s, actor("Zhang"), 1).rows
    assert line.narrowed == "搜「瑞衡」 · 级别 普通客户 · 负责人 张三 · 年采购额 从 10万"
    assert jobs.work_due(lambda: NOW, box) == 1
    with uow.transaction() as s:
        _, name = exports.fetch(s, actor("Zhang"), mine, NOW, entrance="console")
    assert re.fullmatch(r"客户、商机-\d{4}-\d\d-\d\d-\d{4}\.xlsx", name)
