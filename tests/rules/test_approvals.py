"""When a rule asks, whose turn it is, and what a signature holds for."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.vocabulary import Measure, SignMode, SignState
from crm.rules.approvals import Case, Rule, Signer, Step, done, fingerprint, steps_of, to_ask

HALF_A_MILLION = Decimal(500_000)
ONE = Step(SignMode.ANY, ("director",))


def rule(measure: Measure, bound: Decimal, number: int = 1, *steps: Step) -> Rule:
    return Rule(number, "规则", "contract_review", measure, bound, steps or (ONE,))


@pytest.mark.parametrize(
    ("amount", "others", "asks"),
    [
        ("500000", (), False),  # the bound itself needs nobody
        ("500000.01", (), True),
        ("300000", ("200000",), False),
        ("300000", ("200001",), True),
        ("300000", ("900000",), False),  # large by itself: judged by itself
        ("600000", ("100000",), True),
    ],
)
def test_deals_within_the_bound_count_together(amount: str, others: tuple[str, ...], asks: bool) -> None:
    case = Case(Decimal(amount), tuple(Decimal(one) for one in others))
    assert rule(Measure.AMOUNT, HALF_A_MILLION).asks(case) is asks


def test_discounts_over_and_margins_under_and_nothing_without_a_quote() -> None:
    case = Case(Decimal(1), (), Decimal("15.5"), Decimal("8"))
    assert rule(Measure.DISCOUNT, Decimal(15)).asks(case)
    assert not rule(Measure.DISCOUNT, Decimal("15.5")).asks(case)
    assert rule(Measure.MARGIN, Decimal(10)).asks(case)
    assert not rule(Measure.MARGIN, Decimal(8)).asks(case)
    assert not rule(Measure.MARGIN, Decimal(10)).asks(Case(Decimal(1)))
    assert rule(Measure.DISCOUNT, Decimal(15)).told(case) == "折扣 15.5% 超过 15%"
    assert rule(Measure.MARGIN, Decimal(10)).told(case) == "毛利低于 10%"


def test_what_counts_together_is_said_to() -> None:
    said = rule(Measure.AMOUNT, HALF_A_MILLION).told(Case(Decimal(300_000), (Decimal(300_000),)))
    assert said == "同一客户近期的商机合计金额 ¥60 万 超过 ¥50 万"


def test_whom_two_rules_ask_alike_is_asked_once() -> None:
    two = Step(SignMode.ALL, ("supervisor",))
    first, second = rule(Measure.AMOUNT, Decimal(1), 1, ONE, two), rule(Measure.AMOUNT, Decimal(2), 2, ONE)
    assert steps_of([first, second]) == [ONE, two]


STATES = st.lists(st.sampled_from(SignState), min_size=1, max_size=5)


@given(STATES, st.sampled_from(SignMode))
def test_turns_against_a_second_telling(states: list[SignState], mode: SignMode) -> None:
    """The same said differently: who counts, who has signed, who is next."""
    signers = [Signer(number, number, state) for number, state in enumerate(states)]
    count = [state for state in states if state != SignState.PASSED_ON]
    yes = count.count(SignState.APPROVED)
    assert done(mode, signers) is (yes >= 1 if mode is SignMode.ANY else yes == len(count) > 0)
    waiting = [n for n, state in enumerate(states) if state in (SignState.COMING, SignState.ASKED)]
    turn = waiting[:1] if mode is SignMode.SEQUENTIAL else waiting
    assert [one.id for one in to_ask(mode, signers)] == [n for n in turn if states[n] is SignState.COMING]


@given(
    st.decimals(min_value=0, max_value=10**9, places=2),
    st.lists(st.integers(1, 9), max_size=4),
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=4),
)
def test_a_print_changes_with_what_it_holds_for_and_with_nothing_else(
    amount: Decimal, rules: list[int], files: list[tuple[str, str]]
) -> None:
    held = fingerprint(7, amount, rules, files)
    assert held == fingerprint(7, amount, list(reversed(rules)), list(reversed(files)))
    assert held != fingerprint(8, amount, rules, files)
    assert held != fingerprint(7, amount + Decimal("0.01"), rules, files)
    assert held != fingerprint(7, amount, [*rules, 10], files)
    assert held != fingerprint(7, amount, rules, [*files, ("d", "w")])
