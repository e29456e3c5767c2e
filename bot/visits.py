"""The buttons of visits: a check-in at a customer, words about one that is not clear, and a supervisor's word."""

from contextlib import suppress
from datetime import datetime

from bot import forms
from bot.clicks import CARD, undo
from bot.commands import CHAT
from bot.forms import Filled, Slot, form, some_text
from bot.router import On, Tapped, button
from config.vocabulary import Datum, FixSource, Verdict, label
from crm.access import get_visit_to_judge
from crm.cards import UNDO
from crm.errors import Gone
from crm.reads.visits import told_verdict
from crm.uow import Session
from crm.usecases import visits
from crm.usecases.visit_reviews import appeal, review, take_back_review, to_explain

_UPHELD = "看过说明，维持原来的结论"


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
    forms.ask(s, on.actor, "report", {"visit": done.public_id}, on.card_id, on.now)
    told, why = _told(done)
    say = (
        f"已在「{done.customer_name}」打卡，{done.said}，{told}{why}。"
        f"聊了什么？直接发一句，就记进这次的拜访小结{forms.ENDING}"
    )
    outcome = f"已打卡：{done.customer_name}，{done.said}，{told}"
    return Tapped(outcome, undo("check_in", visit=done.public_id), say=say)


def _told(done: visits.CheckInDone) -> tuple[str, str]:
    """The verdict as its rep hears it, and what he is asked about."""
    verdict, told = told_verdict(done.verdict, judges=False, mine=True)
    return told, "" if verdict == Verdict.VALID else f"：{'；'.join(done.signals)}"


@button(UNDO + "check_in")
def undo_check_in(s: Session, on: On) -> Tapped:
    with suppress(Gone):  # what was answered meanwhile stands on its own
        forms.withdraw(s, on.actor, on.card_id, on.now)
    name = visits.retract_check_in(s, on.actor, str(on.args["visit"]), on.now, entrance=CARD)
    return Tapped(f"已撤销在 {name} 的打卡")


@button("explain_visit")
def explain_visit(s: Session, on: On) -> Tapped:
    visit_id = str(on.args["visit"])
    name = to_explain(s, on.actor, visit_id)
    forms.ask(s, on.actor, "explain_visit", {"visit": visit_id}, on.card_id, on.now)
    say = f"在「{name}」的那次拜访，当时是什么情况？在哪里、见了谁，直接发一句{forms.ENDING}"
    return Tapped("请直接发说明", undo("ask", card=on.card_id), say=say)


@form("explain_visit", Slot("words", "当时是什么情况？直接发一句", some_text))
def _explained(s: Session, it: Filled) -> str:
    name = appeal(s, it.actor, str(it.values["visit"]), str(it.values["words"]), it.now, entrance=CHAT)
    return f"「{name}」那次拜访的说明已交给主管，看过会告诉您"


@button("confirm_visit")
def confirm_visit(s: Session, on: On) -> Tapped:
    visit_id = str(on.args["visit"])
    name = review(s, on.actor, visit_id, Verdict.VALID, "", on.now, entrance=CARD)
    return Tapped(f"{name} 的拜访定为有效，已告诉本人", undo("visit_review", visit=visit_id))


@button("uphold_visit")
def uphold_visit(s: Session, on: On) -> Tapped:
    """It stays what it is by now, which a rule may have changed since the card was drawn."""
    visit_id = str(on.args["visit"])
    verdict = Verdict(get_visit_to_judge(s, on.actor, visit_id)[0].verdict or Verdict.DOUBTFUL)
    name = review(s, on.actor, visit_id, verdict, _UPHELD, on.now, entrance=CARD)
    return Tapped(f"{name} 的拜访维持{label(verdict)}，已告诉本人", undo("visit_review", visit=visit_id))


@button(UNDO + "visit_review")
def undo_visit_review(s: Session, on: On) -> Tapped:
    name = take_back_review(s, on.actor, str(on.args["visit"]), on.now, entrance=CARD)
    return Tapped(f"已撤销，{name} 的拜访等您再看")
