"""Two phones of one rep bring a week's work in any order, again and again: the same state. RUNS=10000 for all of it.

One sequence is one order in which everything arrives: what waits for another's id is sent when that is known, some
answers are lost and asked for again, and what was answered long ago is sent once more. All of it arrives within a
minute, since how late something came is itself a fact that a verdict may rest on.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from config.files import FileKind
from config.vocabulary import Datum, FixSource
from crm import uow
from crm.access import Actor
from crm.usecases import calls, visit_plans, visits
from crm.usecases.idempotency import Stored, once
from crm.usecases.visit_uploads import keep_upload
from models.audit import AuditEntry
from models.customers import Customer
from models.timeline import TimelineEntry
from models.visits import PhoneCall, Visit, VisitPlan, VisitUpload
from tests.access.world import undone
from tests.support.company import DAY, MINUTE, NOW, actor, customer
from tests.support.files import Taken

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]
RUNS = int(os.environ.get("RUNS", "24"))
ORDERS = 8  # of the same work
REPORTS = ("看了泵房，旧泵汽蚀严重", "谈了二期的交货时间", "和采购对了付款条件", "试了样机，振动偏大", "好的", "")
NOTES = ("确认了口径和扬程", "约了周五去现场复测", "下月要看年度报价单")
HERE = {"甲机电": (31.230416, 121.473701), "乙泵业": (31.301777, 121.502949), "丙阀门": (31.198304, 121.436525)}


@dataclass
class Op:
    """`act` is given the ids known so far and gives its own; `needs` are the names it must know."""

    name: str
    act: Callable[[Session, Actor, dict[str, str]], str]
    needs: tuple[str, ...] = ()


@dataclass
class Work:
    ops: list[Op] = field(default_factory=list)


def some_work(rng: random.Random, ids: dict[str, int], public: dict[str, str]) -> Work:
    """A few days of two phones: each names, photographs, reports and takes back on its own."""
    work = Work()
    for phone in ("one", "two"):
        for number in range(rng.randint(1, 3)):
            _visit(rng, work, f"{phone}-{number}", phone, ids)
        if rng.random() < 0.6:
            _call(rng, work, f"{phone}-call", public)
    return work


def _visit(rng: random.Random, work: Work, name: str, phone: str, ids: dict[str, int]) -> None:
    where = rng.choice(list(HERE))
    photos = [f"{name}-p{number}" for number in range(rng.choice((0, 0, 1, 2)))]
    for photo in photos:
        _photo(rng, work, photo)
    plan = f"{name}-plan" if rng.random() < 0.5 else ""
    if plan:
        _plan(rng, work, plan, where)
    at = NOW - timedelta(days=rng.randint(0, 3), minutes=rng.randint(0, 400))
    north, east = HERE[where]
    # Near, at the very same digits as another visit, or somewhere else altogether.
    near, far = (rng.uniform(-0.001, 0.001), rng.uniform(-0.001, 0.001)), (rng.uniform(0.2, 0.6), 0.3)
    up, right = rng.choice((near, near, (0.000123, 0.000123), far))
    why = "手机没电" if rng.random() < 0.15 else ""
    report = rng.choice(REPORTS)
    later = bool(report) and rng.random() < 0.5
    latitude, longitude = (None, None) if why else (north + up, east + right)
    device = rng.choice((phone, phone, "third"))

    def act(s: Session, who: Actor, known: dict[str, str]) -> str:
        draft = visits.CheckInDraft(
            name, ids[where], latitude, longitude, Datum.GCJ02, 20.0, FixSource.MINIAPP, at, "",
            "" if later else report, fix_at=at, sent_at=NOW, device=device, why=why,
            photos=[known[one] for one in photos], plan_id=known[plan] if plan else "",
        )  # fmt: skip
        return visits.check_in(s, who, draft, NOW, entrance="miniapp").public_id

    work.ops.append(Op(name, act, (*photos, *([plan] if plan else []))))
    if later:

        def tell(s: Session, who: Actor, known: dict[str, str]) -> str:
            return visits.add_report(s, who, known[name], report, NOW, entrance="miniapp")

        work.ops.append(Op(f"{name}-report", tell, (name,)))
    elif rng.random() < 0.25:

        def take_back(s: Session, who: Actor, known: dict[str, str]) -> str:
            return visits.retract_check_in(s, who, known[name], NOW + MINUTE, entrance="miniapp")

        work.ops.append(Op(f"{name}-back", take_back, (name,)))


def _photo(rng: random.Random, work: Work, name: str) -> None:
    file = Taken(
        f"{rng.getrandbits(160):040x}", f"{rng.getrandbits(160):040x}", f"{rng.getrandbits(160):040x}",
        FileKind.JPEG, 1234, f"{rng.randint(1, 3):064x}", 400, 300, FileKind.JPEG, FileKind.JPEG,
        f"{rng.getrandbits(64):016x}", NOW - timedelta(hours=rng.choice((0, 5, 40))),
    )  # fmt: skip

    def act(s: Session, who: Actor, known: dict[str, str]) -> str:
        return keep_upload(s, who, name, file, NOW, entrance="miniapp").public_id

    work.ops.append(Op(name, act))


def _plan(rng: random.Random, work: Work, name: str, where: str) -> None:
    place, change = rng.randint(0, 3), rng.choice(("", "", "move", "drop"))

    def act(s: Session, who: Actor, known: dict[str, str]) -> str:
        there = s.scalars(select(Customer.public_id).where(Customer.name == where)).one()
        draft = visit_plans.PlanDraft(name, there, NOW.date(), place)
        return visit_plans.plan_visit(s, who, draft, NOW, entrance="miniapp").public_id

    def move(s: Session, who: Actor, known: dict[str, str]) -> str:
        visit_plans.replan_visit(s, who, known[name], NOW, entrance="miniapp", place=9, note="先去这家")
        return "moved"

    def drop(s: Session, who: Actor, known: dict[str, str]) -> str:
        visit_plans.drop_plan(s, who, known[name], NOW, entrance="miniapp")
        return "dropped"

    work.ops.append(Op(name, act))
    if change:
        work.ops.append(Op(f"{name}-{change}", move if change == "move" else drop, (name,)))


def _call(rng: random.Random, work: Work, name: str, public: dict[str, str]) -> None:
    where, at, reached = rng.choice(list(HERE)), NOW - timedelta(hours=rng.randint(0, 50)), rng.random() < 0.7
    note = rng.choice(NOTES) + name

    def act(s: Session, who: Actor, known: dict[str, str]) -> str:
        return calls.dial(s, who, name, public[where], "", at, NOW, entrance="miniapp").public_id

    def tell(s: Session, who: Actor, known: dict[str, str]) -> str:
        return calls.tell_call(s, who, known[name], reached, note, NOW, entrance="miniapp").public_id

    work.ops += [Op(name, act), Op(f"{name}-told", tell, (name,))]


def in_order(work: Work, who: Actor) -> None:
    known: dict[str, str] = {}
    for op in work.ops:
        known[op.name] = deliver(op, who, known, key=None)


def in_any_order(work: Work, who: Actor, rng: random.Random) -> None:
    """The queue is told what was answered; an answer that is lost leaves it where it was."""
    known: dict[str, str] = {}
    while len(known) < len(work.ops):
        ready = [op for op in work.ops if set(op.needs) <= known.keys()]
        waiting = [op for op in ready if op.name not in known]
        op = rng.choice(waiting if rng.random() < 0.7 else ready)
        answer = deliver(op, who, known, key=f"{op.name}-key" if rng.random() < 0.5 else None)
        if rng.random() < 0.8:
            assert known.setdefault(op.name, answer) == answer


def deliver(op: Op, who: Actor, known: dict[str, str], key: str | None) -> str:
    def effect(s: Session, who: Actor, _: object) -> Stored:
        return Stored(200, {"id": op.act(s, who, known)})

    return str(uow.attempt(lambda s: once(s, who, key, op.name, NOW, effect)).answer["id"])


def state() -> dict[str, Any]:
    """In a transaction like any other: what is undone afterwards has no look of its own."""
    with uow.transaction() as s:
        return _told(s)


def _told(s: Session) -> dict[str, Any]:
    """Everything that anybody can see, with the phones' own names in the place of ours."""
    names = {one.id: one.client_id for one in s.scalars(select(Visit))}
    entries = {one.id: one for one in s.scalars(select(TimelineEntry))}

    def entry(number: int | None) -> tuple[object, ...] | None:
        one = entries.get(number or 0)
        if one is None:
            return None
        stands = one.retracted_at is None  # what was taken back counts nothing, however it had been judged until then
        return one.text, one.at, one.counts and stands, stands

    return {
        "visits": sorted(
            (
                one.client_id, one.retracted_at is not None, one.report, one.distance_m, one.owner_then_id,
                entry(one.entry_id),
                *(() if one.retracted_at else (one.verdict, one.score, str(one.signals), one.effective)),
            )
            for one in s.scalars(select(Visit))
        ),
        "photos": sorted(
            (one.client_id, names.get(one.visit_id or 0, ""), one.place) for one in s.scalars(select(VisitUpload))
        ),
        "plans": sorted(
            (one.client_id, one.place, one.note, names.get(one.visit_id or 0, ""), one.dropped_at is not None)
            for one in s.scalars(select(VisitPlan))
        ),
        "calls": sorted(
            (one.client_id, str(one.reached), one.note, entry(one.entry_id)) for one in s.scalars(select(PhoneCall))
        ),
        "entries": Counter(entry(number) for number in entries),
        "clocks": sorted((one.id, one.silent_since, one.last_activity_at) for one in s.scalars(select(Customer))),
        "book": Counter((one.verb, one.subject) for one in s.scalars(select(AuditEntry))),
    }  # fmt: skip


def test_any_order_and_any_repetition_end_in_the_same_state(company: Engine) -> None:
    ids = {name: customer("Zhang", name, NOW - 30 * DAY) for name in HERE}
    with uow.transaction() as s:
        for name, number in ids.items():
            found = s.get_one(Customer, number)
            if name != "丙阀门":  # whose place nobody knows
                found.latitude, found.longitude = HERE[name]
        public = {one.name: one.public_id for one in s.scalars(select(Customer))}
    who, total, differing = actor("Zhang"), 0, Counter[str]()
    for run in range(-(-RUNS // ORDERS)):
        rng = random.Random(run)
        work = some_work(rng, ids, public)
        with undone(company):
            in_order(work, who)
            expected = state()
        differing.update(str(one[6]) for one in expected["visits"] if not one[1])
        for _ in range(ORDERS):
            with undone(company):
                in_any_order(work, who, rng)
                got = state()
            assert got == expected, f"work {run}"
            total += 1
    assert total >= RUNS
    assert len(differing) > 1 or RUNS < 24  # verdicts of more than one kind were at stake
