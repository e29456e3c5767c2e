"""`python -m tests.bench.phone`: every read of the JSON API over 100,000 customers and 1,000,000 things that happened.

Each address is asked of a rep, a lead, a director and an administrator, through the whole web application in this
process. Promised: p95 of each address within 100 ms, and as many statements over the large store as over one a
hundredth of its size.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.engine import Engine

from config.vocabulary import LoginVia
from crm import uow
from crm.usecases.sessions import open_session
from gateways.files import FileStore
from models.customers import Contact, Customer
from models.deals import Deal
from models.files import Attachment
from models.leads import Lead
from models.projects import Project
from models.quotes import Quote
from models.visits import Visit, VisitUpload
from tests.api.conftest import make_app
from tests.bench.lists import NOW, P95, furnish
from tests.bench.phone_data import happen
from tests.load.stage import machine
from tests.support.postgres import Server

WHO = ("rep1", "lead", "director", "admin")
A_HUNDREDTH = 100
_DAY = {"day": NOW.date().isoformat()}
_ASKED = {
    "visits/nearby": {"latitude": "31.2", "longitude": "121.4", "datum": "gcj02"},
    "fields": {"of": "customer"},
    "visit-plans": _DAY,
    "route": _DAY,
}
_ANSWERS = frozenset({200, 403, 404, 422})  # 422: it wants to know more than the address says

Ids = dict[str, Callable[[random.Random], str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Seconds of each call, and the most statements that one took."""

    took: tuple[float, ...]
    statements: int


def main() -> int:
    options = _options()
    print(f"{machine()}; seed {options.seed}, {options.customers} customers, {options.times} calls of each address")
    kept = [bench(db, options) for db in (("pg", "sqlite") if options.db == "both" else (options.db,))]
    return 0 if all(kept) else 1


def bench(db: str, options: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(durable=True) if db == "pg" else None

        def asked(customers: int, times: int) -> dict[tuple[str, str], Asked]:
            url = server.create_database() if server else f"sqlite:///{folder}/{customers}.db"
            return _everything(url, customers, times, Path(folder), options.seed)

        try:
            small = asked(options.customers // A_HUNDREDTH, options.times)
            large = asked(options.customers, options.times)
        finally:
            if server:
                server.stop()
    return _judged(db, small, large)


def _everything(url: str, customers: int, times: int, folder: Path, seed: int) -> dict[tuple[str, str], Asked]:
    engine = furnish(url, customers, seed)
    files = FileStore(folder / "files")
    happen(customers, seed, files)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    app = make_app(lambda: NOW, folder / "files")
    try:
        return _ask(engine, app, times, seed)
    finally:
        engine.dispose()


def _ask(engine: Engine, app: Flask, times: int, seed: int) -> dict[tuple[str, str], Asked]:
    """Every address we have rows for, by everybody, in a random order; each once before it counts."""
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: said.append(str(args[2])))
    luck, client = random.Random(seed), app.test_client()
    took: dict[tuple[str, str], list[float]] = defaultdict(list)
    most: dict[tuple[str, str], int] = defaultdict(int)
    for userid in WHO:
        with uow.transaction() as s:
            token, _ = open_session(s, userid, LoginVia.MINIAPP, NOW)
            ids = _ids(s)
        shown = {"Authorization": f"Bearer {token}"}
        addresses = [one for one in _addresses(app) if set(one[1]) <= set(ids)]
        turns = addresses * times
        luck.shuffle(turns)
        for turn, (rule, blanks) in enumerate(addresses + turns):
            path = rule
            for blank in blanks:
                path = path.replace(f"<{blank}>", ids[blank](luck))
            said.clear()
            began = time.perf_counter()
            answer = client.get(path, headers=shown, query_string=_ASKED.get(rule.removeprefix("/api/v1/")))
            lasted = time.perf_counter() - began
            assert answer.status_code in _ANSWERS, f"{path}: {answer.status_code}"
            most[userid, rule] = max(most[userid, rule], len(said))
            if turn >= len(addresses):
                took[userid, rule].append(lasted)
    return {key: Asked(tuple(times), most[key]) for key, times in took.items()}


def _addresses(app: Flask) -> list[tuple[str, tuple[str, ...]]]:
    rules = [
        one for one in app.url_map.iter_rules() if "GET" in (one.methods or ()) and one.rule.startswith("/api/v1/")
    ]
    return sorted((one.rule, tuple(sorted(one.arguments))) for one in rules)


def _ids(s: uow.Session) -> Ids:
    """Ids that anybody may have heard of: half of what a rep asks for is not his."""

    def some(column: object, most: int = 2_000) -> Callable[[random.Random], str]:
        found = s.scalars(select(column).order_by(func.random()).limit(most)).all()  # type: ignore[call-overload]
        return lambda luck: luck.choice(found)

    busiest = s.scalars(select(Customer.public_id).order_by(Customer.id).limit(300)).all()
    return {
        "customer_id": lambda luck: luck.choice(busiest),
        "contact_id": some(Contact.public_id),
        "deal_id": some(Deal.public_id),
        "visit_id": some(Visit.public_id),
        "upload_id": some(VisitUpload.public_id),
        "attachment_id": some(Attachment.public_id),
        "lead_id": some(Lead.public_id),
        "project_id": some(Project.public_id),
        "quote_id": some(Quote.public_id),
    }


def _judged(db: str, small: dict[tuple[str, str], Asked], large: dict[tuple[str, str], Asked]) -> bool:
    kept = True
    rows = sorted(large.items(), key=lambda row: -_share(row[1].took, 0.95))
    for number, ((userid, rule), one) in enumerate(rows):
        p50, p95 = (_share(one.took, part) * 1000 for part in (0.5, 0.95))
        grown = one.statements > small[userid, rule].statements
        slow = p95 > P95 * 1000
        if slow or grown or number < 10:
            more = f", was {small[userid, rule].statements} over the small store" if grown else ""
            print(f"{db}: {userid} {rule}: p50 {p50:.0f}, p95 {p95:.0f} ms, {one.statements} statements{more}")
        kept = kept and not slow and not grown
    everything = [took for one in large.values() for took in one.took]
    p50, p95 = (_share(everything, part) * 1000 for part in (0.5, 0.95))
    addresses = len({rule for _, rule in large})
    print(f"{db}: {len(everything)} calls of {addresses} addresses: p50 {p50:.0f}, p95 {p95:.0f} ms")
    print(f"{db}: {'kept' if kept else 'NOT KEPT'}", flush=True)
    return kept


def _share(times: "list[float] | tuple[float, ...]", part: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.phone", description=__doc__)
    parser.add_argument("--db", choices=("pg", "sqlite", "both"), default="both")
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
