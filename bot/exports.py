"""The buttons under a colleague's wish to take a list out."""

from bot.clicks import CARD
from bot.router import On, Tapped, button
from crm.uow import Session
from crm.usecases.exports import decide


@button("export_yes")
def export_yes(s: Session, on: On) -> Tapped:
    return Tapped("已" + decide(s, on.actor, int(on.args["export"]), True, on.now, entrance=CARD))


@button("export_no")
def export_no(s: Session, on: On) -> Tapped:
    return Tapped("已" + decide(s, on.actor, int(on.args["export"]), False, on.now, entrance=CARD))
