"""Outside contacts as WeCom tells them: met, asked about, parted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.collisions import RadarEntry
from config.policy import Policy
from config.prospects import IgnoreReason, LeadInlet
from config.vocabulary import ContactState, PersonStatus, label
from crm import policy as numbers
from crm.access import HOLDERS, Actor, actor_by_id, supervisor_of
from crm.messages import Tap, prompt, prompt_card
from crm.notices import Choice, Fact, Notice, Selection
from crm.rules.naming import is_name
from crm.rules.words import storable
from crm.usecases.contact_ways import customer_of
from crm.usecases.lead_sources import source_of_state
from crm.usecases.leads import LeadDraft, capture
from crm.usecases.linking import matter_of
from crm.usecases.mirror import LONGEST_STATE, plain
from crm.usecases.radar import COLLEAGUE, Question, Similar, ask
from models.base import insert_once
from models.links import ExternalContact, ExternalFollow
from models.people import Person

SELECT_CUSTOMER = "customer"
HIDDEN = "colleague"


@dataclass(frozen=True, slots=True)
class Stranger:
    """Who added one of us, as `externalcontact/get` says. Empty strings where WeCom does not tell."""

    external_userid: str
    name: str
    corp_name: str
    position: str
    remark: str
    state: str = ""  # of the 联系我 code he came in by


def meet(s: Session, userid: str, stranger: Stranger, now: datetime) -> None:
    """Mirror the contact and ask the rep once what it is: 关联 / 新建 / 忽略; by a 联系我 code of ours it is a lead."""
    contact, rep = keep(s, userid, stranger, now)
    if rep is None or rep.status != PersonStatus.ACTIVE or contact.state != ContactState.UNLINKED:
        return
    actor = actor_by_id(s, rep.id, now)
    if not _came_as_lead(s, actor, contact, stranger.state, now):
        _ask(s, actor, contact, _friends_since(s, contact.id, rep.id), now)


def _came_as_lead(s: Session, rep: Actor, contact: ExternalContact, state: str, now: datetime) -> bool:
    """Whether the rep has been asked by a lead's card. Of a colleague's customer he is asked like of any stranger."""
    inlet = source_of_state(s, state)
    if inlet is None or rep.role not in HOLDERS:
        return False
    company = contact.corp_name or _company_in(contact.name)
    draft = LeadDraft(
        inlet=LeadInlet.WECOM_CONTACT,
        company=company if is_name(company) else "",
        contact_name=contact.name[:64],
        need=contact.position,
        source_id=inlet.id,
        external_contact_id=contact.id,
    )
    lead = capture(s, rep, draft, now, entrance="wecom")
    return not lead.contested


def keep(s: Session, userid: str, stranger: Stranger, now: datetime) -> tuple[ExternalContact, Person | None]:
    """Mirror the contact and the friendship, without a word to anybody."""
    contact = _mirror(s, stranger, now)
    rep = s.scalar(select(Person).where(Person.userid_key == userid.casefold()))
    if rep is not None:
        _follow(s, contact, rep.id, stranger, now)
    return contact, rep


def _mirror(s: Session, stranger: Stranger, now: datetime) -> ExternalContact:
    """The contact's row, made or brought up to date. What strangers call themselves may be empty or invisible."""
    values: Mapping[str, object] = {
        "name": plain(stranger.name) or "未填写姓名",
        "corp_name": plain(stranger.corp_name),
        "position": plain(stranger.position),
        "read_at": now,
    }
    insert_once(
        s,
        ExternalContact,
        external_userid=stranger.external_userid,
        state=ContactState.UNLINKED,
        created_at=now,
        **values,
    )
    named = select(ExternalContact).where(ExternalContact.external_userid == stranger.external_userid)
    contact = s.scalars(named.with_for_update()).one()
    for column, value in values.items():
        setattr(contact, column, value)
    s.flush()
    return contact


def _follow(s: Session, contact: ExternalContact, person_id: int, stranger: Stranger, now: datetime) -> None:
    """This person of ours is a friend of the contact (again)."""
    told = {"remark": plain(stranger.remark), "state": storable(stranger.state)[:LONGEST_STATE]}
    pair = {"external_contact_id": contact.id, "person_id": person_id}
    made = insert_once(s, ExternalFollow, **pair, **told, started_at=now)
    if not made:
        s.execute(
            update(ExternalFollow)
            .where(ExternalFollow.external_contact_id == contact.id, ExternalFollow.person_id == person_id)
            .values(**told)
        )
        s.execute(
            update(ExternalFollow)
            .where(
                ExternalFollow.external_contact_id == contact.id,
                ExternalFollow.person_id == person_id,
                ExternalFollow.ended_at.is_not(None),
            )
            .values(ended_at=None, started_at=now)
        )


def _friends_since(s: Session, contact_id: int, person_id: int) -> datetime:
    pair = (ExternalFollow.external_contact_id == contact_id, ExternalFollow.person_id == person_id)
    return s.scalars(select(ExternalFollow.started_at).where(*pair)).one()


def _ask(s: Session, rep: Actor, contact: ExternalContact, since: datetime, now: datetime) -> None:
    """The card, one per friendship."""
    policy: Policy = numbers.current(s)
    notice, taps = link_card(s, rep, contact, policy)
    matter = matter_of(contact.id, rep.person_id, since)
    prompt_card(s, rep.person_id, notice, taps, matter=matter, dedupe=matter, now=now, policy=policy)


def link_card(s: Session, rep: Actor, contact: ExternalContact, policy: Policy) -> tuple[Notice, list[Tap]]:
    """关联 / 新建 / 忽略. The candidates are those the rep may see, and at most one line 同事在跟进."""
    query = contact.corp_name or _company_in(contact.name)
    found = ask(s, rep, Question(query), RadarEntry.LINK, policy) if query else []
    choices = _choices(found)
    came_for = customer_of(s, rep, contact)
    if came_for is not None:
        first = Choice(str(came_for.id), came_for.name)
        choices = [first, *(one for one in choices if one.id != first.id)]
    args = {"contact": contact.id}
    taps = [
        Tap("新建", "create_link", args, 2 if choices else 1),
        Tap("选其他客户", "other_link", args),
        *(Tap(f"忽略：{label(reason)}", "ignore", {**args, "reason": reason}) for reason in IgnoreReason),
    ]
    if choices:
        taps.insert(0, Tap("关联", "link", {**args, "customer": choices[0].id}, 1))
    notice = Notice(
        title=f"新联系人：{contact.name}",
        desc=" · ".join(part for part in (contact.corp_name, contact.position) if part) or "微信好友，公司未填写",
        facts=(
            *((Fact("扫的码", came_for.name),) if came_for is not None else ()),
            *(Fact("疑似客户" if n == 0 else f"候选 {n + 1}", _said(hit)) for n, hit in enumerate(found[:3])),
        ),
        body="关联后，他就在客户档案的联系人里；供应商、同行、私人朋友就点忽略，不再提醒",
        selection=Selection(SELECT_CUSTOMER, "关联到", tuple(choices)) if choices else None,
    )
    return notice, taps


def _choices(found: list[Similar]) -> list[Choice]:
    """What the drop-down offers. A colleague's customer stands there without a name, so that picking it is answered."""
    shown = [Choice(str(hit.customer_id), hit.name) for hit in found if hit.customer_id is not None]
    hidden = any(hit.customer_id is None for hit in found)
    return shown + ([Choice(HIDDEN, f"名称相近（{COLLEAGUE}）")] if hidden else [])


def _said(hit: Similar) -> str:
    name = hit.name or "名称相近的公司"
    return f"{name} · {hit.owner} · {hit.reason}"


def _company_in(nickname: str) -> str:
    """People name themselves 「王工-华东泵业」: the longest part is the best guess at the company."""
    parts = [part for part in nickname.replace("—", "-").replace("_", "-").replace(" ", "-").split("-") if part]
    return max(parts, key=len) if len(parts) > 1 else ""


class Parting(Enum):
    BY_CUSTOMER = "{} 删除了{}", "对方把好友删了。建议今天打个电话问问原因，别等客户凉了"
    BY_US = "{1}删除了好友 {0}", "删错了的话，请尽快重新加上；不再跟的客户，请和主管说明"
    HANDED_OVER = "", ""


@dataclass(frozen=True, slots=True)
class Parted:
    """A friendship that is over. Of a supplier or a private friend (`concerns` is False) nobody needs to hear."""

    contact: ExternalContact
    rep: Person

    @property
    def concerns(self) -> bool:
        return self.contact.state != ContactState.IGNORED


def end(s: Session, userid: str, external_userid: str, at: datetime) -> Parted | None:
    """The friendship ended at `at`; None where there is none that stands."""
    row = s.execute(
        select(ExternalFollow, ExternalContact, Person)
        .join(ExternalContact, ExternalContact.id == ExternalFollow.external_contact_id)
        .join(Person, Person.id == ExternalFollow.person_id)
        .where(
            ExternalContact.external_userid == external_userid,
            Person.userid_key == userid.casefold(),
            ExternalFollow.ended_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    row.ExternalFollow.ended_at = at
    return Parted(row.ExternalContact, row.Person)


def part(s: Session, userid: str, external_userid: str, how: Parting, at: datetime, now: datetime) -> None:
    """A friendship ended. The rep and his supervisor are told, unless the customer was handed to a colleague."""
    parted = end(s, userid, external_userid, at)
    if parted is None or how is Parting.HANDED_OVER or not parted.concerns:
        return
    contact, rep = parted.contact, parted.rep
    title, body = how.value
    period = f"{contact.id}:{rep.id}:{at:%Y%m%d%H%M%S}"
    for person_id in {rep.id, *supervisor_of(s, rep.id)}:
        notice = Notice(
            title=title.format(contact.name, "您" if person_id == rep.id else rep.name),
            body=body,
            facts=(Fact("公司", contact.corp_name or "未填写"), Fact("负责人", rep.name)),
        )
        prompt(s, person_id, notice, dedupe=f"parted:{period}:{person_id}", now=now)
