"""What every table shares: the base class, column types, opaque ids and the insert that may find a twin."""

import json
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    any_,
    bindparam,
    column,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy import table as lightweight
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, MappedColumn, Session, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import ReturningInsert, Update
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE, TypeDecorator

# SQLite only counts up by itself in an INTEGER primary key.
Id = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime; a naive one is refused at the door."""

    impl = DateTime
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Instant, int: Id}


def bare(model: type[Base]) -> Table:
    """The table itself: a statement over it skips what the ORM does for entities, which costs more than the SQL."""
    return cast(Table, model.__table__)


def one_of(
    s: Session, column: ColumnElement[Any] | InstrumentedAttribute[Any], values: Collection[Any]
) -> ColumnElement[bool]:
    """Whether a column holds one of many values.

    On PostgreSQL one array: as parameters of their own they would be, for every number of them, another statement to
    be written, sent and planned.
    """
    if s.get_bind().dialect.name == "postgresql":
        return column == any_(literal(list(values), postgresql.ARRAY(column.type)))
    return column.in_(values)


class HeldIn(FunctionElement[Any]):
    """Whether a column holds one of what another statement finds: `HeldIn(Customer.owner_id, select(Person.id)…)`.

    PostgreSQL makes an array of it first. Of `a IN (SELECT …) OR b = …` it reads the whole table, of arrays the two
    indexes.
    """

    type = NULLTYPE  # as a Boolean SQLite would be asked whether it `= 1`, which no index answers
    inherit_cache = True


@compiles(HeldIn)
def _in_select(element: HeldIn, compiler: SQLCompiler, **kwargs: Any) -> str:
    held, found = element.clauses
    return f"{compiler.process(held, **kwargs)} IN {compiler.process(found, **kwargs)}"


@compiles(HeldIn, "postgresql")
def _in_array(element: HeldIn, compiler: SQLCompiler, **kwargs: Any) -> str:
    held, found = element.clauses
    return f"{compiler.process(held, **kwargs)} = ANY (ARRAY{compiler.process(found, **kwargs)})"


def new_public_id() -> str:
    """An opaque name for the outside: 80 random bits, no order, nothing to guess or count."""
    return secrets.token_hex(10)


def public_id() -> MappedColumn[str]:
    return mapped_column(String(20), unique=True, default=new_public_id)


def insert_once(s: Session, table: type[Base], **values: object) -> bool:
    """Insert unless a unique key is taken; True if this call did it.

    One statement, no SAVEPOINT: on SQLite a released savepoint would commit the caller's work.
    """
    # What came back, not `rowcount`: psycopg leaves that at -1 when SQLAlchemy asks for new keys.
    return s.execute(_once(s.get_bind().dialect.name, table), values).first() is not None


def insert_each_once(s: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """The same of many rows with the same columns; the ids of those that this call made."""
    return set(s.scalars(_once(s.get_bind().dialect.name, table), list(rows))) if rows else set()


@cache
def _once(dialect: str, table: type[Base]) -> ReturningInsert[Any]:
    """Built once per table: drawing up the statement costs more than running it."""
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return make(bare(table)).on_conflict_do_nothing().returning(*bare(table).primary_key)


def insert_many(s: Session, table: type[Base], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert a great many rows at the speed of the database: by COPY on PostgreSQL, by the bare driver on SQLite.

    Values go to the driver as they are: no defaults, no types of ours. A session that flushes by itself is not asked.
    """
    connection = s.connection()
    cursor: Any = connection.connection.cursor()
    try:
        if connection.dialect.name == "postgresql":
            types = [str(bare(table).c[one].type.compile(connection.dialect)).lower() for one in columns]
            with cursor.copy(f"COPY {bare(table).name} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types([kind.partition("(")[0] for kind in types])
                for row in rows:
                    copy.write_row(row)
        else:
            named = insert(lightweight(bare(table).name, *map(column, columns)))
            cursor.executemany(str(named.compile(dialect=connection.dialect, column_keys=columns)), rows)
    except connection.dialect.loaded_dbapi.Error as error:  # whoever tells errors apart knows SQLAlchemy's alone
        raise DBAPIError.instance(
            f"insert into {bare(table).name}", None, error, connection.dialect.loaded_dbapi.Error,
            dialect=connection.dialect,
        ) from error  # fmt: skip


def new_ids(s: Session, table: type[Base], many: int) -> list[int]:
    """So many ids that no other row has or will get: for rows that are copied in, of which nothing comes back.

    On SQLite they are the next ones, and stay free because whoever writes is alone.
    """
    if s.get_bind().dialect.name == "postgresql":
        taken = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :many)")
        return list(s.scalars(taken, {"name": bare(table).name, "many": many}))
    last = s.scalar(select(func.max(bare(table).c.id))) or 0
    return list(range(last + 1, last + 1 + many))


def insert_rows(s: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """The same for rows by column, with our types: each has the same columns, and every one that needs a value."""
    if rows:
        columns = list(rows[0])
        dialect = s.get_bind().dialect
        binds = [bare(table).c[one].type.dialect_impl(dialect).bind_processor(dialect) for one in columns]
        pairs = list(zip(columns, binds, strict=True))
        insert_many(s, table, columns, ([bind(row[one]) if bind else row[one] for one, bind in pairs] for row in rows))


def look_at(s: Session, table: type[Base]) -> None:
    """Let PostgreSQL's planner see a table that has just been filled: its own looks come a minute too late.

    In a transaction of its own: it waits a second for whoever tidies the table, and is given up then.
    """
    if s.get_bind().dialect.name == "postgresql":
        s.execute(text("SET LOCAL lock_timeout = '1s'"))
        s.execute(text(f"ANALYZE {bare(table).name}"))


def update_rows(
    s: Session, table: type[Base], key: str, rows: Sequence[Mapping[str, Any]], *among: ColumnElement[bool]
) -> None:
    """Change many rows, each to its own values; `key` is the column by which each is found `among` those allowed.

    In one statement on PostgreSQL, where each would otherwise be a message to the server and a plan of its own: the
    rows travel as JSON, so their values are what JSON has. `among` must leave few rows: of a table that has just been
    filled the planner knows nothing, and would walk it whole.
    """
    if not rows:
        return
    held = bare(table).c
    if s.get_bind().dialect.name == "postgresql":
        given = func.json_to_recordset(bindparam("rows", type_=Text).cast(postgresql.JSON))
        new = given.table_valued(*(column(one, held[one].type) for one in rows[0]), name="new")
        change = _changed(table, key, dict(new.render_derived(with_types=True).c), among)
        s.execute(change, {"rows": json.dumps(rows, ensure_ascii=False)})
    else:
        change = _changed(table, key, {one: bindparam(f"v_{one}") for one in rows[0]}, among)
        s.execute(change, [{f"v_{one}": value for one, value in row.items()} for row in rows])


def _changed(table: type[Base], key: str, new: Mapping[str, Any], among: tuple[ColumnElement[bool], ...]) -> Update:
    change = update(bare(table)).where(*among, bare(table).c[key] == new[key])
    return change.values({one: value for one, value in new.items() if one != key})
