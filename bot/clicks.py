"""The buttons of cards: what each verb does, and what takes it back."""

from contextlib import suppress
from datetime import datetime, timedelta

from bot import forms
from bot.router import On, Tapped, button
from config.vocabulary import Datum, FixSource
from crm import policy as numbers
from crm.access import get_customer
from crm.cards import UNDO
from crm.errors import Conflict, Gone, Invalid
from crm.messages import Tap, prompt
from crm.notices import Notice
from crm.rules.days import SHANGHAI, at, day_of
from crm.uow import Session
from crm.usecases import contacts, customers, deals, followups, linking, pool, sweeps, todos, visits

CARD = "card"
_TAKE_BACK = "撤销"


def undo(verb: str, **args: object) -> Tap:
    return Tap(_TAKE_BACK, UNDO + verb, args)


@button("dismiss")
@button("later")
def dismiss(_s: Session, _on: On) -> Tapped:
    return Tapped("已忽略，没有改动", undo("nothing"))


@button(UNDO + "nothing")
def undo_nothing(_s: Session, _on: On) -> Tapped:
    return Tapped("已恢复")


@button("link")
def link(s: Session, on: On) -> Tapped:
    """「关联客户」: the customer chosen in the drop-down, else the first candidate."""
    chosen = on.choice or str(on.args["customer"])
    if chosen == contacts.HIDDEN:
        raise Conflict(
            f"{customers.COLLEAGUE}这家公司，没有关联。需要配合的话请找您的主管协调；确实不是同一家，请点「新建」"
        )
    done = linking.link_contact(s, on.actor, int(on.args["contact"]), _id(chosen), on.now, entrance=CARD)
    return Tapped(f"已关联 {done.customer_name}", _undo_link(done))


@button("link_chosen")
def link_chosen(s: Session, on: On) -> Tapped:
    done = linking.link_contact(s, on.actor, _id(on.choice), int(on.args["customer"]), on.now, entrance=CARD)
    return Tapped(f"已把「{done.contact_name}」关联到 {done.customer_name}", _undo_link(done))


def _undo_link(done: linking.LinkDone) -> Tap | None:
    """Only a link that this tap made can be taken back by it."""
    return None if done.linked_at is None else undo("link", contact=done.contact_id, at=done.linked_at.isoformat())


@button(UNDO + "link")
def undo_link(s: Session, on: On) -> Tapped:
    at = datetime.fromisoformat(str(on.args["at"]))
    name = linking.unlink_contact(s, on.actor, int(on.args["contact"]), on.now, entrance=CARD, linked_at=at)
    return Tapped(f"已撤销，「{name}」等待关联")


@button("create_link")
def create_link(s: Session, on: On) -> Tapped:
    """A customer made out of the contact; when the company is not known, it is asked for in the chat."""
    contact_id = int(on.args["contact"])
    company = linking.company_of(s, on.actor, contact_id)
    if not company:
        asked = forms.ask(s, on.actor, "create_link", {"contact": contact_id}, on.card_id, on.now)
        return Tapped("请在聊天里发公司全称", undo("ask", card=on.card_id), say=asked)
    done = linking.create_and_link(s, on.actor, contact_id, company, on.now, entrance=CARD)
    return Tapped(f"已新建并关联 {done.customer_name}", _undo_link(done))


@button("other_link")
def other_link(s: Session, on: On) -> Tapped:
    values = {"contact": int(on.args["contact"])}
    asked = forms.ask(s, on.actor, "link_contact", values, on.card_id, on.now)
    return Tapped("请在聊天里发客户名", undo("ask", card=on.card_id), say=asked)


@button(UNDO + "ask")
def undo_ask(s: Session, on: On) -> Tapped:
    forms.withdraw(s, on.actor, int(on.args["card"]), on.now)
    return Tapped("已撤销，不问了")


@button("ignore")
def ignore(s: Session, on: On) -> Tapped:
    name = linking.ignore_contact(s, on.actor, int(on.args["contact"]), on.now, entrance=CARD)
    return Tapped(f"已忽略「{name}」，不再提醒", undo("ignore", contact=on.args["contact"]))


@button(UNDO + "ignore")
def undo_ignore(s: Session, on: On) -> Tapped:
    name = linking.unignore_contact(s, on.actor, int(on.args["contact"]), on.now, entrance=CARD)
    return Tapped(f"已撤销，「{name}」等待关联")


@button("create_anyway")
def create_anyway(s: Session, on: On) -> Tapped:
    draft = customers.CustomerDraft(name=str(on.args["name"]))
    made = customers.create_customer(s, on.actor, draft, on.now, entrance=CARD)
    linking.set_current(s, on.actor, made.id, on.now, entrance=CARD)
    return Tapped(f"已新建 {made.name}，归您负责")


@button("note")
def note(s: Session, on: On) -> Tapped:
    customer_id, text = int(on.args["customer"]), str(on.args["text"])
    done = followups.write_follow_up(s, on.actor, customer_id, text, on.now, entrance=CARD)
    linking.set_current(s, on.actor, customer_id, on.now, entrance=CARD)
    outcome = f"已记到 {done.customer_name}" + (f"。{done.remark}" if done.remark else "")
    return Tapped(outcome, undo("note", entry=done.public_id))


@button(UNDO + "note")
def undo_note(s: Session, on: On) -> Tapped:
    name = followups.retract_follow_up(s, on.actor, str(on.args["entry"]), on.now, entrance=CARD)
    return Tapped(f"已撤销，没有记到 {name}")


@button("note_other")
def note_other(s: Session, on: On) -> Tapped:
    asked = forms.ask(s, on.actor, "write", {"text": on.args["text"]}, on.card_id, on.now)
    return Tapped("请在聊天里发客户名", undo("ask", card=on.card_id), say=asked)


@button("write")
def write(s: Session, on: On) -> Tapped:
    """A reminder's 写跟进: the next message is the follow-up."""
    customer = get_customer(s, on.actor, int(on.args["customer"]))
    values = {"customer": [customer.id, customer.name]}
    forms.ask(s, on.actor, "write", values, on.card_id, on.now)
    say = f"和「{customer.name}」聊了什么？直接发给我就行{forms.ENDING}"
    return Tapped("请直接发跟进内容", undo("ask", card=on.card_id), say=say)


@button("tomorrow")
def tomorrow(s: Session, on: On) -> Tapped:
    customer = get_customer(s, on.actor, int(on.args["customer"]))
    due = at(day_of(on.now) + timedelta(days=1), 9)
    made = todos.add_todo(s, on.actor, customer.id, f"联系 {customer.name}", due, on.now, entrance=CARD)
    return Tapped("已加待办：明天 09:00 联系", undo("todo", todo=made.id))


@button("plan_visit")
def plan_visit(s: Session, on: On) -> Tapped:
    customer = get_customer(s, on.actor, int(on.args["customer"]))
    day = numbers.calendar(s).add_working_days(day_of(on.now), 2)
    made = todos.add_todo(s, on.actor, customer.id, f"拜访 {customer.name}", at(day, 9), on.now, entrance=CARD)
    return Tapped(f"已加待办：{day:%m-%d} 拜访 {customer.name}", undo("todo", todo=made.id))


@button(UNDO + "todo")
def undo_todo(s: Session, on: On) -> Tapped:
    todos.drop_todo(s, on.actor, int(on.args["todo"]), on.now, entrance=CARD)
    return Tapped("已撤销待办")


@button("finish_todo")
def finish_todo(s: Session, on: On) -> Tapped:
    text = todos.finish_todo(s, on.actor, int(on.args["todo"]), on.now, entrance=CARD)
    return Tapped(f"完成：{text[:30]}", undo("finish_todo", todo=on.args["todo"]))


@button(UNDO + "finish_todo")
def undo_finish_todo(s: Session, on: On) -> Tapped:
    return Tapped(f"已恢复待办：{todos.reopen_todo(s, on.actor, int(on.args['todo']), on.now, entrance=CARD)[:30]}")


@button("postpone_todo")
def postpone_todo(s: Session, on: On) -> Tapped:
    was, due = todos.postpone_todo(s, on.actor, int(on.args["todo"]), None, on.now, entrance=CARD)
    back = undo("postpone_todo", todo=on.args["todo"], due=was.isoformat())
    return Tapped(f"已推迟到 {due.astimezone(SHANGHAI):%m-%d %H:%M}", back)


@button(UNDO + "postpone_todo")
def undo_postpone_todo(s: Session, on: On) -> Tapped:
    due = datetime.fromisoformat(str(on.args["due"]))
    todos.postpone_todo(s, on.actor, int(on.args["todo"]), due, on.now, entrance=CARD)
    return Tapped(f"已恢复到 {due.astimezone(SHANGHAI):%m-%d %H:%M}")


@button("snooze")
def snooze(s: Session, on: On) -> Tapped:
    until = at(day_of(on.now) + timedelta(days=sweeps.SNOOZE_DAYS), 0)
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


@button("give_back")
def give_back(s: Session, on: On) -> Tapped:
    customer_id = int(on.args["customer"])
    done = pool.give_back(s, on.actor, customer_id, on.now, numbers.current(s), entrance=CARD)
    return Tapped(
        f"已退回 {done.customer_name}，等主管分配", undo("ownership", customer=customer_id, period=done.period_id)
    )


@button("assign")
def assign(s: Session, on: On) -> Tapped:
    customer_id = int(on.args["customer"])
    if not on.choice:
        raise Invalid("请先在卡片上选一位同事，再点「分配」")
    done = pool.assign(s, on.actor, customer_id, _id(on.choice), on.now, entrance=CARD)
    return Tapped(f"已分配给 {done.person_name}", undo("ownership", customer=customer_id, period=done.period_id))


@button("return")
def give_to_former(s: Session, on: On) -> Tapped:
    customer_id = int(on.args["customer"])
    done = pool.give_to_former(s, on.actor, customer_id, on.now, numbers.current(s), entrance=CARD)
    return Tapped(f"已退还 {done.person_name}", undo("ownership", customer=customer_id, period=done.period_id))


@button(UNDO + "ownership")
def undo_ownership(s: Session, on: On) -> Tapped:
    customer_id, period_id = int(on.args["customer"]), int(on.args["period"])
    name = pool.take_back(s, on.actor, customer_id, period_id, on.now, entrance=CARD)
    return Tapped(f"已撤销，{name} 恢复原状")


@button("check_in")
def check_in(s: Session, on: On) -> Tapped:
    fix = on.args
    draft = visits.CheckInDraft(
        client_id=on.key[:64],  # of this tap: after 撤销 the same place may be tapped again, for another customer
        customer_id=int(fix["customer"]),
        latitude=float(fix["latitude"]),
        longitude=float(fix["longitude"]),
        datum=Datum(fix["datum"]),
        accuracy_m=None,
        source=FixSource(fix["source"]),
        visited_at=datetime.fromisoformat(str(fix["at"])),
        place=str(fix["place"]),
        report="",
    )
    done = visits.check_in(s, on.actor, draft, on.now, entrance=CARD)
    values = {"customer": [int(fix["customer"]), done.customer_name]}
    forms.ask(s, on.actor, "write", values, on.card_id, on.now)
    say = f"已在「{done.customer_name}」打卡，{done.said}。聊了什么？直接发一句，就记进拜访跟进{forms.ENDING}"
    return Tapped(f"已打卡：{done.customer_name}，{done.said}", undo("check_in", visit=done.public_id), say=say)


@button(UNDO + "check_in")
def undo_check_in(s: Session, on: On) -> Tapped:
    with suppress(Gone):  # what was answered meanwhile stands on its own
        forms.withdraw(s, on.actor, on.card_id, on.now)
    name = visits.retract_check_in(s, on.actor, str(on.args["visit"]), on.now, entrance=CARD)
    return Tapped(f"已撤销在 {name} 的打卡")


def _id(choice: str) -> int:
    """A drop-down brings back the id it was given; anything else is nobody's doing but a forger's."""
    if not choice.isascii() or not choice.isdecimal():
        raise Invalid("没有看懂您选的是哪一项，请重新选一次")
    return int(choice)
