"""Calendar months as Shanghai counts them, and the words for what falls in none of those that are told."""

from datetime import date, datetime

from crm.rules.days import at, day_of

OVERDUE, LATER, UNKNOWN = "overdue", "later", "unknown"


def month_starts(now: datetime, many: int) -> list[tuple[str, datetime]]:
    """This month and the ones after it: `2026-11` and the instant it begins, one more than `many` to end the last."""
    today, found = day_of(now), []
    for number in range(many + 1):
        year, month = divmod(today.year * 12 + today.month - 1 + number, 12)
        found.append((f"{year}-{month + 1:02d}", at(date(year, month + 1, 1), 0)))
    return found
