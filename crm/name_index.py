"""Which customers have a name like this one: the index behind the collision radar, kept in the store.

Whoever makes, renames, merges or takes back a customer calls `put` or `drop` in the same transaction, so the next
look-up of any process sees it. Finding is a hint by shared pieces of names; `crm.rules.naming` judges.
"""

import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from itertools import islice

from sqlalchemy import bindparam, case, delete, func, insert, null, select
from sqlalchemy.orm import Session

from config.vocabulary import NameKind
from crm.rules.name_parts import key_of
from crm.rules.name_tokens import tokens_of
from models.base import bare, insert_many
from models.names import CompanyName, NamePosting

Hit = tuple[int, str]  # customer id, the name by which it was found

_NAMES, _POSTINGS = bare(CompanyName).c, bare(NamePosting).c
_SHORT_ROW = 4_000  # customers in a posting row that is read at once; a longer one only when it turns out to be needed
_MOST_POSTINGS = 40_000  # customers looked at for one name, the rarest pieces first: some milliseconds
_FEW = 64  # names put at once that are written one by one
_CHUNK = 200_000  # names whose pieces are held in memory together
_IDS = "I"
_AT_ONCE = 500  # values in one statement: a database's limit on parameters is not ours to meet

_ROWS = select(
    _POSTINGS.token, _POSTINGS.many, case((_POSTINGS.many <= _SHORT_ROW, _POSTINGS.ids), else_=null()).label("ids")
).where(_POSTINGS.token.in_(bindparam("tokens", expanding=True)))
_LONG_ROWS = select(_POSTINGS.token, _POSTINGS.ids).where(
    _POSTINGS.token.in_(bindparam("tokens", expanding=True)), _POSTINGS.many > _SHORT_ROW
)
_NAMES_OF = select(_NAMES.customer_id, _NAMES.name).where(_NAMES.customer_id.in_(bindparam("ids", expanding=True)))


def put(s: Session, customer_id: int, names: Sequence[str], kind: NameKind = NameKind.NAME) -> None:
    """The customer is found by these names too from now on."""
    put_many(s, [(customer_id, name) for name in names], kind)


def drop(s: Session, customer_id: int) -> None:
    """The customer is found no more. Its postings stay, and lead nowhere."""
    s.execute(delete(bare(CompanyName)).where(_NAMES.customer_id == customer_id))


def put_many(s: Session, named: Iterable[Hit], kind: NameKind = NameKind.NAME) -> None:
    """Many customers and a name of each; a million takes less than a minute and a few hundred megabytes."""
    rest = iter(named)
    while some := list(islice(rest, _CHUNK)):
        _write(s, some, kind)


def _write(s: Session, named: list[Hit], kind: NameKind) -> None:
    rows: Iterator[tuple[object, ...]] = ((who, str(kind), name, key_of(name)) for who, name in named)
    columns = ("customer_id", "kind", "name", "key")
    if len(named) <= _FEW:
        s.execute(insert(bare(CompanyName)), [dict(zip(columns, row, strict=True)) for row in rows])
    else:
        insert_many(s, CompanyName, columns, rows)
    post(s, named)


def post(s: Session, named: Sequence[Hit]) -> None:
    """Lead to these customers by these names, whose rows are there already: a merge has moved them."""
    pieces: defaultdict[int, array[int]] = defaultdict(lambda: array(_IDS))
    for who, name in named:
        for token in tokens_of(name):
            pieces[token].append(who)
    columns = ("token", "many", "ids")
    posted = ((token, len(ids), ids.tobytes()) for token, ids in sorted(pieces.items()))
    if len(named) <= _FEW:
        s.execute(insert(bare(NamePosting)), [dict(zip(columns, row, strict=True)) for row in posted])
    else:
        insert_many(s, NamePosting, columns, posted)


def rebuild(s: Session, named: Iterable[Hit]) -> None:
    """The whole index anew, from the names of all customers that there are."""
    s.execute(delete(bare(NamePosting)))
    s.execute(delete(bare(CompanyName)))
    put_many(s, named)


def candidates(s: Session, query: str, limit: int = 50) -> list[Hit]:
    """Names that share rare pieces with `query`, most promising first; `limit` customers, each with all its names."""
    return candidates_many(s, [query], limit)[0]


def candidates_many(s: Session, queries: Sequence[str], limit: int = 50) -> list[list[Hit]]:
    """The same for several names in a few statements, in their order: an import asks for hundreds at once."""
    pieces = [tokens_of(query) for query in queries]
    postings = _read(s, {token for tokens in pieces for token in tokens})
    everybody = s.scalar(select(func.max(_NAMES.customer_id))) or 1
    found = [_promising(tokens, postings, everybody, limit) for tokens in pieces]
    names = _names_of(s, {who for some in found for who in some})
    return [[(who, name) for who in some for name in names.get(who, ())] for some in found]


def _read(s: Session, tokens: set[int]) -> Mapping[int, tuple[int, list[bytes]]]:
    """How many customers each piece has, and who they are, unless they are too many to look at."""
    many: defaultdict[int, int] = defaultdict(int)
    ids: defaultdict[int, list[bytes]] = defaultdict(list)
    long: set[int] = set()
    for some in _batched(tokens):
        for row in s.execute(_ROWS, {"tokens": some}):
            many[row.token] += row.many
            if row.ids is None:
                long.add(row.token)
            else:
                ids[row.token].append(row.ids)
    for some in _batched(token for token in long if many[token] <= _MOST_POSTINGS):
        for token, block in s.execute(_LONG_ROWS, {"tokens": some}):
            ids[token].append(block)
    return {token: (number, ids[token]) for token, number in many.items() if number <= _MOST_POSTINGS}


def _promising(
    tokens: set[int], postings: Mapping[int, tuple[int, list[bytes]]], everybody: int, limit: int
) -> list[int]:
    """Customers by the rarity of the pieces they share, which is the logarithm of how few have it."""
    weight: defaultdict[int, float] = defaultdict(float)
    left = _MOST_POSTINGS
    for many, token in sorted((postings[token][0], token) for token in tokens if token in postings):
        if many > left and weight:
            break
        left -= many
        rarity = math.log1p(everybody / many)
        for block in postings[token][1]:
            for who in array(_IDS, block):
                weight[who] += rarity
    return nlargest(limit, weight, key=lambda who: (weight[who], -who))


def _names_of(s: Session, ids: set[int]) -> Mapping[int, list[str]]:
    names: defaultdict[int, list[str]] = defaultdict(list)
    for some in _batched(ids):
        for who, name in s.execute(_NAMES_OF, {"ids": some}):
            names[who].append(name)
    return names


def _batched(values: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(sorted(values))
    while some := list(islice(rest, _AT_ONCE)):
        yield some
