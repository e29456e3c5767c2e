"""A stranger added one of us: ask WeCom who that is, then mirror it and send the card."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from crm import uow
from crm.messages import Received
from crm.ports import ExternalPerson, ReadExternalContact
from crm.usecases import contacts


def introduce(received: Received, read: ReadExternalContact, now: datetime) -> None:
    """`add_external_contact`: may run twice; the card is promised once."""
    stranger = stranger_of(read(received.object_id), received.userid)
    uow.attempt(lambda s: contacts.meet(s, received.userid, stranger, now))


def parted(received: Received, now: datetime) -> None:
    """`del_follow_user` (the customer left) and `del_external_contact` (we did)."""
    by_customer = received.change_type.casefold() == "del_follow_user"
    uow.attempt(lambda s: contacts.part(s, received.userid, received.object_id, by_customer, now))


@dataclass(frozen=True, slots=True)
class Counts:
    members: int
    contacts: int
    failed: tuple[str, ...]  # a sentence each


def sync(
    follow_users: Callable[[], Sequence[str]],
    list_of: Callable[[str], Sequence[str]],
    read: ReadExternalContact,
    now: datetime,
) -> Counts:
    """Mirror every member's outside contacts, without cards: one contact's failure is told and holds nobody back."""
    members = follow_users()
    done, failed = 0, []
    for userid in members:
        for external_userid in list_of(userid):
            try:
                stranger = stranger_of(read(external_userid), userid)
            except Exception as error:  # the gateway's own exception type is not known in this room
                failed.append(f"{userid} 的联系人 {external_userid}：{error}")
                continue
            uow.attempt(partial(contacts.keep, userid=userid, stranger=stranger, now=now))
            done += 1
    return Counts(len(members), done, tuple(failed))


def stranger_of(person: ExternalPerson, userid: str) -> contacts.Stranger:
    """The person as the friend of this one of ours."""
    ours = [f for f in person.followers if f.userid.casefold() == userid.casefold()]
    return contacts.Stranger(
        external_userid=person.external_userid,
        name=person.name,
        corp_name=person.corp_full_name or person.corp_name,
        position=person.position,
        remark=ours[0].remark if ours else "",
        state=ours[0].state if ours else "",
    )
