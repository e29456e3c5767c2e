"""Companies that came between the dry run and the import: rows that may be one of them are not made unasked."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rapidfuzz import fuzz, process
from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from config.sheets import RowOutcome
from config.vocabulary import NameVerdict
from crm import name_index
from crm.access import WRITE, Actor, sees_customer
from crm.rules.naming import Candidate, core_name, rank
from models.base import bare
from models.customers import Customer
from models.imports import ImportRow

# Two who make customers at once may commit in another order than their ids: so far back they are looked at again.
_LATE_BY = 5_000  # some chunks of an import
_ALIKE = 60.0  # letters of 字号 and trade in common; the same company under two spellings shares most of them
_ROWS_OF_ONE = 5  # rows of one chunk that may be one newcomer
_MOST_ONE_BY_ONE = (
    1_000  # newcomers compared with a chunk in memory: some tens of milliseconds; of more the index tells
)
_CUSTOMER, _ROW = bare(Customer).c, bare(ImportRow).c


@dataclass(slots=True)
class Newcomers:
    """What others have made since this import's file came in: kept by a run, which asks only for newer ones later."""

    job_id: int
    since: datetime
    seen_to: int = 0
    names: dict[int, str] = field(default_factory=dict)

    def look(self, s: Session) -> None:
        # By one index each time: what this import makes itself is as new, and must not be walked for every chunk.
        newer = _CUSTOMER.id > self.seen_to - _LATE_BY if self.seen_to else _CUSTOMER.created_at >= self.since
        # The same of the sheet's rows: by the customer alone, what is more is reckoned and not searched for.
        made_here = case((and_(_ROW.job_id == self.job_id, _ROW.outcome == RowOutcome.MADE), 1), else_=0)
        own = select(func.max(made_here)).where(_ROW.customer_id == _CUSTOMER.id).scalar_subquery()
        columns = (_CUSTOMER.id, _CUSTOMER.name, _CUSTOMER.created_at)
        # Asked first: who comes while the others are read is not passed by.
        seen_to = s.scalar(select(func.max(_CUSTOMER.id))) or 0
        for row in s.execute(select(*columns).where(newer, func.coalesce(own, 0) == 0)):
            if row.created_at >= self.since:
                self.names[row.id] = row.name
        self.seen_to = seen_to


Asked = tuple[int, str, int | None]  # row, name, the customer that the importer has been shown already


def met(s: Session, actor: Actor, newcomers: Newcomers, rows: Sequence[Asked], similar_at: int) -> dict[int, str]:
    """The rows that are the same company as a newcomer, with the words for the importer. Names are locked already."""
    newcomers.look(s)
    if not newcomers.names or not rows:
        return {}
    shown = {number: twin for number, _, twin in rows}
    best = {
        number: hit
        for number, ranked in _judged(s, newcomers, rows, similar_at).items()
        for hit in ranked[:1]
        if hit.verdict is NameVerdict.SAME and hit.item != shown[number]
    }
    columns = (Customer.id, Customer.name, sees_customer(actor, WRITE).label("mine"))
    there = (Customer.id.in_({hit.item for hit in best.values()}), Customer.merged_into_id.is_(None))
    known = {row.id: row for row in s.execute(select(*columns).where(*there))} if best else {}
    return {
        number: _said(known[hit.item].name if known[hit.item].mine else "", hit.reason)
        for number, hit in best.items()
        if hit.item in known
    }


def _judged(
    s: Session, newcomers: Newcomers, rows: Sequence[Asked], similar_at: int
) -> Mapping[int, Sequence[Candidate[int]]]:
    names = [name for _, name, _ in rows]
    if len(newcomers.names) > _MOST_ONE_BY_ONE:
        found = name_index.judge_many(s, names, similar_at)
        return {
            number: [hit for hit in ranked if hit.item in newcomers.names]
            for (number, *_), ranked in zip(rows, found, strict=True)
        }
    near: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    cores = [core_name(name) for name in names]  # region and legal form make all names alike
    for customer_id, known in newcomers.names.items():
        for _, _, place in process.extract(
            core_name(known), cores, scorer=fuzz.ratio, processor=None, score_cutoff=_ALIKE, limit=_ROWS_OF_ONE
        ):
            near[place].append((customer_id, known))
    return {rows[place][0]: rank(names[place], some, similar_at, 1) for place, some in near.items()}


def _said(name: str, reason: str) -> str:
    who = f"有人新建了「{name}」" if name else "同事新建了一家公司"
    return f"试导入之后，{who}，很可能就是这一家（{reason}）。没有重复新建，请重新导入这一行再决定"
