"""归属裁定: two people's sheets name one customer. Nobody holds it until a supervisor decides, or the deadline does."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from config.policy import Policy
from config.sheets import ContestVerdict, RowOutcome, said
from config.vocabulary import HolderKind, OwnershipReason, ShareAccess, TimelineKind
from crm import audit
from crm import policy as numbers
from crm.access import Actor, supervisor_of
from crm.cards import close_matter
from crm.errors import Conflict, NotFound
from crm.holding import Holder, holder_of
from crm.messages import Tap, prompt, prompt_card
from crm.notices import Fact, Notice
from crm.rules.days import SHANGHAI, at
from crm.usecases.followups import write_entry
from crm.usecases.imports import options_of
from crm.usecases.ownership import pass_on
from models.customers import Customer
from models.imports import Contest, ImportJob, ImportRow
from models.people import Person
from models.sharing import CustomerShare

_CARDS = 3  # of one import to one supervisor; more are told in one message that leads to the list
_TOGETHER = timedelta(days=365)
_HALF = 50  # per cent
PAGE = "/console/contests"


def matter_of(contest_id: int) -> str:
    return f"contest:{contest_id}"


def claimed_twice(
    s: Session, actor: Actor, job_id: int, row: int, customer_id: int, claimant: int, policy: Policy, now: datetime,
    *, fresh: bool = False,
) -> bool:  # fmt: skip
    """Somebody's sheet claims a customer that another's has brought: contested, unless work on it has begun since.

    True when it is contested now. `fresh`: this very transaction made the customer.
    """
    customer = s.scalars(select(Customer).where(Customer.id == customer_id).with_for_update()).one()
    mine = (Contest.customer_id == customer_id, Contest.decided_at.is_(None))
    running = s.scalars(select(Contest).where(*mine).order_by(Contest.id)).all()
    if running:
        if claimant not in {who for one in running for who in (one.first_id, one.second_id)}:
            _open(s, running[0].first_id, claimant, customer_id, running[0].period_id, job_id, row, policy, now)
        return True
    period, holder, _ = holder_of(s, customer_id)
    if holder.kind is not HolderKind.PERSON or holder.id is None or holder.id == claimant:
        return False
    if customer.last_activity_at is not None or not (fresh or _imported(s, customer_id)):
        return False
    if (
        s.scalar(select(Contest.id).where(Contest.customer_id == customer_id, Contest.second_id == claimant))
        is not None
    ):
        return False  # decided once already
    first = s.get_one(Person, holder.id)
    queue = Holder.queue(first.team_id)
    seen = customer.silent_since
    if not pass_on(s, customer_id, period, seen, queue, OwnershipReason.CONTESTED, actor.person_id, now):
        return False
    waiting, _, _ = holder_of(s, customer_id)
    _open(s, first.id, claimant, customer_id, waiting, job_id, row, policy, now)
    return True


def contestable(s: Session, claims: Mapping[int, int]) -> set[int]:
    """Of these customers, each with who claims it, those that `claimed_twice` will find contested."""
    if not claims:
        return set()
    idle = (Customer.id.in_(claims), Customer.owner_id.is_not(None), Customer.last_activity_at.is_(None))
    brought = select(ImportRow.number).where(ImportRow.customer_id == Customer.id, ImportRow.outcome == RowOutcome.MADE)
    rows = s.execute(select(Customer.id, Customer.owner_id).where(*idle, brought.exists())).all()
    return {number for number, owner in rows if owner != claims[number]} | contested(s, list(claims))


def _imported(s: Session, customer_id: int) -> bool:
    made = (ImportRow.customer_id == customer_id, ImportRow.outcome == RowOutcome.MADE)
    return s.scalar(select(ImportRow.number).where(*made).limit(1)) is not None


def _open(
    s: Session, first: int, second: int, customer_id: int, period: int, job_id: int, row: int, policy: Policy,
    now: datetime,
) -> None:  # fmt: skip
    contest = Contest(
        customer_id=customer_id,
        first_id=first,
        second_id=second,
        job_id=job_id,
        row_number=row,
        period_id=period,
        opened_at=now,
        due_at=now + timedelta(days=policy.contest_days),
    )
    s.add(contest)
    s.flush()
    audit.record(
        s,
        None,
        "open_contest",
        f"customer:{customer_id}",
        now,
        entrance="import",
        first=first,
        second=second,
        job=job_id,
    )


def announce(s: Session, job_id: int, now: datetime) -> None:
    """Tell every supervisor of either side what this import has left for him to decide."""
    policy = numbers.current(s)
    contests = s.scalars(select(Contest).where(Contest.job_id == job_id, Contest.decided_at.is_(None))).all()
    theirs: dict[int, list[Contest]] = defaultdict(list)
    for one in contests:
        for who in dict.fromkeys([*supervisor_of(s, one.first_id), *supervisor_of(s, one.second_id)]):
            theirs[who].append(one)
    for who, his in theirs.items():
        if len(his) > _CARDS:
            notice = Notice(
                title=f"{len(his)} 家客户的归属等您裁定",
                body="两人的导入表里都有这些客户，裁定前不归任何人。请到管理后台「归属裁定」逐个处理，"
                f"{policy.contest_days} 天内没有裁定的归先导入的人",
                url=PAGE,
            )
            prompt(s, who, notice, dedupe=f"contests:{job_id}:{who}", now=now)
            continue
        for one in his:
            notice, taps = _card(s, one)
            matter = matter_of(one.id)
            prompt_card(s, who, notice, taps, matter=matter, dedupe=f"{matter}:{who}", now=now, policy=policy)


def _card(s: Session, one: Contest) -> tuple[Notice, list[Tap]]:
    name = s.scalars(select(Customer.name).where(Customer.id == one.customer_id)).one()
    people = dict(s.execute(select(Person.id, Person.name).where(Person.id.in_((one.first_id, one.second_id)))).all())
    first, second = people[one.first_id], people[one.second_id]
    notice = Notice(
        title=f"「{name}」归谁？",
        desc="两人的导入表里都有这家客户",
        facts=(Fact("先导入", first), Fact("后导入", second)),
        body=f"裁定前不归任何人。{one.due_at.astimezone(SHANGHAI):%m-%d %H:%M} 前没有裁定，就归 {first}",
    )
    args = {"contest": one.id}
    taps = [
        Tap(f"归{first}"[:10], "contest_first", args, 1),
        Tap(f"归{second}"[:10], "contest_second", args, 1),
        Tap("共同跟进", "contest_both", args),
    ]
    return notice, taps


@dataclass(frozen=True, slots=True)
class Decided:
    customer_name: str
    outcome: str


def decide(
    s: Session, actor: Actor, contest_id: int | str, verdict: ContestVerdict, now: datetime, *, entrance: str
) -> Decided:
    """Whose it is. For those who answer for one of the two, and for operations; decided once."""
    which = Contest.id == contest_id if isinstance(contest_id, int) else Contest.public_id == contest_id
    one = s.scalar(select(Contest).where(which, may_decide(actor)).with_for_update())
    if one is None:
        raise NotFound("没有找到这条归属裁定，或者两位负责人都不在您管的部门")
    if one.decided_at is not None:
        words = said(ContestVerdict(one.verdict)) if one.verdict else "由主管另行分配"
        raise Conflict(f"这家客户的归属已经有结果：{words}")
    return _settle(s, actor, one, verdict, now, entrance)


def may_decide(actor: Actor) -> ColumnElement[bool]:
    """The condition that makes a contest this actor's to decide."""
    if actor.sees_all:
        return Contest.id.is_not(None)
    people = select(Person.id).where(Person.team_id.in_(actor.team_ids))
    return or_(Contest.first_id.in_(people), Contest.second_id.in_(people))


def overdue(s: Session, now: datetime) -> list[int]:
    """Contests that nobody has decided in time."""
    late = (Contest.decided_at.is_(None), Contest.due_at <= now)
    return list(s.scalars(select(Contest.id).where(*late).order_by(Contest.id)))


def let_the_first_have_it(s: Session, contest_id: int, now: datetime, *, dry_run: bool) -> str | None:
    """The deadline has passed. The line to print."""
    one = s.scalar(select(Contest).where(Contest.id == contest_id).with_for_update())
    if one is None or one.decided_at is not None or one.due_at > now:
        return None
    name = s.scalars(select(Customer.name).where(Customer.id == one.customer_id)).one()
    if dry_run:
        return f"将归先导入的人：{name}"
    return f"{name}：{_settle(s, None, one, ContestVerdict.FIRST, now, 'job').outcome}"


def _settle(
    s: Session, by: Actor | None, one: Contest, verdict: ContestVerdict, now: datetime, entrance: str
) -> Decided:
    actor_id = by.person_id if by else None
    customer = s.scalars(select(Customer).where(Customer.id == one.customer_id).with_for_update()).one()
    winner = s.get_one(Person, one.second_id if verdict is ContestVerdict.SECOND else one.first_id)
    period, _, _ = holder_of(s, customer.id)
    together = "，" + s.get_one(Person, one.second_id).name + " 一起跟进" if verdict is ContestVerdict.BOTH else ""
    outcome = f"归 {winner.name}{together}" + ("" if actor_id else "（到期没有裁定，归先导入的人）")
    still = period == one.period_id and customer.merged_into_id is None
    if still:
        reason = OwnershipReason.DECIDED
        pass_on(s, customer.id, period, customer.silent_since, Holder.person(winner.id), reason, actor_id, now)
        s.refresh(customer)
        go_live = at(options_of(s.get_one(ImportJob, one.job_id)).clock_from, 0)
        customer.silent_since = max(now, go_live)
        write_entry(s, customer.id, TimelineKind.OWNERSHIP, f"归属裁定：{outcome}", actor_id, now)
    else:
        outcome = "客户已由主管另行分配，或已被合并，归属没有再动"
    if still and verdict is ContestVerdict.BOTH:
        _share(s, one, actor_id or winner.id, now)
    running = (Contest.customer_id == one.customer_id, Contest.decided_at.is_(None))
    for other in s.scalars(select(Contest).where(*running).with_for_update()).all():
        other.decided_at, other.decided_by_id = now, actor_id
        other.verdict = verdict if other.id == one.id and still else ""
        close_matter(s, matter_of(other.id), outcome, now, by=by)
    audit.record(
        s,
        actor_id,
        "decide_contest",
        f"customer:{customer.id}",
        now,
        entrance=entrance,
        contest=one.id,
        verdict=verdict,
    )
    if still:
        _tell(s, one, customer.name, outcome, now)
    return Decided(customer.name, outcome)


def _share(s: Session, one: Contest, by: int, now: datetime) -> None:
    s.add(
        CustomerShare(
            customer_id=one.customer_id,
            person_id=one.second_id,
            access=ShareAccess.TOGETHER,
            until=now + _TOGETHER,
            credit_percent=_HALF,
            granted_by_id=by,
            at=now,
        )
    )


def _tell(s: Session, one: Contest, name: str, outcome: str, now: datetime) -> None:
    for who in (one.first_id, one.second_id):
        notice = Notice(title=f"「{name}」的归属有结果了", body=f"{outcome}。有不同意见请找您的主管")
        prompt(s, who, notice, dedupe=f"contest-result:{one.id}:{who}", now=now)


def contested(s: Session, customers: Sequence[int]) -> set[int]:
    """Those of the customers whose owner is being decided."""
    mine = (Contest.customer_id.in_(customers), Contest.decided_at.is_(None))
    return set(s.scalars(select(Contest.customer_id).where(*mine)))
