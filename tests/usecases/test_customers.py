"""What is not yours is not there: in every use case and every read, whoever asks; and twins meet."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy.engine import Engine

from config.collisions import RadarEntry
from config.policy import Policy
from config.vocabulary import Datum, FixSource
from crm import uow
from crm.access import Actor
from crm.errors import CrmError, NotFound
from crm.reads.customer_page import customer_page
from crm.reads.customers import list_customers
from crm.reads.deals import deals_of, open_deals
from crm.reads.meant import last_touched, meant_or_near, named_in
from crm.usecases import customers, deals, followups, linking, pool, radar, todos, visits
from crm.usecases.customer_identity import Taken
from models.customers import Customer
from tests.support.company import NOW, actor, at_once, customer, rows, snapshot

SECRET = "金丝雀阀门"


def check_in(s: uow.Session, who: Actor, of: int) -> object:
    fix = visits.CheckInDraft("c1", of, 31.2, 121.4, Datum.GCJ02, None, FixSource.MINIAPP, NOW, "", "")
    return visits.check_in(s, who, fix, NOW, entrance="api")


VERBS: dict[str, Callable[..., object]] = {
    "follow up": lambda s, who, of: followups.write_follow_up(s, who, of, "去现场看了泵房", NOW, entrance="chat"),
    "open a deal": lambda s, who, of: deals.open_deal(s, who, of, "二期", Decimal(1), NOW, entrance="chat"),
    "add a to-do": lambda s, who, of: todos.add_todo(s, who, of, "回访", NOW, NOW, entrance="chat"),
    "check in": check_in,
    "talk about": lambda s, who, of: linking.set_current(s, who, of, NOW, entrance="chat"),
    "give back": lambda s, who, of: pool.give_back(s, who, of, NOW, Policy(), entrance="chat"),
    "open the page": lambda s, who, of: customer_page(s, who, of, NOW),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("who", ["Zhang", "li"])
def test_another_teams_customer_answers_like_one_that_never_was(company: Engine, verb: str, who: str) -> None:
    secret, asking = customer("qian", SECRET), actor(who)
    before = snapshot()
    answers = []
    for customer_id in (secret, 999_999):
        with pytest.raises(NotFound) as refused:
            uow.attempt(partial(VERBS[verb], who=asking, of=customer_id))
        answers.append((str(refused.value), refused.value.fields))
    assert answers[0] == answers[1]
    assert SECRET not in str(answers)
    assert snapshot() == before


@pytest.mark.parametrize("who", ["Zhang", "sun", "li"])
def test_no_read_shows_another_teams_customer(company: Engine, who: str) -> None:
    secret = customer("qian", SECRET)
    uow.attempt(lambda s: deals.open_deal(s, actor("qian"), secret, SECRET, Decimal(1), NOW, entrance="chat"))
    asking = actor(who)
    with uow.reading() as s:
        found = [
            list_customers(s, asking, query=SECRET, sort="days_left", page=1, size=10, now=NOW).rows,
            meant_or_near(s, asking, SECRET),
            [named_in(s, asking, f"{SECRET}来电")],
            [last_touched(s, asking)],
            open_deals(s, asking, 10, NOW),
            deals_of(s, asking, secret, NOW),
        ]
        asked = radar.ask(s, asking, radar.Question(SECRET), RadarEntry.CREATE, Policy())
    assert [list(rows) for rows in found] == [[], [], [None], [None], [], []]
    assert [(hit.customer_id, hit.name, hit.owner) for hit in asked] == [(None, "", radar.COLLEAGUE)]


@pytest.mark.parametrize(("who", "sees"), [("qian", 1), ("wu", 1), ("zhou", 1), ("wang", 1), ("li", 0), ("Zhang", 0)])
def test_each_role_sees_its_own_part(company: Engine, who: str, sees: int) -> None:
    customer("qian", SECRET)
    asking = actor(who)
    with uow.reading() as s:
        page = list_customers(s, asking, query="", sort="days_left", page=1, size=10, now=NOW)
    assert page.total == sees


@pytest.mark.parametrize("verb", ["follow up", "open a deal", "add a to-do", "check in"])
def test_what_goes_wrong_half_way_leaves_nothing(company: Engine, verb: str) -> None:
    made, who = customer("Zhang", "甲机电"), actor("Zhang")
    before = snapshot()

    def half(s: uow.Session) -> None:
        VERBS[verb](s, who, made)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        uow.attempt(half)
    assert snapshot() == before


SAME = ("华东泵业有限公司", "华东泵业有限公司 ", "华东泵业（有限公司）", "华东·泵业有限公司")


def test_twins_made_in_the_same_moment_are_one(company: Engine) -> None:
    people = [actor(who) for who in ("Zhang", "sun", "qian", "li")]

    def make(who: Actor, s: uow.Session) -> object:
        return customers.create_customer(s, who, customers.CustomerDraft(name=SAME[0]), NOW, entrance="chat")

    results = at_once([partial(uow.attempt, partial(make, who)) for who in people * 2])
    assert sum(isinstance(result, customers.CustomerMade) for result in results) == 1
    assert {type(result) for result in results} == {customers.CustomerMade, Taken}
    assert len(rows(Customer)) == 1


@pytest.mark.parametrize("spelled", SAME[1:])
def test_another_spelling_of_the_same_name_is_the_same_customer(company: Engine, spelled: str) -> None:
    customer("Zhang", SAME[0])
    with pytest.raises(CrmError, match="已经在您名下"):
        customer("Zhang", spelled)
    with pytest.raises(CrmError, match=radar.COLLEAGUE):
        customer("qian", spelled)
