"""Ladders in versions: what can be published, what deals that stand there do, and the way back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from config.funnel import LadderPlan, StagePlan
from config.vocabulary import EvidenceKind, StageKind
from crm import policy as numbers
from crm import uow
from crm.errors import Conflict, Invalid, NotAllowed
from crm.ladders import Course, course_of, current_ladders
from crm.reads import pipelines as reads
from crm.reads.compared import compared
from crm.reads.rungs import ladders_called
from crm.rules.funnel import Said, Way
from crm.stalls import stuck_deal
from crm.usecases import deals, pipelines
from crm.usecases.deals import GateClosed, Moved
from models.audit import AuditEntry
from models.deals import Deal, Pipeline, Stage
from tests.support.company import DAY, NOW, actor, at_once, customer, deal_at, rows

STANDARD, SMALL = "标准流程", "小单流程"
BIG = Decimal(200_000)
WHY = Said("客户临时换了负责人")


def newest(name: str = STANDARD) -> tuple[int, LadderPlan]:
    with uow.reading() as s:
        (found,) = (one for one in current_ladders(s) if one.name == name)
        return found.id, pipelines.plan_of(found)


def publish(plan: LadderPlan, base: int | None, who: str = "wang") -> pipelines.Published:
    go = partial(pipelines.publish_pipeline, actor=actor(who), plan=plan, base_id=base, now=NOW, entrance="console")
    return uow.attempt(lambda s: go(s))


def without(plan: LadderPlan, *keys: str) -> LadderPlan:
    return replace(plan, stages=tuple(one for one in plan.stages if one.key not in keys))


def course(deal: str) -> Course:
    with uow.reading() as s:
        return course_of(s, s.scalars(select(Deal).where(Deal.public_id == deal)).one())


def move(deal: str, to: str, said: Said = WHY, *, force: bool = True) -> Moved:
    go = partial(deals.move_deal, actor=actor("li"), deal_id=deal, to_key=to, said=said, now=NOW + DAY, force=force)
    return uow.attempt(lambda s: go(s, entrance="console"))


def stands(deal: str) -> tuple[str, int]:
    with uow.reading() as s:
        found = select(Stage.key, Pipeline.version).join(Deal, Deal.stage_id == Stage.id)
        key, version = s.execute(
            found.join(Pipeline, Pipeline.id == Stage.pipeline_id).where(Deal.public_id == deal)
        ).one()
        return key, version


def test_a_new_version_is_published_and_a_deal_goes_by_it_from_its_next_move_on(company: Engine) -> None:
    home = customer("Zhang", "甲机电")
    deal = deal_at(actor("Zhang"), home, "二期", BIG, "proposal").public_id
    base, plan = newest()
    stages = list(plan.stages)
    stages[1] = replace(stages[1], label="技术方案", days=5, probability=40)
    stages.insert(2, StagePlan("", "商务标", StageKind.OPEN, (EvidenceKind.QUOTATION,), None, 45))
    made = publish(replace(plan, stages=tuple(stages)), base)
    assert (made.name, made.version) == (STANDARD, 2)
    assert made.changes == (
        "新增「商务标」",
        "「方案提交」改名「技术方案」",
        "「技术方案」期限：按规则数字 改为 5 个工作日",
        "「技术方案」赢单概率：30% 改为 40%",
    )
    assert stands(deal) == ("proposal", 1)
    key = newest()[1].stages[2].key
    with pytest.raises(GateClosed) as closed:
        move(deal, "negotiation", force=False)
    assert [(one.stage, one.kind) for one in closed.value.missing] == [
        (key, EvidenceKind.QUOTATION),
        ("negotiation", EvidenceKind.TECHNICAL_DRAFT),
        ("negotiation", EvidenceKind.QUOTATION),
    ]
    move(deal, key)
    assert stands(deal) == (key, 2)
    fresh = deal_at(actor("Zhang"), home, "三期", BIG, "proposal").public_id
    assert stands(fresh) == ("proposal", 2)
    entry = rows(AuditEntry, AuditEntry.verb == "publish_pipeline")[-1]
    assert (entry.subject, entry.detail["version"]) == (f"pipeline:{STANDARD}", 2)
    assert entry.detail["changed"] == list(made.changes)


def test_a_deal_on_a_rung_that_is_taken_out_goes_on_from_the_one_below(company: Engine) -> None:
    home = customer("Zhang", "甲机电")
    deal = deal_at(actor("Zhang"), home, "二期", BIG, "negotiation").public_id
    base, plan = newest()
    publish(without(plan, "negotiation"), base)
    here = course(deal)
    assert (here.here.label, here.stood.key, here.ladder.version) == ("价格谈判", "proposal", 2)
    assert [rung.label for rung in here.rungs][:4] == ["需求确认", "方案提交", "价格谈判", "合同审批"]
    with pytest.raises(GateClosed) as closed:
        move(deal, "contract_review", force=False)
    assert [one.kind for one in closed.value.missing] == [EvidenceKind.CONTRACT_DRAFT]  # not of the rung that is gone
    with pytest.raises(Invalid, match="没有这个阶段"):
        move(deal, "negotiation")
    assert move(deal, "contract_review").way is Way.FORWARD
    assert stands(deal) == ("contract_review", 2)


def test_a_deal_on_a_rung_that_is_gone_is_still_compared_with_the_won_ones(company: Engine) -> None:
    home = customer("Zhang", "甲机电")
    big = deal_at(actor("Zhang"), home, "二期", BIG, "proposal").public_id
    small = deal_at(actor("Zhang"), home, "备件", Decimal(20_000), "negotiation").public_id
    base, plan = newest()
    publish(without(plan, "proposal"), base)
    uow.attempt(lambda s: pipelines.retire_pipeline(s, actor("wang"), newest(SMALL)[0], NOW, entrance="console"))
    base, plan = newest()
    publish(without(plan, "negotiation"), base)  # the ladder it would go by now has no such rung either
    with uow.reading() as s:
        columns = [one.key for one in ladders_called(s, STANDARD).columns]
        found = [compared(s, actor("Zhang"), one, NOW) for one in (big, small)]
    assert columns == ["requirement", "proposal", "negotiation", "contract_review"]  # each where it used to stand
    assert [(one.pipeline, one.stage, one.limit) for one in found if one is not None] == [
        (STANDARD, "方案提交", 7),
        (SMALL, "价格谈判", 15),
    ]


def test_of_the_first_rung_too_and_of_a_deal_that_has_ended(company: Engine) -> None:
    home = customer("Zhang", "甲机电")
    first = uow.attempt(lambda s: deals.open_deal(s, actor("Zhang"), home, "一期", BIG, NOW, entrance="chat")).public_id
    ended = deal_at(actor("Zhang"), home, "二期", BIG, "negotiation").public_id
    move(ended, "shelved")
    base, plan = newest()
    kept = without(plan, "requirement", "negotiation")
    opener = replace(kept.stages[0], needs=())
    publish(replace(kept, stages=(opener, *kept.stages[1:])), base)
    assert move(first, "proposal", Said(), force=False).way is Way.FORWARD
    assert course(ended).stood.key == "proposal"
    assert move(ended, "proposal", force=False).way is Way.REOPEN
    assert {stands(first), stands(ended)} == {("proposal", 2)}


def test_an_earlier_version_is_published_again_and_keeps_its_keys(company: Engine) -> None:
    deal = deal_at(actor("Zhang"), customer("Zhang", "甲机电"), "二期", BIG, "negotiation").public_id
    base, plan = newest()
    publish(without(plan, "negotiation"), base)
    again = uow.attempt(lambda s: pipelines.publish_again(s, actor("wang"), base, NOW + DAY, entrance="console"))
    assert (again.version, again.changes) == (3, ("新增「价格谈判」",))
    assert newest()[1] == plan
    assert course(deal).here.key == "negotiation"
    with uow.reading() as s:
        found = [one for one in reads.versions(s, actor("wang")) if one.name == STANDARD]
    told = [(one.version, one.who, one.is_newest) for one in found]
    assert told == [(3, "王管理", True), (2, "王管理", False), (1, "", False)]


def bad(name: str) -> LadderPlan:
    _, plan = newest()
    stages = list(plan.stages)
    match name:
        case "nothing open":
            return replace(plan, stages=tuple(one for one in stages if one.kind is not StageKind.OPEN))
        case "no win":
            return without(plan, "won")
        case "two wins":
            return replace(plan, stages=(*stages, StagePlan("", "再赢", StageKind.WON)))
        case "no label":
            stages[0] = replace(stages[0], label="  ")
        case "twice a label":
            stages[1] = replace(stages[1], label=stages[0].label)
        case "twice a stage":
            stages.insert(1, replace(stages[1], label="再来一次"))
        case "first asks":
            stages[0] = replace(stages[0], needs=(EvidenceKind.MINUTES,))
        case "days":
            stages[0] = replace(stages[0], days=0)
        case "probability":
            stages[0] = replace(stages[0], probability=101)
        case "an end that runs":
            stages[0] = replace(stages[0], kind=StageKind.LOST)
        case "a bound":
            return replace(plan, below=Decimal(10))
    return replace(plan, stages=tuple(stages))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("nothing open", "至少要有一个进行中的阶段"),
        ("no win", "「赢单」要有一个"),
        ("two wins", "「赢单」要有一个"),
        ("no label", "阶段名称要写"),
        ("twice a label", "有两个阶段都叫「需求确认」"),
        ("twice a stage", "同一个阶段出现了两次"),
        ("first asks", "不能要凭证"),
        ("days", "期限要在 1 到 180"),
        ("probability", "赢单概率要在 0 到 100"),
        ("an end that runs", "不能互换"),
        ("a bound", "要有一个流程接住其余金额"),
    ],
)
def test_what_cannot_stand_is_refused_with_its_field(company: Engine, what: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        publish(bad(what), newest()[0])
    assert refused.value.fields
    assert len(rows(Pipeline)) == 2


def test_amounts_have_one_ladder_each(company: Engine) -> None:
    _, plan = newest(SMALL)
    blank = tuple(replace(one, key="") for one in plan.stages)
    refusals = {Decimal(50_000): "金额不能一样", None: "其余金额已经走「标准流程」", Decimal(0): "大于 0"}
    for below, said in refusals.items():
        with pytest.raises(Invalid, match=said):
            publish(LadderPlan("备件流程", below, blank), None)
    with pytest.raises(Invalid, match="同名"):
        publish(LadderPlan(SMALL, Decimal(10_000), blank), None)
    made = publish(LadderPlan("备件流程", Decimal(10_000), blank), None)
    assert (made.version, made.changes) == (1, ())
    place = customer("Zhang", "甲机电")
    for amount, name in ((9_999, "备件流程"), (10_000, SMALL), (50_000, STANDARD)):
        deal = uow.attempt(
            partial(deals.open_deal, actor=actor("Zhang"), customer_id=place, name=f"{amount}", amount=Decimal(amount),
                    now=NOW, entrance="chat")
        )  # fmt: skip
        assert course(deal.public_id).ladder.name == name


def test_a_retired_ladder_is_taken_by_no_deal_and_can_come_back(company: Engine) -> None:
    place = customer("Zhang", "甲机电")
    small = uow.attempt(
        lambda s: deals.open_deal(s, actor("Zhang"), place, "备件", Decimal(40_000), NOW, entrance="chat")
    ).public_id
    turn = partial(pipelines.retire_pipeline, actor=actor("wang"), now=NOW, entrance="console")
    with pytest.raises(Conflict, match="不能停用"):
        uow.attempt(lambda s: turn(s, pipeline_id=newest()[0]))
    base, _ = newest(SMALL)
    uow.attempt(lambda s: turn(s, pipeline_id=base))
    assert course(small).ladder.name == STANDARD
    with pytest.raises(GateClosed, match="会议纪要"):
        move(small, "proposal", force=False)
    back = partial(pipelines.restore_pipeline, actor=actor("wang"), pipeline_id=base, now=NOW, entrance="console")
    assert uow.attempt(lambda s: back(s)) == SMALL
    assert course(small).ladder.name == SMALL
    with pytest.raises(Conflict, match="不用恢复"):
        uow.attempt(lambda s: back(s))


def test_two_who_publish_at_once_make_one_version(company: Engine) -> None:
    base, plan = newest()
    plans = [replace(plan, stages=(replace(plan.stages[0], days=n), *plan.stages[1:])) for n in (3, 4)]
    results = at_once([partial(publish, one, base) for one in plans])
    assert sorted(type(one).__name__ for one in results) == ["Conflict", "Published"]
    assert [one.version for one in rows(Pipeline, Pipeline.name == STANDARD)] == [1, 2]


def test_two_new_ladders_at_once_do_not_share_a_bound(company: Engine) -> None:
    blank = tuple(replace(one, key="") for one in newest(SMALL)[1].stages)
    plans = [LadderPlan(name, Decimal(8_000), blank) for name in ("甲流程", "乙流程")]
    results = at_once([partial(publish, one, None) for one in plans])
    assert sorted(type(one).__name__ for one in results) == ["Invalid", "Published"]


def test_nothing_changed_is_not_published_and_nobody_else_publishes(company: Engine) -> None:
    base, plan = newest()
    with pytest.raises(Conflict, match="没有改动"):
        publish(plan, base)
    for who in ("Zhang", "li", "zhou"):
        with pytest.raises(NotAllowed):
            publish(without(plan, "negotiation"), base, who)
    assert len(rows(Pipeline)) == 2


def test_before_it_is_published_operations_see_whom_it_concerns(company: Engine) -> None:
    place = customer("Zhang", "甲机电")
    for number, stage in enumerate(("proposal", "negotiation", "negotiation")):
        deal_at(actor("Zhang"), place, f"第{number}期", BIG, stage)
    deal_at(actor("Zhang"), place, "备件", Decimal(60_000), "proposal")
    base, plan = newest()
    with uow.reading() as s:
        checked = pipelines.check(s, actor("wang"), without(plan, "negotiation"), base)
        effect = reads.effect(s, actor("wang"), checked.plan, reads.version(s, actor("wang"), base))
        assert (checked.version, checked.changes) == (2, ("去掉「价格谈判」",))
        assert (effect.left, effect.deals["proposal"]) == ({"价格谈判": 2}, 2)
        small, small_plan = newest(SMALL)
        wider = pipelines.check(s, actor("wang"), replace(small_plan, below=Decimal(80_000)), small)
        assert wider.changes == ("适用金额：¥5 万 以下 改为 ¥8 万 以下",)
        base_of_small = reads.version(s, actor("wang"), small)
        assert reads.effect(s, actor("wang"), wider.plan, base_of_small).rerouted == 1
    assert len(rows(Pipeline)) == 2


def test_the_days_of_a_stage_are_the_clock_of_its_deals(company: Engine) -> None:
    base, plan = newest()
    publish(replace(plan, stages=(replace(plan.stages[0], days=2), *plan.stages[1:])), base)
    place = customer("Zhang", "甲机电")
    deal = uow.attempt(lambda s: deals.open_deal(s, actor("Zhang"), place, "一期", BIG, NOW, entrance="chat"))
    with uow.reading() as s:
        now = NOW + timedelta(days=2)
        found = stuck_deal(s, deal.id, now, numbers.current(s), numbers.calendar(s))
    assert found is not None
    assert (found.stall.limit, found.stall.days) == (2, 2)
