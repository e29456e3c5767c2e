"""The buttons of cards: what each verb does, and what takes it back."""

from datetime import datetime

from bot import forms
from bot.alikes import asks_first
from bot.commands import link_taps
from bot.missing import ask_for_missing
from bot.router import On, Tapped, button
from config.prospects import IgnoreReason
from config.vocabulary import label
from crm.access import get_customer
from crm.cards import UNDO
from crm.errors import Conflict, Invalid
from crm.messages import Tap
from crm.rules.days import SHANGHAI
from crm.uow import Session
from crm.usecases import collisions, contacts, customers, followups, linking, todos
from crm.usecases.links import LinkDone

CARD = "card"
_TAKE_BACK = "撤销"


def undo(verb: str, **args: object) -> Tap:
    return Tap(_TAKE_BACK, UNDO + verb, args)


@button("dismiss")
def dismiss(_s: Session, _on: On) -> Tapped:
    return Tapped("好的，没有改动", undo("nothing"))


@button("later")
def later(_s: Session, _on: On) -> Tapped:
    return Tapped("先放着，还没有处理。发 /待办 随时再拿出来", undo("nothing"))


@button("keep_waiting")
def keep_waiting(_s: Session, _on: On) -> Tapped:
    return Tapped("没有退还，客户继续等分配", undo("nothing"))


@button("seen")
def seen(_s: Session, _on: On) -> Tapped:
    return Tapped("知道了", undo("nothing"))


@button(UNDO + "nothing")
def undo_nothing(_s: Session, _on: On) -> Tapped:
    return Tapped("已恢复")


@button("link")
def link(s: Session, on: On) -> Tapped:
    """「关联客户」: the customer chosen in the drop-down, else the first candidate."""
    chosen = on.choice or str(on.args["customer"])
    if chosen == contacts.HIDDEN:
        return Tapped(linking.ask_for_colleagues(s, on.actor, int(on.args["contact"]), on.now, entrance=CARD))
    done = linking.link_contact(s, on.actor, int(on.args["contact"]), chosen_id(chosen), on.now, entrance=CARD)
    return Tapped(f"已关联 {done.customer_name}", _undo_link(done, int(on.args["contact"])))


@button("link_chosen")
def link_chosen(s: Session, on: On) -> Tapped:
    contact_id = chosen_id(on.choice)
    done = linking.link_contact(s, on.actor, contact_id, int(on.args["customer"]), on.now, entrance=CARD)
    return Tapped(f"已把「{done.called}」关联到 {done.customer_name}", _undo_link(done, contact_id))


def _undo_link(done: LinkDone, contact_id: int) -> Tap | None:
    """Only a link that this tap made can be taken back by it."""
    return None if done.linked_at is None else undo("link", contact=contact_id, at=done.linked_at.isoformat())


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
    if asks_first(s, on.actor, company, link_taps(contact_id, company), on.key, on.now, entrance=CARD):
        return Tapped(f"「{company}」可能已经有了，请看下一张卡片", undo("nothing"))
    return _created_and_linked(s, on, contact_id, company)


@button("create_link_anyway")
def create_link_anyway(s: Session, on: On) -> Tapped:
    return _created_and_linked(s, on, int(on.args["contact"]), str(on.args["name"]))


def _created_and_linked(s: Session, on: On, contact_id: int, company: str) -> Tapped:
    done = linking.create_and_link(s, on.actor, contact_id, company, on.now, entrance=CARD)
    if isinstance(done, collisions.Refused):
        return Tapped(done.said)
    back = undo("create_link", contact=contact_id, customer=done.customer_id, at=on.now.isoformat())
    return Tapped(f"已新建并关联 {done.customer_name}", back)


@button(UNDO + "create_link")
def undo_create_link(s: Session, on: On) -> Tapped:
    """The link goes, and the customer that was made for it; a customer that has more to it by now stays."""
    at = datetime.fromisoformat(str(on.args["at"]))
    contact = linking.unlink_contact(s, on.actor, int(on.args["contact"]), on.now, entrance=CARD, linked_at=at)
    try:
        name = customers.withdraw_customer(s, on.actor, int(on.args["customer"]), on.now, entrance=CARD)
    except Conflict as kept:
        return Tapped(f"已撤销关联，「{contact}」等待关联。{kept}")
    return Tapped(f"已撤销，没有新建 {name}，「{contact}」等待关联")


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
    reason = IgnoreReason(on.args.get("reason", IgnoreReason.PRIVATE))  # cards drawn before there were reasons
    name = linking.ignore_contact(s, on.actor, int(on.args["contact"]), reason, on.now, entrance=CARD)
    return Tapped(f"已忽略「{name}」（{label(reason)}），不再提醒", undo("ignore", contact=on.args["contact"]))


@button(UNDO + "ignore")
def undo_ignore(s: Session, on: On) -> Tapped:
    name = linking.unignore_contact(s, on.actor, int(on.args["contact"]), on.now, entrance=CARD)
    return Tapped(f"已撤销，「{name}」等待关联")


@button("create_anyway")
def create_anyway(s: Session, on: On) -> Tapped:
    draft = customers.CustomerDraft(name=str(on.args["name"]))
    made = collisions.create_or_report(s, on.actor, draft, on.now, entrance=CARD, anyway=True)
    if isinstance(made, collisions.Refused):
        return Tapped(made.said)
    linking.set_current(s, on.actor, made.id, on.now, entrance=CARD)
    lacking = ask_for_missing(s, on.actor, made.public_id, on.now)
    return Tapped(f"已新建 {made.name}，归您负责", undo("create", customer=made.id), say=lacking)


@button(UNDO + "create")
def undo_create(s: Session, on: On) -> Tapped:
    name = customers.withdraw_customer(s, on.actor, int(on.args["customer"]), on.now, entrance=CARD)
    return Tapped(f"已撤销，没有新建 {name}")


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


def chosen_id(choice: str) -> int:
    """A drop-down brings back the id it was given; anything else is nobody's doing but a forger's."""
    if not choice.isascii() or not choice.isdecimal():
        raise Invalid("没有看懂您选的是哪一项，请重新选一次")
    return int(choice)
