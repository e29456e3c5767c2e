"""Buckets against a real Redis: a minute's calls at once, then as they fill again; without Redis nobody is counted."""

import logging
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from redis import Redis

from emulator.demo import embedded_redis
from gateways.buckets import Buckets

pytestmark = pytest.mark.redis


def test_a_minutes_calls_go_at_once_and_the_next_hears_how_long_it_waits(redis_url: str) -> None:
    buckets = Buckets(redis_url)
    assert [buckets.wait("zhang", 60) for _ in range(60)] == [0.0] * 60
    told = buckets.wait("zhang", 60)
    assert 0 < told <= 1
    assert buckets.wait("zhang", 60) <= told  # who is refused is not counted, so asking again costs nothing
    assert buckets.wait("li", 60) == 0.0
    time.sleep(told)
    assert buckets.wait("zhang", 60) == 0.0
    assert buckets.wait("zhang", 60) > 0


def test_all_processes_count_together_and_not_one_call_slips_through(redis_url: str) -> None:
    several = [Buckets(redis_url) for _ in range(4)]
    with ThreadPoolExecutor(16) as pool:
        began = time.monotonic()
        waits = list(pool.map(lambda n: several[n % 4].wait("zhang", 120), range(400)))
        filled = (time.monotonic() - began) * 2
    assert 120 <= waits.count(0.0) <= 121 + filled


def test_a_bucket_that_is_full_again_leaves_nothing_behind(redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        Buckets(redis_url).wait("zhang", 60)
        assert 0 < redis.pttl("bucket:zhang") <= 1001
        until = time.monotonic() + 10
        while redis.dbsize() and time.monotonic() < until:
            time.sleep(0.05)
        assert redis.dbsize() == 0


def test_without_redis_nobody_is_counted_and_the_log_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateways.buckets._LEAVE_ALONE", 0.0)
    caplog.set_level(logging.INFO)
    url = embedded_redis.ensure(tmp_path)
    buckets = Buckets(url)
    assert [buckets.wait("zhang", 1) > 0 for _ in range(2)] == [False, True]
    embedded_redis.stop(tmp_path)
    assert [buckets.wait("zhang", 1) for _ in range(5)] == [0.0] * 5
    assert [record.levelname for record in caplog.records if "does not answer" in record.message] == ["WARNING"]
    embedded_redis.ensure(tmp_path)
    try:
        assert [buckets.wait("li", 1) > 0 for _ in range(2)] == [False, True]
        assert "limits: Redis answers again; calls are counted" in caplog.messages
    finally:
        embedded_redis.stop(tmp_path)


def test_a_redis_that_hangs_is_asked_rarely(tmp_path: Path) -> None:
    buckets = Buckets(embedded_redis.ensure(tmp_path))
    assert buckets.wait("zhang", 1) == 0.0
    server = int((tmp_path / "redis.pid").read_text())
    os.kill(server, signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert [buckets.wait("zhang", 1) for _ in range(50)] == [0.0] * 50
        assert time.monotonic() - began < 1
    finally:
        os.kill(server, signal.SIGCONT)
        embedded_redis.stop(tmp_path)
