"""The dry run: a verdict on every row, by the judge and the radar that all entrances ask. Nothing is made."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.sheets import ImportKind, RowResolution, RowVerdict
from crm import name_index, policy
from crm.access import WRITE, Actor, actor_by_id, sees_customer
from crm.columns import form_of
from crm.rules.sheet_rows import Draft, Form, Unusable, read_row
from crm.usecases.contests import contestable
from crm.usecases.import_drafts import stored
from crm.usecases.import_existing import already_there
from crm.usecases.import_work import Work, next_rows, step
from crm.usecases.imports import HIDDEN, Options, options_of
from models.base import bare, update_rows
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


@dataclass(slots=True)
class Judged:
    """One row with its verdict. `twin` is the customer that it may be; never named in `why` unless it may be seen."""

    number: int
    draft: Draft = field(default_factory=Draft)
    verdict: RowVerdict = RowVerdict.NEW
    why: str = ""
    twin: int | None = None
    contested: bool = False


@dataclass(frozen=True, slots=True)
class Company:
    """A customer in the store. `mine`: the importer may write into it."""

    id: int
    name: str
    mine: bool


def prepare(s: Session, work: Work, now: datetime) -> Asked:
    actor = actor_by_id(s, work.creator_id)
    job = s.get_one(ImportJob, work.id)
    return Asked(actor, form_of(s, actor, job, now), options_of(job), policy.current(s).similar_at)


def judge_next(s: Session, work: Work, asked: Asked, many: int) -> list[Judged]:
    """The verdicts on at most so many rows behind the cursor; nothing is written. Empty at the end."""
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
        _customers(s, work, asked, usable, known)
    else:
        _belonging(s, work, usable, known)
    return judged


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
                "resolution": RowResolution.CONTEST if one.contested else _USUAL.get(one.verdict, ""),
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
    wanted = select(*columns).where(Customer.name_key.in_(keys), Customer.merged_into_id.is_(None))
    return {row.name_key: Company(row.id, row.name, bool(row.mine)) for row in s.execute(wanted)}


def _customers(s: Session, work: Work, asked: Asked, usable: Sequence[Judged], known: Mapping[str, Company]) -> None:
    by_code = _by_code(s, asked.actor, {str(code) for one in usable if (code := one.draft.customer.get("uscc"))})
    earlier = _earlier(s, work, {one.draft.key for one in usable})
    strangers = []
    for one in usable:
        twin = known.get(one.draft.key)
        coded = by_code.get(str(one.draft.customer.get("uscc", "")))
        if twin is not None:
            _is(one, RowVerdict.SAME, twin, "名称相同")
        elif coded is not None:
            _is(one, RowVerdict.SAME, coded, "统一社会信用代码相同")
        elif one.draft.key in earlier:
            one.verdict, one.why = RowVerdict.REPEATED, f"和第 {earlier[one.draft.key]} 行是同一家"
        else:
            earlier[one.draft.key] = one.number
            strangers.append(one)
    _ask_the_radar(s, asked, strangers)
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
            one.contested, one.why = True, f"{one.why}。两张表都有这家客户，导入后请主管裁定归属"


def _is(one: Judged, verdict: RowVerdict, twin: Company, why: str) -> None:
    """A colleague's customer stays without a name for somebody who may not see it."""
    one.verdict, one.twin = verdict, twin.id
    one.why = f"{why}：{twin.name}" if twin.mine else f"{why}，{HIDDEN}"


def _by_code(s: Session, actor: Actor, codes: set[str]) -> dict[str, Company]:
    if not codes:
        return {}
    columns = (Customer.id, Customer.name, Customer.uscc, sees_customer(actor, WRITE).label("mine"))
    wanted = select(*columns).where(Customer.uscc.in_(codes), Customer.merged_into_id.is_(None))
    return {str(row.uscc): Company(row.id, row.name, bool(row.mine)) for row in s.execute(wanted)}


def _earlier(s: Session, work: Work, keys: set[str]) -> dict[str, int]:
    """The first row above this chunk that has each of these keys."""
    if not keys or not work.cursor:
        return {}
    above = (_ROW.job_id == work.id, _ROW.key.in_(keys), _ROW.number <= work.cursor)
    return dict(s.execute(select(_ROW.key, func.min(_ROW.number)).where(*above).group_by(_ROW.key)).all())


def _ask_the_radar(s: Session, asked: Asked, strangers: Sequence[Judged]) -> None:
    """Names that are not the same but like one we have."""
    found = name_index.judge_many(s, [one.draft.name for one in strangers], asked.similar_at)
    best = {one.number: ranked[0] for one, ranked in zip(strangers, found, strict=True) if ranked}
    columns = (Customer.id, Customer.name, sees_customer(asked.actor, WRITE).label("mine"))
    wanted = select(*columns).where(
        Customer.id.in_({hit.item for hit in best.values()}), Customer.merged_into_id.is_(None)
    )
    there = {row.id: Company(row.id, row.name, bool(row.mine)) for row in s.execute(wanted)} if best else {}
    for one in strangers:
        hit = best.get(one.number)
        if hit is not None and hit.item in there:
            _is(one, RowVerdict.SIMILAR, there[hit.item], hit.reason)


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
    above = _earlier(s, work, {fact_key(work.kind, one) for one in placed})
    for one in placed:
        mark = fact_key(work.kind, one)
        if one.number in there:
            one.verdict, one.why = RowVerdict.SAME, there[one.number]
        elif mark in above:
            one.verdict, one.why = RowVerdict.REPEATED, f"和第 {above[mark]} 行完全一样"
        above.setdefault(mark, one.number)
        one.draft.key = mark


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
