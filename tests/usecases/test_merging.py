"""Two files become one and two again, over any graph of references; nothing is lost, and not yours is not there."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlalchemy import Column, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine

from config.collisions import RadarEntry
from config.policy import Policy
from config.vocabulary import Datum, FieldKind, FieldObject, FixSource, ShareAccess, TimelineKind
from crm import cells, uow
from crm.access import get_customer
from crm.errors import Conflict, CrmError, Gone, Invalid, NotFound
from crm.forms import specs
from crm.reads.customer_page import customer_page
from crm.reads.duplicates import compare
from crm.reads.meant import meant, named_in
from crm.usecases import deals, merging, todos, visits
from crm.usecases.customers import withdraw_customer
from crm.usecases.followups import write_entry, write_follow_up
from crm.usecases.radar import Question, ask
from crm.usecases.sharing import Wish, end_share, share_customer
from jobs import sweeps
from models.audit import AuditEntry
from models.customers import Contact, Customer
from models.deals import Deal
from models.fields import FieldDefinition, FieldGroup, FieldValue
from models.messages import OutboxMessage
from models.sharing import CustomerShare
from models.timeline import TimelineEntry
from models.visits import Visit
from tests.support.company import DAY, IDS, MINUTE, NOW, actor, customer, rows, snapshot
from tests.usecases.ledger import assign, release

# What a merge and its undoing leave behind on purpose: their own books, and what people are told.
# Postings of the name index are hints that may lead nowhere.
BOOKS = frozenset({"audit_entry", "customer_merge", "merged_cell", "outbox_message", "name_posting"})


def merge(who: str, winner: int, loser: int, *from_loser: str, at: datetime = NOW) -> merging.Merged:
    asking = actor(who)
    return uow.attempt(lambda s: merging.merge(s, asking, winner, loser, frozenset(from_loser), at, entrance="console"))


def take_apart(who: str, merge_id: str, at: datetime = NOW) -> merging.TakenApart:
    asking = actor(who)
    return uow.attempt(lambda s: merging.take_apart(s, asking, merge_id, at, entrance="console"))


def state() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the books; a merge's own line on the timeline is one of them."""
    kind = list(TimelineEntry.__table__.columns.keys()).index("kind")
    found = {name: found for name, found in snapshot().items() if name not in BOOKS}
    found["timeline_entry"] = [row for row in found["timeline_entry"] if row[kind] != TimelineKind.MERGE]
    return found


def pointers() -> list[tuple[Table, Column[Any]]]:
    return list(cells._pointers())


class Planter:
    """Rows for any table that points at a customer, as its columns allow: the schema itself says what there is."""

    def __init__(self, session: uow.Session, chance: Random) -> None:
        self.s, self.chance, self.number = session, chance, 0

    def plant_around(self, customers: Sequence[int]) -> None:
        for table, column in pointers():
            if table.name != "customer":
                for _ in range(self.chance.randint(0, 4)):
                    self._plant(table, column, self.chance.choice(customers))
        self._plant_values(customers)
        self._plant_parents(customers)

    def _plant_values(self, customers: Sequence[int]) -> None:
        """Two fields of the company's own, some values of each."""
        group = self.s.scalars(select(FieldGroup).where(FieldGroup.object_kind == FieldObject.CUSTOMER)).first()
        assert group is not None
        for key in ("pumps", "since"):
            field = FieldDefinition(
                object_kind=FieldObject.CUSTOMER,
                key=key,
                label=key,
                kind=FieldKind.TEXT,
                group_id=group.id,
                position=99,
            )
            self.s.add(field)
            self.s.flush()
            for one in customers:
                if self.chance.random() < 0.6:
                    of = FieldObject.CUSTOMER
                    self.s.add(FieldValue(object_kind=of, object_id=one, field_id=field.id, text=f"{key}{one}"))
        self.s.flush()

    def _plant_parents(self, customers: Sequence[int]) -> None:
        """A tree of companies: each below one that was made before it, in any order of making."""
        order = self.chance.sample(customers, len(customers))
        for n, one in enumerate(order[1:], start=1):
            if self.chance.random() < 0.7:
                self.s.get_one(Customer, one).parent_id = self.chance.choice(order[:n])
        self.s.flush()

    def _plant(self, table: Table, column: Column[Any], customer_id: int) -> None:
        values = {one.name: self._value(one) for one in table.columns if one.name != "id"}
        if any(values[one.name] is None for one in table.columns if one.foreign_keys and not one.nullable):
            return  # it needs a row of a table that is still empty
        make = postgresql.insert if self.s.get_bind().dialect.name == "postgresql" else sqlite.insert
        self.s.execute(make(table).values({**values, column.name: customer_id}).on_conflict_do_nothing())

    def _value(self, column: Column[Any]) -> Any:
        self.number += 1
        if column.foreign_keys:
            target = next(iter(column.foreign_keys)).column
            known = list(self.s.scalars(select(target).order_by(target)))
            return self.chance.choice([None, *known] if column.nullable or not known else known)
        if column.nullable and self.chance.random() < 0.5:
            return None
        return self._made_up(column)

    def _made_up(self, column: Column[Any]) -> Any:
        """Few values, so that unique sets of columns meet; where a column is unique by itself, a new one."""
        number = self.number if column.unique else self.chance.randint(0, 3)
        kinds: Mapping[type, Callable[[], Any]] = {
            str: lambda: f"v{number}",
            bytes: lambda: b"v%d" % number,
            bool: lambda: number > 1,
            int: lambda: number,
            float: lambda: float(number),
            Decimal: lambda: Decimal(number),
            datetime: lambda: NOW + timedelta(minutes=self.number),  # later columns hold later moments
            date: lambda: NOW.date(),
            object: dict,  # JSON
            dict: dict,
        }
        return kinds[column.type.python_type]()


GRAPHS = range(int(os.environ.get("GRAPHS", "8")))


@pytest.mark.parametrize("graph", GRAPHS)
def test_merging_and_undoing_any_graph_of_references_ends_with_no_difference(company: Engine, graph: int) -> None:
    chance = Random(graph)
    alive = [customer(who, f"第{n}号水泵厂") for n, who in enumerate(("Zhang", "sun", "qian", "Zhang"))]
    with uow.transaction() as s:
        Planter(s, chance).plant_around(alive)
        keys = [spec.key for spec in specs(s, FieldObject.CUSTOMER)]
    before = state()
    done: list[merging.Merged] = []
    for _ in range(chance.randint(1, 3)):
        winner, loser = chance.sample(alive, 2)
        fields = [key for key in keys if chance.random() < 0.5]
        done.append(merge("wang", winner, loser, *fields))
        alive.remove(loser)
    for merged in reversed(done):
        assert take_apart("wang", merged.public_id).stayed == 0
    assert state() == before


@pytest.mark.parametrize("graph", GRAPHS)
def test_every_row_of_the_loser_belongs_to_the_winner_and_none_is_lost(company: Engine, graph: int) -> None:
    winner, loser = customer("Zhang", "甲水泵厂"), customer("sun", "乙水泵厂")
    with uow.transaction() as s:
        Planter(s, Random(graph)).plant_around([winner, loser])
    before = {name: len(found) for name, found in state().items()}
    merge("wang", winner, loser)
    assert [circle for circle in rows(Customer) if circle.parent_id == circle.id] == []
    assert {name: len(found) for name, found in state().items()} == before
    with uow.reading() as s:
        for table, column in pointers():
            stayed = s.execute(select(table).where(column == loser)).all()
            # only what the winner has already under a unique key may have stayed
            assert not stayed or s.execute(select(table).where(column == winner)).all(), table.name


def test_the_winner_keeps_its_values_fills_its_gaps_and_takes_what_was_chosen(company: Engine) -> None:
    winner, loser = customer("Zhang", "华东泵业有限公司"), customer("Zhang", "华东泵业集团公司")
    with uow.transaction() as s:
        s.get_one(Customer, winner).industry = "水泵"
        row = s.get_one(Customer, loser)
        row.industry, row.region, row.uscc = "机械", "江苏", "91310000MA1FL0X00X"
    done = merge("Zhang", winner, loser, "name")
    (kept,) = rows(Customer, Customer.id == winner)
    assert (kept.name, kept.industry, kept.region) == ("华东泵业集团公司", "水泵", "江苏")
    assert kept.uscc == "91310000MA1FL0X00X"
    (gone,) = rows(Customer, Customer.id == loser)
    assert (gone.merged_into_id, gone.uscc) == (winner, None)
    apart = take_apart("Zhang", done.public_id)
    assert apart.stayed == 0
    (kept,) = rows(Customer, Customer.id == winner)
    assert (kept.name, kept.region, kept.uscc) == ("华东泵业有限公司", "", None)


def test_open_deals_and_the_clock_go_with_the_holder_and_come_back(company: Engine) -> None:
    winner, loser = customer("Zhang", "甲水泵厂", NOW - 20 * DAY), customer("sun", "乙水泵厂", NOW - 9 * DAY)
    sun, zhang = actor("sun"), actor("Zhang")
    uow.attempt(lambda s: deals.open_deal(s, sun, loser, "二期", Decimal(8), NOW - DAY, entrance="chat"))
    uow.attempt(lambda s: write_follow_up(s, zhang, winner, "在现场看了泵房", NOW - 5 * DAY, entrance="chat"))
    before = state()
    done = merge("li", winner, loser)
    (deal,) = rows(Deal)
    assert (deal.customer_id, deal.owner_id) == (winner, IDS["zhang"])
    assert rows(Customer, Customer.id == winner)[0].silent_since == NOW - 5 * DAY
    take_apart("li", done.public_id, NOW + 20 * DAY)
    assert state() == before


def test_what_was_written_since_stays_with_the_winner(company: Engine) -> None:
    winner, loser = customer("Zhang", "甲水泵厂"), customer("sun", "乙水泵厂")
    with uow.transaction() as s:
        s.get_one(Customer, loser).region = "江苏"
    done = merge("li", winner, loser)
    zhang = actor("Zhang")
    later = NOW + DAY
    uow.attempt(lambda s: write_follow_up(s, zhang, winner, "合并以后又去了一次现场", later, entrance="chat"))
    with uow.transaction() as s:
        s.get_one(Customer, winner).region = "浙江"
    assert take_apart("li", done.public_id, later).stayed == 1
    entries = rows(TimelineEntry, TimelineEntry.kind == TimelineKind.FOLLOW_UP)
    assert [entry.customer_id for entry in entries] == [winner]
    (kept,) = rows(Customer, Customer.id == winner)
    assert (kept.region, kept.silent_since) == ("浙江", later)


def test_merges_are_undone_the_newest_first_once_and_within_their_days(company: Engine) -> None:
    one, two, three = (customer("Zhang", f"{name}水泵厂") for name in "甲乙丙")
    first, second = merge("li", one, two), merge("li", one, three)
    with pytest.raises(Conflict, match="先撤销后一次"):
        take_apart("li", first.public_id)
    take_apart("li", second.public_id)
    with pytest.raises(Gone, match="已经撤销过"):
        take_apart("li", second.public_id)
    with pytest.raises(Gone, match="超过 30 天"):
        take_apart("li", first.public_id, NOW + 31 * DAY)


@pytest.mark.parametrize("who", ["qian", "wu"])
def test_another_teams_files_are_not_there_to_be_merged_or_taken_apart(company: Engine, who: str) -> None:
    one, two, own = customer("Zhang", "甲水泵厂"), customer("Zhang", "乙水泵厂"), customer("qian", "丙水泵厂")
    done = merge("li", one, two)
    for pair in ((one, own), (own, one), (two, own), (999, own)):
        with pytest.raises(NotFound) as refused:
            merge(who, *pair)
        assert "水泵厂" not in str(refused.value)
    for merge_id in (done.public_id, "0" * 20):
        with pytest.raises(NotFound, match="没有找到这次合并"):
            take_apart(who, merge_id)


def test_a_rep_merges_his_own_two_but_not_a_colleagues(company: Engine) -> None:
    one, two, suns = customer("Zhang", "甲水泵厂"), customer("Zhang", "乙水泵厂"), customer("sun", "丙水泵厂")
    merge("Zhang", one, two)
    with pytest.raises(CrmError):
        merge("Zhang", one, suns)
    with pytest.raises(Invalid, match="同一个客户"):
        merge("Zhang", one, one)
    with pytest.raises(Invalid, match="看不懂的字段"):
        merge("li", one, suns, "owner_id")


def test_both_holders_and_their_leads_are_told_and_the_book_keeps_it(company: Engine) -> None:
    one, two = customer("Zhang", "甲水泵厂"), customer("qian", "乙水泵厂")
    merge("wang", one, two)
    told = {message.person_id for message in rows(OutboxMessage)}
    assert told == {IDS[who] for who in ("zhang", "qian", "li", "wu")}
    (entry,) = rows(AuditEntry, AuditEntry.verb == "merge")
    assert (entry.subject, entry.detail["loser"]) == (f"customer:{one}", two)


def test_the_merged_file_shows_everything(company: Engine) -> None:
    one, two = customer("Zhang", "甲水泵厂"), customer("Zhang", "乙水泵厂")
    zhang = actor("Zhang")
    uow.attempt(lambda s: write_follow_up(s, zhang, two, "乙厂来电要报价", NOW, entrance="chat"))
    uow.attempt(
        partial(todos.add_todo, actor=zhang, customer_id=two, text="报价", due_at=NOW, now=NOW, entrance="chat")
    )
    with uow.transaction() as s:
        s.add(Contact(customer_id=two, name="陈工", created_at=NOW))
    merge("Zhang", one, two)
    with uow.reading() as s:
        page = customer_page(s, zhang, one, NOW)
    assert [contact.name for contact in page.contacts] == ["陈工"]
    assert any("乙厂来电" in entry.text for entry in page.timeline)
    assert any("乙水泵厂" in entry.text for entry in page.timeline)


def test_either_name_finds_the_merged_file_and_each_its_own_again_after_the_undo(company: Engine) -> None:
    one, two = customer("Zhang", "华东泵业有限公司"), customer("Zhang", "灵朗密封件厂")

    def found(name: str) -> list[int | None]:
        with uow.reading() as s:
            return [hit.customer_id for hit in ask(s, actor("Zhang"), Question(name), RadarEntry.CREATE, Policy())]

    done = merge("Zhang", one, two)
    assert (found("华东泵业"), found("灵朗密封件厂")) == ([one], [one])
    take_apart("Zhang", done.public_id)
    assert (found("华东泵业"), found("灵朗密封件厂")) == ([one], [two])


def test_a_merge_that_fails_half_way_leaves_nothing(company: Engine) -> None:
    one, two = customer("Zhang", "甲水泵厂"), customer("Zhang", "乙水泵厂")
    before, lead = snapshot(), actor("li")

    def half(s: uow.Session) -> None:
        merging.merge(s, lead, one, two, frozenset(), NOW, entrance="console")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        uow.attempt(half)
    assert snapshot() == before


def test_an_old_id_leads_to_what_the_customer_is_part_of_now_for_who_may_see_that(company: Engine) -> None:
    one, two, three = (
        customer("Zhang", "华东泵业有限公司"),
        customer("sun", "灵朗密封件厂"),
        customer("qian", "丙阀门厂"),
    )
    zhang, sun, now = actor("Zhang"), actor("sun"), NOW + DAY
    done = merge("li", one, two)
    with uow.reading() as s:
        public_id = s.get_one(Customer, two).public_id
        for known_as in (two, public_id):
            assert get_customer(s, zhang, known_as).id == one
            with pytest.raises(NotFound, match="没有找到这个客户"):
                get_customer(s, sun, known_as)
        assert customer_page(s, zhang, public_id, now).id == one
    write_old = uow.attempt(lambda s: write_follow_up(s, zhang, two, "旧卡片上点的记录", now, entrance="card"))
    assert write_old.customer_id == one
    merge("wang", three, one)
    qian = actor("qian")
    with uow.reading() as s:
        assert get_customer(s, qian, two).id == three  # and on from there
        with pytest.raises(NotFound):
            get_customer(s, zhang, two)
    assert done.loser_name == "灵朗密封件厂"


def test_a_visit_that_comes_late_counts_for_whoever_held_the_file_that_was_merged_since(company: Engine) -> None:
    one, two = customer("Zhang", "甲水泵厂", NOW - 9 * DAY), customer("sun", "乙水泵厂", NOW - 9 * DAY)
    merge("li", one, two)
    sun = actor("sun")
    been = visits.CheckInDraft("v1", two, 31.2, 121.4, Datum.GCJ02, None, FixSource.MINIAPP, NOW - DAY, "", "看了泵房")
    uow.attempt(lambda s: visits.check_in(s, sun, been, NOW + DAY, entrance="miniapp"))
    (visit,) = rows(Visit)
    assert (visit.customer_id, visit.owner_then_id) == (one, IDS["sun"])


def been_at(who: str, customer_id: int, at: datetime, now: datetime) -> visits.CheckInDone:
    draft = visits.CheckInDraft(
        f"v{at:%d%H}", customer_id, 31.2, 121.4, Datum.GCJ02, None, FixSource.MINIAPP, at, "", "看了泵房"
    )
    visitor = actor(who)
    return uow.attempt(lambda s: visits.check_in(s, visitor, draft, now, entrance="miniapp"))


def test_a_visit_by_the_old_id_counts_for_who_held_the_winner_on_its_day_though_it_has_changed_hands_since(
    company: Engine,
) -> None:
    one, two = customer("Zhang", "甲水泵厂", NOW - 9 * DAY), customer("sun", "乙水泵厂", NOW - 9 * DAY)
    merge("li", one, two)
    release(one, NOW + 2 * DAY)
    assign(actor("wang"), one, "qian", NOW + 2 * DAY)
    done = been_at("Zhang", two, NOW + DAY, NOW + 3 * DAY)
    assert done.customer_name == "甲水泵厂"
    (visit,) = rows(Visit)
    assert (visit.customer_id, visit.owner_then_id) == (one, IDS["zhang"])
    with pytest.raises(NotFound):  # he had it before it went into the other one, and not on that day
        been_at("sun", two, NOW + DAY, NOW + 3 * DAY)


def test_a_visit_by_the_old_id_names_the_holder_of_the_file_that_it_was_part_of(company: Engine) -> None:
    one, two = customer("Zhang", "甲水泵厂", NOW - 9 * DAY), customer("sun", "乙水泵厂", NOW - 9 * DAY)
    done = merge("li", one, two)
    been_at("Zhang", two, NOW - DAY, NOW + DAY)
    been_at("Zhang", two, NOW + DAY, NOW + DAY)
    assert [visit.owner_then_id for visit in rows(Visit)] == [IDS["sun"], IDS["zhang"]]
    take_apart("li", done.public_id, NOW + 2 * DAY)
    late = been_at("Zhang", two, NOW + DAY + 60 * MINUTE, NOW + 3 * DAY)  # on that day it was part of his
    assert late.customer_name == "甲水泵厂"
    (visit,) = rows(Visit, Visit.public_id == late.public_id)
    assert (visit.customer_id, visit.owner_then_id) == (one, IDS["zhang"])


def test_the_names_of_a_merged_customer_are_understood_in_chat_until_it_is_taken_apart(company: Engine) -> None:
    one, two = customer("Zhang", "华东泵业有限公司"), customer("Zhang", "灵朗密封件厂")
    zhang = actor("Zhang")

    def understood(typed: str) -> list[int]:
        with uow.reading() as s:
            return [found.id for found in meant(s, zhang, typed)]

    done = merge("Zhang", one, two)
    assert (understood("灵朗密封件厂"), understood("灵朗")) == ([one], [one])
    with uow.reading() as s:
        named = named_in(s, zhang, "今天去灵朗密封件厂看了现场")
        assert named is not None
        assert named.id == one
        assert meant(s, actor("qian"), "灵朗") == []
    take_apart("Zhang", done.public_id)
    assert understood("灵朗") == [two]


def test_an_old_tap_never_takes_the_winner_back(company: Engine) -> None:
    one, two = customer("Zhang", "甲水泵厂"), customer("Zhang", "乙水泵厂")
    merge("Zhang", one, two)
    zhang = actor("Zhang")
    with pytest.raises(Conflict, match="已经合并到「甲水泵厂」"):
        uow.attempt(lambda s: withdraw_customer(s, zhang, two, NOW, entrance="card"))


def gathered(at: datetime = NOW) -> list[str]:
    return [line for line in sweeps.run("stray-rows", at) if line]


def test_what_was_written_to_the_loser_by_one_who_had_read_it_before_follows(company: Engine) -> None:
    one, two = customer("Zhang", "甲水泵厂", NOW - 9 * DAY), customer("Zhang", "乙水泵厂", NOW - 9 * DAY)
    zhang, at = actor("Zhang"), NOW - DAY
    before = state()
    if company.dialect.name == "postgresql":
        merged = _merge_while_somebody_writes(one, two, at)
    else:  # writers of SQLite come one after the other: what such a transaction would leave
        merged = merge("Zhang", one, two)
        with uow.transaction() as s:
            write_entry(s, two, TimelineKind.FOLLOW_UP, "旧页面上写的跟进", zhang.person_id, at, at=at, counts=True)
    (entry,) = rows(TimelineEntry, TimelineEntry.kind == TimelineKind.FOLLOW_UP)
    assert entry.customer_id == two
    assert list(sweeps.run("stray-rows", NOW, dry_run=True)) != []
    assert rows(TimelineEntry, TimelineEntry.kind == TimelineKind.FOLLOW_UP)[0].customer_id == two
    assert len(gathered()) == 1
    (entry,) = rows(TimelineEntry, TimelineEntry.kind == TimelineKind.FOLLOW_UP)
    assert entry.customer_id == one
    assert rows(Customer, Customer.id == one)[0].silent_since == at
    assert gathered() == []
    assert take_apart("Zhang", merged.public_id).stayed == 0
    (entry,) = rows(TimelineEntry, TimelineEntry.kind == TimelineKind.FOLLOW_UP)
    assert entry.customer_id == two
    with uow.transaction() as s:
        s.delete(s.get_one(TimelineEntry, entry.id))
    assert [row for row in state()["customer"] if row[0] == one] == [row for row in before["customer"] if row[0] == one]
    assert gathered() == []  # taken apart: it is the loser's again


def _merge_while_somebody_writes(one: int, two: int, at: datetime) -> merging.Merged:
    """Two connections: the first has read the loser, the second merges it, and then the first one writes."""
    with uow.transaction() as first:
        read = get_customer(first, actor("Zhang"), two)
        merged = merge("Zhang", one, two)
        who = IDS["zhang"]
        write_entry(first, read.id, TimelineKind.FOLLOW_UP, "旧页面上写的跟进", who, at, at=at, counts=True)
    return merged


def test_strays_of_a_chain_of_merges_reach_its_end_round_by_round(company: Engine) -> None:
    one, two, three = (customer("Zhang", f"{name}水泵厂") for name in "甲乙丙")
    merge("Zhang", two, three)
    merge("Zhang", one, two)
    with uow.transaction() as s:
        s.add(Contact(customer_id=three, name="陈工", created_at=NOW))
    assert [len(gathered()) for _ in range(3)] == [1, 1, 0]
    assert rows(Contact)[0].customer_id == one


def test_credit_of_two_shared_files_never_exceeds_all_of_it_and_the_preview_says_what_is_cut(company: Engine) -> None:
    one, two = customer("Zhang", "甲水泵厂"), customer("Zhang", "乙水泵厂")
    zhang, lead, public = actor("Zhang"), actor("li"), {}
    for file, mate, percent in ((one, "sun", 70), (two, "sun", 20), (two, "qian", 40)):
        wish = Wish(IDS[mate], ShareAccess.TOGETHER, credit_percent=percent)
        uow.attempt(partial(share_customer, actor=zhang, customer_id=file, wish=wish, now=NOW, entrance="chat"))
    before = state()
    with uow.reading() as s:
        public = {one.id: one.public_id for one in s.scalars(select(Customer))}
        cut = compare(s, lead, public[one], public[two], NOW).cut
        assert [(one.person, one.before, one.after) for one in cut] == [("钱七", 40, 30)]
        assert compare(s, lead, public[one], public[two], NOW + 400 * DAY).cut == []
    done = merge("li", one, two)
    assert [(file, percent) for file, _, _, percent in _live()] == [(one, 70), (one, 30)]
    assert [(cut.person, cut.before, cut.after) for cut in done.cut] == [("钱七", 40, 30)]
    take_apart("li", done.public_id)
    assert state() == before
    told = [row for row in rows(OutboxMessage) if row.dedupe.startswith("credit:")]
    assert {row.person_id for row in told} == {IDS["qian"]}
    assert [[fact["value"] for fact in row.notice["facts"]] for row in told] == [["40%", "30%"], ["30%", "40%"]]
    assert "超过了 100%" in told[0].notice["body"]
    assert "撤销了合并" in told[1].notice["body"]


def _shared(file: int, holder: str, mate: str, access: ShareAccess, percent: int, days: int) -> None:
    last = (NOW + days * DAY).date()
    wish, sharing = Wish(IDS[mate], access, last, credit_percent=percent), actor(holder)
    uow.attempt(lambda s: share_customer(s, sharing, file, wish, NOW, entrance="chat"))


def _live() -> list[tuple[int, int, str, int]]:
    found = [row for row in rows(CustomerShare) if row.ended_at is None]
    return [(row.customer_id, row.person_id, row.access, row.credit_percent) for row in found]


@pytest.mark.parametrize(("own", "theirs", "kept"), [(70, 60, 70), (30, 60, 60), (0, 60, 60)])
def test_a_colleague_of_both_files_has_one_share_the_wider_the_longer_and_the_larger(
    company: Engine, own: int, theirs: int, kept: int
) -> None:
    one, two = customer("Zhang", "甲水泵厂"), customer("Zhang", "乙水泵厂")
    _shared(one, "Zhang", "sun", ShareAccess.TOGETHER if own else ShareAccess.READ, own, 90)
    _shared(two, "Zhang", "sun", ShareAccess.TOGETHER, theirs, 200)
    before = state()
    with uow.reading() as s:
        public = {row.id: row.public_id for row in s.scalars(select(Customer))}
        seen = compare(s, actor("li"), public[one], public[two], NOW)
    assert (seen.left, seen.cut) == (100 - kept, [])
    assert [share.credit_percent for side in (seen.winner, seen.loser) for share in side.shares] == [own, theirs]
    done = merge("li", one, two)
    assert _live() == [(one, IDS["sun"], ShareAccess.TOGETHER, kept)]
    (live,) = (row for row in rows(CustomerShare) if row.ended_at is None)
    assert live.until == max(row.until for row in rows(CustomerShare))
    assert list(done.cut) == []
    assert take_apart("li", done.public_id).stayed == 0
    assert state() == before


def test_a_colleague_of_both_files_hears_what_was_cut_of_his_larger_credit(company: Engine) -> None:
    one, two = customer("Zhang", "甲水泵厂"), customer("Zhang", "乙水泵厂")
    _shared(one, "Zhang", "qian", ShareAccess.TOGETHER, 60, 90)
    _shared(one, "Zhang", "sun", ShareAccess.TOGETHER, 30, 90)
    _shared(two, "Zhang", "sun", ShareAccess.TOGETHER, 80, 90)
    before = state()
    with uow.reading() as s:
        public = {row.id: row.public_id for row in s.scalars(select(Customer))}
        seen = compare(s, actor("li"), public[one], public[two], NOW)
    assert seen.left == 0
    done = merge("li", one, two)
    assert list(seen.cut) == list(done.cut)
    assert [(cut.person_id, cut.before, cut.after) for cut in done.cut] == [(IDS["sun"], 80, 40)]
    assert sum(percent for *_, percent in _live()) == 100
    take_apart("li", done.public_id)
    assert state() == before


def test_nobody_is_told_of_the_credit_of_a_share_that_has_run_out_before_the_files_are_taken_apart(
    company: Engine,
) -> None:
    one, two = customer("Zhang", "甲水泵厂"), customer("qian", "甲泵业")
    _shared(one, "Zhang", "li", ShareAccess.TOGETHER, 80, 60)
    _shared(two, "qian", "sun", ShareAccess.TOGETHER, 50, 5)
    done = merge("wang", one, two)
    assert [(cut.person, cut.before, cut.after) for cut in done.cut] == [("孙六", 50, 20)]
    take_apart("wang", done.public_id, NOW + 20 * DAY)
    assert len([row for row in rows(OutboxMessage) if row.dedupe.startswith("credit:")]) == 1


def test_the_holder_needs_no_share_of_what_came_along_and_has_it_again_after_the_undo(company: Engine) -> None:
    one, two = customer("Zhang", "甲水泵厂"), customer("sun", "乙水泵厂")
    _shared(two, "sun", "zhang", ShareAccess.TOGETHER, 40, 90)
    before = state()
    done = merge("li", one, two)
    assert _live() == []
    take_apart("li", done.public_id)
    assert state() == before


def test_a_share_that_was_ended_after_the_merge_stays_ended_where_it_was(company: Engine) -> None:
    one, two = customer("Zhang", "甲水泵厂"), customer("Zhang", "乙水泵厂")
    _shared(one, "Zhang", "sun", ShareAccess.READ, 0, 90)
    _shared(two, "Zhang", "sun", ShareAccess.TOGETHER, 20, 90)
    done = merge("li", one, two)
    (live,), zhang = (row for row in rows(CustomerShare) if row.ended_at is None), actor("Zhang")
    uow.attempt(lambda s: end_share(s, zhang, live.id, NOW + MINUTE, entrance="console"))
    take_apart("li", done.public_id, NOW + DAY)
    assert [customer_id for customer_id, *_ in _live()] == [two]
