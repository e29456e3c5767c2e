"""A 联系我 code: our row first, then WeCom makes it, then its picture is kept; without one it is never shown."""

from datetime import datetime

from crm import uow
from crm.access import Actor
from crm.ports import MakesWays
from crm.usecases import contact_ways
from crm.usecases.contact_ways import WayDraft


def make(actor: Actor, draft: WayDraft, wecom: MakesWays, now: datetime, *, entrance: str) -> tuple[str, str]:
    """Its public id and name. Killed in between, a row stays that nobody sees, and he makes another."""
    asked = uow.attempt(lambda s: contact_ways.draw_up(s, actor, draft, now, entrance=entrance))
    config_id, picture = wecom.make_way(asked.userid, asked.state, asked.name)
    uow.attempt(lambda s: contact_ways.settle(s, asked.public_id, config_id, picture))
    return asked.public_id, asked.name


def close(actor: Actor, public_id: str, wecom: MakesWays, now: datetime, *, entrance: str) -> str:
    """Closed with us first: whatever becomes of the call, the code brings no leads any more. Its name."""
    name, config_id = uow.attempt(lambda s: contact_ways.close_way(s, actor, public_id, now, entrance=entrance))
    if config_id:
        wecom.remove_way(config_id)
    return name
