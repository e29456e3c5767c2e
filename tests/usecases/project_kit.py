"""One project as two teams write it down, and what its verbs say."""

from datetime import datetime

from crm import uow
from crm.usecases import project_edit, projects, registrations
from models.messages import OutboxMessage
from tests.support.company import IDS, NOW, actor, rows

SECRET = "金丝雀"
USER = "常熟新泰纺织机械有限公司"
DRAFT = projects.ProjectDraft("二期循环水泵", USER, tender_no="SZ2026-0117")
TWIN = projects.ProjectDraft(f"循环水泵二期（{SECRET}标）", "新泰纺织机械", tender_no="sz 20260117")


def project(who: str, draft: projects.ProjectDraft = DRAFT, now: datetime = NOW) -> int:
    return uow.attempt(lambda s: projects.create_project(s, actor(who), draft, now, entrance="console")).id


def register(who: str, project_id: int, dealer: int, now: datetime = NOW) -> registrations.Registered:
    return uow.attempt(
        lambda s: registrations.register(s, actor(who), project_id, dealer, "已约设计院", now, entrance="console")
    )


def notices(userid: str) -> list[dict[str, object]]:
    return [row.notice for row in rows(OutboxMessage, OutboxMessage.person_id == IDS[userid])]


def made_by(who: str, draft: projects.ProjectDraft) -> str:
    return uow.attempt(lambda s: projects.create_project(s, actor(who), draft, NOW, entrance="console")).said


def correct(who: str, project_id: int, now: datetime = NOW, **change: str) -> project_edit.ProjectCorrected:
    wanted = project_edit.ProjectChange(**change)
    asking = actor(who)
    return uow.attempt(lambda s: project_edit.update_project(s, asking, project_id, wanted, now, entrance="api"))
