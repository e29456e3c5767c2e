"""WeCom's customer contact (客户联系) in bulk: friendships by pages, tags, customer groups, 联系我 codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateways.wecom import people
from gateways.wecom.errors import WecomError
from gateways.wecom.people import ExternalPerson
from gateways.wecom.wire import Wire, answer_of, as_json

_FRIENDS, _GROUPS = 100, 100  # rows of a page; WeCom allows 100 and 1,000
_NO_FRIENDS = 84061
_NO_GROUP = frozenset({86003, 49008})  # unknown, dissolved
_GONE_WAY = frozenset({41044, 40096})  # the code was deleted before
_ONE_PERSON, _QR = 1, 2
_OUTSIDE = 2


@dataclass(frozen=True, slots=True)
class FriendPage:
    """A page of friendships, one follower each. It may be empty while `next_cursor` is set."""

    people: tuple[ExternalPerson, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class Tag:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class TagGroup:
    id: str
    name: str
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class GroupPage:
    chat_ids: tuple[str, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class GroupMember:
    """`key` is a userid, or an external_userid where `outside`."""

    key: str
    outside: bool
    name: str
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class GroupChat:
    """A customer group; `owner` is a userid, `name` is empty where nobody named it."""

    chat_id: str
    name: str
    owner: str
    made_at: datetime
    members: tuple[GroupMember, ...]


class Customers:
    """The calls under `externalcontact/`. Safe to share between threads, like the wire it rides on."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def friends(self, userids: Sequence[str], cursor: str) -> FriendPage:
        """The next page of these members' customers, at most 100 of them; "" begins. None is WeCom's 84061."""
        path = "externalcontact/batch/get_by_user"
        with answer_of(path):
            try:
                answer = self._post(path, {"userid_list": list(userids), "cursor": cursor, "limit": _FRIENDS})
            except WecomError as error:
                if error.code == _NO_FRIENDS:
                    return FriendPage((), "")
                raise
            rows = people.objects(answer, "external_contact_list")
            return FriendPage(tuple(_friend(row) for row in rows), _next(answer, cursor))

    def tag_groups(self) -> list[TagGroup]:
        """All tags of the company that are in use."""
        path = "externalcontact/get_corp_tag_list"
        with answer_of(path):
            groups = people.objects(self._post(path, {}), "tag_group")
            return [_tag_group(group) for group in groups if not group.get("deleted")]

    def add_tag(self, group: str, name: str) -> str:
        """A new tag in the group of this name, which is made where it is not there yet; the tag's id."""
        path = "externalcontact/add_corp_tag"
        with answer_of(path):
            made = self._post(path, {"group_name": group, "tag": [{"name": name}]}).get("tag_group")
            found = [tag.id for tag in _tag_group(made).tags if tag.name == name] if isinstance(made, dict) else []
            if not found:
                raise people.Malformed("tag_group")
            return found[0]

    def mark(self, userid: str, external_userid: str, add: Sequence[str], remove: Sequence[str]) -> None:
        """Put tags on a member's customer, and take them off; saying it twice changes nothing."""
        body = {"userid": userid, "external_userid": external_userid, "add_tag": add, "remove_tag": remove}
        self._post("externalcontact/mark_tag", body)

    def group_chats(self, owners: Sequence[str], cursor: str) -> GroupPage:
        """The next page of these members' customer groups, at most 100 of them; "" begins.

        Without owners WeCom answers 81017 wherever the app sees more than 1,000 members.
        """
        path = "externalcontact/groupchat/list"
        with answer_of(path):
            body = {"status_filter": 0, "owner_filter": {"userid_list": list(owners)}, "limit": _GROUPS}
            answer = self._post(path, {**body, "cursor": cursor})
            chats = people.objects(answer, "group_chat_list")
            return GroupPage(tuple(people.must_text(chat, "chat_id") for chat in chats), _next(answer, cursor))

    def group_chat(self, chat_id: str) -> GroupChat | None:
        """One customer group with its members; None when it was dissolved or never was."""
        path = "externalcontact/groupchat/get"
        with answer_of(path):
            try:
                found = self._post(path, {"chat_id": chat_id, "need_name": 1}).get("group_chat")
            except WecomError as error:
                if error.code in _NO_GROUP:
                    return None
                raise
            if not isinstance(found, dict):
                raise people.Malformed("group_chat")
            return GroupChat(
                chat_id=people.must_text(found, "chat_id"),
                name=people.text(found, "name"),
                owner=people.text(found, "owner"),
                made_at=people.instant(found, "create_time"),
                members=tuple(_group_member(one) for one in people.objects(found, "member_list")),
            )

    def make_way(self, userid: str, state: str, remark: str) -> tuple[str, bytes]:
        """A QR code by which customers add this member; `state`, at most 30 characters, comes back with them.

        What WeCom calls it, and its picture (PNG or JPEG): its address would not outlive WeCom's own caches.
        """
        path = "externalcontact/add_contact_way"
        body = {"type": _ONE_PERSON, "scene": _QR, "user": [userid], "state": state, "remark": remark}
        with answer_of(path):
            made = self._post(path, {**body, "skip_verify": True})
            config_id, address = people.must_text(made, "config_id"), people.must_text(made, "qr_code")
        return config_id, self._wire.picture(path, address)

    def remove_way(self, config_id: str) -> None:
        """Nobody can be added by this code any more; removing it twice is no error."""
        try:
            self._post("externalcontact/del_contact_way", {"config_id": config_id})
        except WecomError as error:
            if error.code not in _GONE_WAY:
                raise

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._wire.post(path, as_json(body))


def _next(answer: Mapping[str, Any], cursor: str) -> str:
    """A cursor that comes back would turn for ever."""
    found = people.text(answer, "next_cursor")
    if found and found == cursor:
        raise people.Malformed("next_cursor")
    return found


def _friend(row: Mapping[str, Any]) -> ExternalPerson:
    person, follow = row.get("external_contact"), row.get("follow_info")
    if not isinstance(person, dict) or not isinstance(follow, dict):
        raise people.Malformed("external_contact_list")
    return people.external_person(person, [follow])


def _tag_group(group: Mapping[str, Any]) -> TagGroup:
    tags = [tag for tag in people.objects(group, "tag") if not tag.get("deleted")]
    return TagGroup(
        id=people.must_text(group, "group_id"),
        name=people.text(group, "group_name"),
        tags=tuple(Tag(people.must_text(tag, "id"), people.text(tag, "name")) for tag in tags),
    )


def _group_member(entry: Mapping[str, Any]) -> GroupMember:
    return GroupMember(
        key=people.must_text(entry, "userid"),
        outside=entry.get("type") == _OUTSIDE,
        name=people.text(entry, "name"),
        joined_at=people.instant(entry, "join_time"),
    )
