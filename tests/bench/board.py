"""`make bench WHAT=board`: the board of 50,000 open deals beside one plain statement, and the sweep of stale ones.

For a lead, a director, an administrator and a rep it prints p50 and p95 of the board whatever it is asked, what the
bare driver needs for all the deals of that team in one statement in the same run, and the ratio; then how long
`sweep stale-deals` takes over all of them and how much memory the process held at each quarter of it.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import event, select, text
from sqlalchemy.engine import Engine

from config.vocabulary import DealScope, StallColour
from crm import uow
from crm.access import Actor, actor_by_userid
from crm.reads.board import Asked, board
from crm.reads.deal_scope import Whose
from crm.reads.forecast import forecast
from crm.reads.funnel import funnel
from crm.reads.sales_path import sales_paths
from jobs import sweeps
from models.base import new_public_id
from models.deals import Deal, Pipeline, Stage, StagePeriod
from tests.bench.lists import NOW, fill, furnish
from tests.load.stage import machine
from tests.support.postgres import Server

P95, SWEPT = 0.1, 10.0  # seconds: the board of a team, the sweep of all
WHO = ("lead", "director", "admin", "rep1")
ASKED: dict[str, Asked] = {
    "as it opens": Asked(),
    "red": Asked(colour=StallColour.RED),
    "in time": Asked(colour=StallColour.GREEN),
    "by amount": Asked(order="amount"),
    "newest": Asked(order="newest"),
    "one pipeline": Asked(pipeline="标准流程"),
    "one column, page 5": Asked(stage="negotiation", page=5, size=60),
    "one person": Asked(whose=Whose(DealScope.ALL, owner_id=10)),
    "everything one sees": Asked(whose=Whose(DealScope.ALL)),
}
_CLOSED = 4  # for every so many open deals one that has ended
_DEALS = ("id", "public_id", "customer_id", "owner_id", "name", "amount", "stage_id", "stage_since", "created_at")
_STAYS = ("deal_id", "stage_id", "started_at", "ended_at")
_BARE = """
    SELECT d.id, d.name, d.amount, d.stage_id, d.stage_since, d.snoozed_until, c.name, p.name
    FROM deal d JOIN customer c ON c.id = d.customer_id JOIN person p ON p.id = d.owner_id
    WHERE p.team_id = 4 AND d.stage_id IN (SELECT id FROM stage WHERE kind = 'open')
    ORDER BY d.stage_id, d.stage_since
"""


def run(databases: Sequence[str], deals: int, times: int, seed: int) -> bool:
    """Everything, printed as it comes; whether what is promised was kept."""
    print(f"{machine()}; seed {seed}, {deals:,} open deals, each question {times} times")
    kept = [_bench(db, deals, times, seed) for db in databases]
    return all(kept)


def _bench(db: str, deals: int, times: int, seed: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(durable=True) if db == "pg" else None
        url = server.create_database() if server else f"sqlite:///{folder}/crm.db"
        try:
            engine = furnish(url, deals, seed)
            _deals(engine, deals, random.Random(seed))
            kept = _boards(db, engine, times, seed)
            _figures(db)
            kept = _sweep(db) and kept
            engine.dispose()
        finally:
            if server:
                server.stop()
    return kept


def _deals(engine: Engine, many: int, luck: random.Random) -> None:
    """On every rung and of every age, each with its ledger; the customers are `furnish`'s, so each is his owner's."""
    with uow.transaction() as s:
        s.execute(text("DELETE FROM deal"))
        mine = select(Stage.kind, Stage.id).join(Pipeline, Pipeline.id == Stage.pipeline_id).order_by(Stage.id)
        ladder = s.execute(mine.where(Pipeline.name == "标准流程")).all()
        owners: dict[int, int] = dict(s.execute(text("SELECT id, owner_id FROM customer")).all())
    rungs = [stage_id for kind, stage_id in ladder if kind == "open"]
    ends = [stage_id for kind, stage_id in ladder if kind != "open"]
    made, stays = [], []
    for number in range(1, many + many // _CLOSED + 1):
        customer = 1 + number % many
        path = rungs[: luck.randrange(1, len(rungs) + 1)] + ([] if number <= many else [luck.choice(ends)])
        moment = NOW.replace(tzinfo=None) - timedelta(minutes=luck.randrange(60 * 24 * 60))
        since = after = moment
        for place, stage_id in enumerate(reversed(path)):
            stays.append((number, stage_id, moment, None if place == 0 else after))
            after, moment = moment, moment - timedelta(days=luck.randrange(1, 40))
        amount = Decimal(luck.randrange(1, 900) * 10_000)
        made.append(
            (number, new_public_id(), customer, owners[customer], f"{number} 期改造", amount, path[-1], since, after)
        )
    fill(Deal, _DEALS, iter(made))
    fill(StagePeriod, _STAYS, iter(stays))
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))  # what autovacuum does within a minute


def _boards(db: str, engine: Engine, times: int, seed: int) -> bool:
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(str(args[2])))
    everybodys = [(who, told) for who in WHO for told in ASKED]
    turns = everybodys * times
    random.Random(seed).shuffle(turns)
    took: dict[tuple[str, str], list[float]] = {}
    bare: list[float] = []
    most = 0
    for turn, (who, told) in enumerate(everybodys + turns):
        with uow.reading() as s:
            actor = actor_by_userid(s, who, NOW)
            asked.clear()
            began = time.perf_counter()
            board(s, actor, ASKED[told], NOW)
            lasted = time.perf_counter() - began
            most = max(most, len(asked))
        if turn >= len(everybodys):  # at first every statement is drawn up, as a process does once in its life
            took.setdefault((who, told), []).append(lasted)
            if turn % len(WHO) == 0:
                bare.append(_bare(engine))
    for who in WHO:
        mine = [one for (whose, _), some in took.items() if whose == who for one in some]
        print(f"{db}: {who}: {_told(mine)}, {most} statements at most")
    slowest = max(took, key=lambda one: _share(took[one], 0.5))
    print(f"{db}: the slowest: {slowest[0]}, {slowest[1]}: median {_share(took[slowest], 0.5) * 1000:.0f} ms")
    lead = [one for (who, _), some in took.items() if who == "lead" for one in some]
    ratio = _share(lead, 0.5) / _share(bare, 0.5)
    print(
        f"{db}: bare, the team's deals in one statement: {_told(bare)}; the board is {ratio:.1f} times that", flush=True
    )
    return _share(lead, 0.95) <= P95


def _bare(engine: Engine) -> float:
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        began = time.perf_counter()
        cursor.execute(_BARE)
        cursor.fetchall()
        lasted = time.perf_counter() - began
        cursor.close()
    return lasted


def _figures(db: str) -> None:
    """Nobody waits for these as often; told, not promised."""
    year = NOW - timedelta(days=365)
    asked: dict[str, Callable[[uow.Session, Actor], object]] = {
        "funnel of a year": lambda s, actor: funnel(s, actor, Whose(), "", year, NOW),
        "forecast": lambda s, actor: forecast(s, actor, Whose(), "", NOW),
        "sales path": sales_paths,
    }
    for who in ("lead", "admin"):
        for told, ask in asked.items():
            with uow.reading() as s:
                actor = actor_by_userid(s, who, NOW)
                ask(s, actor)
                began = time.perf_counter()
                ask(s, actor)
                print(f"{db}: {who}, {told}: {(time.perf_counter() - began) * 1000:.0f} ms", flush=True)


def _sweep(db: str) -> bool:
    """The command's own entrance, to the last deal."""
    held, lines, looked = [_held()], 0, 0
    began = time.perf_counter()
    for line in _every(sweeps.run("stale-deals", NOW), held):
        looked += 1
        lines += bool(line)
    lasted = time.perf_counter() - began
    held.append(_held())
    told = " → ".join(f"{one:.0f}" for one in held)
    print(
        f"{db}: stale-deals: {looked:,} looked at, {lines:,} told in {lasted:.1f} s; memory held {told} MB", flush=True
    )
    return lasted <= SWEPT


def _every(lines: Iterator[str], held: list[float]) -> Iterator[str]:
    """The same lines, with the memory held after each ten thousand."""
    for number, line in enumerate(lines, start=1):
        if number % 10_000 == 0:
            held.append(_held())
        yield line


def _held() -> float:
    """Megabytes that no file stands behind."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous:")) / 1024


def _told(times: Sequence[float]) -> str:
    return f"p50 {_share(times, 0.5) * 1000:.0f} ms, p95 {_share(times, 0.95) * 1000:.0f} ms"


def _share(times: Sequence[float], part: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.board", description=__doc__)
    parser.add_argument("--db", choices=("pg", "sqlite", "both"), default="both")
    parser.add_argument("--deals", type=int, default=50_000)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    databases = ("pg", "sqlite") if options.db == "both" else (options.db,)
    return 0 if run(databases, options.deals, options.times, options.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
