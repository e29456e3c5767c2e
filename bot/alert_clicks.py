"""The buttons of alerts: what is done about a silent customer, a stalled deal, a customer that waits."""

from datetime import timedelta

from bot.clicks import CARD, chosen_id, undo
from bot.router import On, Tapped, button
from config.collisions import CollisionVerdict
from crm import policy as numbers
from crm.access import READ, get_customer
from crm.cards import UNDO
from crm.errors import Invalid
from crm.messages import prompt
from crm.notices import Notice
from crm.rules.days import SHANGHAI, at, day_of
from crm.uow import Session
from crm.usecases import collisions, deals, pool, todos


@button("tomorrow")
def tomorrow(s: Session, on: On) -> Tapped:
    customer = get_customer(s, on.actor, int(on.args["customer"]), to=READ)
    due = at(day_of(on.now) + timedelta(days=1), 9)
    made = todos.add_todo(s, on.actor, customer.id, f"联系 {customer.name}", due, on.now, entrance=CARD)
    return Tapped("已加待办：明天 09:00 联系", undo("todo", todo=made.id))


@button("plan_visit")
def plan_visit(s: Session, on: On) -> Tapped:
    customer = get_customer(s, on.actor, int(on.args["customer"]), to=READ)
    day = numbers.calendar(s).add_working_days(day_of(on.now), 2)
    made = todos.add_todo(s, on.actor, customer.id, f"拜访 {customer.name}", at(day, 9), on.now, entrance=CARD)
    return Tapped(f"已加待办：{day:%m-%d} 拜访 {customer.name}", undo("todo", todo=made.id))


@button("snooze")
def snooze(s: Session, on: On) -> Tapped:
    days = int(on.args.get("days", numbers.current(s).snooze_days))  # as the button says it
    until = at(day_of(on.now) + timedelta(days=days), 0)
    name = deals.snooze_deal(s, on.actor, int(on.args["deal"]), until, on.now, entrance=CARD)
    return Tapped(f"{name} 暂缓到 {until.astimezone(SHANGHAI):%m-%d}", undo("snooze", deal=on.args["deal"]))


@button(UNDO + "snooze")
def undo_snooze(s: Session, on: On) -> Tapped:
    return Tapped(f"已撤销暂缓：{deals.wake_deal(s, on.actor, int(on.args['deal']), on.now, entrance=CARD)}")


@button("nudge_owner")
def nudge_owner(s: Session, on: On) -> Tapped:
    """A manager's 催负责人: the owner is told by name, once per card."""
    owner_id, owner, deal = deals.owner_of(s, on.actor, int(on.args["deal"]))
    notice = Notice(
        title=f"{on.actor.name} 请您跟进「{deal}」",
        body="主管在等进展。今天联系客户后，发一句 /跟进 说说情况",
    )
    prompt(s, owner_id, notice, dedupe=f"nudge:{on.card_id}:{owner_id}", now=on.now)
    return Tapped(f"已提醒 {owner}")


@button("nudge_holder")
def nudge_holder(s: Session, on: On) -> Tapped:
    """A supervisor's 催负责人 about a customer that is about to be released: once per card."""
    policy, calendar = numbers.current(s), numbers.calendar(s)
    name = pool.nudge_holder(s, on.actor, int(on.args["customer"]), on.card_id, on.now, policy, calendar)
    return Tapped(f"已提醒 {name}")


@button("give_back")
def give_back(s: Session, on: On) -> Tapped:
    customer_id = int(on.args["customer"])
    done = pool.give_back(s, on.actor, customer_id, on.now, numbers.current(s), entrance=CARD)
    return Tapped(
        f"已退回 {done.customer_name}，等主管分配", undo("ownership", customer=done.customer_id, period=done.period_id)
    )


@button("assign")
def assign(s: Session, on: On) -> Tapped:
    customer_id = int(on.args["customer"])
    if not on.choice:
        raise Invalid("请先在卡片上选一位同事，再点「分配」")
    done = pool.assign(s, on.actor, customer_id, chosen_id(on.choice), on.now, entrance=CARD)
    return Tapped(f"已分配给 {done.person_name}", undo("ownership", customer=done.customer_id, period=done.period_id))


@button("return")
def give_to_former(s: Session, on: On) -> Tapped:
    customer_id = int(on.args["customer"])
    done = pool.give_to_former(s, on.actor, customer_id, on.now, numbers.current(s), entrance=CARD)
    return Tapped(f"已退还 {done.person_name}", undo("ownership", customer=done.customer_id, period=done.period_id))


@button(UNDO + "ownership")
def undo_ownership(s: Session, on: On) -> Tapped:
    customer_id, period_id = int(on.args["customer"]), int(on.args["period"])
    name = pool.take_back(s, on.actor, customer_id, period_id, on.now, entrance=CARD)
    return Tapped(f"已撤销，{name} 恢复原状")


@button("vote_collision")
def vote_collision(s: Session, on: On) -> Tapped:
    """A supervisor says whose customer it is; a director's word decides."""
    collision_id, verdict = int(on.args["collision"]), CollisionVerdict(on.args["verdict"])
    said = collisions.vote(s, on.actor, collision_id, verdict, on.now, entrance=CARD)
    return Tapped(said, undo("vote_collision", collision=collision_id))


@button(UNDO + "vote_collision")
def undo_vote_collision(s: Session, on: On) -> Tapped:
    return Tapped(collisions.take_back_vote(s, on.actor, int(on.args["collision"]), on.now, entrance=CARD))
