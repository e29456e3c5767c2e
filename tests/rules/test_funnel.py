"""The gate as a rule: what is legal, and that all that is missing is named at once."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.funnel import LADDERS
from config.vocabulary import EndReason, EvidenceKind, StageKind
from crm.rules.funnel import Illegal, Lack, Rung, Said, Way, judge, opened

LADDER = tuple(Rung(one.key, one.label, one.kind, place, one.needs) for place, one in enumerate(LADDERS[0].stages))
BY_KEY = {rung.key: rung for rung in LADDER}
OPEN = [rung for rung in LADDER if rung.kind is StageKind.OPEN]
ALL = {(rung.key, kind) for rung in LADDER for kind in rung.needs}
WORDS = Said("客户换了方案", EndReason.PRICE, "无")


def lacking(here: str, to: str, held: object = (), said: Said = WORDS, stood: str = "") -> list[tuple[str, str]]:
    judged = judge(LADDER, BY_KEY[here], BY_KEY[stood or here], BY_KEY[to], set(held), said)  # type: ignore[call-overload]
    return [(one.stage, str(one.kind or one.lack)) for one in judged.missing]


def test_the_next_rung_asks_for_its_own_evidence_and_a_far_one_for_all_on_the_way() -> None:
    assert lacking("requirement", "proposal") == [("proposal", "minutes")]
    assert lacking("requirement", "negotiation") == [
        ("proposal", "minutes"),
        ("negotiation", "technical_draft"),
        ("negotiation", "quotation"),
    ]
    assert lacking("proposal", "negotiation", {("negotiation", EvidenceKind.QUOTATION)}) == [
        ("negotiation", "technical_draft")
    ]
    assert len(lacking("requirement", "won")) == 5


def test_evidence_of_another_rung_opens_nothing() -> None:
    assert lacking("requirement", "proposal", {("negotiation", EvidenceKind.MINUTES)}) == [("proposal", "minutes")]


def test_giving_up_needs_no_evidence_but_what_decided_it() -> None:
    assert lacking("requirement", "lost") == []
    assert lacking("requirement", "lost", said=Said()) == [("lost", "ended_for"), ("lost", "competitor")]
    assert lacking("negotiation", "shelved", said=Said(" 缓 一 缓 ")) == [("shelved", "reason")]


@pytest.mark.parametrize("said", [Said(), Said("  "), Said("退　回")])
def test_back_and_open_again_need_a_reason(said: Said) -> None:
    assert lacking("negotiation", "proposal", said=said) == [("proposal", "reason")]
    assert lacking("won", "negotiation", said=said, stood="contract_review") == [("negotiation", "reason")]
    assert lacking("lost", "proposal", stood="proposal") == []


def test_opening_again_higher_than_it_stood_asks_for_evidence() -> None:
    assert lacking("lost", "negotiation", stood="proposal") == [
        ("negotiation", "technical_draft"),
        ("negotiation", "quotation"),
    ]


def test_from_one_end_to_another_there_is_no_way_nor_to_where_it_is() -> None:
    ends = [rung.key for rung in LADDER if rung.kind is not StageKind.OPEN]
    for here, to in product(ends, ends):
        with pytest.raises(Illegal, match="重新打开" if here != to else "已经在"):
            lacking(here, to, stood="proposal")


@given(st.sampled_from(OPEN), st.sampled_from(LADDER), st.sets(st.sampled_from(sorted(ALL))))
def test_nothing_opens_without_all_of_its_evidence(here: Rung, to: Rung, held: set[tuple[str, EvidenceKind]]) -> None:
    if here == to:
        return
    judged = judge(LADDER, here, here, to, held, WORDS)
    asked = {(rung.key, kind) for rung in opened(LADDER, here, to) for kind in rung.needs}
    assert {(one.stage, one.kind) for one in judged.missing if one.lack is Lack.EVIDENCE} == asked - held
    assert (judged.missing == ()) == (asked <= held)
    assert (judged.way is Way.BACK) == (to.kind is StageKind.OPEN and to.position < here.position)
    assert all(one.told and one.how for one in judged.missing)
