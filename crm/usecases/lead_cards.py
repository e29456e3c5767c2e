"""The cards of a lead: who has to answer it, by when, and what one tap does about it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.prospects import InvalidReason, LeadInlet, LeadState
from config.vocabulary import PersonStatus, label
from crm.access import HOLDERS, Actor, get_lead
from crm.errors import Gone
from crm.messages import Tap
from crm.notices import Choice, Fact, Notice, Selection
from crm.rules.days import SHANGHAI
from crm.rules.masking import masked
from models.customers import Campaign, Customer
from models.leads import Lead
from models.people import Person

Card = tuple[Notice, list[Tap]]

SELECT_REASON, SELECT_MATE = "reason", "person"
_MOST_CHOICES = 10  # the platform's limit of a drop-down


def lead_card(s: Session, lead: Lead, title: str = "新线索", body: str = "") -> Card:
    """For its owner."""
    args = {"lead": lead.id}
    reasons = tuple(Choice(reason.value, label(reason)) for reason in InvalidReason)
    known = lead.known and lead.customer_id is not None
    notice = Notice(
        title=f"{title}：{called(lead)}",
        desc="已经是您的客户，按询盘记到档案里了" if known else f"{_when(lead)} 前第一次联系，回得越早越容易成",
        facts=_facts(s, lead, whole=True),
        body=body or lead.need[:200],
        selection=Selection(SELECT_REASON, "无效原因", reasons),
    )
    return notice, [
        Tap("已联系", "lead_contacted", args, 1),
        Tap("建商机" if known else "转客户", "lead_convert", args),
        Tap("无效", "lead_invalid", args),
    ]


def queue_card(s: Session, lead: Lead, why: str = "", *, assigns: bool = True) -> Card:
    """For whoever decides who takes it; without `assigns`, for who may only take it himself.

    `why` is what is known of a colleague who has the company already.
    """
    mates = _team_mates(s, lead.team_id) if assigns else []
    choices = tuple(Choice(str(row.id), row.name) for row in mates)
    args = {"lead": lead.id}
    taps = [Tap("我来跟", "lead_claim", args), Tap("稍后再说", "later", {})]
    if choices:
        taps.insert(0, Tap("分配", "lead_assign", args, 1))
    notice = Notice(
        title=f"{'请分配线索' if assigns else '还没人跟的线索'}：{called(lead)}",
        desc=why or f"{_when(lead)} 前要第一次联系",
        facts=_facts(s, lead),
        body=lead.need[:200],
        selection=Selection(SELECT_MATE, "分配给", choices) if choices else None,
    )
    return notice, taps


def late_card(s: Session, lead: Lead, owner: str, title: str = "线索", desc: str = "") -> Card:
    """For the supervisor of whoever has it: he hands it on, or urges."""
    notice = Notice(
        title=f"{title}：{called(lead)}",
        desc=desc or f"应在 {_when(lead)} 前第一次联系",
        facts=(Fact("负责人", owner), *_facts(s, lead))[:6],
        body="请催一催，或者改派给现在有空的同事",
        selection=_reassign(s, lead),
    )
    args = {"lead": lead.id}
    return notice, [
        Tap("改派", "lead_assign", args, 1),
        Tap("催负责人", "lead_nudge", args),
        Tap("知道了", "seen", {}),
    ]


def card_again(s: Session, actor: Actor, lead_id: int) -> tuple[str, Notice, list[Tap]]:
    """What the lead is called, and the card by which this actor goes on with it."""
    lead = get_lead(s, actor, lead_id)
    if lead.state in (LeadState.CONVERTED, LeadState.INVALID):
        raise Gone(f"线索「{called(lead)}」已经处理好了（{label(LeadState(lead.state))}）。发 /线索 看最新的")
    if lead.owner_id == actor.person_id:
        return called(lead), *lead_card(s, lead, "线索")
    if lead.owner_id is None:
        return called(lead), *queue_card(s, lead, assigns=actor.manages or actor.sees_all)
    owner = s.get_one(Person, lead.owner_id).name
    return called(lead), *late_card(s, lead, owner)


def called(lead: Lead) -> str:
    return lead.company or lead.contact_name or "未留名称"


def came_from(s: Session, lead: Lead) -> str:
    campaign = s.scalar(select(Campaign.name).where(Campaign.id == lead.campaign_id))
    return " · ".join(part for part in (label(LeadInlet(lead.inlet)), campaign) if part)


def _facts(s: Session, lead: Lead, *, whole: bool = False) -> tuple[Fact, ...]:
    """How to reach him, whole only on the owner's own card: whoever gives the lead to somebody need not dial."""
    customer = s.scalar(select(Customer.name).where(Customer.id == lead.customer_id)) if lead.known else None
    told = (
        ("客户", customer or ""),
        ("联系人", lead.contact_name),
        ("电话", lead.phone if whole else masked(lead.phone)),
        ("邮箱", "" if lead.phone else lead.email if whole else masked(lead.email)),
        ("来自", came_from(s, lead)),
    )
    return tuple(Fact(name, value) for name, value in told if value)


def _when(lead: Lead) -> str:
    return f"{lead.due_at.astimezone(SHANGHAI):%m-%d %H:%M}"


def _reassign(s: Session, lead: Lead) -> Selection | None:
    mates = [Choice(str(row.id), row.name) for row in _team_mates(s, lead.team_id) if row.id != lead.owner_id]
    return Selection(SELECT_MATE, "改派给", tuple(mates)) if mates else None


def _team_mates(s: Session, team_id: int) -> list[Person]:
    """Whom the card offers: the team's active people who may hold a customer."""
    rows = select(Person).where(
        Person.team_id == team_id, Person.status == PersonStatus.ACTIVE, Person.role.in_(HOLDERS)
    )
    return list(s.scalars(rows.order_by(Person.id).limit(_MOST_CHOICES)))
