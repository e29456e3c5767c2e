"""Who has agreed, where and since when: the one rule that decides whether words are kept."""

from datetime import timedelta

import pytest

from crm.rules.consents import NEVER, Word, may_keep, newer
from tests.support.company import NOW

SECOND = timedelta(seconds=1)
YES = Word(agreed=True, since=NOW)


@pytest.mark.parametrize(
    ("word", "after", "kept"),
    [
        (YES, SECOND, True),
        (YES, SECOND * 0.9, False),  # a yes is told to the second
        (YES, -SECOND, False),
        (Word(agreed=True), -SECOND * 10**6, True),
        (Word(agreed=False, since=NOW), SECOND, False),
        (NEVER, SECOND, False),
        (Word(agreed=True, since=NOW, purged_at=NOW + 5 * SECOND), 5 * SECOND, False),
        (Word(agreed=True, since=NOW, purged_at=NOW + 5 * SECOND), 6 * SECOND, True),
    ],
)
def test_what_was_said_at_a_moment(word: Word, after: timedelta, kept: bool) -> None:
    assert word.covers(NOW + after) is kept
    assert may_keep(["here"], {"anna"}, {("here", "anna"): word}, NOW + after) is kept


def test_everybody_must_have_agreed_everywhere() -> None:
    words = {("zhang", "anna"): YES, ("sun", "anna"): YES, ("zhang", "ben"): YES}
    at = NOW + SECOND
    assert may_keep(["zhang", "sun"], {"anna"}, words, at)
    assert may_keep(["zhang"], {"anna", "ben"}, words, at)
    assert not may_keep(["zhang", "sun"], {"anna", "ben"}, words, at)
    assert not may_keep([], {"anna"}, words, at)
    assert not may_keep(["zhang"], set(), words, at)


def test_the_newest_word_counts() -> None:
    later = Word(agreed=False, since=NOW + SECOND)
    assert newer(later, YES)
    assert not newer(YES, later)
    assert newer(Word(agreed=False, since=NOW), YES), "of two at once the one that comes last"
    assert newer(YES, NEVER)
    assert newer(NEVER, YES), "the platform says no now, and not since when"
    assert not newer(Word(agreed=True), YES)
    assert not newer(Word(agreed=True), later)
    assert newer(NEVER, Word(agreed=True))
