"""The nightly sweep of files: never one that a row names, and in the end all others."""

import io
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from crm import uow
from crm.access import actor_by_userid
from crm.usecases.attachments import add_attachment, remove_attachment
from crm.usecases.customers import CustomerDraft, create_customer
from crm.usecases.policy import change
from jobs import runs
from jobs.wiring import file_store
from tests.jobs.company import NOW, settings_in, wiring_in


def sweep(folder: Path, days: int) -> list[str]:
    lines = runs.perform(wiring_in(folder, lambda: NOW), "files", NOW + timedelta(days=days))
    return [line for line in lines if line]


def lying(folder: Path) -> set[str]:
    return {path.name for path in (folder / "files").rglob("*") if path.is_file()}


def test_what_was_removed_goes_ninety_days_later_and_what_nobody_names_after_one(store: Engine, tmp_path: Path) -> None:
    files = file_store(settings_in(tmp_path))
    kept, removed, orphan = (files.accept(io.BytesIO(word.encode())) for word in ("甲", "乙", "丙"))
    with uow.transaction() as s:
        rep = actor_by_userid(s, "ZhangSan", NOW)
        number = create_customer(s, rep, CustomerDraft("苏州瑞衡机电有限公司"), NOW, entrance="chat").id
        add_attachment(s, rep, number, kept, "甲.txt", NOW, entrance="console")
        gone = add_attachment(s, rep, number, removed, "乙.txt", NOW, entrance="console").public_id
        remove_attachment(s, rep, gone, NOW, entrance="console")
    assert sweep(tmp_path, 89) == []  # the orphan is a moment old, whatever the product's clock says
    for path in (tmp_path / "files").rglob("*"):
        when = time.time() - 25 * 3600
        os.utime(path, (when, when))
    assert sweep(tmp_path, 1) == ["清理移除过的附件和没用上的照片 0 个，删除没有记录的文件 1 个"]
    assert lying(tmp_path) == {kept.stored_name, removed.stored_name}
    assert orphan.stored_name not in lying(tmp_path)
    assert sweep(tmp_path, 90) == ["清理移除过的附件和没用上的照片 1 个，删除没有记录的文件 1 个"]
    assert lying(tmp_path) == {kept.stored_name}
    assert sweep(tmp_path, 400) == []


def test_it_judges_nothing_so_it_cannot_be_tried_out(store: Engine, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="不能试运行"):
        list(runs.perform(wiring_in(tmp_path, lambda: NOW), "files", NOW, dry_run=True))


def test_sheets_and_lists_that_nobody_came_back_for_go_too_but_not_what_may_still_be_fetched(
    store: Engine, tmp_path: Path
) -> None:
    w = wiring_in(tmp_path, lambda: NOW)
    keys = {box: [box.keep(io.BytesIO(b"x"), 9) for _ in range(2)] for box in (w.incoming, w.outgoing)}
    with uow.transaction() as s:
        change(s, None, "export_hours", "360", NOW, entrance="shell")
    for box, (old, _) in keys.items():
        when = time.time() - 8 * 86_400
        os.utime(box.path(old), (when, when))
    assert sweep(tmp_path, 0) == ["清理移除过的附件和没用上的照片 0 个，删除没有记录的文件 1 个"]
    there = {box: [box.path(key).exists() for key in both] for box, both in keys.items()}
    assert there == {w.incoming: [False, True], w.outgoing: [True, True]}
