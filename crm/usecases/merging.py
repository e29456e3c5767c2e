"""Two files of one company become one, nothing is lost on the way, and it can be taken apart again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import StageKind, TimelineKind
from crm import audit, cells, name_index, policy
from crm.access import DECIDE, Actor, get_customer, supervisor_of
from crm.cells import Cell
from crm.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from crm.messages import prompt
from crm.notices import Fact, Notice
from crm.rules.credit import Cut
from crm.usecases.followups import rewind, write_entry
from crm.usecases.merged_fields import out_of_circle, settle
from crm.usecases.merged_shares import cuts_in, settle_shares
from models.base import bare
from models.customers import Customer
from models.deals import Deal, Stage
from models.merges import CustomerMerge
from models.names import CompanyName
from models.people import Person


@dataclass(frozen=True, slots=True)
class Merged:
    """`moved` counts the rows that now belong to the winner, `cut` says for whom not all of his credit was left."""

    public_id: str
    winner_id: int
    winner_public_id: str
    winner_name: str
    loser_name: str
    moved: int
    cut: Sequence[Cut]
    undo_until: datetime


def merge(
    s: Session,
    actor: Actor,
    winner_id: int | str,
    loser_id: int | str,
    from_loser: Collection[str],
    now: datetime,
    *,
    entrance: str,
) -> Merged:
    """Put one customer into another. `from_loser` names the fields whose value is taken from the loser; what the
    winner left empty is filled in any case. Whoever holds the winner holds all of it, open deals included.
    """
    winner, loser = _both(s, actor, winner_id, loser_id)
    written = CustomerMerge(winner_id=winner.id, loser_id=loser.id, at=now, actor_id=actor.person_id)
    s.add(written)
    s.flush()
    names = winner.name, loser.name
    changed = settle(s, winner, loser, from_loser)
    moved = cells.point_elsewhere(s, loser.id, winner.id)
    changed += moved
    changed += follow_up_moved(s, winner, moved, now)
    changed += cells.set_values(s, bare(Customer), loser.id, {"merged_into_id": winner.id})
    cells.keep(s, written.id, changed)
    s.refresh(winner)
    s.refresh(loser)
    _tell(s, actor, winner, loser, names, now)
    subject = f"customer:{winner.id}"
    audit.record(
        s, actor.person_id, "merge", subject, now, entrance=entrance, loser=loser.id, merge=written.id, moved=len(moved)
    )
    return Merged(
        public_id=written.public_id,
        winner_id=winner.id,
        winner_public_id=winner.public_id,
        winner_name=winner.name,
        loser_name=names[1],
        moved=len(moved),
        cut=cuts_in(s, changed, now),
        undo_until=now + timedelta(days=policy.current(s).merge_undo_days),
    )


def _both(s: Session, actor: Actor, winner_id: int | str, loser_id: int | str) -> tuple[Customer, Customer]:
    """Both customers, locked in the order of their ids so that two merges crosswise wait instead of dying."""
    seen = (
        get_customer(s, actor, winner_id, to=DECIDE),
        get_customer(s, actor, loser_id, to=DECIDE),
    )
    if seen[0].id == seen[1].id:
        raise Invalid("选的是同一个客户，不用合并。请选另一份重复的档案")
    if not (actor.manages or actor.sees_all) and any(customer.owner_id != actor.person_id for customer in seen):
        raise NotAllowed("只能合并自己名下的两份客户。要和同事的合并，请找您的主管")
    for one in sorted(customer.id for customer in seen):
        if get_customer(s, actor, one, to=DECIDE, lock=True).id != one:
            raise Conflict("其中一份刚刚被合并到别的客户，没有再合并。请刷新页面看看现在的档案")
    return seen


def follow_up_moved(s: Session, winner: Customer, moved: list[Cell], now: datetime) -> list[Cell]:
    """What rows that came along bring with them: names, open deals, shares, the clock; and no company above itself."""
    shares = settle_shares(s, winner, moved, now)
    for one in cuts_in(s, shares, now):
        _tell_of_credit(s, winner, one, "有同一家公司的另一份档案合并进来，大家的分成加起来超过了 100%", now)
    changed = out_of_circle(s, winner.id) + shares
    _names(s, winner.id)
    changed += _deals(s, winner, moved)
    return changed + _clock(s, winner)


def _names(s: Session, winner_id: int) -> None:
    """The winner is found by every name that either file went by."""
    name = bare(CompanyName).c
    name_index.post(s, [(winner_id, one) for one in s.scalars(select(name.name).where(name.customer_id == winner_id))])


def _deals(s: Session, winner: Customer, moved: list[Cell]) -> list[Cell]:
    """Open deals that came along belong to whoever holds the customer, as with every move of a customer."""
    came = [key for table, (key, *_) in ((cell.table, cell.key) for cell in moved) if table is bare(Deal)]
    if winner.owner_id is None or not came:
        return []
    still_open = select(Stage.id).where(Stage.kind == StageKind.OPEN)
    ids = s.scalars(select(Deal.id).where(Deal.id.in_(came), Deal.stage_id.in_(still_open)).order_by(Deal.id)).all()
    return [cell for deal in ids for cell in cells.set_values(s, bare(Deal), deal, {"owner_id": winner.owner_id})]


def _clock(s: Session, winner: Customer) -> list[Cell]:
    """The winner's silence, with all that its holder did for either file."""
    s.refresh(winner)
    before = {"silent_since": winner.silent_since, "last_activity_at": winner.last_activity_at}
    rewind(s, winner)
    s.flush()
    now_there = {"silent_since": winner.silent_since, "last_activity_at": winner.last_activity_at}
    return [
        Cell(bare(Customer), (winner.id,), name, was, now_there[name])
        for name, was in before.items()
        if was != now_there[name]
    ]


def _tell(s: Session, actor: Actor, winner: Customer, loser: Customer, names: tuple[str, str], now: datetime) -> None:
    """The timeline keeps both names; whoever held either file, and who answers for him, hears of it."""
    days = policy.current(s).merge_undo_days
    words = f"「{names[1]}」合并到本客户" + (f"，本客户原名「{names[0]}」" if names[0] != winner.name else "")
    write_entry(s, winner.id, TimelineKind.MERGE, words, actor.person_id, now)
    owner = s.scalar(select(Person.name).where(Person.id == (winner.owner_id or 0))) or "待分配"
    notice = Notice(
        title=f"{names[1]} 已合并到 {winner.name}",
        facts=(Fact("操作人", actor.name), Fact("现负责人", owner)),
        body=f"联系人、商机、跟进和打卡都在「{winner.name}」里，没有丢。合错了请主管在 {days} 天内撤销合并",
    )
    for person_id in _concerned(s, actor, winner, loser):
        prompt(s, person_id, notice, dedupe=f"merged:{loser.id}:{person_id}:{now:%Y%m%d%H%M%S%f}", now=now)


def _tell_of_credit(s: Session, customer: Customer, cut: Cut, why: str, now: datetime) -> None:
    """To whom it was promised: what he has of the results is another share than he knows."""
    owner = s.scalar(select(Person.name).where(Person.id == (customer.owner_id or 0)))
    notice = Notice(
        title=f"您在「{customer.name}」的业绩分成变了",
        facts=(Fact("原来", f"{cut.before}%"), Fact("现在", f"{cut.after}%")),
        body=f"{why}。有疑问请找{f'负责人 {owner}' if owner else '您的主管'}",
    )
    prompt(s, cut.person_id, notice, dedupe=f"credit:{customer.id}:{cut.person_id}:{now:%Y%m%d%H%M%S%f}", now=now)


def _concerned(s: Session, actor: Actor, winner: Customer, loser: Customer) -> list[int]:
    """Whoever holds either file, and who answers for him; not the actor himself."""
    holders = {one.owner_id for one in (winner, loser) if one.owner_id is not None}
    above = {person_id for holder in holders for person_id in supervisor_of(s, holder)}
    return sorted((holders | above) - {actor.person_id})


@dataclass(frozen=True, slots=True)
class TakenApart:
    """`stayed` counts the values that somebody has changed since the merge, and that therefore kept his."""

    winner_name: str
    loser_name: str
    loser_public_id: str
    stayed: int


def take_apart(s: Session, actor: Actor, merge_id: str, now: datetime, *, entrance: str) -> TakenApart:
    """Undo a merge within its days: every row goes back to the file it came from, the newest merge first.

    What was written into the winner since stays there.
    """
    merged = _undoable(s, actor, merge_id, now)
    winner = s.scalars(select(Customer).where(Customer.id == merged.winner_id)).one()
    changed = cells.kept(s, merged.id)
    stayed = cells.set_back(s, changed)
    merged.undone_at, merged.undone_by_id = now, actor.person_id
    s.flush()
    s.refresh(winner)
    loser = s.scalars(select(Customer).where(Customer.id == merged.loser_id)).one()
    s.refresh(loser)
    if any(cell.column == "silent_since" for cell in stayed):
        rewind(s, winner)  # the clock has moved since: it is set anew from what is left
    words = f"撤销了和「{loser.name}」的合并，两份档案分开"
    write_entry(s, winner.id, TimelineKind.MERGE, words, actor.person_id, now)
    notice = Notice(title=f"{loser.name} 已从 {winner.name} 拆开", body=f"{actor.name} 撤销了合并，两份档案各归各")
    for person_id in _concerned(s, actor, winner, loser):
        prompt(s, person_id, notice, dedupe=f"apart:{merged.id}:{person_id}", now=now)
    for one in cuts_in(s, [cell for cell in changed if cell not in stayed], now):
        again = Cut(one.person_id, one.person, before=one.after, after=one.before)
        _tell_of_credit(s, loser, again, f"{actor.name} 撤销了合并，两份档案各归各", now)
    subject = f"customer:{winner.id}"
    audit.record(s, actor.person_id, "take_apart", subject, now, entrance=entrance, merge=merged.id, stayed=len(stayed))
    return TakenApart(winner.name, loser.name, loser.public_id, len(stayed))


def _undoable(s: Session, actor: Actor, merge_id: str, now: datetime) -> CustomerMerge:
    """The merge, locked with both customers, if this actor may undo it and nothing stands above it."""
    gone = "没有找到这次合并，或者不归您管"
    merged = s.scalar(select(CustomerMerge).where(CustomerMerge.public_id == merge_id))
    if merged is None:
        raise NotFound(gone)
    try:
        winner = get_customer(s, actor, merged.winner_id, to=DECIDE)
    except NotFound:
        raise NotFound(gone) from None
    if not (actor.manages or actor.sees_all) and merged.actor_id != actor.person_id:
        raise NotFound(gone)
    pair = select(Customer).where(Customer.id.in_((merged.winner_id, merged.loser_id))).order_by(Customer.id)
    loser = {one.id: one for one in s.scalars(pair.with_for_update())}[merged.loser_id]
    s.refresh(merged)
    if merged.undone_at is not None:
        raise Gone(f"和「{loser.name}」的合并已经撤销过了")
    days = policy.current(s).merge_undo_days
    if now > merged.at + timedelta(days=days):
        raise Gone(f"合并已超过 {days} 天，不能撤销了。确实合错了，请新建一份客户，再找管理员一起整理")
    above = (CustomerMerge.winner_id == winner.id, CustomerMerge.undone_at.is_(None), CustomerMerge.id > merged.id)
    later = s.scalar(
        select(Customer.name).join(CustomerMerge, CustomerMerge.loser_id == Customer.id).where(*above).limit(1)
    )
    if later is not None:
        raise Conflict(f"「{winner.name}」之后又合并了「{later}」，请先撤销后一次合并")
    return merged
