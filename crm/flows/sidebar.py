"""What stands beside a chat: WeCom is asked about whom we do not know, then one transaction answers."""

from datetime import datetime

from crm import uow
from crm.access import Actor, get_contact
from crm.errors import NotFound
from crm.flows.contacts import stranger_of
from crm.ports import ReadCustomerGroup, ReadExternalContact
from crm.usecases import contacts, group_links
from crm.usecases.chat_links import Beside


def acquaint(actor: Actor, external_userid: str, read: ReadExternalContact, now: datetime) -> Beside:
    """The chat with one contact. Who is not known as the actor's friend is asked for: an event may be on its way, or
    lost. Only what WeCom says of this very actor is kept, so a forged or a foreign id changes nothing."""
    with uow.reading() as s:
        known = _known(s, actor, external_userid)
    if not known:
        person = read(external_userid)
        mine = actor.userid.casefold()
        if all(one.userid.casefold() != mine for one in person.followers):
            return Beside(external_userid)  # what follows finds nobody there
        stranger = stranger_of(person, actor.userid)
        uow.attempt(lambda s: contacts.keep(s, actor.userid, stranger, now))
    return Beside(external_userid)


def join(actor: Actor, chat_id: str, read: ReadCustomerGroup) -> Beside:
    """The chat of one customer group, as WeCom tells it now; NotFound for who is not in it."""
    group = read(chat_id)
    if not group_links.in_group(actor, group):
        raise NotFound(group_links.NO_GROUP)
    return Beside(group=group)


def _known(s: uow.Session, actor: Actor, external_userid: str) -> bool:
    try:
        get_contact(s, actor, external_userid, lock=False)
    except NotFound:
        return False
    return True
