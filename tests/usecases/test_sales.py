"""Funnel, forecast, sales path and reasons on real stores, beside calculations that walk every ledger."""

import random
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, update
from sqlalchemy.engine import Engine

from config.grants import Grant
from config.vocabulary import DealScope, EvidenceKind, FieldObject, Role, StageKind
from crm import uow
from crm.access import actor_by_userid
from crm.errors import Invalid, NotAllowed, NotFound
from crm.reads.compared import Compared, compared
from crm.reads.deal_scope import Whose
from crm.reads.endings import Behind, Endings, ended_deals, endings
from crm.reads.forecast import Forecast, forecast
from crm.reads.funnel import Funnel, funnel
from crm.reads.sales_path import sales_paths
from crm.rules.days import SHANGHAI, WorkCalendar, day_of
from crm.rules.sales_path import LEAST, Path, Share
from crm.usecases.followups import write_follow_up
from crm.usecases.grants import grant_fields
from models.deals import Deal, Evidence
from models.files import Attachment
from models.people import Team
from tests.support.company import DAY, IDS, NOW, actor, customer, rows
from tests.usecases.sales_kit import LARGE, RUNGS, SMALL, Told, tell

EVERYTHING = Whose(DealScope.ALL)
SINCE, UNTIL = NOW - 120 * DAY, NOW + DAY
ENDS = ("won", "lost", "shelved")


def history(luck: random.Random, owner: str, number: int) -> Told:
    """Up and down the ladder by chance, maybe to an end, maybe opened again."""
    moment, moves = NOW - timedelta(hours=24 * 300 + luck.randrange(24 * 100)), []
    key = "requirement"
    for _ in range(luck.randrange(1, 7)):
        moves.append((key, moment))
        moment += timedelta(hours=luck.randrange(5, 24 * 45))
        key = luck.choice([one for one in (*RUNGS, *ENDS) if one != key])
    moves = [(key, moment) for key, moment in moves if moment < NOW]
    kind = moves[-1][0]
    return Told(
        moves, owner, Decimal(luck.randrange(100, 9_000_000)) / 100, f"{owner}{number}",
        luck.choice(("price", "technology", "delivery")) if kind in ("won", "lost") else "",
        luck.choice(("格兰富", "凯泉", "无")) if kind in ("won", "lost") else "",
    )  # fmt: skip


@pytest.fixture(params=[1, 2])
def histories(company: Engine, request: pytest.FixtureRequest) -> list[Told]:
    luck, told = random.Random(request.param), []
    for owner in ("Zhang", "sun", "qian"):
        mine = [history(luck, owner, number) for number in range(25)]
        tell(customer(owner, f"{owner}的客户机电有限公司", NOW - 500 * DAY), mine)
        told += mine
    return told


def of_team(told: list[Told]) -> list[Told]:
    return [one for one in told if one.owner != "qian"]


def read_funnel(who: str, whose: Whose = EVERYTHING, pipeline: str = "") -> Funnel:
    with uow.reading() as s:
        return funnel(s, actor(who), whose, pipeline, SINCE, UNTIL)


def first_at(one: Told, height: int) -> datetime | None:
    order = {key: place for place, key in enumerate((*RUNGS, "won"))}
    return min((moment for key, moment in one.moves if order.get(key, -1) >= height), default=None)


def test_the_funnel_is_what_walking_every_ledger_gives(histories: list[Told]) -> None:
    found, mine, calendar = read_funnel("li"), of_team(histories), WorkCalendar({})
    for height, row in enumerate(found.rows):
        here = [one for one in mine if (at := first_at(one, height)) is not None and SINCE <= at < UNTIL]
        further = [one for one in here if first_at(one, height + 1) is not None]
        won = [one for one in here if one.stands == "won"]
        assert (row.further, row.won) == (Share(len(further), len(here)), Share(len(won), len(here)))
        standing = [one for one in mine if one.stands == row.key]
        assert (row.many, row.amount) == (len(standing), sum((one.amount for one in standing), Decimal(0)))
        stays = [
            calendar.working_days_between(day_of(began), day_of(ended))
            for one in mine
            for (key, began), (_, ended) in zip(one.moves, one.moves[1:], strict=False)
            if key == row.key and SINCE <= ended < UNTIL
        ]
        assert row.dwell.many == len(stays)
        assert row.dwell.middle == (sorted(stays)[len(stays) // 2] if len(stays) >= LEAST else None)
    ended = [one for one in mine if SINCE <= one.moves[-1][1] < UNTIL]
    assert found.won == sum(one.stands == "won" for one in ended)
    assert found.lost == sum(one.stands == "lost" for one in ended)
    assert found.opened == sum(SINCE <= one.moves[0][1] < UNTIL for one in mine)


def test_a_small_order_passes_its_own_ladder_alone(histories: list[Told]) -> None:
    before = read_funnel("wang", pipeline=LARGE)
    place = customer("Zhang", "小客户机电有限公司", NOW - 90 * DAY)
    tell(place, [Told([("requirement", NOW - 9 * DAY), ("won", NOW - 2 * DAY)], pipeline=SMALL, amount=Decimal(9000))])
    assert read_funnel("wang", pipeline=LARGE) == before == read_funnel("wang")
    small = read_funnel("wang", pipeline=SMALL)
    assert [(row.key, row.won) for row in small.rows] == [("requirement", Share(1, 1)), ("negotiation", Share(1, 1))]
    with pytest.raises(Invalid):
        read_funnel("wang", pipeline="火星")


def walked(told: list[Told]) -> dict[str, int | None]:
    """Calendar days from first reaching each rung to the win, the middle one, of all that are won."""
    found = {}
    for height, key in enumerate(RUNGS):
        waits = []
        for one in (one for one in told if one.stands == "won"):
            end = one.moves[-1][1]
            first = min((at for rung, at in one.moves if rung in RUNGS[height:]), default=end)
            waits.append((day_of(end) - day_of(first)).days)
        waits.sort()
        found[key] = waits[len(waits) // 2] if len(waits) >= LEAST else None
    return found


def test_the_forecast_adds_up_and_each_deal_falls_into_its_month(histories: list[Told]) -> None:
    with uow.reading() as s:
        found = forecast(s, actor("li"), EVERYTHING, "", NOW)
    standing, chance = [one for one in of_team(histories) if one.stands in RUNGS], (10, 30, 50, 80)
    usual = walked(histories)  # the whole company's
    months: dict[str, list[Told]] = defaultdict(list)
    for one in standing:
        days = usual[one.stands]
        expected = None if days is None else one.moves[-1][1] + timedelta(days=days)
        month = "unknown" if expected is None else f"{expected.astimezone(SHANGHAI):%Y-%m}"
        overdue = expected is not None and expected < NOW
        late = month not in ("unknown", "2026-11", "2026-12", "2027-01")
        months["overdue" if overdue else "later" if late else month].append(one)

    def weighed(some: list[Told]) -> Decimal:
        total = sum((one.amount * chance[RUNGS.index(one.stands)] / 100 for one in some), Decimal(0))
        return total.quantize(Decimal("0.01"))

    assert {one.name: (one.many, one.weighted) for one in found.months} == {
        month: (len(some), weighed(some)) for month, some in months.items()
    }
    assert (found.total.many, found.total.weighted) == (len(standing), weighed(standing))
    assert {(one.name, one.team, one.many) for one in found.people} == {
        (name, "一组", sum(one.owner == userid for one in standing))
        for userid, name in (("Zhang", "张三"), ("sun", "孙六"))
    }
    assert [(one.name, one.many) for one in found.teams] == [("一组", len(standing))]
    assert found.everybody == 2


def test_two_teams_of_one_name_are_two_lines_of_the_forecast(company: Engine) -> None:
    for owner in ("Zhang", "qian"):
        tell(customer(owner, f"{owner}的客户机电有限公司"), [Told([("requirement", NOW - DAY)], owner)])
    with uow.transaction() as s:
        s.execute(update(Team).values(name="销售部"))
    with uow.reading() as s:
        found = forecast(s, actor("wang"), EVERYTHING, "", NOW)
    assert [(one.name, one.many) for one in found.teams] == [("销售部", 1), ("销售部", 1)]


def learnt(who: str = "Zhang") -> Path:
    with uow.reading() as s:
        return sales_paths(s, actor(who))[0].path


def test_the_path_is_learnt_from_the_closed_deals_of_the_whole_company(histories: list[Told]) -> None:
    path, closed = learnt(), [one for one in histories if one.stands in ENDS]
    won = [one for one in closed if one.stands == "won"]
    assert (path.closed, path.won) == (len(closed), len(won))
    cycles = sorted((day_of(one.moves[-1][1]) - day_of(one.moves[0][1])).days for one in won)
    assert path.cycle.middle == (cycles[len(cycles) // 2] if len(cycles) >= LEAST else None)
    assert [step.to_win.middle for step in path.steps] == list(walked(closed).values())
    assert learnt("wu") == path


def test_contacts_count_from_the_opening_to_the_end_and_evidence_is_a_kind(company: Engine) -> None:
    place = customer("Zhang", "甲机电有限公司", NOW - 90 * DAY)
    ids = tell(place, [Told([("requirement", NOW - 60 * DAY), ("won", NOW - 10 * DAY)]) for _ in range(LEAST)])
    who = actor("Zhang")
    with uow.transaction() as s:
        for day in (70, 50, 40, 30, 5):  # before the opening, thrice meanwhile, after the end
            write_follow_up(s, who, place, f"第 {day} 天前谈了交期和价格", NOW - day * DAY, entrance="chat")
            write_follow_up(s, who, place, "跟进", NOW - day * DAY, entrance="chat")  # says nothing, counts for nothing
        file = Attachment(
            customer_id=place, name="报价.txt", kind="text", size=1, sha256="0", at=NOW, stored_name="0",
            uploaded_by_id=IDS["zhang"],
        )  # fmt: skip
        s.add(file)
        s.flush()
        for number, deal_id in enumerate(ids):
            kind = EvidenceKind.QUOTATION if number else EvidenceKind.MINUTES
            s.add(
                Evidence(
                    deal_id=deal_id, stage_key="negotiation", kind=kind, attachment_id=file.id,
                    added_by_id=IDS["zhang"], at=NOW,
                )
            )  # fmt: skip
    path = learnt()
    assert (path.touches.middle, path.cycle.middle) == (3, 50)
    assert dict(path.kinds) == {"follow_up": Share(5, 5), "quotation": Share(4, 5), "minutes": Share(1, 5)}
    assert path.key_kinds == ("follow_up", "quotation")


def beside(deal_id: int, who: str = "Zhang") -> Compared | None:
    (deal,) = rows(Deal, Deal.id == deal_id)
    with uow.reading() as s:
        return compared(s, actor_by_userid(s, who, NOW), deal.public_id, NOW)


def test_an_open_deal_is_told_how_it_stands_beside_the_won_ones(company: Engine) -> None:
    place = customer("Zhang", "甲机电有限公司", NOW - 300 * DAY)
    (open_one,) = tell(place, [Told([("requirement", NOW - 34 * DAY), ("negotiation", NOW - 21 * DAY)])])
    few = beside(open_one)
    assert few is not None
    assert (few.cycle.many, few.cycle.middle, few.expected) == (0, None, None)
    assert "太少" in few.told
    theirs = customer("qian", "乙水泵厂有限公司", NOW - 300 * DAY)
    won = [("requirement", NOW - 200 * DAY), ("negotiation", NOW - 150 * DAY), ("won", NOW - 113 * DAY)]
    tell(theirs, [Told(won, owner="qian")] * LEAST)
    with uow.transaction() as s:
        for day in (190, 170, 120):
            write_follow_up(s, actor("qian"), theirs, f"第 {day} 天前谈了交期和价格", NOW - day * DAY, entrance="chat")
        write_follow_up(s, actor("Zhang"), place, "今天谈了交期和价格", NOW - DAY, entrance="chat")
    found = beside(open_one)
    assert found is not None
    assert found.told == "已 34 天，同类赢单中位 87 天；接触 1 次，赢单通常 3 次（依据 5 个赢单）"
    assert (found.stage, found.stage_days, found.limit, found.colour) == ("价格谈判", 15, 15, "yellow")
    assert found.expected == NOW + (37 - 21) * DAY
    assert (found.lacking, found.won_from_here) == ((), Share(5, 5))
    assert beside(tell(place, [Told([("requirement", NOW - DAY), ("lost", NOW)])])[0]) is None
    with pytest.raises(NotFound):
        beside(open_one, "wu")


def read_endings(who: str, whose: Whose = EVERYTHING, pipeline: str = "") -> Endings:
    with uow.reading() as s:
        return endings(s, actor(who), whose, pipeline, SINCE, UNTIL)


def test_reasons_and_competitors_are_counted_and_every_number_opens_its_deals(histories: list[Told]) -> None:
    found = read_endings("li")
    ended = [one for one in of_team(histories) if one.stands in ENDS and SINCE <= one.moves[-1][1] < UNTIL]
    for kind in ("won", "lost"):
        of_kind = [one for one in ended if one.stands == kind]
        assert getattr(found.total, kind) == len(of_kind)
        assert getattr(found.total, f"amount_{kind}") == sum((one.amount for one in of_kind), Decimal(0))
        reasons = Counter(one.ended_for for one in of_kind)
        assert {row.key: n for row in found.reasons if (n := getattr(row, kind))} == reasons
        rivals = Counter(one.competitor for one in of_kind if one.competitor != "无")
        assert {row.key: n for row in found.rivals if (n := getattr(row, kind))} == rivals
        for row in found.rivals:
            behind = Behind(StageKind(kind), None, row.key)
            with uow.reading() as s:
                page = ended_deals(s, actor("li"), EVERYTHING, "", SINCE, UNTIL, behind, 1)
            expected = {one.name for one in of_kind if one.competitor == row.key}
            assert {one.name for one in page.rows} == expected
            assert page.total == getattr(row, kind) == len(expected)
    assert found.shelved == sum(one.stands == "shelved" for one in ended)


def test_two_spellings_of_a_competitor_are_one_and_a_reason_may_be_missing(company: Engine) -> None:
    place, day = customer("Zhang", "甲机电有限公司", NOW - 90 * DAY), NOW - 2 * DAY
    spelt = ("KSB", "ksb", "ＫＳＢ", "KSB ", "", "无")
    tell(
        place,
        [Told([("requirement", NOW - 9 * DAY), ("lost", day)], competitor=one, name=one or "空") for one in spelt],
    )
    found = read_endings("Zhang")
    assert [(row.label, row.won, row.lost) for row in found.rivals] == [("KSB", 0, 4)]
    assert [(row.key, row.label, row.lost) for row in found.reasons] == [("", "没有写", 6)]
    with uow.reading() as s:
        behind = Behind(StageKind.LOST, "", "ｋｓｂ")
        page = ended_deals(s, actor("Zhang"), EVERYTHING, LARGE, SINCE, UNTIL, behind, 1)
        assert page.total == 4
        with pytest.raises(Invalid):
            ended_deals(s, actor("Zhang"), EVERYTHING, "", SINCE, UNTIL, Behind(StageKind.OPEN), 1)


def test_nothing_of_another_team_is_in_any_figure(histories: list[Told]) -> None:
    def figures() -> tuple[Funnel, Forecast, Endings]:
        with uow.reading() as s:
            who = actor("wu")
            return (
                funnel(s, who, EVERYTHING, "", SINCE, UNTIL),
                replace(forecast(s, who, EVERYTHING, "", NOW), won=0),
                endings(s, who, EVERYTHING, "", SINCE, UNTIL),
            )

    before = figures()
    place, day = customer("Zhang", "又一家机电有限公司", NOW - 90 * DAY), NOW - 3 * DAY
    moves = [("requirement", NOW - 40 * DAY), ("negotiation", day)]
    tell(place, [Told(moves), Told([*moves, ("shelved", NOW - DAY)])])
    assert figures() == before


def test_who_reads_no_amounts_is_told_no_sums(histories: list[Told]) -> None:
    with uow.transaction() as s:
        admin = replace(actor("Zhang"), role=Role.ADMIN)
        hidden = {(Role.TEAM_LEAD, "basic"): Grant(read=False, edit=False)}
        grant_fields(s, admin, FieldObject.DEAL, hidden, NOW, entrance="console")
    with uow.reading() as s:
        who = actor("li")
        ahead, why = forecast(s, who, EVERYTHING, "", NOW), endings(s, who, EVERYTHING, "", SINCE, UNTIL)
        passed = funnel(s, who, EVERYTHING, "", SINCE, UNTIL)
        page = ended_deals(s, who, EVERYTHING, "", NOW - 500 * DAY, UNTIL, Behind(StageKind.LOST), 1)
    lines = (ahead.total, *ahead.months, *ahead.teams, *ahead.people)
    assert {(one.amount, one.weighted) for one in lines} == {(None, None)}
    assert {(one.amount, one.weighted) for one in passed.rows} == {(None, None)}
    assert {(one.amount_won, one.amount_lost) for one in (why.total, *why.reasons, *why.rivals)} == {(None, None)}
    assert {(one.name, one.amount) for one in page.rows} == {("＊＊＊", None)}


def test_finance_reads_none_of_it(company: Engine) -> None:
    who = replace(actor("Zhang"), role=Role.FINANCE)
    with uow.reading() as s:
        for ask in (
            lambda: funnel(s, who, EVERYTHING, "", SINCE, UNTIL),
            lambda: forecast(s, who, EVERYTHING, "", NOW),
            lambda: endings(s, who, EVERYTHING, "", SINCE, UNTIL),
            lambda: sales_paths(s, who),
        ):
            with pytest.raises(NotAllowed, match="财务"):
                ask()


def test_as_many_statements_for_many_deals_as_for_few(company: Engine) -> None:
    asked: list[str] = []
    event.listen(company, "before_cursor_execute", lambda *args: asked.append(args[2]))
    place, counts = customer("Zhang", "甲机电有限公司", NOW - 300 * DAY), []
    for many in (1, 40):
        for key in (*RUNGS, *ENDS):
            tell(place, [Told([("requirement", NOW - 90 * DAY), (key, NOW - DAY)]) for _ in range(many)])
        asked.clear()
        with uow.reading() as s:
            who = actor_by_userid(s, "li", NOW)
            funnel(s, who, EVERYTHING, "", SINCE, UNTIL)
            forecast(s, who, EVERYTHING, "", NOW)
            endings(s, who, EVERYTHING, "", SINCE, UNTIL)
            sales_paths(s, who)
        counts.append(len(asked))
    assert counts[0] == counts[1]
