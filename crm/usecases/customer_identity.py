"""What makes a company this one and no other: its name, its credit code, and whose subsidiary it is."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.access import Actor, customers_for, sees_customer
from crm.errors import Conflict, Invalid
from crm.rules.naming import name_key
from crm.usecases.looking import counted
from models.base import insert_once
from models.customers import Customer, NameBlock
from models.people import Person

COLLEAGUE = "同事在跟进"
_DEEPEST = 20  # companies above one another; no group of ours has more than five


def claim_name(s: Session, actor: Actor, name: str, but: int | None = None) -> None:
    """Nobody else has this name, and nobody takes it before this transaction ends; Conflict else."""
    key = name_key(name)
    insert_once(s, NameBlock, key=key)
    s.execute(select(NameBlock).where(NameBlock.key == key).with_for_update())
    twin = s.scalar(
        select(Customer).where(Customer.name_key == key, Customer.merged_into_id.is_(None), Customer.id != (but or 0))
    )
    if twin is not None:
        raise _met(s, actor, twin, name, Conflict(taken(s, actor, twin), {"name": "已经有这家公司"} if but else None))


def free_uscc(s: Session, actor: Actor, uscc: str, but: int | None = None) -> None:
    """No other customer has this credit code; two who write it at once meet at the store's own constraint."""
    twin = s.scalar(select(Customer).where(Customer.uscc == uscc, Customer.id != (but or 0)))
    if twin is not None:
        said = f"统一社会信用代码重复，没有保存。{taken(s, actor, twin)}"
        raise _met(s, actor, twin, uscc, Conflict(said, {"uscc": "已经属于另一个客户"}))


def _met(s: Session, actor: Actor, twin: Customer, typed: str, refusal: Conflict) -> Conflict:
    """Trying names by making customers of them is looking them up: a colleague's counts, one's own does not."""
    visible = s.scalar(select(Customer.id).where(Customer.id == twin.id, sees_customer(actor)))
    return refusal if visible else counted(actor, typed, refusal)


def taken(s: Session, actor: Actor, twin: Customer) -> str:
    """Who has it, as far as this actor may know."""
    if twin.owner_id == actor.person_id:
        return f"「{twin.name}」已经在您名下，不用再建。发 /跟进 {twin.name} 直接记跟进"
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
