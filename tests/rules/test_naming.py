"""Company names: what is folded away, what tells two companies apart, and who is found by a few letters."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.vocabulary import NameVerdict
from crm.rules.name_parts import parts_of
from crm.rules.name_scores import place_and_same
from crm.rules.naming import (
    MAX_NAME,
    clean_name,
    core_name,
    judge,
    name_key,
    pinyin_of,
    rank,
    reason,
    said_in,
    similarity,
)

PLACES = ["上海", "广州市", "浙江省温州市", "北京", ""]
BRANDS = ["华东", "灵朗", "朗高", "恒昌汇", "天旭", "万和", "明州", "新盛宏"]
TRADES = ["泵业", "科技", "信息技术", "阀门", "机械设备", ""]
FORMS = ["有限公司", "股份有限公司", "集团有限公司", "有限责任公司", "厂", ""]
NAMES = st.builds(lambda *parts: "".join(parts), *(st.sampled_from(words) for words in (PLACES, BRANDS, TRADES, FORMS)))
ANY_TEXT = st.text(min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("华东泵业（上海）有限公司", "华东泵业(上海)有限公司"),
        ("ＡＢＢ（中国）有限公司", "abb 【中国】有限公司"),
        ("华东 泵业·有限公司", "华东泵业有限公司"),
    ],
)
def test_width_case_brackets_and_spaces_do_not_make_another_name(a: str, b: str) -> None:
    assert name_key(a) == name_key(b)
    assert similarity(a, b) == 100


def test_the_key_keeps_the_region() -> None:
    assert name_key("华东泵业（上海）有限公司") != name_key("华东泵业（广州）有限公司")


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("上海华东泵业有限公司", "华东泵业"),
        ("华东泵业（上海）有限公司", "华东泵业"),
        ("浙江省温州市乐清市华泵阀门有限公司", "华泵阀门"),
        ("上海电气集团股份有限公司", "上海电气"),
        ("朝阳县大山苗圃", "大山苗圃"),
        ("永辉超市股份有限公司", "永辉超市"),
        ("青岛啤酒股份有限公司", "青岛啤酒"),
        ("华东泵业有限公司上海分公司", "华东泵业"),
        ("科丝美诗(中国)化妆品有限公司", "科丝美诗化妆品"),
        ("Acme Pumps Co., Ltd.", "acmepumps"),
        ("上海公司", "上海"),
        ("有限公司", "有限"),
    ],
)
def test_region_and_legal_form_are_taken_off_but_never_everything(name: str, core: str) -> None:
    assert core_name(name) == core


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("上海华东泵业有限公司", "华东泵业集团股份有限公司"),
        ("华东泵业", "上海华东泵业有限公司"),
        ("华东", "上海华东泵业有限公司"),
        ("中国工商银行诸暨支行", "中国工商银行股份有限公司诸暨支行"),
        ("华福证券股份有限责任公司", "华福证券有限责任公司"),
    ],
)
def test_the_same_company_written_differently_is_found(a: str, b: str) -> None:
    assert similarity(a, b) >= 82


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("广州灵朗信息技术有限公司", "广州朗高信息技术有限公司"),
        ("乐清市实杰电器有限公司", "乐清市程杰电器有限公司"),
        ("上海水泵厂有限公司", "广州水泵厂有限公司"),
        ("青岛啤酒股份有限公司", "青岛水泵股份有限公司"),
        ("上海有限公司", "上海华东泵业有限公司"),
        ("科技有限公司", "灵朗科技有限公司"),
        ("国联运输集团有限公司", "国联证券股份有限公司"),
    ],
)
def test_region_trade_and_legal_form_alone_do_not_make_two_companies_similar(a: str, b: str) -> None:
    assert similarity(a, b) < 82


@pytest.mark.parametrize(
    ("a", "b", "why"),
    [
        ("华东泵业有限公司", "华东泵业 有限公司", "名称相同"),
        ("上海华东泵业有限公司", "华东泵业集团", "字号相同"),
        ("华东", "上海华东泵业有限公司", "简称"),
        ("世纪景源房地产有限公司", "世纪景原房地产有限公司", "名称相近"),
    ],
)
def test_the_card_says_why_two_names_look_alike(a: str, b: str, why: str) -> None:
    assert reason(a, b) == why


def test_pinyin_and_initials_are_those_of_the_core_name() -> None:
    assert pinyin_of("上海华东泵业有限公司").startswith("huadongbengye hdby shhdby")
    assert "shanghaihuadong" in pinyin_of("上海华东泵业有限公司")  # people begin with the region
    assert pinyin_of("重庆长安汽车股份有限公司").startswith("changanqiche")


BOOK = [
    (1, "上海华东泵业有限公司"),
    (2, "华东阀门有限公司"),
    (3, "广州灵朗科技有限公司"),
    (4, "中国石油化工股份有限公司"),
    (5, "ABB(中国)有限公司"),
]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("华东泵业", 1),
        ("华泵", 1),
        ("hdby", 1),
        ("huadongbeng", 1),
        ("HDFM", 2),
        ("灵朗", 3),
        ("中石化", 4),
        ("abb", 5),
    ],
)
def test_a_short_name_pinyin_or_initials_find_the_company(query: str, first: int) -> None:
    found = rank(query, BOOK, at_least=60, limit=3)
    assert found
    assert found[0].item == first


def test_nothing_alike_is_an_empty_answer() -> None:
    assert rank("灵朗", [(1, "上海华东泵业有限公司")], at_least=60, limit=5) == []
    assert rank("", BOOK, at_least=0, limit=5) == []


def test_equal_scores_come_in_the_same_order_whatever_the_input_order() -> None:
    twins = [("b", "上海华东泵业有限公司"), ("a", "上海华东泵业股份有限公司")]
    first = [candidate.item for candidate in rank("华东泵业", twins, 60, 5)]
    assert first == [candidate.item for candidate in rank("华东泵业", twins[::-1], 60, 5)]


@given(NAMES, NAMES)
def test_similarity_is_symmetric_and_stays_within_bounds(a: str, b: str) -> None:
    assert 0 <= similarity(a, b) <= 100
    assert similarity(a, b) == similarity(b, a)
    assert reason(a, b) == reason(b, a)
    assert similarity(a, a) == 100


@given(st.sampled_from(PLACES), st.sampled_from(TRADES), st.sampled_from(FORMS))
def test_two_different_brands_with_all_else_equal_are_not_called_similar(place: str, trade: str, form: str) -> None:
    assert similarity(f"{place}灵朗{trade}{form}", f"{place}天旭{trade}{form}") < 82


@given(NAMES, st.lists(NAMES, max_size=12))
def test_the_fast_ranking_finds_what_comparing_one_by_one_finds(query: str, names: list[str]) -> None:
    found = rank(query, list(enumerate(names)), at_least=60, limit=100)
    judged = {index: judge(query, name).score for index, name in enumerate(names)}
    slow = {index: score for index, score in judged.items() if score >= 60}
    assert {candidate.item: candidate.score for candidate in found} == slow


@given(ANY_TEXT)
def test_any_text_can_be_compared_without_an_error(text: str) -> None:
    assert core_name(text) or not text.strip()
    assert name_key(name_key(text)) == name_key(text)
    similarity(text, "上海华东泵业有限公司")
    rank(text, BOOK, 50, 3)
    pinyin_of(text)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  华东泵业(上海)\t有限公司\n", "华东泵业（上海） 有限公司"),
        ("ＡＢＢ 中国", "ABB 中国"),
        ("华东\u200b泵业", "华东泵业"),
    ],
)
def test_a_name_is_tidied_before_it_is_stored(typed: str, stored: str) -> None:
    assert clean_name(typed) == stored


@pytest.mark.parametrize("typed", ["", "   ", "\u200b", "华东\x00泵业", "（）——！", "泵" * (MAX_NAME + 1)])
def test_a_name_nobody_could_use_is_refused_in_chinese(typed: str) -> None:
    with pytest.raises(ValueError) as refused:
        clean_name(typed)
    assert "公司名称" in str(refused.value)


@given(ANY_TEXT)
def test_what_was_cleaned_once_stays_as_it_is(text: str) -> None:
    try:
        cleaned = clean_name(text)
    except ValueError:
        return
    assert clean_name(cleaned) == cleaned
    assert 0 < len(cleaned) <= MAX_NAME


def test_of_more_names_than_are_compared_one_by_one_the_right_one_is_still_the_first() -> None:
    names = [(n, f"{PLACES[n % 4]}{chr(0x4E00 + n % 500)}{chr(0x5E00 + n // 7)}科技有限公司") for n in range(2_000)]
    for n in (0, 777, 1_999):
        assert rank(names[n][1], names, 82, 5)[0].item == n


PIECES = ["上海", "苏州", "华东", "瑞衡", "2", "二", "泵业", "分公司", "有限公司"]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6))
def test_what_is_told_apart_early_is_called_as_the_whole_judgement_calls_it(pieces: list[str]) -> None:
    name = "".join(pieces)
    for known in ("上海华东泵业有限公司", "苏州瑞衡2泵业有限公司", "华东泵业二分公司"):
        asked, other = parts_of(name), parts_of(known)
        same = place_and_same(asked, other)[1] or asked.key == other.key
        alike = similarity(name, known) >= 82
        expected = NameVerdict.SAME if same else NameVerdict.SIMILAR if alike else NameVerdict.NONE
        assert judge(name, known, 82).verdict is expected


@pytest.mark.parametrize("name", ["a" + " ." * 20_000 + "x", "(" * 50_000, "上海市" * 20_000, "有限公司" * 20_000])
def test_a_hostile_name_is_compared_at_once(name: str) -> None:
    began = time.perf_counter()
    similarity(name, "上海华东泵业有限公司")
    rank(name, BOOK, 50, 3)
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize(
    ("name", "text", "letters"),
    [
        ("苏州瑞衡热能工程有限公司", "今天去瑞衡看了换热站", 2),
        ("苏州瑞衡热能工程有限公司", "瑞衡热能工程的王总来电", 6),
        ("苏州瑞衡热能工程有限公司", "今天去苏州看了热能工程", 0),
        ("上海水泵厂", "到上海看了水泵", 0),
    ],
)
def test_a_text_names_a_company_by_its_brand(name: str, text: str, letters: int) -> None:
    assert said_in(name, name_key(text)) == letters
