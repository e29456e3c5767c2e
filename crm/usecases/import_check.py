"""The dry run: a verdict on every row, by the judge and the radar that all entrances ask. Nothing is made."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.collisions import Evidence, RadarEntry, Weight
from config.sheets import ImportKind, RowResolution, RowVerdict
from config.vocabulary import NameVerdict
from crm import name_index, policy
from crm.access import WRITE, Actor, actor_by_id, sees_customer
from crm.columns import form_of
from crm.rules.reach import phone_key
from crm.rules.sheet_rows import Draft, Form, Unusable, read_row
from crm.usecases.contests import contestable
from crm.usecases.import_drafts import stored
from crm.usecases.import_existing import already_there
from crm.usecases.import_repeats import Above, repeats, rows_above
from crm.usecases.import_work import Work, next_rows, step
from crm.usecases.imports import HIDDEN, Options, options_of
from crm.usecases.radar import known_numbers, weights_at
from models.base import bare, one_of, update_rows
from models.customers import Customer
from models.imports import ImportJob, ImportRow

_ROW, _CUSTOMER = bare(ImportRow).c, bare(Customer).c
_USUAL = {
    RowVerdict.NEW: RowResolution.CREATE,
    RowVerdict.SIMILAR: RowResolution.CREATE,
    RowVerdict.SAME: RowResolution.SKIP,
    RowVerdict.REPEATED: RowResolution.MERGE,
}


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


def prepare(s: Session, work: Work, now: datetime) -> Asked:
    actor = actor_by_id(s, work.creator_id)
    job = s.get_one(ImportJob, work.id)
    weight = weights_at(s, RadarEntry.IMPORT)[Evidence.NAME]
    similar_at = policy.current(s).similar_at
    above = rows_above(s, work) if work.kind is ImportKind.CUSTOMERS and work.cursor else Above()
    return Asked(actor, form_of(s, actor, job, now), options_of(job), similar_at, weight, above)


def read_next(s: Session, work: Work, asked: Asked, many: int) -> list[Judged]:
    """At most so many rows behind the cursor, each beside what the store has. Empty at the end."""
    judged = []
    for row in next_rows(s, work, many, _ROW.cells):
        one = Judged(row.number)
        try:
            one.draft = read_row(asked.form, json.loads(row.cells))
        except Unusable as error:
            one.verdict, one.why = RowVerdict.ERROR, str(error)
        judged.append(one)
    usable = [one for one in judged if one.verdict is not RowVerdict.ERROR]
    known = companies(s, asked.actor, {one.draft.key for one in usable})
    if work.kind is ImportKind.CUSTOMERS:
        _known_or_like(s, asked, usable, known)
    else:
        _belonging(s, work, usable, known)
    return judged


def judge(s: Session, work: Work, asked: Asked, rows: Sequence[Judged]) -> None:
    """The same rows beside those above them in the sheet; now the verdicts are whole, and nothing is written yet."""
    usable = [one for one in rows if one.verdict is not RowVerdict.ERROR]
    if work.kind is ImportKind.CUSTOMERS:
        _said_again(s, work, asked, usable)
    else:
        _said_twice(s, work, usable)


def record(s: Session, work: Work, judged: Sequence[Judged], now: datetime) -> Work:
    """Write the verdicts down, each with what is usually done about it."""
    moved = step(s, work, judged[-1].number, now)
    update_rows(
        s,
        ImportRow,
        "number",
        [
            {
                "number": one.number,
                "draft": stored(one.draft) if one.verdict is not RowVerdict.ERROR else "",
                "key": one.draft.key if one.verdict is not RowVerdict.ERROR else "",
                "verdict": one.verdict,
                "why": one.why[:500],
                "twin_id": one.twin,
                "resolution": one.usual or _USUAL.get(one.verdict, ""),
            }
            for one in judged
        ],
        _ROW.job_id == work.id,
        _ROW.number.between(judged[0].number, judged[-1].number),
    )
    return moved


def companies(s: Session, actor: Actor, keys: set[str]) -> dict[str, Company]:
    """The customers that have exactly these names, whoever holds them."""
    columns = (Customer.id, Customer.name, Customer.name_key, sees_customer(actor, WRITE).label("mine"))
    wanted = select(*columns).where(one_of(s, Customer.name_key, keys), Customer.merged_into_id.is_(None))
    return {row.name_key: Company(row.id, row.name, bool(row.mine)) for row in s.execute(wanted)}


def _known_or_like(s: Session, asked: Asked, usable: Sequence[Judged], known: Mapping[str, Company]) -> None:
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


def _said_again(s: Session, work: Work, asked: Asked, usable: Sequence[Judged]) -> None:
    earlier = _earlier(s, work, {one.draft.key for one in usable})
    here: dict[str, Judged] = {}
    again: list[tuple[Judged, Judged]] = []
    for one in usable:
        if one.verdict is RowVerdict.SAME:
            continue
        if one.draft.key in earlier:
            one.verdict, one.why = RowVerdict.REPEATED, f"和第 {earlier[one.draft.key]} 行是同一家"
            one.twin = one.usual = None
        elif one.draft.key in here:
            again.append((one, here[one.draft.key]))
        else:
            here[one.draft.key] = one
    _ask_the_sheet(s, work, asked, [one for one in here.values() if one.usual is None])
    for one, first in again:
        if first.verdict is RowVerdict.NEW:
            one.verdict, one.why = RowVerdict.REPEATED, f"和第 {first.number} 行是同一家"
        else:  # whatever is decided about that one, this one goes the same way
            one.verdict, one.why, one.twin, one.usual = first.verdict, first.why, first.twin, first.usual
            one.draft.key = first.draft.key
    _two_claims(s, asked, usable)


def _two_claims(s: Session, asked: Asked, usable: Sequence[Judged]) -> None:
    """A customer that another's sheet has brought, and this one claims for somebody else: supervisors will decide."""
    importer = asked.actor.person_id if asked.options.mine else 0
    claims = {
        one.twin: one.draft.owner or importer
        for one in usable
        if one.verdict is RowVerdict.SAME and one.twin is not None and (one.draft.owner or importer)
    }
    disputed = contestable(s, claims)
    for one in usable:
        if one.verdict is RowVerdict.SAME and one.twin in disputed:
            one.usual, one.why = RowResolution.CONTEST, f"{one.why}。两张表都有这家客户，导入后请主管裁定归属"


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


def _earlier(s: Session, work: Work, keys: set[str]) -> dict[str, int]:
    """The first row above this chunk that has each of these keys and is new itself."""
    if not keys or not work.cursor:
        return {}
    # By the key alone, which few rows share: a database would rather walk all that are new.
    wanted = select(_ROW.key, _ROW.number, _ROW.verdict).where(_ROW.job_id == work.id, one_of(s, _ROW.key, keys))
    first: dict[str, int] = {}
    for key, number, verdict in s.execute(wanted):
        if number <= work.cursor and verdict == RowVerdict.NEW:
            first[key] = min(number, first.get(key, number))
    return first


def _ask_the_sheet(s: Session, work: Work, asked: Asked, strangers: Sequence[Judged]) -> None:
    """A row that would make a company which an earlier row makes already goes into that one, if nobody objects."""
    rows = [(one.number, one.draft.name, one.draft.key) for one in strangers]
    found = repeats(s, work, asked.above, rows, asked.similar_at)
    for one in strangers:
        repeat = found.get(one.number)
        if repeat is not None and repeat.same and asked.by_name is Weight.SAME:
            one.verdict, one.usual, one.twin = RowVerdict.SIMILAR, RowResolution.MERGE, None
            one.why, one.draft.key = f"和第 {repeat.number} 行很可能是同一家（{repeat.why}）", repeat.key
        elif repeat is not None and one.verdict is RowVerdict.NEW:
            one.verdict, one.why = RowVerdict.SIMILAR, f"和第 {repeat.number} 行相近（{repeat.why}）"


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


def _belonging(s: Session, work: Work, usable: Sequence[Judged], known: Mapping[str, Company]) -> None:
    """Contacts, follow-ups and deals belong to a customer that the importer may write into."""
    for one in usable:
        company = known.get(one.draft.key)
        if company is None or not company.mine:
            one.verdict = RowVerdict.ERROR
            one.why = f"没有找到客户「{one.draft.name}」，或者不在您名下。请先导入客户，两张表里的名称要一致"
        else:
            one.twin = company.id
    placed = [one for one in usable if one.twin is not None]
    there = already_there(s, work.kind, [(one.number, one.twin or 0, one.draft) for one in placed])
    for one in placed:
        one.draft.key = fact_key(work.kind, one)
        if one.number in there:
            one.verdict, one.why = RowVerdict.SAME, there[one.number]


def _said_twice(s: Session, work: Work, placed: Sequence[Judged]) -> None:
    above = _earlier(s, work, {one.draft.key for one in placed})
    for one in placed:
        if one.verdict is not RowVerdict.SAME and one.draft.key in above:
            one.verdict, one.why = RowVerdict.REPEATED, f"和第 {above[one.draft.key]} 行完全一样"
        above.setdefault(one.draft.key, one.number)


def fact_key(kind: ImportKind, one: Judged) -> str:
    """What makes two rows about one customer the same row: hashed, since a whole follow-up is no key."""
    draft = one.draft
    said: tuple[object, ...] = (draft.contact.get("name"), draft.contact.get("phone"))
    if kind is ImportKind.HISTORY:
        said = (draft.at, draft.author, draft.note)
    elif kind is ImportKind.DEALS:
        said = (draft.deal["name"],)
    return _hashed(one.twin, *said)


def _hashed(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
