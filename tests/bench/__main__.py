"""`make bench`: callbacks per second, how long they take, and the ratio of the product to the floor."""

import argparse
import asyncio
import sys
import time

from tests.bench.floor import lay
from tests.load.__main__ import P99, REPS, share, start_product, steady
from tests.load.company import Company
from tests.load.driver import closed_loop, times
from tests.load.stage import GUNICORN, Stage, machine, stage
from tests.load.traffic import Seal, Traffic

CONNECTIONS = 16
RATIO = 0.5
MOST = 700  # requests a second that a closed loop is prepared for


def main() -> int:
    options = _options()
    print(f"{machine()}; seed {options.seed}, gunicorn {' '.join(GUNICORN)}, fsync on")
    kept = [bench(db, options) for db in (("pg", "sqlite") if options.db == "both" else (options.db,))]
    return 0 if all(kept) else 1


def bench(db: str, options: argparse.Namespace) -> bool:
    """One database: floor and product in a closed loop, then the product in the open loop."""
    prepared, steadily = int(options.closed * MOST), int(options.rate * options.seconds)
    many = prepared + steadily
    company = Company(options.seed, reps=REPS, customers_each=4, strangers=share("contact", many))
    with stage(db, company, cards=share("click", many)) as it:
        seal = Seal(company.tenant)
        traffic = Traffic(company, seal, it.cards, options.seed)
        lay(it.env["DATABASE_URL"])
        floor_web = it.web("tests.bench.floor:create_app()")
        it.wait_for_web(floor_web)
        floor = _closed(it, "floor", _sealed(seal, Traffic(company, seal, [], 2), prepared), options.closed)
        floor_web.stop()
        start_product(it)
        product = _closed(it, "product", _sealed(seal, traffic, prepared, mixed=True), options.closed)
        ratio = product / floor
        print(f"{db}: product/floor {ratio:.2f} (promised {RATIO})", flush=True)
        it.drain(300)
        open_kept = steady(it, traffic, seal, options.rate, steadily, P99[db])
    return open_kept and ratio >= RATIO


def _sealed(seal: Seal, traffic: Traffic, many: int, *, mixed: bool = False) -> list[bytes]:
    now = int(time.time())
    events = (
        [event for _, event in traffic.events(many, now, float(many))]
        if mixed
        else [traffic.follow_up(now) for _ in range(many)]
    )
    return [seal.request(event.xml, now) for event in events]


def _closed(it: Stage, name: str, requests: list[bytes], seconds: float) -> float:
    """Answers per second with sixteen connections that never pause."""
    answers, took = asyncio.run(closed_loop(it.port, requests, CONNECTIONS, seconds))
    rate = len(answers) / took
    print(f"closed loop, {CONNECTIONS} connections, {name}: {rate:.0f}/s, {times(answers)}", flush=True)
    return rate


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--db", choices=("pg", "sqlite", "both"), default="both")
    parser.add_argument("--rate", type=float, default=100.0, help="callbacks a second of the open loop")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the open loop runs")
    parser.add_argument("--closed", type=float, default=10.0, help="seconds of each closed loop")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
