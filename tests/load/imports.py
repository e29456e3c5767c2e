"""`python -m tests.load.imports --rows 100000 --db pg [--kills 20]`: an import under callbacks, weighed and killed.

Without kills it says how long the three stretches of an import take, what its processes weigh and how long callbacks
wait meanwhile; with kills, whether every row is there once.
"""

import argparse
import asyncio
import csv
import io
import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from config.sheets import ImportKind, ImportState, RowOutcome
from crm import uow
from crm.access import Actor, actor_by_userid
from crm.columns import choice
from crm.usecases import imports
from gateways.dropbox import Dropbox
from jobs.wiring import Nudger
from models.customers import Contact, Customer, OwnershipPeriod
from models.imports import ImportJob, ImportRow
from tests.load.company import Company
from tests.load.driver import Answer, open_loop, times
from tests.load.stage import Stage, machine, stage
from tests.load.traffic import Seal, Traffic
from tests.support.process import Running, family

PROMISED_SECONDS, PROMISED_MB, PROMISED_P99 = 120.0, 512.0, 300.0
_TRAFFIC = 400  # seconds of callbacks that are prepared
_LEASE = 31  # seconds by which the clock is moved after a kill, so that nobody waits for the lease
_WEIGHED_EVERY = 1.0  # seconds: the kernel walks every page of a process for it
_BAD, _TWICE = 50, 20  # one row in so many has a wrong number, or names a company again
_STRETCHES = (ImportState.READING, ImportState.CHECKING, ImportState.RUNNING)  # what workers do
_SYLLABLES = "恒泽瑞衡宏远华东建安鼎盛凯达明辉博通金源天成力拓海川正泰新锐科创嘉禾"
_TRADES = ("泵业", "阀门", "水务", "热能", "机械", "仪表", "环保", "电气")


def sheet(rows: int, seed: int) -> bytes:
    """A list as companies keep it: mostly right, some numbers cut short, some companies twice."""
    dice = random.Random(seed)
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(("客户名称", "联系人", "手机", "地区", "详细地址", "行业", "年采购额（万元）", "备注"))
    names: list[str] = []
    for n in range(rows):
        trade = dice.choice(_TRADES)
        fresh = f"苏州{''.join(dice.choices(_SYLLABLES, k=4))}{n % 97}{trade}有限公司"
        name = names[-dice.randrange(1, 8)] if names and n % _TWICE == 0 else fresh
        names.append(name)
        phone = "1380013" if n % _BAD == 0 else f"138{n:08d}"
        note = "老客户" if n % 10 == 0 else ""
        out.writerow((name, "王工", phone, "江苏苏州", f"工业园区 {n} 号", trade, dice.randrange(1, 900), note))
    return text.getvalue().encode()


@dataclass(slots=True)
class Watch:
    """What was seen while it ran: megabytes of the jobs' processes, seconds of each stretch.

    `heaviest` is what they have for themselves; `mapped` counts, besides, pages of files, SQLite's among them: these
    are the system's, which drops them when memory is short.
    """

    heaviest: float = 0.0
    mapped: float = 0.0
    stretches: dict[str, float] = field(default_factory=dict)
    weighed: float = 0.0

    def weigh(self, running: list[Running]) -> None:
        if time.monotonic() - self.weighed < _WEIGHED_EVERY:
            return
        self.weighed = time.monotonic()
        weights = [_megabytes(pid) for one in running for pid in family(one.pid)]
        self.heaviest = max(self.heaviest, sum(weight.get("Pss_Anon", 0.0) for weight in weights))
        self.mapped = max(self.mapped, sum(weight.get("Pss", 0.0) for weight in weights))


def _megabytes(pid: int) -> dict[str, float]:
    """What a process has, shared pages counted in parts: all of it is Pss, what no file stands behind Pss_Anon."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        return {line.partition(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return {}


class Import:
    """One import as a person at the console does it, over the stage's own store and drop box."""

    def __init__(self, it: Stage, who: Actor, data: bytes) -> None:
        self._who, self._rows = who, data.count(b"\n")
        key = Dropbox(it.folder / "var" / "imports").keep(io.BytesIO(data), 20 << 20)
        with uow.transaction() as s:
            self.public_id = imports.upload(
                s, who, ImportKind.CUSTOMERS, "load.csv", key, datetime.now(UTC), entrance="shell"
            )

    def state(self) -> ImportState:
        with uow.reading() as s:
            wanted = select(ImportJob.state).where(ImportJob.public_id == self.public_id)
            return ImportState(s.scalars(wanted).one())

    def progress(self) -> float:
        """How far the workers have come: a whole number per stretch that is behind them."""
        with uow.reading() as s:
            job = s.scalars(select(ImportJob).where(ImportJob.public_id == self.public_id)).one()
            return _STRETCHES.index(job.state) + job.cursor / self._rows if job.state in _STRETCHES else 0.0

    def decide(self, state: ImportState) -> None:
        """What the person does where it is his turn."""
        now = datetime.now(UTC)
        with uow.transaction() as s:
            if state is ImportState.CHECKED:
                imports.start(s, self._who, self.public_id, now, entrance="shell")
                return
            job = s.scalars(select(ImportJob).where(ImportJob.public_id == self.public_id)).one()
            known = choice(s, ImportKind.CUSTOMERS)
            imports.map_columns(
                s, self._who, self.public_id, job.mapping, imports.Options(now.date(), mine=True), now,
                known=known.known, needed=known.needed, many=known.many, entrance="shell",
            )  # fmt: skip


def follow(one: Import, watch: Watch, look: Callable[[], None], seconds: float) -> bool:
    """Until it is done; False when it failed or took longer."""
    began = time.monotonic()
    last, since = one.state(), began
    while time.monotonic() - began < seconds:
        look()
        state = one.state()
        if state is not last:
            watch.stretches[last] = time.monotonic() - since
            last, since = state, time.monotonic()
        if state in (ImportState.MAPPING, ImportState.CHECKED):
            one.decide(state)
        if state in (ImportState.DONE, ImportState.FAILED):
            return state is ImportState.DONE
        time.sleep(0.2)
    return False


def breaches(rows: int) -> list[str]:
    """Rows in are rows answered for, each customer is there once, and every contact belongs to a row."""
    found = []
    with uow.reading() as s:
        outcomes = dict(s.execute(select(ImportRow.outcome, func.count()).group_by(ImportRow.outcome)).all())
        made = outcomes.get(RowOutcome.MADE, 0)
        if sum(outcomes.values()) != rows or outcomes.get("", 0):
            found.append(f"{rows} rows in, outcomes {outcomes}")
        brought = select(ImportRow.customer_id).where(ImportRow.outcome == RowOutcome.MADE)
        there = s.scalar(select(func.count()).select_from(Customer).where(Customer.id.in_(brought))) or 0
        imported = s.scalar(select(func.count()).select_from(Customer).where(Customer.region == "江苏苏州")) or 0
        if not made == there == imported:
            found.append(f"{made} rows made a customer, {there} of these are there, {imported} were brought in all")
        doubles = select(Customer.name_key).group_by(Customer.name_key).having(func.count() > 1)
        found += [f"twice: {key}" for key in s.scalars(doubles.limit(5))]
        periods = select(OwnershipPeriod.customer_id).group_by(OwnershipPeriod.customer_id).having(func.count() > 1)
        found += [f"two ownership periods: {number}" for number in s.scalars(periods.limit(5))]
        contacts = s.scalar(select(func.count()).select_from(Contact)) or 0
        told = s.scalar(select(func.count()).select_from(ImportRow).where(ImportRow.contact_id.is_not(None))) or 0
        if contacts != told:
            found.append(f"{contacts} contacts, {told} rows that made one")
        print(f"rows {rows:,}: {', '.join(f'{word} {many:,}' for word, many in sorted(outcomes.items()))}", flush=True)
    return found


def main() -> int:
    options = _options()
    company = Company(options.seed, reps=60, customers_each=4, strangers=int(options.rate * _TRAFFIC * 0.3) + 50)
    asked = f"{options.db}, {options.rows:,} rows, {options.rate:g}/s, {options.kills} kills"
    print(f"{machine()}; seed {options.seed}, {asked}", flush=True)
    with stage(options.db, company, cards=int(options.rate * _TRAFFIC * 0.3) + 50) as it:
        jobs = [it.processes.worker(it.env), it.processes.scheduler(it.env)]
        it.wait_for_web(it.web())
        uow.on_commit(Nudger(it.env["REDIS_URL"]))  # as the console does: else a scheduler would find it
        with uow.reading() as s:
            who = actor_by_userid(s, company.reps[0])
        answers: list[Answer] = []
        calling = threading.Thread(target=_call, args=(it, company, options.rate, options.seed, answers), daemon=True)
        calling.start()
        time.sleep(2)
        one, watch = Import(it, who, sheet(options.rows, options.seed)), Watch()
        killer = _Killer(it, jobs, options.kills, options.seed)

        def look() -> None:
            watch.weigh(jobs)
            killer.look(one.progress)

        done = follow(one, watch, look, options.seconds)
        heard = [*answers]
        return _judge(options, done, watch, killer, heard)


def _judge(options: argparse.Namespace, done: bool, watch: Watch, killer: "_Killer", heard: list[Answer]) -> int:
    wrong = breaches(options.rows) if done else ["it was not done in time, or failed"]
    took = sum(seconds for state, seconds in watch.stretches.items() if state in ("reading", "checking", "running"))
    told = ", ".join(f"{state} {seconds:.1f} s" for state, seconds in watch.stretches.items())
    weight = f"jobs {watch.heaviest:.0f} MB ({watch.mapped:.0f} with files)"
    print(f"import {took:.1f} s ({told}); {weight}; killed {killer.killed} times")
    if heard:
        found = times(heard)
        print(f"callbacks meanwhile: {found}")
        if not options.kills and (found.p99 > PROMISED_P99 or found.errors):
            wrong.append("callbacks waited too long")
    if killer.killed < options.kills:
        wrong.append("it was done before all kills")
    if not options.kills and (took > PROMISED_SECONDS or watch.heaviest > PROMISED_MB):
        wrong.append("too slow or too heavy")
    for words in wrong:
        print(f"BREACH {words}")
    return 1 if wrong else 0


def _call(it: Stage, company: Company, rate: float, seed: int, answers: list[Answer]) -> None:
    """Callbacks in slices of ten seconds, until the process ends."""
    if not rate:
        return
    seal = Seal(company.tenant)
    traffic = Traffic(company, seal, it.cards, seed)
    for _ in range(_TRAFFIC // 10):
        planned = traffic.events(int(rate * 10), time.time() + 1, rate)
        requests = [seal.request(event.xml, int(at)) for at, event in planned]
        answers += asyncio.run(open_loop(it.port, requests, rate))


class _Killer:
    """kill -9 for worker and scheduler, at random points of the whole way; each stands again at once."""

    def __init__(self, it: Stage, jobs: list[Running], kills: int, seed: int) -> None:
        self._it, self._jobs = it, jobs
        dice = random.Random(seed)
        self._points = sorted(dice.uniform(0, len(_STRETCHES)) for _ in range(kills))
        self.killed = 0

    def look(self, progress: Callable[[], float]) -> None:
        if not self._points or progress() < self._points[0]:
            return
        start = (self._it.processes.worker, self._it.processes.scheduler)
        for n in range(2):  # whoever holds the lease: the other would go on
            self._jobs[n].kill()
        self._points, self.killed = self._points[1:], self.killed + 1
        (self._it.folder / "var" / "clock").write_text(str(self.killed * _LEASE))
        for n in range(2):
            self._jobs[n] = start[n](self._it.env)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load.imports", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--db", choices=("pg", "sqlite"), default="pg")
    parser.add_argument("--rate", type=float, default=20.0, help="callbacks a second meanwhile")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=600.0, help="after which it is given up")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
