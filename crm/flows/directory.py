"""Bring the company's teams and members in from WeCom: all of them, or the one that an event is about."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from crm import uow
from crm.flows.pausing import Pause, asked, never
from crm.messages import Received
from crm.ports import Directory, Member
from crm.rules.words import storable
from crm.silence import batched
from crm.usecases import directory as mirror
from crm.usecases.directory import Counts

log = logging.getLogger(__name__)

_AT_ONCE = 300  # members of one transaction


def sync(directory: Directory, now: datetime) -> Counts:
    """Everything the app may see, in one go; `steps` says how."""
    counts = Counts()
    for _ in steps(directory, now, counts, never):
        pass
    return counts


def steps(directory: Directory, now: datetime, counts: Counts, pause: Pause) -> Iterator[str]:
    """Asked first, then written: teams, members by the hundred, then who leads whom. Stops between for a breath, "".

    Running it twice changes nothing; stopped half-way, the next run ends it. Raises what the directory raises; a
    member whom the store does not take is told in `counts.reasons` and holds back nobody.
    """
    departments = yield from asked(directory.departments, pause)
    members: dict[str, Member] = {}
    for department in departments:
        for member in (yield from asked(partial(directory.members, department.id), pause)):
            members.setdefault(member.userid.casefold(), member)
    seen = [member.userid for member in members.values()]
    uow.attempt(lambda s: mirror.mirror_teams(s, departments, now, counts))
    kept: list[Member] = []
    for some in batched(list(members.values()), _AT_ONCE):
        yield ""
        kept += _mirrored(some, now, counts)
    yield ""
    uow.attempt(lambda s: mirror.mirror_leaders(s, departments, kept, now, counts))
    for some in batched(kept, _AT_ONCE):
        yield ""
        uow.attempt(partial(mirror.set_direct_leaders, members=some, now=now, counts=counts))
    uow.attempt(lambda s: mirror.note_missing(s, seen, counts))


def _mirrored(members: Sequence[Member], now: datetime, counts: Counts) -> Sequence[Member]:
    """Together, or each by himself where that fails; those whom the store has taken."""
    try:
        uow.attempt(partial(mirror.mirror_members, members=members, now=now, counts=counts))
    except uow.StoreDown:
        raise  # no member is to blame
    except Exception as error:
        if len(members) > 1:
            return [one for member in members for one in _mirrored([member], now, counts)]
        log.exception("directory: one member was not taken")
        who = storable(members[0].name or members[0].userid)[:64]
        counts.reasons.append(f"{who}：资料存不下来，已跳过（{type(error).__name__}）")
        return []
    return members


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
    uow.attempt(lambda s: mirror.mirror_members(s, [member], now, Counts()))
    uow.attempt(lambda s: mirror.mirror_own_leading(s, member, now, Counts()))
