"""赢输原因: what decided the deals that ended in a period, against whom, how many, and what they came to."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.vocabulary import EndReason, StageKind, label
from crm.access import Actor, eyes
from crm.errors import Invalid
from crm.reads.customers import Page
from crm.reads.deal_scope import Scope, Whose, in_scope
from crm.reads.deals import deal_sight
from crm.reads.paging import cut
from crm.reads.rungs import ladders_called
from crm.rules.sales_path import Share
from models.customers import Customer
from models.deals import Deal, Stage
from models.people import Person

NOBODY = "无"  # what is written where there was no competitor
RIVALS = 30  # competitors told at most, those met most often first
_PAGE = 50


@dataclass(frozen=True, slots=True)
class EndingRow:
    """By what decided it or by competitor. Counts, and yuan (None where not shown), of won and of lost deals.

    `key` is the value of a reason, or the competitor's name in the spelling met most often.
    """

    key: str
    label: str
    won: int
    lost: int
    amount_won: Decimal | None
    amount_lost: Decimal | None

    @property
    def win_rate(self) -> Share:
        return Share(self.won, self.won + self.lost)


@dataclass(frozen=True, slots=True)
class Endings:
    """`rivals` are at most RIVALS of `all_rivals`; deals without one are in `total` and in the reasons alone."""

    pipelines: tuple[str, ...]
    total: EndingRow
    shelved: int
    reasons: Sequence[EndingRow]
    rivals: Sequence[EndingRow]
    all_rivals: int


@dataclass(frozen=True, slots=True)
class Ended:
    """One deal behind a number."""

    public_id: str
    name: str
    customer: str
    owner: str
    stage: str
    reason: str
    competitor: str
    amount: Decimal | None
    at: datetime


@dataclass(slots=True)
class _Tally:
    won: int = 0
    lost: int = 0
    amount_won: Decimal = Decimal(0)
    amount_lost: Decimal = Decimal(0)

    def add(self, kind: str, many: int, amount: Decimal) -> None:
        if kind == StageKind.WON:
            self.won += many
            self.amount_won += amount
        else:
            self.lost += many
            self.amount_lost += amount

    def row(self, key: str, told: str, sums: bool) -> EndingRow:
        return EndingRow(
            key, told, self.won, self.lost, self.amount_won if sums else None, self.amount_lost if sums else None
        )


def endings(s: Session, actor: Actor, whose: Whose, pipeline: str, since: datetime, until: datetime) -> Endings:
    """Of the deals that stand at an end now and came there from `since` until before `until`."""
    ladders = ladders_called(s, pipeline)
    sums = deal_sight(s, eyes(s, actor)).sums()
    counted = _joined(
        select(Stage.kind, Deal.ended_for, Deal.competitor, func.count(), func.sum(Deal.amount)),
        in_scope(s, actor, whose), [one for ids in ladders.ends.values() for one in ids], since, until,
    )  # fmt: skip
    total, shelved = _Tally(), 0
    reasons: dict[str, _Tally] = defaultdict(_Tally)
    rivals: dict[str, _Tally] = defaultdict(_Tally)
    spelt: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for kind, reason, rival, many, amount in s.execute(counted.group_by(Stage.kind, Deal.ended_for, Deal.competitor)):
        if kind == StageKind.SHELVED:
            shelved += many
            continue
        tallies = [total, reasons[reason]]
        if (key := _folded(rival)) not in ("", NOBODY):
            tallies.append(rivals[key])
            spelt[key][rival.strip()] += many
        for tally in tallies:
            tally.add(kind, many, amount)
    most = sorted(rivals, key=lambda key: (-rivals[key].won - rivals[key].lost, key))
    names = {key: max(sorted(found), key=found.__getitem__) for key, found in spelt.items()}
    return Endings(
        pipelines=ladders.names,
        total=total.row("", "", sums),
        shelved=shelved,
        reasons=[
            reasons[one].row(one, label(EndReason(one)) if one else "没有写", sums)
            for one in sorted(reasons, key=lambda one: (-reasons[one].won - reasons[one].lost, one))
        ],
        rivals=[rivals[key].row(names[key], names[key], sums) for key in most[:RIVALS]],
        all_rivals=len(rivals),
    )


def _folded(rival: str) -> str:
    """Two spellings of one competitor: wide letters and capitals make no other company."""
    return "".join(unicodedata.normalize("NFKC", rival).casefold().split())


def _joined(what: Any, scope: Scope, stage_ids: Sequence[int], since: datetime, until: datetime) -> Any:
    ended = (Deal.stage_id.in_(stage_ids), Deal.stage_since >= since, Deal.stage_since < until)
    return scope.of(what.join(Stage, Stage.id == Deal.stage_id)).where(*ended)


@dataclass(frozen=True, slots=True)
class Behind:
    """Which number is opened: of one end, maybe of one reason (None: of any) and one competitor ("": of any)."""

    kind: StageKind
    reason: str | None = None
    rival: str = ""


def ended_deals(
    s: Session, actor: Actor, whose: Whose, pipeline: str, since: datetime, until: datetime, behind: Behind, page: int
) -> Page[Ended]:
    """The deals behind a number of `endings`, the newest first."""
    ids = ladders_called(s, pipeline).ends.get(behind.kind)
    if ids is None:
        raise Invalid("没有这种结果，请选赢单、输单或搁置", {"kind": "没有这种结果"})
    scope, shown = in_scope(s, actor, whose), deal_sight(s, eyes(s, actor))
    if behind.reason is not None:
        scope = scope.and_also(Deal.ended_for == behind.reason)
    if behind.rival:
        spelt = s.scalars(_joined(select(Deal.competitor).distinct(), scope, ids, since, until)).all()
        meant = [one for one in spelt if _folded(one) == _folded(behind.rival)]
        scope = scope.and_also(Deal.competitor.in_(meant))
    what = select(Deal, Customer.name, Customer.owner_id, Person.name, Stage.label)
    query = _joined(what, replace(scope, by_customer=True), ids, since, until).join(Person, Person.id == Deal.owner_id)

    def row(deal: Deal, customer: str, held_by: int | None, owner: str, stage: str) -> Ended:
        return Ended(
            public_id=deal.public_id,
            name=shown.name(deal, held_by),
            customer=customer,
            owner=owner,
            stage=stage,
            reason=label(EndReason(deal.ended_for)) if deal.ended_for else "",
            competitor=deal.competitor,
            amount=shown.amount(deal, held_by),
            at=deal.stage_since,
        )

    return cut(s, query.order_by(Deal.stage_since.desc(), Deal.id.desc()), page, _PAGE, row)
