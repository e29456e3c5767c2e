"""WeCom's server API in the words of this product: one method per call, values out, WecomError for every failure.

It rides on a plain requests session per thread instead of wechatpy's client, which has no single flight for tokens,
retries a refused token without end, pins the host of gettoken and keeps the token in the text of its errors.
"""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateways.wecom import people
from gateways.wecom.check_ins import CheckIns
from gateways.wecom.customers import Customers
from gateways.wecom.errors import Kind, WecomError
from gateways.wecom.js import JsSdk
from gateways.wecom.people import Agent, Department, ExternalPerson, Follower, Malformed, Member
from gateways.wecom.tokens import TokenStore
from gateways.wecom.wire import Wire, answer_of, as_json

__all__ = ["Agent", "Department", "ExternalPerson", "Follower", "Member", "Sent", "WecomClient"]

_MOST_PAGES = 200
_NO_MENU = 46003
_LONGEST_CODE = 512  # bytes of a login code


@dataclass(frozen=True, slots=True)
class Sent:
    """An accepted message. ``response_code`` (cards with buttons only) updates it once within 72 hours.

    ``invalid_users`` (lower case) did not get it, although the call as a whole succeeded.
    """

    msgid: str
    response_code: str
    invalid_users: frozenset[str]


class WecomClient:
    """The self-built app ``agent_id`` of one company. Safe to share between threads and after a fork."""

    def __init__(
        self,
        *,
        base: str,
        corp_id: str,
        agent_id: int,
        secret: str,
        tokens: TokenStore,
        clock: Callable[[], datetime],
        connect_timeout: float = 3.0,
        read_timeout: float = 8.0,
    ) -> None:
        """``base`` is WECOM_API_BASE, ``clock`` gives aware UTC, the time limits are seconds."""
        self._corp_id, self._agent_id = corp_id, agent_id
        name = f"wecom:{corp_id}:{agent_id}"  # one per app: an app's token is refused for another app
        self._wire = Wire(
            base=base,
            corp_id=corp_id,
            name=name,
            secret=secret,
            tokens=tokens,
            clock=clock,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
        )
        self.js = JsSdk(self._wire, name=name, tokens=tokens, clock=clock)
        self.customers = Customers(self._wire)
        self.check_ins = CheckIns(self._wire)

    def patient(self) -> "WecomClient":
        """The same client for what reads the whole company: it asks a busy WeCom (-1, 45033) more often."""
        other = copy.copy(self)
        other._wire = self._wire.patient()
        other.customers = Customers(other._wire)
        other.check_ins = CheckIns(other._wire)
        return other

    def send(self, document: str) -> Sent:
        """Posts a rendered document byte for byte; 81013 (nobody can get it) is a WecomError.

        A document with a response_code exchanges the card of that code instead of sending a message: 60140 (spent, or
        older than 72 hours) is a WecomError of kind EXPIRED.
        """
        path = "message/update_template_card" if "response_code" in json.loads(document) else "message/send"
        answer = self._wire.post(path, document.encode())
        invalid = people.userids(answer.get("invaliduser")) | people.userids(answer.get("unlicenseduser"))
        return Sent(people.text(answer, "msgid"), people.text(answer, "response_code"), invalid)

    def external_contact(self, external_userid: str) -> ExternalPerson:
        """One customer's person with all followers inside the app's range."""
        path = "externalcontact/get"
        with answer_of(path):
            pages = list(self._pages(path, external_userid=external_userid))
            person = pages[0].get("external_contact")
            if not isinstance(person, dict):
                raise Malformed("external_contact")
            return people.external_person(
                person, [entry for page in pages for entry in people.objects(page, "follow_user")]
            )

    def follow_users(self) -> list[str]:
        """The members who may serve customers (客户联系)."""
        path = "externalcontact/get_follow_user_list"
        with answer_of(path):
            return people.strings(self._wire.get(path), "follow_user")

    def departments(self) -> list[Department]:
        """All departments the app may see."""
        path = "department/list"
        with answer_of(path):
            return [people.department(entry) for entry in people.objects(self._wire.get(path), "department")]

    def members(self, department_id: int) -> list[Member]:
        """The members directly in a department, as far as the app may see them."""
        path = "user/list"
        with answer_of(path):
            answer = self._wire.get(path, department_id=department_id)
            return [people.member(entry) for entry in people.objects(answer, "userlist")]

    def member(self, userid: str) -> Member:
        """One member; 60111 when there is none, 60011 when out of range, both kind RECEIVER."""
        path = "user/get"
        with answer_of(path):
            return people.member(self._wire.get(path, userid=userid))

    def user_of_login(self, code: str) -> str:
        """The userid behind an OAuth or QR login code; for an outsider WecomError of kind RECEIVER."""
        path = "auth/getuserinfo"
        answer = self._wire.get(path, code=_login_code(path, code))
        # The older form of the call writes UserId; a proxy may still speak it.
        return self._member_of(path, people.text(answer, "userid") or people.text(answer, "UserId"))

    def user_of_miniapp(self, code: str) -> str:
        """The userid behind a mini-program code of ``wx.qy.login``; the session key in the answer is not kept."""
        path = "miniprogram/jscode2session"
        answer = self._wire.get(path, js_code=_login_code(path, code), grant_type="authorization_code")
        ours = people.text(answer, "corpid") in ("", self._corp_id)
        return self._member_of(path, people.text(answer, "userid") if ours else "")

    def media(self, media_id: str) -> bytes:
        """A picture that a member sent, for three days; afterwards WecomError of kind EXPIRED."""
        return self._wire.download("media/get", media_id=media_id)

    def upload_media(self, kind: str, name: str, content: bytes) -> str:
        """Puts a file ("image" or "file") where the client can send it from; the media_id is good for three days."""
        path = "media/upload"
        with answer_of(path):
            media_id = people.text(self._wire.upload(path, name, content, type=kind), "media_id")
            if not media_id:
                raise Malformed("media_id")
            return media_id

    def menu(self) -> Mapping[str, Any] | None:
        """The app's menu as it stands; None where none was made."""
        try:
            return self._wire.get("menu/get", agentid=self._agent_id)
        except WecomError as error:
            if error.code == _NO_MENU:
                return None
            raise

    def js_tickets(self) -> None:
        """Both tickets that pages sign with can be had, the company's and the app's; else WecomError."""
        self._wire.get("get_jsapi_ticket")
        self._wire.get("ticket/get", type="agent_config")

    def create_menu(self, menu: Mapping[str, Any]) -> None:
        """Replaces the app's menu at the foot of its chat."""
        self._wire.post("menu/create", as_json(menu), agentid=self._agent_id)

    def agent(self) -> Agent:
        """The app's own settings, for the connection check."""
        path = "agent/get"
        with answer_of(path):
            return people.agent(self._wire.get(path, agentid=self._agent_id))

    def _pages(self, path: str, **params: str | int) -> Iterator[dict[str, Any]]:
        """Page after page until there is no next cursor; a cursor that comes back would turn for ever."""
        cursor, seen = "", {""}
        for _ in range(_MOST_PAGES):
            page = self._wire.get(path, **params, **({"cursor": cursor} if cursor else {}))
            yield page
            cursor = people.text(page, "next_cursor")
            if not cursor:
                return
            if cursor in seen:
                raise Malformed("next_cursor")
            seen.add(cursor)
        raise Malformed("next_cursor")

    @staticmethod
    def _member_of(path: str, userid: str) -> str:
        if not userid:
            raise WecomError(
                path,
                kind=Kind.RECEIVER,
                what="登录的人不是本企业成员",
                hint="请用本企业的企业微信账号登录；若刚加入企业，请联系管理员把你加入应用的「可见范围」。",
            )
        return userid


def _login_code(path: str, code: str) -> str:
    """Refuses at once what cannot be a code, so that strangers cannot make us ask WeCom about anything they like."""
    if not 1 <= len(code) <= _LONGEST_CODE or not code.isascii() or not code.isprintable():
        raise WecomError(path, 40029)
    return code
