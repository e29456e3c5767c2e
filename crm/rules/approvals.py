"""When a deal needs an approval, who signs next, and what exactly a signature holds for."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from config.vocabulary import Measure, SignMode, SignState
from crm.rules.amounts import say_amount

PRICED = (Measure.DISCOUNT, Measure.MARGIN)  # what a quote is judged by


@dataclass(frozen=True, slots=True)
class Step:
    """`seats` are words of `config.approvals.Seat`, or `person:<id>`."""

    mode: SignMode
    seats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """What a deal is judged by: yuan, percent off the list price, percent above the floor price.

    `others` are the amounts of the customer's other deals of the time around. Without a quote there is neither
    discount nor margin.
    """

    amount: Decimal
    others: tuple[Decimal, ...] = ()
    discount: Decimal | None = None
    margin: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """From the stage `stage_key` on, once `measure` is beyond `bound` (yuan or percent)."""

    id: int
    name: str
    stage_key: str
    measure: Measure
    bound: Decimal
    steps: tuple[Step, ...]

    def asks(self, case: Case) -> bool:
        """Over an amount or a discount, under a margin: the bound itself needs nobody (decision 12)."""
        value = self.value_of(case)
        if value is None:
            return False
        return value < self.bound if self.measure is Measure.MARGIN else value > self.bound

    def value_of(self, case: Case) -> Decimal | None:
        """Deals of one customer that are within the bound each count together, or splitting would help.

        Whatever is over the bound by itself is judged by itself, and makes no small deal a large one.
        """
        if self.measure is Measure.DISCOUNT:
            return case.discount
        if self.measure is Measure.MARGIN:
            return case.margin
        if case.amount > self.bound:
            return case.amount
        return case.amount + sum((one for one in case.others if one <= self.bound), Decimal(0))

    def told(self, case: Case) -> str:
        """「金额 ¥80 万 超过 ¥50 万」; of one whose parts are within the bound, that they count together."""
        value = self.value_of(case) or Decimal(0)
        if self.measure is Measure.DISCOUNT:
            return f"折扣 {_percent(value)} 超过 {_percent(self.bound)}"
        if self.measure is Measure.MARGIN:
            return f"毛利低于 {_percent(self.bound)}"  # how much it is would tell whoever asks the floor price
        together = "" if value == case.amount else "同一客户近期的商机合计"
        return f"{together}金额 {say_amount(value)} 超过 {say_amount(self.bound)}"


def _percent(value: Decimal) -> str:
    """To the hundredth, as the card writes it: 99.99% is not 100%."""
    exact = f"{value.quantize(Decimal('0.01')):f}"
    return exact.rstrip("0").removesuffix(".") + "%"


def steps_of(rules: Iterable[Rule]) -> list[Step]:
    """One after another, each but once: whom two rules ask in the same way he is asked once."""
    return list(dict.fromkeys(step for rule in rules for step in rule.steps))


def fingerprint(
    deal_id: int,
    amount: Decimal,
    rule_ids: Iterable[int],
    evidence: Iterable[tuple[str, str]],
    quote_id: int | None = None,
) -> str:
    """SHA-256 of what is signed: the deal, its amount, the rules that ask, and the files it was shown with.

    `evidence` are kinds and the files' own SHA-256; `quote_id` where a rule asks because of that quote's prices.
    """
    what = [deal_id, f"{amount:.2f}", sorted(rule_ids), sorted(evidence), *([] if quote_id is None else [quote_id])]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Signer:
    """One person of a step, in order of `position`."""

    id: int
    position: int
    state: SignState


def done(mode: SignMode, signers: Sequence[Signer]) -> bool:
    """或签 by the first yes, 会签 and 依次 by the last. Who passed it on has no say any more.

    Never without a yes: a step that everybody has passed on is nobody's signature.
    """
    asked = [one for one in signers if one.state is not SignState.PASSED_ON]
    signed = [one for one in asked if one.state is SignState.APPROVED]
    return bool(signed) and (mode is SignMode.ANY or len(signed) == len(asked))


def to_ask(mode: SignMode, signers: Sequence[Signer]) -> list[Signer]:
    """Whose turn it is now and who does not know it yet."""
    open_ = [one for one in signers if one.state in (SignState.COMING, SignState.ASKED)]
    turn = sorted(open_, key=lambda one: one.position)[:1] if mode is SignMode.SEQUENTIAL else open_
    return [one for one in turn if one.state is SignState.COMING]
