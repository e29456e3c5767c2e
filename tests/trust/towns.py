"""The numbers of a town: the usual one, one like it, and one that owes it nothing.

`drawn` changes each number of the usual one by a factor; `elsewhere` draws each from bounds of its own, with habits and
phones that the usual town does not have.
"""

from dataclasses import dataclass, fields
from math import exp, log
from random import Random


@dataclass(frozen=True, slots=True)
class Settings:
    """Shares of one, metres, seconds. The values are guesses at an ordinary town; `drawn` makes another one."""

    share_indoor: float = 0.4
    share_street: float = 0.4
    open_metres: float = 5.0  # the best accuracy of each, the worst is three to four times as much
    street_metres: float = 20.0
    indoor_metres: float = 100.0
    misstated: float = 0.3  # log of the factor between stated and true error
    share_building: float = 0.6  # of the indoor error that is the same every time
    share_outlier: float = 0.012
    outlier_metres: float = 350.0
    share_tower: float = 0.03
    tower_metres: float = 600.0
    share_cold: float = 0.02
    share_cached: float = 0.03
    cached_seconds: float = 240.0
    share_tunnel: float = 0.01
    tunnel_metres: float = 300.0
    share_coarse_phone: float = 0.06  # high accuracy switched off
    share_works: float = 0.15
    mark_metres: float = 40.0  # median distance from the mark to where one stands
    works_metres: float = 180.0
    steps_metres: float = 10.0  # between where one stands this time and usually; more at works
    share_learnt: float = 0.3
    share_wrong_mark: float = 0.006
    share_five_decimals: float = 0.08
    clock_seconds: float = 12.0
    share_wrong_clock: float = 0.05
    wrong_clock_seconds: float = 110.0
    share_offline_day: float = 0.2
    share_stuck: float = 0.006
    share_picked: float = 0.12
    share_menu: float = 0.05
    share_photo: float = 0.6
    share_exif: float = 0.3
    share_exif_elsewhere: float = 0.02
    share_album: float = 0.03  # a photo from earlier on the same day
    share_together: float = 0.06  # with a colleague
    share_park: float = 0.12  # the next customer is in the same park
    share_new_phone: float = 0.03
    share_borrowed: float = 0.002
    share_row: float = 0.2  # also checked in with WeCom
    share_row_odd: float = 0.04
    aim: float = 0.15  # of the frame, by which two photos of one gate are aimed differently
    scene: float = 0.13  # of the frame, within which a picture looks like itself
    most_customers: float = 14.0
    favourites: float = 1.8  # the power by which some are visited oftener
    most_visits: float = 5.0  # of a day
    most_days: float = 22.0  # of two months that are known
    longest_stay: float = 110.0  # minutes
    longest_report: float = 12.0  # minutes until it is written and sent
    most_photos: float = 3.0
    town_metres: float = 22_000.0
    share_train: float = 0.05  # to another town first
    optimism: float = 1.0  # by how much errors are larger than stated, with all phones
    share_two_phones: float = 0.0  # of reps who use one or the other
    share_leaving: float = 0.0  # of check-ins remembered only on the road
    leaving_metres: float = 300.0
    share_no_accuracy: float = 0.0  # of phones that state nothing of use
    care: float = 1.0  # of cheats: nearer, slower, smaller by this factor


def drawn(rng: Random) -> Settings:
    """Another town: every number of the usual one times a factor of its own, two of three between 0.7 and 1.4."""
    usual = Settings()
    changed = {one.name: getattr(usual, one.name) * exp(rng.gauss(0, 0.35)) for one in fields(usual)}
    return Settings(**{name: min(0.9, value) if name.startswith("share") else value for name, value in changed.items()})


# What `elsewhere` draws from, evenly between the logarithms of both.
BOUNDS: dict[str, tuple[float, float]] = {
    "share_indoor": (0.15, 0.75),  # a mining town, an office district
    "share_street": (0.1, 0.25),
    "open_metres": (3.0, 10.0),
    "street_metres": (10.0, 35.0),
    "indoor_metres": (50.0, 150.0),
    "misstated": (0.15, 0.5),
    "share_building": (0.2, 0.9),
    "share_outlier": (0.002, 0.02),
    "outlier_metres": (150.0, 700.0),
    "share_tower": (0.005, 0.08),
    "tower_metres": (300.0, 1000.0),
    "share_cold": (0.005, 0.06),
    "share_cached": (0.01, 0.08),
    "cached_seconds": (60.0, 400.0),
    "share_tunnel": (0.002, 0.03),
    "tunnel_metres": (100.0, 600.0),
    "share_coarse_phone": (0.01, 0.25),
    "share_works": (0.03, 0.6),
    "mark_metres": (15.0, 80.0),
    "works_metres": (80.0, 300.0),
    "steps_metres": (3.0, 25.0),
    "share_learnt": (0.05, 0.7),
    "share_wrong_mark": (0.001, 0.01),
    "share_five_decimals": (0.01, 0.3),
    "clock_seconds": (1.0, 30.0),
    "share_wrong_clock": (0.005, 0.12),
    "wrong_clock_seconds": (40.0, 180.0),
    "share_offline_day": (0.02, 0.7),
    "share_stuck": (0.001, 0.015),
    "share_picked": (0.01, 0.4),
    "share_menu": (0.005, 0.2),
    "share_photo": (0.2, 0.9),
    "share_exif": (0.05, 0.9),
    "share_exif_elsewhere": (0.002, 0.03),
    "share_album": (0.005, 0.08),
    "share_together": (0.02, 0.25),
    "share_park": (0.02, 0.4),
    "share_new_phone": (0.005, 0.06),
    "share_borrowed": (0.0005, 0.005),
    "share_row": (0.02, 0.9),
    "share_row_odd": (0.01, 0.08),
    "aim": (0.07, 0.3),  # with a mark on the ground, from anywhere
    "scene": (0.1, 0.17),
    "most_customers": (6.0, 40.0),
    "favourites": (1.0, 3.0),
    "most_visits": (3.0, 9.0),
    "most_days": (8.0, 45.0),
    "longest_stay": (25.0, 200.0),
    "longest_report": (2.0, 60.0),
    "most_photos": (1.0, 9.0),
    "town_metres": (5000.0, 60_000.0),
    "share_train": (0.005, 0.2),
    "optimism": (0.7, 1.6),
    "share_two_phones": (0.01, 0.2),
    "share_leaving": (0.002, 0.02),
    "leaving_metres": (100.0, 600.0),
    "share_no_accuracy": (0.002, 0.02),
    "care": (0.7, 1.6),
}


def elsewhere(rng: Random) -> Settings:
    """A town that owes nothing to the usual one: each number within BOUNDS, of its own."""
    return Settings(**{name: exp(rng.uniform(log(low), log(high))) for name, (low, high) in BOUNDS.items()})
