"""`make chaos KILLS=300 DB=pg [REDIS=off] [SEED=n]`: kill -9 at random under 20 callbacks a second, then check."""

import argparse
import asyncio
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import func, select

from crm import uow
from models.messages import InboxEvent, OutboxMessage
from tests.chaos.cast import Cast
from tests.chaos.crowd import Crowd
from tests.chaos.judge import breaches
from tests.load.company import Company
from tests.load.stage import Stage, machine, stage

RATE = 20.0
DRAIN = 60.0
PAUSE = (0.3, 2.0)  # seconds between two kills


@dataclass(frozen=True, slots=True)
class Plan:
    kills: int
    db: str
    redis: bool
    seed: int
    rate: float = RATE


def main() -> int:
    options = _options()
    plan = Plan(options.kills, options.db, options.redis == "on", options.seed, options.rate)
    print(f"{machine()}; seed {plan.seed}, {plan.db}, Redis {options.redis}, {plan.kills} kills", flush=True)
    found = run(plan)
    for breach in found[:40]:
        print(f"BREACH {breach}")
    print(f"{len(found)} breaches" if found else "every promise was kept")
    return 1 if found else 0


def run(plan: Plan) -> list[str]:
    """One whole run; what was broken."""
    seconds = plan.kills * sum(PAUSE) / 2 + 60
    company = Company(plan.seed, reps=60, customers_each=4, strangers=int(plan.rate * seconds * 0.4))
    with stage(plan.db, company, redis=plan.redis) as it:
        cast = Cast(it, plan.seed, workers=2 if plan.redis else 1)
        crowd = Crowd(it, company, plan.seed)
        stop = asyncio.Event()
        with ThreadPoolExecutor(1) as apart:  # a browser of another test may have a loop running in this thread
            took = apart.submit(asyncio.run, _under_fire(plan, cast, crowd, stop)).result()
        # The last kill may have hit the web: let its successor stand before the minute is counted.
        drained = it.drain(DRAIN)
        cast.stop()
        _report(plan, it, cast, crowd, took, drained)
        late = [] if drained is not None else [f"{it.backlog()} things were not done {DRAIN:g} s after the last kill"]
        return late + breaches(it, crowd, alerts_in_time=not plan.redis)


async def _under_fire(plan: Plan, cast: Cast, crowd: Crowd, stop: asyncio.Event) -> float:
    """Callbacks all the while; the kills come from a thread of their own."""
    start = time.monotonic()
    loop = asyncio.get_running_loop()

    def executioner() -> None:
        dice = random.Random(plan.seed + 1)
        time.sleep(3)
        for _ in range(plan.kills):
            time.sleep(dice.uniform(*PAUSE))
            cast.kill_one()
        loop.call_soon_threadsafe(stop.set)

    thread = threading.Thread(target=executioner, daemon=True)
    thread.start()
    await crowd.work(plan.rate, stop)
    thread.join()
    return time.monotonic() - start


def _report(plan: Plan, it: Stage, cast: Cast, crowd: Crowd, took: float, drained: float | None) -> None:
    accepted = [logged for logged in crowd.log if logged.answers]
    with uow.reading() as s:
        inbox = dict(s.execute(select(InboxEvent.state, func.count()).group_by(InboxEvent.state)).all())
        outbox = dict(s.execute(select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)).all())
        tries = s.scalar(select(func.sum(OutboxMessage.tries))) or 0
        sent = s.execute(select(OutboxMessage.due_at, OutboxMessage.sent_at)).all()
    waits = sorted((at - due).total_seconds() for due, at in sent if at is not None)
    print(f"{sum(cast.kills.values())} kills in {took:.0f} s: {dict(cast.kills)}")
    print(
        f"{len(crowd.log)} events, {sum(one.attempts for one in crowd.log)} attempts, {len(accepted)} accepted, "
        f"{len(crowd.log) - len(accepted)} given up by the platform after four attempts; "
        f"slowest 200 in {max((one.slowest for one in accepted), default=0):.2f} s"
    )
    print(f"inbox {inbox}; outbox {outbox}, {tries} sends for {len(it.eye())} messages seen")
    if waits:
        middle, most = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
        print(f"due to sent: p50 {middle:.1f} s, p99 {most:.1f} s, max {waits[-1]:.1f} s")
    print(
        "backlog NOT empty" if drained is None else f"backlog empty {drained:.1f} s after the last answer", flush=True
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--db", choices=("pg", "sqlite"), default="pg")
    parser.add_argument("--redis", choices=("on", "off"), default="on")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--rate", type=float, default=RATE, help="callbacks a second")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
