"""The collision radar in the product's own store, beside brute force by rapidfuzz over the same names in the same run.

`make bench WHAT=radar NAMES=100000,1000000 QUERIES=200` prints, for both databases: how fast the index is built and in
how much memory, how long a look-up and one more name take, how often the true name comes first or among five per kind
of pair, and what is called "same": labelled pairs, genuinely new names, different companies that look alike.
"""

import multiprocessing
import random
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler
from sqlalchemy import text

from config.policy import Policy
from config.vocabulary import CustomerLevel, CustomerSource, NameKind, NameVerdict
from crm import name_index, uow
from crm.rules.naming import judge, name_key, rank
from models.base import insert_many
from models.customers import Customer
from tests.bench import radar_data
from tests.bench.learn_radar import NEW
from tests.bench.radar_data import KINDS, Pair
from tests.support.postgres import Server

GENUINELY_NEW = 1_000
FIVE = 5
ADDED = 200
AT_ONCE = 1_000  # rows of an import judged together


def run(databases: Sequence[str], sizes: Sequence[int], queries: int, seed: int) -> None:
    """Everything, printed as it comes."""
    everybody, pairs = radar_data.registry(), radar_data.pairs()
    learnt = frozenset(radar_data.sample(everybody, NEW, seed=11))
    new = radar_data.sample([name for name in everybody if name not in learnt], GENUINELY_NEW, seed)
    fresh, true = frozenset(new), [pair.true_name for pair in pairs]
    asked = [pair for kind in KINDS for pair in _some(pairs, kind, queries, seed)]
    _different()
    for size in sizes:
        names = list(dict.fromkeys([*true, *(name for name in everybody[:size] if name not in fresh)]))
        print(f"\n{len(names):,} names, {len(asked)} queries, seed {seed}")
        _brute("rapidfuzz ratio", fuzz.ratio, asked, names)
        _brute("rapidfuzz Jaro-Winkler", JaroWinkler.similarity, asked, names)
        for database in databases:
            with _store(database) as url:
                _in_store(database, url, names, asked, [p for p in pairs if p.kind == "labelled_same"], new)


def _some(pairs: Sequence[Pair], kind: str, many: int, seed: int) -> list[Pair]:
    found = [pair for pair in pairs if pair.kind == kind]
    return random.Random(seed).sample(found, min(many, len(found)))


def _different() -> None:
    for name in ("100k", "1000k"):
        found = [judge(a, b).verdict for a, b in radar_data.hard_negatives(name)]
        wrong = found.count(NameVerdict.SAME)
        print(f"different companies that look alike, {name}: {wrong} of {len(found)} called same")


def _brute(which: str, scorer: Callable[..., float], asked: Sequence[Pair], names: Sequence[str]) -> None:
    ranks, took = [], []
    for pair in asked:
        began = time.perf_counter()
        found = process.extract(pair.query, names, scorer=scorer, processor=None, limit=FIVE + 1)
        took.append(time.perf_counter() - began)
        ranks.append(_place(pair, [name for name, *_ in found]))
    _report(which, asked, ranks, took)


def _place(pair: Pair, found: Sequence[str]) -> int:
    """At which place the true name was found, the very name that was asked for left out; FIVE: not among five."""
    others = [name for name in dict.fromkeys(found) if name != pair.query][:FIVE]
    return others.index(pair.true_name) if pair.true_name in others else FIVE


def _report(which: str, asked: Sequence[Pair], ranks: Sequence[int], took: list[float]) -> None:
    of_kind = {kind: [rank for pair, rank in zip(asked, ranks, strict=True) if pair.kind == kind] for kind in KINDS}
    said = ", ".join(f"{kind} {_shares(some)}" for kind, some in of_kind.items())
    print(f"{which}: top-1/top-5 all {_shares(ranks)}, {said}; {_times(took)}", flush=True)


def _shares(ranks: Sequence[int]) -> str:
    return "/".join(f"{sum(rank < most for rank in ranks) / len(ranks):.3f}" for most in (1, FIVE))


def _times(took: list[float]) -> str:
    in_order = sorted(took)
    p50, p95 = (in_order[int(len(in_order) * part)] * 1000 for part in (0.5, 0.95))
    return f"p50 {p50:.1f} p95 {p95:.1f} max {in_order[-1] * 1000:.1f} ms"


@contextmanager
def _store(database: str) -> Iterator[str]:
    """An empty, durable store with the product's schema."""
    with tempfile.TemporaryDirectory() as var:
        server = Server(durable=True) if database == "pg" else None
        url = server.create_database() if server else f"sqlite:///{Path(var)}/radar.db"
        try:
            uow.upgrade(url)
            yield url
        finally:
            uow.dispose()
            if server:
                server.stop()


def _in_store(
    database: str, url: str, names: Sequence[str], asked: Sequence[Pair], labelled: Sequence[Pair], new: Sequence[str]
) -> None:
    _settle(url, names)
    _build(database, url)
    with uow.connect(url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database == "pg":
            connection.execute(text("VACUUM ANALYZE"))  # what autovacuum does within a minute
    ranks, took = [], []
    for pair in asked:
        began = time.perf_counter()
        found = _found(pair.query, FIVE + 1)
        took.append(time.perf_counter() - began)
        ranks.append(_place(pair, [name for name, _ in found]))
    _report(database, asked, ranks, took)
    for which, some in (("all", labelled), ("held out of learning", [pair for pair in labelled if pair.held])):
        right = sum(pair.true_name in _same(pair.query) for pair in some)
        print(f"{database}: same: finds {right} of {len(some)} labelled pairs ({which}), {right / len(some):.3f}")
    alarms = sum(bool(_same(name)) for name in new)
    print(f"{database}: same: {alarms} of {len(new)} genuinely new names are called a customer we have", flush=True)
    _add(database)
    _import(database, new, names)


def _found(query: str, limit: int) -> list[tuple[str, NameVerdict]]:
    with uow.reading() as s:
        offered = name_index.candidates(s, query, name_index.LOOKED_AT)
    return [(hit.item, hit.verdict) for hit in rank(query, ((name, name) for _, name in offered), 0, limit)]


def _same(query: str) -> list[str]:
    return [
        name for name, verdict in _found(query, name_index.LOOKED_AT) if verdict is NameVerdict.SAME and name != query
    ]


def _settle(url: str, names: Sequence[str]) -> None:
    """Customers of these names, not yet indexed."""
    now = datetime.now(UTC).replace(tzinfo=None)
    columns = ("id", "public_id", "name", "name_key", "pinyin", "level", "source", "industry", "region", "address")
    kinds = (str(CustomerLevel.NORMAL), str(CustomerSource.OUTREACH))
    rows = (
        (number, f"{number:020x}", name, name_key(name), "", *kinds, "", "", "", *_times_of(now, url))
        for number, name in enumerate(names, start=1)
    )
    uow.connect(url)
    with uow.transaction() as s:
        insert_many(s, Customer, (*columns, "silent_since", "created_at"), rows)


def _times_of(now: datetime, url: str) -> tuple[object, object]:
    moment = str(now) if url.startswith("sqlite") else now
    return moment, moment


def _build(database: str, url: str) -> None:
    """In a process of its own, whose memory holds nothing else."""
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=_built, args=(url, theirs))
    child.start()
    many, seconds, peak = ours.recv()
    child.join()
    print(f"{database}: index built: {many / seconds:,.0f} names/s, {seconds:.1f} s, peak memory {peak:.0f} MB")


def _built(url: str, answer: Connection) -> None:
    uow.connect(url)
    held, done = [_megabytes()], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            held.append(_megabytes())

    watching = threading.Thread(target=watch)
    watching.start()
    began = time.perf_counter()
    many = uow.attempt(name_index.catch_up)
    took = time.perf_counter() - began
    done.set()
    watching.join()
    answer.send((many, took, max(held)))


def _megabytes() -> float:
    """What this process holds for itself: pages of a mapped database file are the system's cache."""
    found = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def _add(database: str) -> None:
    took = []
    for number in range(1, ADDED + 1):
        began = time.perf_counter()
        uow.attempt(
            partial(name_index.put, customer_id=number, names=[f"新添{number}机电有限公司"], kind=NameKind.SHORT)
        )
        took.append(time.perf_counter() - began)
    print(f"{database}: one more name, committed: {_times(took)}")


def _import(database: str, new: Sequence[str], names: Sequence[str]) -> None:
    """Rows of a sheet judged together, half of them new and half of them customers that we have."""
    rows = [*new[: AT_ONCE // 2], *names[-AT_ONCE // 2 :]] * 4
    began = time.perf_counter()
    for start in range(0, len(rows), AT_ONCE):
        with uow.reading() as s:
            name_index.judge_many(s, rows[start : start + AT_ONCE], Policy().similar_at)
    each = (time.perf_counter() - began) / len(rows)
    print(
        f"{database}: an import's rows judged by the thousand: {each * 1000:.3f} ms each, 100,000 in {each * 1e5:.0f} s"
    )
