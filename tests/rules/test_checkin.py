"""Points: impossible ones refused, datums converted as published, distances measured and said."""

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.vocabulary import Datum
from crm.rules.checkin import Point, metres_between, nearest, said_distance, to_gcj02

REAL_DATA = os.environ.get("REAL_DATA_DIR", "")
GCJ, WGS, BD = Datum.GCJ02, Datum.WGS84, Datum.BD09
CHINA = st.builds(Point, st.floats(18, 53), st.floats(74, 134), st.just(WGS))


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(0, 0), (91, 120), (-90.1, 120), (31, 180.5), (math.nan, 120), (31, math.inf), (31, -math.inf)],
)
def test_a_place_that_cannot_be_is_refused_in_chinese(latitude: float, longitude: float) -> None:
    with pytest.raises(ValueError) as refused:
        Point(latitude, longitude, GCJ)
    assert "定位" in str(refused.value)


@pytest.mark.parametrize(
    ("point", "latitude", "longitude"),
    [
        # 天安门 as the maps give it in the three datums, to a metre.
        (Point(39.907333, 116.391083, WGS), 39.908736, 116.397326),
        (Point(39.915085, 116.403694, BD), 39.908736, 116.397326),
        (Point(39.908736, 116.397326, GCJ), 39.908736, 116.397326),
        (Point(48.8584, 2.2945, WGS), 48.8584, 2.2945),  # Paris has no offset
    ],
)
def test_every_datum_comes_out_at_the_same_place(point: Point, latitude: float, longitude: float) -> None:
    assert metres_between(to_gcj02(point), Point(latitude, longitude, GCJ)) < 2


@pytest.mark.skipif(not REAL_DATA, reason="skipped: REAL_DATA_DIR not set")
def test_conversions_match_the_published_vectors() -> None:
    vectors: dict[str, Any] = json.loads((Path(REAL_DATA) / "geo/vectors.json").read_text(encoding="utf-8"))
    for lat, lng, to_lat, to_lng in vectors["eviltransform"]["wgs2gcj(lat,lng->lat,lng)"]:
        assert metres_between(to_gcj02(Point(lat, lng, WGS)), Point(to_lat, to_lng, GCJ)) < 0.5
    for name, datum in (("wgs84togcj02", WGS), ("bd09togcj02", BD)):
        (lng, lat), (to_lng, to_lat) = vectors["coordtransform(lng,lat)"][name].values()
        assert metres_between(to_gcj02(Point(lat, lng, datum)), Point(to_lat, to_lng, GCJ)) < 0.5


@given(CHINA)
def test_the_offset_is_hundreds_of_metres_never_more(point: Point) -> None:
    moved = to_gcj02(point)
    assert metres_between(moved, Point(point.latitude, point.longitude, GCJ)) < 1500
    assert to_gcj02(moved) == moved


@given(CHINA, CHINA, CHINA)
def test_distance_is_a_distance(a: Point, b: Point, c: Point) -> None:
    assert metres_between(a, a) == 0
    assert metres_between(a, b) == pytest.approx(metres_between(b, a))
    assert metres_between(a, c) <= metres_between(a, b) + metres_between(b, c) + 0.01


def test_known_distances_are_right() -> None:
    bund, tower = Point(31.2400, 121.4900, GCJ), Point(31.2397, 121.4998, GCJ)
    assert metres_between(bund, tower) == pytest.approx(932, abs=3)
    assert metres_between(Point(30, 120, GCJ), Point(31, 120, GCJ)) == pytest.approx(111_195, abs=5)


@pytest.mark.parametrize(
    ("metres", "said"),
    [
        (0, "10 米以内"),
        (4, "10 米以内"),
        (78, "约 80 米"),
        (994, "约 990 米"),
        (996, "约 1.0 公里"),
        (1234, "约 1.2 公里"),
        (9960, "约 10 公里"),
        (12_400, "约 12 公里"),
    ],
)
def test_a_distance_is_said_as_people_say_it(metres: float, said: str) -> None:
    assert said_distance(metres) == said


def test_the_nearest_customers_come_first_and_far_ones_not_at_all() -> None:
    here = Point(31.2400, 121.4900, GCJ)
    places = [
        ("far", Point(31.3400, 121.4900, GCJ)),
        ("next", Point(31.2440, 121.4900, GCJ)),
        ("twin b", Point(31.2410, 121.4900, GCJ)),
        ("twin a", Point(31.2410, 121.4900, GCJ)),
    ]
    assert nearest(here, places, within=1000, limit=9) == [("twin b", 111), ("twin a", 111), ("next", 445)]
    assert nearest(here, places, within=1000, limit=1) == [("twin b", 111)]
    assert nearest(here, places, within=1000, limit=0) == []
