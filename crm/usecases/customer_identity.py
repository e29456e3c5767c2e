"""What makes a company this one and no other: its name, its credit code, and whose subsidiary it is."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.collisions import RadarEntry
from crm import policy
from crm.access import Actor, customers_for, sees_customer
from crm.errors import Conflict, Invalid
from crm.rules.naming import name_key
from crm.usecases import radar
from crm.usecases.looking import counted
from crm.usecases.radar import COLLEAGUE, Hit, Question
from models.customers import Customer
from models.people import Person

_DEEPEST = 20  # companies above one another; no group of ours has more than five


class Taken(Conflict):
    """Somebody has this company already: `hit` says which customer it is, for the product's own use."""

    def __init__(self, message: str, hit: Hit) -> None:
        super().__init__(message)
        self.hit = hit


def claim_company(s: Session, actor: Actor, question: Question, *, anyway: bool) -> None:
    """The radar knows nobody who has this company, and nobody takes it before this transaction ends; Taken else.

    `anyway`: the actor has looked at those that are only alike, and says that they are others. He cannot say so of a
    customer that he may not see, nor of the very same name or credit code.
    """
    radar.lock_names(s, [radar.pieces_of(question.name)])
    for hit in radar.hits(s, actor, question, RadarEntry.CREATE, policy.current(s)):
        if not hit.same:
            break
        twin = s.get_one(Customer, hit.customer_id)
        seen = s.scalar(select(Customer.id).where(Customer.id == twin.id, sees_customer(actor)))
        if hit.certain or seen is None or not anyway:
            raise _met(s, actor, twin, question.name, Taken(taken(s, actor, twin), hit))


def claim_name(s: Session, actor: Actor, name: str, but: int) -> None:
    """No other customer has exactly this name, and nobody takes it before this transaction ends; Conflict else."""
    radar.lock_names(s, [radar.pieces_of(name)])
    twin = s.scalar(
        select(Customer).where(
            Customer.name_key == name_key(name), Customer.merged_into_id.is_(None), Customer.id != but
        )
    )
    if twin is not None:
        raise _met(s, actor, twin, name, Conflict(taken(s, actor, twin), {"name": "已经有这家公司"}))


def free_uscc(s: Session, actor: Actor, uscc: str, but: int | None = None) -> None:
    """No other customer has this credit code; two who write it at once meet at the store's own constraint."""
    twin = s.scalar(select(Customer).where(Customer.uscc == uscc, Customer.id != (but or 0)))
    if twin is not None:
        said = f"统一社会信用代码重复，没有保存。{taken(s, actor, twin)}"
        raise _met(s, actor, twin, uscc, Conflict(said, {"uscc": "已经属于另一个客户"}))


def _met(s: Session, actor: Actor, twin: Customer, typed: str, refusal: Conflict) -> Conflict:
    """Trying names by making customers of them is looking them up: a colleague's counts, one's own is named."""
    visible = s.scalar(select(Customer.id).where(Customer.id == twin.id, sees_customer(actor)))
    if visible is None:
        return counted(actor, typed, refusal)
    refusal.customer_id = twin.public_id
    return refusal


def taken(s: Session, actor: Actor, twin: Customer) -> str:
    """Who has it, as far as this actor may know."""
    if twin.owner_id == actor.person_id:
        return f"「{twin.name}」已经在您名下，不用另建一份，直接给它记跟进就行"
    visible = s.scalar(select(Customer.id).where(Customer.id == twin.id, sees_customer(actor)))
    owner = s.scalar(select(Person.name).where(Person.id == twin.owner_id))
    who = (f"由 {owner} 负责" if owner else "在待分配队列里") if visible else COLLEAGUE
    return f"这家公司已经在系统里，{who}，没有重复新建。需要配合的话请找您的主管协调"


def parent_named(s: Session, actor: Actor, words: str, child: Customer | None) -> str:
    """The public id of the customer meant as 上级公司: one that this actor may see, and not below the child."""
    named = (Customer.public_id == words) | (Customer.name_key == name_key(words))
    found = s.scalars(customers_for(actor).where(named).limit(2)).all()
    if len(found) != 1:
        why = f"没有找到「{words[:30]}」这个客户，请填您能看到的客户的全称"
        raise Invalid(f"上级公司没有保存：{why}", {"parent": why})
    above: Customer | None = found[0]
    for _ in range(_DEEPEST):
        if above is None:
            return found[0].public_id
        if child is not None and above.id == child.id:
            break
        # Locked: two who hang each under the other at once must meet.
        higher = select(Customer).where(Customer.id == above.parent_id).with_for_update()
        above = None if above.parent_id is None else s.scalar(higher)
    why = "上级公司不能是它自己，也不能是它的下级公司"
    raise Invalid(f"上级公司没有保存：{why}", {"parent": why})
