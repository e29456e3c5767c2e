"""Who meets in a project, and what each is there; its end user is what the project is recognised by."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.prospects import PartyRole
from config.vocabulary import label
from crm import audit
from crm.access import READ, Actor, get_customer, get_project, sees_customer
from crm.errors import Conflict, NotFound
from crm.usecases.project_edit import ProjectChange, update_project
from crm.usecases.projects import put_party
from models.customers import Customer
from models.projects import Project, ProjectParty


def add_party(
    s: Session,
    actor: Actor,
    project_id: int | str,
    customer_id: int | str,
    role: PartyRole,
    now: datetime,
    *,
    entrance: str,
) -> str:
    """A customer of the actor's takes a role in the project; the same again changes nothing. What to say of it.

    The end user of a project that has no customer for it is corrected to this one, as `update_project` does it: refused
    while a registration is live, and told where a colleague has that project.
    """
    project = get_project(s, actor, project_id)
    customer = get_customer(s, actor, customer_id)
    said = f"已把「{customer.name}」加进项目"
    if role is PartyRole.END_USER and project.end_user_id is None:
        change = ProjectChange(end_user_id=customer.id)
        said = f"{said}，{update_project(s, actor, project.id, change, now, entrance=entrance).said}"
    s.refresh(project, with_for_update=True)
    put_party(s, actor, project, customer, role, now, entrance)
    return said


def remove_party(
    s: Session,
    actor: Actor,
    project_id: int | str,
    customer_id: int | str,
    role: PartyRole,
    now: datetime,
    *,
    entrance: str,
) -> str:
    """Take a customer out of a role. What to say of it.

    The end user goes out of the project's own facts too, name and all, under the terms of `update_project`; another end
    user who is in it takes his place.
    """
    project = get_project(s, actor, project_id)
    customer = get_customer(s, actor, customer_id, to=READ)
    said = f"已把「{customer.name}」移出项目"
    if role is PartyRole.END_USER and project.end_user_id == customer.id:
        change = _without_end_user(s, actor, project, customer)
        said = f"{said}，{update_project(s, actor, project.id, change, now, entrance=entrance).said}"
    s.refresh(project, with_for_update=True)
    held = (ProjectParty.project_id == project.id, ProjectParty.customer_id == customer.id, ProjectParty.role == role)
    rows = s.scalars(select(ProjectParty).where(*held)).all()
    if not rows:
        raise NotFound(f"「{customer.name}」在这个项目里不是{label(role)}")
    for row in rows:
        s.delete(row)
    s.flush()
    subject = f"project:{project.id}"
    audit.record(
        s, actor.person_id, "remove_party", subject, now, entrance=entrance, customer=customer.id, role=label(role)
    )
    return said


def _without_end_user(s: Session, actor: Actor, project: Project, gone: Customer) -> ProjectChange:
    others = (
        select(ProjectParty.customer_id)
        .join(Customer, Customer.id == ProjectParty.customer_id)
        .where(ProjectParty.project_id == project.id, ProjectParty.role == PartyRole.END_USER)
        .where(Customer.id != gone.id, Customer.merged_into_id.is_(None), sees_customer(actor))
        .order_by(ProjectParty.id)
        .limit(1)
    )
    heir = s.scalar(others)
    if heir is None and not project.tender_key:
        raise Conflict(
            f"项目只靠终端用户「{gone.name}」认得出，没有移出。请先把真正的终端用户加进来，或写上招标编号，再移出这一家"
        )
    return ProjectChange(end_user="" if heir is None else None, end_user_id=heir)
