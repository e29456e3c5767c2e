"""What every table shares: the base class, column types, opaque ids and the insert that may find a twin."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
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
    bindparam,
    column,
    func,
    insert,
    update,
)
from sqlalchemy import table as lightweight
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, MappedColumn, Session, mapped_column
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import TypeDecorator

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


def insert_missing(s: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those of the rows whose unique key is free, in their order: two transactions must take them alike."""
    if rows:
        make = postgresql.insert if s.get_bind().dialect.name == "postgresql" else sqlite.insert
        s.execute(make(bare(table)).on_conflict_do_nothing().inline(), rows)


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


def insert_rows(s: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """The same for rows by column, with our types: each has the same columns, and every one that needs a value."""
    if rows:
        columns = list(rows[0])
        dialect = s.get_bind().dialect
        binds = [bare(table).c[one].type.dialect_impl(dialect).bind_processor(dialect) for one in columns]
        pairs = list(zip(columns, binds, strict=True))
        insert_many(s, table, columns, ([bind(row[one]) if bind else row[one] for one, bind in pairs] for row in rows))


def update_rows(
    s: Session, table: type[Base], key: str, rows: Sequence[Mapping[str, Any]], *among: ColumnElement[bool]
) -> None:
    """Change many rows, each to its own values; `key` is the column by which each is found `among` those allowed.

    In one statement on PostgreSQL, where each would otherwise be a message to the server and a plan of its own. `among`
    must leave few rows: of a table that has just been filled the planner knows nothing, and would walk it whole.
    """
    if not rows:
        return
    held, given = bare(table).c, {one: f"v_{one}" for one in rows[0]}
    many = s.get_bind().dialect.name == "postgresql"
    new: Mapping[str, Any]
    if many:
        arrays = [bindparam(name, type_=postgresql.ARRAY(held[one].type)) for one, name in given.items()]
        new = dict(func.unnest(*arrays).table_valued(*given, name="new").render_derived().c)
    else:
        new = {one: bindparam(name) for one, name in given.items()}
    change = update(bare(table)).where(*among, held[key] == new[key])
    change = change.values({one: new[one] for one in given if one != key})
    if many:
        s.execute(change, {name: [row[one] for row in rows] for one, name in given.items()})
    else:
        s.execute(change, [{name: row[one] for one, name in given.items()} for row in rows])
