"""The door to one quote, and who reads floor prices: nobody learns what another team asks of a customer of his."""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from config.grants import FLOOR_PRICE
from config.vocabulary import QuoteState, Role
from crm.access.actors import Actor
from crm.access.grants import Eyes
from crm.access.rows import READ, WRITE, To, get_customer, sees_customer
from crm.errors import NotAllowed, NotFound
from models.customers import Customer
from models.quotes import Quote, QuoteConflict

PRICERS = (Role.OPERATIONS, Role.FINANCE, Role.ADMIN)  # who keeps the price list
ONLY_READS = "报价 {} 您可以看，不能改。要改请找报价人或他的主管"
NO_QUOTE = "没有找到这张报价，或者它不在您能看的范围里。发 /报价 客户 看看"


def sees_quote(actor: Actor) -> ColumnElement[bool]:
    """For a statement that joins the quote's customer.

    Of a customer that is there for him: his own and his teams' quotes, and how the others' ended. Who holds the file
    reads all of it, but not what another team asks while it is to be decided whose the customer is. Finance reads
    quotes, and no customer's file.
    """
    theirs = or_(QuoteConflict.first_id == Quote.root_id, QuoteConflict.second_id == Quote.root_id)
    contested = select(QuoteConflict.id).where(QuoteConflict.decided_at.is_(None), theirs).exists()
    his = or_(
        Quote.owner_id == actor.person_id,
        Quote.team_id.in_({actor.team_id, *actor.team_ids}),
        Quote.state.in_((QuoteState.WON, QuoteState.LOST)),
        and_(Customer.owner_id == actor.person_id, ~contested),
    )
    current = Customer.merged_into_id.is_(None)
    return current if reads_every_quote(actor) else and_(current, sees_customer(actor), his)


def get_quote(s: Session, actor: Actor, quote_id: str, *, to: To = WRITE, lock: bool = False) -> tuple[Quote, Customer]:
    """A quote with its customer, whose row is the lock of the whole file. `WRITE`: his own, or his teams'."""
    wanted = select(Quote).join(Customer, Customer.id == Quote.customer_id)
    quote = s.scalar(wanted.where(Quote.public_id == quote_id, sees_quote(actor)))
    if quote is None:
        raise NotFound(NO_QUOTE)
    if to is READ:
        return quote, s.get_one(Customer, quote.customer_id)
    try:
        customer = get_customer(s, actor, quote.customer_id, to=to, lock=lock)
    except NotFound:  # it is read by his role alone
        raise NotAllowed(ONLY_READS.format(quote.number)) from None
    if lock:
        s.refresh(quote)
    if not keeps_quote(actor, quote, customer):
        raise NotAllowed(f"报价 {quote.number} 是同事的，只有报价人和他的主管能改")
    return quote, customer


def reads_every_quote(actor: Actor) -> bool:
    """Whoever's they are: those who see every customer, and finance."""
    return actor.sees_all or actor.role is Role.FINANCE


def keeps_quote(actor: Actor, quote: Quote, customer: Customer) -> bool:
    """Whether he may change it: who made it, who has the customer now, and those above."""
    his = actor.person_id in (quote.owner_id, customer.owner_id)
    return his or actor.sees_all or (actor.manages and quote.team_id in actor.team_ids)


def reads_floor(who: Eyes) -> bool:
    """By role alone: a price list belongs to no customer, so no customer's being one's own opens it."""
    return who.role in PRICERS or FLOOR_PRICE in who.sight("deal").groups
