"""`make load RATE=100 SECONDS=60 DB=pg`: callbacks at a steady rate against the whole system."""

import argparse
import asyncio
import sys
import time

from tests.load.company import Company
from tests.load.driver import open_loop, times
from tests.load.stage import Stage, machine, stage
from tests.load.traffic import MIX, Seal, Traffic

P99 = {"pg": 100.0, "sqlite": 250.0}  # milliseconds
DRAIN = 120.0
REPS = 240  # at 100/s that is 5 cards a minute for each; WeCom takes 30


def main() -> int:
    options = _options()
    many = int(options.rate * options.seconds)
    company = Company(options.seed, reps=REPS, customers_each=4, strangers=share("contact", many))
    print(f"{machine()}; seed {options.seed}, {options.db}, fsync on, {options.rate:g}/s for {options.seconds:g} s")
    with stage(options.db, company, cards=share("click", many)) as it:
        start_jobs(it)
        it.wait_for_web(it.web())
        seal = Seal(company.tenant)
        traffic = Traffic(company, seal, it.cards, options.seed)
        ok = steady(it, traffic, seal, options.rate, many, P99[options.db])
    return 0 if ok else 1


def share(kind: str, many: int) -> int:
    """How many of a kind `many` events may hold, with room for the dice."""
    return int(many * MIX[kind] * 1.2) + 50


def start_jobs(it: Stage) -> None:
    """The processes of production beside the web."""
    it.processes.worker(it.env)
    it.processes.scheduler(it.env)


def steady(it: Stage, traffic: Traffic, seal: Seal, rate: float, many: int, p99: float) -> bool:
    """The open loop and what it left behind; prints both and says whether the promise held."""
    planned = traffic.events(many, time.time() + 1, rate)
    requests = [seal.request(event.xml, int(at)) for at, event in planned]
    found = times(asyncio.run(open_loop(it.port, requests, rate)))
    drained = it.drain(DRAIN)
    kept = it.spool().refused()
    ok = found.errors == 0 and found.p99 <= p99 and drained is not None and kept == 0
    behind = "backlog NOT empty" if drained is None else f"backlog empty {drained:.1f} s after the last"
    print(f"open loop {rate:g}/s: {found}; {behind}; promised p99 {p99:g} ms: {'kept' if ok else 'BROKEN'}", flush=True)
    return ok


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--rate", type=float, default=100.0, help="callbacks a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--db", choices=("pg", "sqlite"), default="pg")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
