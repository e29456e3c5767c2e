"""Which customer a person means by what he typed: the whole name, a part of it, its pinyin, or nearly."""

from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from crm.access import Actor, sees_customer
from crm.rules.naming import core_name, name_key, rank
from models.customers import Customer
from models.timeline import TimelineEntry

_CLOSE_ENOUGH = 75
_MOST = 6  # one more than is shown, to know that there are more


@dataclass(frozen=True, slots=True)
class Found:
    id: int
    public_id: str
    name: str


def look_up(s: Session, actor: Actor, typed: str) -> list[Found]:
    """The customers of this actor that `typed` names or nearly names, best first, at most six."""
    return meant(s, actor, typed) or near(s, actor, typed)


def meant(s: Session, actor: Actor, typed: str) -> list[Found]:
    """Those whose name, or a part of it, or its pinyin was typed: one alone is certain enough to act on."""
    words = typed.strip()
    if not words:
        return []
    key = name_key(words)
    exact = s.execute(_visible(actor).where(Customer.name_key == key).limit(_MOST)).all()
    if exact:
        return [Found(*row) for row in exact]
    like = or_(
        Customer.name_key.contains(key or words, autoescape=True),
        Customer.pinyin.contains(words.casefold(), autoescape=True),
    )
    mine_first = (Customer.owner_id != actor.person_id, Customer.name)
    return [Found(*row) for row in s.execute(_visible(actor).where(like).order_by(*mine_first).limit(_MOST))]


def near(s: Session, actor: Actor, typed: str) -> list[Found]:
    """Those whose name resembles what was typed: never certain, always asked about."""
    everything = {row.id: row for row in s.execute(_visible(actor))}
    found = rank(typed.strip(), ((row.id, row.name) for row in everything.values()), _CLOSE_ENOUGH, _MOST)
    return [Found(*everything[c.item]) for c in found]


def _visible(actor: Actor) -> Select[int, str, str]:
    return select(Customer.id, Customer.public_id, Customer.name).where(
        Customer.merged_into_id.is_(None), sees_customer(actor)
    )


def named_in(s: Session, actor: Actor, text: str) -> Found | None:
    """The actor's own customer whose short name stands in the text; the longest wins."""
    own = select(Customer.id, Customer.public_id, Customer.name).where(
        Customer.owner_id == actor.person_id, Customer.merged_into_id.is_(None)
    )
    said = name_key(text)
    hits = [row for row in s.execute(own) if len(core := name_key(core_name(row.name))) >= 2 and core in said]
    if not hits:
        return None
    return Found(*max(hits, key=lambda row: len(row.name)))


def last_touched(s: Session, actor: Actor) -> Found | None:
    """The customer this person wrote about last, if it is still his."""
    row = s.execute(
        select(Customer.id, Customer.public_id, Customer.name)
        .join(TimelineEntry, TimelineEntry.customer_id == Customer.id)
        .where(
            TimelineEntry.author_id == actor.person_id,
            Customer.owner_id == actor.person_id,
            Customer.merged_into_id.is_(None),
        )
        .order_by(TimelineEntry.recorded_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Found(*row)
