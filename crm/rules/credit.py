"""Credit that colleagues have of a customer: two files become one, and nobody can have more than all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cut:
    """A colleague's credit in percent, before and after two files became one."""

    person_id: int
    person: str
    before: int
    after: int


def room_for(kept: Sequence[int], coming: Sequence[int]) -> list[int]:
    """What is left of each share in percent that comes along: those already there keep theirs, the rest is given in
    order until 100 is reached. The holder has what nobody else has."""
    left, given = max(0, 100 - sum(kept)), []
    for percent in coming:
        given.append(min(percent, left))
        left -= given[-1]
    return given


def joined(kept: Mapping[int, int], coming: Mapping[int, int]) -> dict[int, int]:
    """Each colleague's percent in the file that two become: the larger of his two, and of what that adds to `kept`
    as much as there is room for, in the order of `coming`."""
    more = [max(0, percent - kept.get(person, 0)) for person, percent in coming.items()]
    added = dict(zip(coming, room_for(list(kept.values()), more), strict=True))
    return {person: kept.get(person, 0) + added.get(person, 0) for person in {**kept, **coming}}
