"""项目报备: the first dealer is protected until a day; who comes later is told politely, and both supervisors hear."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from config.prospects import PartyRole, ProjectState
from crm import audit
from crm import policy as numbers
from crm.access import (
    READ,
    Actor,
    get_customer,
    get_project,
    get_registered_project,
    get_registration,
    supervisor_of,
)
from crm.errors import Conflict, Gone, Invalid
from crm.messages import prompt, prompt_card
from crm.notices import Notice
from crm.rules.days import SHANGHAI, at, day_of
from crm.usecases.project_cards import end_user_for, first_side_card, later_side_card
from crm.usecases.project_meets import facts_of, lock_keys, similar_projects
from crm.usecases.projects import REGISTERED, put_party
from models.customers import Customer
from models.people import Person
from models.projects import Project, ProjectRegistration

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Registered:
    """`protected` is False where somebody else was first; `said` tells the rep what that means and whom to ask."""

    id: int
    public_id: str
    project_name: str
    dealer_name: str
    expires_at: datetime
    protected: bool
    said: str


def register(
    s: Session,
    actor: Actor,
    project_id: int | str,
    dealer_id: int | str,
    reason: str,
    now: datetime,
    *,
    entrance: str,
) -> Registered:
    """Register the project for a dealer of the actor's. The first live registration protects its dealer."""
    project = get_project(s, actor, project_id, to=READ)
    if project.state != ProjectState.OPEN:
        raise Conflict(f"项目「{project.name}」已经结束，不能再报备")
    words = _reason(reason)
    dealer = get_customer(s, actor, dealer_id)
    lock_keys(s, facts_of(project))
    s.refresh(project, with_for_update=True)
    rivals = _live_on(s, project, now)
    for one in rivals:
        if one.dealer_id == dealer.id:
            raise Conflict(f"「{dealer.name}」已经报备过这个项目，到 {_day(one.expires_at)} 为止，不用重复报备")
    first = next((one for one in rivals if one.behind_id is None), None)
    days = numbers.current(s).registration_days
    made = ProjectRegistration(
        project_id=project.id,
        dealer_id=dealer.id,
        rep_id=actor.person_id,
        reason=words,
        registered_at=now,
        expires_at=at(day_of(now) + timedelta(days=days + 1), 0),
        extensions=0,
        behind_id=first.id if first else None,
    )
    s.add(made)
    s.flush()
    put_party(s, actor, project, dealer, PartyRole.DEALER, now, entrance)
    audit.record(
        s,
        actor.person_id,
        "register_project",
        f"project:{project.id}",
        now,
        entrance=entrance,
        name=project.name,
        customer=dealer.id,
        protected=first is None,
    )
    if first is not None:
        _tell_of_contest(s, first, made, now)
        said = f"{REGISTERED}这个项目，您的报备已记下，但暂不受保护。请找您的主管协调，两边主管都已收到卡片"
    else:
        said = f"已报备，「{dealer.name}」受保护到 {_day(made.expires_at)}"
    return Registered(
        made.id, made.public_id, project.name, dealer.name, made.expires_at, protected=first is None, said=said
    )


def live(now: datetime) -> ColumnElement[bool]:
    return and_(ProjectRegistration.ended_at.is_(None), ProjectRegistration.expires_at > now)


def holds(now: datetime, undo_minutes: int) -> ColumnElement[bool]:
    """Live, or given up so lately that it may come back: it must then find its project as it was."""
    given_up = and_(ProjectRegistration.ended_by_id.is_not(None), ProjectRegistration.expires_at > now)
    return or_(live(now), and_(given_up, ProjectRegistration.ended_at >= now - timedelta(minutes=undo_minutes)))


def _live_on(s: Session, project: Project, now: datetime) -> list[ProjectRegistration]:
    """Live registrations of this project, under whatever words a colleague wrote it down, oldest first."""
    same = {project.id, *(other.id for other, verdict in similar_projects(s, facts_of(project)) if verdict.same)}
    rows = select(ProjectRegistration).where(ProjectRegistration.project_id.in_(same), live(now))
    return list(s.scalars(rows.order_by(ProjectRegistration.registered_at, ProjectRegistration.id)))


def _tell_of_contest(s: Session, first: ProjectRegistration, later: ProjectRegistration, now: datetime) -> None:
    """Each supervisor reads his own side, and whom to speak with of the other one."""
    policy = numbers.current(s)
    sides = (
        (first, later, first_side_card, "first"),
        (later, first, later_side_card, "later"),
    )
    for mine, theirs, card, side in sides:
        project = s.get_one(Project, mine.project_id)
        dealer, rep = s.get_one(Customer, mine.dealer_id).name, s.get_one(Person, mine.rep_id).name
        other = "、".join(s.get_one(Person, one).name for one in supervisor_of(s, theirs.rep_id)) or "管理员"
        matter = f"contest:{first.id}:{later.id}:{side}"
        for person_id in supervisor_of(s, mine.rep_id):
            notice, taps = card(project, end_user_for(s, person_id, project, now), mine, rep, dealer, other)
            dedupe = f"{matter}:{person_id}"
            prompt_card(s, person_id, notice, taps, matter=matter, dedupe=dedupe, now=now, policy=policy)


def extend(
    s: Session, actor: Actor, registration_id: int | str, reason: str, now: datetime, *, entrance: str
) -> tuple[str, datetime, datetime]:
    """Protect the dealer for another term. The project's name, when it would have ended, and when it ends now."""
    registration, project = _open_one(s, actor, registration_id, now)
    policy = numbers.current(s)
    if registration.behind_id is not None:
        raise Conflict(f"{REGISTERED}在先，这条报备暂不受保护，不用延期。请找主管协调")
    if registration.extensions >= policy.registration_extensions:
        raise Conflict(f"已经延期 {registration.extensions} 次，不能再延了。还要做请到期后重新报备，或找主管商量")
    early = registration.expires_at - timedelta(days=policy.registration_days // 3)
    if now < early:
        raise Conflict(f"离到期还早，{_day(early)} 以后才能延期")
    words = _reason(reason)
    was = registration.expires_at
    registration.expires_at = was + timedelta(days=policy.registration_days)
    registration.extensions += 1
    registration.extended_at, registration.extended_by_id = now, actor.person_id
    registration.reason = words or registration.reason
    audit.record(
        s,
        actor.person_id,
        "extend_registration",
        f"project:{project.id}",
        now,
        entrance=entrance,
        was=was.isoformat(),
        until=registration.expires_at.isoformat(),
        why=words,
    )
    return project.name, was, registration.expires_at


def shorten(
    s: Session, actor: Actor, registration_id: int | str, was: datetime, now: datetime, *, entrance: str
) -> str:
    """An own extension taken back within the undo minutes. The project's name."""
    registration, project = _open_one(s, actor, registration_id, now)
    policy = numbers.current(s)
    later = was.tzinfo is None or was >= registration.expires_at  # no moment that it ever ended at
    other = later or registration.expires_at != was + timedelta(days=policy.registration_days)
    if other or registration.extended_at is None or registration.extended_by_id != actor.person_id:
        raise Conflict("这条报备之后又有变动，或者不是您延期的，没有撤销")
    if now > registration.extended_at + timedelta(minutes=policy.undo_minutes):
        raise Gone(f"延期超过 {policy.undo_minutes} 分钟，不能撤销了。不做了请放弃报备")
    registration.expires_at = was
    registration.extensions -= 1
    registration.extended_at = registration.extended_by_id = None
    audit.record(
        s,
        actor.person_id,
        "shorten_registration",
        f"project:{project.id}",
        now,
        entrance=entrance,
        until=was.isoformat(),
    )
    return project.name


def end(s: Session, actor: Actor, registration_id: int | str, why: str, now: datetime, *, entrance: str) -> str:
    """放弃: the dealer is no longer protected, and whoever stood behind him moves up. The project's name."""
    lock_keys(s, facts_of(get_registered_project(s, actor, registration_id)))  # before the row, as `register` does
    registration, project = _open_one(s, actor, registration_id, now)
    registration.ended_at, registration.ended_by_id = now, actor.person_id
    s.flush()
    move_up(s, registration, now)
    audit.record(
        s, actor.person_id, "end_registration", f"project:{project.id}", now, entrance=entrance, why=_reason(why)
    )
    return project.name


def take_back_end(s: Session, actor: Actor, registration_id: int | str, now: datetime, *, entrance: str) -> str:
    """放弃 taken back within the undo minutes, unless the place has been taken meanwhile. The project's name."""
    project = get_registered_project(s, actor, registration_id)
    lock_keys(s, facts_of(project))
    registration = get_registration(s, actor, registration_id)
    minutes = numbers.current(s).undo_minutes
    if registration.ended_at is None or registration.ended_by_id != actor.person_id:
        raise Conflict("这条报备之后又有变动，没有撤销")
    if now > registration.ended_at + timedelta(minutes=minutes):
        raise Gone(f"放弃超过 {minutes} 分钟，不能撤销了。还要做请重新报备")
    ahead = [one for one in _live_on(s, project, now) if one.behind_id is None]
    if registration.behind_id is None and any(one.registered_at > registration.ended_at for one in ahead):
        raise Conflict("您放弃之后别家已经报备了这个项目，没有撤销。请找主管协调")
    if registration.behind_id is None:
        for one in ahead:  # they had only moved up because of this one's end
            one.behind_id = registration.id
    registration.ended_at = registration.ended_by_id = None
    audit.record(s, actor.person_id, "restore_registration", f"project:{project.id}", now, entrance=entrance)
    return project.name


def move_up(s: Session, ended: ProjectRegistration, now: datetime) -> None:
    """The oldest that stood behind an ended registration protects its dealer from now on; the rest stand behind it."""
    waiting = select(ProjectRegistration).where(ProjectRegistration.behind_id == ended.id, live(now))
    rows = s.scalars(waiting.order_by(ProjectRegistration.registered_at, ProjectRegistration.id)).all()
    if not rows:
        return
    heir, *rest = rows
    heir.behind_id = None
    for one in rest:
        one.behind_id = heir.id
    project, dealer = s.get_one(Project, heir.project_id), s.get_one(Customer, heir.dealer_id)
    notice = Notice(
        title=f"报备生效了：{project.name}",
        body=f"在先的报备已经结束，「{dealer.name}」从现在起受保护，到 {_day(heir.expires_at)} 为止",
    )
    prompt(s, heir.rep_id, notice, dedupe=f"moved_up:{heir.id}:{ended.id}:{now:%Y%m%d%H%M%S}", now=now)


def _open_one(
    s: Session, actor: Actor, registration_id: int | str, now: datetime
) -> tuple[ProjectRegistration, Project]:
    registration = get_registration(s, actor, registration_id)
    project = s.get_one(Project, registration.project_id)
    if registration.ended_at is not None or registration.expires_at <= now:
        raise Gone(f"「{project.name}」的这条报备已经结束了，要做请重新报备")
    return registration, project


def _reason(words: str) -> str:
    told = words.replace("\x00", "").strip()
    if len(told) > LONGEST_REASON:
        raise Invalid(f"理由请控制在 {LONGEST_REASON} 字以内", {"reason": "太长"})
    return told


def _day(moment: datetime) -> str:
    """The last day it holds: a registration ends with a midnight."""
    return f"{(moment - timedelta(seconds=1)).astimezone(SHANGHAI):%Y-%m-%d}"
