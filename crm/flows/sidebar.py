"""What stands beside a chat: WeCom is asked about whom we do not know, then one transaction answers."""

from dataclasses import replace
from datetime import datetime

from config.collisions import RadarEntry
from crm import policy, uow
from crm.access import Actor, get_contact
from crm.errors import NotFound
from crm.flows.contacts import stranger_of
from crm.ports import Beside, ReadExternalContact, ReadGroupChat
from crm.reads.sidebar import MOST_CANDIDATES, Candidate, Sidebar, sidebar
from crm.usecases import contacts, group_links
from crm.usecases.radar import Question, Similar, ask


def acquaint(actor: Actor, external_userid: str, read: ReadExternalContact, now: datetime) -> Beside:
    """The chat with one contact. Who is not known as the actor's friend is asked for: an event may be on its way, or
    lost. Only what WeCom says of this very actor is kept, so a forged or a foreign id changes nothing."""
    with uow.reading() as s:
        known = _known(s, actor, external_userid)
    if not known:
        person = read(external_userid)
        stranger = stranger_of(person, actor.userid) if person is not None else None
        if stranger is not None:  # else what follows finds nobody there
            uow.attempt(lambda s: contacts.keep(s, actor.userid, stranger, now))
    return Beside(external_userid)


def look(s: uow.Session, actor: Actor, chat: Beside, now: datetime) -> Sidebar:
    """Everything for one look, with what the radar says where nothing is linked."""
    found = sidebar(s, actor, chat, now)
    return replace(found, candidates=_with_similar(s, actor, found)) if found.asks else found


def join(actor: Actor, chat_id: str, read: ReadGroupChat) -> Beside:
    """The chat of one customer group, as WeCom tells it now; NotFound for who is not in it."""
    group = read(chat_id)
    if group is None or not group_links.in_group(actor, group):
        raise NotFound(group_links.NO_GROUP)
    return Beside(group=group)


def _known(s: uow.Session, actor: Actor, external_userid: str) -> bool:
    try:
        get_contact(s, actor, external_userid, lock=False)
    except NotFound:
        return False
    return True


def _with_similar(s: uow.Session, actor: Actor, found: Sidebar) -> list[Candidate]:
    """What is proposed already, then what the radar says of each name, the same companies first."""
    known = {one.customer_id for one in found.candidates}
    similar: dict[str, Candidate] = {}
    hidden: list[Candidate] = []
    numbers = policy.current(s)
    for name, why in found.asks:
        for hit in ask(s, actor, Question(name), RadarEntry.LINK, numbers, MOST_CANDIDATES):
            if hit.customer_id is None:
                hidden.append(_of_hit(hit, why))
            elif hit.public_id not in known:
                similar.setdefault(hit.public_id, _of_hit(hit, why))
    best = sorted(similar.values(), key=lambda one: not one.same)
    # how many colleagues have one like it is nobody's business
    return [*found.candidates, *best][:MOST_CANDIDATES] + hidden[:1]


def _of_hit(hit: Similar, why: str) -> Candidate:
    reason = (why or hit.reason) if hit.customer_id is not None else "名称相近"
    return Candidate(hit.public_id, hit.name, hit.owner, reason, hit.same)
