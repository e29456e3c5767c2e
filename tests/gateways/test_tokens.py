"""One token for everybody: who fetches, who waits, and how often WeCom is asked when things go wrong."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from gateways.wecom.errors import Kind, WecomError
from gateways.wecom.tokens import TokenSource
from tests.gateways.tiny_wecom import MemoryTokenStore, Row

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


class Mint:
    """Counts fetches; ``slow`` seconds each; raises ``error`` instead when there is one."""

    def __init__(self, slow: float = 0, error: WecomError | None = None) -> None:
        self.fetched, self.slow, self.error = 0, slow, error

    def __call__(self) -> tuple[str, int]:
        self.fetched += 1
        time.sleep(self.slow)
        if self.error:
            raise self.error
        return f"t{self.fetched}", 7200


def in_threads(count: int, work: Callable[[int], str]) -> list[str]:
    barrier = threading.Barrier(count)

    def at_once(number: int) -> str:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(at_once, range(count)))


@pytest.mark.parametrize("processes", [1, 4])
def test_twenty_threads_that_find_no_token_make_one_fetch(processes: int) -> None:
    store, mint = MemoryTokenStore(), Mint(slow=0.2)
    sources = [TokenSource(store, "a", mint) for _ in range(processes)]
    values = in_threads(20, lambda number: sources[number % processes].current(NOW))
    assert set(values) == {"t1"}
    assert mint.fetched == 1


@pytest.mark.parametrize("processes", [1, 4])
def test_twenty_threads_whose_token_was_refused_make_one_fetch(processes: int) -> None:
    store, mint = MemoryTokenStore(), Mint(slow=0.2)
    store.put("a", "refused", NOW + timedelta(hours=1), 0)
    sources = [TokenSource(store, "a", mint) for _ in range(processes)]
    assert set(in_threads(20, lambda number: sources[number % processes].renew("refused", NOW))) == {"t1"}
    assert mint.fetched == 1


def test_a_token_is_used_for_four_fifths_of_its_life() -> None:
    source = TokenSource(MemoryTokenStore(), "a", mint := Mint())
    assert source.current(NOW) == "t1"
    assert source.current(NOW + timedelta(seconds=5759)) == "t1"
    assert source.current(NOW + timedelta(seconds=5760)) == "t2"
    assert mint.fetched == 2


def test_while_one_replaces_an_ageing_token_the_others_go_on_with_it() -> None:
    store, mint = MemoryTokenStore(), Mint()
    store.put("a", "ageing", NOW, 0)
    store.lease("a", "another process", NOW, 20)
    start = time.monotonic()
    assert TokenSource(store, "a", mint).current(NOW) == "ageing"
    assert time.monotonic() - start < 0.5
    assert mint.fetched == 0


def test_an_ageing_token_outlives_a_failed_replacement() -> None:
    store = MemoryTokenStore()
    store.put("a", "ageing", NOW, 0)
    source = TokenSource(store, "a", mint := Mint(error=WecomError("gettoken")))
    assert [source.current(NOW + timedelta(seconds=s)) for s in range(5)] == ["ageing"] * 5
    assert mint.fetched == 1


def test_after_a_failed_fetch_nobody_asks_again_for_twenty_seconds() -> None:
    store, mint = MemoryTokenStore(), Mint(error=WecomError("gettoken", 40001))
    here = TokenSource(store, "a", mint)
    for seconds in (0, 1, 19):
        with pytest.raises(WecomError) as failure:
            here.current(NOW + timedelta(seconds=seconds))
        assert (failure.value.code, failure.value.kind) == (40001, Kind.CONFIG)
    assert mint.fetched == 1
    mint.error = None
    assert here.current(NOW + timedelta(seconds=20)) == "t2"


@pytest.mark.slow
def test_another_process_is_kept_from_asking_by_the_lease_left_behind() -> None:
    store, mint = MemoryTokenStore(), Mint(error=WecomError("gettoken"))
    with pytest.raises(WecomError):
        TokenSource(store, "a", mint).current(NOW)
    start = time.monotonic()
    with pytest.raises(WecomError) as failure:
        TokenSource(store, "a", mint).current(NOW)
    assert failure.value.kind is Kind.RETRY
    assert 2.5 < time.monotonic() - start < 4
    assert mint.fetched == 1


def test_a_holder_that_was_killed_blocks_the_others_only_until_its_lease_ends() -> None:
    store, mint = MemoryTokenStore(), Mint()
    store.lease("a", "killed", NOW, 20)
    assert TokenSource(store, "a", mint).current(NOW + timedelta(seconds=20)) == "t1"


def test_a_loser_takes_the_winners_token_as_soon_as_it_is_there() -> None:
    store, mint = MemoryTokenStore(), Mint()
    store.lease("a", "winner", NOW, 20)
    threading.Timer(0.3, lambda: store.put("a", "theirs", NOW + timedelta(hours=1), 0)).start()
    assert TokenSource(store, "a", mint).current(NOW) == "theirs"
    assert mint.fetched == 0


def test_a_token_refused_right_after_renewal_is_not_renewed_again() -> None:
    source = TokenSource(MemoryTokenStore(), "a", mint := Mint())
    assert source.renew(source.current(NOW), NOW) == "t2"
    with pytest.raises(WecomError) as failure:
        source.renew("t2", NOW + timedelta(seconds=19))
    assert failure.value.kind is Kind.TOKEN
    assert mint.fetched == 2
    assert source.renew("t2", NOW + timedelta(seconds=20)) == "t3"


def test_a_row_nobody_can_read_is_written_over() -> None:
    store, mint = MemoryTokenStore(), Mint()
    store.rows["a"] = Row("", NOW + timedelta(hours=1), 7)
    source = TokenSource(store, "a", mint)
    assert [source.current(NOW), source.current(NOW)] == ["t1", "t1"]
    assert mint.fetched == 1
    assert store.rows["a"].version == 8


def test_who_finds_the_work_done_gives_the_lease_back() -> None:
    """The row changes between the look and the lease."""

    class Slow(MemoryTokenStore):
        def lease(self, name: str, holder: str, now: datetime, seconds: int) -> bool:
            self.rows.setdefault(name, Row("theirs", NOW + timedelta(hours=1), 1))
            return super().lease(name, holder, now, seconds)

    store, mint = Slow(), Mint()
    assert TokenSource(store, "a", mint).current(NOW) == "theirs"
    assert mint.fetched == 0
    assert not store.leases
