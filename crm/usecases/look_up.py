"""查重 as a question of its own: what the radar says of a company, counted where it meets colleagues' customers."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from config.collisions import RadarEntry
from config.vocabulary import CooperationStage, FieldObject
from crm import policy
from crm.access import Actor
from crm.forms import specs
from crm.rules.days import day_of
from crm.rules.fields import validate
from crm.usecases.customer_file import accept
from crm.usecases.looking import told_apart
from crm.usecases.radar import Question, Similar, ask


def question_of(s: Session, typed: Mapping[str, str], now: datetime) -> Question:
    """What was typed of `name`, `uscc`, `phone` and `website`, read as the customer's form reads it, so that it is
    compared as it is stored; Invalid names what is wrong."""
    fields = specs(s, FieldObject.CUSTOMER)
    written = {key: words for key, words in typed.items() if words}
    values = accept(fields, validate(fields, written, CooperationStage.POTENTIAL, today=day_of(now), before={}))
    name, uscc, phone, website = (str(values.get(key) or "") for key in ("name", "uscc", "phone", "website"))
    return Question(name, uscc, (phone,) if phone else (), website)


def look_up(
    s: Session, actor: Actor, question: Question, now: datetime, *, entrance: str, limit: int = 5
) -> list[Similar]:
    """Customers that may be meant. Raises UsedUp once the day's number of colleagues' customers is met."""
    found = ask(s, actor, question, RadarEntry.CREATE, policy.current(s), limit=limit)
    hidden = sum(hit.customer_id is None for hit in found)
    told_apart(s, actor, question.name, hidden, len(found) - hidden, now, entrance=entrance)
    return found
