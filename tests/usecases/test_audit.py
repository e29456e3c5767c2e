"""The book of who did what: sealed in order, and any change to what was sealed is found."""

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from crm import audit, uow
from crm.usecases.followups import write_follow_up
from models.audit import AuditEntry
from tests.support.book import unlock
from tests.support.company import NOW, actor, at_once, customer, rows


def book(lines: int = 6) -> None:
    for number in range(lines):
        customer("Zhang", f"第{number}机电厂")


def verdict() -> audit.Verdict:
    with uow.reading() as s:
        return audit.verify(s)


def sealed() -> audit.Verdict:
    uow.attempt(audit.seal)
    return verdict()


def tamper(*statements: str) -> None:
    with uow.transaction() as s:
        unlock(s)
        for statement in statements:
            s.execute(text(statement))


def test_what_is_untouched_is_found_whole_and_counted(company: Engine) -> None:
    book()
    assert (verdict().sealed, verdict().unsealed, verdict().broken_at) == (0, 6, None)
    found = sealed()
    assert (found.sealed, found.unsealed, found.broken_at) == (6, 0, None)
    book_head = found.head
    customer("Zhang", "又一家工厂")
    assert (verdict().unsealed, verdict().head) == (1, book_head)
    assert sealed().head != book_head


def test_sealing_at_once_seals_each_line_once(company: Engine) -> None:
    book()
    at_once([partial(uow.attempt, audit.seal)] * 4)
    assert (verdict().sealed, verdict().broken_at) == (6, None)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit_entry SET verb = 'link' WHERE id = 3", 3),
        ("UPDATE audit_entry SET actor_id = 2 WHERE id = 4", 4),
        ("UPDATE audit_entry SET at = '2026-01-01 00:00:00' WHERE id = 2", 2),
        ("UPDATE audit_entry SET detail = '{}' WHERE id = 1", 1),
        ("UPDATE audit_entry SET subject = 'customer:9' WHERE id = 6", 6),
        ("UPDATE audit_seal SET digest = 'x' WHERE position = 5", 5),
        ("DELETE FROM audit_seal WHERE position = 2", 3),
    ],
)
def test_a_changed_line_is_found(company: Engine, statement: str, broken: int) -> None:
    book()
    sealed()
    tamper(statement)
    assert verdict().broken_at == broken


def test_a_line_taken_out_with_its_seal_is_found(company: Engine) -> None:
    book()
    sealed()
    tamper("DELETE FROM audit_seal WHERE entry_id = 3", "DELETE FROM audit_entry WHERE id = 3")
    assert verdict().broken_at == 4


def test_every_verb_of_a_person_writes_who_where_and_what(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    who = actor("Zhang")
    uow.attempt(lambda s: write_follow_up(s, who, made, "去现场看了泵房", NOW, entrance="chat"))
    lines = [(row.actor_id, row.entrance, row.verb, row.subject) for row in rows(AuditEntry)]
    assert lines == [(1, "chat", "create_customer", f"customer:{made}"), (1, "chat", "follow_up", f"customer:{made}")]


def test_a_transaction_that_fails_leaves_no_line(company: Engine) -> None:
    def broken(s: uow.Session) -> None:
        audit.record(s, 1, "link", "customer:1", NOW, entrance="chat")
        raise ZeroDivisionError

    work: Callable[[uow.Session], None] = broken
    with pytest.raises(ZeroDivisionError):
        uow.attempt(work)
    assert rows(AuditEntry) == []
