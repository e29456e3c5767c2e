"""Turns what people do into event XML, hands it to the courier and lets the passive answer take effect on the phone."""

import re
import threading
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from emulator import replies
from emulator.callbacks import Courier, Delivery
from emulator.chats import Chats
from emulator.clock import Clock
from emulator.state import State
from emulator.tenant import Json, Tenant

AT_ONCE = 16  # events under way in the background
Follower = tuple[str, Json]
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Post:
    def __init__(self, tenant: Tenant, state: State, clock: Clock, chats: Chats, courier: Courier) -> None:
        self._tenant = tenant
        self._state = state
        self._clock = clock
        self._chats = chats
        self._courier = courier
        self._at_once = threading.BoundedSemaphore(AT_ONCE)

    def message(self, userid: str, kind: str, fields: Json, *, mini: bool = False) -> str:
        """The XML of a member's message (wecom.md §2.1); `mini` adds AppType as WeCom itself does for locations."""
        number = self._state.data["birth"] * 10**9 + self._state.next_id("msgid")
        tail: Json = {"MsgId": number, "AgentID": self._tenant.app.agentid, **({"AppType": "wxwork"} if mini else {})}
        return to_xml({**self._head(userid), "MsgType": kind, **fields, **tail})

    def event(self, userid: str, name: str, fields: Json) -> str:
        """The XML of an event of the app (wecom.md §2.2)."""
        return to_xml(
            {**self._head(userid), "MsgType": "event", "Event": name, **fields, "AgentID": self._tenant.app.agentid}
        )

    def corp_event(self, name: str, fields: Json) -> str:
        """The XML of a contact or customer event: from `sys`, without AgentID (wecom.md §2.3, §2.4)."""
        return to_xml({**self._head("sys"), "MsgType": "event", "Event": name, **fields})

    def free(self, fields: Json) -> str:
        """Any fields somebody wants to send; what is common to all events is filled in."""
        return to_xml({**self._head("sys"), "MsgType": "event", **fields})

    def send(self, xml: str, entry: Json | None = None, *, later: bool = False, then: Follower | None = None) -> Json:
        """Deliver and apply. Returns {"attempts": […], "reply": … | None}; with `later` at once {"queued": true}.

        `entry` is the member's bubble, which learns whether it arrived. `then`, a message and its bubble, goes out
        when this has been carried, arrived or not; its outcome is in "then".
        """
        for one, bubble in ((xml, entry), *([then] if then else [])):
            if bubble is not None:
                self._chats.change(bubble, status="sending", error=None, xml=one)
        if later:
            threading.Thread(target=self._carry_later, args=(xml, entry, then), daemon=True).start()
            return {"queued": True, "attempts": [], "reply": None}
        return self._carry_all(xml, entry, then)

    def _carry_later(self, xml: str, entry: Json | None, then: Follower | None) -> None:
        with self._at_once:
            self._carry_all(xml, entry, then)

    def _carry_all(self, xml: str, entry: Json | None, then: Follower | None) -> Json:
        outcome = self._carry(xml, entry)
        return {**outcome, "then": self._carry(*then)} if then else outcome

    def _head(self, sender: str) -> Json:
        return {"ToUserName": self._tenant.corpid, "FromUserName": sender, "CreateTime": int(self._clock.now())}

    def _carry(self, xml: str, entry: Json | None) -> Json:
        root = _parsed(xml)
        userid, event, task_id = (root.findtext(name, "") for name in ("FromUserName", "Event", "TaskId"))
        name = (
            " ".join(part for part in (event or root.findtext("MsgType", ""), root.findtext("ChangeType", "")) if part)
            or "raw"
        )
        card = self._chats.card(userid, task_id) if task_id else None
        if card is not None and not card["card"]["replaced"]:
            self._chats.change(card, card={"replaced": None, "pending": True})
        delivery = self._courier.deliver(xml, name, of_app=root.find("AgentID") is not None)
        outcome: Json = {"attempts": delivery.attempts, "reply": self._reply(delivery, userid, event)}
        if delivery.duplicates:
            outcome["duplicates"] = [
                {"attempts": one.attempts, "reply": self._reply(one, userid, event)} for one in delivery.duplicates
            ]
        self._settle(delivery, outcome["reply"], xml, userid, entry, card)
        return outcome

    def _reply(self, delivery: Delivery, userid: str, event: str) -> Json | None:
        if not delivery.answered:
            return None
        try:
            return replies.read(
                self._courier.crypto(), delivery.body, corpid=self._tenant.corpid, userid=userid, event=event.lower()
            )
        except replies.ReplyError as error:
            return {"problem": str(error)}

    def _settle(
        self, delivery: Delivery, reply: Json | None, xml: str, userid: str, entry: Json | None, card: Json | None
    ) -> None:
        """Show on the phone what came of it."""
        if card is not None and not card["card"]["replaced"]:
            self._chats.change(card, card={"replaced": None, "pending": False})
        problem = None if delivery.answered else delivery.attempts[-1].get("error", "no answer")
        if entry is not None:
            self._chats.change(entry, status="failed" if problem else "ok", error=problem)
        elif problem and userid in self._state.data["chats"]:
            self._chats.add(userid, "system", "failure", {}, status="failed", error=problem, xml=xml)
        if reply is None:
            return
        kind = reply.get("type")
        if "problem" in reply:
            self._chats.add(userid, "system", "notice", {"content": f"应用的回答无法显示：{reply['problem']}"})
        elif kind == "update_button" and card is not None:
            self._chats.grey(card, reply["replace_name"])
        elif kind == "update_template_card" and card is not None:
            self._chats.replace_card(card, reply["card"])
        elif kind not in replies.UPDATES:
            body = {key: value for key, value in reply.items() if key != "type"}
            self._chats.add(userid, "app", str(kind), body, passive=True)


def _parsed(xml: str) -> Element:
    """The event as a tree; hand-made XML may be broken, then an empty one."""
    try:
        root: Element = fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return Element("xml")
    return root


def to_xml(fields: Json) -> str:
    """Strings in CDATA, numbers plain, lists as repeated siblings, in the given order."""
    return f"<xml>{_inner(fields)}</xml>"


def _inner(fields: Json) -> str:
    return "".join(
        _element(name, one) for name, value in fields.items() for one in (value if isinstance(value, list) else [value])
    )


def _element(name: str, value: object) -> str:
    if isinstance(value, dict):
        return f"<{name}>{_inner(value)}</{name}>"
    if isinstance(value, bool) or value is None:
        value = "" if value is None else str(int(value))
    if isinstance(value, str):
        safe = NOT_XML.sub("", value).replace("]]>", "]]]]><![CDATA[>")
        return f"<{name}><![CDATA[{safe}]]></{name}>"
    return f"<{name}>{value}</{name}>"
