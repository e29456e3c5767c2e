"""Numbers that contradict each other never come into being, and stored ones that cannot count stop nothing."""

from functools import partial

import pytest
from sqlalchemy.engine import Engine

from config.policy import Policy
from crm import uow
from crm.errors import Invalid
from crm.policy import current
from crm.usecases.policy import change, listing
from models.ops import PolicyChange
from tests.support.company import NOW, at_once, rows


def set_number(name: str, typed: str) -> object:
    return uow.attempt(lambda s: change(s, None, name, typed, NOW, entrance="shell"))


def store(*values: tuple[str, str]) -> None:
    """Past every check, as an older version or a hand at the database may leave them."""
    with uow.transaction() as s:
        for name, value in values:
            s.add(PolicyChange(name=name, value=value, at=NOW))
            s.flush()


def in_force() -> Policy:
    with uow.reading() as s:
        return current(s)


@pytest.mark.parametrize("_", range(5))
def test_of_two_changes_at_once_that_contradict_each_other_one_is_refused(company: Engine, _: int) -> None:
    works = [
        partial(set_number, "remind_after_days", "39"),
        partial(set_number, "second_reminder_days", "35"),
    ]
    results = at_once(works)
    assert sum(isinstance(result, Invalid) for result in results) == 1, results
    assert len(rows(PolicyChange)) == 1
    in_force()


def test_of_stored_numbers_that_contradict_each_other_the_newest_gives_way_and_can_be_mended(company: Engine) -> None:
    store(("remind_after_days", "39"), ("second_reminder_days", "35"), ("stage_days", "12"))
    policy = in_force()
    assert (policy.remind_after_days, policy.second_reminder_days, policy.stage_days) == (39, 40, 12)
    with uow.reading() as s:
        assert {one.name: one.value for one in listing(s)}["second_reminder_days"] == 40
    set_number("second_reminder_days", "40")  # what counts anyway, now also in the book
    assert rows(PolicyChange)[-1].value == "40"
    assert in_force().second_reminder_days == 40


def test_stored_values_that_nobody_can_read_are_passed_over(company: Engine) -> None:
    store(("remind_after_days", "soon"), ("a_number_of_yesterday", "1"), ("nearby_metres", "500"))
    assert in_force() == Policy(nearby_metres=500)


def test_as_many_contradicting_numbers_as_agree_stay_in_force(company: Engine) -> None:
    store(("remind_after_days", "20"), ("second_reminder_days", "10"), ("last_reminder_days", "9"), ("card_days", "7"))
    assert in_force() == Policy(remind_after_days=20, card_days=7)


def test_an_amount_with_a_long_tail_is_kept_to_the_cent_and_one_too_long_is_refused(company: Engine) -> None:
    set_number("director_above", "123456.789012345678")
    assert rows(PolicyChange)[-1].value == "123456.79"
    set_number("director_above", "80万")
    assert rows(PolicyChange)[-1].value == "800000"
    with pytest.raises(Invalid, match="最多填 20 个字符"):
        set_number("director_above", "1." + "0" * 60)
