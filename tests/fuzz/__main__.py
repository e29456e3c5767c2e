"""`make fuzz COUNT=10000 SEED=1`: hostile callbacks; anything but an answer or a refusal fails."""

import argparse
import random
import sys
import time

from tests.fuzz.run import fuzz


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    start = time.monotonic()
    outcome = fuzz(options.count, options.seed)
    took = time.monotonic() - start
    print(f"seed {options.seed}: {options.count} callbacks in {took:.0f} s, answers {dict(outcome.statuses)}")
    print(f"{outcome.stored} rows kept, slowest answer {outcome.slowest * 1000:.0f} ms, {len(outcome.wrong)} findings")
    for finding in outcome.wrong[:20]:
        print(f"FINDING {finding}")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
