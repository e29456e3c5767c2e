"""The pieces of a company name by which the index finds it."""

from itertools import pairwise

from crm.rules.name_parts import bare_of

_SHIFT = 21  # a code point fits in 21 bits
_LETTERS = 31  # a longer name counts as this long: five bits


def tokens_of(name: str) -> tuple[set[int], int]:
    """Every two neighbouring letters of the name without legal form, each pair as one number; and how many letters."""
    letters = [ord(letter) for letter in bare_of(name)]
    length = min(len(letters), _LETTERS)
    if length == 1:
        return {letters[0]}, 1
    return {left << _SHIFT | right for left, right in pairwise(letters)}, length
