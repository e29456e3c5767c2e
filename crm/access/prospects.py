"""What comes before a customer, and for whom it is there: projects, their registrations, and leads."""

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select, true
from sqlalchemy.orm import Session

from crm.access.actors import Actor, Reach
from crm.access.rows import READ, WRITE, To, sees_customer, sees_person
from crm.errors import NotAllowed, NotFound
from models.customers import Customer
from models.leads import Lead
from models.people import Person
from models.projects import Project, ProjectParty, ProjectRegistration

COLLEAGUES_CUSTOMER = "同事的客户"
_NO_REGISTRATION = "没有找到这条报备，或者不是您和您团队的"


def sees_project(actor: Actor, to: To = READ) -> ColumnElement[bool]:
    """A project is there for whoever sees one of its companies, or registered or wrote it down, or answers for him.

    With `WRITE`: his to change. A company that he may only look at does not make the project so.
    """
    if actor.reach is Reach.ALL:
        return true()
    if actor.reach is Reach.NOTHING:  # what is shared with him is a customer, not what that customer builds
        return false()
    # Asked of each project: his customers are many more than there are projects.
    seen = select(Customer.id).where(Customer.merged_into_id.is_(None), sees_customer(actor, to)).correlate(Project)
    people = select(Person.id).where(sees_person(actor))
    party = select(ProjectParty.project_id).join(Customer, Customer.id == ProjectParty.customer_id).correlate(Project)
    registered = select(ProjectRegistration.project_id).where(ProjectRegistration.rep_id.in_(people))
    return or_(
        Project.created_by_id.in_(people),
        Project.id.in_(registered),
        seen.where(Customer.id == Project.end_user_id).exists(),
        party.where(
            ProjectParty.project_id == Project.id, Customer.merged_into_id.is_(None), sees_customer(actor, to)
        ).exists(),
    )


def get_project(s: Session, actor: Actor, project_id: int | str, *, to: To = WRITE, lock: bool = False) -> Project:
    """One project; what is not there for him raises NotFound, what he may only look at NotAllowed."""
    wanted = (Project.id if isinstance(project_id, int) else Project.public_id) == project_id
    query = select(Project).where(wanted, sees_project(actor, to))
    found = s.scalar(query.with_for_update() if lock else query)
    if found is not None:
        return found
    seen = s.scalar(select(Project.name).where(wanted, sees_project(actor))) if to is not READ else None
    if seen is None:
        raise NotFound("没有找到这个项目，或者它不在您能看到的范围里")
    raise NotAllowed(f"「{seen}」里的公司是共享给您看的，项目不能改动。请联系负责这些公司的同事，或请主管协调")


def end_user_known_to(actor: Actor) -> ColumnElement[str]:
    """A project's end user as this actor may know it: a customer of his by its own name, a colleague's by none."""
    own = (Customer.id == Project.end_user_id, Customer.merged_into_id.is_(None), sees_customer(actor))
    named = func.coalesce(select(Customer.name).where(*own).scalar_subquery(), COLLEAGUES_CUSTOMER)
    return case((Project.end_user_id.is_(None), Project.end_user), else_=named)


def get_registration(s: Session, actor: Actor, registration_id: int | str) -> ProjectRegistration:
    """One's own registration, or one of somebody he answers for; locked."""
    own = select(ProjectRegistration).where(_own_registration(actor, registration_id))
    found = s.scalar(own.with_for_update())
    if found is None:
        raise NotFound(_NO_REGISTRATION)
    return found


def get_registered_project(s: Session, actor: Actor, registration_id: int | str) -> Project:
    """What such a registration is of. The registration itself is not read: it can be locked afterwards, and is new."""
    registered = select(ProjectRegistration.project_id).where(_own_registration(actor, registration_id))
    found = s.scalar(select(Project).where(Project.id.in_(registered)))
    if found is None:
        raise NotFound(_NO_REGISTRATION)
    return found


def _own_registration(actor: Actor, registration_id: int | str) -> ColumnElement[bool]:
    if actor.reach is Reach.NOTHING:
        return false()
    column = ProjectRegistration.id if isinstance(registration_id, int) else ProjectRegistration.public_id
    return and_(column == registration_id, ProjectRegistration.rep_id.in_(select(Person.id).where(sees_person(actor))))


def sees_lead(actor: Actor) -> ColumnElement[bool]:
    """One's own, and what waits in one's own team; a lead of a colleague's customer waits for the supervisor alone."""
    if actor.reach is Reach.ALL:
        return true()
    if actor.reach is Reach.NOTHING:
        return false()
    waiting = Lead.owner_id.is_(None)
    open_to_all = and_(waiting, Lead.team_id == actor.team_id, Lead.rival_id.is_(None))
    mine = or_(Lead.owner_id == actor.person_id, open_to_all)
    if actor.reach is Reach.OWN:
        return mine
    people = select(Person.id).where(Person.team_id.in_(actor.team_ids))
    return or_(mine, Lead.owner_id.in_(people), and_(waiting, Lead.team_id.in_(actor.team_ids)))


def get_lead(s: Session, actor: Actor, lead_id: int | str, *, lock: bool = False) -> Lead:
    wanted = (Lead.id if isinstance(lead_id, int) else Lead.public_id) == lead_id
    query = select(Lead).where(wanted, sees_lead(actor))
    found = s.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound("没有找到这条线索，或者它不归您和您的团队。发 /线索 看看您的线索")
    return found
