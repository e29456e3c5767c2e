"""A guarded value is shown in part, never whole."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.grants import FLOOR_PRICE, MASKED, REACH, default
from config.vocabulary import Role
from crm.access import Groups, Sight
from crm.rules.masking import masked, masked_phone, veiled


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("13812345678", "138****5678"),
        ("138 1234 5678", "138 **** 5678"),
        ("0512-68881234", "051*-****1234"),
        ("68881234", "******34"),
        ("110", "*10"),
        ("", ""),
        ("68881234 转 801", "688****4 转 801"),
        ("+4915112345678", "+491******5678"),
        ("zhang.san@example.com", "z***@example.com"),
        ("工业园区 188 号", "＊＊＊"),
        ("人民路 110 号", "＊＊＊"),
        ("example.com", "＊＊＊"),
        ("www.s-110.com", "＊＊＊"),
        ("微信 13812345678", "＊＊＊"),
        ("a@b", "＊＊＊"),
        ("1801", "＊＊＊"),
    ],
)
def test_what_is_left_of_it(value: str, shown: str) -> None:
    assert masked(value) == shown


@given(st.text(alphabet="0123456789 -+()转", max_size=32))
def test_at_least_a_third_of_the_digits_of_any_number_is_hidden_and_nothing_moves(phone: str) -> None:
    shown = masked_phone(phone)
    assert len(shown) == len(phone)
    assert re.sub(r"[\d*]", "", shown) == re.sub(r"\d", "", phone)
    digits = len(re.findall(r"\d", phone))
    assert shown.count("*") >= (digits / 3 if digits > 2 else 0)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("group", sorted(MASKED))
def test_no_mask_touches_ones_own_customer_or_one_worked_on_together(role: Role, group: str) -> None:
    seen = Sight(7, Groups(role, edit=False, changed={}), frozenset({20}))
    assert seen.shown(10, 7, group, "13812345678") == "13812345678"
    assert seen.shown(20, 9, group, "13812345678") == "13812345678"
    assert (seen.shown(30, 9, group, "13812345678") == "13812345678") is default(role, group).read


def test_a_floor_price_is_all_or_nothing() -> None:
    seen = Sight(7, Groups(Role.REP, edit=False, changed={}), frozenset())
    assert "1" not in seen.shown(30, 9, FLOOR_PRICE, "1200.00")
    assert seen.shown(30, 9, "basic", "苏州") == "苏州"


def test_nobody_edits_what_his_role_only_reads() -> None:
    assert not any(default(role, "basic").edit for role in (Role.FINANCE, Role.SERVICE))
    assert not default(Role.REP, FLOOR_PRICE).edit
    assert default(Role.REP, REACH).edit


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-01-02 13812345678 王工", "2026-01-02 138****5678 王工"),
        ("Tel13812345678，微信wx13912345678", "Tel138****5678，微信wx139****5678"),
        ("13812345678Tom 或 0512-68881234", "138****5678Tom 或 051*-****1234"),
        ("2026-03-05 到 2026-03-08，扬程 32.5 米，预算 800000", "2026-03-05 到 2026-03-08，扬程 32.5 米，预算 800000"),
        ("发到 zhang.san@example.com", "发到 z***@example.com"),
    ],
)
def test_a_text_tells_no_number_and_keeps_its_days(text: str, shown: str) -> None:
    assert veiled(text) == shown
