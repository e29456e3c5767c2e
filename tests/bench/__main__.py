"""`make bench`: callbacks per second and the ratio of the product to the floor, then board, radar, digest and trust."""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from itertools import islice

from tests.bench import board, digest, floor, radar, trust
from tests.load.__main__ import P99, REPS, share, start_jobs, steady
from tests.load.company import Company
from tests.load.driver import Answer, closed_loop, times
from tests.load.stage import GUNICORN, Stage, machine, stage
from tests.load.traffic import PATH, Seal, Traffic

CONNECTIONS = 16
RATIO = 0.5
ROUNDS = 4
MOST = {PATH: 700, floor.HOUSE: 2000, floor.BARE: 3000}  # requests a second that a closed loop is prepared for


def main() -> int:
    options = _options()
    print(f"{machine()}; seed {options.seed}, gunicorn {' '.join(GUNICORN)}, fsync on")
    databases = ("pg", "sqlite") if options.db == "both" else (options.db,)
    kept = [bench(db, options) for db in databases] if options.what in ("all", "callbacks") else []
    if options.what in ("all", "board"):
        kept.append(board.run(databases, options.deals, options.times, options.seed))
    if options.what in ("all", "radar"):
        radar.run(databases, [int(number) for number in options.names.split(",")], options.queries, options.seed)
    if options.what in ("all", "digest"):
        kept.append(digest.run())
    if options.what in ("all", "trust"):
        kept.append(trust.run())
    return 0 if all(kept) else 1


def bench(db: str, options: argparse.Namespace) -> bool:
    """One database: floors and product by turns in one server, in a closed loop; then the product in the open loop."""
    prepared, steadily = int(options.closed * MOST[PATH]), int(options.rate * options.seconds)
    many = prepared + steadily
    company = Company(options.seed, reps=REPS, customers_each=4, strangers=share("contact", many))
    with stage(db, company, cards=share("click", many)) as it:
        floor.lay(it.env["DATABASE_URL"])
        seal = Seal(company.tenant)
        traffic = Traffic(company, seal, it.cards, options.seed)
        start_jobs(it)
        web = it.web("tests.bench.floor:create_app()")
        it.wait_for_web(web)
        rates = _by_turns(it, _sealed(company, seal, traffic, options.closed), options.closed / ROUNDS)
        ratio, bare = (rates[PATH] / rates[path] for path in (floor.HOUSE, floor.BARE))
        print(f"{db}: product/floor {ratio:.2f} (promised {RATIO}); to the bare driver {bare:.2f}", flush=True)
        web.stop()
        it.wait_for_web(it.web())
        open_kept = steady(it, traffic, seal, options.rate, steadily, P99[db])
    return open_kept and ratio >= RATIO


def _sealed(company: Company, seal: Seal, traffic: Traffic, seconds: float) -> dict[str, Iterator[bytes]]:
    """Requests for each receiver; the floors get follow-ups, which are the larger part of the mix."""
    now = int(time.time())
    requests = {}
    for path, most in MOST.items():
        many = int(seconds * most)
        plain = Traffic(company, seal, [], many)
        events = (
            [event for _, event in traffic.events(many, now, float(many))]
            if path == PATH
            else [plain.follow_up(now) for _ in range(many)]
        )
        requests[path] = iter([seal.request(event.xml, now, path) for event in events])
    return requests


def _by_turns(it: Stage, requests: dict[str, Iterator[bytes]], seconds: float) -> dict[str, float]:
    """Answers per second of each receiver, with sixteen connections that never pause.

    They take turns, since a shared machine is faster in one minute than in the next. What a turn of the product leaves
    to the jobs is worked off before the floors' turns, in time that counts for nobody.
    """
    answers: dict[str, list[Answer]] = {path: [] for path in requests}
    took = dict.fromkeys(requests, 0.0)
    for _ in range(ROUNDS):
        for path, waiting in requests.items():
            turn = list(islice(waiting, int(seconds * MOST[path])))
            answered, lasted = asyncio.run(closed_loop(it.port, turn, CONNECTIONS, seconds))
            answers[path] += answered
            took[path] += lasted
            it.drain(120)
    rates = {}
    for path, found in answers.items():
        rates[path] = len(found) / took[path]
        print(f"closed loop, {CONNECTIONS} connections, {path}: {rates[path]:.0f}/s, {times(found)}", flush=True)
    return rates


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--db", choices=("pg", "sqlite", "both"), default="both")
    parser.add_argument("--what", choices=("all", "callbacks", "board", "radar", "digest", "trust"), default="all")
    parser.add_argument("--names", default="100000", help="sizes of the radar's index, with commas between")
    parser.add_argument("--queries", type=int, default=50, help="queries per kind of pair; 200 is the full count")
    parser.add_argument("--deals", type=int, default=50_000, help="open deals on the board")
    parser.add_argument("--times", type=int, default=10, help="how often the board is asked each question")
    parser.add_argument("--rate", type=float, default=100.0, help="callbacks a second of the open loop")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the open loop runs")
    parser.add_argument("--closed", type=float, default=10.0, help="seconds of each receiver's closed loop")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
