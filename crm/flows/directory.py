"""Bring the company's teams and members in from WeCom: all of them, or the one that an event is about."""

from datetime import datetime
from functools import partial

from crm import uow
from crm.messages import Received
from crm.ports import Directory, Member
from crm.usecases import directory as mirror
from crm.usecases.directory import Counts


def sync(directory: Directory, now: datetime) -> Counts:
    """Everything the app may see. Asked first, then written: teams, each member by himself, then who leads whom.

    Running it twice changes nothing; stopped half-way, the next run ends it. Raises what the directory raises.
    """
    departments = directory.departments()
    members: dict[str, Member] = {}
    for department in departments:
        for member in directory.members(department.id):
            members.setdefault(member.userid.casefold(), member)
    counts = Counts()
    uow.attempt(lambda s: mirror.mirror_teams(s, departments, now, counts))
    for member in members.values():
        uow.attempt(partial(mirror.mirror_member, member=member, now=now, counts=counts))
    uow.attempt(lambda s: mirror.mirror_leaders(s, departments, members.values(), now, counts))
    uow.attempt(lambda s: mirror.note_missing(s, [member.userid for member in members.values()], counts))
    return counts


def refresh(received: Received, directory: Directory, now: datetime) -> None:
    """`change_contact`: what it says about a member or a department is asked anew, so that order does not matter.

    `received.userid` is the member, `received.object_id` his new userid when it was changed. May run twice.
    """
    change = received.change_type.casefold()
    if change == "delete_user":
        uow.attempt(lambda s: mirror.mark_left(s, received.userid, now))
    elif change in ("create_user", "update_user"):
        _refresh_member(received.userid, received.object_id, directory, now)
    elif change in ("create_party", "update_party", "delete_party"):
        departments = directory.departments()
        uow.attempt(lambda s: mirror.mirror_teams(s, departments, now, Counts()))


def _refresh_member(userid: str, new_userid: str, directory: Directory, now: datetime) -> None:
    if new_userid:
        uow.attempt(lambda s: mirror.rename(s, userid, new_userid, now))
    member = directory.member(new_userid or userid)
    if not uow.attempt(lambda s: mirror.knows_team(s, member.main_department)):
        departments = directory.departments()
        uow.attempt(lambda s: mirror.mirror_teams(s, departments, now, Counts()))
    uow.attempt(lambda s: mirror.mirror_member(s, member, now, Counts()))
    uow.attempt(lambda s: mirror.mirror_own_leading(s, member, now, Counts()))
