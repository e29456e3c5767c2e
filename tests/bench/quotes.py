"""`python -m tests.bench.quotes`: how long the panel of past prices takes among 100,000 quote lines.

Asked as a rep in the middle of typing a line: same product × this customer, and × its industry. Beside it the same two
statements bare, without permission, customer or names: what the database alone takes for the same lines.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import insert, select, text

from config.vocabulary import CustomerLevel, CustomerSource, PersonStatus, Role
from crm import uow
from crm.access import Actor, actor_by_userid
from crm.reads.price_history import SHOWN, price_history
from crm.rules.naming import name_key
from models.base import bare, new_public_id
from models.customers import Customer
from models.people import Person, Team, TeamLeader
from models.quotes import Product, Quote, QuoteLine
from tests.load.stage import machine
from tests.support.postgres import Server

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
P95 = 0.2  # seconds
TEAMS, REPS, CUSTOMERS, PRODUCTS, LINES_EACH = 8, 80, 5_000, 400, 4
INDUSTRIES = ("水处理", "石化", "电力", "制药", "食品", "纺织", "造纸", "冶金", "")
_BATCH = 2_000


def main() -> int:
    options = _options()
    print(f"{machine()}; {options.lines} quote lines, {PRODUCTS} products, {CUSTOMERS} customers, seed {options.seed}")
    kept = [_measured(db, options) for db in (("sqlite", "pg") if options.db == "both" else (options.db,))]
    return 0 if all(kept) else 1


def _measured(db: str, options: argparse.Namespace) -> bool:
    with _store(db) as url:
        uow.upgrade(url)
        engine = uow.connect(url)
        chance = random.Random(options.seed)
        with uow.transaction() as s:
            _fill(s, chance, options.lines)
        with engine.begin() as connection:
            connection.execute(text("ANALYZE"))
        with uow.reading() as s:
            reps = [actor_by_userid(s, f"rep{number}", NOW) for number in range(REPS)]
            wanted = _questions(s, chance, options.asked)
        panels, bare_ones, found = [], [], 0
        for customer, owner, product, number in wanted:
            panels.append(_timed(lambda c=customer, o=owner, p=product: _panel(reps[o], c, p)))  # type: ignore[misc]
            bare_ones.append(_timed(lambda c=customer, n=number: _bare(c, n)))  # type: ignore[misc]
            found += _panel(reps[owner], customer, product) > 0
        ours, theirs = _p95(panels), _p95(bare_ones)
        middle = sorted(panels)[len(panels) // 2] / sorted(bare_ones)[len(bare_ones) // 2]
        print(
            f"{db}: panel p95 {ours * 1000:.1f} ms (promised {P95 * 1000:.0f}), bare SQL p95 {theirs * 1000:.1f} ms, "
            f"{middle:.1f} × at the median; {found} of {len(wanted)} had past prices",
            flush=True,
        )
        engine.dispose()
    return ours <= P95


def _panel(rep: Actor, customer: int, product: str) -> int:
    with uow.reading() as s:
        past = price_history(s, rep, customer, product)
    return len(past.customer) + len(past.industry)


def _bare(customer: int, product: int) -> int:
    lines = select(bare(QuoteLine), bare(Quote)).join(bare(Quote), Quote.id == QuoteLine.quote_id)
    theirs = lines.where(QuoteLine.product_id == product)
    with uow.reading() as s:
        mine = s.execute(theirs.where(Quote.customer_id == customer).order_by(Quote.made_at.desc()).limit(SHOWN)).all()
        others = s.execute(theirs.order_by(QuoteLine.id.desc()).limit(SHOWN)).all()
    return len(mine) + len(others)


def _timed(work: Callable[[], int]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _p95(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.95)]


def _questions(s: uow.Session, chance: random.Random, many: int) -> list[tuple[int, int, str, int]]:
    """(customer, number of its rep, product, its row): half of what was quoted there before, half of anything."""
    products = s.execute(select(Product.id, Product.public_id)).all()
    quoted = s.execute(
        select(Quote.customer_id, Quote.owner_id, QuoteLine.product_id)
        .join(QuoteLine, QuoteLine.quote_id == Quote.id)
        .where(QuoteLine.product_id.is_not(None))
        .order_by(QuoteLine.id)
    ).all()
    named = {row.id: row.public_id for row in products}
    asked = []
    for number in range(many):
        customer, owner, product = chance.choice(quoted)
        if number % 2:
            product = chance.choice(products).id
        asked.append((customer, owner - 1, named[product or 0], product or 0))
    return asked


def _fill(s: uow.Session, chance: random.Random, lines: int) -> None:
    s.add(Team(department_id=1, name="总公司", path="/1/"))
    s.flush()
    for number in range(2, TEAMS + 2):
        s.add(Team(department_id=number, name=f"{number} 组", path=f"/1/{number}/", parent_id=1))
    s.flush()
    for number in range(REPS):
        team = 2 + number % TEAMS
        person = Person(
            userid=f"rep{number}", userid_key=f"rep{number}", name=f"销售{number}", role=Role.REP,
            status=PersonStatus.ACTIVE, team_id=team, changed_at=NOW,
        )  # fmt: skip
        s.add(person)
        s.flush()
        if number < TEAMS:
            s.add(TeamLeader(team_id=team, person_id=person.id))
    _many(s, Customer, (_customer(number, chance) for number in range(1, CUSTOMERS + 1)))
    _many(s, Product, (_product(number) for number in range(1, PRODUCTS + 1)))
    quotes = lines // LINES_EACH
    _many(s, Quote, (_quote(number, chance) for number in range(1, quotes + 1)))
    _many(s, QuoteLine, (_line(number, chance) for number in range(lines)))


def _many(s: uow.Session, table: type, rows: Iterator[dict[str, object]]) -> None:
    batch: list[dict[str, object]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            s.execute(insert(table), batch)
            batch = []
    if batch:
        s.execute(insert(table), batch)


def _customer(number: int, chance: random.Random) -> dict[str, object]:
    name = f"第{number}机电有限公司"
    return {
        "id": number, "public_id": new_public_id(), "name": name, "name_key": name_key(name),
        "owner_id": 1 + number % REPS,
        "level": CustomerLevel.NORMAL, "source": CustomerSource.OUTREACH, "industry": chance.choice(INDUSTRIES),
        "silent_since": NOW, "created_at": NOW,
    }  # fmt: skip


def _product(number: int) -> dict[str, object]:
    return {
        "id": number, "public_id": new_public_id(), "model": f"P{number}", "model_key": f"p{number}", "name": "泵",
        "unit": "台", "made_by_id": 1, "made_at": NOW,
    }  # fmt: skip


def _quote(number: int, chance: random.Random) -> dict[str, object]:
    customer = chance.randrange(1, CUSTOMERS + 1)
    owner = customer % REPS
    return {
        "id": number, "public_id": new_public_id(), "number": f"BJ-{number}", "root_id": number, "version": 1,
        "customer_id": customer, "owner_id": 1 + owner, "team_id": 2 + owner % TEAMS,
        "state": chance.choice(("open", "won", "lost", "lost", "withdrawn", "superseded")),
        "valid_until": date(2026, 12, 31), "currency": "CNY", "rate": Decimal(1), "total": Decimal(1000),
        "below_floor": False, "made_at": NOW - timedelta(days=900 - 900 * number // 25_000),
    }  # fmt: skip


def _line(number: int, chance: random.Random) -> dict[str, object]:
    """A tenth of the products make half of the lines."""
    product = chance.randrange(1, PRODUCTS // 10 + 1) if chance.random() < 0.5 else chance.randrange(1, PRODUCTS + 1)
    return {
        "quote_id": 1 + number // LINES_EACH, "position": 1 + number % LINES_EACH, "product_id": product,
        "quantity": Decimal(2), "unit_price": Decimal(chance.randrange(8_000, 12_000)), "list_price": Decimal(12_000),
        "floor_price": Decimal(7_000),
    }  # fmt: skip


@contextmanager
def _store(db: str) -> Iterator[str]:
    if db == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/crm.db"
        return
    server = Server(durable=True)
    try:
        yield server.create_database()
    finally:
        server.stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--asked", type=int, default=400)
    parser.add_argument("--seed", type=int, default=18)
    parser.add_argument("--db", choices=("both", "sqlite", "pg"), default="both")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
