"""The board on real stores: columns, colours and sums beside a count by hand, and nothing of anybody else's."""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.engine import Engine

from config.grants import Grant
from config.vocabulary import DealScope, FieldObject, Role, ShareAccess, StallColour
from crm import uow
from crm.access import Actor, actor_by_userid
from crm.errors import Invalid, NotAllowed, NotFound
from crm.reads.board import Asked, Board, board
from crm.reads.deal_scope import Whose, person_asked, team_asked
from crm.rules.days import WorkCalendar, day_of
from crm.usecases.grants import grant_fields
from crm.usecases.sharing import Wish, share_customer
from models.customers import Customer
from models.deals import Deal, Pipeline, Stage
from tests.support.company import DAY, IDS, NOW, ONE, TWO, actor, customer
from tests.usecases.sales_kit import RUNGS, SMALL, Told, tell

ALL = Asked(Whose(DealScope.ALL), size=100)


def seen(who: str | Actor, asked: Asked = ALL) -> Board:
    with uow.reading() as s:
        return board(s, actor_by_userid(s, who, NOW) if isinstance(who, str) else who, asked, NOW)


def names(found: Board) -> set[str]:
    return {card.name for lane in found.lanes for card in lane.cards}


@pytest.fixture
def company_at_work(company: Engine) -> list[Told]:
    """Two teams with deals on every rung, of every age, some put off, some ended, of both pipelines."""
    luck, told = random.Random(7), []
    for owner in ("Zhang", "sun", "qian"):
        place = customer(owner, f"{owner}的客户机电有限公司", NOW - 200 * DAY)
        mine = []
        for number in range(14):
            since = NOW - timedelta(hours=luck.randrange(24 * 70))
            key = luck.choice((*RUNGS, "won", "lost"))
            mine.append(
                Told(
                    moves=[("requirement", since - 3 * DAY), (key, since)],
                    owner=owner,
                    amount=Decimal(luck.randrange(100, 90_000_000)) / 100,
                    name=f"{owner}{number}",
                    snoozed_until=NOW + timedelta(days=luck.choice((-1, 2))) if number % 4 == 0 else None,
                )
            )
        small = [("requirement", NOW - 30 * DAY), ("negotiation", NOW - 2 * DAY)]
        mine.append(Told(small, owner=owner, amount=Decimal(8000), name=f"{owner}小单", pipeline=SMALL))
        tell(place, mine)
        told += mine
    return told


def colour_of(one: Told) -> StallColour:
    if one.snoozed_until is not None and one.snoozed_until > NOW:
        return StallColour.GREEN
    limit = {"proposal": 7, "negotiation": 15}.get(one.stands, 10)
    days = WorkCalendar({}).working_days_between(day_of(one.moves[-1][1]), day_of(NOW))
    return StallColour.RED if days >= 2 * limit else StallColour.YELLOW if days >= limit else StallColour.GREEN


def test_every_column_is_what_a_count_by_hand_gives(company_at_work: list[Told]) -> None:
    chance = {"requirement": 10, "proposal": 30, "negotiation": 50, "contract_review": 80}
    small = {"requirement": 30, "negotiation": 60}
    for who, owners in (("wang", ("Zhang", "sun", "qian")), ("li", ("Zhang", "sun")), ("Zhang", ("Zhang",))):
        found = seen(who)
        assert [lane.key for lane in found.lanes] == list(RUNGS)
        for lane in found.lanes:
            mine = [one for one in company_at_work if one.owner in owners and one.stands == lane.key]
            assert lane.total == len(mine) == len(lane.cards)
            colours = Counter(colour_of(one) for one in mine)
            assert (lane.yellow, lane.red) == (colours[StallColour.YELLOW], colours[StallColour.RED])
            assert lane.amount == sum((one.amount for one in mine), Decimal(0))
            weighed = sum(one.amount * (small if one.pipeline == SMALL else chance)[one.stands] / 100 for one in mine)
            assert lane.weighted == Decimal(weighed).quantize(Decimal("0.01"))
            assert {card.name: card.colour for card in lane.cards} == {one.name: colour_of(one) for one in mine}
            assert [card.since for card in lane.cards] == sorted(card.since for card in lane.cards)
        assert found.total == sum(lane.total for lane in found.lanes)


def test_filters_and_scopes_narrow_what_one_sees_and_never_widen_it(company_at_work: list[Told]) -> None:
    for colour in StallColour:
        expected = {one.name for one in company_at_work if one.stands in RUNGS and colour_of(one) is colour}
        assert names(seen("wang", replace(ALL, colour=colour))) == expected
    mine = names(seen("Zhang", replace(ALL, whose=Whose())))
    assert mine == names(seen("Zhang"))
    assert names(seen("li", Asked(size=100))) == names(seen("li"))
    assert names(seen("li", replace(ALL, whose=Whose(DealScope.MINE)))) == set()
    of_zhang = replace(ALL, whose=Whose(DealScope.ALL, owner_id=IDS["zhang"]))
    assert names(seen("li", of_zhang)) == names(seen("wang", of_zhang)) == mine
    assert names(seen("wu", of_zhang)) == set()
    assert names(seen("wang", replace(ALL, whose=Whose(DealScope.ALL, team_id=ONE)))) == names(seen("li"))
    assert names(seen("wu", replace(ALL, whose=Whose(DealScope.ALL, team_id=ONE)))) == set()
    assert names(seen("Zhang", replace(ALL, pipeline=SMALL))) == {"Zhang小单"}
    with pytest.raises(Invalid, match="没有管理的团队"):
        seen("Zhang", replace(ALL, whose=Whose(DealScope.TEAM)))
    with pytest.raises(Invalid, match="没有「火星」这个流程"):
        seen("Zhang", replace(ALL, pipeline="火星"))


def test_a_team_that_is_led_sees_none_of_anothers_in_any_number(company_at_work: list[Told]) -> None:
    before = seen("wu")
    place = customer("Zhang", "又一家机电有限公司", NOW - DAY)
    tell(place, [Told([("negotiation", NOW - 50 * DAY)], amount=Decimal(9_000_000), name="别组的大单")])
    assert seen("wu") == before
    assert "别组的大单" in names(seen("li"))


def test_one_customers_deals_and_only_of_a_customer_that_is_there_for_him(company_at_work: list[Told]) -> None:
    with uow.reading() as s:
        theirs = s.scalars(select(Customer.public_id).where(Customer.owner_id == IDS["qian"])).one()
    asked = replace(ALL, whose=Whose(DealScope.ALL, customer_id=theirs))
    assert names(seen("wang", asked)) == names(seen("qian"))
    with pytest.raises(NotFound):
        seen("Zhang", asked)


def test_what_is_shared_is_seen_and_moved_only_by_who_works_on_it(company_at_work: list[Told]) -> None:
    with uow.transaction() as s:
        place = s.scalars(select(Customer.id).where(Customer.owner_id == IDS["qian"])).one()
        share_customer(s, actor("qian"), place, Wish("Zhang", ShareAccess.READ), NOW, entrance="console")
    cards = [card for lane in seen("Zhang").lanes for card in lane.cards]
    assert {card.owner for card in cards} == {"张三", "钱七"}
    assert {card.owner for card in cards if card.moves} == {"张三"}
    assert {card.owner for lane in seen("Zhang", Asked()).lanes for card in lane.cards} == {"张三"}


def test_a_column_is_paged_and_says_how_many_there_are_beyond(company_at_work: list[Told]) -> None:
    whole = next(lane for lane in seen("wang").lanes if lane.key == "negotiation")
    short = next(lane for lane in seen("wang", replace(ALL, size=3)).lanes if lane.key == "negotiation")
    assert (short.total, len(short.cards), short.more) == (whole.total, 3, whole.total - 3)
    paged = []
    for page in range(1, short.pages + 1):
        (lane,) = seen("wang", replace(ALL, size=3, stage="negotiation", page=page)).lanes
        paged += [card.name for card in lane.cards]
    assert paged == [card.name for card in whole.cards]
    with pytest.raises(Invalid, match="没有这个阶段"):
        seen("wang", replace(ALL, stage="won"))


def test_who_reads_no_amounts_is_told_no_sum_and_cannot_learn_it_from_the_order(company_at_work: list[Told]) -> None:
    with uow.transaction() as s:
        admin = replace(actor("Zhang"), role=Role.ADMIN)
        hidden = {(Role.TEAM_LEAD, "basic"): Grant(read=False, edit=False)}
        grant_fields(s, admin, FieldObject.DEAL, hidden, NOW, entrance="console")
    found = seen("li")
    assert (found.sums, found.amount, found.weighted) == (False, None, None)
    assert {(lane.amount, lane.weighted) for lane in found.lanes} == {(None, None)}
    assert {card.amount for lane in found.lanes for card in lane.cards} == {None}
    assert names(found) == {"＊＊＊"}
    with pytest.raises(Invalid, match="不能按金额排"):
        seen("li", replace(ALL, order="amount"))
    by_amount = next(lane for lane in seen("wang", replace(ALL, order="amount")).lanes if lane.total > 1)
    amounts = [card.amount for card in by_amount.cards if card.amount is not None]
    assert amounts == sorted(amounts, reverse=True)


def test_two_versions_of_a_ladder_share_their_columns(company_at_work: list[Told]) -> None:
    before = {lane.key: lane.total for lane in seen("Zhang").lanes}
    with uow.transaction() as s:
        newer = Pipeline(name="标准流程", version=2, below=None)
        s.add(newer)
        s.flush()
        labels = (("requirement", "需求"), ("trial", "试机"), ("negotiation", "谈判"))
        for position, (key, label) in enumerate(labels):
            s.add(Stage(pipeline_id=newer.id, key=key, label=label, kind="open", position=position, probability=50))
        s.flush()
        moved = s.scalars(select(Stage.id).where(Stage.pipeline_id == newer.id, Stage.key == "negotiation")).one()
        deal = s.scalars(select(Deal).where(Deal.name == "Zhang小单")).one()
        deal.stage_id = moved
    after = {lane.key: (lane.label, lane.total) for lane in seen("Zhang").lanes}
    assert after["negotiation"] == ("谈判", before["negotiation"])
    assert after["proposal"] == ("方案提交", before["proposal"])  # of the older version alone
    assert [*after] == ["requirement", "trial", "proposal", "negotiation", "contract_review"]


def test_a_stage_may_say_itself_how_long_it_takes(company_at_work: list[Told]) -> None:
    with uow.transaction() as s:
        s.execute(update(Stage).where(Stage.key == "negotiation").values(days=200))
    (lane,) = seen("wang", replace(ALL, stage="negotiation")).lanes
    assert (lane.yellow, lane.red, {card.limit for card in lane.cards}) == (0, 0, {200})


def test_finance_has_no_board_and_people_and_departments_are_those_in_sight(company: Engine) -> None:
    with pytest.raises(NotAllowed, match="财务"):
        seen(replace(actor("Zhang"), role=Role.FINANCE))
    with uow.reading() as s:
        assert person_asked(s, actor("li"), "ZHANG") == IDS["zhang"]
        assert (person_asked(s, actor("li"), ""), team_asked(s, actor("li"), None)) == (None, None)
        assert team_asked(s, actor("li"), ONE) == ONE
        with pytest.raises(Invalid, match="管辖范围"):
            person_asked(s, actor("li"), "qian")
        with pytest.raises(Invalid, match="管辖范围"):
            team_asked(s, actor("li"), TWO)


def test_before_the_first_deal_there_are_columns_and_no_cards(company: Engine) -> None:
    found = seen("Zhang")
    assert ([lane.total for lane in found.lanes], found.total, found.amount) == ([0] * 4, 0, Decimal(0))


def test_as_many_statements_for_many_deals_as_for_few(company: Engine) -> None:
    asked: list[str] = []
    event.listen(company, "before_cursor_execute", lambda *args: asked.append(args[2]))
    place, counts = customer("Zhang", "甲机电有限公司", NOW - 99 * DAY), []
    for many in (1, 60):
        tell(place, [Told([(key, NOW - many * DAY)], name=f"{key}{many}") for key in RUNGS for _ in range(many)])
        asked.clear()
        seen("li", Asked())
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= 14
