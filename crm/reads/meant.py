"""Which customer a person means by what he typed: the whole name, a part of it, its pinyin, or nearly."""

from dataclasses import dataclass
from functools import cache

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from config.grants import REACH
from config.vocabulary import FieldObject
from crm import name_index
from crm.access import ME, Actor, Reach, customer_in, eyes, sees_customer, within
from crm.rules.naming import name_key, rank, said_in
from crm.rules.typed_names import read_as
from models.base import bare
from models.customers import Contact, Customer
from models.merges import CustomerMerge
from models.names import CompanyName
from models.timeline import TimelineEntry

_CLOSE_ENOUGH = 75
_MOST = 6  # one more than is shown, to know that there are more
_EACH_COMPARED = 1_000  # customers compared one by one: some tens of milliseconds
_OFFERED = 400  # what the index is asked for, of which the actor sees a part
_WHICH = select(Customer.id, Customer.public_id, Customer.name)
_WINNERS = select(CustomerMerge.winner_id).where(CustomerMerge.undone_at.is_(None))


@dataclass(frozen=True, slots=True)
class Found:
    id: int
    public_id: str
    name: str


def meant_or_near(s: Session, actor: Actor, typed: str) -> list[Found]:
    """The customers of this actor that `typed` names or nearly names, best first, at most six."""
    return meant(s, actor, typed) or near(s, actor, typed)


def meant(s: Session, actor: Actor, typed: str) -> list[Found]:
    """Those whose name, or a part of it, or its pinyin was typed: one alone is certain enough to act on."""
    words = typed.strip()
    if not words:
        return []
    key = name_key(words)
    exact, partly = _named(actor.reach)
    asked = {**within(actor), "key": key}
    found = s.execute(exact, asked).all()
    if found:
        return [Found(*row) for row in found]
    asked |= {"name_part": _holding(key or words), "pinyin_part": _holding(words.casefold())}
    rows = s.execute(partly, asked).all()
    return [Found(*row[:3]) for row in rows if row.whole] or [Found(*row[:3]) for row in rows]


@cache
def _named(reach: Reach) -> tuple[Select[int, str, str], Select[int, str, str, bool]]:
    """Customers of a name, and customers whose name or its pinyin holds a part, or the name of one that was merged
    into them (`whole`: that very name). Built once: every follow-up asks."""
    visible = _WHICH.where(Customer.merged_into_id.is_(None), customer_in(reach))
    name = bare(CompanyName).c
    once = select(name.customer_id).where(name.customer_id.in_(_WINNERS))
    holds = or_(
        Customer.name_key.like(bindparam("name_part"), escape="/"),
        Customer.pinyin.like(bindparam("pinyin_part"), escape="/"),
        Customer.id.in_(once.where(name.key.like(bindparam("name_part"), escape="/"))),
    )
    whole = Customer.id.in_(once.where(name.key == bindparam("key")))
    ordered = (whole.desc(), Customer.owner_id != ME, Customer.name)
    exact = visible.where(Customer.name_key == bindparam("key"))
    return exact.limit(_MOST), visible.add_columns(whole.label("whole")).where(holds).order_by(*ordered).limit(_MOST)


def _holding(part: str) -> str:
    """A pattern for LIKE in which nothing that was typed is a wildcard."""
    return "%" + part.replace("/", "//").replace("%", "/%").replace("_", "/_") + "%"


def whose_contact(s: Session, actor: Actor, typed: str) -> list[Found]:
    """Customers that `typed` names by a contact, or by a telephone of theirs; by a number only where the actor may see
    it whole: trying out numbers must not tell what is shown to him in part."""
    key, value = read_as(typed)
    if not value or key not in ("name", "phone"):
        return []
    contacts = select(Contact.customer_id).where(Contact.retired_at.is_(None))
    order = (Customer.owner_id != actor.person_id, Customer.name)
    if key == "name":
        called = contacts.where(Contact.name.contains(value, autoescape=True))
        query = _visible(actor).where(Customer.id.in_(called)).order_by(*order).limit(_MOST)
        return [Found(*row) for row in s.execute(query)]
    seen = eyes(s, actor)
    owned = _visible(actor).add_columns(Customer.owner_id).order_by(*order)
    found = {}
    for record, has_it in (
        (FieldObject.CONTACT, Customer.id.in_(contacts.where(Contact.phone == value))),
        (FieldObject.CUSTOMER, Customer.phone == value),
    ):
        sight = seen.sight(record)
        for row in s.execute(owned.where(has_it)):
            if sight.whole(row.id, row.owner_id, REACH):
                found[row.id] = Found(*row[:3])
    return list(found.values())[:_MOST]


def near(s: Session, actor: Actor, typed: str) -> list[Found]:
    """Those whose name resembles what was typed: never certain, always asked about.

    Who sees many customers asks the index. Who sees few has them all compared: the index offers what is alike among
    everybody's, which may crowd his own out.
    """
    seen = _visible(actor)
    rows = s.execute(seen.limit(_EACH_COMPARED + 1)).all()
    if len(rows) > _EACH_COMPARED:
        offered = {customer_id for customer_id, _ in name_index.candidates(s, typed, _OFFERED)}
        rows = s.execute(seen.where(Customer.id.in_(offered))).all()
    everything = {row.id: row for row in rows}
    found = rank(typed.strip(), ((row.id, row.name) for row in rows), _CLOSE_ENOUGH, _MOST)
    return [Found(*everything[c.item]) for c in found]


def _visible(actor: Actor) -> Select[int, str, str]:
    return _WHICH.where(Customer.merged_into_id.is_(None), sees_customer(actor))


def named_in(s: Session, actor: Actor, text: str) -> Found | None:
    """The actor's own customer that the text names; whose name stands there at greatest length wins."""
    own = _WHICH.where(Customer.owner_id == actor.person_id, Customer.merged_into_id.is_(None))
    once = own.add_columns(CompanyName.name).join(CompanyName, CompanyName.customer_id == Customer.id)
    known = [(Found(*row), row.name) for row in s.execute(own)]
    known += [(Found(*row[:3]), row[3]) for row in s.execute(once.where(Customer.id.in_(_WINNERS)))]
    words = name_key(text)
    hits = [(letters, found) for found, name in known if (letters := said_in(name, words))]
    return max(hits, key=lambda hit: hit[0])[1] if hits else None


def last_touched(s: Session, actor: Actor) -> Found | None:
    """The customer this person wrote about last, if it is still his."""
    row = s.execute(
        _WHICH.join(TimelineEntry, TimelineEntry.customer_id == Customer.id)
        .where(
            TimelineEntry.author_id == actor.person_id,
            Customer.owner_id == actor.person_id,
            Customer.merged_into_id.is_(None),
        )
        .order_by(TimelineEntry.recorded_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Found(*row)
