"""Where a visit is not clear the rep explains, and his supervisor decides; both stand in the book."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import Verdict, label
from crm import audit
from crm.access import DECIDE, JUDGES, Actor, get_customer, get_visit, no_visit, supervisor_of
from crm.errors import Conflict, Invalid, NotFound
from crm.messages import prompt
from crm.notices import Fact, Notice
from crm.rules.days import SHANGHAI
from crm.rules.words import storable
from crm.usecases.places import learn_place
from crm.usecases.visit_judging import alone, settle
from models.customers import Customer
from models.visits import Visit, VisitReview

LONGEST_WORDS = 500  # characters


def appeal(s: Session, actor: Actor, visit_id: str, words: str, now: datetime, *, entrance: str) -> str:
    """The rep says what the signals could not know; the supervisor is told. The customer's name.

    The same words again while they wait change nothing.
    """
    own = (Visit.public_id == visit_id, Visit.person_id == actor.person_id, Visit.retracted_at.is_(None))
    visit = s.scalar(select(Visit).where(*own))
    if visit is None:
        raise NotFound("没有找到这次拜访，或者不是您的")
    customer = get_customer(s, actor, visit.customer_id, lock=True)
    s.refresh(visit)
    said = _checked(words, needed=True)
    waiting = _open(s, visit)
    if waiting is not None and waiting.words == said:
        return customer.name
    if waiting is not None:
        raise Conflict("这次拜访的说明已经交给主管了，请等主管看过")
    if visit.verdict not in (Verdict.DOUBTFUL, Verdict.INVALID):
        raise Conflict("这次拜访没有要补充的，不用说明")
    s.add(VisitReview(visit_id=visit.id, asked_at=now, asked_by_id=actor.person_id, words=said))
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
    notice = Notice(
        title=f"拜访补充说明：{customer.name}",
        desc=f"{actor.name} {visit.visited_at.astimezone(SHANGHAI):%m-%d %H:%M} 的拜访，请看一下",
        facts=(Fact("说明", said[:100]),),
    )
    for person_id in supervisor_of(s, actor.person_id):
        prompt(s, person_id, notice, dedupe=f"visit_appeal:{visit.id}:{now.isoformat()}:{person_id}", now=now)
    return customer.name


def review(
    s: Session, actor: Actor, visit_id: str, verdict: Verdict, words: str, now: datetime, *, entrance: str
) -> str:
    """What the supervisor says of somebody else's visit, which no rule changes any more; the visitor is told.

    Deciding the same again changes nothing. The customer's name.
    """
    if actor.role not in JUDGES:
        raise no_visit()
    visit, customer = get_visit(s, actor, visit_id, to=DECIDE, lock=True)
    if visit.person_id == actor.person_id:
        raise Conflict("自己的拜访由主管来看，没有改动")
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
    if verdict is Verdict.VALID:
        learn_place(s, customer.id, now)
    _tell(s, actor, visit, customer, said, now)
    return customer.name


def _tell(s: Session, actor: Actor, visit: Visit, customer: Customer, said: str, now: datetime) -> None:
    valid = visit.verdict == Verdict.VALID
    notice = Notice(
        title=f"拜访{label(Verdict.VALID)}：{customer.name}" if valid else f"拜访还要补充说明：{customer.name}",
        desc=f"{visit.visited_at.astimezone(SHANGHAI):%m-%d %H:%M} 的拜访，{actor.name}看过了",
        facts=(Fact("主管说", said[:100]),) if said else (),
    )
    prompt(s, visit.person_id, notice, dedupe=f"visit_review:{visit.id}:{now.isoformat()}", now=now)


def _open(s: Session, visit: Visit) -> VisitReview | None:
    return s.scalar(select(VisitReview).where(VisitReview.visit_id == visit.id, VisitReview.decided_at.is_(None)))


def _checked(words: str, *, needed: bool) -> str:
    said = storable(words).strip()
    if needed and not said:
        raise Invalid("请写一句说明", {"words": "不能为空"})
    if len(said) > LONGEST_WORDS:
        raise Invalid(f"说明太长了（{len(said)} 字），请控制在 {LONGEST_WORDS} 字以内", {"words": "太长"})
    return said
