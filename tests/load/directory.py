"""`python -m tests.load.directory --contacts 200000 --db pg --kills 20`: a large company mirrored from an emulator that
refuses at random, by a process that is killed again and again; then events are lost, and the next pull mends it all."""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import select

from config.settings import Settings
from config.vocabulary import PersonStatus
from crm import uow
from crm.flows import contacts, directory
from crm.usecases.directory import Counts
from emulator.generate import CROWD, company
from jobs.book import Book, until_answered
from jobs.runs import directory_lines
from jobs.wiring import wire
from models.links import ExternalContact, ExternalFollow
from models.mirror import CorpTag, CustomerGroup, CustomerGroupMember, FollowTag
from models.people import Person, Team, TeamLeader
from tests.load.stage import machine
from tests.support import stores
from tests.support.postgres import Server
from tests.support.process import Processes, Running

State = Mapping[str, Any]
_CHILD, _BEGUN = "--pull", "begun"
PAGE = 100  # friendships of a page, and members of a call
_WINDOW, _MID_CALL = 0.05, 0.05  # seconds
_SLOW = 300.0  # seconds: a large company is much to load, and to show


@dataclass(frozen=True, slots=True)
class Plan:
    members: int = 5000
    departments: int = 400
    contacts: int = 200_000
    kills: int = 20
    troubled: float = 0.03  # the share of calls that WeCom refuses
    lost: int = 50  # events that never arrive
    seed: int = 1


def pull(job: str) -> None:
    """What a timed job, `directory` or `contacts`, does: a dot for each call, the last line says what came of it."""
    w = wire(Settings.load())
    client, counts = w.client.patient(), Counts()
    going = None if job == "directory" else contacts.Pull(Book(client), w.clock(), _hasty)
    print(_BEGUN, flush=True)
    for line in going.steps() if going else directory.steps(client, w.clock(), counts, _hasty):
        print(f"\n{line}" if line else ".", end="", flush=True)
    for line in contacts.lines(going.outcome()) if going else directory_lines(counts):
        print(f"\n{line[:200]}", end="", flush=True)


def _hasty(error: Exception) -> float:
    """The emulator's limit is over with the next call: nobody need wait a minute for it."""
    return min(until_answered(error), _WINDOW)


class Emulator:
    """Control of the emulator, and the processes that pull from it into one store."""

    def __init__(self, plan: Plan, folder: Path, url: str, processes: Processes) -> None:
        self._processes = processes
        made = company(plan.members, plan.departments, plan.contacts, plan.seed)
        file = folder / "company.json"
        file.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
        words = [sys.executable, "-m", "emulator", "--port", "0", "--tenant", str(file)]
        running = processes.start("emulator", words, {})
        running.wait_for_output("emulator: http", _SLOW)
        self._base = running.output().partition("emulator: ")[2].split()[0].rstrip("/")
        app = made["app"]
        self._env = {
            "DATABASE_URL": url, "REDIS_URL": f"unix://{folder}/nobody.sock", "SECRET_KEY": "load" * 10,
            "PUBLIC_URL": "http://127.0.0.1:9", "VAR_DIR": str(folder / "var"),
            "WECOM_API_BASE": f"{self._base}/cgi-bin/", "WECOM_CORP_ID": made["corpid"],
            "WECOM_AGENT_ID": str(app["agentid"]), "WECOM_AGENT_SECRET": app["secret"], "WECOM_TOKEN": app["token"],
            "WECOM_ENCODING_AES_KEY": app["aeskey"],
        }  # fmt: skip

    def act(self, action: str, **body: Any) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310
            f"{self._base}/emu/api/{action}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=_SLOW) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found

    def state(self) -> State:
        with urllib.request.urlopen(f"{self._base}/emu/api/state", timeout=_SLOW) as answer:  # noqa: S310
            found: State = json.load(answer)
            return found

    def start(self, job: str) -> Running:
        return self._processes.start(job, [sys.executable, "-m", "tests.load.directory", _CHILD, job], self._env)


def mirror(emulator: Emulator, plan: Plan, kills: int, dice: random.Random, seconds: float) -> str:
    """Both nightly jobs, each worked by processes that are killed until one ends by itself; what the last one said."""
    calls = plan.departments, plan.contacts // PAGE + plan.contacts // CROWD + 2 * plan.members // PAGE
    words, killed = "", 0
    for job, most, many in zip(("directory", "contacts"), calls, (kills // 4, kills - kills // 4), strict=True):
        places = sorted(dice.randrange(most) for _ in range(many))
        spans = [after - before for before, after in pairwise([0, *places])] if job == "contacts" else places
        for span in (*spans, sys.maxsize):
            running = emulator.start(job)
            if _works(running, span, seconds):
                time.sleep(dice.random() * _MID_CALL)
                killed += running.running
                running.kill()
            else:
                assert running.process.returncode == 0, running.output()
                words = running.output().strip()
                break
    print(f"{killed} processes killed", flush=True)
    return words


def _works(running: Running, calls: int, seconds: float) -> bool:
    """Wait for so many calls; False when it has come to its end before."""
    ends = time.monotonic() + seconds
    while running.running:
        said = running.output()
        if _BEGUN in said and said.count(".") >= calls:
            return True
        assert time.monotonic() < ends, "it was not done in time"
        time.sleep(0.02 if calls < sys.maxsize else 0.5)
    return False


def differences(state: State) -> list[str]:
    """What the store says otherwise than the emulator; at most ten of each kind."""
    with uow.reading() as s:
        teams = {team.id: team for team in s.scalars(select(Team))}
        people = {one.id: one for one in s.scalars(select(Person).where(Person.status != PersonStatus.LEFT))}
        leads = {
            (teams[one.team_id].department_id, people[one.person_id].userid) for one in s.scalars(select(TeamLeader))
        }
        ours: dict[str, set[Any]] = {
            "departments": {
                (team.department_id, team.name, teams[team.parent_id].department_id if team.parent_id else 0)
                for team in teams.values()
            },
            "leaders": leads,
            "members": {
                (
                    one.userid, one.name, teams[one.team_id].department_id,
                    people[one.direct_leader_id].userid if one.direct_leader_id else "",
                )
                for one in people.values()
            },
            "tags": {(tag.wecom_id, tag.group_name, tag.name) for tag in s.scalars(_standing_tags())},
            "people": {(one.external_userid, one.name) for one in s.scalars(select(ExternalContact))},
            "friends": set(_friends(s)),
            "groups": {(one.chat_id, one.name) for one in s.scalars(_standing_groups())},
            "in groups": {(chat_id, key) for chat_id, key in s.execute(_in_groups())},
        }  # fmt: skip
    theirs = _told(state)
    return [
        f"{kind}: {where} {one}"
        for kind in theirs
        for where, those in (("only WeCom", theirs[kind] - ours[kind]), ("only we", ours[kind] - theirs[kind]))
        for one in sorted(those, key=str)[:10]
    ]


def _standing_tags() -> Any:
    return select(CorpTag).where(CorpTag.gone_at.is_(None))


def _standing_groups() -> Any:
    return select(CustomerGroup).where(CustomerGroup.dissolved_at.is_(None))


def _in_groups() -> Any:
    members = select(CustomerGroup.chat_id, CustomerGroupMember.key).join_from(CustomerGroup, CustomerGroupMember)
    return members.where(CustomerGroup.dissolved_at.is_(None))


def _friends(s: uow.Session) -> Iterator[tuple[Any, ...]]:
    worn: dict[int, list[str]] = {}
    for follow_id, tag in s.execute(select(FollowTag.follow_id, CorpTag.wecom_id).join(CorpTag)):
        worn.setdefault(follow_id, []).append(tag or "")
    for follow, external_userid, userid in s.execute(
        select(ExternalFollow, ExternalContact.external_userid, Person.userid)
        .join(ExternalContact, ExternalContact.id == ExternalFollow.external_contact_id)
        .join(Person, Person.id == ExternalFollow.person_id)
        .where(ExternalFollow.ended_at.is_(None))
    ):
        tags = tuple(sorted(worn.get(follow.id, ())))
        yield external_userid, userid, follow.remark, follow.remark_corp_name, follow.add_way, tags


def _told(state: State) -> dict[str, set[Any]]:
    return {
        "departments": {(one["id"], one["name"], one["parentid"]) for one in state["departments"]},
        "leaders": {(one["id"], leader) for one in state["departments"] for leader in one["department_leader"]},
        "members": {
            (one["userid"], one["name"], one["main_department"], one["direct_leader"][0]) for one in state["members"]
        },
        "tags": {(tag["id"], group["group_name"], tag["name"]) for group in state["tags"] for tag in group["tag"]},
        "people": {(one["external_userid"], one["name"]) for one in state["outside"]},
        "friends": {
            (
                one["external_userid"], friend["userid"], friend["remark"], friend.get("remark_corp_name", ""),
                friend["add_way"], tuple(sorted(friend.get("tags", ()))),
            )
            for one in state["outside"]
            for friend in one["friends"]
        },
        "groups": {(one["chat_id"], one["name"]) for one in state["groups"]},
        "in groups": {(one["chat_id"], member["userid"]) for one in state["groups"] for member in one["members"]},
    }  # fmt: skip


def lose_events(emulator: Emulator, dice: random.Random, many: int) -> None:
    """What people do while no event of it arrives."""
    emulator.act("faults", callback={"drop": True}, api={})
    state = emulator.state()
    pairs = [(one["external_userid"], friend["userid"]) for one in state["outside"] for friend in one["friends"]]
    tags = [tag["id"] for group in state["tags"] for tag in group["tag"]]
    for n, (external, userid) in enumerate(dice.sample(pairs, many)):
        if n % 3 == 0:
            emulator.act("unfriend", userid=userid, external_userid=external, by=("customer", "rep")[n % 2])
        elif n % 3 == 1:
            emulator.act("remark", userid=userid, external_userid=external, remark=f"改{n}", tags=[dice.choice(tags)])
        else:
            emulator.act("stranger", userid=userid, name=f"漏掉的{n}", corp_name=f"漏掉{n}有限公司")
    for n, group in enumerate(state["groups"][:3]):
        change: dict[str, Any] = {"dissolve": True} if n == 0 else {"name": "改了名", "remove": [pairs[0][0]]}
        emulator.act("group", userid=group["owner"], chat_id=group["chat_id"], **change)
    emulator.act("tag", id=tags[0], delete=True)
    emulator.act("tag", id=tags[1], name="改名的标签")


@contextmanager
def _store(db: str, folder: Path) -> Iterator[str]:
    server = Server(durable=True) if db == "pg" else None
    try:
        yield server.create_database() if server else f"sqlite:///{folder}/crm.db"
    finally:
        uow.dispose()
        if server:
            server.stop()


def run(plan: Plan, folder: Path, url: str, *, seconds: float = 3600.0) -> list[str]:
    """What is wrong at the end; nothing."""
    stores.upgrade(url)
    uow.connect(url)
    dice, processes = random.Random(plan.seed), Processes(folder)
    try:
        emulator = Emulator(plan, folder, url, processes)
        emulator.act("faults", api={"*": {"troubled": plan.troubled}})
        began = time.monotonic()
        words = mirror(emulator, plan, plan.kills, dice, seconds)
        took = time.monotonic() - began
        print(words.splitlines()[-1])
        each = took / max(1, plan.contacts) * 1000
        print(f"everything in {took:.1f} s: {each:.2f} s for each thousand people outside", flush=True)
        wrong = differences(emulator.state())
        lose_events(emulator, dice, plan.lost)
        if not differences(emulator.state()):
            wrong.append("no event was lost")
        emulator.act("faults", api={"*": {"troubled": plan.troubled}})
        began = time.monotonic()
        words = mirror(emulator, plan, min(2, plan.kills), dice, seconds)
        print(words.splitlines()[-1])
        print(f"the next pull: {time.monotonic() - began:.1f} s", flush=True)
        return wrong + differences(emulator.state())
    finally:
        processes.stop()


def main() -> int:
    usual = Plan()
    parser = argparse.ArgumentParser(prog="python -m tests.load.directory", description=__doc__)
    for name in ("members", "departments", "contacts", "kills", "lost", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(usual, name))
    parser.add_argument("--troubled", type=float, default=usual.troubled)
    parser.add_argument("--db", choices=("pg", "sqlite"), default="pg")
    options = vars(parser.parse_args())
    folder = Path(tempfile.mkdtemp(prefix="crm-mirror-"))
    db = options.pop("db")
    plan = Plan(**options)
    print(f"{machine()}; {db}; {plan}", flush=True)
    try:
        with _store(db, folder) as url:
            wrong = run(plan, folder, url)
    finally:
        if not os.environ.get("KEEP"):
            shutil.rmtree(folder, ignore_errors=True)
    for words in wrong:
        print(f"BREACH {words}")
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:-1] == [_CHILD]:
        pull(sys.argv[-1])
    else:
        sys.exit(main())
