"""Points on the map: checked, brought to one datum, measured, and said in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import asin, atan2, cos, hypot, isfinite, pi, radians, sin, sqrt
from typing import TypeVar

from config.vocabulary import Datum

T = TypeVar("T")

EARTH_RADIUS = 6_371_008.8  # metres, mean
# Krasovsky 1940, the ellipsoid the GCJ-02 offset is defined on.
_AXIS = 6_378_245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees and the datum they were measured in; ValueError for a place that cannot be."""

    latitude: float
    longitude: float
    datum: Datum

    def __post_init__(self) -> None:
        if not (isfinite(self.latitude) and isfinite(self.longitude)):
            raise ValueError("定位数据不完整，请重新定位")
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise ValueError("定位超出了经纬度范围，请重新定位")
        if self.latitude == 0 and self.longitude == 0:
            raise ValueError("没有取到定位，请打开定位权限后重试")


def to_gcj02(point: Point) -> Point:
    """The same place in the datum of Chinese maps, in which all distances are measured."""
    if point.datum is Datum.GCJ02:
        return point
    if point.datum is Datum.BD09:
        return _from_bd09(point)
    if not _in_china(point):
        return Point(point.latitude, point.longitude, Datum.GCJ02)
    north, east = _offset(point.latitude, point.longitude)
    return Point(point.latitude + north, point.longitude + east, Datum.GCJ02)


def _in_china(point: Point) -> bool:
    """The box outside which maps add no offset."""
    return 0.8293 <= point.latitude <= 55.8271 and 72.004 <= point.longitude <= 137.8347


def _offset(latitude: float, longitude: float) -> tuple[float, float]:
    """(degrees north, degrees east) that GCJ-02 adds to WGS-84: a polynomial about 35°N 105°E plus waves."""
    x, y = longitude - 105, latitude - 35
    common = 20 * (sin(6 * pi * x) + sin(2 * pi * x))
    root, product = 0.1 * sqrt(abs(x)), 0.1 * x * y
    metres_north = -100 + 2 * x + 3 * y + 0.2 * y * y + product + 2 * root
    metres_north += 2 / 3 * (common + 20 * sin(pi * y) + 40 * sin(pi / 3 * y))
    metres_north += 2 / 3 * (160 * sin(pi / 12 * y) + 320 * sin(pi / 30 * y))
    metres_east = 300 + x + 2 * y + 0.1 * x * x + product + root
    metres_east += 2 / 3 * (common + 20 * sin(pi * x) + 40 * sin(pi / 3 * x))
    metres_east += 2 / 3 * (150 * sin(pi / 12 * x) + 300 * sin(pi / 30 * x))
    flat = 1 - _ECCENTRICITY_SQUARED * sin(radians(latitude)) ** 2
    meridian = _AXIS * (1 - _ECCENTRICITY_SQUARED) / (flat * sqrt(flat))
    parallel = _AXIS / sqrt(flat) * cos(radians(latitude))
    return metres_north / meridian * 180 / pi, metres_east / parallel * 180 / pi


def _from_bd09(point: Point) -> Point:
    """Undo what Baidu adds to GCJ-02: a shift, a stretch and a small turn."""
    wave = pi * 3000 / 180
    x, y = point.longitude - 0.0065, point.latitude - 0.006
    length = hypot(x, y) - 0.00002 * sin(y * wave)
    angle = atan2(y, x) - 0.000003 * cos(x * wave)
    return Point(length * sin(angle), length * cos(angle), Datum.GCJ02)


def metres_between(a: Point, b: Point) -> float:
    """Great-circle metres; both points are brought to GCJ-02 first, so that no datum is ever mixed."""
    a, b = to_gcj02(a), to_gcj02(b)
    up = sin(radians(b.latitude - a.latitude) / 2) ** 2
    across = sin(radians(b.longitude - a.longitude) / 2) ** 2
    chord = up + cos(radians(a.latitude)) * cos(radians(b.latitude)) * across
    return 2 * EARTH_RADIUS * asin(sqrt(min(1.0, chord)))


def said_distance(metres: float) -> str:
    """「约 80 米」, 「约 1.2 公里」: tens of metres, a tenth of a kilometre, whole ones from ten on."""
    tens = round(metres / 10) * 10
    if tens < 10:
        return "10 米以内"
    if tens < 1000:
        return f"约 {tens} 米"
    kilometres = metres / 1000
    return f"约 {kilometres:.1f} 公里" if round(kilometres, 1) < 10 else f"约 {kilometres:.0f} 公里"


def nearest(point: Point, places: Iterable[tuple[T, Point]], within: int, limit: int) -> list[tuple[T, int]]:
    """(item, whole metres) of the places at most `within` metres away, nearest first, equals as they came."""
    here = to_gcj02(point)
    near = ((round(metres_between(here, place)), index, item) for index, (item, place) in enumerate(places))
    found = sorted((row for row in near if row[0] <= within), key=lambda row: row[:2])
    return [(item, metres) for metres, _, item in found[: max(0, limit)]]
