"""The card on which two supervisors say which quote stands, and who is told how it ended; it shows no price."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.quotes import STANDING
from config.vocabulary import QuoteState, QuoteVerdict
from crm import policy as numbers
from crm.access import Actor, supervisor_of
from crm.cards import close_matter, reopen_matter
from crm.messages import Tap, prompt, prompt_card
from crm.notices import Fact, Notice
from crm.redraw import show_settled
from crm.rules.days import SHANGHAI
from models.customers import Customer
from models.people import Person, Team
from models.quotes import Quote, QuoteConflict, QuoteVote

_BODY = "双方主管选的一样就生效；选的不一样，或者到期没选，由总监定。裁定以前，后报的一张不能发出"


def matter_of(conflict_id: int, person_id: int) -> str:
    """Each has a card of his own: a vote closes no other."""
    return f"quote_conflict:{conflict_id}:{person_id}"


def ask(s: Session, conflict: QuoteConflict, person_id: int, now: datetime) -> None:
    first, second = sides(s, conflict)
    of_first = person_id in supervisor_of(s, first.quote.owner_id)
    his = first if of_first and person_id not in supervisor_of(s, second.quote.owner_id) else second
    theirs = (Quote.owner_id == first.quote.owner_id, Quote.customer_id == first.quote.customer_id)
    many = s.scalar(select(func.count()).select_from(Quote).where(*theirs, Quote.state.in_(STANDING))) or 0
    due = conflict.due_at.astimezone(SHANGHAI)
    notice = Notice(
        title=f"报价冻结：{his.customer}",  # as his own people call the company
        desc="两个团队给同一家客户报价，请定用谁的",
        facts=(
            Fact("先报", f"{first.owner}（{first.team}）{f'，{many} 张一起定' if many > 1 else ''}"),
            Fact("后报", f"{second.owner}（{second.team}）"),
            Fact("依据", conflict.reason),
            Fact("期限", f"{due:%m-%d %H:%M} 前"),
        ),
        body=_BODY,
    )
    names = {
        QuoteVerdict.FIRST: f"归{first.owner[:6]}",
        QuoteVerdict.SECOND: f"归{second.owner[:6]}",
        QuoteVerdict.TOGETHER: "共同",
    }
    taps = [Tap(text, "vote_quote", {"conflict": conflict.id, "verdict": one.value}) for one, text in names.items()]
    matter = matter_of(conflict.id, person_id)
    reopen_matter(s, matter)
    dedupe = f"{matter}:{now:%Y%m%d%H%M%S%f}"
    prompt_card(s, person_id, notice, taps, matter=matter, dedupe=dedupe, now=now, policy=numbers.current(s))


class Side:
    """One of the two quotes, as its last version stands."""

    def __init__(self, quote: Quote, customer: str, owner: str, team: str) -> None:
        self.quote, self.customer, self.owner, self.team = quote, customer, owner, team


def sides(s: Session, conflict: QuoteConflict) -> tuple[Side, Side]:
    rows = s.execute(
        select(Quote, Customer.name, Person.name, Team.name)
        .join(Customer, Customer.id == Quote.customer_id)
        .join(Person, Person.id == Quote.owner_id)
        .join(Team, Team.id == Quote.team_id)
        .where(Quote.root_id.in_((conflict.first_id, conflict.second_id)))
        .order_by(Quote.version)
    )
    newest = {row[0].root_id: Side(*row) for row in rows}
    return newest[conflict.first_id], newest[conflict.second_id]


def outcome_words(conflict: QuoteConflict, first: Side, second: Side) -> str:
    """How it ended, in a sentence that both sides may read."""
    kept = second.quote.state == QuoteState.FROZEN
    return {
        "": f"先报的一张已经结束，{second.owner} 的报价{'还冻结着，另有团队也在报价' if kept else '放开了'}",
        QuoteVerdict.FIRST: f"归 {first.owner}，{second.owner} 的报价关闭",
        QuoteVerdict.SECOND: f"归 {second.owner}，{first.owner} 的报价关闭",
        QuoteVerdict.TOGETHER: f"{first.owner} 和 {second.owner} 共同报价，都有效",
    }[conflict.verdict]


def tell_outcome(
    s: Session, conflict: QuoteConflict, by: Actor | None, judging: Iterable[int], outcome: str, now: datetime,
    *, but: int | None = None,
) -> None:  # fmt: skip
    """Everybody's card shows it; both who quote hear what has become of their own. `but` has tapped it himself."""
    name = by.name if by is not None else "系统"
    for person_id in sorted(set(judging)):
        matter = matter_of(conflict.id, person_id)
        if person_id != but:
            close_matter(s, matter, f"{name}：{outcome}", now, by=by)
            show_settled(s, matter, outcome, name, now)
    for side in sides(s, conflict):
        notice = Notice(
            title=f"报价冻结有结果了：{side.customer}",
            desc=f"{name} 裁定" if by is not None and conflict.verdict else "",  # who withdrew is not named
            body=f"{_whose(conflict, side)}。您的报价 {_numbers(s, conflict, side)}：{_NOW[side.quote.state]}",
        )
        _tell(s, side.quote.owner_id, notice, f"quote_decided:{conflict.id}", now)


def _numbers(s: Session, conflict: QuoteConflict, side: Side) -> str:
    """His contested quote, and whatever else of his the verdict has changed."""
    changed = (Quote.id.in_(map(int, conflict.effect)), Quote.owner_id == side.quote.owner_id)
    others = s.scalars(select(Quote.number).where(*changed, Quote.id != side.quote.id).order_by(Quote.id))
    return "、".join([side.quote.number, *others])


def _whose(conflict: QuoteConflict, side: Side) -> str:
    """The verdict for who quotes himself: of the other team he learns neither name nor price."""
    if not conflict.verdict:
        return "不用再裁定了"
    if conflict.verdict == QuoteVerdict.TOGETHER:
        return "两个团队共同报价"
    own = QuoteVerdict.FIRST if side.quote.root_id == conflict.first_id else QuoteVerdict.SECOND
    return "归您" if conflict.verdict == own else "归另一个团队"


_NOW = {
    "open": "有效，可以发给客户",
    "in_approval": "在审批，同意后有效",
    "frozen": "还冻结着，另有一家团队也在报价",
    "closed": "已关闭",
    "withdrawn": "已撤回",
    "rejected": "已驳回",
    "superseded": "已有新版",
    "won": "赢单",
    "lost": "输单",
}


def tell_reopened(s: Session, conflict: QuoteConflict, by: Actor, judging: Iterable[int], now: datetime) -> None:
    """The verdict was taken back: who has not voted finds his card open again, and both who quote learn it."""
    voted = set(s.scalars(select(QuoteVote.person_id).where(QuoteVote.conflict_id == conflict.id)))
    for person_id in sorted(set(judging) - {by.person_id}):
        if person_id not in voted:
            ask(s, conflict, person_id, now)
    for side in sides(s, conflict):
        body = f"{by.name} 撤销了刚才的裁定，请等新的结果。您的报价 {side.quote.number}：{_NOW[side.quote.state]}"
        _tell(
            s,
            side.quote.owner_id,
            Notice(title=f"报价重新裁定：{side.customer}", body=body),
            f"quote_undecided:{conflict.id}",
            now,
        )


def _tell(s: Session, person_id: int, notice: Notice, key: str, now: datetime) -> None:
    prompt(s, person_id, notice, dedupe=f"{key}:{person_id}:{now:%Y%m%d%H%M%S%f}", now=now)
