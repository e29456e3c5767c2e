"""What deals may do, told a second time and by nobody who wrote the product: plain dictionaries, no rule of ours."""

from dataclasses import dataclass, field

STANDARD, SMALL = "标准流程", "小单流程"
LADDERS = {
    STANDARD: ["requirement", "proposal", "negotiation", "contract_review"],
    SMALL: ["requirement", "negotiation"],
}
NEEDS = {
    (STANDARD, "proposal"): {"minutes"},
    (STANDARD, "negotiation"): {"technical_draft", "quotation"},
    (STANDARD, "contract_review"): {"contract_draft"},
    (STANDARD, "won"): {"signed_contract"},
    (SMALL, "won"): {"proof"},
}
ENDS = ("won", "lost", "shelved")
LIMIT, SMALL_BELOW = 500_000, 50_000
OWNER, LEAD, DIRECTOR, ADMIN, OTHER = "Zhang", "li", "zhou", "wang", "wu"
MANAGERS = (LEAD, DIRECTOR, ADMIN)

Print = tuple[int, frozenset[int]]


@dataclass
class Waiting:
    """An approval that nobody has decided: what would be signed, by whom, and what follows."""

    print: Print
    to: str
    asker: str
    signer: str
    words: str
    force: bool


@dataclass
class Deal:
    """`proofs`: number -> (stage, kind, sealed). `open_at`: the last open rung it stood on, and of which ladder."""

    amount: int
    stage: str = "requirement"
    ladder: str = STANDARD
    open_at: tuple[str, str] = ("requirement", STANDARD)
    proofs: dict[int, tuple[str, str, bool]] = field(default_factory=dict)
    signed: set[Print] = field(default_factory=set)
    waiting: Waiting | None = None
    moves: int = 0


def ladder_of(amount: int) -> str:
    return SMALL if amount < SMALL_BELOW else STANDARD


@dataclass
class Model:
    """One customer's deals, all opened on one day; `away`: the director is, and the other lead stands in."""

    deals: dict[str, Deal]
    away: bool = False

    def course(self, deal: Deal) -> tuple[str, str]:
        """The ladder that its next move goes by, and the rung it has rightly reached on it."""
        own, here = deal.ladder, deal.stage
        reached = here if here not in ENDS else deal.open_at[0] if deal.open_at[1] == own else LADDERS[own][0]
        wanted = ladder_of(deal.amount)
        known = [*LADDERS[wanted], *ENDS]
        if here not in known or reached not in known:
            return own, reached
        return wanted, reached if wanted == own else LADDERS[wanted][0]

    def opens(self, ladder: str, reached: str, to: str) -> list[str]:
        if to in ("lost", "shelved"):
            return []
        above = LADDERS[ladder][LADDERS[ladder].index(reached) + 1 :]
        return [*above, "won"] if to == "won" else above[: above.index(to) + 1] if to in above else []

    def needs_approval(self, deal: Deal, to: str) -> bool:
        """Is anybody's signature wanted before it stands there, and has nobody given it for exactly this?"""
        ladder, _ = self.course(deal)
        if to in ("lost", "shelved"):
            return False
        if to != "won":
            rungs = LADDERS[ladder]
            if "contract_review" not in rungs[: rungs.index(to) + 1]:
                return False
        total = deal.amount
        if total <= LIMIT:
            others = [one for one in self.deals.values() if one is not deal and one.stage not in ("lost", "shelved")]
            total += sum(one.amount for one in others if one.amount <= LIMIT)
        return total > LIMIT and self.print(deal) not in deal.signed

    def print(self, deal: Deal) -> Print:
        return deal.amount, frozenset(n for n, (stage, _, _) in deal.proofs.items() if stage == "contract_review")

    def move(self, name: str, who: str, to: str, words: str, *, force: bool = False) -> str:
        """`moved`, `asked` or `refused`. `words`: "" for none, `reason`, `end` (reason of the end and competitor)."""
        deal = self.deals[name]
        ladder, reached = self.course(deal)
        verdict = self._judge(deal, who, to, words, force)
        if verdict == "moved":
            self._go(deal, ladder, reached, to)
        elif verdict == "asked":
            self._ask(deal, who, to, words, force)
        return verdict

    def _judge(self, deal: Deal, who: str, to: str, words: str, force: bool) -> str:
        ladder, reached = self.course(deal)
        if to == deal.stage or (deal.stage in ENDS and to in ENDS) or to not in (*LADDERS[ladder], *ENDS):
            return "refused"
        held = {(stage, kind) for stage, kind, _ in deal.proofs.values()}
        unproved = [
            (rung, kind)
            for rung in self.opens(ladder, reached, to)
            for kind in NEEDS.get((ladder, rung), ())
            if (rung, kind) not in held
        ]
        if force and who not in MANAGERS:
            return "refused"
        if unproved and not force:
            return "refused"
        if unproved and words != "reason" and words != "both":
            return "refused"
        if to in ("won", "lost"):
            worded = words in ("end", "both")
        elif deal.stage in ENDS or to == "shelved" or to not in self.opens(ladder, reached, to):
            worded = words in ("reason", "both")
        else:
            worded = True
        if not worded:
            return "refused"
        return "asked" if self.needs_approval(deal, to) else "moved"

    def _go(self, deal: Deal, ladder: str, reached: str, to: str) -> None:
        opened = self.opens(ladder, reached, to)
        forward = deal.stage not in ENDS and to in opened[-1:] and to != "won"
        if deal.waiting is not None and not (forward and deal.waiting.to in self.opens(ladder, to, "won")):
            deal.waiting = None
        for number, (stage, kind, _) in list(deal.proofs.items()):
            if stage in opened:
                deal.proofs[number] = (stage, kind, True)
        deal.stage, deal.ladder, deal.moves = to, ladder, deal.moves + 1
        if to not in ENDS:
            deal.open_at = (to, ladder)

    def _ask(self, deal: Deal, who: str, to: str, words: str, force: bool) -> None:
        held = self.print(deal)
        if deal.waiting is not None and (deal.waiting.print, deal.waiting.to) == (held, to):
            return
        deal.waiting = Waiting(held, to, who, self._signer(who), words, force)

    def _signer(self, asker: str) -> str:
        """Never who asks nor the owner; the director's deputy while he is away; over the director only the admin."""
        first = OTHER if self.away else DIRECTOR
        if asker == DIRECTOR and not self.away:
            first = ADMIN
        return first

    def leave(self) -> None:
        self.away = True
        for deal in self.deals.values():
            if deal.waiting is not None and deal.waiting.signer == DIRECTOR:
                deal.waiting.signer = OTHER

    def approve(self, name: str, who: str) -> str:
        """`signed` (whether or not it then moves), `void`, or `refused`."""
        deal = self.deals[name]
        waiting = deal.waiting
        if waiting is None or waiting.signer != who:
            return "refused"
        deal.waiting = None
        if self.print(deal) != waiting.print:
            return "void"
        deal.signed.add(waiting.print)
        ladder, reached = self.course(deal)
        if self._judge(deal, waiting.asker, waiting.to, waiting.words, waiting.force) == "moved":
            self._go(deal, ladder, reached, waiting.to)
        return "signed"

    def decline(self, name: str, who: str) -> str:
        deal = self.deals[name]
        if deal.waiting is None or deal.waiting.signer != who:
            return "refused"
        deal.waiting = None
        return "declined"

    def withdraw(self, name: str, who: str) -> str:
        deal = self.deals[name]
        if deal.waiting is None or who not in (deal.waiting.asker, OWNER):
            return "refused"
        deal.waiting = None
        return "withdrawn"

    def change_amount(self, name: str, amount: int) -> str:
        deal = self.deals[name]
        before, deal.amount = deal.amount, amount
        if deal.stage == "won":
            ladder, _ = self.course(deal)
            if ladder != deal.ladder or self.needs_approval(deal, "won"):
                deal.amount = before
                return "refused"
        self._shown_otherwise(deal)
        return "changed"

    def _shown_otherwise(self, deal: Deal) -> None:
        if deal.waiting is not None and self.print(deal) != deal.waiting.print:
            deal.waiting = None

    def prove(self, name: str, stage: str, kind: str, number: int) -> str:
        deal = self.deals[name]
        ladder, reached = self.course(deal)
        if stage not in self.opens(ladder, reached, "won") or kind not in NEEDS.get((ladder, stage), ()):
            return "refused"
        deal.proofs[number] = (stage, kind, False)
        self._shown_otherwise(deal)
        return "proved"

    def unprove(self, name: str, number: int) -> str:
        deal = self.deals[name]
        if number not in deal.proofs or deal.proofs[number][2]:
            return "refused"
        del deal.proofs[number]
        self._shown_otherwise(deal)
        return "removed"
