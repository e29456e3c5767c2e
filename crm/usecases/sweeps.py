"""The rounds: warn the silent, free the forgotten, and say everything once at 08:30."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus
from crm import policy as numbers
from crm.access import actor_by_id, supervisor_of
from crm.agenda import Item, agenda
from crm.messages import daily_list, remind
from crm.notices import Notice
from crm.rules import recycling
from crm.rules.days import at, day_of
from crm.silence import silence_key, silence_of
from crm.usecases.alert_cards import absent_owner_card, silence_card
from crm.usecases.pool import release, released_today
from models.customers import Customer
from models.people import Person

LIST_LINES = 12  # what fits a phone's first screen; the rest is counted
LIST_BYTES = 1900  # WeCom takes 2048, and neutralised signs grow
_TITLE = 40  # characters: what waits, how much, for whom and how long
_REST = "…… 还有 999 件，发 /待办 看全部"


def silent_candidates(s: Session, now: datetime) -> list[int]:
    """Ids of held customers silent for long enough to be judged, longest first."""
    days = numbers.current(s).remind_after_days
    before = at(day_of(now), 0) - timedelta(days=days - 1)
    rows = select(Customer.id).where(
        Customer.owner_id.is_not(None), Customer.merged_into_id.is_(None), Customer.silent_since < before
    )
    return list(s.scalars(rows.order_by(Customer.silent_since, Customer.id)))


def judge_silence(s: Session, customer_id: int, now: datetime, *, dry_run: bool) -> str | None:
    """Judge one customer afresh, inside this transaction: the list may be minutes old. The line to print, if any."""
    customer = s.scalar(select(Customer).where(Customer.id == customer_id).with_for_update())
    if customer is None or customer.owner_id is None or customer.merged_into_id is not None:
        return None
    policy, calendar = numbers.current(s), numbers.calendar(s)
    verdict = silence_of(s, customer, now, policy, calendar)
    if verdict.step is recycling.Step.KEEP:
        return None
    if verdict.step is recycling.Step.REMIND:
        return _remind_of_silence(s, customer, verdict, now, dry_run)
    if not policy.recycling_live:
        return f"试运行，不回收：{customer.name}（{verdict.reason}）"
    if released_today(s, now) >= policy.releases_per_day:
        return f"今天已回收满 {policy.releases_per_day} 个，明天再看：{customer.name}"
    if dry_run:
        return f"将回收：{customer.name}（{verdict.reason}）"
    done = release(s, customer, f"已 {verdict.days} 天没有跟进", now, policy, calendar)
    return f"已回收：{customer.name}（{verdict.reason}）" if done else None


def _remind_of_silence(
    s: Session, customer: Customer, verdict: recycling.Verdict, now: datetime, dry_run: bool
) -> str | None:
    """The owner is reminded; of somebody who is gone, the supervisor, so that no customer is forgotten with him."""
    line = f"提醒：{customer.name}（{verdict.reason}）"
    owner = s.get_one(Person, customer.owner_id)
    here = owner.status == PersonStatus.ACTIVE
    topic = silence_key(customer.id, customer.silent_since)
    key = f"{topic}:{verdict.reminder_day}"
    policy, calendar = numbers.current(s), numbers.calendar(s)
    notice, taps = (
        silence_card(customer, verdict, policy) if here else absent_owner_card(customer, verdict, owner, policy)
    )
    told = [
        dry_run
        or remind(
            s,
            person_id,
            notice,
            taps,
            matter=key,
            dedupe=f"{key}:{person_id}",
            now=now,
            policy=policy,
            calendar=calendar,
            topic=topic,
        )
        for person_id in ([owner.id] if here else supervisor_of(s, owner.id))
    ]
    return line if any(told) else None


def list_candidates(s: Session) -> list[int]:
    """Everybody at work; whoever has nothing to do is told nothing."""
    return list(s.scalars(select(Person.id).where(Person.status == PersonStatus.ACTIVE).order_by(Person.id)))


def promise_list(s: Session, person_id: int, now: datetime, *, dry_run: bool) -> str | None:
    """The morning's one message: 「今天 N 件，不做丢什么」. The line to print, if there is anything to do."""
    calendar = numbers.calendar(s)
    if not calendar.is_working(day_of(now)):
        return None
    actor = actor_by_id(s, person_id, now)
    items = agenda(s, actor, now, numbers.current(s), calendar)
    if not items:
        return None
    if not dry_run:
        due_at = max(now, at(day_of(now), 8, 30))
        key = f"list:{person_id}:{day_of(now):%Y%m%d}"
        daily_list(s, person_id, list_notice(items), dedupe=key, now=now, due_at=due_at)
    return f"清单：{actor.name} {len(items)} 件"


def list_text(items: list[Item]) -> str:
    """The whole list, most urgent first."""
    lines = [f"今天 {len(items)} 件，不做会丢：", *(_line(number, item) for number, item in enumerate(items, start=1))]
    return "\n".join(lines)


def list_notice(items: list[Item]) -> Notice:
    """The list as one plain message; what does not fit is counted."""
    lines = [f"今天 {len(items)} 件，不做会丢："]
    for number, item in enumerate(items, start=1):
        line = _line(number, item)
        if number > LIST_LINES or len("\n".join([*lines, line, _REST]).encode()) > LIST_BYTES:
            lines.append(f"…… 还有 {len(items) - number + 1} 件，发 /待办 看全部")
            break
        lines.append(line)
    return Notice(title="", body="\n".join(lines))


def _line(number: int, item: Item) -> str:
    return f"{number}. 【{item.mark}】{item.title[:_TITLE]}\n    {item.why} → {item.loss}"
