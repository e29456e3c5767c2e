"""The dry run: a verdict on every row, by the judge and the radar that all entrances ask. Nothing is made."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.collisions import Evidence, RadarEntry, Weight
from config.sheets import ImportKind, RowResolution, RowVerdict
from crm import policy
from crm.access import actor_by_id
from crm.columns import form_of
from crm.rules.sheet_rows import Unusable, read_row
from crm.usecases.contests import contestable
from crm.usecases.import_drafts import stored
from crm.usecases.import_existing import already_there
from crm.usecases.import_known import Asked, Company, Judged, companies, known_or_like
from crm.usecases.import_repeats import Above, repeats, rows_above
from crm.usecases.import_work import Work, next_rows, step
from crm.usecases.imports import options_of
from crm.usecases.radar import weights_at
from models.base import bare, one_of, update_rows
from models.imports import ImportJob, ImportRow

_ROW = bare(ImportRow).c
_USUAL = {
    RowVerdict.NEW: RowResolution.CREATE,
    RowVerdict.SIMILAR: RowResolution.CREATE,
    RowVerdict.SAME: RowResolution.SKIP,
    RowVerdict.REPEATED: RowResolution.MERGE,
}


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
        known_or_like(s, asked, usable, known)
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
            one.twin = one.usual = None  # what it says beside the name was held against it before
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
