"""外出打卡 is asked about the people whose visits have just come in, and nobody else."""

from collections.abc import Callable, Iterator
from datetime import datetime

from crm import uow
from crm.ports import OutdoorCheckIn, OutdoorCheckIns
from crm.usecases import outdoor
from crm.usecases.outdoor import Asked

JOB = "outdoor"


def run(source: OutdoorCheckIns, forbidden: Callable[[Exception], bool], now: datetime) -> Iterator[str]:
    """A call outside, then a transaction, for each hundred people.

    Raises what the source raises, unless that is `forbidden`: a company that does not let us read it has its visits
    judged without, and the line says where to allow it.
    """
    while True:
        with uow.reading() as s:
            asked = outdoor.next_asked(s, now)
        if asked is None:
            return
        told: list[OutdoorCheckIn] = []
        try:
            told += source.outdoor(list(asked.people), asked.since, asked.until)
        except Exception as refusal:
            if not forbidden(refusal):
                raise
            yield f"拜访没有和外出打卡对照：{refusal}"
        made = _kept(asked, told, now)
        yield f"外出打卡 {made} 条，对照 {len(asked.people)} 位同事的拜访" if made else ""


def _kept(asked: Asked, told: list[OutdoorCheckIn], now: datetime) -> int:
    return uow.attempt(lambda s: outdoor.keep(s, asked, told, now))
