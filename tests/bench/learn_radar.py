"""`python -m tests.bench.learn_radar`: learns `crm/rules/name_weights.py` from real pairs, in some minutes.

Two models over the values of `crm.rules.name_features`, one weight per value: `PLACE` orders candidates (a softmax over
what the index offers, the true name against the rest), `SAME` says whether it is one company (logistic, hand-labelled
pairs against what genuinely new names find). A quarter of the pairs, by true name, is held out and only reported on.
"""

import math
import random
import sys
import tempfile
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import event

from crm import name_index, uow
from crm.rules.name_features import SIZES, features
from crm.rules.name_parts import parts_of
from tests.bench import radar_data
from tests.bench.radar_data import KINDS, Pair

INTO = Path(__file__).resolve().parents[2] / "crm" / "rules" / "name_weights.py"
NEW, OF_NEW = 4_000, 12  # registered names taken as new, and how many of the candidates of each are learnt from
FALSE_ALARMS = 0.005  # half of what is promised, since another thousand names may be unluckier
# How often a kind counts: each is asked about alike, however many pairs of it there are.
WEIGHT = {"ashare_short": 1.0, "brand_short": 1.2, "labelled_same": 2.0, "ashare_rename": 2.0}
ROUNDS = {"place": 3, "same": 6}

Active = Sequence[int]  # places of the weights that one comparison picks
Weights = list[float]
Group = tuple[Pair, list[Active], int | None]  # a pair, its candidates, which of them is the true one
BASES = [2 * sum(SIZES[:number]) for number in range(len(SIZES))]


def main() -> int:
    pairs, everybody = radar_data.pairs(), radar_data.registry()
    new = radar_data.sample(everybody, NEW, seed=11)
    with tempfile.TemporaryDirectory() as var:
        groups, of_new = _looked_up(f"sqlite:///{var}/radar.db", pairs, everybody, new)
    place = _learn_place([group for group in groups if not group[0].held])
    _report_place("learnt from", place, [group for group in groups if not group[0].held])
    _report_place("held out", place, [group for group in groups if group[0].held])
    same, same_at = _learn_same(groups, new, of_new)
    INTO.write_text(_module(place, same, same_at), encoding="utf-8")
    print(f"written: {INTO}")
    return 0


def _looked_up(
    url: str, pairs: list[Pair], everybody: list[str], new: list[str]
) -> tuple[list[Group], list[list[Active]]]:
    """What the index offers for every pair and every new name, as features."""
    uow.upgrade(url)
    event.listen(uow.connect(url), "connect", lambda file, _: file.execute("PRAGMA foreign_keys=OFF"))
    names = list(dict.fromkeys([*(pair.true_name for pair in pairs), *everybody]))
    with uow.transaction() as s:
        name_index.put_many(s, enumerate(names, start=1))
    unknown, groups = frozenset(new), []
    with uow.reading() as s:
        for pair in pairs:
            found = [
                name for _, name in name_index.candidates(s, pair.query, name_index.LOOKED_AT) if name != pair.query
            ]
            true = found.index(pair.true_name) if pair.true_name in found else None
            groups.append((pair, [active(pair.query, name) for name in found], true))
        of_new = [
            [
                active(one, name)
                for _, name in name_index.candidates(s, one, name_index.LOOKED_AT)
                if name not in unknown
            ]
            for one in new
        ]
    uow.dispose()
    return groups, of_new


def active(asked: str, known: str) -> Active:
    """Where the weights of a comparison stand: those of a name with legal form apart from those without."""
    typed = parts_of(asked)
    values = features(typed, parts_of(known))
    sides = zip(BASES, SIZES, values, strict=True)
    return array("H", [base + (size if typed.form else 0) + value for base, size, value in sides])


def _sum(weights: Weights, picked: Active) -> float:
    return sum([weights[place] for place in picked])


def _learn_place(groups: Sequence[Group]) -> Weights:
    weights, seen = [0.0] * (2 * sum(SIZES)), [1e-6] * (2 * sum(SIZES))
    usable, dice = [group for group in groups if group[2] is not None], random.Random(1)
    for _ in range(ROUNDS["place"]):
        dice.shuffle(usable)
        for pair, found, true in usable:
            scores = [_sum(weights, picked) for picked in found]
            top = max(scores)
            parts = [math.exp(score - top) for score in scores]
            whole, slope = sum(parts), defaultdict[int, float](float)
            for number, picked in enumerate(found):
                error = parts[number] / whole - (number == true)
                if abs(error) > 1e-3:
                    for place in picked:
                        slope[place] += error * WEIGHT[pair.kind]
            for place, steep in slope.items():
                _step(weights, seen, place, steep + 1e-3 * weights[place], 0.3)
    return weights


def _step(weights: Weights, seen: Weights, place: int, slope: float, rate: float) -> None:
    """Adagrad: a weight that has moved much moves less."""
    seen[place] += slope * slope
    weights[place] -= rate * slope / math.sqrt(seen[place] + 1)


def _report_place(which: str, weights: Weights, groups: Sequence[Group]) -> None:
    for kind in KINDS:
        ranks = [_rank(weights, found, true) for pair, found, true in groups if pair.kind == kind]
        first, five = (sum(rank < most for rank in ranks) / len(ranks) for most in (1, 5))
        print(f"{which}: {kind}, {len(ranks)} pairs: top-1 {first:.3f}, top-5 {five:.3f}", flush=True)


def _rank(weights: Weights, found: list[Active], true: int | None) -> float:
    if true is None:
        return math.inf
    scores = [_sum(weights, picked) for picked in found]
    return sum(score > scores[true] for score in scores)


def _learn_same(groups: Sequence[Group], new: Sequence[str], of_new: list[list[Active]]) -> tuple[Weights, float]:
    """The weights, the constant among them last, and where 「same」 begins."""
    labelled = [(pair, found[true] if true is not None else None) for pair, found, true in groups]
    labelled = [(pair, picked) for pair, picked in labelled if pair.kind == "labelled_same"]
    alike = [(Pair("", a, b), active(a, b)) for a, b in radar_data.different()]
    asked = [(Pair("", "", one), found) for one, found in zip(new, of_new, strict=True)]
    yes = [picked for pair, picked in labelled if picked is not None and not pair.held]
    no = [picked for pair, found in asked if not pair.held for picked in found[:OF_NEW]]
    no += [picked for pair, picked in alike if not pair.held] * 3
    weights = _logistic([*((picked, 1) for picked in yes * 30), *((picked, 0) for picked in no)])
    best = sorted(max((_score(weights, p) for p in found), default=-math.inf) for pair, found in asked if pair.held)
    at = max(best[-1 - int(len(best) * FALSE_ALARMS)], 0.0)
    found = [picked is not None and _score(weights, picked) > at for pair, picked in labelled if pair.held]
    wrong = [_score(weights, picked) > at for pair, picked in alike if pair.held]
    print(f"held out: same above {at:.2f}: {sum(one > at for one in best)} false of {len(best)} new names,")
    print(f"  finds {sum(found)} of {len(found)} labelled, {sum(wrong)} of {len(wrong)} different ones", flush=True)
    return weights, at


def _score(weights: Weights, picked: Active) -> float:
    return weights[-1] + _sum(weights, picked)


def _logistic(rows: list[tuple[Active, int]]) -> Weights:
    weights, seen = [0.0] * (2 * sum(SIZES)) + [-4.0], [1e-6] * (2 * sum(SIZES))
    dice = random.Random(2)
    for _ in range(ROUNDS["same"]):
        dice.shuffle(rows)
        for picked, same in rows:
            error = 1 / (1 + math.exp(-max(-30.0, min(30.0, _score(weights, picked))))) - same
            if abs(error) < 1e-3:
                continue
            weights[-1] -= 0.01 * error
            for place in picked:
                _step(weights, seen, place, error + 1e-3 * weights[place], 0.15)
    return weights


def _module(place: Weights, same: Weights, same_at: float) -> str:
    return f'''"""{_WHAT}

Origin: `python -m tests.bench.learn_radar` over the real pairs of REAL_DATA_DIR, a quarter held out. A name without
legal form and a name with one have weights of their own, in this order, for each feature.
"""


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split())


PLACE = _numbers("""
{_lines(place)}
""")

SAME = _numbers("""
{_lines(same[:-1])}
""")

# Above this sum two names are called the same company.
SAME_ABOVE = {round(100 * (same_at - same[-1]))}
'''


_WHAT = "Learnt weights of the radar, in hundredths, one per value of `crm.rules.name_features`; not edited by hand."


def _lines(weights: Iterable[float]) -> str:
    lines = [""]
    for number in (str(round(100 * weight)) for weight in weights):
        if len(lines[-1]) + len(number) > 110:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else '    '}{number}"
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
