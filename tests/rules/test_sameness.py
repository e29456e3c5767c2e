"""Whether two texts or pictures are the same, as values: the table of what people do, and what must hold of any two."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.sameness import Known, Print, bands
from gateways.reader.marks import minhash, passages
from tests.support.papers import CONTRACT_TERMS, Paper, changed, paper

TERMS = list(CONTRACT_TERMS[:8])
OTHER = "客户要求流量不低于一百二十立方米每小时，扬程三十二米，过流部件用不锈钢。"


def of(*lines: str) -> Print:
    words = passages(lines)
    return Print(words, minhash(words) if words else [], [])


def same(one: Print, other: Print) -> bool:
    return Known(one).same(other)


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (TERMS, True),
        (TERMS[::-1], True),  # put into another order
        ([*TERMS[:3], OTHER, *TERMS[4:]], True),  # one replaced
        (TERMS[1:], True),  # one left out
        ([*TERMS, OTHER], True),  # one added
        ([*TERMS, "第1页共2页", "第2页共2页"], True),  # what a layout adds
        ([OTHER, TERMS[1], TERMS[2], "编号四五六七八九十", *TERMS[4:]], False),  # two
        (["甲方：华东泵业有限公司", *TERMS], True),
        (TERMS[:4], False),  # half of it
        ([OTHER], False),
    ],
)
def test_one_passage_may_differ(lines: list[str], verdict: bool) -> None:
    assert same(of(*TERMS), of(*lines)) is verdict


def test_a_template_filled_in_anew_is_another_paper() -> None:
    def filled(who: str, what: str, day: str, much: str) -> Print:
        return of(f"买方：{who}", f"标的：{what}", f"签订日期：{day}", f"总价：人民币{much}元整", *TERMS)

    one = filled("无锡蓝天化工有限公司", "卧式离心泵三台", "2026年3月5日", "128000")
    assert not same(one, filled("苏州宏远水务有限公司", "潜水排污泵两台", "2026年4月18日", "96500"))
    assert same(one, filled("苏州宏远水务有限公司", "卧式离心泵三台", "2026年3月5日", "128000"))


@given(st.integers(0, 10**9))
def test_a_paper_is_the_same_as_itself_whichever_is_asked_about_and_shares_a_band(seed: int) -> None:
    chance = Random(seed)
    one, other = paper(chance), paper(chance)
    known, there = of(*one.lines), of(*other.lines)
    assert same(known, known)
    assert same(known, there) == same(there, known)
    assert bands(known)
    again = of(*changed(chance, Paper(one.template, tuple(one.lines))).lines)
    assert same(known, again) == same(again, known)


def test_pictures_are_compared_field_by_field_whatever_their_brightness() -> None:
    chance = Random(1)
    levels = bytes(chance.randint(40, 200) for _ in range(4096))
    steps = chance.randbytes(32)
    one = Print([], [], [steps + levels])
    darker = Print([], [], [steps + bytes(int(level * 0.9) for level in levels)])
    written_on = bytearray(levels)
    written_on[1000:1010] = bytes(10)
    assert same(one, darker)
    assert not same(one, Print([], [], [steps + bytes(written_on)]))
    assert not same(one, Print([], [], [bytes(32) + levels[::-1]]))
    assert bands(one) & bands(darker)
    assert same(one, Print([], [], [chance.randbytes(4128), *one.pictures]))  # a page of a longer scan
    cover = Print([], [], [*one.pictures, *(chance.randbytes(4128) for _ in range(3))])
    assert not same(cover, Print([], [], [*one.pictures, *(chance.randbytes(4128) for _ in range(3))]))


def test_nothing_is_the_same_as_nothing() -> None:
    assert not same(Print([], [], []), Print([], [], []))
    assert bands(Print([], [], [])) == set()
