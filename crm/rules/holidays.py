"""The day on which a holiday that is called by its name falls."""

from datetime import date, timedelta

# Days of the moon, which no formula gives: the public calendar that is installed ends with 2026 (see `days`), so each
# stands here for the years until it is time to look again.
_MOON = {
    "春节": ((2026, 2, 17), (2027, 2, 6), (2028, 1, 26), (2029, 2, 13), (2030, 2, 3)),
    "端午": ((2026, 6, 19), (2027, 6, 9), (2028, 5, 28), (2029, 6, 16), (2030, 6, 5)),
    "中秋": ((2026, 9, 25), (2027, 9, 15), (2028, 10, 3), (2029, 9, 22), (2030, 9, 12)),
}
_FIXED = {"元旦": (1, 1), "五一": (5, 1), "劳动节": (5, 1), "国庆": (10, 1)}
_CALLED = {"过年": "春节", "年三十": "春节", "除夕": "春节", "十一": "国庆"}
NAMES = (*_MOON, *_FIXED, "过年", "年三十", "除夕")  # 「十一」 is more often a number


def holiday(name: str, said_on: date) -> date | None:
    """Its first day, the next one from `said_on`; None for a year that is not known."""
    own = _CALLED.get(name, name)
    if own in _FIXED:
        month, day = _FIXED[own]
        this_year = date(said_on.year, month, day)
        return this_year if this_year >= said_on else this_year.replace(year=said_on.year + 1)
    eve = timedelta(days=name in ("年三十", "除夕"))
    return next((day - eve for day in (date(*one) for one in _MOON[own]) if day - eve >= said_on), None)
