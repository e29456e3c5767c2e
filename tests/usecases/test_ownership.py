"""Any order of moves keeps the ledger of ownership true: tried against a small model, on both databases."""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from config.vocabulary import HolderKind
from crm import uow
from crm.access import get_customer
from crm.errors import Conflict, CrmError, NotFound
from crm.usecases import pool
from crm.usecases.followups import write_follow_up
from tests.support.company import IDS, NOW, ONE, TWO, actor, customer
from tests.support.postgres import Server
from tests.usecases.ledger import POLICY, Holding, assign, check, clock_of, periods, release

REPS = ("zhang", "sun", "qian")


class Ownership(RuleBasedStateMachine):
    """Any order of creating, releasing, assigning, returning, giving back, undoing and writing, against a model."""

    customers: Bundle[int] = Bundle("customers")

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.holding: dict[int, Holding] = {}
        self.clock: dict[int, datetime] = {}
        self.history: dict[int, list[tuple[Holding, datetime]]] = {}
        self.undoable: dict[int, tuple[str, int]] = {}

    @initialize()
    def fresh(self) -> None:
        renew()

    def _moved(self, customer_id: int, to: Holding, by: str, period_id: int | None) -> None:
        self.history[customer_id].append((self.holding[customer_id], self.clock[customer_id]))
        self.holding[customer_id], self.clock[customer_id] = to, self.now
        self.undoable.pop(customer_id, None)
        if period_id is not None:
            self.undoable[customer_id] = (by, period_id)

    def _step(self) -> None:
        self.now += timedelta(hours=5)

    @rule(target=customers, owner=st.sampled_from(REPS))
    def create(self, owner: str) -> int:
        self._step()
        made = customer(owner, f"第{len(self.holding)}号工厂", self.now)
        self.holding[made], self.clock[made], self.history[made] = (HolderKind.PERSON, IDS[owner]), self.now, []
        return made

    @rule(which=customers)
    def recycle(self, which: int) -> None:
        self._step()
        kind, holder = self.holding[which]
        assert release(which, self.now) == (kind == HolderKind.PERSON)
        if kind == HolderKind.PERSON:
            self._moved(which, (HolderKind.QUEUE, TWO if holder == IDS["qian"] else ONE), "", None)

    @rule(which=customers, by=st.sampled_from(["li", "wu", "zhou", "sun"]), to=st.sampled_from(REPS))
    def give(self, which: int, by: str, to: str) -> None:
        self._step()
        kind, team = self.holding[which]
        leads = {"li": {ONE}, "wu": {TWO}, "zhou": {ONE, TWO}, "sun": set()}[by]
        home = TWO if to == "qian" else ONE
        may = kind == HolderKind.QUEUE and team in leads and home in leads
        try:
            done = assign(actor(by), which, to, self.now)
        except CrmError:
            assert not may
        else:
            assert may
            self._moved(which, (HolderKind.PERSON, IDS[to]), by, done.period_id)

    @rule(which=customers, by=st.sampled_from(REPS))
    def hand_in(self, which: int, by: str) -> None:
        self._step()
        may = self.holding[which] == (HolderKind.PERSON, IDS[by])
        try:
            done = uow.attempt(lambda s: pool.give_back(s, actor(by), which, self.now, POLICY, entrance="card"))
        except CrmError:
            assert not may
        else:
            assert may
            self._moved(which, (HolderKind.QUEUE, TWO if by == "qian" else ONE), by, done.period_id)

    @rule(which=customers)
    def undo(self, which: int) -> None:
        self._step()
        if which not in self.undoable:
            return
        by, period = self.undoable.pop(which)
        touched = self.clock[which] != periods(which)[-1].started_at
        try:
            uow.attempt(lambda s: pool.take_back(s, actor(by), which, period, self.now, entrance="card"))
        except Conflict:
            assert touched
        else:
            assert not touched
            self.holding[which], self.clock[which] = self.history[which].pop()

    @rule(which=customers, by=st.sampled_from(REPS))
    def write(self, which: int, by: str) -> None:
        self._step()
        mine = self.holding[which] == (HolderKind.PERSON, IDS[by])
        words = f"{self.now:%m月%d日%H点%M分}去现场看了泵房"
        try:
            done = uow.attempt(lambda s: write_follow_up(s, actor(by), which, words, self.now, entrance="chat"))
        except NotFound:
            assert not mine
        else:
            assert mine
            if done.counts:
                self.clock[which] = self.now

    @invariant()
    def ledger_and_model_agree(self) -> None:
        for which, holding in self.holding.items():
            check(which, holding)
            assert clock_of(which) == self.clock[which]
            for name in REPS:
                with uow.reading() as s:
                    try:
                        get_customer(s, actor(name), which)
                        seen = True
                    except NotFound:
                        seen = False
                assert seen == (holding == (HolderKind.PERSON, IDS[name]))


def renew() -> None:
    """Each database's own way to start over: the tests below put it in this place."""


def run_machine(monkeypatch: pytest.MonkeyPatch, start_over: Callable[[], None], examples: int) -> None:
    monkeypatch.setitem(globals(), "renew", start_over)
    run_state_machine_as_test(
        Ownership,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
def test_any_order_of_moves_keeps_the_ledger_true_on_sqlite(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start_over() -> None:
        uow.dispose()
        for old in tmp_path.glob("machine.db*"):
            old.unlink()
        shutil.copy(sqlite_template, tmp_path / "machine.db")
        uow.connect(f"sqlite:///{tmp_path}/machine.db")

    run_machine(monkeypatch, start_over, 8)
    uow.dispose()


@pytest.mark.slow
def test_any_order_of_moves_keeps_the_ledger_true_on_postgresql(
    postgres_server: Server, company_template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def start_over() -> None:
        uow.dispose()
        if made:
            postgres_server.drop_database(made.pop())
        made.append(postgres_server.create_database(company_template))
        uow.connect(made[0])

    run_machine(monkeypatch, start_over, 3)
    uow.dispose()
