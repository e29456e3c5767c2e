"""An import from the sheet to the undo: nothing lost, nothing overwritten, every row answered for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from sqlalchemy.engine import Engine

from config.sheets import ImportKind, ImportState, RowResolution, RowVerdict
from config.vocabulary import FieldKind, FieldObject, HolderKind, Role
from crm import uow
from crm.errors import Conflict, Gone, NotAllowed, NotFound
from crm.forms import specs
from crm.reads.imports import one_import, refused_rows, rows_of
from crm.rules.days import at
from crm.rules.fields import Option
from crm.rules.funnel import Said
from crm.rules.header_words import option_meant
from crm.usecases import imports
from crm.usecases.approvals import Filed, move_or_ask
from crm.usecases.customers import CustomerDraft, create_customer
from crm.usecases.fields import FieldDraft, add_field
from crm.usecases.followups import write_follow_up
from crm.usecases.import_retention import purge_import_rows
from crm.usecases.record_fields import update_deal
from models.audit import AuditEntry
from models.customers import Contact, Customer, OwnershipPeriod
from models.deals import Deal, Pipeline, Stage, StageNeed
from models.imports import Contest, ImportJob, ImportRow
from models.names import CompanyName
from models.timeline import TimelineEntry
from tests.imports.sheets import Desk, csv_of
from tests.support.company import DAY, NOW, ONE, actor, customer, rows

HEADER = ("客户名称", "联系人", "手机", "年采购额（万元）", "负责人", "备注")


@pytest.fixture
def desk(company: Engine, tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_rows_become_customers_with_contacts_owner_and_note(desk: Desk) -> None:
    sheet = csv_of(
        HEADER,
        ("苏州瑞衡热能工程有限公司", "王工", "13800138000", "80", "张三", "老客户"),
        ("昆山恒泽水务有限公司", "", "", "", "", ""),
        ("无锡宏远泵业有限公司", "李总", "1380013", "", "没有这个人", ""),
    )
    who = actor("wang")
    done = desk.done(who, sheet)
    assert desk.counts(done) == {"made": 2, "failed": 1}
    first, second = rows(Customer)
    assert (first.name, first.owner_id, first.annual_estimate) == (
        "苏州瑞衡热能工程有限公司",
        actor("Zhang").person_id,
        Decimal(800_000),
    )
    assert (second.owner_id, second.queue_team_id) == (None, who.team_id)
    assert [(c.name, c.phone) for c in rows(Contact)] == [("王工", "13800138000")]
    assert [(e.text, e.counts) for e in rows(TimelineEntry)] == [("导入备注\n备注：老客户", False)]
    bad = desk.rows(done)[2]
    assert "「手机」" in bad.said
    assert "「负责人」" in bad.said


def test_in_bulk_and_one_by_one_leave_equal_rows(desk: Desk) -> None:
    """The bulk statements are a second way to do what `create_customer` does: they must not drift apart."""
    who = actor("Zhang")
    with uow.transaction() as s:
        create_customer(s, who, CustomerDraft(name="苏州瑞衡热能工程有限公司"), NOW, entrance="import")
    desk.done(who, csv_of(("客户名称", "行业"), ("昆山恒泽水务有限公司", "")), mine=True)
    same: list[set[tuple[object, ...]]] = []
    for one in rows(Customer):
        told = {
            "苏州瑞衡热能工程有限公司": "N",
            "昆山恒泽水务有限公司": "N",
            one.name_key: "K",
            one.pinyin: "P",
            one.public_id: "U",
        }

        def plain(
            row: object, but: tuple[str, ...] = ("id", "public_id"), told: dict[str, str] = told
        ) -> tuple[object, ...]:
            columns = row.__table__.columns.keys()  # type: ignore[attr-defined]
            return tuple(told.get(str(getattr(row, c)), getattr(row, c)) for c in columns if c not in but)

        trail = rows(AuditEntry, AuditEntry.verb == "create_customer", AuditEntry.subject == f"customer:{one.id}")
        detail = [{key: told.get(v, v) for key, v in entry.detail.items() if key != "job"} for entry in trail]
        same.append(
            {
                plain(one),
                *(
                    plain(p, ("id", "customer_id"))
                    for p in rows(OwnershipPeriod, OwnershipPeriod.customer_id == one.id)
                ),
                *(plain(n, ("id", "customer_id")) for n in rows(CompanyName, CompanyName.customer_id == one.id)),
                *(plain(e, ("id", "subject", "detail")) for e in trail),
                (str(detail),),
            }
        )
    assert same[0] == same[1]


def test_a_known_customer_is_skipped_unless_it_is_merged_and_then_only_gaps_are_filled(desk: Desk) -> None:
    who = actor("Zhang")
    known = customer("Zhang", "苏州瑞衡热能工程有限公司")
    sheet = csv_of(("公司", "行业", "地址", "联系人"), ("苏州瑞衡热能工程有限公司", "热能", "星湖街 1 号", "王工"))
    skipped = desk.done(who, sheet)
    assert desk.counts(skipped) == {"skipped": 1}
    assert rows(Customer)[0].industry == ""
    merged = desk.checked(who, sheet)
    with uow.transaction() as s:
        assert imports.resolve(s, who, merged, RowVerdict.SAME, RowResolution.MERGE, NOW, entrance="console") == 1
    desk.start(who, merged)
    desk.work()
    one = rows(Customer)[0]
    assert (one.id, one.industry, one.address) == (known, "热能", "星湖街 1 号")
    assert len(rows(Contact)) == 1
    again = desk.checked(who, csv_of(("公司", "行业"), ("苏州瑞衡热能工程有限公司", "别的")))
    with uow.transaction() as s:
        imports.resolve(s, who, again, RowVerdict.SAME, RowResolution.MERGE, NOW, entrance="console")
    desk.start(who, again)
    desk.work()
    assert rows(Customer)[0].industry == "热能"


def test_clocks_start_at_go_live(desk: Desk) -> None:
    who = actor("Zhang")
    public_id = desk.upload(who, csv_of(("公司", "负责人"), ("昆山恒泽水务", "张三")))
    desk.work()
    go_live = date(2026, 12, 7)
    desk.map(who, public_id, go_live=go_live)
    desk.work()
    desk.start(who, public_id)
    desk.work()
    assert rows(Customer)[0].silent_since == at(go_live, 0)


def test_old_follow_ups_keep_author_and_date_and_touch_no_clock(desk: Desk) -> None:
    customer("Zhang", "昆山恒泽水务有限公司")
    before = rows(Customer)[0]
    sheet = csv_of(
        ("客户名称", "跟进时间", "跟进人", "跟进内容"),
        ("昆山恒泽水务有限公司", "2024年3月5日", "孙六", "谈了二期"),
        ("昆山恒泽水务有限公司", "2023-01-02 09:30", "早已离职的人", "第一次拜访"),
        ("不在系统里的公司", "2024-03-05", "孙六", "x"),
        ("昆山恒泽水务有限公司", "2099-01-01", "孙六", "未来"),
    )
    done = desk.done(actor("Zhang"), sheet, ImportKind.HISTORY)
    assert desk.counts(done) == {"made": 2, "failed": 2}
    first, second = rows(TimelineEntry)
    assert (first.author_id, first.at, first.counts) == (
        actor("sun").person_id,
        datetime(2024, 3, 5, 4, tzinfo=UTC),
        False,
    )
    assert (second.author_id, second.at) == (None, datetime(2023, 1, 2, 1, 30, tzinfo=UTC))
    assert "早已离职的人" in second.text
    after = rows(Customer)[0]
    assert (after.silent_since, after.last_activity_at) == (before.silent_since, before.last_activity_at)
    again = desk.done(actor("Zhang"), sheet, ImportKind.HISTORY)
    assert desk.counts(again) == {"skipped": 2, "failed": 2}


def test_contacts_and_deals_go_to_customers_that_are_there(desk: Desk) -> None:
    who = actor("Zhang")
    customer("Zhang", "昆山恒泽水务有限公司")
    contacts = csv_of(
        ("公司", "姓名", "电话"), ("昆山恒泽水务有限公司", "王工", "13800138000"), ("没有", "李", "13800138001")
    )
    assert desk.counts(desk.done(who, contacts, ImportKind.CONTACTS)) == {"made": 1, "failed": 1}
    deals = csv_of(
        ("公司", "商机名称", "金额（万元）", "阶段"), ("昆山恒泽水务有限公司", "二期循环泵", "80", "方案提交")
    )
    done = desk.done(who, deals, ImportKind.DEALS)
    assert desk.counts(done) == {"made": 1}
    assert [(d.name, d.amount, d.owner_id) for d in rows(Deal)] == [("二期循环泵", Decimal(800_000), who.person_id)]
    _undo(desk, done)
    assert rows(Deal) == []


def test_undo_takes_everything_back_but_what_was_worked_with(desk: Desk) -> None:
    who = actor("Zhang")
    old = customer("Zhang", "苏州瑞衡热能工程有限公司")
    sheet = csv_of(
        ("公司", "行业", "联系人", "负责人"),
        ("苏州瑞衡热能工程有限公司", "热能", "王工", "张三"),
        ("昆山恒泽水务有限公司", "水务", "李总", "张三"),
        ("无锡宏远泵业有限公司", "泵", "", "张三"),
    )
    public_id = desk.checked(who, sheet)
    with uow.transaction() as s:
        imports.resolve(s, who, public_id, RowVerdict.SAME, RowResolution.MERGE, NOW, entrance="console")
    desk.start(who, public_id)
    desk.work()
    kept = rows(Customer, Customer.name == "无锡宏远泵业有限公司")[0]
    with uow.transaction() as s:
        write_follow_up(s, who, kept.id, "电话里谈了水泵的选型和交期", NOW, entrance="chat")
    _undo(desk, public_id)
    assert desk.counts(public_id) == {"withdrawn": 2, "stayed": 1}
    assert desk.rows(public_id)[2].said == "已有跟进或记录"
    assert rows(Customer, Customer.id == old)[0].industry == ""
    gone = rows(Customer, Customer.name == "昆山恒泽水务有限公司")[0]
    assert gone.merged_into_id == gone.id
    assert all(c.retired_at is not None for c in rows(Contact))
    again = desk.done(who, sheet)  # the names are free again
    assert desk.counts(again) == {"skipped": 2, "made": 1}


def test_undo_leaves_a_deal_that_was_changed_or_for_which_somebody_has_asked(desk: Desk) -> None:
    who, names = actor("Zhang"), ("没人动过", "改过金额", "申请过审批")
    customer("Zhang", "昆山恒泽水务有限公司")
    sheet = csv_of(("公司", "商机名称", "金额（万元）"), *(("昆山恒泽水务有限公司", name, "80") for name in names))
    done = desk.done(who, sheet, ImportKind.DEALS)
    deals = {one.name: one.public_id for one in rows(Deal)}
    with uow.transaction() as s:
        update_deal(s, who, deals["改过金额"], {"amount": "90万"}, NOW, entrance="console")
    with uow.transaction() as s:
        why = Said("客户已经口头答应")
        asked = move_or_ask(
            s, actor("li"), deals["申请过审批"], "contract_review", why, NOW, entrance="console", force=True
        )
    assert isinstance(asked, Filed)
    _undo(desk, done)
    assert [one.name for one in rows(Deal)] == list(names[1:])
    assert desk.counts(done) == {"withdrawn": 1, "stayed": 2}


def test_undo_ends_after_its_days(desk: Desk) -> None:
    who = actor("Zhang")
    done = desk.done(who, csv_of(("公司",), ("昆山恒泽水务",)))
    with uow.transaction() as s, pytest.raises(Gone, match="7 天"):
        imports.undo(s, who, done, NOW + 7 * DAY + timedelta(seconds=1), entrance="console")


def _undo(desk: Desk, public_id: str) -> None:
    with uow.transaction() as s:
        imports.undo(s, actor("wang"), public_id, desk.now, entrance="console")
    desk.work()
    assert desk.job(public_id).state == "undone"


def test_an_import_is_the_importers_and_operations_alone(desk: Desk) -> None:
    done = desk.done(actor("Zhang"), csv_of(("公司",), ("昆山恒泽水务",)))
    for stranger in ("sun", "li"):
        with uow.transaction() as s, pytest.raises(NotFound):
            imports.undo(s, actor(stranger), done, NOW, entrance="console")
    with uow.transaction() as s, pytest.raises(Conflict, match="已完成"):
        imports.start(s, actor("wang"), done, NOW, entrance="console")


def test_a_rep_imports_for_himself_and_a_lead_for_his_team(desk: Desk) -> None:
    sheet = csv_of(("公司", "负责人"), ("甲一水务", "孙六"), ("乙二水务", "钱七"))
    assert desk.counts(desk.done(actor("Zhang"), sheet)) == {"failed": 2}
    assert desk.counts(desk.done(actor("li"), sheet)) == {"made": 1, "failed": 1}


def test_who_has_left_leaves_his_customers_to_his_team(desk: Desk) -> None:
    desk.done(actor("wang"), csv_of(("公司", "负责人"), ("昆山恒泽水务", "离职的人")))
    period = rows(OwnershipPeriod)[0]
    assert (period.holder_kind, period.holder_id) == (HolderKind.QUEUE, ONE)


def test_a_mapping_is_remembered_by_the_headers(desk: Desk) -> None:
    who = actor("Zhang")
    sheet = csv_of(("奇怪的列", "另一列"), ("昆山恒泽水务有限公司", "热能"))
    public_id = desk.upload(who, sheet)
    desk.work()
    assert [one["target"] for one in desk.job(public_id).mapping] == ["customer.name", ""]
    desk.map(who, public_id, targets={"另一列": "customer.industry"})
    second = desk.upload(who, sheet)
    desk.work()
    assert [one["target"] for one in desk.job(second).mapping] == ["customer.name", "customer.industry"]


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (b"", "空的"),
        (b"%PDF-1.7 ...", "不是表格"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "网页"),
        (b"PK\x03\x04broken", "损坏"),
        (csv_of(("公司", "行业")), "只有表头"),
    ],
)
def test_a_wrong_file_is_answered_kindly(desk: Desk, sheet: bytes, words: str) -> None:
    public_id = desk.upload(actor("Zhang"), sheet)
    desk.work()
    job = desk.job(public_id)
    assert job.state == "failed"
    assert words in job.error
    assert not list((desk.box.path("0" * 40)).parent.glob("*"))


def test_somebody_of_finance_imports_nothing(desk: Desk) -> None:
    with uow.transaction() as s, pytest.raises(NotAllowed, match="不负责客户"):
        imports.upload(
            s, replace(actor("Zhang"), role=Role.FINANCE), ImportKind.CUSTOMERS, "x", "0" * 40, NOW, entrance="t"
        )
    assert rows(ImportJob) == []


def test_two_sheets_that_claim_one_customer_are_contested(desk: Desk) -> None:
    desk.done(actor("Zhang"), csv_of(("公司", "负责人"), ("昆山恒泽水务", "张三")))
    second = desk.done(actor("wang"), csv_of(("公司", "负责人"), ("昆山恒泽水务", "钱七")))
    assert desk.counts(second) == {"contested": 1}
    assert rows(Customer)[0].owner_id is None
    assert len(rows(Contest)) == 1


def test_long_after_a_failed_import_its_reason_and_what_was_not_read_are_still_told(desk: Desk) -> None:
    who = actor("Zhang")
    failed = desk.checked(who, csv_of(("导出人：王五",), ("公司", "电话"), ("昆山恒泽水务有限公司", "0512-57001234")))
    with uow.transaction() as s:
        job = s.scalars(select(ImportJob)).one()
        assert "表头在第 2 行" in job.note
        job.state, job.error, job.finished_at = ImportState.FAILED, "处理时中断，请把文件拆小", NOW
    assert uow.attempt(lambda s: purge_import_rows(s, NOW + 91 * DAY)) > 0
    with uow.reading() as s:
        view = one_import(s, who, failed)
    assert view.error == "处理时中断，请把文件拆小"
    assert view.note == "明细已过保留期，不再保存。当时的结果：没有导入。表头在第 2 行，它上面的内容不导入"


def test_long_after_an_import_its_counts_are_left_and_not_its_rows(desk: Desk) -> None:
    who, set_up = actor("Zhang"), csv_of(("公司", "电话"), ("昆山恒泽水务有限公司", "0512-57001234"), ("", "123"))
    done, fresh = desk.done(who, set_up), desk.checked(who, csv_of(("公司",), ("无锡宏远泵业有限公司",)))
    kept = len(rows(ImportRow))

    def purged(days: int) -> int:
        return uow.attempt(lambda s: purge_import_rows(s, NOW + days * DAY))

    assert (purged(89), len(rows(ImportRow))) == (0, kept)
    assert (purged(91), purged(91)) == (2, 0)  # the one that waits for a person keeps its rows
    assert desk.rows(done) == []
    assert len(desk.rows(fresh)) == 1
    with uow.reading() as s:
        view = one_import(s, who, done)
        list(refused_rows(s, who, done)[1])
    assert "已新建 1 行" in view.note
    assert "57001234" not in str(view)
    assert [customer.name for customer in rows(Customer)] == ["昆山恒泽水务有限公司"]


def test_columns_and_options_are_understood_as_people_write_them(desk: Desk) -> None:
    sheet = csv_of(
        ("单位名称", "对接人", "客户等级", "从哪来的"),
        ("苏州瑞衡热能工程有限公司", "王工", "重点", "展会"),
        ("昆山恒泽水务有限公司", "李工", "普通", "客户询盘"),
        ("无锡宏远泵业有限公司", "", "客户", "市场"),
        ("常州天屹化工有限公司", "", "VIP", "转介绍"),
    )
    done = desk.done(actor("Zhang"), sheet, mine=True)
    assert [(one.level, one.source) for one in rows(Customer)] == [
        ("key", "event"),
        ("normal", "inquiry"),
        ("key", "referral"),
    ]
    assert [one.name for one in rows(Contact)] == ["王工", "李工"]
    assert "没有「客户」这一项" in desk.rows(done)[2].said


def test_a_short_form_is_never_guessed_where_two_options_begin_so(desk: Desk) -> None:
    with uow.reading() as s:
        (level,) = (spec for spec in specs(s, FieldObject.CUSTOMER) if spec.key == "level")
    two = replace(level, options=(*level.options, Option("vital", "重点培养客户")))
    assert [option_meant("customer.level", one, "重点") for one in (level, two)] == ["重点客户", "重点"]
    assert option_meant("customer.level", two, "重点客户") == "重点客户"
    assert option_meant("customer.source", level, "展会") == "展会"


def test_a_line_of_totals_and_the_number_of_a_day_are_refused_in_words(desk: Desk) -> None:
    with uow.transaction() as s:
        draft = FieldDraft("检修日期", "more")
        add_field(s, actor("wang"), FieldObject.CUSTOMER, FieldKind.DATE, draft, NOW, entrance="console")
    sheet = csv_of(
        ("客户名称", "检修日期"),
        ("苏州瑞衡热能工程有限公司", "2026-03-05"),
        ("昆山恒泽水务有限公司", "46086"),
        ("合 计：", ""),
        ("合计：9 家", ""),
        ("总计 12 家", ""),
        ("填表日期：2026-1-1", ""),
        ("有限公司", ""),
        ("合计泵业有限公司", ""),
    )
    done = desk.done(actor("wang"), sheet)
    assert desk.counts(done) == {"made": 2, "failed": 6}
    said = [row.said for row in desk.rows(done)]
    assert "「检修日期」：「46086」是 Excel 里日期的序号" in said[1]
    assert all("合计或落款" in one for one in said[2:6])
    assert "认不出是哪家公司" in said[6]
    talk = csv_of(("客户名称", "跟进时间", "跟进内容"), ("苏州瑞衡热能工程有限公司", "46086", "来电询价"))
    told = desk.done(actor("wang"), talk, ImportKind.HISTORY)
    assert "「46086」是 Excel 里日期的序号" in desk.rows(told)[0].said


def test_who_looks_at_anothers_sheet_sees_numbers_as_in_the_file(desk: Desk) -> None:
    sheet = csv_of(
        ("客户名称", "联系人", "手机", "别的"),
        ("苏州瑞衡热能工程有限公司", "王工", "13811110001", "另一个号 13811110003，2026-03-05 后打"),
        ("昆山恒泽水务有限公司", "李工", "1381111000299", ""),
    )
    done = desk.done(actor("Zhang"), sheet, mine=True)

    def told(who: str) -> str:
        with uow.reading() as s:
            view = one_import(s, actor(who), done)
            page = rows_of(s, actor(who), done, verdict=None, outcome=None, page=1)
            refused = [" ".join(line) for line in refused_rows(s, actor(who), done)[1]]
        return f"{view} {page} {refused}"

    assert all(number in told("Zhang") for number in ("13811110001", "13811110003", "1381111000299"))
    theirs = told("wang")
    assert not any(number in theirs for number in ("13811110001", "13811110003", "1381111000299"))
    assert ("138****0001" in theirs, "2026-03-05" in theirs) == (True, True)


def test_running_deals_come_into_a_company_that_has_not_opened_one_yet(desk: Desk) -> None:
    customer("Zhang", "苏州瑞衡热能工程有限公司")
    with uow.transaction() as s:
        s.execute(delete(StageNeed))
        s.execute(delete(Stage))
        s.execute(delete(Pipeline))
    sheet = csv_of(
        ("客户名称", "商机名称", "金额", "阶段"), ("苏州瑞衡热能工程有限公司", "二期循环泵", "80万", "需求确认")
    )
    done = desk.done(actor("Zhang"), sheet, ImportKind.DEALS)
    assert desk.counts(done) == {"made": 1}
    (deal,) = rows(Deal)
    with uow.transaction() as s:
        why = Said("客户已经口头答应")
        asked = move_or_ask(s, actor("li"), deal.public_id, "contract_review", why, NOW, entrance="console", force=True)
    assert isinstance(asked, Filed)  # and the rules that every company starts with hold for them
