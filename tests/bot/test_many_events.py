"""Thousands of events, each delivered four times, out of order and at once: as many effects as events.

The suite runs a slice. The whole count, on both databases, takes some minutes:

    EVENTS=10000 pytest tests/bot/test_many_events.py -q
"""

import os
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.vocabulary import InboxState
from gateways.spool import Spool
from models.audit import AuditEntry
from models.messages import InboxEvent, OutboxMessage
from models.timeline import Todo
from tests.bot.wecom import Wecom
from tests.support.company import rows

EVENTS = int(os.environ.get("EVENTS", "300"))
TIMES, THREADS = 4, 8


def deliver(wecom: Wecom, documents: Sequence[str], folder: Path) -> dict[str, set[str]]:
    """Each document four times, shuffled, by eight threads; the answers that each one got.

    Whatever the store was too busy for lies in the spool, and is handed in afterwards as the drain does.
    """
    queue = list(documents) * TIMES
    random.Random(1).shuffle(queue)
    answers: dict[str, set[str]] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        for document, said in zip(queue, pool.map(wecom.hear, queue), strict=True):
            answers.setdefault(document, set()).add(said)
    spool = Spool(folder / "spool.db")
    while kept := spool.oldest(50):
        for one in kept:
            assert wecom.push(one.query, one.body, **wecom.drained(one.query, one.body)).status_code == 200
            spool.done(one.id)
    return answers


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_as_many_effects_as_events(wecom: Wecom, tmp_path: Path) -> None:
    people = ("Zhang", "sun", "li", "qian", "wu")
    documents = [wecom.text(people[n % 5], f"/待办 明天 第{n}件事") for n in range(EVENTS)]
    answers = deliver(wecom, documents, tmp_path)
    assert {row.text for row in rows(Todo)} == {f"第{n}件事" for n in range(EVENTS)}
    assert len(rows(Todo)) == len(rows(AuditEntry)) == EVENTS
    assert len(rows(OutboxMessage)) == 2 * EVENTS  # the card of now, and the reminder at its time
    assert [row.state for row in rows(InboxEvent)] == [InboxState.DONE] * EVENTS
    # Who was told to wait got an empty answer; whoever was answered got one and the same answer.
    assert all(len(said - {""}) <= 1 for said in answers.values())


@pytest.mark.timeout(3600)
def test_pairs_of_events_of_one_person_in_the_same_second_are_all_kept(wecom: Wecom, tmp_path: Path) -> None:
    pairs = max(EVENTS // 10, 1)
    second = int(wecom.clock.now().timestamp())
    documents = [
        wecom.event(
            "sys",
            "change_external_contact",
            CreateTime=second,
            AgentID=None,
            ChangeType="add_external_contact",
            UserID="Zhang",
            ExternalUserID=f"wm{n:08}{half}",
        )
        for n in range(pairs)
        for half in "ab"
    ]
    deliver(wecom, documents, tmp_path)
    kept = rows(InboxEvent)
    assert len(kept) == len({row.object_id for row in kept}) == pairs * 2
    assert {row.state for row in kept} == {InboxState.WAITING}
