"""A lead comes in: whose it is, whether we know the company already, who is told, and by when it has to be answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from config.collisions import RadarEntry
from config.policy import Policy
from config.prospects import LeadInlet, LeadState, LeadStep
from config.vocabulary import CustomerSource, PersonStatus, TimelineKind, label
from crm import audit
from crm import policy as numbers
from crm.access import HOLDERS, READ, Actor, leaders_of, sees_customer, sees_person, supervisor_of
from crm.errors import Invalid, NotAllowed, NotFound
from crm.messages import prompt_card
from crm.rules.naming import clean_name, name_key
from crm.rules.reach import clean_phone
from crm.rules.response_clock import due_after
from crm.rules.words import storable
from crm.usecases.followups import write_entry
from crm.usecases.lead_cards import called, lead_card, queue_card
from crm.usecases.radar import COLLEAGUE, Question, hits
from models.customers import Campaign, Customer
from models.leads import Lead, LeadEvent, LeadSource
from models.people import Person

LONGEST_NEED, LONGEST_REMARK = 2000, 255
_SAME_AGAIN = timedelta(hours=1)  # the same words again within it are one lead: a second press, not a second wish


@dataclass(frozen=True, slots=True)
class LeadDraft:
    """`source_id` is the inlet's own row, which then says source, campaign and whose leads they are.

    `owner_id` and `team_id` (rows) are for those who may hand leads out; else a lead is the actor's own.
    """

    inlet: LeadInlet
    company: str = ""
    contact_name: str = ""
    phone: str = ""
    email: str = ""
    need: str = ""
    remark: str = ""
    consent: bool = False
    source: CustomerSource = CustomerSource.INQUIRY
    campaign_id: int | None = None
    source_id: int | None = None
    owner_id: int | None = None
    team_id: int | None = None
    external_contact_id: int | None = None


@dataclass(frozen=True, slots=True)
class Captured:
    """`said` tells the person who typed it in what became of it; nobody outside is ever told.

    `contested`: a colleague has the company, and the supervisor decides.
    """

    id: int
    public_id: str
    company: str
    said: str
    contested: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Whose a lead is: a person's, or the team's in whose queue it waits."""

    owner_id: int | None
    team_id: int


def capture(s: Session, actor: Actor | None, draft: LeadDraft, now: datetime, *, entrance: str) -> Captured:
    """Write a lead down and tell whoever has to answer it.

    `actor` None: a form of ours on a web page. An existing customer's is filed with the customer and told to its
    owner; a colleague's waits for the supervisor (同事在跟进); anything else is a new lead. Raises Invalid, NotFound.
    """
    if actor is not None and actor.role not in HOLDERS:
        raise NotAllowed(f"{label(actor.role)}不跟线索，请交给销售或主管录入")
    told = _cleaned(draft)
    inlet = _inlet_of(s, draft)
    twin = _same_again(s, told, draft, now)
    if twin is not None:
        said = "刚才已经收到过同样的内容，没有重复记录"
        return Captured(twin.id, twin.public_id, twin.company, said, contested=twin.rival_id is not None)
    place = _place(s, actor, draft, inlet)
    policy, calendar = numbers.current(s), numbers.calendar(s)
    customer = _who_has(s, actor, told["company"], told["phone"], policy)
    seen = customer is not None and (actor is None or _sees(s, actor, customer))
    lead = Lead(
        **told,
        company_key=name_key(told["company"])[:128],
        consent=draft.consent,
        inlet=draft.inlet,
        lead_source_id=inlet.id if inlet else None,
        source=inlet.source if inlet else draft.source,
        campaign_id=inlet.campaign_id if inlet else _campaign(s, draft.campaign_id),
        external_contact_id=draft.external_contact_id,
        owner_id=place.owner_id,
        team_id=place.team_id,
        state=LeadState.NEW,
        known=customer is not None and seen,
        customer_id=customer.id if customer is not None and seen else None,
        rival_id=customer.id if customer is not None and not seen else None,
        created_at=now,
        created_by_id=actor.person_id if actor else None,
        turn=0,
        due_at=due_after(now, policy.first_response_minutes, calendar),
        late_at=due_after(now, 2 * policy.first_response_minutes, calendar),
    )
    if customer is not None and seen:
        _give_to_holder(s, lead, customer)
    elif customer is not None:
        lead.owner_id = None
    s.add(lead)
    s.flush()
    step(s, lead, LeadStep.CAPTURED, actor, now, {})
    if lead.known and customer is not None:
        words = f"询盘（{label(draft.inlet)}）：{told['contact_name']} {told['need']}".strip()
        write_entry(s, customer.id, TimelineKind.INQUIRY, words, actor.person_id if actor else None, now)
    audit.record(
        s,
        actor.person_id if actor else None,
        "capture_lead",
        f"lead:{lead.id}",
        now,
        entrance=entrance,
        name=called(lead),
        source=lead.source,
    )
    tell(s, lead, now, but=actor.person_id if actor and draft.external_contact_id is None else None)
    said = _said(s, lead, actor, customer)
    return Captured(lead.id, lead.public_id, lead.company, said, contested=lead.rival_id is not None)


def _cleaned(draft: LeadDraft) -> dict[str, Any]:
    """What was typed, fit to be stored; Invalid names the field and says how it should look."""
    told = {
        field: " ".join(storable(getattr(draft, field)).split())
        for field in ("company", "contact_name", "phone", "email")
    }
    told |= {"need": storable(draft.need).strip(), "remark": storable(draft.remark).strip()}
    bounds = {"contact_name": 64, "email": 128, "need": LONGEST_NEED, "remark": LONGEST_REMARK}
    for field, longest in bounds.items():
        if len(told[field]) > longest:
            raise Invalid(f"内容太长了，最多 {longest} 个字", {field: f"最多 {longest} 个字"})
    try:
        if told["company"]:
            told["company"] = clean_name(told["company"])
    except ValueError as error:
        raise Invalid(str(error), {"company": str(error)}) from None
    try:
        if told["phone"]:
            told["phone"] = clean_phone(told["phone"])
    except ValueError as error:
        raise Invalid(str(error), {"phone": str(error)}) from None
    if told["email"] and ("@" not in told["email"] or " " in told["email"]):
        raise Invalid("邮箱的写法不对，例如 wang@example.com", {"email": "写法不对"})
    if not told["company"] and not told["contact_name"]:
        raise Invalid("公司和联系人至少写一个，不然不知道找谁", {"company": "不能都为空"})
    if not told["phone"] and not told["email"] and draft.external_contact_id is None:
        raise Invalid("电话和邮箱至少写一个，不然联系不上对方", {"phone": "不能都为空"})
    return told


def _inlet_of(s: Session, draft: LeadDraft) -> LeadSource | None:
    """The inlet's row, locked, so that of two presses at once the second finds the first's lead."""
    if draft.source_id is None:
        return None
    return s.scalars(select(LeadSource).where(LeadSource.id == draft.source_id).with_for_update()).one()


def _same_again(s: Session, told: dict[str, Any], draft: LeadDraft, now: datetime) -> Lead | None:
    if draft.external_contact_id is not None:
        return s.scalar(select(Lead).where(Lead.external_contact_id == draft.external_contact_id).limit(1))
    same = [getattr(Lead, field) == told[field] for field in ("company", "contact_name", "phone", "email", "need")]
    recent = select(Lead).where(*same, Lead.inlet == draft.inlet, Lead.created_at > now - _SAME_AGAIN)
    return s.scalar(recent.order_by(Lead.id.desc()).limit(1))


def _place(s: Session, actor: Actor | None, draft: LeadDraft, inlet: LeadSource | None) -> _Place:
    """Whose it is before anybody asked whether we know the company."""
    if draft.owner_id is not None:
        owner = taker(s, actor, draft.owner_id)
        return _Place(owner.id, owner.team_id)
    if draft.team_id is not None:
        if actor is None or not (actor.sees_all or draft.team_id in {*actor.team_ids, actor.team_id}):
            raise NotFound("没有找到这个部门，或者不归您管")
        return _Place(None, draft.team_id)
    if inlet is not None and draft.external_contact_id is None:
        owner_here = s.get(Person, inlet.owner_id) if inlet.owner_id is not None else None
        if owner_here is not None and owner_here.status == PersonStatus.ACTIVE:
            return _Place(owner_here.id, owner_here.team_id)
        return _Place(None, inlet.team_id)
    if actor is None:
        raise Invalid("不知道线索该给谁：没有登录，也没有入口")
    return _Place(actor.person_id, actor.team_id)


def taker(s: Session, actor: Actor | None, person: int | str) -> Person:
    """Whom (id, or userid) this actor may give a lead: active, with a role that holds customers, in his sight."""
    within = None if actor is None else sees_person(actor)
    which = Person.id == person if isinstance(person, int) else Person.userid_key == person.casefold()
    found = None if within is None else s.scalar(select(Person).where(which, within))
    if found is None or found.status != PersonStatus.ACTIVE:
        raise NotFound("没有找到这位同事，或者他不在您的团队里、已经停用")
    if found.role not in HOLDERS:
        raise Invalid(f"{found.name} 的角色不跟客户，请选一位销售或主管", {"owner_id": "不能跟客户"})
    return found


def _campaign(s: Session, campaign_id: int | None) -> int | None:
    if campaign_id is not None and s.get(Campaign, campaign_id) is None:
        raise Invalid("没有这个市场活动，请重新选择", {"campaign_id": "不存在"})
    return campaign_id


def _who_has(s: Session, actor: Actor | None, company: str, phone: str, policy: Policy) -> Customer | None:
    """The customer it is, whoever holds it: looks beyond what anybody may see. A telephone alone tells it only where
    no company was named: people take their number along to the next one."""
    found = hits(s, actor, Question(company, phones=(phone,)), RadarEntry.LEAD, policy)
    meant = [hit for hit in found if hit.same] or ([] if company else found)
    return s.get_one(Customer, meant[0].customer_id) if meant else None


def _sees(s: Session, actor: Actor, customer: Customer) -> bool:
    return s.scalar(select(Customer.id).where(Customer.id == customer.id, sees_customer(actor, READ))) is not None


def _give_to_holder(s: Session, lead: Lead, customer: Customer) -> None:
    """An inquiry of an existing customer is its owner's, or waits where the customer waits."""
    if customer.owner_id is not None:
        lead.owner_id, lead.team_id = customer.owner_id, s.get_one(Person, customer.owner_id).team_id
    elif customer.queue_team_id is not None:
        lead.owner_id, lead.team_id = None, customer.queue_team_id


def tell(s: Session, lead: Lead, now: datetime, *, but: int | None = None) -> None:
    """The owner's card, or the one that asks the team's leader who shall take it; nobody is told what he typed."""
    policy = numbers.current(s)
    if lead.owner_id is not None:
        notice, taps = lead_card(s, lead)
        people = [lead.owner_id]
    else:
        why = "" if lead.rival_id is None else f"{COLLEAGUE}这家公司{_ask_whom(s, lead.rival_id)}，请先商量再分配"
        notice, taps = queue_card(s, lead, why)
        people = leaders_of(s, lead.team_id)
    matter = matter_of(lead)
    for person_id in people:
        if person_id != but:
            key = f"{matter}:{person_id}:{now:%Y%m%d%H%M%S}"
            prompt_card(s, person_id, notice, taps, matter=matter, dedupe=key, now=now, policy=policy)


def matter_of(lead: Lead) -> str:
    return f"lead:{lead.id}:{lead.turn}"


def _ask_whom(s: Session, customer_id: int) -> str:
    """The supervisor to speak with, and nothing of the customer."""
    customer = s.get_one(Customer, customer_id)
    if customer.owner_id is not None:
        people = supervisor_of(s, customer.owner_id)
    else:
        people = leaders_of(s, customer.queue_team_id) if customer.queue_team_id is not None else []
    names = "、".join(s.get_one(Person, one).name for one in people)
    return f"（可找 {names}）" if names else ""


def _said(s: Session, lead: Lead, actor: Actor | None, customer: Customer | None) -> str:
    if lead.rival_id is not None:
        return f"{COLLEAGUE}这家公司，线索已转给主管协调"
    owner = s.scalar(select(Person.name).where(Person.id == lead.owner_id)) or "主管（待分配）"
    if lead.known and customer is not None:
        return f"「{customer.name}」已经是客户，按询盘记到档案里，已告诉 {owner}"
    return "已记下，归您跟进" if actor and lead.owner_id == actor.person_id else f"已记下，交给 {owner}"


def step(
    s: Session, lead: Lead, what: LeadStep, actor: Actor | None, now: datetime, before: dict[str, Any], words: str = ""
) -> int:
    """One row of the lead's history; its id, which is the way back."""
    row = {
        "lead_id": lead.id,
        "step": what,
        "at": now,
        "actor_id": actor.person_id if actor else None,
        "words": words[:255],
        "before": before,
    }
    return s.execute(insert(LeadEvent).values(row).returning(LeadEvent.id)).scalar_one()
