"""Telephones, domains and mail as people write them, and what two spellings of one have in common."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.reach import clean_domain, clean_email, clean_phone, phone_key


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13800138000", "13800138000"),
        ("+86 138 0013 8000", "13800138000"),
        ("１３８－００１３－８０００", "13800138000"),
        ("0512-6588 0000转801", "0512-65880000 转 801"),
        ("(0512)65880000", "0512-65880000"),
        ("010-88886666", "010-88886666"),
        ("86-512-65880000", "0512-65880000"),
        ("65880000", "65880000"),
        ("400-800-1234", "4008001234"),
        ("110", "110"),
        ("10086", "10086"),
        ("95588", "95588"),
        ("+1 650 253 0000", "+16502530000"),
    ],
)
def test_a_telephone_is_kept_as_one_dials_it(typed: str, kept: str) -> None:
    assert clean_phone(typed) == kept
    assert clean_phone(kept) == kept


@pytest.mark.parametrize("typed", ["1380013800", "电话", "12", "138001380001", "0512-123", "+12"])
def test_what_nobody_could_dial_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(ValueError, match="例如"):
        clean_phone(typed)


@given(st.from_regex(r"1[3-9][0-9]{0,8}", fullmatch=True))
def test_a_mobile_that_was_cut_off_is_no_service_number_and_the_refusal_says_so(number: str) -> None:
    with pytest.raises(ValueError, match=f"少了 {11 - len(number)} 位"):
        clean_phone(number)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_the_spellings_of_one_mobile_compare_alike(number: str) -> None:
    spellings = (number, f"+86 {number}", f"{number[:3]} {number[3:7]}-{number[7:]}", f"0086{number}")
    assert {phone_key(one) for one in spellings} == {number}


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("https://www.Example.com.cn/a?b#c", "example.com.cn"),
        ("www.example.com", "example.com"),
        ("info@example.com", "example.com"),
        ("HTTP://例子.中国:8080/", "xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_a_web_address_is_its_bare_host(typed: str, host: str) -> None:
    assert clean_domain(typed) == host
    assert clean_domain(host) == host


@pytest.mark.parametrize("typed", ["example", "没有", "http://", "a..b", "1.2.3.4"])
def test_what_is_no_host_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="网址"):
        clean_domain(typed)


def test_mail_is_checked_and_its_host_small() -> None:
    assert clean_email(" Zhang.San@Example.COM ") == "Zhang.San@example.com"
    for typed in ("zhang", "a@b", "张@example.com", "@example.com"):
        with pytest.raises(ValueError, match="邮箱"):
            clean_email(typed)


def told(clean: Callable[[str], str], typed: str) -> str:
    """What it becomes, or the words of the refusal."""
    try:
        return clean(typed)
    except ValueError as error:
        return str(error)


@given(st.text(max_size=40), st.sampled_from([clean_phone, clean_domain, clean_email]))
def test_any_text_is_taken_for_good_or_refused_in_words(typed: str, clean: Callable[[str], str]) -> None:
    kept = told(clean, typed)
    assert "例如" in kept or told(clean, kept) == kept
