"""查重: whether a company is there already, asked for itself or before making it; colleagues' customers are counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

_NOT_ASKED = "有内容要改一下，没有查重：{}"
_NOT_MADE = "有内容要改一下，没有新建：{}"


@dataclass(frozen=True, slots=True)
class Alike:
    """`name` as it was understood; `hits` are customers that may be meant, the same ones first, then the likeliest."""

    name: str
    hits: Sequence[Similar]


def look_alikes(
    s: Session, actor: Actor, typed: Mapping[str, str], now: datetime, *, entrance: str, limit: int = 5
) -> Alike:
    """What the radar says of what was typed: `name`, and `uscc`, `phone` and `website` where they are known.

    Raises Invalid naming what is wrong, and UsedUp once the day's number of colleagues' customers is met.
    """
    question = _question(s, typed, now, _NOT_ASKED)
    found = ask(s, actor, question, RadarEntry.CREATE, policy.current(s), limit=limit)
    _count(s, actor, question, found, now, entrance)
    return Alike(question.name, found)


def doubts(s: Session, actor: Actor, typed: Mapping[str, str], now: datetime, *, entrance: str) -> Sequence[Similar]:
    """Those to look at before this customer is made. None where nothing is like it, nor where it is one of them for
    certain: making it refuses that, and counts it. Invalid names what is wrong with it."""
    question = _question(s, typed, now, _NOT_MADE)
    found = ask(s, actor, question, RadarEntry.CREATE, policy.current(s))
    if not found or any(hit.settled for hit in found):
        return ()
    _count(s, actor, question, found, now, entrance)
    return found


def _question(s: Session, typed: Mapping[str, str], now: datetime, refused: str) -> Question:
    """Read as the customer's form reads it, so that it is compared as it is stored; or Invalid, said by `refused`."""
    fields = specs(s, FieldObject.CUSTOMER)
    written = {key: words for key, words in typed.items() if words}
    checked = validate(fields, written, CooperationStage.POTENTIAL, today=day_of(now), before={})
    values = accept(fields, checked, refused)
    name, uscc, phone, website = (str(values.get(key) or "") for key in ("name", "uscc", "phone", "website"))
    return Question(name, uscc, (phone,) if phone else (), website)


def _count(
    s: Session, actor: Actor, question: Question, found: Sequence[Similar], now: datetime, entrance: str
) -> None:
    hidden = sum(hit.customer_id is None for hit in found)
    typed = question.name or question.uscc or "".join(question.phones) or question.website
    told_apart(s, actor, typed, hidden, len(found) - hidden, now, entrance=entrance)
