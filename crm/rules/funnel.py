"""Which moves of a deal are legal, and all that is still missing before one, each with how to supply it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from config.vocabulary import EndReason, EvidenceKind, StageKind, label

LEAST_REASON = 4  # characters: less says nothing to whoever reads the deal in a year


class Way(StrEnum):
    """Which way a move goes."""

    FORWARD = "forward"
    BACK = "back"
    END = "end"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Rung:
    """One stage of a ladder. `position` orders the open ones; `needs` opens it.

    `days`: working days it may take, None where a policy number says it; `probability`: percent of such deals won.
    """

    key: str
    label: str
    kind: StageKind
    position: int
    needs: tuple[EvidenceKind, ...] = ()
    days: int | None = None
    probability: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says about a move: `reason` in words, `ended_for` and `competitor` of a deal that ends."""

    reason: str = ""
    ended_for: EndReason | None = None
    competitor: str = ""


class Lack(StrEnum):
    """What may be missing besides evidence."""

    EVIDENCE = "evidence"
    REASON = "reason"
    ENDED_FOR = "ended_for"
    COMPETITOR = "competitor"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that a move still lacks. `stage` is the key of the rung that asks for it; `kind` only of evidence."""

    lack: Lack
    stage: str
    told: str
    how: str
    kind: EvidenceKind | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """`opens` are the keys of the rungs that this move opens, lowest first; empty `missing` lets it through.

    `ahead` are those to which it may still go forward after it: none of a move that was no step forward.
    """

    way: Way
    opens: tuple[str, ...]
    missing: tuple[Missing, ...]
    ahead: tuple[str, ...]


class Illegal(Exception):
    """No such move at all, whatever is supplied; the sentence says why and what to do instead."""


def judge(
    ladder: Sequence[Rung], here: Rung, stood: Rung, to: Rung, held: Collection[tuple[str, EvidenceKind]], said: Said
) -> Judged:
    """Judge one move of a deal (product.md C2).

    `here` is where it is; `stood` the open rung where it is or, closed, was before it ended; `held` the evidence that
    it has, by the key of the rung. Upwards every rung on the way opens, so each asks for its evidence: nobody jumps
    over one. Back and open again need words; an end needs what decided it and against whom.
    """
    if to.key == here.key:
        raise Illegal(f"商机已经在「{to.label}」了")
    if here.kind is not StageKind.OPEN and to.kind is not StageKind.OPEN:
        raise Illegal(f"商机已经{here.label}，不能直接改成{to.label}。请先重新打开，再选结果")
    way = _way(here, stood, to)
    opens = opened(ladder, stood, to)
    lacking = [_evidence(rung, kind) for rung in opens for kind in rung.needs if (rung.key, kind) not in held] + _words(
        way, to, said
    )
    ahead = [rung.key for rung in ladder if way is Way.FORWARD and _further(rung, to)]
    return Judged(way, tuple(rung.key for rung in opens), tuple(lacking), tuple(ahead))


def _further(rung: Rung, to: Rung) -> bool:
    return rung.kind is StageKind.WON or (rung.kind is StageKind.OPEN and rung.position > to.position)


def _way(here: Rung, stood: Rung, to: Rung) -> Way:
    if here.kind is not StageKind.OPEN:
        return Way.REOPEN
    if to.kind is not StageKind.OPEN:
        return Way.END
    return Way.FORWARD if to.position > stood.position else Way.BACK


def opened(ladder: Sequence[Rung], stood: Rung, to: Rung) -> list[Rung]:
    """The rungs above the one it stood on, up to the one it goes to; a win goes over all, giving up over none."""
    if to.kind in (StageKind.LOST, StageKind.SHELVED):
        return []
    on_the_way = [
        rung
        for rung in ladder
        if rung.kind is StageKind.OPEN
        and rung.position > stood.position
        and (to.kind is StageKind.WON or rung.position <= to.position)
    ]
    return sorted(on_the_way, key=lambda rung: rung.position) + ([to] if to.kind is StageKind.WON else [])


def _evidence(rung: Rung, kind: EvidenceKind) -> Missing:
    named = label(kind)
    how = f"先把{named}上传到这家客户的附件，再在商机里选它作这一步的凭证"
    return Missing(Lack.EVIDENCE, rung.key, f"进入「{rung.label}」要有{named}", how, kind)


def _words(way: Way, to: Rung, said: Said) -> list[Missing]:
    lacking = []
    if to.kind in (StageKind.WON, StageKind.LOST):
        if said.ended_for is None:
            reasons = "、".join(label(one) for one in EndReason)
            lacking.append(Missing(Lack.ENDED_FOR, to.key, f"{to.label}的主要原因", f"从这些里选一个：{reasons}"))
        if not said.competitor.strip():
            lacking.append(Missing(Lack.COMPETITOR, to.key, "竞争对手", "写对手的名字，没有就写「无」"))
    elif (way is not Way.FORWARD) and len("".join(said.reason.split())) < LEAST_REASON:
        what = {Way.BACK: "退回", Way.REOPEN: "重新打开", Way.END: to.label}[way]
        lacking.append(Missing(Lack.REASON, to.key, f"{what}的原因", f"用一句话写明，至少 {LEAST_REASON} 个字"))
    return lacking
