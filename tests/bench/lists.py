"""`python -m tests.bench.lists`: how long a page of 200,000 customers takes, whatever it is asked."""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import islice

from pypinyin import lazy_pinyin
from sqlalchemy import event, func, select, text
from sqlalchemy.engine import Engine

from config.vocabulary import (
    CooperationStage,
    CustomerLevel,
    CustomerSource,
    FieldKind,
    FieldObject,
    PersonStatus,
    Role,
)
from crm import uow
from crm.access import Actor, actor_by_userid
from crm.forms import specs
from crm.reads.customers import Filters, Where, list_customers
from crm.rules.name_parts import key_of
from crm.usecases.fields import FieldDraft, add_field
from crm.usecases.pipelines import install_ladders
from models.base import Base, insert_many, new_public_id
from models.customers import Customer
from models.deals import Deal, Stage
from models.fields import FieldValue
from models.people import Person, Team, TeamLeader
from tests.load.stage import machine
from tests.support.postgres import Server

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
P95 = 0.1  # seconds
REPS, TEAMS = 80, 8
_PLACES = (
    "江苏苏州",
    "江苏无锡",
    "浙江宁波",
    "浙江温州",
    "上海",
    "广东佛山",
    "广东东莞",
    "山东潍坊",
    "安徽芜湖",
    "四川德阳",
)
_SIGNS = "瑞恒泽宏远新泰华盛永昌凯达力源鼎信隆鑫博创佳美天安中科金陵东方海润通宝嘉禾丰益康宁建业精锐"
_TRADES = (
    "泵业",
    "机械制造",
    "阀门",
    "环保设备",
    "热能工程",
    "水务",
    "化工",
    "纺织机械",
    "电气",
    "流体设备",
    "汽车零部件",
)
FIELDS: tuple[tuple[str, FieldKind, tuple[str, ...]], ...] = (
    ("装机台数", FieldKind.NUMBER, ()),
    ("预算", FieldKind.MONEY, ()),
    ("检修日期", FieldKind.DATE, ()),
    ("泵型", FieldKind.SELECT, ("离心泵", "螺杆泵", "齿轮泵", "真空泵")),
    ("介质", FieldKind.MULTI_SELECT, ("清水", "污水", "酸", "油")),
    ("车间", FieldKind.TEXT, ()),
)
_FORMS = ("有限公司", "股份有限公司", "有限责任公司", "厂", "集团有限公司")


def main() -> int:
    options = _options()
    print(f"{machine()}; seed {options.seed}, {options.customers} customers, each question {options.times} times")
    kept = [bench(db, options) for db in (("pg", "sqlite") if options.db == "both" else (options.db,))]
    return 0 if all(kept) else 1


def bench(db: str, options: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(durable=True) if db == "pg" else None
        url = server.create_database() if server else f"sqlite:///{folder}/crm.db"
        try:
            engine = furnish(url, options.customers, options.seed)
            kept = _ask_everything(db, engine, options)
            engine.dispose()
        finally:
            if server:
                server.stop()
    return kept


def furnish(url: str, customers: int, seed: int) -> Engine:
    """Two regions, eight teams, eighty reps, and so many customers with fields of every kind."""
    uow.upgrade(url)
    engine = uow.connect(url)
    luck = random.Random(seed)
    with uow.transaction() as s:
        install_ladders(s)
        _people(s)
        admin = actor_by_userid(s, "admin")
        for name, kind, choices in FIELDS:
            draft = FieldDraft(name, "more", added=choices)
            add_field(s, admin, FieldObject.CUSTOMER, kind, draft, NOW, entrance="shell")
    fill(Customer, _COLUMNS, _rows(customers, luck))
    fill(FieldValue, _VALUES, _values(customers, luck))
    with uow.transaction() as s:
        won = s.scalars(select(Stage.id).where(Stage.key == "contract_review")).one()
        deals = (
            (
                new_public_id(),
                n,
                10 + n % REPS,
                "改造",
                Decimal(1000),
                won,
                NOW.replace(tzinfo=None),
                NOW.replace(tzinfo=None),
            )
            for n in range(1, customers, 12)
        )
        columns = ("public_id", "customer_id", "owner_id", "name", "amount", "stage_id", "stage_since", "created_at")
        insert_many(s, Deal, columns, for_store(s, deals))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM ANALYZE"))  # what autovacuum does within a minute
    return engine


def fill(table: type[Base], columns: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
    """Some at a time: PostgreSQL ends a statement that takes a minute."""
    while some := list(islice(rows, 20_000)):
        with uow.transaction() as s:
            insert_many(s, table, columns, for_store(s, iter(some)))


_COLUMNS = (
    "id", "public_id", "name", "name_key", "pinyin", "level", "source", "industry", "region", "address", "phone",
    "website", "cooperation_stage", "procurement_cycle", "annual_estimate", "owner_id", "silent_since",
    "last_activity_at", "created_at",
)  # fmt: skip
_VALUES = ("object_kind", "object_id", "field_id", "item", "text", "number", "day", "option_id")


def for_store(s: uow.Session, rows: Iterator[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    """SQLite's driver knows no Decimal and no dates."""
    if s.get_bind().dialect.name == "postgresql":
        yield from rows
        return
    for row in rows:
        yield tuple(float(v) if isinstance(v, Decimal) else str(v)[:26] if isinstance(v, date) else v for v in row)


def _people(s: uow.Session) -> None:
    s.add(Team(id=1, department_id=1, name="总公司", path="/1/"))
    s.flush()
    for number in range(2, 4):
        s.add(Team(id=number, department_id=number, name=f"大区{number}", path=f"/1/{number}/", parent_id=1))
    s.flush()
    for number in range(4, 4 + TEAMS):
        over = 2 + number % 2
        s.add(Team(id=number, department_id=number, name=f"{number}组", path=f"/1/{over}/{number}/", parent_id=over))
    s.flush()
    who = [("admin", Role.ADMIN, 1), ("director", Role.DIRECTOR, 2), ("lead", Role.TEAM_LEAD, 4)]
    who += [(f"rep{n}", Role.REP, 4 + n % TEAMS) for n in range(REPS)]
    for number, (userid, role, team) in enumerate(who, start=1):
        number = number if number < 4 else number + 6
        s.add(
            Person(
                id=number, userid=userid, userid_key=userid, name=userid, role=role, status=PersonStatus.ACTIVE,
                team_id=team, changed_at=NOW,
            )
        )  # fmt: skip
    s.flush()
    s.add_all([TeamLeader(team_id=2, person_id=2), TeamLeader(team_id=4, person_id=3)])
    s.flush()


@cache
def _sound(sign: str) -> str:
    return "".join(lazy_pinyin(sign))


def _pinyin(name: str) -> str:
    sounds = [_sound(sign) for sign in name]
    return f"{''.join(sounds)} {''.join(sound[0] for sound in sounds)}"[:255]


def _rows(many: int, luck: random.Random) -> Iterator[tuple[object, ...]]:
    levels, sources, stages = list(CustomerLevel), list(CustomerSource), list(CooperationStage)
    naive = NOW.replace(tzinfo=None)
    for number in range(1, many + 1):
        place, trade = luck.choice(_PLACES), luck.choice(_TRADES)
        brand = "".join(luck.choices(_SIGNS, k=luck.choice((2, 2, 3))))
        name = f"{place[-2:]}{brand}{trade}{luck.choice(_FORMS)}"
        silent = naive - timedelta(minutes=luck.randrange(60 * 24 * 60))
        spoken = None if number % 3 == 0 else silent
        yield (
            number, f"{number:020x}", name, key_of(name), _pinyin(name), luck.choice(levels),
            luck.choice(sources), trade, place, f"{brand}路 {number % 999} 号", f"1380013{number % 10000:04d}", "",
            luck.choice(stages), "", Decimal(luck.randrange(1, 900) * 10_000) if number % 4 else None,
            10 + luck.randrange(REPS), silent, spoken, naive - timedelta(minutes=luck.randrange(60 * 24 * 900)),
        )  # fmt: skip


def _values(many: int, luck: random.Random) -> Iterator[tuple[object, ...]]:
    with uow.reading() as s:
        by_label = {one.label: one for one in specs(s, FieldObject.CUSTOMER) if not one.built_in}
    number, money, day, pump, liquid, hall = (by_label[name] for name, *_ in FIELDS)
    for of in range(1, many + 1):
        yield "customer", of, number.id, 0, None, Decimal(luck.randrange(1, 100_000)), None, None
        yield "customer", of, pump.id, 0, None, None, None, luck.choice(pump.options).id
        if of % 2:
            yield "customer", of, money.id, 0, None, Decimal(luck.randrange(1, 9000) * 1000), None, None
            yield "customer", of, day.id, 0, None, None, date(2026, 1, 1) + timedelta(luck.randrange(700)), None
        else:
            one = luck.choice(liquid.options)
            yield "customer", of, liquid.id, one.id, None, None, None, one.id
            yield "customer", of, hall.id, 0, f"{luck.randrange(1, 40)} 号车间", None, None, None


@dataclass(frozen=True)
class Question:
    told: str
    query: str = ""
    sort: str = "days_left"
    page: int = 1
    where: tuple[tuple[str, str], ...] = ()
    level: CustomerLevel | None = None

    def ask(self, s: uow.Session, actor: Actor) -> None:
        filters = Filters(level=self.level, where=tuple(Where(key, typed) for key, typed in self.where))
        list_customers(s, actor, query=self.query, sort=self.sort, page=self.page, size=50, now=NOW, filters=filters)


QUESTIONS = (
    Question("everything, days left"),
    Question("everything, last page", page=20),
    Question("newest", sort="newest"),
    Question("by name, page 5", sort="name", page=5),
    Question("last activity", sort="last_activity"),
    Question("by annual estimate", sort="-field:annual_estimate"),
    Question("by a number of one's own", sort="field:zhuangjitaishu"),
    Question("by an amount half have, page 10", sort="-field:yusuan", page=10),
    Question("by a date", sort="field:jianxiuriqi"),
    Question("by industry, page 3", sort="field:industry", page=3),
    Question("level", level=CustomerLevel.KEY),
    Question("level, by a number", sort="field:zhuangjitaishu", level=CustomerLevel.SMALL),
    Question("industry", where=(("industry", "泵业"),), sort="newest"),
    Question("industry and stage", where=(("industry", "水务"), ("cooperation_stage", "意向、试单"))),
    Question("number in a narrow range", where=(("zhuangjitaishu", "500..520"),)),
    Question("number in a wide range", where=(("zhuangjitaishu", "500..60000"),), sort="name"),
    Question("a choice", where=(("bengxing", "螺杆泵"),)),
    Question("several choices", where=(("jiezhi", "酸、油"), ("bengxing", "离心泵")), sort="newest"),
    Question("three fields few meet", where=(("jiezhi", "酸"), ("bengxing", "离心泵"), ("zhuangjitaishu", "1..2000"))),
    Question("not filled in", where=(("yusuan", "未填"),)),
    Question("a date from", where=(("jianxiuriqi", "2027-11-01.."),), sort="field:jianxiuriqi"),
    Question("a text holds", where=(("chejian", "17"),)),
    Question("a common word", query="机械"),
    Question("a rare name", query="瑞恒泽"),
    Question("a word nobody has", query="没有这家"),
    Question("pinyin", query="ruihengze"),
    Question("a word, by a field", query="苏州", sort="field:zhuangjitaishu"),
    Question("a word and a field", query="泵业", where=(("bengxing", "齿轮泵"),), sort="name"),
)


def _ask_everything(db: str, engine: Engine, options: argparse.Namespace) -> bool:
    """Every question of everybody, in a random order, so that no cache is warmer for one than it is in life."""
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(str(args[2])))
    everybodys = [(who, one) for who in ("admin", "director", "lead", "rep1") for one in QUESTIONS]
    turns = everybodys * options.times
    random.Random(options.seed).shuffle(turns)
    took: dict[tuple[str, str], list[float]] = {}
    most = 0
    for turn, (who, question) in enumerate(everybodys + turns):
        with uow.reading() as s:
            actor = actor_by_userid(s, who, NOW)
            asked.clear()
            began = time.perf_counter()
            question.ask(s, actor)
            lasted = time.perf_counter() - began
            most = max(most, len(asked))
        if turn >= len(everybodys):  # at first every statement is drawn up, as a process does once in its life
            took.setdefault((who, question.told), []).append(lasted)
    everything = [one for some in took.values() for one in some]
    slowest = sorted(took.items(), key=lambda item: -_share(item[1], 0.5))[: options.show]
    for (who, told), times in slowest:
        print(f"{db}: {who}, {told}: median {_share(times, 0.5) * 1000:.0f} ms, worst {max(times) * 1000:.0f} ms")
    p50, p95 = (_share(everything, part) * 1000 for part in (0.5, 0.95))
    print(f"{db}: {len(everything)} pages: p50 {p50:.0f} ms, p95 {p95:.0f} ms, at most {most} statements")
    print(f"{db}: the floor, one look at every name: {_floor() * 1000:.0f} ms", flush=True)
    return p95 <= P95 * 1000


def _floor() -> float:
    """Seconds: how fast the machine and the store are just now."""
    took = []
    for _ in range(9):
        with uow.reading() as s:
            began = time.perf_counter()
            s.scalar(select(func.count(Customer.id)).where(Customer.name_key.contains("没有这家")))
            took.append(time.perf_counter() - began)
    return _share(took, 0.5)


def _share(times: list[float], part: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.lists", description=__doc__)
    parser.add_argument("--db", choices=("pg", "sqlite", "both"), default="both")
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--show", type=int, default=12, help="the slowest questions that are printed")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
