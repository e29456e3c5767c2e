"""「共享给…」: a colleague sees a customer, or works on it too, until a day; ended, changed and taken back."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import Policy
from config.vocabulary import PersonStatus, Role, ShareAccess, label
from crm import audit
from crm import policy as numbers
from crm.access import DECIDE, HOLDERS, MANAGERS, SEES_ALL, Actor, get_customer, sees_customer
from crm.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from crm.messages import Tap, prompt, prompt_card
from crm.notices import Fact, Notice
from crm.rules.days import at, day_of
from models.customers import Customer
from models.people import Person
from models.sharing import CustomerShare

_LONGEST = 1096  # days: three years, and then somebody should look at it again
_NOT_THERE = "没有找到这条共享，或者不归您管。请刷新后再看"


@dataclass(frozen=True, slots=True)
class Wish:
    """With whom (id, or userid), how, through which day (None: as the policy says), and his percent of the results."""

    person: int | str
    access: ShareAccess
    last_day: date | None = None
    credit_percent: int = 0


@dataclass(frozen=True, slots=True)
class Shared:
    id: int
    public_id: str
    customer_id: int
    customer_public: str
    customer_name: str
    person_name: str
    access: ShareAccess
    last_day: date
    credit_percent: int


@dataclass(frozen=True, slots=True)
class TakenBack:
    """`again` is the older share that holds again; None where the colleague has none any more."""

    customer_name: str
    person_name: str
    again: Shared | None


def share_customer(
    s: Session, actor: Actor, customer_id: int | str, wish: Wish, now: datetime, *, entrance: str
) -> Shared:
    """Let a colleague see a customer, or work on it; sharing again changes what was shared before.

    For the holder, those above him and operations. Everybody's credit together never exceeds 100: the rest is the
    holder's. Raises NotFound, Invalid, Conflict.
    """
    customer = get_customer(s, actor, customer_id, to=DECIDE, lock=True)
    policy = numbers.current(s)
    last_day = wish.last_day or day_of(now) + timedelta(days=policy.share_days)
    person = _with_whom(s, customer, wish)
    _check_day(last_day, now)
    live = _live(s, customer.id, now)
    _check_credit(wish, sum(one.credit_percent for one in live if one.person_id != person.id))
    for before in (one for one in live if one.person_id == person.id):
        _his_to_end(s, actor, before, person)
        before.ended_at, before.ended_by_id = now, actor.person_id
    share = CustomerShare(
        customer_id=customer.id,
        person_id=person.id,
        access=wish.access,
        until=at(last_day + timedelta(days=1), 0),
        credit_percent=wish.credit_percent,
        granted_by_id=actor.person_id,
        at=now,
    )
    s.add(share)
    s.flush()
    audit.record(
        s, actor.person_id, "share_customer", f"customer:{customer.id}", now, entrance=entrance,
        to=person.id, access=wish.access.value, last_day=last_day.isoformat(), credit=wish.credit_percent,
    )  # fmt: skip
    done = _shared(share, customer, person)
    _tell(s, actor, customer, done, person.id, now, policy)
    return done


def end_share(s: Session, actor: Actor, share_id: int | str, now: datetime, *, entrance: str) -> Shared:
    """From now on the colleague does not see the customer any more. Ending twice is ending once."""
    share, customer, person = _share(s, actor, share_id)
    done = _shared(share, customer, person)
    if share.ended_at is not None:
        return done
    _his_to_end(s, actor, share, person)
    share.ended_at, share.ended_by_id = now, actor.person_id
    _record_end(s, actor, "end_share", share, now, entrance)
    return done


def _his_to_end(s: Session, actor: Actor, share: CustomerShare, person: Person) -> None:
    """What a supervisor has given, by a verdict or by hand, the holder does not end or change alone."""
    granter = s.get_one(Person, share.granted_by_id)
    above = Role(granter.role) in MANAGERS | SEES_ALL and granter.id != actor.person_id
    if above and not (actor.manages or actor.sees_all):
        raise NotAllowed(f"{person.name} 是 {granter.name} 安排一起跟进的，只有主管能收回或修改。请和主管商量")


def kept_by_holder(s: Session, customer_id: int, but: int, now: datetime) -> int:
    """The percent of the results that are still the holder's; `but`: a person whose own share is not counted."""
    return 100 - sum(one.credit_percent for one in _live(s, customer_id, now) if one.person_id != but)


def restore_share(s: Session, actor: Actor, share_id: int | str, now: datetime, *, entrance: str) -> Shared:
    """An end taken back within the undo minutes by who ended it, unless the customer was shared anew meanwhile."""
    share, customer, person = _share(s, actor, share_id)
    minutes = numbers.current(s).undo_minutes
    if share.ended_at is None:
        return _shared(share, customer, person)
    live = _live(s, customer.id, now)
    again = any(one.person_id == person.id for one in live)
    if share.until <= now:
        raise Conflict(f"「{customer.name}」给 {person.name} 的共享已经到期，没有撤销。需要的话请重新共享")
    if share.ended_by_id != actor.person_id or again:
        raise Conflict(f"「{customer.name}」给 {person.name} 的共享之后又有变动，没有撤销")
    if now > share.ended_at + timedelta(minutes=minutes):
        raise Gone(f"收回超过 {minutes} 分钟，不能撤销了。需要的话请重新共享")
    _check_return(customer, person, share, sum(one.credit_percent for one in live))
    share.ended_at = share.ended_by_id = None
    s.flush()
    audit.record(s, actor.person_id, "restore_share", f"customer:{customer.id}", now, entrance=entrance, to=person.id)
    back = Notice(title="共享已恢复", body=f"{actor.name} 又把「{customer.name}」共享给您了，刚才的收回不算")
    prompt(s, person.id, back, dedupe=f"shared_again:{share.id}:{now:%Y%m%d%H%M%S%f}", now=now)
    return _shared(share, customer, person)


def take_back_share(s: Session, actor: Actor, share_id: int, now: datetime, *, entrance: str) -> TakenBack:
    """Undo one's own sharing within the undo minutes: what it replaced is there again, or Conflict if it cannot be.

    Refused, it has changed nothing.
    """
    share, customer, person = _share(s, actor, share_id)
    minutes = numbers.current(s).undo_minutes
    if share.ended_at is not None or share.granted_by_id != actor.person_id:
        raise Conflict(f"「{customer.name}」给 {person.name} 的共享之后又有变动，没有撤销")
    if now > share.at + timedelta(minutes=minutes):
        raise Gone(f"共享超过 {minutes} 分钟，不能撤销了。请在客户页面上结束共享")
    replaced = select(CustomerShare).where(
        CustomerShare.customer_id == share.customer_id,
        CustomerShare.person_id == share.person_id,
        CustomerShare.id != share.id,
        CustomerShare.ended_at == share.at,
        CustomerShare.until > now,
    )
    before = s.scalar(replaced.order_by(CustomerShare.id.desc()).limit(1))
    if before is not None:
        taken = sum(one.credit_percent for one in _live(s, customer.id, now) if one.id != share.id)
        _check_return(customer, person, before, taken)
        before.ended_at = before.ended_by_id = None
    share.ended_at, share.ended_by_id = now, actor.person_id
    again = None if before is None else _shared(before, customer, person)
    _record_end(s, actor, "take_back_share", share, now, entrance, again)
    return TakenBack(customer.name, person.name, again)


def _check_return(customer: Customer, person: Person, share: CustomerShare, others: int) -> None:
    """Conflict where what was ended would not be given now; `others` are the percents that are given away already."""
    if share.credit_percent + others > 100:
        raise Conflict("业绩分成加起来会超过 100%，没有撤销。请重新共享，并调整分成")
    try:
        _fits(customer, person, ShareAccess(share.access))
    except Invalid as unfit:  # he has become the holder meanwhile, has left, or does another job
        raise Conflict(f"没有撤销：{unfit}") from None


def _with_whom(s: Session, customer: Customer, wish: Wish) -> Person:
    which = Person.id == wish.person if isinstance(wish.person, int) else Person.userid_key == wish.person.casefold()
    person = s.scalar(select(Person).where(which))
    if person is None:
        raise Invalid("没有这位在岗的同事，请重新选一位", {"person": "请重新选"})
    _fits(customer, person, wish.access)
    return person


def _fits(customer: Customer, person: Person, access: ShareAccess) -> None:
    """Whether the customer can be shared with him so: Invalid says why not."""
    if person.status != PersonStatus.ACTIVE:
        raise Invalid(f"{person.name} 已停用或离职，请选在岗的同事", {"person": "请重新选"})
    if person.id == customer.owner_id:
        raise Invalid(f"{person.name} 就是「{customer.name}」的负责人，不用共享", {"person": "他是负责人"})
    if access is ShareAccess.TOGETHER and person.role not in HOLDERS:
        who = f"{person.name} 的岗位是{label(Role(person.role))}"
        raise Invalid(f"{who}，不跟进客户。可以共享成「只读」", {"access": "只能选只读"})


def _check_day(last_day: date, now: datetime) -> None:
    today = day_of(now)
    if not today <= last_day <= today + timedelta(days=_LONGEST):
        raise Invalid("共享的结束日期要从今天起、三年以内，请重新选", {"until": "今天到三年内"})


def _check_credit(wish: Wish, others: int) -> None:
    if not 0 <= wish.credit_percent <= 100:
        raise Invalid("业绩分成要填 0 到 100 的整数", {"credit_percent": "0 到 100"})
    if wish.credit_percent and wish.access is ShareAccess.READ:
        raise Invalid("只读的同事不分业绩。要分成，请选「一起跟进」", {"credit_percent": "只读填 0"})
    if wish.credit_percent + others > 100:
        left = 100 - others
        raise Invalid(f"其他同事已经分了 {others}%，这里最多再分 {left}%", {"credit_percent": f"最多 {left}"})


def _live(s: Session, customer_id: int, now: datetime) -> list[CustomerShare]:
    of_it = (CustomerShare.customer_id == customer_id, CustomerShare.ended_at.is_(None), CustomerShare.until > now)
    return list(s.scalars(select(CustomerShare).where(*of_it).order_by(CustomerShare.id)))


def _share(s: Session, actor: Actor, share_id: int | str) -> tuple[CustomerShare, Customer, Person]:
    """Locked by its customer, as sharing does: of two changes at once the second sees the first."""
    which = CustomerShare.id == share_id if isinstance(share_id, int) else CustomerShare.public_id == share_id
    customer_id = s.scalar(
        select(CustomerShare.customer_id)
        .join(Customer, Customer.id == CustomerShare.customer_id)
        .where(which, Customer.merged_into_id.is_(None), sees_customer(actor, DECIDE))
    )
    if customer_id is None:
        raise NotFound(_NOT_THERE)
    customer = get_customer(s, actor, customer_id, to=DECIDE, lock=True)
    share = s.scalars(select(CustomerShare).where(which).execution_options(populate_existing=True)).one()
    return share, customer, s.get_one(Person, share.person_id)


def _shared(share: CustomerShare, customer: Customer, person: Person) -> Shared:
    return Shared(
        id=share.id,
        public_id=share.public_id,
        customer_id=customer.id,
        customer_public=customer.public_id,
        customer_name=customer.name,
        person_name=person.name,
        access=ShareAccess(share.access),
        last_day=day_of(share.until - timedelta(microseconds=1)),
        credit_percent=share.credit_percent,
    )


def _tell(
    s: Session, actor: Actor, customer: Customer, done: Shared, person_id: int, now: datetime, policy: Policy
) -> None:
    """The colleague gets a card; the holder hears when somebody above him shares what is his."""
    together = done.access is ShareAccess.TOGETHER
    facts = [Fact("方式", label(done.access)), Fact("到期", f"{done.last_day:%Y-%m-%d}")]
    if done.credit_percent:
        facts.append(Fact("业绩分成", f"{done.credit_percent}%"))
    notice = Notice(
        title=f"{actor.name} 把「{customer.name}」共享给您",
        desc="您可以看档案、记跟进" if together else "您可以看这个客户的档案",
        facts=tuple(facts),
        body=f"发 /客户 {customer.name} 就能看到",
    )
    taps = [Tap("知道了", "seen", {})]
    if together:
        taps.insert(0, Tap("写跟进", "write", {"customer": customer.id}, 1))
    matter = f"share:{done.id}"
    prompt_card(s, person_id, notice, taps, matter=matter, dedupe=matter, now=now, policy=policy)
    if customer.owner_id not in (None, actor.person_id):
        said = f"{actor.name} 把您的客户「{customer.name}」共享给了 {done.person_name}（{label(done.access)}）"
        part = f"，分 {done.credit_percent}% 业绩" if done.credit_percent else ""
        told = Notice(title="客户已共享", body=f"{said}{part}，到 {done.last_day:%Y-%m-%d}")
        prompt(s, customer.owner_id, told, dedupe=f"{matter}:owner", now=now)


def terms(share: Shared) -> str:
    """How, until when and with which part of the results, in a phrase."""
    part = f"，分 {share.credit_percent}% 业绩" if share.credit_percent else ""
    return f"{label(share.access)}{part}，到 {share.last_day:%Y-%m-%d}"


def _record_end(
    s: Session, actor: Actor, verb: str, share: CustomerShare, now: datetime, entrance: str,
    again: Shared | None = None,
) -> None:  # fmt: skip
    s.flush()
    subject = f"customer:{share.customer_id}"
    audit.record(s, actor.person_id, verb, subject, now, entrance=entrance, to=share.person_id)
    name = s.scalar(select(Customer.name).where(Customer.id == share.customer_id))
    gone = Notice(title="共享已结束", body=f"{actor.name} 收回了「{name}」的共享，您不用再跟进")
    if again is not None:
        said = f"{actor.name} 撤销了刚才对「{name}」共享的修改，您还是{terms(again)}"
        gone = Notice(title="共享改回原来的", body=said)
    prompt(s, share.person_id, gone, dedupe=f"unshared:{share.id}:{now:%Y%m%d%H%M%S%f}", now=now)
