"""`python -m tests.chaos.archive --kills 300 --db pg`: whatever pulls the chat archive is killed in mid-page.

A child of its own pulls, with the product's own job, while people go on talking and the platform misbehaves; kill -9 at
a random moment, then the next child. Afterwards the book of the emulator and the store must agree: every number is
there once or in a gap that is flagged, no message twice, and of whoever has not agreed nothing but its number.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from config.archive import EntryState, GapState
from config.settings import Settings
from crm import uow
from crm.flows import directory
from gateways.wecom.errors import WecomError
from jobs import runs
from jobs.wiring import wire
from models.archive import ArchiveConsent, ArchiveEntry, ArchiveGap
from tests.support.archive import ANNA, BEN, CARL, act, settings_for, tenant
from tests.support.postgres import Server
from tests.support.process import Processes

LONGEST = 1.5  # seconds that a child lives at most; a page of the backlog takes some tenths
BURST = 25  # messages between two kills
FAULTS: tuple[dict[str, object], ...] = (
    {},
    {},
    {"archive/getchatdata": {"cut": True, "fail_next": 2}},
    {"archive/getchatdata": {"skip": True, "fail_next": 3}},
    {"archive/decryptdata": {"network": True, "fail_next": 3}},
    {"msgaudit/check_single_agree": {"busy": True, "fail_next": 1}},
)


@dataclass(frozen=True, slots=True)
class Plan:
    kills: int
    db: str
    seed: int


@dataclass(slots=True)
class Talk:
    """What was said: by number, the words, with whom, and whether that one had agreed just then."""

    emulator: str
    dice: random.Random
    said: dict[int, tuple[str, str, bool]] = field(default_factory=dict)
    agreed: dict[str, bool] = field(default_factory=lambda: {ANNA: False, BEN: False, CARL: False})

    def agree(self, external: str, agreed: bool) -> None:
        act(self.emulator, "agree", userid="Zhang", external_userid=external, agreed=agreed)
        self.agreed[external] = agreed

    def some(self) -> None:
        """Anna has agreed all along, Ben changes his mind, Carl was never asked."""
        if self.dice.random() < 0.3:
            self.agree(BEN, not self.agreed[BEN])
            time.sleep(1.1)  # what is said in the second of a yes is not kept
        for _ in range(BURST):
            external = self.dice.choice((ANNA, ANNA, BEN, CARL))
            words = f"第 {len(self.said)} 句"
            done = act(self.emulator, "archive-say", userid="Zhang", external_userid=external, text=words)
            self.said[done["seq"]] = (words, external, self.agreed[external])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.archive", description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--db", choices=("pg", "sqlite"), default="pg")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    found = run(Plan(options.kills, options.db, options.seed))
    for breach in found[:40]:
        print(f"BREACH {breach}")
    print(f"{len(found)} breaches" if found else "every promise was kept")
    return 1 if found else 0


def run(plan: Plan) -> list[str]:
    """One whole run; what was broken."""
    with _stage(plan.db) as (emulator, settings):
        talk = Talk(emulator, random.Random(plan.seed))
        _in_a_child(lambda: _know_each_other(settings))
        talk.agree(ANNA, True)
        time.sleep(1.1)
        began, dice, ends = time.monotonic(), random.Random(plan.seed + 1), Counter[str]()
        while ends["killed"] < plan.kills:
            act(emulator, "faults", api=dice.choice(FAULTS))
            talk.some()
            ends[_pull_and_kill(settings, dice.uniform(0, LONGEST))] += 1
        act(emulator, "faults")
        for minutes in (0, 5, 70, 140):  # what was left out comes back: gaps are looked into at growing intervals
            _in_a_child(lambda later=timedelta(minutes=minutes): _pull(settings, later))
        took = time.monotonic() - began
        uow.connect(settings.database_url)
        found = breaches(talk)
        _report(plan, talk, ends, took)
        uow.dispose()
        return found


def breaches(talk: Talk) -> list[str]:
    """What is not as it should be, a line each."""
    with uow.reading() as s:
        entries = list(s.scalars(select(ArchiveEntry).order_by(ArchiveEntry.seq)))
        gaps = list(s.scalars(select(ArchiveGap)))
        refused = set(s.scalars(select(ArchiveConsent.external_userid).where(ArchiveConsent.agreed.is_(False))))
    missing = {n for gap in gaps if gap.state == GapState.OPEN for n in range(gap.first, gap.last + 1)}
    here = Counter(entry.seq for entry in entries)
    kept = [entry for entry in entries if entry.state == EntryState.KEPT and entry.kind == "text"]
    words = Counter(entry.text for entry in kept)
    found = [f"number {seq} is there {many} times" for seq, many in here.items() if many > 1]
    found += [f"«{text}» was kept {many} times" for text, many in words.items() if many > 1]
    found += [f"number {seq} is neither there nor flagged" for seq in talk.said.keys() - here.keys() - missing]
    found += [f"number {seq} is there and flagged" for seq in missing & here.keys()]
    found += [f"number {seq} is still missing" for seq in missing & talk.said.keys()]
    for entry in kept:
        text, external, agreed = talk.said[entry.seq]
        if not agreed:
            found.append(f"number {entry.seq} of {external} was kept without consent")
        if (entry.text, entry.external_userid) != (text, external):
            found.append(f"number {entry.seq} holds other words than were said")
    there = {entry.seq for entry in kept}
    hers = {seq for seq, (_, who, _) in talk.said.items() if who == ANNA}
    found += [f"number {seq} of Anna, who agreed, is lost" for seq in hers - there]
    if ANNA in refused:
        found.append("Anna agreed, and is written down as if she had not")
    bare = [one for one in entries if one.state != EntryState.KEPT]
    telling = [one for one in bare if one.text or one.external_userid or one.msgid]
    found += [f"number {one.seq} was not to be kept, and says more than its number" for one in telling]
    return found


def _report(plan: Plan, talk: Talk, ends: Counter[str], took: float) -> None:
    with uow.reading() as s:
        states = Counter(s.scalars(select(ArchiveEntry.state)))
        gaps = Counter(s.scalars(select(ArchiveGap.state)))
    print(f"{plan.db}, seed {plan.seed}: {ends['killed']} kills ({ends['ended']} had ended before), {took:.0f} s")
    print(f"{len(talk.said)} messages said; entries {dict(states)}; gaps {dict(gaps)}", flush=True)


def _know_each_other(settings: Settings) -> None:
    w = wire(settings)
    directory.sync(w.client, w.clock())


def _pull(settings: Settings, later: timedelta = timedelta(0)) -> None:
    w = wire(settings)
    for _ in runs.perform(w, "archive", datetime.now(UTC) + later):
        pass


def _pull_and_kill(settings: Settings, seconds: float) -> str:
    """Pull in a process of its own, over and over, until it is killed."""
    child = os.fork()
    if child == 0:
        _be_a_child(lambda: _pull(settings))
    time.sleep(seconds)
    if os.waitpid(child, os.WNOHANG)[0]:
        return "ended"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "killed"


def _in_a_child(work: object) -> None:
    """Nothing of a store or a session is left in this process, which forks."""
    child = os.fork()
    if child == 0:
        _be_a_child(work)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise RuntimeError("a child that nobody killed ended badly")


def _be_a_child(work: object) -> None:
    code = 1
    try:
        work()  # type: ignore[operator]
        code = 0
    except WecomError as error:
        print(error, file=sys.stderr)
    finally:
        os._exit(code)


@contextmanager
def _stage(db: str) -> Iterator[tuple[str, Settings]]:
    """The emulator and an empty durable store."""
    folder = Path(tempfile.mkdtemp(prefix="crm-archive-"))
    (folder / "logs").mkdir()
    server = Server(durable=True) if db == "pg" else None
    processes = Processes(folder / "logs")
    try:
        url = server.create_database() if server else f"sqlite:///{folder}/crm.db"
        uow.upgrade(url)
        words = ["--port", "0", "--tenant", str(tenant(folder))]
        emulator = processes.start("emulator", [sys.executable, "-m", "emulator", *words], {})
        emulator.wait_for_output("emulator: http")
        address = emulator.output().partition("emulator: ")[2].split()[0].rstrip("/")
        yield address, settings_for(address, folder, url)
    finally:
        processes.stop()
        if server:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
