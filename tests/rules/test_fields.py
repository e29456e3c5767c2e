"""One judge for every entrance: what people write becomes a typed value, or a sentence that says what to write."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.vocabulary import CooperationStage, FieldKind, label
from crm.rules.fields import FieldSpec, Option, Value, missing, read, validate

TODAY = date(2026, 11, 23)
POTENTIAL, INTENT, TRIAL, PARTNER, DORMANT = CooperationStage
PUMPS = (Option("pump", "泵"), Option("valve", "阀门"), Option("both", "泵、阀"), Option("old", "锅炉", retired=True))
STAGES = tuple(Option(stage.value, label(stage)) for stage in CooperationStage)
PEOPLE = (
    Option("p1", "张伟", also="zhangwei"),
    Option("p2", "张伟", also="ZhangWei2"),
    Option("p3", "李娜", also="lina"),
)


def spec(kind: FieldKind, key: str = "f", **more: object) -> FieldSpec:
    return FieldSpec(key, f"字段{key}", kind, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (FieldKind.TEXT, "  水处理\n设备 ", "水处理 设备"),
        (FieldKind.TEXT, 13800138000.0, "13800138000"),
        (FieldKind.LONG_TEXT, "一\r\n二", "一\n二"),
        (FieldKind.NUMBER, "１，２００", Decimal(1200)),
        (FieldKind.NUMBER, "1.2万", Decimal(12000)),
        (FieldKind.NUMBER, -3.5, Decimal("-3.5")),
        (FieldKind.NUMBER, 100, Decimal(100)),
        (FieldKind.MONEY, "80万", Decimal("800000.00")),
        (FieldKind.MONEY, "一百二十万", Decimal("1200000.00")),
        (FieldKind.MONEY, 1234.5, Decimal("1234.50")),
        (FieldKind.DATE, "2026-3-5", date(2026, 3, 5)),
        (FieldKind.DATE, "２０２６年３月５日", date(2026, 3, 5)),
        (FieldKind.DATE, "20260305", date(2026, 3, 5)),
        (FieldKind.DATE, "3月5日", date(2026, 3, 5)),
        (FieldKind.DATE, "2026/03/05 00:00:00", date(2026, 3, 5)),
        (FieldKind.DATE, datetime(2026, 3, 4, 18, tzinfo=UTC), date(2026, 3, 5)),
        (FieldKind.DATE, "明天", date(2026, 11, 24)),
        (FieldKind.REGION, "江苏省 / 苏州市", "江苏省苏州市"),
        (FieldKind.ATTACHMENT, "0123456789abcdef0123", "0123456789abcdef0123"),
        (FieldKind.TEXT, "", None),
        (FieldKind.NUMBER, None, None),
        (FieldKind.MULTI_SELECT, [], None),
        (FieldKind.TEXT, "\u200b", None),
    ],
)
def test_what_people_write_is_read(kind: FieldKind, typed: object, value: Value) -> None:
    assert read(spec(kind), typed, TODAY) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("阀门", ("valve",)),
        ("VALVE", ("valve",)),
        ("泵, 阀门", ("pump", "valve")),
        ("阀门；泵；泵", ("pump", "valve")),
        ("泵、阀", ("both",)),
        (["both", "阀门"], ("valve", "both")),
    ],
)
def test_several_options_are_read_in_the_forms_order(typed: str | list[str], keys: tuple[str, ...]) -> None:
    assert read(spec(FieldKind.MULTI_SELECT, options=PUMPS), typed, TODAY) == keys


@pytest.mark.parametrize(
    ("kind", "typed", "told"),
    [
        (FieldKind.SELECT, "水", "没有「水」这一项，可选：泵、阀门"),
        (FieldKind.SELECT, "锅炉", "「锅炉」已停用，可选"),
        (FieldKind.NUMBER, "很多", "例如 120"),
        (FieldKind.NUMBER, "1e9", "不是数字"),
        (FieldKind.NUMBER, "9" * 20, "太大"),
        (FieldKind.MONEY, "-1", "负数"),
        (FieldKind.DATE, "2026-02-30", "没看懂日期"),
        (FieldKind.DATE, "3026-02-03", "年份"),
        (FieldKind.TEXT, "长" * 300, "最多 255 个字，现在有 300 个"),
        (FieldKind.ATTACHMENT, "报价.pdf", "上传"),
    ],
)
def test_what_cannot_be_read_is_said_with_what_can(kind: FieldKind, typed: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read(spec(kind, options=PUMPS), typed, TODAY)


def test_a_retired_option_or_field_keeps_what_it_has_and_takes_nothing_new() -> None:
    assert read(spec(FieldKind.SELECT, options=PUMPS), "锅炉", TODAY, "old") == "old"
    gone = spec(FieldKind.TEXT, retired=True)
    assert read(gone, "旧", TODAY, "旧") == "旧"
    with pytest.raises(ValueError, match="停用"):
        read(gone, "新", TODAY, "旧")


def test_colleagues_of_one_name_are_told_apart_by_their_account() -> None:
    who = spec(FieldKind.PERSON, options=PEOPLE)
    assert read(who, "李娜", TODAY) == "p3"
    assert read(who, "zhangwei2", TODAY) == "p2"
    with pytest.raises(ValueError, match="账号：zhangwei、ZhangWei2"):
        read(who, "张伟", TODAY)


FORM = (
    spec(FieldKind.TEXT, "name", always=True),
    spec(FieldKind.SELECT, "cooperation_stage", options=STAGES),
    spec(FieldKind.MONEY, "money", required_at=frozenset({TRIAL, PARTNER})),
    spec(FieldKind.TEXT, "note", required_at=frozenset({POTENTIAL})),
    spec(FieldKind.TEXT, "gone", required_at=frozenset({TRIAL}), retired=True),
)


def test_a_new_record_needs_what_the_product_needs_and_shows_the_rest_as_missing() -> None:
    bare = validate(FORM, {"name": "甲"}, POTENTIAL, today=TODAY)
    assert (bare.errors, [one.key for one in bare.missing]) == ({}, ["note"])
    assert set(validate(FORM, {}, POTENTIAL, today=TODAY).errors) == {"name"}
    assert set(validate(FORM, {"name": " "}, POTENTIAL, today=TODAY).errors) == {"name"}
    late = validate(FORM, {"name": "甲", "cooperation_stage": "试单"}, POTENTIAL, today=TODAY)
    assert "进入「试单」之前要填" in late.errors["money"]


def test_an_old_record_is_judged_by_what_is_touched_until_it_moves_forward() -> None:
    had: dict[str, Value] = {"name": "甲", "cooperation_stage": "trial"}
    assert validate(FORM, {"note": "乙"}, TRIAL, today=TODAY, before=had).errors == {}
    assert [one.key for one in missing(FORM, had, TRIAL)] == ["money"]
    assert set(validate(FORM, {"cooperation_stage": "合作"}, TRIAL, today=TODAY, before=had).errors) == {"money"}
    both = validate(FORM, {"cooperation_stage": "合作", "money": "3万"}, TRIAL, today=TODAY, before=had)
    assert (both.errors, both.missing) == ({}, ())
    for back in ("意向", "停滞"):
        assert validate(FORM, {"cooperation_stage": back}, TRIAL, today=TODAY, before=had).errors == {}


def test_what_the_stage_needs_is_not_emptied() -> None:
    had: dict[str, Value] = {"name": "甲", "cooperation_stage": "trial", "money": Decimal(1)}
    assert "必填" in validate(FORM, {"money": ""}, TRIAL, today=TODAY, before=had).errors["money"]
    assert validate(FORM, {"money": "", "cooperation_stage": "潜在"}, TRIAL, today=TODAY, before=had).errors == {}


def test_a_field_that_nobody_defined_is_refused() -> None:
    assert "没有这个字段" in validate(FORM, {"secret": "1"}, TRIAL, today=TODAY, before={}).errors["secret"]


RAW = st.one_of(
    st.text(max_size=30),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.lists(st.text(max_size=8), max_size=4),
)


@given(st.sampled_from(list(FieldKind)), RAW)
def test_anything_at_all_is_a_value_or_a_sentence(kind: FieldKind, typed: object) -> None:
    one = spec(kind, options=PUMPS)
    checked = validate([one], {"f": typed}, POTENTIAL, today=TODAY, before={})  # type: ignore[dict-item]
    assert set(checked.values) | set(checked.errors) == {"f"}
    for told in checked.errors.values():
        assert any("一" <= sign <= "鿿" for sign in told)
    for value in checked.values.values():  # what was read once is read again as itself
        again = list(value) if isinstance(value, tuple) else value
        assert read(one, again, TODAY, value) == value
