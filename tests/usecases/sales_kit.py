"""Deals with a past of their own, put there as rows: no gate is asked when they are moved."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from crm import uow
from models.deals import Deal, Pipeline, Stage, StagePeriod
from tests.support.company import IDS

LARGE, SMALL = "标准流程", "小单流程"
RUNGS = ("requirement", "proposal", "negotiation", "contract_review")


@dataclass(frozen=True)
class Told:
    """`moves` are (stage key, moment), in order; the first is the opening."""

    moves: Sequence[tuple[str, datetime]]
    owner: str = "Zhang"
    amount: Decimal = Decimal(100_000)
    name: str = "循环泵"
    ended_for: str = ""
    competitor: str = ""
    pipeline: str = LARGE
    snoozed_until: datetime | None = None
    stands: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stands", self.moves[-1][0])


def stages(pipeline: str = LARGE) -> dict[str, int]:
    with uow.reading() as s:
        mine = select(Stage.key, Stage.id).join(Pipeline, Pipeline.id == Stage.pipeline_id)
        return dict(s.execute(mine.where(Pipeline.name == pipeline)).all())


def tell(customer_id: int, told: Sequence[Told]) -> list[int]:
    """The ids of deals of this customer that came about as told."""
    ids, made = {name: stages(name) for name in (LARGE, SMALL)}, []
    with uow.transaction() as s:
        for one in told:
            deal = Deal(
                customer_id=customer_id, owner_id=IDS[one.owner.casefold()], name=one.name, amount=one.amount,
                stage_id=ids[one.pipeline][one.stands], stage_since=one.moves[-1][1], created_at=one.moves[0][1],
                ended_for=one.ended_for, competitor=one.competitor, snoozed_until=one.snoozed_until,
            )  # fmt: skip
            s.add(deal)
            s.flush()
            ends = [*(moment for _, moment in one.moves[1:]), None]
            for (key, began), ended in zip(one.moves, ends, strict=True):
                stage_id = ids[one.pipeline][key]
                s.add(StagePeriod(deal_id=deal.id, stage_id=stage_id, started_at=began, ended_at=ended))
            made.append(deal.id)
    return made
