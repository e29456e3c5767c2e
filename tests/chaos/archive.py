"""`python -m tests.chaos.archive --kills 300 --db pg`: whatever pulls the chat archive is killed in mid-page.

A child of its own pulls and sums up, with the product's own jobs, while people go on talking, change their minds and
have their talk deleted, and the platform misbehaves; kill -9 at a random moment, then the next child. Afterwards the
book of the emulator and the store must agree: every number is there once or in a gap that is flagged, no message twice,
of whoever has not agreed nothing but its number, and each message behind exactly one digest that quotes nobody who has
taken his word back.
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

from sqlalchemy import select, update

from config.archive import EntryState, GapState
from config.settings import Settings
from config.vocabulary import Role
from crm import uow
from crm.access import actor_by_userid
from crm.flows import directory
from crm.usecases.archive import purge_talk
from crm.usecases.customers import CustomerDraft, create_customer
from crm.usecases.linking import link_contact
from gateways.wecom.errors import WecomError
from jobs import runs
from jobs.wiring import wire
from models.archive import ArchiveCited, ArchiveConsent, ArchiveEntry, ArchiveGap
from models.digests import DigestMessage
from models.links import ExternalContact
from models.people import Person
from tests.support.archive import ANNA, BEN, CARL, act, settings_for, tenant
from tests.support.postgres import Server
from tests.support.process import Processes

LONGEST = 1.5  # usual pulls: so long a child lives at most, so that some get a page done and some do not
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
    """What was said: by number, the words, with whom, and whether that one had agreed just then.

    Up to which number each of them has taken back what he agreed to, and had it deleted.
    """

    emulator: str
    dice: random.Random
    said: dict[int, tuple[str, str, bool]] = field(default_factory=dict)
    withdrawn: Counter[str] = field(default_factory=Counter)
    purged: Counter[str] = field(default_factory=Counter)
    agreed: dict[str, bool] = field(default_factory=lambda: {ANNA: False, BEN: False, CARL: False})

    def agree(self, external: str, agreed: bool) -> None:
        act(self.emulator, "agree", userid="Zhang", external_userid=external, agreed=agreed)
        self.agreed[external] = agreed
        if not agreed:
            self.withdrawn[external] = max(self.said, default=0)

    def some(self) -> None:
        """Anna has agreed all along, Ben changes his mind, Carl was never asked."""
        if self.dice.random() < 0.3:
            self.agree(BEN, not self.agreed[BEN])
            time.sleep(1.1)  # what is said in the second of a yes is not kept
        for _ in range(BURST):
            external = self.dice.choice((ANNA, ANNA, BEN, CARL))
            self.say(external, f"第 {len(self.said)} 台泵的交期是 12 月 20 日")

    def say(self, external: str, words: str) -> None:
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
        talk.some()
        _in_a_child(lambda: _both(settings))
        usual = time.monotonic() - began
        while ends["killed"] < plan.kills:
            act(emulator, "faults", api=dice.choice(FAULTS))
            if dice.random() < 0.1:
                _in_a_child(lambda: _purge(settings))
                talk.purged[BEN] = max(talk.said, default=0)
                time.sleep(1.1)  # what is said in the second of a purge may not be kept
            talk.some()
            how = _pull_and_kill(settings, dice.uniform(0, LONGEST * usual))
            ends[how] += 1
            usual *= 1.05 if how == "killed" else 0.8  # the machine is not as fast all the time
        act(emulator, "faults")
        talk.say(BEN, "再见，样品已经收到了")  # his newest word is asked for with it
        for minutes in (0, 5, 70, 140):  # what was left out comes back: gaps are looked into at growing intervals
            _in_a_child(lambda later=timedelta(minutes=minutes): _all_of_it(settings, later))
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
    found += [
        f"number {one.seq} was deleted, and is there" for one in kept if one.seq <= talk.purged[one.external_userid]
    ]
    found += _breaches_of_digests(talk, kept)
    there = {entry.seq for entry in kept}
    hers = {seq for seq, (_, who, _) in talk.said.items() if who == ANNA}
    found += [f"number {seq} of Anna, who agreed, is lost" for seq in hers - there]
    if ANNA in refused:
        found.append("Anna agreed, and is written down as if she had not")
    bare = [one for one in entries if one.state != EntryState.KEPT]
    telling = [one for one in bare if one.text or one.external_userid or one.msgid]
    found += [f"number {one.seq} was not to be kept, and says more than its number" for one in telling]
    return found


def _breaches_of_digests(talk: Talk, kept: list[ArchiveEntry]) -> list[str]:
    with uow.reading() as s:
        quoted = select(ArchiveCited.seq, ArchiveCited.external_userid, DigestMessage.text).outerjoin(
            DigestMessage,
            (DigestMessage.digest_id == ArchiveCited.digest_id) & (DigestMessage.number == ArchiveCited.number),
        )
        cited = s.execute(quoted).all()
    found = [] if cited else ["no digest quotes anything"]
    found += [f"number {one.seq} is behind no digest" for one in kept if one.summed_at is None]
    found += [f"number {n} is cited {many} times" for n, many in Counter(one.seq for one in cited).items() if many > 1]
    for one in cited:
        if one.text != talk.said[one.seq][0]:
            found.append(f"number {one.seq} is quoted in other words")
        if one.seq <= max(talk.purged[one.external_userid], talk.withdrawn[one.external_userid]):
            found.append(f"number {one.seq} was taken back, and is quoted")
    return found


def _report(plan: Plan, talk: Talk, ends: Counter[str], took: float) -> None:
    with uow.reading() as s:
        states = Counter(s.scalars(select(ArchiveEntry.state)))
        gaps = Counter(s.scalars(select(ArchiveGap.state)))
        pages = len(set(s.scalars(select(ArchiveEntry.seen_at))))
    killed = f"{ends['killed']} kills ({ends['ended']} had ended before)"
    print(f"{plan.db}, seed {plan.seed}: {killed}, {pages} pulls came through, {took:.0f} s")
    print(f"{len(talk.said)} messages said; entries {dict(states)}; gaps {dict(gaps)}", flush=True)


def _know_each_other(settings: Settings) -> None:
    """Two of them are a customer's people; the third is nobody's."""
    w = wire(settings)
    directory.sync(w.client, w.clock())
    for _ in runs.perform(w, "contacts", w.clock()):
        pass
    now = w.clock()
    with uow.transaction() as s:
        zhang = actor_by_userid(s, "Zhang", now)
        made = create_customer(s, zhang, CustomerDraft(name="宁波海蔚船舶配件有限公司"), now, entrance="test")
        for external in (ANNA, BEN):
            contact = s.scalars(select(ExternalContact.id).where(ExternalContact.external_userid == external)).one()
            link_contact(s, zhang, contact, made.id, now, entrance="test")
        s.execute(update(Person).where(Person.userid == "sun").values(role=Role.ADMIN))  # who deletes on request


def _pull(settings: Settings, later: timedelta = timedelta(0)) -> None:
    w = wire(settings)
    for _ in runs.perform(w, "archive", datetime.now(UTC) + later):
        pass


def _sum_up(settings: Settings, later: timedelta) -> None:
    """As if nobody had said anything for an hour."""
    w = wire(settings)
    for _ in runs.perform(w, "talks", datetime.now(UTC) + later + timedelta(hours=1)):
        pass


def _both(settings: Settings) -> None:
    _pull(settings)
    _sum_up(settings, timedelta(0))


def _all_of_it(settings: Settings, later: timedelta) -> None:
    """Minute by minute: each looks into the twenty gaps that are overdue longest, and sums up the oldest 500 words."""
    for turn in range(60):
        _pull(settings, later + timedelta(minutes=turn))
        _sum_up(settings, later + timedelta(minutes=turn))


def _purge(settings: Settings) -> None:
    w = wire(settings)
    now = w.clock()
    with uow.transaction() as s:
        purge_talk(s, actor_by_userid(s, "sun", now), BEN, now, entrance="test")


def _pull_and_kill(settings: Settings, seconds: float) -> str:
    """Pull and sum up in a process of its own, until it is done or killed."""
    child = os.fork()
    if child == 0:
        _be_a_child(lambda: _both(settings))
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
