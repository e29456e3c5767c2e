"""撞单雷达: is this company with somebody already? One question for every way in, by name and by what else is known."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from config.collisions import CollisionVerdict, Evidence, RadarEntry, Weight, said
from config.policy import Policy
from config.vocabulary import NameVerdict, Role
from crm import audit, name_index, uow
from crm.access import Actor, require, sees_customer
from crm.errors import Invalid
from crm.rules.naming import core_name, name_key, rank
from crm.rules.reach import phone_key
from models.base import bare, one_of
from models.collisions import Collision, RadarRule
from models.customers import Contact, Customer, NameBlock
from models.people import Person

COLLEAGUE = "同事在跟进"
_DEFAULTS: Mapping[Evidence, Weight] = {
    Evidence.NAME: Weight.SAME,
    Evidence.USCC: Weight.SAME,
    # A switchboard, a group's web site: shared by companies that are not one.
    Evidence.PHONE: Weight.HINT,
    Evidence.DOMAIN: Weight.HINT,
}
_WHY = {Evidence.USCC: "信用代码相同", Evidence.PHONE: "电话相同", Evidence.DOMAIN: "网址相同"}
_SURE, _HINT = 100, 85  # scores of evidence that is equal or not, beside those of names


@dataclass(frozen=True, slots=True)
class Question:
    """What is known of the company that is asked about; only the name must be."""

    name: str
    uscc: str = ""
    phones: tuple[str, ...] = ()
    website: str = ""


@dataclass(frozen=True, slots=True)
class Similar:
    """One hit of the radar. For a customer this actor may not see, its name and both its ids are empty: 同事在跟进.

    `settled`: it is the same, and this actor cannot say that it is another.
    """

    customer_id: int | None
    public_id: str
    name: str
    owner: str
    score: int
    same: bool
    settled: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Hit:
    """The same for the product itself: whose it is, is not told. `certain`: no person can say that they differ."""

    customer_id: int
    score: int
    same: bool
    certain: bool
    reason: str


def ask(
    s: Session, actor: Actor, question: Question, entry: RadarEntry, policy: Policy, limit: int = 5
) -> list[Similar]:
    """Customers that may be meant, the same ones first, then best first.

    The one read that looks beyond what the actor may see: of those it says 同事在跟进, and nothing else.
    """
    found = hits(s, actor, question, entry, policy)[:limit]
    if not found:
        return []
    mine = select(Customer.id, Customer.public_id, Customer.name, Person.name.label("owner"))
    mine = mine.outerjoin(Person, Person.id == Customer.owner_id)
    ids = [hit.customer_id for hit in found]
    seen = {row.id: row for row in s.execute(mine.where(Customer.id.in_(ids), sees_customer(actor)))}
    return [
        Similar(
            customer_id=hit.customer_id if hit.customer_id in seen else None,
            public_id=seen[hit.customer_id].public_id if hit.customer_id in seen else "",
            name=seen[hit.customer_id].name if hit.customer_id in seen else "",
            owner=(seen[hit.customer_id].owner or "待分配") if hit.customer_id in seen else COLLEAGUE,
            score=hit.score,
            same=hit.same,
            settled=hit.same and (hit.certain or hit.customer_id not in seen),
            reason=hit.reason,
        )
        for hit in found
    ]


def hits(s: Session, actor: Actor | None, question: Question, entry: RadarEntry, policy: Policy) -> list[Hit]:
    """The same customers first, then the likeliest. Those that were decided to be another company are left out."""
    weights = weights_at(s, entry)
    best: dict[int, Hit] = {}
    for hit in (*_by_name(s, question, weights, policy), *_by_number(s, question, weights)):
        before = best.get(hit.customer_id)
        if before is None or (hit.same, hit.certain, hit.score) > (before.same, before.certain, before.score):
            best[hit.customer_id] = hit
    for other in _decided_different(s, actor, question, best):
        del best[other]
    return sorted(best.values(), key=lambda hit: (not hit.same, -hit.score, hit.customer_id))


def _by_name(s: Session, question: Question, weights: Mapping[Evidence, Weight], policy: Policy) -> Iterator[Hit]:
    weight = weights[Evidence.NAME]
    if weight is Weight.OFF:
        return
    asked = name_key(question.name)
    near = name_index.candidates(s, question.name, name_index.LOOKED_AT)
    for found in rank(question.name, [(hit, hit[1]) for hit in near], policy.similar_at, len(near)):
        customer_id, name = found.item
        same = found.verdict is NameVerdict.SAME
        certain = name_key(name) == asked
        yield Hit(customer_id, found.score, certain or (same and weight is Weight.SAME), certain, found.reason)


def _by_number(s: Session, question: Question, weights: Mapping[Evidence, Weight]) -> Iterator[Hit]:
    for evidence, query in _equal(question):
        weight = weights[evidence]
        if weight is Weight.OFF:
            continue
        same = weight is Weight.SAME
        for customer_id in s.scalars(query.where(Customer.merged_into_id.is_(None))):
            certain = evidence is Evidence.USCC
            yield Hit(customer_id, _SURE if same else _HINT, same or certain, certain, _WHY[evidence])


def _equal(question: Question) -> Iterator[tuple[Evidence, Select[int]]]:
    """What is equal or is not. A number is compared as it is stored, cleaned; an index finds each."""
    if question.uscc:
        yield Evidence.USCC, select(Customer.id).where(Customer.uscc == question.uscc)
    phones = [phone for phone in question.phones if phone_key(phone)]
    if phones:
        with_contact = select(Contact.customer_id).where(Contact.phone.in_(phones), Contact.retired_at.is_(None))
        yield Evidence.PHONE, select(Customer.id).where(or_(Customer.phone.in_(phones), Customer.id.in_(with_contact)))
    if question.website:
        yield Evidence.DOMAIN, select(Customer.id).where(Customer.website == question.website)


def known_numbers(
    s: Session, entry: RadarEntry, phones: Collection[str], websites: Collection[str]
) -> dict[str, tuple[int, bool, str]]:
    """Whose these telephone numbers and web sites are: (customer, whether it is the same then, why) by number.

    For the rows of a sheet, a few statements for hundreds; what weighs nothing at this entry is not looked for.
    """
    weights = weights_at(s, entry)
    found: dict[str, tuple[int, bool, str]] = {}
    current = Customer.merged_into_id.is_(None)
    theirs = select(Contact.phone, Contact.customer_id).join(Customer, Customer.id == Contact.customer_id)
    sites = select(Customer.website, Customer.id)
    asked = (
        (Evidence.PHONE, phones, theirs.where(one_of(s, Contact.phone, phones), Contact.retired_at.is_(None), current)),
        (Evidence.PHONE, phones, select(Customer.phone, Customer.id).where(one_of(s, Customer.phone, phones), current)),
        (Evidence.DOMAIN, websites, sites.where(one_of(s, Customer.website, websites), current)),
    )
    for evidence, numbers, query in asked:
        if numbers and weights[evidence] is not Weight.OFF:
            for number, customer_id in s.execute(query):
                found[number] = customer_id, weights[evidence] is Weight.SAME, _WHY[evidence]
    return found


def _decided_different(s: Session, actor: Actor | None, question: Question, found: Mapping[int, Hit]) -> list[int]:
    """Hits of which supervisors have told this very person that it is another company."""
    unsure = [customer_id for customer_id, hit in found.items() if not hit.certain]
    if not unsure or actor is None:  # a stranger's web form was told nothing
        return []
    told = select(Collision.customer_id).where(
        Collision.customer_id.in_(unsure),
        Collision.asked_by_id == actor.person_id,
        Collision.name_key == name_key(question.name),
        Collision.verdict == CollisionVerdict.DIFFERENT,
    )
    return list(s.scalars(told.distinct()))


def pieces_of(name: str) -> frozenset[str]:
    """What two names that the radar may call the same have in common: a pair of neighbouring letters."""
    word = core_name(name)
    return frozenset(word[at : at + 2] for at in range(max(1, len(word) - 1)))


def lock_names(s: Session, names: Iterable[frozenset[str]]) -> None:
    """Let everybody who is about to make a customer of such a name wait here for the one before him.

    Of each name its pieces; they are locked in one order, so that nobody waits in a circle. Where one alone writes, he
    has waited already.
    """
    if uow.one_writer():
        return
    pieces = sorted(frozenset().union(*names))
    block = bare(NameBlock).c.key
    new = select(func.unnest(literal(pieces, ARRAY(block.type))))
    s.execute(insert(bare(NameBlock)).from_select([block], new).on_conflict_do_nothing())
    # In one statement, however many: slices would be cut in our order and locked inside in the database's.
    those = select(block).where(one_of(s, block, pieces)).order_by(block).with_for_update()
    s.execute(select(func.count()).select_from(those.subquery()))


def weights_at(s: Session, entry: RadarEntry) -> dict[Evidence, Weight]:
    """What each kind of evidence weighs at this entry point today."""
    changed = s.execute(select(RadarRule.evidence, RadarRule.weight).where(RadarRule.entry == entry))
    return {**_DEFAULTS, **{Evidence(evidence): Weight(weight) for evidence, weight in changed}}


def weigh(
    s: Session, actor: Actor, entry: RadarEntry, evidence: Evidence, weight: Weight, now: datetime, *, entrance: str
) -> None:
    """Operations decide how strict the radar is, for one entry point and one kind of evidence."""
    require(actor, Role.OPERATIONS, Role.ADMIN)
    if evidence is Evidence.NAME and weight is Weight.OFF and entry is not RadarEntry.QUOTE:
        raise Invalid("名称查重不能关掉，否则一家公司会建出好几份。可以改成「只提示」")
    before = weights_at(s, entry)[evidence]
    s.merge(RadarRule(entry=entry, evidence=evidence, weight=weight, at=now, actor_id=actor.person_id))
    audit.record(
        s, actor.person_id, "weigh_evidence", f"radar:{entry}", now, entrance=entrance,
        evidence=said(evidence), before=said(before), after=said(weight),
    )  # fmt: skip
