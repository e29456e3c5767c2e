"""The job of the chat archive against the emulator: sealed pages, consent over the wire, the platform's faults."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from config.archive import EntryState, GapReason, GapState
from crm import uow
from crm.reads.connection import Grade
from emulator.server import serve
from emulator.tenant import load
from emulator.world import build
from gateways.wecom.errors import WecomError
from jobs import runs
from jobs.check import ARCHIVE, connection
from jobs.wiring import ArchiveGateway, Wiring, archive_gateway, wire
from models.archive import ArchiveCursor, ArchiveEntry, ArchiveGap
from tests.support.archive import ANNA, BEN, CARL, SECRET, act, key_folder, key_pair, settings_for, tenant
from tests.support.company import rows


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[str]:
    world = build(load(tenant(tmp_path)), None, "http://127.0.0.1/", None, None)
    server = serve(world, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    server.server_close()
    world.state.close()


@pytest.fixture
def wired(company: Engine, company_url: str, emulator: str, tmp_path: Path) -> Iterator[Wiring]:
    uow.dispose()  # the wiring connects for itself
    yield wire(settings_for(emulator, tmp_path, company_url))
    uow.dispose()


def gateway(w: Wiring) -> ArchiveGateway:
    assert w.archive is not None
    return w.archive


def sweep(w: Wiring, later: timedelta = timedelta(0)) -> list[str]:
    return [line for line in runs.perform(w, "archive", datetime.now(UTC) + later) if line]


def say(emulator: str, words: str, external: str = ANNA, **more: object) -> int:
    seq: int = act(emulator, "archive-say", userid="Zhang", external_userid=external, text=words, **more)["seq"]
    return seq


def agree(emulator: str, external: str = ANNA, **more: object) -> None:
    """And wait for the next second: what is said in the second of a yes is not kept."""
    act(emulator, "agree", userid="Zhang", external_userid=external, **more)
    act(emulator, "clock", advance=1)


def texts() -> list[str]:
    return [row.text for row in rows(ArchiveEntry, ArchiveEntry.state == EntryState.KEPT)]


def test_what_is_said_after_the_yes_is_kept_and_nothing_else(wired: Wiring, emulator: str) -> None:
    say(emulator, "还没有同意")
    agree(emulator)
    say(emulator, "两台 65WQ，月底要", by="customer")
    say(emulator, "好的，今天报价", by="rep")
    say(emulator, "我没同意过", BEN)
    say(emulator, "价格表", by="rep", msgtype="file", body={"filename": "价格表.xlsx"})
    assert sweep(wired) == ["存下会话 3 条"]
    assert texts() == ["两台 65WQ，月底要", "好的，今天报价", "[文件] 价格表.xlsx"]
    assert sweep(wired) == []
    assert rows(ArchiveCursor)[0].trouble == ""


def test_a_group_asks_everybody_in_it(wired: Wiring, emulator: str) -> None:
    agree(emulator, ANNA, room="wr1")
    say(emulator, "只有安娜同意", room="wr1", others=[CARL])
    agree(emulator, CARL, room="wr1")
    say(emulator, "两个人都同意", room="wr1", others=[CARL])
    sweep(wired)
    assert texts() == ["两个人都同意"]


def test_the_faults_of_the_platform_lose_nothing_and_double_nothing(wired: Wiring, emulator: str) -> None:
    agree(emulator)
    first = say(emulator, "0")
    for switches in ({"cut": True, "fail_next": 1}, {"http_500": True}, {"busy": True}, {"network": True}):
        act(emulator, "faults", api={"archive/getchatdata": switches})
        sweep(wired)
        act(emulator, "faults")
        say(emulator, str(list(switches)))
    act(emulator, "faults", api={"archive/decryptdata": {"network": True}})
    assert sweep(wired)[0].startswith("会话存档没有取完：连不上会话存档的服务器")
    act(emulator, "faults")
    sweep(wired)
    seqs = [row.seq for row in rows(ArchiveEntry)]
    assert sorted(seqs) == list(range(first - 1, first + 5))
    assert rows(ArchiveGap) == []


def test_when_nobody_can_be_asked_for_consent_nothing_is_pulled_past(wired: Wiring, emulator: str) -> None:
    agree(emulator)
    say(emulator, "先别丢")
    act(emulator, "faults", api={"msgaudit/check_single_agree": {"forbidden": True}})
    assert "没有取完" in sweep(wired)[0]
    assert rows(ArchiveEntry) == []
    act(emulator, "faults")
    sweep(wired)
    assert "先别丢" in texts()


def test_numbers_that_are_left_out_are_flagged_and_come_back(wired: Wiring, emulator: str) -> None:
    agree(emulator)
    said = [say(emulator, f"第{number}句") for number in range(7)]
    act(emulator, "faults", api={"archive/getchatdata": {"skip": True}})
    sweep(wired)
    open_gaps = rows(ArchiveGap)
    assert {row.reason for row in open_gaps} == {GapReason.JUMP}
    assert [row.first for row in open_gaps] == [seq for seq in said if seq % 3 == 0 and seq != said[-1]]
    act(emulator, "faults")
    sweep(wired, timedelta(minutes=5))
    assert {row.state for row in rows(ArchiveGap)} == {GapState.FILLED}
    assert sorted(row.seq for row in rows(ArchiveEntry))[-7:] == said


def test_a_new_key_version_waits_for_its_private_key(wired: Wiring, emulator: str, tmp_path: Path) -> None:
    agree(emulator)
    act(emulator, "archive-key", version=2, pem=key_pair(2)[1])
    say(emulator, "新钥匙封的")
    sweep(wired)
    assert [(row.reason, row.key_version) for row in rows(ArchiveGap)] == [(GapReason.NO_KEY, 2)]
    assert "新钥匙封的" not in texts()
    key_folder(tmp_path / "keys", 2)
    sweep(wired, timedelta(minutes=2))
    assert texts()[-1] == "新钥匙封的"
    assert {row.state for row in rows(ArchiveGap)} == {GapState.FILLED}
    act(emulator, "faults", api={"archive/getchatdata": {"strange_key": True}})
    say(emulator, "不知道哪把")
    sweep(wired)
    assert rows(ArchiveGap)[-1].key_version == 99


def test_each_secret_opens_its_own_calls(wired: Wiring, emulator: str) -> None:
    """The app's token asks for no consents, the archive's sends no messages; a wrong secret is told by its code."""
    with pytest.raises(WecomError) as refused:
        gateway(wired).consents._wire.get("department/list")
    assert refused.value.code == 48002
    other = wired.settings.model_copy(update={"wecom_archive_secret": "wrong"})
    made = archive_gateway(other, wired.clock)
    assert made is not None
    with pytest.raises(WecomError) as refused:
        made.source.page(0, 10)
    assert refused.value.code == 10004
    assert SECRET not in str(refused.value)


def test_without_an_archive_the_job_does_nothing(wired: Wiring) -> None:
    bare = wired.settings.model_copy(update={"wecom_archive_secret": "", "wecom_archive_private_keys": None})
    assert archive_gateway(bare, wired.clock) is None
    assert sweep(wire(bare)) == []
    with uow.reading() as s:
        assert s.get(ArchiveCursor, 1) is None


@pytest.mark.parametrize(
    ("changes", "said", "mend"),
    [
        pytest.param({}, "第 1 版私钥能解开", "", id="right"),
        pytest.param({"wecom_archive_secret": "x"}, "密钥不对", "WECOM_ARCHIVE_SECRET", id="secret"),
        pytest.param({"keys": ()}, "没有这个版本公钥对应的私钥", "WECOM_ARCHIVE_PRIVATE_KEYS", id="no key"),
        pytest.param({"keys": (2,)}, "打不开消息的密钥", "WECOM_ARCHIVE_PRIVATE_KEYS", id="another key"),
    ],
)
def test_the_connection_check_tells_what_is_wrong_with_the_archive(
    wired: Wiring, emulator: str, company_url: str, tmp_path: Path, changes: dict[str, Any], said: str, mend: str
) -> None:
    agree(emulator)
    say(emulator, "在吗")
    keys = changes.get("keys")
    changes = {name: value for name, value in changes.items() if name != "keys"}
    if keys is not None:
        folder = tmp_path / "other-keys"
        folder.mkdir()
        for version in keys:
            (folder / "1.pem").write_text(key_pair(version)[0], encoding="ascii")
        changes["wecom_archive_private_keys"] = folder
    settings = wired.settings.model_copy(update=changes)
    found = next(one for one in connection(settings, wired.clock) if one.item == ARCHIVE)
    assert said in found.said
    assert mend in found.mend
    assert (found.grade is Grade.OK) == (mend == "")


def test_an_archive_that_may_hear_nobody_keeps_nothing_and_the_check_says_so(wired: Wiring, emulator: str) -> None:
    act(emulator, "setup", visible_departments=[], visible_users=[])
    found = next(one for one in connection(wired.settings, wired.clock) if one.item == ARCHIVE)
    assert (found.grade, "一个成员也没有" in found.said) == (Grade.WRONG, True)


def test_without_an_archive_the_check_says_nothing_of_one(wired: Wiring) -> None:
    settings = wired.settings.model_copy(update={"wecom_archive_secret": "", "wecom_archive_private_keys": None})
    assert ARCHIVE not in {one.item for one in connection(settings, wired.clock)}
