"""联系我 codes: drawn up here, made by WeCom, and known again by the state that comes back with whoever scans one."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.prospects import LeadInlet
from config.vocabulary import PersonStatus
from crm import audit
from crm.access import HOLDERS, WRITE, Actor, get_customer, sees_customer, sees_person
from crm.errors import Conflict, Invalid, NotFound
from crm.rules.words import storable
from models.customers import Customer
from models.leads import LeadSource
from models.links import ExternalContact, ExternalFollow
from models.mirror import ContactWay
from models.people import Person

LONGEST_NAME = 30  # WeCom's own limit for the remark that its administrators see
_STATE_BYTES = 12  # of chance: a key that nobody guesses, sixteen characters of the thirty that WeCom gives back


@dataclass(frozen=True, slots=True)
class WayDraft:
    """Whose code it is, and what it says: where people come from (an inlet's public id), or whose they are."""

    person_id: int
    name: str
    lead_source: str = ""
    customer: str = ""


@dataclass(frozen=True, slots=True)
class WayAsked:
    """What WeCom is to be asked for."""

    public_id: str
    userid: str
    state: str
    name: str


def draw_up(s: Session, actor: Actor, draft: WayDraft, now: datetime, *, entrance: str) -> WayAsked:
    """A code for oneself or for one of one's people; it is not there for anybody before WeCom has made it."""
    name = " ".join(storable(draft.name).split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(f"请写 1 到 {LONGEST_NAME} 个字的名称，比如「上海展会 A 馆」", {"name": "长度不对"})
    person = s.scalar(select(Person).where(Person.id == draft.person_id, sees_person(actor)))
    if person is None or person.status != PersonStatus.ACTIVE or person.role not in HOLDERS:
        raise Invalid("请选一位您负责的在职同事", {"person": "不能跟客户"})
    if draft.lead_source and draft.customer:
        raise Invalid("来源和客户只能选一个：一个码要么说从哪来，要么说是哪家", {"customer": "和来源只能选一个"})
    source = _source(s, draft.lead_source) if draft.lead_source else None
    customer = get_customer(s, actor, draft.customer, to=WRITE) if draft.customer else None
    made = ContactWay(
        state=secrets.token_urlsafe(_STATE_BYTES),
        person_id=person.id,
        lead_source_id=source.id if source else None,
        customer_id=customer.id if customer else None,
        name=name,
        made_by_id=actor.person_id,
        made_at=now,
    )
    s.add(made)
    s.flush()
    audit.record(
        s, actor.person_id, "make_contact_way", f"contact_way:{made.id}", now, entrance=entrance, name=name,
        person=person.id,
    )  # fmt: skip
    return WayAsked(made.public_id, person.userid, made.state, name)


def _source(s: Session, public_id: str) -> LeadSource:
    kind = LeadSource.inlet == LeadInlet.WECOM_CONTACT
    found = s.scalar(select(LeadSource).where(LeadSource.public_id == public_id, kind, LeadSource.closed_at.is_(None)))
    if found is None:
        raise Invalid("没有这个来源，或者已经停用，请重新选择", {"lead_source": "不存在"})
    return found


def settle(s: Session, public_id: str, config_id: str, picture: bytes) -> None:
    """WeCom has made it: from now on it can be shown."""
    way = s.scalars(select(ContactWay).where(ContactWay.public_id == public_id).with_for_update()).one()
    way.config_id, way.picture = config_id, picture


def close_way(s: Session, actor: Actor, public_id: str, now: datetime, *, entrance: str) -> tuple[str, str]:
    """Nobody comes by it any more; twice is once. Its name, and what WeCom calls it."""
    way = get_way(s, actor, public_id, lock=True)
    if way.closed_at is None:
        way.closed_at = now
        subject = f"contact_way:{way.id}"
        audit.record(s, actor.person_id, "close_contact_way", subject, now, entrance=entrance, name=way.name)
    return way.name, way.config_id


def get_way(s: Session, actor: Actor, public_id: str, *, lock: bool = False) -> ContactWay:
    """A code of oneself or of somebody whose work one may look at."""
    asked = select(ContactWay).join(Person, Person.id == ContactWay.person_id)
    asked = asked.where(ContactWay.public_id == public_id, sees_person(actor))
    found = s.scalar(asked.with_for_update(of=ContactWay) if lock else asked)
    if found is None:
        raise NotFound("没有找到这个「联系我」，或者它不是您负责的")
    return found


def drawn_before(s: Session, actor: Actor, public_id: str) -> WayDraft:
    """What a code said when it was drawn up, for another one like it."""
    way = get_way(s, actor, public_id)
    source = s.get(LeadSource, way.lead_source_id) if way.lead_source_id else None
    customer = get_customer(s, actor, way.customer_id, to=WRITE) if way.customer_id else None
    return WayDraft(
        person_id=way.person_id,
        name=way.name,
        lead_source=source.public_id if source else "",
        customer=customer.public_id if customer else "",
    )


def picture_of(s: Session, actor: Actor, public_id: str) -> bytes:
    way = get_way(s, actor, public_id)
    if way.picture is None or way.closed_at is not None:
        raise Conflict("这个「联系我」已经停用，或者企业微信还没有做好")
    return way.picture


def customer_of(s: Session, rep: Actor, contact: ExternalContact) -> Customer | None:
    """Whose code it was by which the rep and this contact met, if the code said it and he may see that customer."""
    met = (ExternalFollow.external_contact_id == contact.id, ExternalFollow.person_id == rep.person_id)
    return s.scalar(
        select(Customer)
        .join(ContactWay, ContactWay.customer_id == Customer.id)
        .join(ExternalFollow, ExternalFollow.state == ContactWay.state)
        .where(*met, ContactWay.person_id == rep.person_id, sees_customer(rep))
    )
