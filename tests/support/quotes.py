"""Products, quotes and twin customer files for tests."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from config.vocabulary import Currency, CustomerLevel, CustomerSource, OwnershipReason, Role
from crm import name_index, uow
from crm.access import actor_by_userid
from crm.holding import Holder
from crm.rules.naming import name_key
from crm.usecases.ownership import begin
from crm.usecases.products import PriceDraft, ProductDraft, add_product, set_price
from crm.usecases.quote_lines import LineDraft
from crm.usecases.quotes import QuoteDraft, QuoteMade, make_quote
from models.customers import Customer
from models.people import Person
from tests.support.company import IDS, NOW, actor

TODAY = date(2026, 11, 23)


def product(model: str = "IHG80-160", list_price: int = 10_000, floor: int = 8_000, now: datetime = NOW) -> str:
    """A product with a price that holds since 30 days; its public id."""
    with uow.transaction() as s:
        made = add_product(
            s, actor("wang"), ProductDraft(model, "化工泵", "80", "1.6MPa", "316L"), now, entrance="console"
        )
        before = now - timedelta(days=30)
        price = PriceDraft(Decimal(list_price), Decimal(floor), Currency.CNY, TODAY - timedelta(days=30))
        set_price(s, actor("wang"), made.public_id, price, before, entrance="console")
    return made.public_id


def twin(owner: str, name: str, now: datetime = NOW) -> int:
    """A customer file as an import or an older time left it: nobody asked whether the company is there already."""
    with uow.transaction() as s:
        row = Customer(
            name=name, name_key=name_key(name), level=CustomerLevel.NORMAL, source=CustomerSource.OUTREACH,
            owner_id=IDS[owner.casefold()], silent_since=now, created_at=now,
        )  # fmt: skip
        s.add(row)
        s.flush()
        name_index.put(s, row.id, [name])
        begin(s, row, Holder.person(IDS[owner.casefold()]), OwnershipReason.CREATED, IDS[owner.casefold()], now)
        return row.id


def quoted(
    who: str, customer: int, what: str, price: int = 9_500, quantity: int = 2, now: datetime = NOW, **more: object
) -> QuoteMade:
    lines: Sequence[LineDraft] = [LineDraft(Decimal(quantity), Decimal(price), what)]
    draft = QuoteDraft(lines, **more)  # type: ignore[arg-type]
    return uow.attempt(lambda s: make_quote(s, actor_by_userid(s, who, now), customer, draft, now, entrance="chat"))


def role(who: str, what: Role) -> None:
    with uow.transaction() as s:
        s.get_one(Person, IDS[who]).role = what
