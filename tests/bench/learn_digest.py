"""`python -m tests.bench.learn_digest`: learns `crm/rules/digest_weights.py` from real dialogues, in some seconds.

Logistic regression over the places of `crm.rules.digest_features`: is this one of the messages that an annotator marked
as the ones a summary stands on? Every second dialogue is held out; `make bench WHAT=digest` reports on both halves.
"""

import math
import random
import sys
from pathlib import Path

from crm.rules.digest_features import BINS, features
from tests.bench.digest_data import dialogues

INTO = Path(__file__).resolve().parents[2] / "crm" / "rules" / "digest_weights.py"
ROUNDS, RATE, DECAY = 6, 0.2, 2e-3
FLOOR = math.log(0.4 / 0.6)  # what is less likely than that to matter is left out


def main() -> int:
    rows = [
        (places, place in one.key)
        for one in dialogues()
        if not one.held
        for place, places in enumerate(features(one.talk))
    ]
    start, weights = learn(rows)
    INTO.write_text(_module(start, weights), encoding="utf-8")
    print(f"learnt from {len(rows)} messages, written: {INTO}")
    return 0


def learn(rows: list[tuple[tuple[int, ...], bool]]) -> tuple[float, list[float]]:
    """(constant, weights), by Adagrad: a weight that has moved much moves less."""
    start, weights, seen, dice = -0.5, [0.0] * BINS, [1e-6] * BINS, random.Random(1)
    for _ in range(ROUNDS):
        dice.shuffle(rows)
        for places, matters in rows:
            total = start + sum(weights[place] for place in places)
            error = 1 / (1 + math.exp(-max(-30.0, min(30.0, total)))) - matters
            start -= 0.02 * error
            for place in places:
                slope = error + DECAY * weights[place]
                seen[place] += slope * slope
                weights[place] -= RATE * slope / math.sqrt(seen[place] + 1)
    return start, weights


def _module(start: float, weights: list[float]) -> str:
    lines = [""]
    for weight in weights:
        word = str(round(100 * weight))
        if len(lines[-1]) + len(word) > 110:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    body = "\n".join(f"    {line}" for line in lines)
    return f'''"""{_WHAT}

Origin: `python -m tests.bench.learn_digest` over half of the real dialogues of REAL_DATA_DIR; each place stands for
every observation that is hashed to it, so no text can be read out of it.
"""


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split())


START = {round(100 * start)}
FLOOR = {round(100 * FLOOR)}  # below this sum a message is left out
WEIGHTS = _numbers("""
{body}
""")
'''


_WHAT = "Learnt weights of the digest, in hundredths, one per place of `crm.rules.digest_features`; not edited by hand."

if __name__ == "__main__":
    sys.exit(main())
