"""The persons, departments and settings that WeCom tells us about, as values, read strictly where a gap would lie."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


class Malformed(ValueError):
    """An answer without something it must have; reading it as 'nothing' would let a sync remove everybody."""


@dataclass(frozen=True, slots=True)
class Follower:
    """A member who has the customer as a contact. ``state`` names the contact way; ``createtime`` is aware UTC.

    ``add_way`` is WeCom's number for how they met, 0 unknown; ``tags`` are ids of the company's own tags.
    """

    userid: str
    remark: str
    remark_corp_name: str
    createtime: datetime
    state: str
    add_way: int
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExternalPerson:
    """A customer's person; the company names are empty for a WeChat user, who has none but the remark."""

    external_userid: str
    name: str
    corp_name: str
    corp_full_name: str
    position: str
    followers: tuple[Follower, ...]


@dataclass(frozen=True, slots=True)
class Department:
    """``parent_id`` is 0 for the root; ``leaders`` are userids."""

    id: int
    name: str
    parent_id: int
    order: int
    leaders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """``leader_in`` are the departments led; ``status`` 1 active, 2 disabled, 4 not activated, 5 left.

    ``main_department`` is 0 and ``direct_leader`` is empty when WeCom names none.
    """

    userid: str
    name: str
    department_ids: tuple[int, ...]
    leader_in: tuple[int, ...]
    main_department: int
    direct_leader: str
    status: int
    position: str
    alias: str


@dataclass(frozen=True, slots=True)
class Agent:
    """The app as WeCom's administration sees it; the allowed ones are its visible range."""

    agent_id: int
    name: str
    closed: bool
    redirect_domain: str
    home_url: str
    allowed_users: tuple[str, ...]
    allowed_departments: tuple[int, ...]
    allowed_tags: tuple[int, ...]


def external_person(person: Mapping[str, Any], followers: list[dict[str, Any]]) -> ExternalPerson:
    return ExternalPerson(
        external_userid=must_text(person, "external_userid"),
        name=text(person, "name"),
        corp_name=text(person, "corp_name"),
        corp_full_name=text(person, "corp_full_name"),
        position=text(person, "position"),
        followers=tuple(follower(entry) for entry in followers),
    )


def follower(entry: Mapping[str, Any]) -> Follower:
    return Follower(
        userid=must_text(entry, "userid"),
        remark=text(entry, "remark"),
        remark_corp_name=text(entry, "remark_corp_name"),
        createtime=instant(entry, "createtime"),
        state=text(entry, "state"),
        add_way=_number(entry, "add_way"),
        tags=_tag_ids(entry),
    )


def _tag_ids(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The batch call names ids, the single call whole tags; a member's private ones among them have no id."""
    if "tag_id" in entry:
        return _texts(entry["tag_id"])
    tags = entry.get("tags")
    found = [text(tag, "tag_id") for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []
    return tuple(tag_id for tag_id in found if tag_id)


def department(entry: Mapping[str, Any]) -> Department:
    return Department(
        id=must_number(entry, "id"),
        name=text(entry, "name"),
        parent_id=_number(entry, "parentid"),
        order=_number(entry, "order"),
        leaders=_texts(entry.get("department_leader")),
    )


def member(entry: Mapping[str, Any]) -> Member:
    departments = _numbers(entry.get("department"))
    # Parallel to the departments: 1 where the member leads that one.
    leads = _numbers(entry.get("is_leader_in_dept"))
    return Member(
        userid=must_text(entry, "userid"),
        name=text(entry, "name"),
        department_ids=departments,
        leader_in=tuple(number for number, leading in zip(departments, leads, strict=False) if leading),
        main_department=_number(entry, "main_department") or next(iter(departments), 0),
        direct_leader=next(iter(_texts(entry.get("direct_leader"))), ""),
        status=must_number(entry, "status"),
        position=text(entry, "position"),
        alias=text(entry, "alias"),
    )


def agent(answer: Mapping[str, Any]) -> Agent:
    users = answer.get("allow_userinfos")
    partys, tags = answer.get("allow_partys"), answer.get("allow_tags")
    return Agent(
        agent_id=must_number(answer, "agentid"),
        name=text(answer, "name"),
        closed=bool(_number(answer, "close")),
        redirect_domain=text(answer, "redirect_domain"),
        home_url=text(answer, "home_url"),
        allowed_users=tuple(must_text(user, "userid") for user in objects(users, "user")) if users else (),
        allowed_departments=_numbers(partys.get("partyid")) if isinstance(partys, dict) else (),
        allowed_tags=_numbers(tags.get("tagid")) if isinstance(tags, dict) else (),
    )


def instant(entry: Mapping[str, Any], name: str) -> datetime:
    try:
        return datetime.fromtimestamp(_number(entry, name), UTC)
    except (OverflowError, OSError, ValueError):
        raise Malformed(name) from None


def objects(answer: Any, name: str) -> list[dict[str, Any]]:
    """A list of objects that must be there."""
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise Malformed(name)
    return found


def strings(answer: Mapping[str, Any], name: str) -> list[str]:
    """A list of texts that must be there."""
    found = answer.get(name)
    if not isinstance(found, list) or not all(isinstance(entry, str) for entry in found):
        raise Malformed(name)
    return found


def text(entry: Mapping[str, Any], name: str) -> str:
    found = entry.get(name)
    return found if isinstance(found, str) else ""


def must_text(entry: Mapping[str, Any], name: str) -> str:
    if not (found := text(entry, name)):
        raise Malformed(name)
    return found


def must_number(entry: Mapping[str, Any], name: str) -> int:
    if type(entry.get(name)) is not int:
        raise Malformed(name)
    return _number(entry, name)


def userids(found: Any) -> frozenset[str]:
    """Receivers that WeCom refused, without case: message/send joins them by ``|``, updates give a list."""
    names = found.split("|") if isinstance(found, str) else _texts(found)
    return frozenset(name.casefold() for name in names if name)


def _number(entry: Mapping[str, Any], name: str) -> int:
    found = entry.get(name)
    return found if type(found) is int else 0


def _numbers(found: Any) -> tuple[int, ...]:
    return tuple(entry for entry in found if type(entry) is int) if isinstance(found, list) else ()


def _texts(found: Any) -> tuple[str, ...]:
    return tuple(entry for entry in found if isinstance(entry, str) and entry) if isinstance(found, list) else ()
