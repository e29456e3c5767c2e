"""Which customers have a name like this one: the index behind the collision radar, kept in the store.

Whoever makes, renames, merges or takes back a customer calls `put` or `drop` in the same transaction, so the next
look-up of any process sees it. Finding is a hint by shared pieces of names; `crm.rules.naming` judges.
"""

import math
import sys
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from itertools import islice

from rapidfuzz import fuzz, process
from sqlalchemy import case, delete, exists, func, insert, null, select
from sqlalchemy.orm import Session

from config.vocabulary import NameKind
from crm.rules.name_parts import key_of
from crm.rules.name_tokens import tokens_of
from crm.rules.naming import Candidate, rank
from models.base import bare, insert_many, one_of
from models.customers import Customer
from models.names import CompanyName, NamePosting

Hit = tuple[int, str]  # customer id, the name by which it was found

LOOKED_AT = 100  # customers that the rules compare when somebody asks about one name

_NAMES, _POSTINGS = bare(CompanyName).c, bare(NamePosting).c
_LENGTH_BITS, _LENGTH = 5, 31
_MOST_ID = (1 << 32 - _LENGTH_BITS) - 1
_SHORT_ROW = 4_000  # entries of a posting row that are read at once; of a longer one only when they are needed
_MOST_ENTRIES = 25_000  # entries looked at for one name, the rarest pieces first: some milliseconds
_MOST_OF_A_ROW, _LEAST_OF_A_ROW = 1_500, 0.5  # the same and `_LEAST` for a row of an import
_PER_LETTER = 0.1  # what every letter takes that a name has more than the one asked about
_LEAST = 0.15  # a name that shares less than this part of what the best one shares is not looked at again
_FEW = 64  # names put at once that are written one by one
_CHUNK = 250_000  # names whose pieces are held in memory together
_OFFERED, _JUDGED, _ALIKE = 10, 3, 50.0  # of an import's row: names offered, names judged, their least `ratio`
_ENTRY = "I"
_AT_ONCE = 500  # values in one statement: a database's limit on parameters is not ours to meet

_ROWS = select(
    _POSTINGS.token,
    _POSTINGS.many,
    case((_POSTINGS.many <= _SHORT_ROW, _POSTINGS.entries), else_=null()).label("entries"),
)
_LONG_ROWS = select(_POSTINGS.token, _POSTINGS.entries).where(_POSTINGS.many > _SHORT_ROW)
_NAMES_OF = select(_NAMES.customer_id, _NAMES.name)


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


def _write(s: Session, named: Sequence[Hit], kind: NameKind) -> None:
    columns = ("customer_id", "kind", "name", "key")
    rows = ((who, str(kind), name, key_of(name)) for who, name in named)
    if len(named) > _FEW:
        insert_many(s, CompanyName, columns, rows)
    elif named:
        s.execute(insert(bare(CompanyName)), [dict(zip(columns, row, strict=True)) for row in rows])
    post(s, named)


def post(s: Session, named: Sequence[Hit]) -> None:
    """Hints that lead to names these customers have already: of a customer whose names came from another one."""
    columns, posted = ("token", "many", "entries"), _posted(named)
    if len(named) > _FEW:
        insert_many(s, NamePosting, columns, posted)
    elif named:
        s.execute(insert(bare(NamePosting)), [dict(zip(columns, row, strict=True)) for row in posted])


def _posted(named: Sequence[Hit]) -> Iterator[tuple[int, int, bytes]]:
    """Rows of the postings: a piece, how many have it, and who."""
    pieces: defaultdict[int, array[int]] = defaultdict(lambda: array(_ENTRY))
    for who, name in named:
        if who > _MOST_ID:
            raise OverflowError(f"customer {who} does not fit in a posting")
        tokens, length = tokens_of(name)
        entry = who << _LENGTH_BITS | length
        for token in tokens:
            pieces[token].append(entry)
    for token in sorted(pieces):
        entries = pieces.pop(token)
        yield token, len(entries), _little(entries).tobytes()


def catch_up(s: Session) -> int:
    """Index every customer that has no name in the index yet, as after an upgrade from before it. How many."""
    customer, done = bare(Customer).c, 0
    known = exists().where(_NAMES.customer_id == customer.id)
    missing = select(customer.id, customer.name).where(customer.merged_into_id.is_(None), ~known)
    while some := [(who, name) for who, name in s.execute(missing.order_by(customer.id).limit(_CHUNK))]:
        put_many(s, some)
        done += len(some)
    return done


def candidates(s: Session, query: str, limit: int = 50) -> list[Hit]:
    """Names that share rare pieces with `query`, most promising first; `limit` customers, each with all its names."""
    return candidates_many(s, [query], limit)[0]


def candidates_many(s: Session, queries: Sequence[str], limit: int = 50, *, quickly: bool = False) -> list[list[Hit]]:
    """The same for several names in a few statements, in their order: an import asks for hundreds at once.

    `quickly` is for full names: their rarest pieces are enough, and what shares less than half is another company.
    """
    most, least = (_MOST_OF_A_ROW, _LEAST_OF_A_ROW) if quickly else (_MOST_ENTRIES, _LEAST)
    pieces = [tokens_of(query) for query in queries]
    postings = _read(s, {token for tokens, _ in pieces for token in tokens})
    everybody = s.scalar(select(func.max(_NAMES.customer_id))) or 1
    found = [_promising(tokens, length, postings, everybody, limit, most, least) for tokens, length in pieces]
    names = _names_of(s, {who for some in found for who in some})
    return [[(who, name) for who in some for name in names.get(who, ())] for some in found]


def judge_many(s: Session, names: Sequence[str], similar_at: int) -> list[list[Candidate[int]]]:
    """For each row of a sheet the customers it may already be, the likeliest first; nothing where none is alike.

    Made for hundreds of rows at once: of each only the few names are judged that share most with it.
    """
    offered = candidates_many(s, names, _OFFERED, quickly=True)
    return [rank(name, _likeliest(name, some), similar_at, _JUDGED) for name, some in zip(names, offered, strict=True)]


def _likeliest(name: str, offered: Sequence[Hit]) -> list[Hit]:
    """A look in C: what shares less than half of its letters with a full name is not the same company."""
    found = process.extract(
        name, [known for _, known in offered], scorer=fuzz.ratio, processor=None, score_cutoff=_ALIKE, limit=_JUDGED
    )
    return [offered[place] for _, _, place in found] or list(offered[:1])


def _read(s: Session, tokens: set[int]) -> Mapping[int, tuple[int, list[bytes]]]:
    """How many entries each piece has, and which, unless they are too many to look at."""
    many: defaultdict[int, int] = defaultdict(int)
    blocks: defaultdict[int, list[bytes]] = defaultdict(list)
    long: set[int] = set()
    for some in _batched(tokens):
        for token, number, entries in s.execute(_ROWS.where(one_of(s, _POSTINGS.token, some))):
            many[token] += number
            if entries is None:
                long.add(token)
            else:
                blocks[token].append(entries)
    for some in _batched(token for token in long if many[token] <= _MOST_ENTRIES):
        for token, entries in s.execute(_LONG_ROWS.where(one_of(s, _POSTINGS.token, some))):
            blocks[token].append(entries)
    return {token: (number, blocks[token]) for token, number in many.items() if number <= _MOST_ENTRIES}


def _promising(
    tokens: set[int],
    length: int,
    postings: Mapping[int, tuple[int, list[bytes]]],
    everybody: int,
    limit: int,
    most: int,
    least: float,
) -> list[int]:
    """Customers by the rarity of the pieces they share (the logarithm of how few have them), long names less."""
    weight: defaultdict[int, float] = defaultdict(float)
    left = most
    for many, token in sorted((postings[token][0], token) for token in tokens if token in postings):
        if many > left and weight:
            break
        left -= many
        rarity = math.log1p(everybody / many)
        for block in postings[token][1]:
            for entry in _little(array(_ENTRY, block)):
                weight[entry] += rarity
    if not weight:
        return []
    divide = [1 + _PER_LETTER * max(0, letters - length) for letters in range(_LENGTH + 1)]
    enough = max(weight.values()) * least
    worth = (
        (shared / divide[entry & _LENGTH], -(entry >> _LENGTH_BITS))
        for entry, shared in weight.items()
        if shared >= enough
    )
    return list(dict.fromkeys(-who for _, who in nlargest(2 * limit, worth)))[:limit]


def _little(entries: "array[int]") -> "array[int]":
    """Entries are kept lowest byte first, whichever machine reads them."""
    if sys.byteorder == "big":
        entries.byteswap()
    return entries


def _names_of(s: Session, ids: set[int]) -> Mapping[int, list[str]]:
    names: defaultdict[int, list[str]] = defaultdict(list)
    for some in _batched(ids):
        for who, name in s.execute(_NAMES_OF.where(one_of(s, _NAMES.customer_id, some))):
            names[who].append(name)
    return names


def _batched(values: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(sorted(values))
    while some := list(islice(rest, _AT_ONCE)):
        yield some
