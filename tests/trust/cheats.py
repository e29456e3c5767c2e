"""Ten ways to claim a visit that was none, each as strong or as careless as chance makes it.

Every cheat is a rep with two months of honest check-ins behind him, whose last one is false. Where a trick is one that
people keep doing (a frozen place, noise about the mark), he has done it before at that customer. What he does not touch
is as honest as `tests.trust.honest` makes it: clocks, photos, accuracy, the other visits of the day.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from config.vocabulary import FixSource
from crm.rules.checkin import Point
from crm.rules.trust_facts import CheckIn, Fix, Photo, Seen
from tests.trust.honest import TODAY, Case, Rep, Visit
from tests.trust.world import Site, World


class _Cheat:
    """A rep, the visit of today that is false, and everything else that is known."""

    def __init__(self, world: World) -> None:
        self.world, self.rng = world, world.rng
        self.rep = Rep(world)
        self.one = self._by_miniapp(world.rng.choice(self.rep.today))
        self.one = replace(self.one, site=replace(self.one.site, learnt=False))
        self.others = [one for one in (*self.rep.past, *self.rep.today) if one.made != self.one.made]
        self.more: list[Seen] = self.rep.colleagues()

    def _by_miniapp(self, one: Visit) -> Visit:
        """The tricks with coordinates need the mini-program; a picked point has its own."""
        phone = self.rep.phone
        ahead = timedelta(seconds=phone.ahead)
        point, accuracy = self.reading(one.site)
        at = one.made + ahead
        sent = max(one.received_at, one.made + timedelta(minutes=1)) + ahead
        fix = Fix(point, at, accuracy, FixSource.MINIAPP, phone.name)
        return replace(one, phone=phone, fix=fix, at=at, sent_at=sent, received_at=sent - ahead + timedelta(seconds=5))

    def reading(self, site: Site) -> tuple[Point, float]:
        """A good mock app: as a phone would measure at the customer's."""
        return self.world.reading(site, self.rep.phone)

    def with_fix(self, point: Point, accuracy: float) -> None:
        self.one = replace(self.one, fix=replace(self.one.fix, point=point, accuracy_m=accuracy))

    def mock_accuracy(self) -> Callable[[], float]:
        """Mock apps state one number for ever, or another one each time."""
        fixed = self.rng.choice([1.0, 5.0, 10.0, 20.0, 30.0, 65.0])
        return (lambda: fixed) if self.world.chance(0.6) else (lambda: round(self.rng.uniform(3, 40), 3))

    def earlier(self, point: Point, accuracy: float, ago: float) -> None:
        """The same trick at the same customer, days ago."""
        moved = timedelta(days=round(ago), minutes=self.rng.uniform(-150, 150))
        one = self.one
        fix = replace(one.fix, point=point, accuracy_m=accuracy, at=one.fix.at - moved)
        self.others.append(
            replace(
                one,
                made=one.made - moved,
                fix=fix,
                at=one.at - moved,
                sent_at=one.sent_at - moved,
                received_at=one.received_at - moved,
                photos=(),
            )
        )

    def case(self, kind: str, check_in: CheckIn | None = None) -> Case:
        """What has arrived by then is known, what comes later is not."""
        check_in = check_in or self.rep.check_in(self.one)
        own = [one.seen() for one in self.others]
        seen = [one for one in (*own, *self.more) if one.received_at < check_in.received_at]
        return Case(kind, check_in, seen, [])


def frozen_mock(world: World) -> Case:
    """A mock app set to one place near the customer's mark; used there once or many times before."""
    it = _Cheat(world)
    accuracy = it.mock_accuracy()
    place = world.point(
        it.one.site.mark.moved(*world.around(it.rng.uniform(0, 80) / world.settings.care)), it.rng.choice([6, 7, 15])
    )
    for number in range(it.rng.randint(1, 9)):
        it.earlier(place, accuracy(), 1 + 5 * number + it.rng.uniform(0, 4))
    it.with_fix(place, accuracy())
    return it.case("frozen mock")


def teleport(world: World) -> Case:
    """He was seen elsewhere and then claims to be at a customer: 1.5 to 15 times as fast as one can travel."""
    it = _Cheat(world)
    metres = world.log_uniform(8_000, 900_000)
    fastest = 25.0 if metres < 60_000 else 60.0 if metres < 400_000 else 125.0
    took = timedelta(seconds=metres / (fastest * max(1.2, world.log_uniform(1.5, 15) / world.settings.care)))
    away = world.site(it.one.site.stands.moved(*world.around(metres)))
    point, accuracy = it.reading(away)
    one = it.one
    it.others = [other for other in it.others if other.made < TODAY]
    seen = replace(
        one,
        site=away,
        made=one.made - took,
        fix=replace(one.fix, point=point, accuracy_m=accuracy, at=one.fix.at - took),
        at=one.at - took,
        sent_at=one.sent_at - took,
        received_at=one.received_at - took,
        photos=(),
    )
    it.others.append(seen)
    return it.case("teleport")


def jitter(world: World) -> Case:
    """Noise added to the mark, so that no reading is like another: a few metres or some tens, three to ten times."""
    it = _Cheat(world)
    accuracy, radius = it.mock_accuracy(), world.log_uniform(2, 40) * world.settings.care
    middle = it.one.site.mark.moved(*world.around(it.rng.choice([0.0, it.rng.uniform(0, 12)])))
    digits = it.rng.choice([6, 7, 15])

    def place() -> Point:
        return world.point(middle.moved(*world.around(radius * it.rng.random() ** 0.5)), digits)

    for number in range(it.rng.randint(3, 10)):
        it.earlier(place(), accuracy(), 1 + 5 * number + it.rng.uniform(0, 4))
    it.with_fix(place(), accuracy())
    return it.case("jitter around the target")


def replayed_photo(world: World) -> Case:
    """A photo of an earlier visit: the same file, sent through a chat, or cropped a little."""
    it = _Cheat(world)
    old = Photo(f"sha-{world.number()}", f"{it.rng.getrandbits(64):016x}", None, None)
    before = it.rng.choice(it.rep.past)
    it.others = [one for one in it.others if one is not before]
    it.others.append(replace(before, photos=(*before.photos, old)))
    way = it.rng.random()
    flipped = 0 if way < 0.4 else it.rng.randint(0, 4) if way < 0.85 else it.rng.randint(4, 10)
    bits = int(old.image_hash, 16)
    for bit in it.rng.sample(range(64), flipped):
        bits ^= 1 << bit
    again = replace(old, sha256=old.sha256 if way < 0.4 else f"sha-{world.number()}", image_hash=f"{bits:016x}")
    it.one = replace(it.one, photos=(again,))
    return it.case("replayed photo")


def clock_back(world: World) -> Case:
    """The phone's clock set back to say an earlier time: still so when it sends, or put right before."""
    it = _Cheat(world)
    back = timedelta(minutes=world.log_uniform(15, 3 * 24 * 60) / world.settings.care)
    one = it.one
    fix = replace(one.fix, at=one.fix.at - back)
    if world.chance(0.6):
        it.one = replace(one, fix=fix, at=one.at - back, sent_at=one.sent_at - back)
        return it.case("clock back")
    # Between the time that it claims and its sending the phone has sent another one.
    back = timedelta(minutes=world.log_uniform(30, 3 * 24 * 60))
    gone = back * it.rng.uniform(0.1, 0.8)
    other = it.rng.choice(it.rep.sites)
    point, accuracy = it.reading(other)
    it.others = [known for known in it.others if known.made < TODAY]
    made = one.made - gone
    ahead = timedelta(seconds=one.phone.ahead)
    between = Fix(point, made + ahead, accuracy, FixSource.MINIAPP, one.phone.name)
    sent = made + timedelta(minutes=it.rng.uniform(0.3, 3))
    it.others.append(
        replace(one, site=other, made=made, fix=between, at=made + ahead, sent_at=sent + ahead, received_at=sent)
    )
    it.one = replace(one, fix=replace(one.fix, at=one.fix.at - back), at=one.at - back)
    return it.case("clock back")


def edited_queue(world: World) -> Case:
    """What waits in the phone's storage is changed by hand before it is sent."""
    it = _Cheat(world)
    one, hours = it.one, timedelta(hours=it.rng.uniform(2, 60) / world.settings.care)
    way = it.rng.choice(["said time", "future", "all times", "onto the mark", "typed", "doubled"])
    if way == "said time":
        it.one = replace(one, at=one.at - hours)
    elif way == "future":
        it.one = replace(one, at=one.at + hours, fix=replace(one.fix, at=one.fix.at + hours))
    elif way == "all times":
        shot = Photo(f"sha-{world.number()}", "", one.at - timedelta(minutes=3), None)
        it.one = replace(one, at=one.at - hours, fix=replace(one.fix, at=one.fix.at - hours), photos=(shot,))
    elif way == "onto the mark":
        it.with_fix(world.point(one.site.mark, 6), one.fix.accuracy_m or 30.0)
    elif way == "typed":
        it.with_fix(world.point(one.site.mark, it.rng.choice([3, 4])), one.fix.accuracy_m or 30.0)
    else:
        elsewhere = world.site(one.site.stands.moved(*world.around(world.log_uniform(1500, 30_000))))
        doubled = replace(it.rep.check_in(one), customer_id=elsewhere.customer_id, target=world.point(elsewhere.mark))
        it.others.append(one)
        sent = timedelta(seconds=20)
        doubled = replace(doubled, photos=(), sent_at=one.sent_at + sent, received_at=one.received_at + sent)
        return it.case("edited queue", replace(doubled, target_learnt=False))
    return it.case("edited queue")


def shared_phone(world: World) -> Case:
    """A colleague has both accounts on his phone and checks in for the other one, at once or hours later."""
    it = _Cheat(world)
    one, before = it.one, timedelta(minutes=world.log_uniform(1, 500))
    phone = world.phone() if world.chance(0.7) else it.rep.phone
    place, accuracy = world.reading(it.rng.choice([one.site, world.site()]), phone)
    fix = Fix(place, one.fix.at - before, accuracy, FixSource.MINIAPP, phone.name)
    it.more.append(Seen(fix, False, one.site.customer_id, one.sent_at - before, one.received_at - before, ()))
    it.one = replace(one, phone=phone, fix=replace(one.fix, device=phone.name))
    return it.case("shared phone")


def picked_far_away(world: World) -> Case:
    """A place is picked in chat: near home or a café, or the customer's own while the phone has just been elsewhere."""
    it = _Cheat(world)
    one = it.one
    if world.chance(0.7):
        spot = one.site.mark.moved(*world.around(world.log_uniform(1000, 60_000) / world.settings.care))
    else:
        spot = one.site.mark
        away = one.site.stands.moved(*world.around(world.log_uniform(10_000, 80_000)))
        gone = timedelta(minutes=it.rng.uniform(0.5, 5))
        point, accuracy = it.reading(world.site(away))
        it.others = [known for known in it.others if known.made < TODAY]
        before = replace(one.fix, point=point, accuracy_m=accuracy, at=one.fix.at - gone)
        it.others.append(
            replace(one, fix=before, sent_at=one.sent_at - gone, received_at=one.received_at - gone, photos=())
        )
    fix = Fix(world.point(spot, 6), one.made, None, FixSource.MESSAGE, "")
    it.one = replace(one, fix=fix, at=one.made, sent_at=one.made, received_at=one.made + timedelta(seconds=2))
    it.one = replace(it.one, received_at=max(it.one.received_at, one.received_at), sent_at=one.received_at)
    return it.case("picked point far away")


def copied_fix(world: World) -> Case:
    """A colleague who is there hands on his coordinates: as they are, rounded, or with another accuracy."""
    it = _Cheat(world)
    one, before = it.one, timedelta(minutes=it.rng.uniform(1, 400))
    phone = world.phone()
    fine = replace(one.site, around=it.rng.choice(["open", "street"]))
    place, accuracy = world.reading(fine, phone)
    fix = Fix(place, one.fix.at - before, accuracy, FixSource.MINIAPP, phone.name)
    it.more.append(Seen(fix, False, one.site.customer_id, one.sent_at - before, one.received_at - before, ()))
    way = it.rng.random()
    if way < 0.25:
        digits = it.rng.choice([5, 6])
        place = Point(round(place.latitude, digits), round(place.longitude, digits), place.datum)
    it.with_fix(place, accuracy if way < 0.75 else round(it.rng.uniform(5, 60), 3))
    return it.case("copied fix of a colleague")


def emulator(world: World) -> Case:
    """Developer tools, with coordinates that somebody typed: one to four decimals, near the customer as they allow."""
    it = _Cheat(world)
    digits = it.rng.choice([1, 2, 2, 3, 3, 4, 4, 4])
    it.with_fix(world.point(it.one.site.mark, digits), it.rng.choice([0.0, 5.0, 30.0, 65.0, 100.0]))
    return it.case("emulator with few decimals")


CHEATS: tuple[Callable[[World], Case], ...] = (
    frozen_mock,
    teleport,
    jitter,
    replayed_photo,
    clock_back,
    edited_queue,
    shared_phone,
    picked_far_away,
    copied_fix,
    emulator,
)
