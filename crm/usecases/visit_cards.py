"""The cards about a visit that is not clear: its rep is asked for words, and his supervisor for one tap."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus, Verdict, label
from crm import policy as numbers
from crm.access import Actor, supervisor_of
from crm.cards import close_matter, reopen_matter, settle_matter
from crm.messages import Tap, prompt, prompt_card, remind
from crm.notices import Fact, Notice
from crm.redraw import show_settled
from crm.rules.days import SHANGHAI
from crm.usecases.visit_judging import is_unclear
from models.base import insert_once
from models.customers import Customer
from models.messages import Card, OutboxMessage
from models.people import Person
from models.visits import Visit, VisitReview

_SHOWN = 3  # of what was noticed; the rest stands on the visit's page
_HOW = "点「补充说明」直接发一句就行，也可以在小程序「拜访」里写；说明会交给主管看"


def follow(s: Session, turned: Sequence[Visit], now: datetime) -> None:
    """Ask the rep in working hours for words about what has become unclear, and no more about what has become clear.

    Of a visit that was written afterwards he has said why already; who is gone is asked nothing.
    """
    for visit in turned:
        if not is_unclear(visit):
            ask_no_more(s, visit, "对上了，不用补充", now)
        elif not visit.why and _is_here(s, visit):
            _ask_for_words(s, visit, now)


def _ask_for_words(s: Session, visit: Visit, now: datetime) -> None:
    matter = _words_of(visit)
    reopen_matter(s, matter)
    remind(
        s, visit.person_id, _unclear(s, visit), _explain(visit), matter=matter, dedupe=f"{matter}:{now.isoformat()}",
        now=now, policy=numbers.current(s), calendar=numbers.calendar(s), topic=matter,
    )  # fmt: skip


def ask_no_more(s: Session, visit: Visit, outcome: str, now: datetime, *, by: Actor | None = None) -> None:
    """The rep has said his words, or they are not wanted any more: wherever his card is, it says so."""
    matter = _words_of(visit)
    if s.scalar(select(OutboxMessage.id).where(OutboxMessage.topic == matter).limit(1)) is None:
        return
    insert_once(s, Card, matter=matter, outcome="")  # of what only a bundle has told there is none yet
    if by is None:
        close_matter(s, matter, outcome, now, by=None)
    else:
        settle_matter(s, matter, outcome, now, by=by)
    show_settled(s, matter, outcome, "系统" if by is None else by.name, now)


def ask_for_a_look(s: Session, actor: Actor, visit: Visit, review: VisitReview, now: datetime) -> None:
    """Whoever answers for the rep reads what he says and what was noticed, and decides with one tap."""
    verdict = label(Verdict(visit.verdict or ""))
    notice = Notice(
        title=f"拜访补充说明：{_name(s, visit)}",
        desc=f"{actor.name} {_when(visit)} 的拜访，现在是{verdict}，请您定",
        facts=(Fact("说明", review.words[:100]), *_noticed(visit)),
        body=f"「有效」按有效拜访算；「维持」还是{verdict}，本人可以再补充。照片和位置点开卡片看",
        url=_page(visit),
    )
    args, matter = {"visit": visit.public_id}, _look_of(review)
    taps = [Tap("有效", "confirm_visit", args, 1), Tap("维持", "uphold_visit", args)]
    for person_id in supervisor_of(s, actor.person_id):
        key = f"{matter}:{person_id}"
        prompt_card(s, person_id, notice, taps, matter=matter, dedupe=key, now=now, policy=numbers.current(s))


def tell_decided(
    s: Session, actor: Actor, visit: Visit, review: VisitReview, now: datetime, *, but: int | None
) -> None:
    """The rep hears it, and may say more where it is still not clear; nobody else is asked for the same look.

    `but` has tapped it, and sees it on his card.
    """
    verdict, matter = Verdict(visit.verdict or ""), _look_of(review)
    settle_matter(s, matter, f"{actor.name} 定为{label(verdict)}", now, by=actor)
    show_settled(s, matter, f"定为{label(verdict)}", actor.name, now, but=but)
    words = (Fact("主管说", review.decision_words[:100]),) if review.decision_words else ()
    key = f"visit_review:{visit.id}:{now.isoformat()}"
    if verdict is Verdict.VALID:
        ask_no_more(s, visit, "主管看过，有效", now, by=actor)
        told = f"{_when(visit)} 的拜访，{actor.name}看过了"
        prompt(s, visit.person_id, Notice(f"拜访{label(verdict)}：{_name(s, visit)}", told, words), dedupe=key, now=now)
        return
    if not _is_here(s, visit):
        return
    reopen_matter(s, _words_of(visit))
    notice = _unclear(s, visit, f"，{actor.name}看过了", words)
    prompt_card(
        s, visit.person_id, notice, _explain(visit), matter=_words_of(visit), dedupe=key, now=now,
        policy=numbers.current(s), topic=_words_of(visit),
    )  # fmt: skip


def ask_nobody(s: Session, actor: Actor, visit: Visit, now: datetime) -> None:
    """The visit was taken back: neither its rep nor a supervisor has anything to say of it."""
    outcome = "打卡已撤销"
    ask_no_more(s, visit, outcome, now, by=actor)
    waiting = select(VisitReview).where(VisitReview.visit_id == visit.id, VisitReview.decided_at.is_(None))
    for review in s.scalars(waiting):
        settle_matter(s, _look_of(review), outcome, now, by=actor)
        show_settled(s, _look_of(review), outcome, actor.name, now)


def tell_taken_back(s: Session, actor: Actor, visit: Visit, now: datetime) -> None:
    notice = Notice(f"拜访还在看：{_name(s, visit)}", f"{actor.name}撤回了对 {_when(visit)} 那次拜访的结论")
    prompt(s, visit.person_id, notice, dedupe=f"visit_review:{visit.id}:{now.isoformat()}", now=now)


def _is_here(s: Session, visit: Visit) -> bool:
    return s.get_one(Person, visit.person_id).status == PersonStatus.ACTIVE


def _unclear(s: Session, visit: Visit, more: str = "", words: tuple[Fact, ...] = ()) -> Notice:
    return Notice(
        title=f"待补充说明：{_name(s, visit)}",
        desc=f"{_when(visit)} 的拜访{more or '，有几处想请您补充'}",
        facts=(*words, *_noticed(visit)),
        body=_HOW,
        url=_page(visit),
    )


def _explain(visit: Visit) -> list[Tap]:
    return [Tap("补充说明", "explain_visit", {"visit": visit.public_id}, 1)]


def _noticed(visit: Visit) -> tuple[Fact, ...]:
    return tuple(Fact("想请说明", one["said"]) for one in visit.signals if one["weight"] > 0)[:_SHOWN]


def _words_of(visit: Visit) -> str:
    return f"visit_words:{visit.id}"


def _look_of(review: VisitReview) -> str:
    return f"visit_look:{review.id}"


def _page(visit: Visit) -> str:
    return f"/console/visits/{visit.public_id}"


def _name(s: Session, visit: Visit) -> str:
    return s.scalars(select(Customer.name).where(Customer.id == visit.customer_id)).one()


def _when(visit: Visit) -> str:
    return f"{visit.visited_at.astimezone(SHANGHAI):%m-%d %H:%M}"
