"""Two spellings of one project meet; two phases, two tenders, two end users never do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.projects import ProjectFacts, judge, tender_key, user_key

USER = "常熟新泰纺织机械有限公司"


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        (
            ProjectFacts("水厂泵站", tender_no="SZ-2026-0117"),
            ProjectFacts("净水厂改造", tender_no="ｓｚ2026 0117"),
            "招标编号相同",
        ),
        (ProjectFacts("二期循环水泵", USER), ProjectFacts("循环水泵二期项目", "新泰纺织机械"), "同一终端用户"),
        (ProjectFacts("二期循环泵站建设", USER), ProjectFacts("2期循环泵站", USER), "项目名称相近"),
        (ProjectFacts("新泰纺织机械锅炉房补水泵", USER), ProjectFacts("锅炉房补水泵采购", USER), "同一终端用户"),
        (
            ProjectFacts("厂区给水改造", USER, "常熟市东南大道 88 号"),
            ProjectFacts("厂区给排水改造与扩容", USER, "常熟东南大道88号"),
            "同一地点",
        ),
    ],
)  # fmt: skip
def test_the_same_project_written_twice(a: ProjectFacts, b: ProjectFacts, reason: str) -> None:
    verdict = judge(a, b)
    assert verdict is not None
    assert verdict.same
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (ProjectFacts("一期循环水泵", USER), ProjectFacts("二期循环水泵", USER)),
        (ProjectFacts("1# 泵站改造", USER), ProjectFacts("3#泵站改造", USER)),
        (ProjectFacts("水泵", USER, tender_no="SZ20260117"), ProjectFacts("水泵", USER, tender_no="SZ20260118")),
        (ProjectFacts("循环水泵", USER), ProjectFacts("循环水泵", "太仓宏远化工装备有限公司")),
        (ProjectFacts("循环水泵", USER), ProjectFacts("食堂空调", USER)),
        (ProjectFacts("循环水泵"), ProjectFacts("循环水泵")),
        (ProjectFacts("循环水泵", tender_no="2"), ProjectFacts("食堂空调", tender_no="2")),
        (ProjectFacts("二期", "上海水泵厂"), ProjectFacts("二期", "广州水泵厂")),
    ],
)  # fmt: skip
def test_two_projects_are_not_one(a: ProjectFacts, b: ProjectFacts) -> None:
    verdict = judge(a, b)
    assert verdict is None or not verdict.same


def test_without_an_end_user_one_site_and_one_name_are_only_worth_asking() -> None:
    site = "昆山市前进东路 88 号"
    verdict = judge(ProjectFacts("综合管廊排水", "", site), ProjectFacts("综合管廊排水", "昆山城投", site))
    assert verdict is not None
    assert not verdict.same


WORDS = st.text(alphabet=st.sampled_from("循环水泵站一二期改造项目2026-#（）ＡA 新泰常熟机械有限公司"), max_size=20)
FACTS = st.builds(ProjectFacts, WORDS, WORDS, WORDS, WORDS, st.none() | st.integers(1, 2))


@given(FACTS, FACTS)
def test_it_is_the_same_both_ways(a: ProjectFacts, b: ProjectFacts) -> None:
    assert judge(a, b) == judge(b, a)


@given(FACTS)
def test_a_project_with_an_end_user_is_itself(a: ProjectFacts) -> None:
    found = judge(a, a)
    known = bool(tender_key(a.tender_no)) or a.end_user_id is not None
    if known and any(sign.isalnum() for sign in a.name):
        assert found is not None
        assert found.same


@given(WORDS)
def test_keys_fit_their_columns(words: str) -> None:
    assert len(tender_key(words * 9)) <= 64
    assert len(user_key(words * 9)) <= 128
