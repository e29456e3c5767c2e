"""Where a customer is, as the phones of those who visit him say together."""

from collections.abc import Sequence
from datetime import date
from statistics import median

from config.vocabulary import Datum
from crm.rules.checkin import Point, metres_between, to_gcj02

LEAST_DAYS = 3
TOGETHER = 300.0  # metres


def learnt(fixes: Sequence[tuple[date, Point]]) -> Point | None:
    """The median in GCJ-02 of the fixes about one place, if they are of three days at least; None where they are not.

    About one place are those within 300 m of one of them; of several such places that with the most days counts.
    """
    points = [(day, to_gcj02(point)) for day, point in fixes]
    best: list[tuple[date, Point]] = []
    for _, centre in points:
        about = [(day, one) for day, one in points if metres_between(one, centre) <= TOGETHER]
        if _days(about) > _days(best):
            best = about
    if _days(best) < LEAST_DAYS:
        return None
    return Point(median(one.latitude for _, one in best), median(one.longitude for _, one in best), Datum.GCJ02)


def _days(fixes: Sequence[tuple[date, Point]]) -> int:
    return len({day for day, _ in fixes})
