"""What is promised of the verdict holds on a slice of what `make bench WHAT=trust` counts, and nobody cribbed."""

import ast
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.bench.trust import PROMISED, Count, cheats, days, one_each, usual
from tests.trust.cheats import CHEATS
from tests.trust.honest import Rep
from tests.trust.towns import Settings, drawn
from tests.trust.world import World

HERE = Path(__file__).parent
# Shapes of facts and the map's arithmetic; no number and no word of the judgement.
SHARED = {"config.vocabulary", "crm.rules.checkin", "crm.rules.trust_facts"}


@pytest.mark.parametrize("name", ["towns.py", "world.py", "honest.py", "cheats.py"])
def test_the_generator_knows_no_number_of_the_rule(name: str) -> None:
    tree = ast.parse((HERE / name).read_text(encoding="utf-8"))
    used = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    used |= {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
    assert {one for one in used if one.split(".")[0] in ("crm", "config")} <= SHARED


@pytest.mark.slow
@pytest.mark.parametrize("town", [usual, drawn])
def test_cheats_are_asked_and_honest_days_are_left_alone(town: Callable[[Random], Settings]) -> None:
    false, true = Count(), Count()
    for case in cheats(200, town, 101):
        false.add(case)
    for case in one_each(days(400, town, 101)):
        true.add(case)
    assert false.percent() >= PROMISED[0], dict(false.flagged)
    assert true.percent() <= PROMISED[1], dict(true.why)
    assert true.invalid.total() == false.alone == true.alone == 0
    assert set(false.asked.values()) == {200 // len(CHEATS)}


def test_chance_comes_from_the_seed_alone() -> None:
    assert list(cheats(10, drawn, 5)) == list(cheats(10, drawn, 5))
    assert list(cheats(10, drawn, 5)) != list(cheats(10, drawn, 6))


def test_an_honest_day_is_one_that_can_be_lived() -> None:
    """By the true clock every visit follows the one before, and nothing arrives before it was made."""
    for seed in range(20):
        rep = Rep(World(Random(seed), drawn(Random(seed))))
        for one in (*rep.past, *rep.today):
            assert one.received_at >= one.made
        assert all(a.made < b.made for a, b in zip(rep.today, rep.today[1:], strict=False))
