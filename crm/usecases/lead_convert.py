"""A lead becomes a customer and, where there is a price to talk about, a deal; and the way back from any step."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.collisions import RadarEntry
from config.prospects import LeadInlet, LeadState, LeadStep, ResponseKind
from config.vocabulary import ContactState, CustomerSource, TimelineKind, label
from crm import audit
from crm import policy as numbers
from crm.access import Actor, get_customer, get_lead, sees_customer
from crm.cards import close_matter
from crm.errors import Conflict, Invalid
from crm.usecases import customers, deals, linking
from crm.usecases.collisions import report
from crm.usecases.customer_identity import Taken
from crm.usecases.followups import write_entry
from crm.usecases.lead_cards import called
from crm.usecases.lead_steps import StepDone, open_lead, put_back, standing, undoable
from crm.usecases.leads import matter_of, step, tell
from crm.usecases.radar import COLLEAGUE, Question, ask
from models.customers import Contact, Customer
from models.leads import Lead, LeadEvent
from models.links import ExternalContact
from models.people import Person
from models.timeline import TimelineEntry


@dataclass(frozen=True, slots=True)
class Conversion:
    """`customer_id` names a customer that it already is; else one of `name` is made (empty: the lead's company).

    A deal is opened when `deal_name` is given, `amount` in yuan.
    """

    customer_id: int | str | None = None
    name: str = ""
    deal_name: str = ""
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Converted:
    step: StepDone
    customer_id: int
    customer_public_id: str
    customer_name: str
    made: bool  # whether the customer was made by this very step
    deal_name: str


def convert(
    s: Session, actor: Actor, lead_id: int | str, wish: Conversion, now: datetime, *, entrance: str
) -> Converted:
    """Through the radar: a name that the actor's own customer has is linked to it, a colleague's is refused.

    Only the lead's owner converts it, since the customer is his from then on.
    """
    lead = open_lead(s, actor, lead_id)
    if lead.owner_id != actor.person_id:
        whose = s.get_one(Person, lead.owner_id).name if lead.owner_id is not None else "没有人"
        raise Conflict(f"「{called(lead)}」在{whose}名下。请由负责人来转，或者先领取、改派给自己")
    before, matter = standing(lead), matter_of(lead)
    customer, made = _customer(s, actor, lead, wish, now, entrance)
    contact_id = _keep_contact(s, lead, customer, now)
    entry_id = None
    if not lead.known:
        words = f"由线索转来（{label(LeadInlet(lead.inlet))}）：{lead.need}".rstrip("：")
        entry_id, _ = write_entry(s, customer.id, TimelineKind.INQUIRY, words, actor.person_id, now)
    linked_at = _link_wecom(s, actor, lead, customer, now, entrance)
    deal = None
    if wish.deal_name.strip():
        deal = deals.open_deal(s, actor, customer.id, wish.deal_name, wish.amount, now, entrance=entrance)
    lead.customer_id, lead.deal_id = customer.id, deal.id if deal else None
    lead.state, lead.converted_at = LeadState.CONVERTED, now
    if lead.first_response_at is None:
        lead.first_response_at, lead.response_kind = now, ResponseKind.CALL
    s.flush()
    way_back = before | {
        "made_customer": customer.id if made else None,
        "made_contact": contact_id,
        "made_entry": entry_id,
        "linked_at": linked_at.isoformat() if linked_at else None,
    }
    event = step(s, lead, LeadStep.CONVERTED, actor, now, way_back, customer.name)
    audit.record(
        s,
        actor.person_id,
        "convert_lead",
        f"lead:{lead.id}",
        now,
        entrance=entrance,
        name=called(lead),
        customer=customer.id,
    )
    close_matter(s, matter, f"已转客户 {customer.name}", now, by=actor)
    how = "已新建客户" if made else "已归到客户"
    said = f"{how}「{customer.name}」" + (f"，并建商机「{deal.name}」" if deal else "")
    done = StepDone(lead.id, called(lead), event, said)
    return Converted(done, customer.id, customer.public_id, customer.name, made, deal.name if deal else "")


def needs_name(s: Session, actor: Actor, lead_id: int) -> bool:
    """Whether the company has to be asked for before the lead can be converted."""
    lead = open_lead(s, actor, lead_id)
    return lead.customer_id is None and not lead.company


def _customer(
    s: Session, actor: Actor, lead: Lead, wish: Conversion, now: datetime, entrance: str
) -> tuple[Customer, bool]:
    """The customer it is, and whether it had to be made."""
    chosen = wish.customer_id if wish.customer_id is not None else lead.customer_id
    if chosen is not None:
        return get_customer(s, actor, chosen), False
    name = wish.name or lead.company
    if not name.strip():
        raise Invalid("还不知道是哪家公司，请写公司全称", {"name": "不能为空"})
    asked = Question(name, phones=(lead.phone,) if lead.phone else ())
    for hit in ask(s, actor, asked, RadarEntry.LEAD, numbers.current(s)):
        if hit.same and hit.customer_id is not None:
            return get_customer(s, actor, hit.customer_id), False
    draft = customers.CustomerDraft(name=name, source=CustomerSource(lead.source))
    try:
        made = customers.create_customer(s, actor, draft, now, entrance=entrance)
    except Taken as taken:
        raise _reported(s, actor, taken, name, now, entrance) from None
    customer = s.get_one(Customer, made.id)
    customer.campaign_id = lead.campaign_id
    return customer, True


def _reported(s: Session, actor: Actor, taken: Taken, name: str, now: datetime, entrance: str) -> Taken:
    """A colleague's company: nothing of the conversion stays but that both supervisors are asked whose it is."""
    if s.scalar(select(Customer.id).where(Customer.id == taken.hit.customer_id, sees_customer(actor))) is not None:
        return taken
    refusal = Taken(f"{COLLEAGUE}这家公司，线索没有转。已请双方主管裁定，一个工作日内给您答复", taken.hit)
    refusal.leaves = lambda own: report(own, actor, taken, name, now, entrance=entrance)
    return refusal


def _keep_contact(s: Session, lead: Lead, customer: Customer, now: datetime) -> int | None:
    """Who asked becomes a contact, unless he is one: the id of the one that was made."""
    if not lead.contact_name:
        return None
    known = select(Contact.id).where(Contact.customer_id == customer.id, Contact.name == lead.contact_name)
    if s.scalar(known.limit(1)) is not None:
        return None
    contact = Contact(
        customer_id=customer.id,
        name=lead.contact_name,
        phone=lead.phone[:32],
        email=lead.email,
        created_at=now,
    )
    s.add(contact)
    s.flush()
    return contact.id


def _link_wecom(
    s: Session, actor: Actor, lead: Lead, customer: Customer, now: datetime, entrance: str
) -> datetime | None:
    """Somebody who came in by a 联系我 code is a friend in WeCom: his chat becomes this customer's."""
    if lead.external_contact_id is None:
        return None
    contact = s.get_one(ExternalContact, lead.external_contact_id)
    if contact.state == ContactState.LINKED:
        return None
    return linking.link_contact(s, actor, contact.id, customer.id, now, entrance=entrance).linked_at


def take_back(s: Session, actor: Actor, event_id: int, now: datetime, *, entrance: str) -> str:
    """撤销 of one's own newest step of a lead, within the undo minutes. What the lead is called.

    What a conversion made goes with it, unless something hangs on it by now: then nothing is taken back.
    """
    lead, event = undoable(s, actor, event_id, now)
    before = dict(event.before)
    if event.step == LeadStep.CONVERTED:
        _unmake(s, actor, lead, before, now, entrance)
    put_back(lead, before)
    event.undone_at = now
    s.flush()
    step(s, lead, LeadStep.UNDONE, actor, now, {}, label(LeadStep(event.step)))
    audit.record(s, actor.person_id, "undo_lead", f"lead:{lead.id}", now, entrance=entrance, name=called(lead))
    if event.step == LeadStep.ASSIGNED:
        lead.turn += 1
        tell(s, lead, now, but=actor.person_id)
    return called(lead)


def take_back_newest(s: Session, actor: Actor, lead_id: int | str, now: datetime, *, entrance: str) -> str:
    """The same of whatever this actor did last with a lead that he sees; Conflict where that was nothing."""
    lead = get_lead(s, actor, lead_id)
    own = (LeadEvent.lead_id == lead.id, LeadEvent.actor_id == actor.person_id, LeadEvent.undone_at.is_(None))
    steps = select(LeadEvent.id).where(*own, LeadEvent.step.not_in((LeadStep.CAPTURED, LeadStep.UNDONE)))
    newest = s.scalar(steps.order_by(LeadEvent.id.desc()).limit(1))
    if newest is None:
        raise Conflict(f"您还没有处理过线索「{called(lead)}」，没有可撤销的操作")
    return take_back(s, actor, newest, now, entrance=entrance)


def _unmake(s: Session, actor: Actor, lead: Lead, before: dict[str, object], now: datetime, entrance: str) -> None:
    if before["linked_at"] is not None and lead.external_contact_id is not None:
        linked_at = datetime.fromisoformat(str(before["linked_at"]))
        linking.unlink_contact(s, actor, lead.external_contact_id, now, entrance=entrance, linked_at=linked_at)
    if lead.deal_id is not None:
        deal_id, lead.deal_id = lead.deal_id, None
        s.flush()
        deals.withdraw_deal(s, actor, deal_id, now, entrance=entrance)
    if before["made_contact"] is not None:
        contact = s.get(Contact, before["made_contact"])
        if contact is not None:
            s.delete(contact)
    if before["made_entry"] is not None:
        made = TimelineEntry.id == before["made_entry"]
        s.execute(
            update(TimelineEntry).where(made).values(retracted_at=now).execution_options(synchronize_session=False)
        )
    s.flush()
    made_customer = before["made_customer"]
    if isinstance(made_customer, int):
        customers.withdraw_customer(s, actor, made_customer, now, entrance=entrance)
