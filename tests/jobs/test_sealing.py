"""The audit book is sealed to its end in batches, and a cut that takes the newest entries is found from outside."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from crm import audit, uow
from jobs import runs, sealing
from tests.jobs.company import NOW, settings_in, wiring_in
from tests.support.book import unlock


def write(entries: int) -> None:
    with uow.transaction() as s:
        for number in range(entries):
            audit.record(s, 1, "test", f"line:{number}", NOW, entrance="shell")


def cut(last: int) -> None:
    with uow.transaction() as s:
        unlock(s)
        s.execute(text("DELETE FROM audit_seal WHERE entry_id > :last"), {"last": last})
        s.execute(text("DELETE FROM audit_entry WHERE id > :last"), {"last": last})


def verdict(folder: Path) -> audit.Verdict:
    noted = sealing.noted(sealing.head_file(settings_in(folder)))
    with uow.reading() as s:
        return audit.verify(s, noted)


def run(folder: Path) -> list[str]:
    return [line for line in runs.perform(wiring_in(folder, lambda: NOW), "seal-audit", NOW) if line]


def test_a_long_backlog_is_sealed_in_one_run_of_many_transactions(store: Engine, tmp_path: Path) -> None:
    write(1203)
    lines = list(runs.perform(wiring_in(tmp_path, lambda: NOW), "seal-audit", NOW))
    assert (len(lines), lines[-1]) == (4, "封存审计 1203 条")
    found = verdict(tmp_path)
    assert (found.sealed, found.unsealed, found.broken_at, found.cut_off) == (1203, 0, None, False)
    assert run(tmp_path) == []


def test_entries_that_commit_late_are_sealed_and_old_gaps_when_asked_for(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(9)
    run(tmp_path)
    with uow.transaction() as s:  # numbers 3 and 8 come back as if they had just been committed
        unlock(s)
        s.execute(text("DELETE FROM audit_seal WHERE entry_id > 2"))
        s.execute(text("INSERT INTO audit_seal SELECT 3, 9, 'x' FROM audit_entry WHERE id = 9"))
    monkeypatch.setattr(audit, "_LATE_BY", 4)
    assert uow.attempt(audit.seal) == 3  # 6, 7 and 8; not 3 to 5, which lie too far behind
    assert uow.attempt(lambda s: audit.seal(s, all_gaps=True)) == 3


def test_newest_entries_cut_off_with_their_seals_are_found_also_after_sealing_went_on(
    store: Engine, tmp_path: Path
) -> None:
    write(6)
    run(tmp_path)
    cut(4)
    assert (verdict(tmp_path).broken_at, verdict(tmp_path).cut_off) == (None, True)
    write(5)
    run(tmp_path)
    assert verdict(tmp_path).sealed > 6
    assert verdict(tmp_path).cut_off


def test_a_note_gone_bad_is_no_proof_of_a_whole_chain(store: Engine, tmp_path: Path) -> None:
    write(1)
    run(tmp_path)
    (tmp_path / "audit.head").write_bytes(b"\xff\x00")
    assert verdict(tmp_path).cut_off
    (tmp_path / "audit.head").unlink()
    assert not verdict(tmp_path).cut_off
    write(1)
    run(tmp_path)
    assert (tmp_path / "audit.head").read_text().startswith("2 ")
