"""Inlets of leads: made and closed by operations; a web form's words come in through here, bounded and counted."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session

from config.prospects import LeadInlet
from config.vocabulary import CustomerSource, PersonStatus, Role
from crm import audit
from crm import policy as numbers
from crm.access import HOLDERS, Actor, require
from crm.errors import Conflict, Invalid, NotFound, TooMany
from crm.rules.words import storable
from crm.usecases.leads import LeadDraft, capture
from crm.usecases.mirror import LONGEST_STATE
from models.base import insert_once
from models.customers import Campaign
from models.leads import FormKnock, LeadSource
from models.mirror import ContactWay
from models.people import Person, Team

LONGEST_NAME = 40
_KEPT = timedelta(hours=2)
THANKS = "已收到，我们会尽快联系您"


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """`owner_id` is who gets its leads; without one they wait in the team's queue. `state`: of a 联系我 code."""

    inlet: LeadInlet
    name: str
    source: CustomerSource
    team_id: int
    owner_id: int | None = None
    campaign_id: int | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class SourceMade:
    id: int
    public_id: str
    name: str
    token: str


def open_source(s: Session, actor: Actor, draft: SourceDraft, now: datetime, *, entrance: str) -> SourceMade:
    """A new inlet with a token of its own. For operations and administrators."""
    require(actor, Role.OPERATIONS, Role.ADMIN)
    name = " ".join(storable(draft.name).split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(f"入口名称要写 1 到 {LONGEST_NAME} 个字，比如「官网首页表单」", {"name": "长度不对"})
    if s.get(Team, draft.team_id) is None:
        raise Invalid("请选线索交给哪个部门", {"team_id": "不存在"})
    if draft.owner_id is not None:
        owner = s.get(Person, draft.owner_id)
        if owner is None or owner.status != PersonStatus.ACTIVE or owner.role not in HOLDERS:
            raise Invalid("负责人要是在职的销售或主管，请重新选择", {"owner_id": "不能跟客户"})
    if draft.campaign_id is not None and s.get(Campaign, draft.campaign_id) is None:
        raise Invalid("没有这个市场活动，请重新选择", {"campaign_id": "不存在"})
    state = draft.state.strip() or None
    if state is not None and (len(state) > LONGEST_STATE or not state.isascii() or not state.isprintable()):
        raise Invalid(f"「联系我」的渠道标识只能是 {LONGEST_STATE} 个以内的英文字符", {"state": "格式不对"})
    if draft.inlet is LeadInlet.WECOM_CONTACT and state is None:
        raise Invalid("「联系我」入口要填渠道标识：企业微信靠它告诉我们是从哪个码来的", {"state": "不能为空"})
    if state is not None and s.scalar(select(LeadSource.id).where(LeadSource.state == state)) is not None:
        raise Conflict(f"渠道标识「{state}」已经有入口在用，请换一个", {"state": "已被使用"})
    made = LeadSource(
        inlet=draft.inlet,
        name=name,
        token=secrets.token_urlsafe(16),
        state=state,
        source=draft.source,
        campaign_id=draft.campaign_id,
        owner_id=draft.owner_id,
        team_id=draft.team_id,
        created_at=now,
        created_by_id=actor.person_id,
    )
    s.add(made)
    s.flush()
    audit.record(s, actor.person_id, "open_lead_source", f"lead_source:{made.id}", now, entrance=entrance, name=name)
    return SourceMade(made.id, made.public_id, made.name, made.token)


def close_source(s: Session, actor: Actor, public_id: str, now: datetime, *, entrance: str) -> str:
    """Whatever is sent to it from now on is refused; its leads stay. Closing twice is closing once. Its name."""
    source = _source(s, actor, public_id)
    if source.closed_at is None:
        source.closed_at = now
        subject = f"lead_source:{source.id}"
        audit.record(s, actor.person_id, "close_lead_source", subject, now, entrance=entrance, name=source.name)
    return source.name


def reopen_source(s: Session, actor: Actor, public_id: str, now: datetime, *, entrance: str) -> str:
    source = _source(s, actor, public_id)
    if source.closed_at is not None:
        source.closed_at = None
        subject = f"lead_source:{source.id}"
        audit.record(s, actor.person_id, "reopen_lead_source", subject, now, entrance=entrance, name=source.name)
    return source.name


def _source(s: Session, actor: Actor, public_id: str) -> LeadSource:
    require(actor, Role.OPERATIONS, Role.ADMIN)
    found = s.scalar(select(LeadSource).where(LeadSource.public_id == public_id).with_for_update())
    if found is None:
        raise NotFound("没有找到这个入口，请刷新后再看")
    return found


@dataclass(frozen=True, slots=True)
class FormWords:
    """What a stranger typed into a web form. `trap` is the field no person sees: only machines fill it."""

    company: str
    contact_name: str
    phone: str
    email: str
    need: str
    consent: bool
    trap: str


def take_form(s: Session, token: str, words: FormWords, address: str, now: datetime) -> str:
    """A web form was sent from `address`. The same sentence for everything that is well written, whoever it is.

    Raises NotFound for a token that is none or was closed, TooMany, Invalid.
    """
    wanted = (LeadSource.token == token, LeadSource.inlet == LeadInlet.WEB_FORM, LeadSource.closed_at.is_(None))
    source = s.scalar(select(LeadSource).where(*wanted))
    if source is None:
        raise NotFound("这个表单已经停用，内容没有送出。请直接打电话联系我们")
    if words.trap.strip():
        return THANKS
    policy = numbers.current(s)
    _count(s, f"inlet:{source.id}", policy.form_per_inlet, now)
    _count(s, f"address:{source.id}:{address}", policy.form_per_address, now)
    draft = LeadDraft(
        inlet=LeadInlet.WEB_FORM,
        company=words.company,
        contact_name=words.contact_name,
        phone=words.phone,
        email=words.email,
        need=words.need,
        consent=words.consent,
        source_id=source.id,
    )
    capture(s, None, draft, now, entrance="form")
    return THANKS


def _count(s: Session, what: str, most: int, now: datetime) -> None:
    """One more in this hour, or TooMany. One statement decides, so that many at once are counted too."""
    key = hashlib.sha256(what.encode()).hexdigest()
    hour = now.replace(minute=0, second=0, microsecond=0)
    insert_once(s, FormKnock, key=key, hour=hour, count=0)
    counted = s.execute(
        update(FormKnock)
        .where(FormKnock.key == key, FormKnock.hour == hour, FormKnock.count < most)
        .values(count=FormKnock.count + 1)
        .execution_options(synchronize_session=False)
    )
    if cast(CursorResult[object], counted).rowcount == 0:
        raise TooMany("提交得太频繁了，内容没有送出。请一小时后再试，或直接打电话联系我们")


def purge_knocks(s: Session, now: datetime) -> int:
    """Counts of hours that are over."""
    gone = s.execute(delete(FormKnock).where(FormKnock.hour < now - _KEPT))
    return max(0, cast(CursorResult[object], gone).rowcount)


def source_of_state(s: Session, state: str) -> LeadSource | None:
    """The open inlet whose 联系我 code gives this state back, made in WeCom's administration or by us for a rep."""
    if not state:
        return None
    ours = select(ContactWay.lead_source_id).where(ContactWay.state == state, ContactWay.closed_at.is_(None))
    named = or_(LeadSource.state == state, LeadSource.id.in_(ours))
    return s.scalar(select(LeadSource).where(named, LeadSource.closed_at.is_(None)))
