"""The rows of a sheet beside what the store has: known by name, code or number, like one that is there, or new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.collisions import RadarEntry, Weight
from config.sheets import RowResolution, RowVerdict
from config.vocabulary import NameVerdict
from crm import name_index
from crm.access import WRITE, Actor, sees_customer
from crm.rules.reach import phone_key
from crm.rules.sheet_rows import Draft, Form
from crm.usecases.import_repeats import Above
from crm.usecases.imports import HIDDEN, Options
from crm.usecases.radar import known_numbers
from models.base import one_of
from models.customers import Customer


@dataclass(frozen=True, slots=True)
class Asked:
    """What a whole dry run is judged by, asked once."""

    actor: Actor
    form: Form
    options: Options
    similar_at: int
    by_name: Weight  # of a name that the radar takes for the same
    above: Above


@dataclass(slots=True)
class Judged:
    """One row with its verdict. `twin` is the customer that it may be; never named in `why` unless it may be seen.

    `usual`: what is done about it where nobody decides otherwise, if that is not what is usual for its verdict.
    """

    number: int
    draft: Draft = field(default_factory=Draft)
    verdict: RowVerdict = RowVerdict.NEW
    why: str = ""
    twin: int | None = None
    usual: RowResolution | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """A customer in the store. `mine`: the importer may write into it."""

    id: int
    name: str
    mine: bool


def companies(s: Session, actor: Actor, keys: set[str]) -> dict[str, Company]:
    """The customers that have exactly these names, whoever holds them."""
    columns = (Customer.id, Customer.name, Customer.name_key, sees_customer(actor, WRITE).label("mine"))
    wanted = select(*columns).where(one_of(s, Customer.name_key, keys), Customer.merged_into_id.is_(None))
    return {row.name_key: Company(row.id, row.name, bool(row.mine)) for row in s.execute(wanted)}


def known_or_like(s: Session, asked: Asked, usable: Sequence[Judged], known: Mapping[str, Company]) -> None:
    by_code = _by_code(s, asked.actor, {str(code) for one in usable if (code := one.draft.customer.get("uscc"))})
    strangers = []
    for one in usable:
        twin = known.get(one.draft.key)
        coded = by_code.get(str(one.draft.customer.get("uscc", "")))
        if twin is not None:
            _is(one, RowVerdict.SAME, twin, "名称相同")
        elif coded is not None:
            _is(one, RowVerdict.SAME, coded, "统一社会信用代码相同")
        else:
            strangers.append(one)
    _ask_the_radar(s, asked, strangers)


def _is(one: Judged, verdict: RowVerdict, twin: Company, why: str) -> None:
    """A colleague's customer stays without a name for somebody who may not see it."""
    one.verdict, one.twin = verdict, twin.id
    one.why = f"{why}：{twin.name}" if twin.mine else f"{why}，{HIDDEN}"


def _by_code(s: Session, actor: Actor, codes: set[str]) -> dict[str, Company]:
    if not codes:
        return {}
    columns = (Customer.id, Customer.name, Customer.uscc, sees_customer(actor, WRITE).label("mine"))
    wanted = select(*columns).where(one_of(s, Customer.uscc, codes), Customer.merged_into_id.is_(None))
    return {str(row.uscc): Company(row.id, row.name, bool(row.mine)) for row in s.execute(wanted)}


def _ask_the_radar(s: Session, asked: Asked, strangers: Sequence[Judged]) -> None:
    """Names that are not spelled the same but are, or are like, one we have; and numbers that one of ours has."""
    found = name_index.judge_many(s, [one.draft.name for one in strangers], asked.similar_at)
    decides = asked.by_name is Weight.SAME
    best = {
        one.number: (ranked[0].item, decides and ranked[0].verdict is NameVerdict.SAME, ranked[0].reason)
        for one, ranked in zip(strangers, found, strict=True)
        if ranked
    }
    numbers = _numbers(s, strangers)
    for one in strangers:
        hit = next((numbers[number] for number in (*_phones(one), *_websites(one)) if number in numbers), None)
        if hit is not None and (one.number not in best or (hit[1] and not best[one.number][1])):
            best[one.number] = hit
    columns = (Customer.id, Customer.name, sees_customer(asked.actor, WRITE).label("mine"))
    ids = {customer_id for customer_id, *_ in best.values()}
    wanted = select(*columns).where(one_of(s, Customer.id, ids), Customer.merged_into_id.is_(None))
    there = {row.id: Company(row.id, row.name, bool(row.mine)) for row in s.execute(wanted)} if best else {}
    for one in strangers:
        customer_id, same, why = best.get(one.number, (0, False, ""))
        if customer_id in there:
            _is(one, RowVerdict.SIMILAR, there[customer_id], f"很可能是同一家（{why}）" if same else why)
            one.usual = RowResolution.SKIP if same else None


def _numbers(s: Session, strangers: Sequence[Judged]) -> Mapping[str, tuple[int, bool, str]]:
    phones = {phone for one in strangers for phone in _phones(one)}
    return known_numbers(s, RadarEntry.IMPORT, phones, {site for one in strangers for site in _websites(one)})


def _phones(one: Judged) -> list[str]:
    said = (one.draft.customer.get("phone"), one.draft.contact.get("phone"))
    return [str(phone) for phone in said if phone and phone_key(str(phone))]


def _websites(one: Judged) -> list[str]:
    return [str(site) for site in (one.draft.customer.get("website"),) if site]
