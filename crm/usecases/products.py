"""The price list: products, what they cost from a day on, and what a foreign currency is worth."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import Currency
from crm import audit
from crm.access import PRICERS, Actor, require
from crm.errors import Conflict, Invalid, NotFound
from crm.messages import prompt
from crm.notices import Notice
from crm.prices import PriceHit, hit_by_price
from crm.rules.days import day_of
from crm.rules.quotes import model_key, say_money
from models.base import insert_once
from models.quotes import Price, Product, Rate

LONGEST_MODEL, LONGEST_NAME, LONGEST_SPEC, LONGEST_UNIT = 60, 60, 30, 6
_CALLED = {
    "model": "型号", "name": "名称", "calibre": "口径", "pressure": "压力", "material": "材质", "unit": "单位",
}  # fmt: skip
_NAMED = 5  # quotes that a message names; the page lists all
_HIGHEST = Decimal(10) ** 12
_HIGHEST_RATE = Decimal(100_000)


@dataclass(frozen=True, slots=True)
class ProductDraft:
    model: str
    name: str
    calibre: str = ""
    pressure: str = ""
    material: str = ""
    unit: str = "台"


@dataclass(frozen=True, slots=True)
class ProductMade:
    id: int
    public_id: str
    model: str
    version: int


@dataclass(frozen=True, slots=True)
class PriceDraft:
    """From `first_day` on, until `last_day` or until another price begins."""

    list_price: Decimal
    floor_price: Decimal
    currency: Currency
    first_day: date
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class PriceMade:
    """`hits` are the quotes that were told about."""

    public_id: str
    model: str
    hits: Sequence[PriceHit]


def add_product(s: Session, actor: Actor, draft: ProductDraft, now: datetime, *, entrance: str) -> ProductMade:
    """One model is one product, however it is spelt; one that was retired comes back as it was."""
    require(actor, *PRICERS)
    values = _checked(draft)
    key = model_key(values["model"])
    old = s.scalar(select(Product).where(Product.model_key == key).with_for_update())
    if old is None and insert_once(
        s, Product, model_key=key, made_by_id=actor.person_id, made_at=now, retired_at=None, version=1, **values
    ):
        made = s.scalars(select(Product).where(Product.model_key == key)).one()
    elif old is not None and old.retired_at is not None:
        made, old.retired_at = old, None
        _write(s, old, values)
    else:
        raise Conflict(f"型号「{values['model']}」已经有了，直接给它定价", {"model": "已经有了"})
    audit.record(s, actor.person_id, "add_product", f"product:{made.id}", now, entrance=entrance, name=made.model)
    return ProductMade(made.id, made.public_id, made.model, made.version)


def change_product(
    s: Session, actor: Actor, product_id: str, draft: ProductDraft, version: int, now: datetime, *, entrance: str
) -> ProductMade:
    """Its words as they are from now on, on old quotes too. Another model is another product: Invalid.

    `version` is the one that was seen; Conflict where somebody has changed it since.
    """
    require(actor, *PRICERS)
    product = _as_seen(s, product_id, version)
    values = _checked(draft)
    if model_key(values["model"]) != product.model_key:
        why = "换了型号就是另一个产品：请停用这个，再新增那个"
        raise Invalid(why, {"model": why})
    was = {name: getattr(product, name) for name, new in values.items() if getattr(product, name) != new}
    if was:
        _write(s, product, values)
        audit.record(
            s, actor.person_id, "change_product", f"product:{product.id}", now, entrance=entrance, name=product.model,
            was=_listed(was), new=_listed({name: values[name] for name in was}),
        )  # fmt: skip
    return ProductMade(product.id, product.public_id, product.model, product.version)


def _listed(values: Mapping[str, str]) -> str:
    return "，".join(f"{_CALLED[name]} {value or '空'}" for name, value in values.items())


def _write(s: Session, product: Product, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        setattr(product, name, value)
    product.version += 1
    s.flush()


def _as_seen(s: Session, product_id: str, version: int) -> Product:
    product = the_product(s, product_id, lock=True)
    if product.version != version:
        raise Conflict(f"「{product.model}」刚被别人改过，您的修改没有保存。请刷新页面，看看现在的样子再改")
    return product


def _checked(draft: ProductDraft) -> dict[str, str]:
    longest = {
        "model": LONGEST_MODEL, "name": LONGEST_NAME, "calibre": LONGEST_SPEC, "pressure": LONGEST_SPEC,
        "material": LONGEST_SPEC, "unit": LONGEST_UNIT,
    }  # fmt: skip
    values = {name: " ".join(getattr(draft, name).replace("\x00", "").split()) for name in longest}
    wrong = {name: f"最多 {most} 个字" for name, most in longest.items() if len(values[name]) > most}
    wrong |= {name: "请填写" for name in ("model", "name", "unit") if not values[name]}
    if wrong:
        raise Invalid("产品没有保存：型号、名称和单位要填，也不能太长", wrong)
    return values


def retire_product(
    s: Session, actor: Actor, product_id: str, version: int, now: datetime, *, entrance: str
) -> ProductMade:
    """停用: nobody quotes it any more; what was quoted stays. `add_product` with its model brings it back."""
    require(actor, *PRICERS)
    product = _as_seen(s, product_id, version)
    product.retired_at = now
    product.version += 1
    s.flush()
    audit.record(
        s, actor.person_id, "retire_product", f"product:{product.id}", now, entrance=entrance, name=product.model
    )
    return ProductMade(product.id, product.public_id, product.model, product.version)


def set_price(
    s: Session, actor: Actor, product_id: str, draft: PriceDraft, now: datetime, *, entrance: str
) -> PriceMade:
    """A price from today or a later day on. Owners of the quotes that it hits are told, each once."""
    require(actor, *PRICERS)
    product = the_product(s, product_id)
    check_price(draft, day_of(now))
    hits = hit_by_price(s, product.id, draft.list_price, draft.currency, draft.first_day)
    price = Price(
        product_id=product.id, list_price=draft.list_price, floor_price=draft.floor_price, currency=draft.currency,
        first_day=draft.first_day, last_day=draft.last_day, made_by_id=actor.person_id, made_at=now,
    )  # fmt: skip
    s.add(price)
    s.flush()
    audit.record(
        s, actor.person_id, "set_price", f"product:{product.id}", now, entrance=entrance, name=product.model,
        list_price=say_money(draft.list_price, draft.currency), first_day=draft.first_day.isoformat(),
        affected=len(hits),
    )  # fmt: skip
    _tell_owners(s, product, price, hits, now)
    return PriceMade(price.public_id, product.model, hits)


def check_price(draft: PriceDraft, today: date) -> None:
    """Invalid says of each part what is wrong with it: before a price is kept, and before its effect is shown."""
    wrong: dict[str, str] = {}
    if not Decimal(0) < draft.list_price < _HIGHEST:
        wrong["list_price"] = "列表价要大于 0"
    if not Decimal(0) <= draft.floor_price <= draft.list_price:
        wrong["floor_price"] = "底价不能高于列表价"
    if draft.first_day < today:
        wrong["first_day"] = "生效日不能早于今天：已经报出去的价格不改"
    if draft.last_day is not None and draft.last_day < draft.first_day:
        wrong["last_day"] = "截止日不能早于生效日"
    if wrong:
        raise Invalid("价格没有保存：" + "；".join(wrong.values()), wrong)


def _tell_owners(s: Session, product: Product, price: Price, hits: Iterable[PriceHit], now: datetime) -> None:
    theirs: dict[int, list[PriceHit]] = defaultdict(list)
    for hit in hits:
        theirs[hit.owner_id].append(hit)
    new = say_money(price.list_price, price.currency)
    for owner_id, own in sorted(theirs.items()):
        lines = [
            f"· {one.number} {one.customer}，报价 {say_money(one.unit_price, one.currency)}" for one in own[:_NAMED]
        ]
        more = f"\n…共 {len(own)} 张" if len(own) > _NAMED else ""
        notice = Notice(
            title=f"调价：{product.model}",
            desc=f"{price.first_day} 起列表价 {new}，您有 {len(own)} 张未结报价受影响",
            body="\n".join(lines) + more + "\n已报出的价格不变；要改，在管理后台打开这张报价点「出新版」",
        )
        prompt(s, owner_id, notice, dedupe=f"price:{price.id}:{owner_id}", now=now)


def set_rate(
    s: Session, actor: Actor, currency: Currency, day: date, to_yuan: Decimal, now: datetime, *, entrance: str
) -> None:
    """What one unit is worth in yuan from this day on; the same day again corrects it. Quotes keep theirs."""
    require(actor, *PRICERS)
    if currency is Currency.CNY:
        raise Invalid("人民币不用汇率", {"currency": "选外币"})
    if not Decimal(0) < to_yuan < _HIGHEST_RATE:
        raise Invalid("汇率要大于 0，写 1 外币等于多少元，例如 7.12", {"to_yuan": "不对"})
    if day < day_of(now):
        raise Invalid("汇率的日期不能早于今天", {"day": "太早"})
    s.merge(Rate(currency=currency, day=day, to_yuan=to_yuan, made_by_id=actor.person_id, made_at=now))
    s.flush()
    audit.record(
        s, actor.person_id, "set_rate", f"rate:{currency}", now, entrance=entrance, day=day.isoformat(),
        rate=str(to_yuan),
    )  # fmt: skip


def the_product(s: Session, product_id: str, *, lock: bool = False) -> Product:
    wanted = select(Product).where(Product.public_id == product_id, Product.retired_at.is_(None))
    found = s.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound("没有这个产品，或者已经停用。请在产品列表里选")
    return found
