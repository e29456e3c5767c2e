"""The buttons of a project's registration: extended, given up, and both taken back."""

from datetime import datetime

from bot.clicks import CARD, undo
from bot.router import On, Tapped, button
from crm.cards import UNDO
from crm.rules.days import SHANGHAI
from crm.uow import Session
from crm.usecases import registrations


@button("extend_registration")
def extend(s: Session, on: On) -> Tapped:
    number = int(on.args["registration"])
    name, was, until = registrations.extend(s, on.actor, number, "", on.now, entrance=CARD)
    back = undo("extend_registration", registration=number, was=was.isoformat())
    return Tapped(f"{name} 的报备延到 {until.astimezone(SHANGHAI):%Y-%m-%d}", back)


@button(UNDO + "extend_registration")
def undo_extend(s: Session, on: On) -> Tapped:
    was = datetime.fromisoformat(str(on.args["was"]))
    name = registrations.shorten(s, on.actor, int(on.args["registration"]), was, on.now, entrance=CARD)
    return Tapped(f"已撤销 {name} 的延期")


@button("end_registration")
def end(s: Session, on: On) -> Tapped:
    number = int(on.args["registration"])
    name = registrations.end(s, on.actor, number, "", on.now, entrance=CARD)
    return Tapped(f"已放弃 {name} 的报备", undo("end_registration", registration=number))


@button("yield_registration")
def give_way(s: Session, on: On) -> Tapped:
    """A supervisor settles a contest by giving up his own side of it."""
    number = int(on.args["registration"])
    name = registrations.end(s, on.actor, number, "主管协调后让出", on.now, entrance=CARD)
    return Tapped(f"{name}：已放弃我方报备", undo("end_registration", registration=number))


@button(UNDO + "end_registration")
def undo_end(s: Session, on: On) -> Tapped:
    name = registrations.take_back_end(s, on.actor, int(on.args["registration"]), on.now, entrance=CARD)
    return Tapped(f"已恢复 {name} 的报备")
