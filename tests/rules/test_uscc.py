"""GB 32100-2015: a code is taken if and only if its check sign is right, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.uscc import check_sign, clean_uscc

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODES = st.builds(
    lambda head, place, body: head + place + body,
    st.text(SIGNS, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(SIGNS, min_size=9, max_size=9),
).map(lambda first: first + check_sign(first))


def by_the_book(code: str) -> bool:
    """The standard's own words: with the weights 1, 3, 9, 27, 19 … the sum over all eighteen is 0 modulo 31."""
    weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    total = sum(SIGNS.index(sign) * weight for sign, weight in zip(code, weights, strict=False))
    return (31 - total % 31) % 31 == SIGNS.index(code[17])


def test_the_example_of_the_standard() -> None:
    assert clean_uscc("91350100M000100Y43") == "91350100M000100Y43"


@given(CODES)
def test_a_code_with_its_check_sign_is_taken_and_holds_by_the_book(code: str) -> None:
    assert by_the_book(code)
    spaced = f" {code[:4].lower()} {code[4:10]}-{code[10:]} "
    assert clean_uscc(spaced) == code


@given(CODES, st.integers(0, 17), st.sampled_from(SIGNS))
def test_one_wrong_sign_is_always_noticed(code: str, place: int, sign: str) -> None:
    wrong = code[:place] + sign + code[place + 1 :]
    if wrong == code:
        return
    with pytest.raises(ValueError):
        clean_uscc(wrong)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("91350100M000100Y4", "17 位"),
        ("91350100M000100Y4I", "没有字母 I"),
        ("9135O100M000100Y43", "是不是 0"),
        ("91350100M000100Y44", "校验位"),
        ("9135010AM000100Y43", "行政区划码"),
        ("91350100M000100Y4？", "不对"),
    ],
)
def test_what_is_wrong_is_said(typed: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        clean_uscc(typed)
