"""The numbers of the business: bounded, checked as a whole, changed by whom it befits, and nothing overwritten."""

import pytest
from sqlalchemy.engine import Engine

from crm import uow
from crm.errors import Invalid, NotAllowed
from crm.policy import current
from crm.usecases.policy import change, listing
from models.audit import AuditEntry
from models.ops import PolicyChange
from tests.support.company import NOW, actor, rows, snapshot


def set_number(name: str, typed: str, who: str | None = None) -> object:
    by = actor(who) if who else None
    return uow.attempt(lambda s: change(s, by, name, typed, NOW, entrance="console"))


def test_a_change_counts_at_once_and_the_one_before_stays_readable(company: Engine) -> None:
    set_number("remind_after_days", "20", "wang")
    set_number("remind_after_days", "25", "wang")
    with uow.reading() as s:
        assert current(s).remind_after_days == 25
        (setting,) = [one for one in listing(s) if one.name == "remind_after_days"]
    assert (setting.value, setting.default, setting.changed_by) == (25, 30, "王管理")
    assert [row.value for row in rows(PolicyChange)] == ["20", "25"]
    assert [(row.detail["old"], row.detail["new"]) for row in rows(AuditEntry)] == [("30", "20"), ("20", "25")]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("remind_after_days", "0"),
        ("remind_after_days", "-3"),
        ("remind_after_days", "3.5"),
        ("remind_after_days", "nan"),
        ("remind_after_days", "1e99"),
        ("remind_after_days", ""),
        ("remind_after_days", "三十"),
        ("remind_after_days", "44"),
        ("release_after_days", "30"),
        ("recycling_live", "也许"),
        ("director_above", "inf"),
        ("no_such_number", "1"),
    ],
)
def test_what_would_switch_a_rule_off_by_a_slip_is_refused(company: Engine, name: str, typed: str) -> None:
    before = snapshot()
    with pytest.raises(Invalid):
        set_number(name, typed, "wang")
    assert snapshot() == before


@pytest.mark.parametrize("who", ["Zhang", "li", "zhou"])
def test_only_operations_and_administrators_change_numbers(company: Engine, who: str) -> None:
    with pytest.raises(NotAllowed):
        set_number("remind_after_days", "20", who)


def test_saying_the_same_again_is_no_change(company: Engine) -> None:
    set_number("recycling_live", "启用")
    set_number("recycling_live", "TRUE")
    assert len(rows(PolicyChange)) == 1
