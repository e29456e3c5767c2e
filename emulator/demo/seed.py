"""The demo company's past, written through the product's own use cases: customers, talk, deals, to-dos."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import requests

from config.clock import clock_of
from config.prospects import LeadInlet
from config.settings import Settings
from config.vocabulary import Currency, CustomerLevel, CustomerSource, Datum, EndReason, MilestoneKind, Role, StageKind
from crm import uow
from crm.access import Actor, actor_by_id, actor_by_userid, supervisor_of
from crm.flows import directory
from crm.ladders import current_ladders, ladder_for
from crm.rules.checkin import Point
from crm.rules.days import WorkCalendar, at, day_of
from crm.rules.funnel import Said
from crm.usecases import (
    campaigns,
    customers,
    deals,
    followups,
    milestones,
    people,
    policy,
    products,
    projects,
    quotes,
    registrations,
    signing,
    todos,
)
from crm.usecases.approval_rules import install_rules
from crm.usecases.approvals import Filed, move_or_ask
from crm.usecases.lead_sources import SourceDraft, open_source
from crm.usecases.leads import LeadDraft, capture
from crm.usecases.pipelines import install_ladders
from crm.usecases.quote_lines import LineDraft
from emulator.demo.past import (
    ARCHIVED,
    CLOSED,
    CUSTOMERS,
    DEALERS,
    DEALS,
    FAIR,
    LEADS,
    OFFERS,
    PRODUCTS,
    TALK,
    Closed,
    Past,
    Running,
)
from emulator.demo.settings import Demo
from jobs.menu import MENU
from jobs.wiring import wecom_client

ENTRANCE, DIRECTOR, FIRST_STAGE = "seed", "zhouming", "requirement"
ROLES = (
    (DIRECTOR, Role.DIRECTOR),
    ("wanglei", Role.TEAM_LEAD),
    ("chenfang", Role.TEAM_LEAD),
    ("linlan", Role.ADMIN),
    ("hejing", Role.FINANCE),
    ("wuting", Role.SERVICE),
)


def set_clock(demo: Demo) -> None:
    """The demo's first morning is a working day at 10:00, whatever day it is outside."""
    file = demo.var / "clock"
    if file.exists():
        return
    today: date = day_of(datetime.now(UTC))
    calendar = WorkCalendar({})
    morning = at(today if calendar.is_working(today) else calendar.add_working_days(today, 1), 10)
    file.write_text(str((morning - datetime.now(UTC)).total_seconds()), encoding="ascii")


def upgrade(demo: Demo) -> None:
    uow.upgrade(demo.database_url)


def plant() -> None:
    """Fill an empty store. Either all of the past is there afterwards, or none of it; once is enough."""
    settings = Settings.load()
    clock = clock_of(settings)
    uow.connect(settings.database_url)
    with uow.reading() as s:
        if customers.any_customer(s):
            return
    client = wecom_client(settings, clock)
    now = clock()
    directory.sync(client, now)
    uow.attempt(lambda s: _write_past(s, now))
    client.create_menu(MENU)


def talk(demo: Demo) -> None:
    """What a customer and his rep have just said to each other, for the chat archive; he has agreed to it."""
    pair = {"userid": "liqiang", "external_userid": "woDemoQianWeiguo0000000000000001"}
    acts: list[tuple[str, dict[str, object]]] = [("agree", {}), ("clock", {"advance": 1})]
    acts += [("archive-say", dict(said)) for said in ARCHIVED]
    for action, more in acts:
        answer = requests.post(f"{demo.wecom}/emu/api/{action}", json={**pair, **more}, timeout=10)
        answer.raise_for_status()


def _write_past(s: uow.Session, now: datetime) -> None:
    for userid, role in ROLES:
        people.grant(s, None, userid, role, now, entrance=ENTRANCE)
    policy.change(s, None, "recycling_live", "true", now, entrance=ENTRANCE)
    install_ladders(s)
    install_rules(s, now)
    dice = random.Random(20261123)
    made = {past.name: _customer(s, past, now, dice) for past in CUSTOMERS}
    for running in DEALS:
        _deal(s, running, made[running.customer], now)
    for closed in CLOSED:
        _closed(s, closed, made[closed.customer], now, dice)
    _prospects(s, now, dice)
    _prices(s, made, now)


def _prices(s: uow.Session, made: dict[str, int], now: datetime) -> None:
    """A short price list, and what two customers were offered by it."""
    keeper = actor_by_userid(s, "hejing", now)
    began = now - timedelta(days=120)
    ids = {}
    for pump in PRODUCTS:
        draft = products.ProductDraft(pump.model, pump.name, pump.calibre, pump.pressure, pump.material)
        known = products.add_product(s, keeper, draft, began, entrance=ENTRANCE)
        price = products.PriceDraft(Decimal(pump.list_price), Decimal(pump.floor), Currency.CNY, day_of(began))
        products.set_price(s, keeper, known.public_id, price, began, entrance=ENTRANCE)
        ids[pump.model] = known.public_id
    for offer in OFFERS:
        rep = actor_by_userid(s, offer.rep, now)
        line = LineDraft(Decimal(offer.quantity), Decimal(offer.price), ids[offer.model])
        made_at = now - timedelta(days=offer.days)
        quotes.make_quote(s, rep, made[offer.customer], quotes.QuoteDraft([line]), made_at, entrance=ENTRANCE)


def _prospects(s: uow.Session, now: datetime, dice: random.Random) -> None:
    """Leads of this morning, an inlet for more of them, and two dealers after one project."""
    admin = actor_by_userid(s, "linlan", now)
    team = actor_by_userid(s, "wanglei", now).team_id
    campaigns.add_campaign(s, admin, FAIR, now, entrance=ENTRANCE)
    inlet = SourceDraft(LeadInlet.WEB_FORM, "官网首页表单", CustomerSource.INQUIRY, team)
    open_source(s, admin, inlet, now, entrance=ENTRANCE)
    for asking in LEADS:
        who = actor_by_userid(s, asking.rep or "linlan", now)
        draft = LeadDraft(
            inlet=LeadInlet(asking.inlet),
            company=asking.company,
            contact_name=asking.contact,
            phone=asking.phone,
            need=asking.need,
            team_id=None if asking.rep else team,
        )
        capture(s, who, draft, now - timedelta(minutes=asking.minutes), entrance=ENTRANCE)
    for number, (dealer, words) in enumerate(zip(DEALERS, ("二期循环水泵站", "循环水泵站二期"), strict=True)):
        dealer_id, began = _customer(s, dealer, now, dice), now - timedelta(days=84 - 80 * number)
        rep = actor_by_userid(s, dealer.rep, now)
        plan = projects.ProjectDraft(words, "昆山恒泽水务设备有限公司", site="江苏昆山", tender_no="KSHZ-2026-0117")
        project = projects.create_project(s, rep, plan, began, entrance=ENTRANCE)
        registrations.register(s, rep, project.id, dealer_id, "已和设计院对过方案", began, entrance=ENTRANCE)


def _customer(s: uow.Session, past: Past, now: datetime, dice: random.Random) -> int:
    """A customer made months ago, spoken with every week or two until `silent` days ago."""
    rep = actor_by_userid(s, past.rep)
    began = now - timedelta(days=max(150, past.silent + 30))
    draft = customers.CustomerDraft(
        name=past.name,
        level=CustomerLevel(past.level),
        source=dice.choice((CustomerSource.EVENT, CustomerSource.REFERRAL, CustomerSource.OUTREACH)),
        region=past.region,
        industry=past.industry,
        place=Point(past.latitude, past.longitude, Datum.GCJ02),
    )
    made = customers.create_customer(s, rep, draft, began, entrance=ENTRANCE)
    last = (
        at(day_of(now) - timedelta(days=past.silent), 9, dice.randrange(60))
        if past.silent
        else now - timedelta(hours=1)
    )
    moments = [last]
    while moments[-1] > began + timedelta(days=20) and len(moments) < 6:
        day = day_of(moments[-1]) - timedelta(days=dice.randrange(6, 15))
        moments.append(at(day, dice.randrange(9, 18), dice.randrange(60)))
    said = dice.sample(TALK, len(moments))
    for moment, words in zip(reversed(moments), said, strict=True):
        followups.write_follow_up(s, rep, made.id, words, moment, entrance=ENTRANCE)
    if past.todo:
        todos.add_todo(s, rep, made.id, past.todo, at(day_of(now), 17), now - timedelta(days=1), entrance=ENTRANCE)
    return made.id


def _deal(s: uow.Session, running: Running, customer_id: int, now: datetime) -> None:
    rep = actor_by_userid(s, running.rep)
    since = stage_began(running, now)
    made = deals.open_deal(s, rep, customer_id, running.name, Decimal(running.amount), since, entrance=ENTRANCE)
    if running.stage != FIRST_STAGE:
        _through(s, rep, made.public_id, running.stage, Said("上线之前已经到这个阶段"), since)
    if running.tender:
        for kind, day in ((MilestoneKind.DEPOSIT, running.tender - 1), (MilestoneKind.BID_DEADLINE, running.tender)):
            due = at(day_of(now) + timedelta(days=day), 10)
            milestones.add_milestone(s, rep, made.public_id, kind, due, "", since, entrance=ENTRANCE)


def _closed(s: uow.Session, closed: Closed, customer_id: int, now: datetime, dice: random.Random) -> None:
    """Up its ladder to its end, spoken of on every stage."""
    rep = actor_by_userid(s, closed.rep)
    moment, amount = now - timedelta(days=closed.opened), Decimal(closed.amount)
    made = deals.open_deal(s, rep, customer_id, closed.name, amount, moment, entrance=ENTRANCE)
    ladder = ladder_for(current_ladders(s), amount)
    rungs = [rung.key for rung in ladder.rungs if rung.kind is StageKind.OPEN]
    shelved = closed.end == StageKind.SHELVED
    ended = Said(closed.why) if shelved else Said("上线之前已经结束", EndReason(closed.why), closed.rival)
    for place, (days, words) in enumerate(zip(closed.stood, dice.sample(TALK, len(closed.stood)), strict=True)):
        for share, said_then in ((3, words), (2, f"{words}，约了下次见面")):
            followups.write_follow_up(
                s, rep, customer_id, said_then, moment + timedelta(days=days) / share, entrance=ENTRANCE
            )
        moment += timedelta(days=days)
        last = place + 1 == len(closed.stood)
        to, said = (closed.end, ended) if last else (rungs[place + 1], Said("上线之前已经到这个阶段"))
        _through(s, rep, made.public_id, to, said, moment)


def _through(s: uow.Session, rep: Actor, deal_id: str, to: str, said: Said, moment: datetime) -> None:
    """His lead lets it through, for the papers are older; what is large the director has signed."""
    lead = actor_by_id(s, supervisor_of(s, rep.person_id)[0])
    asked = move_or_ask(s, lead, deal_id, to, said, moment, entrance=ENTRANCE, force=True)
    if isinstance(asked, Filed):
        signing.approve(s, actor_by_userid(s, DIRECTOR), asked.public_id, moment, entrance=ENTRANCE)


def stage_began(running: Running, now: datetime) -> datetime:
    """Counted in working days: in calendar days a holiday week would bring stalled deals back into time."""
    calendar, day = WorkCalendar({}), day_of(now)
    for _ in range(running.days):
        day = calendar.previous_working_day(day)
    return at(day, 10)
