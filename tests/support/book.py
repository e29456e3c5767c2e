"""The audit book as somebody with the database's own password would find it: without our triggers."""

from sqlalchemy import text

from crm import uow


def unlock(s: uow.Session) -> None:
    """From here on the store lets rows of the book be changed and deleted."""
    sqlite = s.get_bind().dialect.name == "sqlite"
    for table in ("audit_entry", "audit_seal"):
        if sqlite:
            for verb in ("update", "delete"):
                s.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))
        else:
            s.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
