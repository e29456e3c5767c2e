"""The pieces of a company name by which the index finds it."""

from itertools import pairwise

from crm.rules.name_parts import bare_of

_SHIFT = 21  # a code point fits in 21 bits


def tokens_of(name: str) -> set[int]:
    """Every two neighbouring letters of the name without legal form, each pair as one number."""
    letters = [ord(letter) for letter in bare_of(name)]
    if len(letters) == 1:
        return {letters[0]}
    return {left << _SHIFT | right for left, right in pairwise(letters)}
