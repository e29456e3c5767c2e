"""Write down what is built, and ask first whether a colleague has the project already."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.prospects import PartyRole, ProjectState
from config.vocabulary import label
from crm import audit
from crm.access import HOLDERS, READ, Actor, get_customer
from crm.errors import Conflict, Invalid, NotAllowed
from crm.rules.projects import (
    CERTAIN,
    LONGEST_NAME,
    LONGEST_SITE,
    LONGEST_TENDER,
    ProjectFacts,
    tender_key,
    user_key,
)
from crm.rules.words import storable
from crm.usecases.project_meets import lock_keys, met, rivals_of
from models.customers import Customer
from models.projects import Project, ProjectParty

REGISTERED = "同事已报备"
_MOST_PARTIES = 30


@dataclass(frozen=True, slots=True)
class ProjectDraft:
    """`end_user` is a name, or `end_user_id` a customer the actor may see (which then gives the name)."""

    name: str
    end_user: str = ""
    end_user_id: int | str | None = None
    site: str = ""
    tender_no: str = ""


@dataclass(frozen=True, slots=True)
class ProjectMade:
    """`said` tells, beside that it is there, whether somebody has it already, and whom to ask."""

    id: int
    public_id: str
    name: str
    said: str


def create_project(s: Session, actor: Actor, draft: ProjectDraft, now: datetime, *, entrance: str) -> ProjectMade:
    """A new project. One that the actor sees already is refused by name; a colleague's stands in nobody's way here:
    who was first is settled when it is registered. But the actor learns whom to ask, and where two teams are after the
    same project both supervisors hear of it.
    """
    if actor.role not in HOLDERS:
        raise NotAllowed(f"{label(actor.role)}不跟项目，不能新建。请让负责的销售来建")
    facts = cleaned(s, actor, draft)
    lock_keys(s, facts)
    others = rivals_of(s, actor, facts)
    for one in others:
        if one.verdict.same and one.seen:
            known = f"「{one.project.name}」（{one.verdict.reason}）"
            other = "。确实是另一个项目，请把期次、标段或地点写进名称再建" if one.verdict.score < CERTAIN else ""
            raise Conflict(f"已经有这个项目{known}，没有重复新建。请直接在它上面报备{other}")
    project = Project(
        name=facts.name,
        end_user_id=facts.end_user_id,
        end_user=facts.end_user,
        user_key=user_key(facts.end_user),
        site=facts.site,
        tender_no=facts.tender_no,
        tender_key=tender_key(facts.tender_no),
        state=ProjectState.OPEN,
        created_at=now,
        created_by_id=actor.person_id,
    )
    s.add(project)
    s.flush()
    audit.record(
        s, actor.person_id, "create_project", f"project:{project.id}", now, entrance=entrance, name=project.name
    )
    told = met(s, actor, project, others, now, entrance=entrance) or "接着报备"
    return ProjectMade(project.id, project.public_id, project.name, f"项目「{project.name}」已建好。{told}")


def cleaned(s: Session, actor: Actor, draft: ProjectDraft) -> ProjectFacts:
    """What was typed, cleaned and checked; the end user's name is the customer's own where he is one."""
    fields = (
        ("name", "项目名称", draft.name, LONGEST_NAME),
        ("end_user", "终端用户", draft.end_user, LONGEST_NAME),
        ("site", "项目地点", draft.site, LONGEST_SITE),
        ("tender_no", "招标编号", draft.tender_no, LONGEST_TENDER),
    )
    told: dict[str, str] = {}
    for field, word, typed, longest in fields:
        told[field] = " ".join(storable(typed).split())
        if len(told[field]) > longest:
            raise Invalid(f"{word}最多 {longest} 个字，请写短一点", {field: "太长"})
    if not any(sign.isalnum() for sign in told["name"]):
        raise Invalid("请写项目名称，比如「二期循环水泵」", {"name": "不能为空"})
    user_id = None
    if draft.end_user_id is not None:
        customer = get_customer(s, actor, draft.end_user_id, to=READ)
        user_id, told["end_user"] = customer.id, customer.name
    if not told["end_user"] and not tender_key(told["tender_no"]):
        raise Invalid("终端用户和招标编号至少写一个，不然认不出是不是同一个项目", {"end_user": "不能都为空"})
    return ProjectFacts(told["name"], told["end_user"], told["site"], told["tender_no"], user_id)


def put_party(
    s: Session, actor: Actor, project: Project, customer: Customer, role: PartyRole, now: datetime, entrance: str
) -> None:
    """The caller has locked the project."""
    parties = s.scalars(select(ProjectParty).where(ProjectParty.project_id == project.id)).all()
    if any(one.customer_id == customer.id and one.role == role for one in parties):
        return
    if len(parties) >= _MOST_PARTIES:
        raise Conflict(f"一个项目最多记 {_MOST_PARTIES} 家公司，请先去掉不相干的")
    party = ProjectParty(
        project_id=project.id, customer_id=customer.id, role=role, added_at=now, added_by_id=actor.person_id
    )
    s.add(party)
    s.flush()
    subject = f"project:{project.id}"
    audit.record(
        s, actor.person_id, "add_party", subject, now, entrance=entrance, customer=customer.id, role=label(role)
    )
