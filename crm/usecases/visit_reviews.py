"""Where a visit is not clear the rep explains, and his supervisor decides; both stand in the book."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import Verdict
from crm import audit
from crm import policy as numbers
from crm.access import Actor, get_own_visit, get_visit_to_judge
from crm.errors import Conflict, Gone, Invalid
from crm.rules.words import storable
from crm.usecases.places import learn_place, place_at, unlearn_place
from crm.usecases.visit_cards import ask_for_a_look, ask_no_more, follow, tell_decided, tell_taken_back
from crm.usecases.visit_judging import alone, is_unclear, judge_again, settle
from models.customers import Customer
from models.visits import Visit, VisitReview

LONGEST_WORDS = 500  # characters
_CARD = "card"  # the entrance of whoever sees the outcome on the card that he tapped


def appeal(s: Session, actor: Actor, visit_id: str, words: str, now: datetime, *, entrance: str) -> str:
    """The rep says what the signals could not know; the supervisor is told. The customer's name.

    The same words again while they wait change nothing.
    """
    visit, customer = _own(s, actor, visit_id)
    said = _checked(words, needed=True)
    waiting = _open(s, visit)
    if waiting is not None and waiting.words == said:
        return customer.name
    _wanted(visit, waiting)
    asked = VisitReview(visit_id=visit.id, asked_at=now, asked_by_id=actor.person_id, words=said)
    s.add(asked)
    s.flush()
    audit.record(
        s,
        actor.person_id,
        "appeal_visit",
        f"customer:{customer.id}",
        now,
        entrance=entrance,
        visit=visit.id,
        words=said,
    )
    ask_no_more(s, visit, "已说明，等主管看", now, by=actor)
    ask_for_a_look(s, actor, visit, asked, now)
    return customer.name


def to_explain(s: Session, actor: Actor, visit_id: str) -> str:
    """The customer of one's own visit about which words are wanted; refuses where they are not."""
    visit, customer = _own(s, actor, visit_id)
    _wanted(visit, _open(s, visit))
    return customer.name


def review(
    s: Session, actor: Actor, visit_id: str, verdict: Verdict, words: str, now: datetime, *, entrance: str,
    here: bool = False,
) -> str:  # fmt: skip
    """What the supervisor says of somebody else's visit, which no rule changes any more; the visitor is told.

    `here`: and the customer is where this valid visit was made. Deciding the same again changes nothing. The customer's
    name.
    """
    visit, customer = get_visit_to_judge(s, actor, visit_id)
    alone(s, visit.person_id)
    s.refresh(visit)
    said, waiting = _checked(words, needed=verdict is not Verdict.VALID), _open(s, visit)
    last = s.scalar(
        select(VisitReview).where(VisitReview.visit_id == visit.id).order_by(VisitReview.id.desc()).limit(1)
    )
    if waiting is None and last is not None and (last.verdict, last.decision_words) == (verdict, said):
        return customer.name
    if waiting is None:
        waiting = VisitReview(visit_id=visit.id, asked_at=now, asked_by_id=actor.person_id)
        s.add(waiting)
    waiting.decided_at, waiting.decided_by_id = now, actor.person_id
    waiting.verdict, waiting.decision_words = verdict, said
    was = visit.verdict
    settle(s, visit, verdict)
    audit.record(
        s, actor.person_id, "review_visit", f"customer:{customer.id}", now, entrance=entrance, visit=visit.id,
        verdict=verdict, was=was, words=said,
    )  # fmt: skip
    if verdict is Verdict.VALID and here:
        place_at(s, actor, customer, visit, now, entrance=entrance)
    elif verdict is Verdict.VALID:
        learn_place(s, customer.id, now)
    tell_decided(s, actor, visit, waiting, now, but=actor.person_id if entrance == _CARD else None)
    return customer.name


def take_back_review(s: Session, actor: Actor, visit_id: str, now: datetime, *, entrance: str) -> str:
    """One's own last word within the undo minutes: what stood before it holds, and what was explained waits again.

    The customer's name. Gone for what is older, or has been decided anew.
    """
    visit, customer = get_visit_to_judge(s, actor, visit_id)
    alone(s, visit.person_id)
    s.refresh(visit)
    reviews = s.scalars(select(VisitReview).where(VisitReview.visit_id == visit.id).order_by(VisitReview.id)).all()
    last = reviews[-1] if reviews else None
    if last is None or last.decided_at is None or last.decided_by_id != actor.person_id:
        raise Gone("这次拜访的结论已经有了变化，没有撤销。请打开它再看一次")
    minutes = numbers.current(s).undo_minutes
    if now > last.decided_at + timedelta(minutes=minutes):
        raise Gone(f"已超过 {minutes} 分钟，不能撤销。请打开这次拜访，再定一次")
    unlearn_place(s, customer, last.decided_at)
    if last.words:
        last.decided_at = last.decided_by_id = last.verdict = None
        last.decision_words = ""
    else:  # his own look, which nobody had asked for
        s.delete(last)
    s.flush()
    was, before = visit.verdict, [one.verdict for one in reviews[:-1] if one.verdict]
    if before:
        settle(s, visit, Verdict(before[-1]))
    else:
        follow(s, [one for one in judge_again(s, visit.person_id, visit.visited_at) if one.id != visit.id], now)
    audit.record(
        s, actor.person_id, "take_back_visit_review", f"customer:{customer.id}", now, entrance=entrance,
        visit=visit.id, verdict=visit.verdict, was=was,
    )  # fmt: skip
    tell_taken_back(s, actor, visit, now)
    return customer.name


def _own(s: Session, actor: Actor, visit_id: str) -> tuple[Visit, Customer]:
    visit, customer = get_own_visit(s, actor, visit_id)
    if visit.retracted_at is not None:
        raise Gone("这次拜访已经撤销了，不用说明")
    return visit, customer


def _wanted(visit: Visit, waiting: VisitReview | None) -> None:
    if waiting is not None:
        raise Conflict("这次拜访的说明已经交给主管了，请等主管看过")
    if not is_unclear(visit):
        raise Conflict("这次拜访没有要补充的，不用说明")


def _open(s: Session, visit: Visit) -> VisitReview | None:
    return s.scalar(select(VisitReview).where(VisitReview.visit_id == visit.id, VisitReview.decided_at.is_(None)))


def _checked(words: str, *, needed: bool) -> str:
    said = storable(words).strip()
    if needed and not said:
        raise Invalid("请写一句说明", {"words": "不能为空"})
    if len(said) > LONGEST_WORDS:
        raise Invalid(f"说明太长了（{len(said)} 字），请控制在 {LONGEST_WORDS} 字以内", {"words": "太长"})
    return said
