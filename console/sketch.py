"""Where a visit was, as a picture without a map: the customer, the fix with its circle of accuracy, and a scale."""

from dataclasses import dataclass
from math import cos, floor, log10, radians

from crm.rules.checkin import Point, to_gcj02

WIDTH, HEIGHT = 360, 220
_MARGIN = 34  # room for the words beside the points
_LEAST = 120.0  # metres across: of two points that nearly touch, the noise is not blown up
_DEGREE = 111_195.0  # metres of a degree of latitude


@dataclass(frozen=True, slots=True)
class Spot:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Sketch:
    """In units of the picture, north up, all of it to one scale. `radius` 0 where no accuracy was given; the scale is
    `bar` long and says `bar_said`.
    """

    customer: Spot | None
    fix: Spot | None
    radius: float
    bar: float
    bar_said: str


def sketch(customer: Point | None, fix: Point | None, accuracy_m: float | None) -> Sketch | None:
    """None where there is no point at all."""
    origin = customer or fix
    if origin is None:
        return None
    accuracy = 0.0 if fix is None else accuracy_m or 0.0
    there, here = _metres(origin, customer), _metres(origin, fix)
    around = [(at, reach) for at, reach in ((there, 0.0), (here, accuracy)) if at is not None]
    west, east = min(at[0] - reach for at, reach in around), max(at[0] + reach for at, reach in around)
    south, north = min(at[1] - reach for at, reach in around), max(at[1] + reach for at, reach in around)
    wide, high = max(east - west, _LEAST), max(north - south, _LEAST)
    scale = min((WIDTH - 2 * _MARGIN) / wide, (HEIGHT - 2 * _MARGIN) / high)
    middle = ((west + east) / 2, (south + north) / 2)

    def spot(at: tuple[float, float] | None) -> Spot | None:
        if at is None:
            return None
        x, y = WIDTH / 2 + (at[0] - middle[0]) * scale, HEIGHT / 2 - (at[1] - middle[1]) * scale
        return Spot(round(x, 1), round(y, 1))

    metres = _round(WIDTH / 4 / scale)
    return Sketch(spot(there), spot(here), round(accuracy * scale, 1), round(metres * scale, 1), _said(metres))


def _metres(origin: Point, point: Point | None) -> tuple[float, float] | None:
    """(east, north) of the origin; flat, which over the distances of a visit is near enough."""
    if point is None:
        return None
    here, there = to_gcj02(origin), to_gcj02(point)
    east = (there.longitude - here.longitude) * _DEGREE * cos(radians(here.latitude))
    return east, (there.latitude - here.latitude) * _DEGREE


def _round(metres: float) -> float:
    """The longest of 1, 2 and 5 times a power of ten that is no longer."""
    power = 10.0 ** floor(log10(metres))
    return max(one for one in (1, 2, 5) if one * power <= metres) * power


def _said(metres: float) -> str:
    return f"{metres:.0f} 米" if metres < 1000 else f"{metres / 1000:.0f} 公里"
