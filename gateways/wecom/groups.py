"""One customer group (客户群) as `externalcontact/groupchat/get` tells it: its name, and who is in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateways.wecom import people
from gateways.wecom.errors import WecomError
from gateways.wecom.people import Malformed
from gateways.wecom.wire import Wire

_PATH = "externalcontact/groupchat/get"
_OUTSIDE = 2


@dataclass(frozen=True, slots=True)
class GroupMember:
    """``userid`` is an external_userid where ``outside``."""

    userid: str
    name: str
    outside: bool


@dataclass(frozen=True, slots=True)
class CustomerGroup:
    chat_id: str
    name: str
    owner: str
    members: tuple[GroupMember, ...]


def customer_group(wire: Wire, chat_id: str) -> CustomerGroup:
    """With the names that its members have in it; WecomError also for a chat that is no customer group of ours."""
    body = json.dumps({"chat_id": chat_id, "need_name": 1}).encode()
    chat = wire.post(_PATH, body).get("group_chat")
    if not isinstance(chat, dict):
        raise WecomError(_PATH, what="企业微信接口的回答不完整")
    try:
        members = tuple(_member(one) for one in people.objects(chat, "member_list"))
    except Malformed:
        raise WecomError(_PATH, what="企业微信接口的回答不完整") from None
    return CustomerGroup(chat_id, people.text(chat, "name"), people.text(chat, "owner"), members)


def _member(one: Mapping[str, Any]) -> GroupMember:
    named = people.text(one, "name") or people.text(one, "group_nickname")
    return GroupMember(people.text(one, "userid"), named, one.get("type") == _OUTSIDE)
