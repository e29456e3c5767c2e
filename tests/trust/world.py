"""Reps, phones and places as they are: where a phone says it is, when, and what else it sends.

A model of the physics, made without a look at the rule that is measured with it (`tests/trust/test_trust.py` holds that
no number of the rule is imported here). What it takes for granted:

- A reading's stated accuracy is the radius of 68 %: 5–20 m under the open sky, 20–80 m in streets, 100–300 m indoors.
  What it states and what it does differ by a factor that is itself random. Indoors the error is the building's for the
  larger part: the same walls and access points every time.
- A few readings are off by hundreds of metres without saying so (reflections), come from a cell tower alone (which is
  at one place, to the digit, whoever asks), from a cold start, from the cache of a minute ago, or from before the
  tunnel or the garage.
- The mark on the map is not where one stands: gate, car park, meeting room. Works are larger than offices. Some marks
  were learnt from phones, and are where phones say one stands.
- Phones round to what their platform gives, quantise the accuracy or do not, and go wrong by seconds, some by minutes.
- Without a network all of a day's check-ins arrive together in the evening; now and then one of them is stuck and
  comes after the others.
- Two photos of one gate are alike as far as they have the same frame. Who holds a telephone in his hand on another day,
  some steps aside, aims 10 degrees off: a seventh of the frame. Counted on frames cut out of 41 public photos, the
  product's hash turns about 11, 17, 24 and 28 of its 64 bits (6 to 9 more or less) where the aim differs by 2, 4, 8 and
  16 % of the frame each way; up to 6 in 24, 8, 3 and 0.6 of a hundred pairs. Photos of different things differ in 32
  (5 more or less), and of 820 pairs none in fewer than 13.
"""

from dataclasses import dataclass
from math import cos, exp, hypot, log, pi, radians, sin
from random import Random
from typing import Literal

from config.vocabulary import Datum
from crm.rules.checkin import Point, to_gcj02
from tests.trust.towns import Settings

Around = Literal["open", "street", "indoor"]


@dataclass(frozen=True, slots=True)
class Spot:
    """Metres east and north of the middle of the town."""

    east: float
    north: float

    def moved(self, east: float, north: float) -> "Spot":
        return Spot(self.east + east, self.north + north)

    def apart(self, other: "Spot") -> float:
        return hypot(self.east - other.east, self.north - other.north)


@dataclass(frozen=True, slots=True)
class Site:
    """A customer: where one stands there, where the map has it, what the sky is like, which error its walls make."""

    customer_id: int
    stands: Spot
    mark: Spot
    learnt: bool
    around: Around
    walls: tuple[float, float]  # of a normal distribution
    tower: Spot
    steps: float
    gate: int  # 64 bits of what it looks like
    scene: float  # of the frame, within which it looks like itself


@dataclass(frozen=True, slots=True)
class Phone:
    name: str
    decimals: int
    steps: bool  # states one of a few accuracies
    coarse: bool  # high accuracy switched off
    mute: bool  # states no accuracy of use
    ahead: float  # seconds


class World:
    """One town; all chance comes from one generator."""

    def __init__(self, rng: Random, settings: Settings) -> None:
        self.rng, self.settings = rng, settings
        self._latitude, self._longitude = rng.uniform(22, 40), rng.uniform(104, 121)
        self._made = 0

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def around(self, metres: float) -> tuple[float, float]:
        """A step of that length in any direction."""
        angle = self.rng.uniform(0, 2 * pi)
        return metres * cos(angle), metres * sin(angle)

    def log_uniform(self, low: float, high: float) -> float:
        return exp(self.rng.uniform(log(low), log(high)))

    def number(self) -> int:
        self._made += 1
        return self._made

    def point(self, spot: Spot, decimals: int = 15) -> Point:
        latitude = self._latitude + spot.north / 111_195
        longitude = self._longitude + spot.east / (111_195 * cos(radians(self._latitude)))
        return Point(round(latitude, decimals), round(longitude, decimals), Datum.GCJ02)

    def as_camera_writes(self, spot: Spot) -> Point:
        """The same place in WGS-84, to the metre."""
        there = self.point(spot)
        moved = to_gcj02(Point(there.latitude, there.longitude, Datum.WGS84))
        return Point(
            round(2 * there.latitude - moved.latitude, 6), round(2 * there.longitude - moved.longitude, 6), Datum.WGS84
        )

    def site(self, stands: Spot | None = None) -> Site:
        s, rng = self.settings, self.rng
        stands = stands or Spot(*self.around(s.town_metres * rng.random() ** 0.5))
        around: Around = "indoor" if self.chance(s.share_indoor) else "open"
        if around == "open" and self.chance(s.share_street / (1 - s.share_indoor)):
            around = "street"
        learnt, works = self.chance(s.share_learnt), self.chance(s.share_works)
        if learnt:
            away = abs(rng.gauss(0, 15))
        elif self.chance(s.share_wrong_mark):
            away = rng.uniform(500, 2500)
        elif works:
            away = s.works_metres * exp(rng.gauss(0, 0.4))
        else:
            away = s.mark_metres * exp(rng.gauss(0, 0.75))
        return Site(
            self.number(),
            stands,
            stands.moved(*self.around(away)),
            learnt,
            around,
            (rng.gauss(0, 1), rng.gauss(0, 1)),
            stands.moved(*self.around(s.tower_metres * rng.random())),
            s.steps_metres * (5 if works else 1),
            rng.getrandbits(64),
            s.scene * exp(rng.gauss(0, 0.75)),
        )

    def photo_of(self, site: Site) -> int:
        """64 bits of one more photo of the gate; the farther off the aim, the more of them are turned, half at most."""
        aside = hypot(self.rng.gauss(0, self.settings.aim), self.rng.gauss(0, self.settings.aim))
        turned = (1 - exp(-aside / site.scene)) / 2
        return site.gate ^ sum(self.chance(turned) << bit for bit in range(64))

    def phone(self) -> Phone:
        s, rng = self.settings, self.rng
        wrong = self.chance(s.share_wrong_clock)
        return Phone(
            f"phone-{self.number()}",
            5 if self.chance(s.share_five_decimals) else rng.choice([6, 6, 7, 8, 15]),
            self.chance(0.4),
            self.chance(s.share_coarse_phone),
            self.chance(s.share_no_accuracy),
            rng.gauss(0, s.wrong_clock_seconds if wrong else s.clock_seconds),
        )

    def reading(self, site: Site, phone: Phone) -> tuple[Point, float]:
        """What the phone says standing there, and how sure it says it is (metres)."""
        s, rng = self.settings, self.rng
        if self.chance(s.share_tower):
            exactly = self.chance(0.6)
            spot = site.tower if exactly else site.tower.moved(*self.around(rng.uniform(20, 200)))
            return self.point(spot, phone.decimals), float(round(rng.uniform(1.2, 3.0) * s.tower_metres))
        spot, stated = site.stands.moved(rng.gauss(0, site.steps), rng.gauss(0, site.steps)), 0.0
        if self.chance(s.share_cold):
            stated = rng.uniform(200, 1200)
        elif self.chance(s.share_cached):  # from the last part of the way
            moving = max(0.0, rng.expovariate(1 / s.cached_seconds) - rng.uniform(60, 400))
            spot = spot.moved(*self.around(moving * rng.uniform(3, 12)))
        elif self.chance(s.share_tunnel):
            spot = spot.moved(*self.around(rng.expovariate(1 / s.tunnel_metres)))
        stated = stated or self._stated(site, phone)
        sigma = s.optimism * stated / 1.515 * exp(rng.gauss(0, s.misstated))
        kept = s.share_building if site.around == "indoor" or phone.coarse else 0.0
        error = [sigma * (kept**0.5 * wall + (1 - kept) ** 0.5 * rng.gauss(0, 1)) for wall in site.walls]
        if self.chance(s.share_outlier):
            error = [
                one + far for one, far in zip(error, self.around(rng.expovariate(1 / s.outlier_metres)), strict=True)
            ]
        said = float(min((5, 10, 20, 35, 65, 100, 165, 300, 500, 1000), key=lambda step: abs(step - stated)))
        said = 0.0 if phone.mute else said if phone.steps else round(stated, 3)
        return self.point(spot.moved(*error), phone.decimals), said

    def _stated(self, site: Site, phone: Phone) -> float:
        s = self.settings
        best = {"open": s.open_metres, "street": s.street_metres, "indoor": s.indoor_metres}[site.around]
        if phone.coarse:
            best = max(best, 40.0)
        return self.rng.uniform(best, (3.0 if site.around == "indoor" else 4.0) * best)
