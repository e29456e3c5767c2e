"""The cards of a project's registration: it is about to run out, or somebody else was there first."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import Policy
from crm.access import actor_by_id, end_user_known_to
from crm.messages import Tap
from crm.notices import Fact, Notice
from crm.rules.days import SHANGHAI, days_between
from models.customers import Customer
from models.projects import Project, ProjectRegistration

Card = tuple[Notice, list[Tap]]


def end_user_for(s: Session, person_id: int, project: Project, now: datetime) -> str:
    """The project's end user as the reader of a card may know it."""
    if project.end_user_id is None:  # only a name, which whoever reads of the project knows
        return project.end_user or "未填"
    reader = actor_by_id(s, person_id, now)
    return s.scalar(select(end_user_known_to(reader)).where(Project.id == project.id)) or "未填"


def expiring_card(s: Session, registration_id: int, reader_id: int, now: datetime, policy: Policy) -> Card:
    """For the rep whose registration runs out, or who answers for him."""
    registration = s.get_one(ProjectRegistration, registration_id)
    project, dealer = s.get_one(Project, registration.project_id), s.get_one(Customer, registration.dealer_id).name
    left = days_between(now, registration.expires_at - timedelta(seconds=1))
    until = registration.expires_at.astimezone(SHANGHAI)
    may_extend = registration.extensions < policy.registration_extensions
    args = {"registration": registration.id}
    notice = Notice(
        title=f"报备还有 {left} 天到期：{project.name}",
        desc="到期后不再保护您的经销商，别家可以报备同一个项目",
        facts=(
            Fact("经销商", dealer),
            Fact("终端用户", end_user_for(s, reader_id, project, now)),
            Fact("到期", f"{until:%Y-%m-%d %H:%M}"),
            Fact("已延期", f"{registration.extensions} 次，最多 {policy.registration_extensions} 次"),
        ),
        body="还在推进就点延期；不做了就点放弃，让给别人" if may_extend else "延期次数已用完，还要做请找主管商量",
    )
    taps = [Tap("放弃", "end_registration", args), Tap("知道了", "seen", {})]
    return notice, [Tap("延期", "extend_registration", args, 1), *taps] if may_extend else taps


def first_side_card(
    project: Project, end_user: str, first: ProjectRegistration, rep: str, dealer: str, other: str
) -> Card:
    """For the supervisor of who registered first. `other` is the other side's supervisor, whom to speak with."""
    notice = Notice(
        title=f"项目重复报备：{project.name}",
        desc="另一个团队也报备了同一个项目，您这边在先，仍受保护",
        facts=(Fact("报备人", rep), Fact("经销商", dealer), *_side(end_user, first), Fact("找谁商量", other)),
        body="不用处理就一直由您这边的经销商受保护；要让给对方，点「让给对方」",
    )
    return notice, [Tap("知道了", "seen", {}, 1), Tap("让给对方", "yield_registration", {"registration": first.id})]


def later_side_card(
    project: Project, end_user: str, later: ProjectRegistration, rep: str, dealer: str, other: str
) -> Card:
    """For the supervisor of who came later: what the others have is not told, only whom to ask."""
    notice = Notice(
        title=f"项目重复报备：{project.name}",
        desc="同事已报备同一个项目，您这边在后，暂不受保护",
        facts=(Fact("报备人", rep), Fact("经销商", dealer), *_side(end_user, later), Fact("找谁商量", other)),
        body="请先和对方主管商量，别让两家经销商报出两个价。不争了就点「放弃报备」",
    )
    return notice, [Tap("知道了", "seen", {}, 1), Tap("放弃报备", "yield_registration", {"registration": later.id})]


def met_notice(project: Project, end_user: str, reps: str, reason: str, others: str, *, two_teams: bool) -> Notice:
    """For the supervisor on one side of two teams, or above two of one team, before anybody has registered it twice.

    `others`: whom to speak with; "" where both sides are his.
    """
    ask = (Fact("找谁商量", others),) if others else ()
    first = "先报备的受保护，在后的会收到提示"
    return Notice(
        title=f"项目撞单：{project.name}",
        desc="两个团队在跟同一个项目" if two_teams else "同一个团队的两个人在跟同一个项目",
        facts=(Fact("跟进人", reps), Fact("终端用户", end_user), Fact("依据", reason), *ask),
        body=f"请和对方主管商量由谁报备。{first}" if others else f"两边都归您管，请定由谁报备。{first}",
    )


def _side(end_user: str, registration: ProjectRegistration) -> tuple[Fact, ...]:
    until = registration.expires_at.astimezone(SHANGHAI)
    return Fact("终端用户", end_user), Fact("到期", f"{until:%Y-%m-%d}")
