"""Check-ins judged: cheats of ten kinds and honest days, in the usual town, in towns like it, and in others elsewhere.

`make bench WHAT=trust` prints what was flagged (not 有效) of each kind, over several seeds. It fails where fewer than
95 % of the cheats or more than 3 % of the honest check-ins are, or where one signal alone made a visit 无效.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from random import Random

from config.policy import Policy
from config.vocabulary import Verdict
from crm.rules.trust import Judgement, judge
from tests.trust.cheats import CHEATS
from tests.trust.honest import Case, honest_day
from tests.trust.towns import Settings, drawn, elsewhere
from tests.trust.world import World

PROMISED = (95.0, 3.0)
DRAWN_SEED, ELSEWHERE_SEED = 888_101, 888_001  # nothing was chosen with them


def usual(rng: Random) -> Settings:
    """The town that the rule was looked at in."""
    del rng
    return Settings()


def cheats(many: int, town: Callable[[Random], Settings], seed: int) -> Iterator[Case]:
    """So many, of all kinds by turns, each in a town of its own."""
    for number in range(many):
        rng = Random(f"cheat {seed} {number}")
        yield CHEATS[number % len(CHEATS)](World(rng, town(rng)))


def days(many: int, town: Callable[[Random], Settings], seed: int) -> Iterator[list[Case]]:
    """The last day of so many honest reps, all its check-ins."""
    for number in range(many):
        rng = Random(f"honest {seed} {number}")
        yield honest_day(World(rng, town(rng)))


def one_each(lived: Iterable[list[Case]]) -> Iterator[Case]:
    """One check-in of each day, so that none is counted for its neighbours' sake."""
    rng = Random("one each")
    yield from map(rng.choice, lived)


def judged(case: Case) -> Judgement:
    return judge(case.check_in, case.seen, case.rows, Policy())


class Count:
    """What was asked and flagged of each kind, and by which signals."""

    def __init__(self) -> None:
        self.asked, self.flagged, self.invalid, self.alone = Counter[str](), Counter[str](), Counter[str](), 0
        self.why = Counter[str]()

    def add(self, case: Case) -> None:
        found = judged(case)
        self.asked[case.kind] += 1
        if found.verdict is Verdict.VALID:
            return
        self.flagged[case.kind] += 1
        self.invalid[case.kind] += found.verdict is Verdict.INVALID
        against = [one for one in found.signals if one.weight > 0]
        self.alone += found.verdict is Verdict.INVALID and len(against) < 2
        self.why.update(one.code.value for one in against)

    def percent(self) -> float:
        return 100 * self.flagged.total() / self.asked.total()


def run(seeds: int = 5) -> bool:
    """Everything, printed; whether what is promised is kept in both."""
    kept = True
    for name, town, first in (
        ("usual town", usual, 1),
        ("towns like it", drawn, DRAWN_SEED),
        ("elsewhere", elsewhere, ELSEWHERE_SEED),
    ):
        false, true = Count(), Count()
        lived = [day for seed in range(first, first + seeds) for day in days(1000, town, seed)]
        for seed in range(first, first + seeds):
            for case in cheats(300, town, seed):
                false.add(case)
        for case in one_each(lived):
            true.add(case)
        print(f"{name}, {seeds} seeds: {false.percent():.1f} % of {false.asked.total()} cheats flagged", flush=True)
        for kind, many in false.asked.items():
            print(f"  {kind}: {100 * false.flagged[kind] / many:.1f} %, of them invalid {false.invalid[kind]}")
        print(f"  honest: {true.percent():.2f} % of {true.asked.total()} flagged, {true.invalid.total()} invalid")
        print(f"  by {', '.join(f'{why} {many}' for why, many in true.why.most_common())}")
        whole = sum(any(judged(case).verdict is not Verdict.VALID for case in day) for day in lived)
        print(f"  honest days with any flagged: {100 * whole / len(lived):.2f} % of {len(lived)}")
        print(f"  invalid on one signal: {false.alone + true.alone}", flush=True)
        kept &= false.percent() >= PROMISED[0] and true.percent() <= PROMISED[1] and false.alone + true.alone == 0
    print(f"promised: at least {PROMISED[0]:.0f} % and at most {PROMISED[1]:.0f} %, none", flush=True)
    return kept
