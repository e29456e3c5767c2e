"""The round of deals that stand still: each step of each stay is told once, to whom it concerns."""

from datetime import datetime

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus
from crm import policy as numbers
from crm.access import directors_over, supervisor_of
from crm.messages import remind
from crm.rules.stalled import Step
from crm.stalls import stuck_deal, stuck_deals, suggestion, untold
from crm.usecases.alert_cards import stall_card
from models.customers import Customer
from models.deals import Deal
from models.people import Person


def stall_candidates(s: Session, now: datetime) -> list[int]:
    """Ids of the deals of which somebody is still to be told, the longest on their stage first.

    All open deals are judged here, in chunks; what needs no message needs no transaction of its own either.
    """
    policy, calendar = numbers.current(s), numbers.calendar(s)
    return [one.deal_id for one in untold(s, stuck_deals(s, true(), now, policy, calendar))]


def judge_stall(s: Session, deal_id: int, now: datetime, *, dry_run: bool) -> str | None:
    """Judge one deal afresh and tell the highest step that is due. The line to print, if somebody was told.

    The deal is locked first: of two rounds at once the second finds what the first has promised.
    """
    s.execute(select(Deal.id).where(Deal.id == deal_id).with_for_update())
    policy, calendar = numbers.current(s), numbers.calendar(s)
    found = stuck_deal(s, deal_id, now, policy, calendar)
    if found is None or not list(untold(s, [found])):
        return None
    owner = s.get_one(Person, found.owner_id)
    receivers = _concerned(s, owner, found.stall.step)
    if not dry_run:
        customer, advice = s.get_one(Customer, found.customer_id).name, suggestion(s, found, now, policy)
        for person_id in receivers:
            notice, taps = stall_card(found, advice, customer, owner, policy, own=person_id == owner.id)
            remind(
                s, person_id, notice, taps, matter=found.topic, dedupe=f"{found.topic}:{person_id}", now=now,
                policy=policy, calendar=calendar, topic=found.topic,
            )  # fmt: skip
    word = "红牌" if found.stall.colour == "red" else "黄牌"
    return f"{word}：{found.name}（{found.stall.reason}）" if receivers else None


def _concerned(s: Session, owner: Person, step: Step) -> list[int]:
    """The owner; of one who is gone, his supervisor. The directors hear together with the supervisor."""
    if step is Step.OWNER and owner.status == PersonStatus.ACTIVE:
        return [owner.id]
    above = supervisor_of(s, owner.id)
    return sorted({*above, *directors_over(s, owner.team_id)}) if step is Step.DIRECTOR else above
