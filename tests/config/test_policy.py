"""The numbers of the business: bounded, reasoned, and never read wrongly."""

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import vocabulary
from config.policy import Policy, parse_value
from config.prospects import ProjectState
from config.vocabulary import LABELS, StageKind, label
from console import words


def test_every_number_has_a_label_a_reason_and_a_default_within_its_bounds() -> None:
    for name, value, number in Policy():
        assert number.label, name
        assert number.reason, name
        assert number.low <= Decimal(value) <= number.high, name


def test_no_reason_holds_a_number_that_would_be_wrong_once_it_is_changed() -> None:
    assert [
        number.reason
        for name, _, number in Policy()
        if any(c.isdigit() for c in number.reason) and "60万" not in number.reason
    ] == []


@pytest.mark.parametrize("step", ["remind_after_days", "second_reminder_days", "last_reminder_days"])
def test_reminders_come_one_after_the_other_and_before_the_release(step: str) -> None:
    too_late: dict[str, Any] = {step: 45}
    with pytest.raises(ValueError, match="早于回收天数"):
        replace(Policy(), **too_late)


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("remind_after_days", " 20 ", 20),
        ("director_above", "800,000", Decimal(800_000)),
        ("director_above", "60万", Decimal(600_000)),
        ("director_above", "１.２ 亿元", Decimal(120_000_000)),
        ("recycling_live", "启用", True),
        ("recycling_live", "FALSE", False),
    ],
)
def test_what_an_administrator_types_is_read(name: str, typed: str, value: object) -> None:
    assert parse_value(name, typed) == value


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("remind_after_days", "三十"),
        ("remind_after_days", "30.5"),
        ("remind_after_days", "0"),
        ("remind_after_days", "NaN"),
        ("director_above", "-1"),
        ("director_above", "1e9"),
        ("director_above", "11亿"),
        ("director_above", "万"),
        ("remind_after_days", "1e1"),
        ("remind_after_days", "0.003万"),
        ("recycling_live", "maybe"),
        ("no_such_rule", "1"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(name: str, typed: str) -> None:
    with pytest.raises(ValueError, match=r"[\u4e00-\u9fff]"):
        parse_value(name, typed)


@given(st.text(max_size=30))
def test_no_text_whatever_breaks_the_reader(typed: str) -> None:
    for name, _, number in Policy():
        with suppress(ValueError):
            assert number.low <= Decimal(parse_value(name, typed)) <= number.high


def test_every_word_has_a_label() -> None:
    kinds = [
        v for v in vars(vocabulary).values() if isinstance(v, type) and issubclass(v, StrEnum) and v is not StrEnum
    ]
    assert [word for kind in kinds for word in kind if word not in LABELS.get(kind, {})] == []


def test_no_word_takes_its_label_from_an_equal_value_of_another_kind() -> None:
    """Each kind's own words as they stand in the table's rows; a word that is written twice would be the later one."""
    rows = vocabulary._SAID
    assert len(rows) == sum(len(one) for one in LABELS.values())
    assert [word for word, text in rows if label(word) != text] == []
    assert (label(StageKind.WON), label(ProjectState.WON)) == ("赢单", "已中标")
    assert (words.label(StageKind.WON), words.label(ProjectState.WON), words.label("won")) == ("赢单", "已中标", "won")
