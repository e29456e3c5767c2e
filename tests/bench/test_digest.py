"""What is promised of the offline digest holds on dialogues that nothing was learnt from."""

import os

import pytest

from tests.bench.digest import PROMISED, first_four, lex_page_rank, marked, offline, scores, unsupported
from tests.bench.digest_data import Dialogue, dialogues, rouge


@pytest.fixture(scope="module")
def held() -> list[Dialogue]:
    if "REAL_DATA_DIR" not in os.environ:
        pytest.skip("REAL_DATA_DIR is not set")
    return [one for one in dialogues() if one.held]


def test_the_digest_is_better_than_promised_and_than_what_is_simple(held: list[Dialogue]) -> None:
    ours, simple = scores(offline, held), [scores(one, held) for one in (first_four, lex_page_rank)]
    assert all(got >= wanted for got, wanted in zip(ours, PROMISED, strict=True))
    assert all(ours > other for other in simple)
    assert scores(marked, held) > ours


def test_no_sentence_names_what_its_messages_do_not_say(held: list[Dialogue]) -> None:
    assert unsupported(held) == 0


def test_rouge_counts_each_run_as_often_as_both_have_it() -> None:
    assert rouge("甲乙甲", "甲丙", 1) == pytest.approx(2 / 5)
    assert rouge("甲 乙丙", "甲乙丁", 2) == pytest.approx(1 / 2)
    assert rouge("", "甲", 1) == 0.0
