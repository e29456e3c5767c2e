"""外出打卡 is asked about the people whose visits have just come in, and nobody else."""

from collections.abc import Iterator
from datetime import datetime

from crm import uow
from crm.ports import OutdoorCheckIns
from crm.usecases import outdoor

JOB = "outdoor"


def run(source: OutdoorCheckIns, now: datetime) -> Iterator[str]:
    """A call outside, then a transaction, for each hundred people; raises what the source raises."""
    while True:
        with uow.reading() as s:
            asked = outdoor.next_asked(s, now)
        if asked is None:
            return
        told = source.outdoor(list(asked.people), asked.since, asked.until)
        made = uow.attempt(lambda s, asked=asked, told=told: outdoor.keep(s, asked, told, now))
        yield f"外出打卡 {made} 条，{len(asked.people)} 位同事的拜访已对照" if made else ""
