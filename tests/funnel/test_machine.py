"""Random work on a customer's deals through every entrance, step by step beside the model: RUNS=2000 for all of it."""

import os
import secrets
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from crm import uow
from crm.usecases.attachments import add_attachment
from crm.usecases.policy import change
from gateways.files import FileStore
from jobs import sweeps
from models.approvals import Approval, ApprovalSigner, ApprovalStep
from models.customers import Customer
from models.deals import Deal as DealRow
from models.deals import Evidence, Pipeline, Stage, StagePeriod
from models.people import Person
from tests.access.world import undone
from tests.funnel.desk import Desk
from tests.funnel.model import (
    ADMIN,
    DIRECTOR,
    ENDS,
    LADDERS,
    LEAD,
    NEEDS,
    OTHER,
    OWNER,
    STANDARD,
    Deal,
    Model,
    ladder_of,
)
from tests.support.company import NOW, actor, rows

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]
RUNS, STEPS, FILES = int(os.environ.get("RUNS", "12")), 50, 120
NAMES = ("一期循环泵", "二期循环泵", "三期循环泵")
AMOUNTS = (40_000, 200_000, 300_000, 400_000, 800_000)
SENT = {"": {}, "reason": {"reason": "客户临时换了负责人"}, "end": {"ended_for": "price", "competitor": "格兰富"}}
SENT["both"] = {**SENT["reason"], **SENT["end"]}
KEYS = (*LADDERS[STANDARD], *ENDS)
LABELS = dict(zip(KEYS, ("需求确认", "方案提交", "价格谈判", "合同审批", "赢单", "输单", "搁置"), strict=True))
MOVERS = (OWNER, LEAD, DIRECTOR, ADMIN)


@pytest.fixture
def stocked(desk: Desk, tmp_path: Path) -> Desk:
    """With files, each unlike the others: a run needs fewer."""
    with uow.transaction() as s:
        change(s, None, "attachments_per_customer", "1000", NOW, entrance="shell")
        change(s, None, "attachments_per_day", "1000", NOW, entrance="shell")
    store = FileStore(tmp_path / "files")
    desk.files += [_file(store, desk.customer, number) for number in range(FILES)]
    return desk


def _file(store: FileStore, customer_id: int, number: int) -> str:
    words = f"第 {number} 份 ".encode() + secrets.token_hex(400).encode()
    taken = store.accept(BytesIO(words))
    with uow.transaction() as s:
        return add_attachment(s, actor(OWNER), customer_id, taken, f"{number}.txt", NOW, entrance="miniapp").public_id


class Funnel(RuleBasedStateMachine):
    """`desk` is set by the test; its store forgets each run."""

    desk: Desk

    def __init__(self) -> None:
        super().__init__()
        self.back = ExitStack()
        self.back.enter_context(undone(self.desk.engine))
        self.model = Model({})
        self.ids: dict[str, str] = {}
        self.proofs: dict[int, str] = {}  # the model's number of a proof -> its public id

    def teardown(self) -> None:
        self.back.close()

    @initialize(
        amounts=st.tuples(*[st.sampled_from(AMOUNTS)] * 3),
        entrances=st.tuples(*[st.sampled_from(("chat", "api", "console"))] * 3),
    )
    def open_them(self, amounts: tuple[int, int, int], entrances: tuple[str, str, str]) -> None:
        """The way in by a sheet, which is as little a way past the first rung, has its own test."""
        (customer,) = rows(Customer)
        for name, amount, entrance in zip(NAMES, amounts, entrances, strict=True):
            sent = {"name": name, "amount": str(amount)}
            if entrance == "chat":
                assert f"已新建商机「{name}」" in self.desk.wecom.say(OWNER, f"/商机 {customer.name} {name} {amount}")
            elif entrance == "api":
                assert self.desk.api(OWNER, f"/customers/{customer.public_id}/deals", sent).status_code == 201
            else:
                assert self.desk.console(OWNER, f"/customers/{customer.public_id}/deals", sent) == 303
            self.ids[name] = rows(DealRow)[-1].public_id
            self.model.deals[name] = Deal(amount, ladder=ladder_of(amount), open_at=("requirement", ladder_of(amount)))

    @rule(
        name=st.sampled_from(NAMES),
        who=st.sampled_from(MOVERS),
        to=st.sampled_from(KEYS),
        words=st.sampled_from(tuple(SENT)),
        force=st.booleans(),
        entrance=st.sampled_from(("api", "console", "chat")),
    )
    def move(self, name: str, who: str, to: str, words: str, force: bool, entrance: str) -> None:
        if entrance == "chat":  # has no words for letting through, and an end has no reason beside what decided it
            force, words = False, {"both": "end"}.get(words, words)
            if (words == "end") != (to in ("won", "lost")):
                words = ""
        expected = self.model.move(name, who, to, words, force=force)
        sent = SENT[words] | {"to": to}
        if entrance == "api":
            answer = self.desk.api(who, f"/deals/{self.ids[name]}/move", sent | ({"force": True} if force else {}))
            said = answer.get_json()
            done = "refused" if answer.status_code != 200 else "asked" if said["approval_id"] else "moved"
            assert answer.status_code < 500, said
            assert done == expected, said
        elif entrance == "console":
            status = self.desk.console(who, f"/deals/{self.ids[name]}/move", sent | ({"force": "1"} if force else {}))
            assert (status == 303) == (expected != "refused"), status
        else:
            typed = {"": "", "reason": " 客户临时换了负责人", "end": " 价格 格兰富"}[words]
            said = self.desk.wecom.say(who, f"/推进 {name} {LABELS[to]}{typed}")
            assert ("已提交审批" in said, "」从「" in said) == (expected == "asked", expected == "moved"), said

    @rule(name=st.sampled_from(NAMES), who=st.sampled_from(MOVERS), on=st.sampled_from(("api", "console")))
    def go_on(self, name: str, who: str, on: str) -> None:
        """Give what the next stage asks for, and go there: so that runs get somewhere."""
        deal = self.model.deals[name]
        if deal.stage in ENDS:
            return
        ladder, reached = self.model.course(deal)
        to = self.model.opens(ladder, reached, "won")[0]
        held = {(stage, kind) for stage, kind, _ in deal.proofs.values()}
        for kind in sorted(NEEDS.get((ladder, to), ())):
            if (to, kind) not in held:
                self.prove(name, to, kind, "api")
        if to != "won":
            self.move(name, who, to, "", False, on)

    @rule(
        name=st.sampled_from(NAMES),
        stage=st.sampled_from(KEYS),
        kind=st.sampled_from(sorted({kind for kinds in NEEDS.values() for kind in kinds})),
        entrance=st.sampled_from(("api", "console")),
    )
    def prove(self, name: str, stage: str, kind: str, entrance: str) -> None:
        number = len(self.proofs)
        expected = self.model.prove(name, stage, kind, number)
        file = self.desk.files[number % len(self.desk.files)]
        if entrance == "api":
            asked = {"stage": stage, "kind": kind, "attachment_id": file}
            answer = self.desk.api(OWNER, f"/deals/{self.ids[name]}/evidence", asked)
            assert (answer.status_code == 201) == (expected == "proved"), answer.get_json()
        else:
            form = {"stage": stage, "kind": kind, "file_id": file}
            status = self.desk.console(OWNER, f"/deals/{self.ids[name]}/evidence", form)
            assert (status == 303) == (expected == "proved"), status
        newest = rows(Evidence)
        self.proofs[number] = newest[-1].public_id if expected == "proved" else ""

    @precondition(lambda self: any(self.proofs.values()))
    @rule(pick=st.integers(0, 999), entrance=st.sampled_from(("api", "console")))
    def unprove(self, pick: int, entrance: str) -> None:
        number, public = sorted((n, p) for n, p in self.proofs.items() if p)[
            pick % sum(map(bool, self.proofs.values()))
        ]
        expected = "refused"
        for name in NAMES:
            if number in self.model.deals[name].proofs:
                expected = self.model.unprove(name, number)
        if entrance == "api":
            done = self.desk.api(OWNER, f"/evidence/{public}", method="DELETE").status_code == 204
        else:
            done = self.desk.console(OWNER, f"/evidence/{public}/remove", {}) == 303
        assert done == (expected == "removed")

    @rule(name=st.sampled_from(NAMES), amount=st.sampled_from(AMOUNTS))
    def change_amount(self, name: str, amount: int) -> None:
        expected = self.model.change_amount(name, amount)
        status = self.desk.console(OWNER, f"/customers/deals/{self.ids[name]}/edit", {"amount": str(amount)})
        assert (status == 303) == (expected == "changed"), status

    @precondition(lambda self: any(deal.waiting for deal in self.model.deals.values()))
    @rule(
        pick=st.integers(0, 2),
        who=st.sampled_from((None, None, None, OWNER, LEAD, DIRECTOR, ADMIN, OTHER)),
        yes=st.sampled_from((True, True, False)),
        entrance=st.sampled_from(("card", "api", "console", "chat")),
    )
    def decide(self, pick: int, who: str | None, yes: bool, entrance: str) -> None:
        """`who` None: whoever is asked."""
        waiting = [name for name in NAMES if self.model.deals[name].waiting]
        name = waiting[pick % len(waiting)]
        asked = self.model.deals[name].waiting
        assert asked is not None
        signer = who or asked.signer
        approval = self._waiting_id(name)
        expected = self.model.approve(name, signer) if yes else self.model.decline(name, signer)
        done = self._decided(signer, name, approval, yes, entrance)
        assert done is (expected != "refused"), (name, signer, expected)

    def _decided(self, signer: str, name: str, approval: str, yes: bool, entrance: str) -> bool:
        desk = self.desk
        if entrance == "card":
            held = [one for one in desk.wecom.waiting(signer) if one.title.endswith(f"：{name}") and "同意" in one.taps]
            if not held:
                entrance = "api"
            else:
                before = self._signatures()
                desk.wecom.press(signer, held[-1], "同意" if yes else "驳回")
                if not yes and self._reason_card(signer, name):
                    desk.wecom.press(signer, desk.wecom.card(signer), "价格太低")
                return self._signatures() != before
        if entrance == "api":
            body = {"verdict": "approve"} if yes else {"verdict": "reject", "why": "price"}
            answer = desk.api(signer, f"/approvals/{approval}/decide", body)
            assert answer.status_code < 500
            return bool(answer.status_code == 200)
        if entrance == "console":
            act = ("approve", {}) if yes else ("reject", {"why": "price"})
            return desk.console(signer, f"/approvals/{approval}/{act[0]}", act[1]) == 303
        said = desk.wecom.say(signer, f"/审批 {name} {'同意' if yes else '驳回 价格太低'}")
        return "已同意" in said or "已驳回" in said or "作废了" in said

    def _reason_card(self, signer: str, name: str) -> bool:
        titles = [one.title for one in self.desk.wecom.waiting(signer) if one.notice["buttons"]]
        return bool(titles) and f"驳回「{name}」" in titles[-1]

    def _signatures(self) -> list[tuple[str, str]]:
        return [(row.public_id, row.state) for row in rows(Approval)]

    def _waiting_id(self, name: str) -> str:
        with uow.reading() as s:
            found = select(Approval.public_id).join(DealRow, DealRow.id == Approval.deal_id)
            return s.scalars(found.where(DealRow.public_id == self.ids[name], Approval.state == "waiting")).one()

    @precondition(lambda self: any(deal.waiting for deal in self.model.deals.values()))
    @rule(pick=st.integers(0, 2), who=st.sampled_from((None, *MOVERS)), entrance=st.sampled_from(("api", "console")))
    def withdraw(self, pick: int, who: str | None, entrance: str) -> None:
        waiting = [name for name in NAMES if self.model.deals[name].waiting]
        name = waiting[pick % len(waiting)]
        asked = self.model.deals[name].waiting
        assert asked is not None
        approval, actor_ = self._waiting_id(name), who or asked.asker
        expected = self.model.withdraw(name, actor_)
        if entrance == "api":
            done = self.desk.api(actor_, f"/approvals/{approval}/withdraw").status_code == 200
        else:
            done = self.desk.console(actor_, f"/approvals/{approval}/withdraw", {}) == 303
        assert done is (expected == "withdrawn")

    @precondition(lambda self: self.model.away or any(deal.waiting for deal in self.model.deals.values()))
    @rule()
    def the_director_leaves_or_comes_back(self) -> None:
        if self.model.away:
            self.desk.wecom.say(DIRECTOR, "/请假 结束")
            self.model.away = False
        else:
            self.desk.wecom.say(DIRECTOR, "/请假 11-23 11-30 吴主管")
            self.model.leave()

    @precondition(lambda self: any(deal.waiting for deal in self.model.deals.values()))
    @rule(round_=st.sampled_from(("approvals", "stale-deals", "milestones")))
    def a_round_goes(self, round_: str) -> None:
        """It reminds and passes on; nothing moves by it, and nobody else is asked than already is."""
        list(sweeps.run(round_, NOW))

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        deals = {self.ids[name]: deal for name, deal in self.model.deals.items()}
        with uow.reading() as s:
            found = (
                select(DealRow.public_id, DealRow.id, Stage.key, Pipeline.name, DealRow.amount, DealRow.stage_id)
                .join(Stage, Stage.id == DealRow.stage_id)
                .join(Pipeline, Pipeline.id == Stage.pipeline_id)
            )
            stood = {row.public_id: row for row in s.execute(found)}
            asked = (
                select(Approval.deal_id, Person.userid)
                .join(ApprovalStep, ApprovalStep.approval_id == Approval.id)
                .join(ApprovalSigner, ApprovalSigner.step_id == ApprovalStep.id)
                .join(Person, Person.id == ApprovalSigner.person_id)
                .where(Approval.state == "waiting", ApprovalSigner.state == "asked")
            )
            asks = s.execute(asked).all()
            signed = set(
                s.execute(select(Approval.deal_id, Approval.fingerprint).where(Approval.state == "approved")).all()
            )
            stays = s.execute(select(StagePeriod.deal_id, StagePeriod.stage_id, StagePeriod.ended_at)).all()
            held = s.execute(
                select(
                    Evidence.deal_id, Evidence.public_id, Evidence.stage_key, Evidence.kind, Evidence.sealed_at
                ).where(Evidence.removed_at.is_(None))
            ).all()
        assert stood.keys() == deals.keys()
        for public_id, deal in deals.items():
            row = stood[public_id]
            assert (row.key, row.name, int(row.amount)) == (deal.stage, deal.ladder, deal.amount), public_id
            its = [stay for stay in stays if stay.deal_id == row.id]
            assert [stay.stage_id for stay in its if stay.ended_at is None] == [row.stage_id]
            assert len(its) == deal.moves + 1
            proofs = {
                one.public_id: (one.stage_key, str(one.kind), one.sealed_at is not None)
                for one in held
                if one.deal_id == row.id
            }
            assert proofs == {self.proofs[n]: proof for n, proof in deal.proofs.items() if n in self.proofs}
            signers = [who for deal_id, who in asks if deal_id == row.id]
            assert signers == ([deal.waiting.signer] if deal.waiting else []), public_id
            assert len([deal_id for deal_id, _ in signed if deal_id == row.id]) == len(deal.signed)


def test_no_move_around_the_gate_and_none_around_a_signature(stocked: Desk) -> None:
    machine = type("OverThisStore", (Funnel,), {"desk": stocked})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,),
            derandomize="RUNS" not in os.environ,
        ),
    )
