"""The buttons of 归属裁定: whose a customer is that two sheets name."""

from bot.clicks import CARD
from bot.router import On, Tapped, button
from config.sheets import ContestVerdict
from crm.uow import Session
from crm.usecases.contests import decide


@button("contest_first")
def contest_first(s: Session, on: On) -> Tapped:
    return _decided(s, on, ContestVerdict.FIRST)


@button("contest_second")
def contest_second(s: Session, on: On) -> Tapped:
    return _decided(s, on, ContestVerdict.SECOND)


@button("contest_both")
def contest_both(s: Session, on: On) -> Tapped:
    return _decided(s, on, ContestVerdict.BOTH)


def _decided(s: Session, on: On, verdict: ContestVerdict) -> Tapped:
    """No 撤销: both sides are told at once. Who errs gives the customer to the other by 分配."""
    done = decide(s, on.actor, int(on.args["contest"]), verdict, on.now, entrance=CARD)
    return Tapped(f"「{done.customer_name}」{done.outcome}")
