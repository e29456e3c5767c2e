"""Two months of a rep who goes where he says, with the colleagues whom he meets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from config.vocabulary import FixSource
from crm.rules.trust_facts import CheckIn, Fix, OutdoorRow, Photo, Seen
from tests.trust.world import Phone, Site, Spot, World

TODAY = datetime(2026, 11, 30, tzinfo=UTC)  # midnight UTC is eight in the morning there


@dataclass(frozen=True, slots=True)
class Visit:
    """A check-in as its phone sends it. `made` is the true moment; all else is by whose clock the facts say."""

    site: Site
    phone: Phone
    made: datetime
    fix: Fix
    at: datetime
    sent_at: datetime
    received_at: datetime
    photos: tuple[Photo, ...]

    def seen(self, *, own: bool = True) -> Seen:
        return Seen(self.fix, own, self.site.customer_id, self.sent_at, self.received_at, self.photos)


@dataclass(frozen=True, slots=True)
class Case:
    """What the rule is asked: `check_in` with all that is known beside it."""

    kind: str
    check_in: CheckIn
    seen: Sequence[Seen]
    rows: Sequence[OutdoorRow]


class Rep:
    """One rep's customers and phone. `past` are the check-ins of two months, `today` those of the last day."""

    def __init__(self, world: World) -> None:
        self.world = world
        rng, s = world.rng, world.settings
        self.home = Spot(*world.around(s.town_metres / 2 * rng.random()))
        self.sites = [world.site() for _ in range(rng.randint(5, max(5, round(s.most_customers))))]
        self.phone = world.phone()
        self.second = world.phone() if world.chance(s.share_two_phones) else None
        self.past: list[Visit] = []
        for ago in sorted(rng.sample(range(1, 60), rng.randint(5, min(59, max(5, round(s.most_days))))), reverse=True):
            if world.chance(s.share_new_phone / 10):
                self.phone = world.phone()
            self.past += self.day(TODAY - timedelta(days=ago))
        if world.chance(s.share_new_phone):
            self.phone = world.phone()
        self.today = self.day(TODAY)

    def day(self, morning: datetime) -> list[Visit]:
        """Some customers one after the other, the favourites oftener, each reached as fast as traffic lets."""
        rng, s = self.world.rng, self.world.settings
        now, here = morning + timedelta(minutes=rng.uniform(20, 120)), self.home
        visits: list[Visit] = []
        previous: Site | None = None
        for _ in range(rng.randint(2, max(2, round(s.most_visits)))):
            site = self._next(previous)
            way = here.apart(site.stands)
            drive = 1.35 * way / rng.uniform(6, 15) + rng.uniform(60, 900)
            if way > 80_000:
                drive = 2400 + way / 60 + rng.uniform(0, 1800)
            now += timedelta(seconds=drive)
            stay = timedelta(minutes=rng.uniform(12, s.longest_stay))
            visits.append(self.visit(site, now + stay * rng.random() * 0.8))
            now, here, previous = now + stay, site.stands, site
        return self._sent(visits)

    def _next(self, previous: Site | None) -> Site:
        world, rng = self.world, self.world.rng
        if previous is not None and world.chance(world.settings.share_park):
            near = world.site(previous.stands.moved(*world.around(rng.uniform(40, 350))))
            self.sites.append(near)
            return near
        if previous is None and world.chance(world.settings.share_train):  # by train to another town
            return world.site(Spot(*world.around(rng.uniform(90_000, 400_000))))
        others = [one for one in self.sites if one is not previous]
        return others[int(len(others) * rng.random() ** world.settings.favourites)]

    def visit(self, site: Site, made: datetime) -> Visit:
        """Sent when the report is written, as if there were a network."""
        world, rng, s = self.world, self.world.rng, self.world.settings
        phone = self.second if self.second is not None and world.chance(0.4) else self.phone
        if world.chance(s.share_borrowed):
            phone = world.phone()
        ahead = timedelta(seconds=phone.ahead)
        at = made + ahead
        where = site
        if world.chance(s.share_leaving):
            gone = world.around(rng.expovariate(1 / s.leaving_metres))
            where = replace(site, stands=site.stands.moved(*gone), around="street")
        point, accuracy = world.reading(where, phone)
        fix = Fix(point, at - timedelta(seconds=rng.uniform(0, 20)), accuracy, FixSource.MINIAPP, phone.name)
        sent = made + timedelta(minutes=rng.uniform(0.3, s.longest_report))
        if world.chance(s.share_picked):
            # The map offers what is around; people choose the customer's name or the gate.
            spot = site.mark if world.chance(0.6) else site.stands.moved(*world.around(rng.expovariate(1 / 60)))
            fix, sent = Fix(world.point(spot, 6), made, None, FixSource.MESSAGE, ""), made
        elif world.chance(s.share_menu):
            spot = site.stands.moved(*world.around(rng.expovariate(1 / 60)))
            fix, sent = Fix(world.point(spot, 6), made, None, FixSource.MENU, ""), made
        if fix.source is not FixSource.MINIAPP:
            at, ahead = made, timedelta(0)
        received = sent + timedelta(seconds=rng.uniform(0.1, 15))
        return Visit(site, phone, made, fix, at, sent + ahead, received, self.photos(site, at))

    def photos(self, site: Site, at: datetime) -> tuple[Photo, ...]:
        world, rng, s = self.world, self.world.rng, self.world.settings
        if not world.chance(s.share_photo):
            return ()
        made = []
        for _ in range(rng.randint(1, max(1, round(s.most_photos)))):
            taken = at + timedelta(minutes=rng.uniform(-25, 80))
            if world.chance(s.share_album):
                taken = at - timedelta(hours=rng.uniform(0.5, 8))
            exif, located = world.chance(s.share_exif), world.chance(0.5)
            spot = site.stands.moved(*world.around(rng.expovariate(1 / 40)))
            if world.chance(s.share_exif_elsewhere):
                spot = spot.moved(*world.around(rng.uniform(1000, 15_000)))
            looks = world.photo_of(site) if world.chance(0.4) else rng.getrandbits(64)
            made.append(
                Photo(
                    f"sha-{world.number()}",
                    f"{looks:016x}",
                    taken if exif else None,
                    world.as_camera_writes(spot) if exif and located else None,
                )
            )
        return tuple(made)

    def _sent(self, visits: list[Visit]) -> list[Visit]:
        """A day without a network sends all in the evening, one after the other; one may be stuck behind the others."""
        world, rng, s = self.world, self.world.rng, self.world.settings
        if not world.chance(s.share_offline_day):
            return visits
        from_here = rng.randrange(len(visits))
        evening = visits[-1].made + timedelta(minutes=rng.uniform(5, 400))
        waiting = [one for one in visits[from_here:] if one.fix.source is FixSource.MINIAPP]
        stuck = {id(one) for one in waiting if world.chance(s.share_stuck)}
        waiting.sort(key=lambda one: id(one) in stuck)
        arrived = {}
        for one in waiting:
            evening += timedelta(seconds=rng.uniform(2, 60) + (7200 * rng.random() if id(one) in stuck else 0))
            ahead = timedelta(seconds=one.phone.ahead)
            received = evening + timedelta(seconds=rng.uniform(0.1, 15))
            arrived[id(one)] = replace(one, sent_at=evening + ahead, received_at=received)
        return [arrived.get(id(one), one) for one in visits]

    def check_in(self, one: Visit) -> CheckIn:
        world = self.world
        return CheckIn(
            one.fix,
            one.site.customer_id,
            world.point(one.site.mark),
            one.site.learnt,
            [world.point(site.mark) for site in self.sites if site is not one.site],
            one.at,
            one.sent_at,
            one.received_at,
            one.photos,
            False,
        )

    def rows(self, visits: Sequence[Visit]) -> list[OutdoorRow]:
        world, rng, s = self.world, self.world.rng, self.world.settings
        return [
            OutdoorRow(
                one.made + timedelta(minutes=rng.uniform(-8, 8)),
                world.point(one.site.stands.moved(*world.around(rng.expovariate(1 / 60))), 6),
                rng.choice(["地点异常", "非常用设备"]) if world.chance(s.share_row_odd) else "",
                one.phone.name,
            )
            for one in visits
            if world.chance(s.share_row)
        ]

    def colleagues(self) -> list[Seen]:
        """Others on the same day: elsewhere, or with him at the same customer, now and then with the same photo."""
        world, rng, s = self.world, self.world.rng, self.world.settings
        found = []
        for one in self.today:
            if not world.chance(s.share_together):
                continue
            phone = world.phone()
            point, accuracy = world.reading(one.site, phone)
            made = one.made + timedelta(minutes=rng.uniform(-20, 20))
            at = made + timedelta(seconds=phone.ahead)
            photos = one.photos[:1] if world.chance(0.2) else ()
            fix = Fix(point, at, accuracy, FixSource.MINIAPP, phone.name)
            found.append(Seen(fix, False, one.site.customer_id, at, made, photos))
        return found

    def case(self, one: Visit) -> Case:
        """One of today's, with everything that will ever be known beside it."""
        seen = [other.seen() for other in (*self.past, *self.today) if other is not one]
        return Case("honest", self.check_in(one), [*seen, *self.colleagues()], self.rows(self.today))


def honest_day(world: World) -> list[Case]:
    rep = Rep(world)
    return [rep.case(one) for one in rep.today]
