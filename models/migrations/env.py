"""How Alembic reaches the store: the URL comes from `crm.uow`, the tables from `models`."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import create_engine, pool

from models import Base
from models.base import Instant


def render_item(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """A migration is history: it names the database's types, not classes of ours that may change."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime()"
    return False


engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
