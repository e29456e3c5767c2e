"""Conditions on fields in a list's address: what each control holds, what the list is asked, and the address again.

`f.KEY` holds words or choices, `from.KEY` and `to.KEY` the ends of a range, `none.KEY` asks for those without one.
`add=KEY` puts up an empty control, `drop=KEY` takes one away.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from config.vocabulary import FieldKind
from crm.reads.customers import EMPTY, Where
from crm.rules.fields import CHOICES, RANGES, FieldSpec

_SIGNS = ("f", "from", "to", "none")
_TICKED = 8  # options that stand side by side; more are a drop-down
_LONGEST, _MOST_CHOSEN = 100, 30


@dataclass(frozen=True, slots=True)
class FieldFilter:
    """One control: the words or choices in it, or the ends of a range, or that there should be nothing."""

    spec: FieldSpec
    values: tuple[str, ...] = ()
    low: str = ""
    high: str = ""
    empty: bool = False

    @property
    def shape(self) -> str:
        """How it is drawn: ticks, pick, day, range or words."""
        if self.spec.kind in CHOICES:
            few = len(self.spec.options) <= _TICKED and self.spec.kind is not FieldKind.PERSON
            return "ticks" if few else "pick"
        if self.spec.kind in RANGES:
            return "day" if self.spec.kind is FieldKind.DATE else "range"
        return "words"

    @property
    def where(self) -> Where | None:
        """What the list is asked; None while nothing was chosen."""
        if self.empty:
            return Where(self.spec.key, EMPTY)
        if self.spec.kind in RANGES:
            return Where(self.spec.key, f"{self.low}..{self.high}") if self.low or self.high else None
        return Where(self.spec.key, "、".join(self.values)) if self.values else None

    @property
    def address(self) -> dict[str, list[str]]:
        """The same as words of an address, so that a link or a hidden input says it again."""
        key = self.spec.key
        if self.empty:
            return {f"none.{key}": ["1"]}
        if self.spec.kind in RANGES:
            return {f"from.{key}": [self.low], f"to.{key}": [self.high]}
        return {f"f.{key}": list(self.values) or [""]}


def field_filters(sent: "MultiDict[str, str]", fields: Sequence[FieldSpec]) -> tuple[FieldFilter, ...]:
    """The controls in the order in which they were put up. `lost_filters` are left out."""
    known = {spec.key: spec for spec in fields}
    named = [name.partition(".")[2] for name in sent if name.partition(".")[0] in _SIGNS]
    named += [sent.get("add", "")]
    return tuple(
        FieldFilter(
            known[key],
            tuple(value for one in sent.getlist(f"f.{key}")[:_MOST_CHOSEN] if (value := _clean(one))),
            _clean(sent.get(f"from.{key}", "")),
            _clean(sent.get(f"to.{key}", "")),
            bool(sent.get(f"none.{key}")),
        )
        for key in dict.fromkeys(named)
        if key in known and key != sent.get("drop")
    )


def lost_filters(sent: "MultiDict[str, str]", fields: Sequence[FieldSpec]) -> int:
    """How many fields the address asks for that are gone, or not his to read: without them a list would be wider."""
    known = {*(spec.key for spec in fields), sent.get("drop", "")}
    named = (name.partition(".") for name, typed in sent.items(multi=True) if typed)
    return len({key for sign, dot, key in named if dot and sign in _SIGNS} - known)


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()[:_LONGEST]
