"""Two of us at one company: one file, polite answers, and the supervisors' word on whose it is."""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy.engine import Engine

from config.collisions import CollisionVerdict, Evidence, RadarEntry, Weight
from config.policy import Policy
from config.vocabulary import Role, ShareAccess
from crm import policy as numbers
from crm import uow
from crm.access import Actor
from crm.agenda import Item, ItemKind, agenda
from crm.errors import CrmError, Gone, Invalid, NotAllowed, NotFound
from crm.usecases import collisions, customers, radar
from crm.usecases.collisions import Refused
from crm.usecases.contacts import Stranger, keep
from crm.usecases.customer_identity import Taken
from crm.usecases.once_more import hand_card
from crm.usecases.sharing import Wish, end_share, share_customer
from jobs.sweeps import run
from models.collisions import Collision
from models.customers import Contact, Customer
from models.messages import Card, OutboxMessage
from models.people import Person
from models.sharing import CustomerShare
from tests.support.company import DAY, IDS, MINUTE, NOW, ONE, TWO, actor, at_once, customer, rows
from tests.usecases.ledger import check

NEAR = ("li", "wu", "qian", "zhang")
PUMP = "苏州瑞衡热能工程有限公司"
# One company as two hundred reps may write it.
SPELLINGS = (
    PUMP,
    "苏州瑞衡热能工程有限公司 ",
    "苏州市瑞衡热能工程有限公司",
    "蘇州瑞衡熱能工程有限公司",
    "瑞衡热能工程（苏州）有限公司",
    "苏州瑞衡热能工程有限责任公司",
    "瑞衡热能工程(苏州)有限公司",
    "苏州瑞衡热能工程股份有限公司",
    "苏州 瑞衡 热能工程有限公司",
)


def ask_for(who: str, name: str, at: datetime = NOW, *, anyway: bool = False) -> customers.CustomerMade | Refused:
    asking = actor(who)
    draft = customers.CustomerDraft(name=name)
    return uow.attempt(lambda s: collisions.create_or_report(s, asking, draft, at, entrance="chat", anyway=anyway))


def vote(who: str, verdict: CollisionVerdict, at: datetime = NOW) -> str:
    (collision,) = rows(Collision)
    asking = actor(who)
    return uow.attempt(lambda s: collisions.vote(s, asking, collision.id, verdict, at, entrance="card"))


def take_back(who: str, at: datetime = NOW) -> str:
    (collision,) = rows(Collision)
    asking = actor(who)
    return uow.attempt(lambda s: collisions.take_back_vote(s, asking, collision.id, at, entrance="card"))


def told(person: str) -> list[str]:
    mine = rows(OutboxMessage, OutboxMessage.person_id == IDS[person])
    return [f"{message.notice['title']} {message.notice['body']}" for message in mine]


@pytest.fixture
def clash(company: Engine) -> int:
    """张三 has the pump maker, 钱七 of the other team wanted it too: the customer's id."""
    made = customer("Zhang", PUMP)
    answer = ask_for("qian", SPELLINGS[4])
    assert isinstance(answer, Refused)
    assert "同事在跟进" in answer.said
    assert "张三" not in answer.said
    return made


def test_both_supervisors_get_a_card_and_the_asker_a_promise(clash: int) -> None:
    assert [title for who in ("li", "wu") for title in told(who)] == [
        f"撞单：{SPELLINGS[4]} 双方主管选的一样就生效；选的不一样，或者到期没选，由总监定"
    ] * 2
    again = ask_for("qian", PUMP)
    assert isinstance(again, Refused)
    assert "正在等裁定" in again.said
    assert len(rows(Collision)) == 1


def test_the_card_says_how_the_asker_came_to_it_and_the_verdict_what_he_has_made_of_it(company: Engine) -> None:
    customer("Zhang", PUMP)
    with uow.transaction() as s:
        keep(s, "qian", Stranger("wo1", "徐丽娟", "瑞衡热能", "", ""), NOW)
    assert not isinstance(ask_for("qian", "瑞衡热能", anyway=True), Refused)
    ask_for("qian", PUMP)
    with uow.transaction() as s:
        keep(s, "qian", Stranger("wo2", "何勇", PUMP, "", ""), NOW)
    (card,) = rows(OutboxMessage, OutboxMessage.dedupe.startswith(f"collision:1:{IDS['wu']}"))
    assert ("申请人已建", "瑞衡热能") in [(one["name"], one["value"]) for one in card.notice["facts"]]
    uow.attempt(lambda s: hand_card(s, actor("wu"), ItemKind.COLLISION, 1, "key1", NOW))
    again = rows(OutboxMessage, OutboxMessage.dedupe == "again:key1")[0].notice["facts"]
    assert ("怎么来的", "申请人的企微好友「何勇」在这家") in [(one["name"], one["value"]) for one in again]
    vote("li", CollisionVerdict.HOLDER)
    assert "申请人名下还有「瑞衡热能」" in vote("wu", CollisionVerdict.HOLDER)
    assert "请主管在管理后台「查重与合并」里合并" in told("li")[-1]
    assert "您名下还有「瑞衡热能」，是同一家的话，请您的主管合并" in told("qian")[-1]
    assert "仍由您跟进" in told("zhang")[-1]
    assert "瑞衡热能」" not in told("zhang")[-1].replace(PUMP, "")  # a colleague's customer, whom he may not see


def waiting(who: str) -> list[Item]:
    with uow.reading() as s:
        found = agenda(s, actor(who), NOW, numbers.current(s), numbers.calendar(s))
    return [one for one in found if one.kind is ItemKind.COLLISION]


def test_it_stands_on_the_lists_of_those_who_are_asked_with_its_limit_until_they_have_spoken(clash: int) -> None:
    line = "撞单 瑞衡热能工程（苏州）有限，张三还是钱七 | 11-24 10:00 前定归谁，依据：字号相同 | 到期没定，就由总监定"
    for who in ("li", "wu"):
        assert [f"{one.mark} {one.title} | {one.why} | {one.loss}" for one in waiting(who)] == [line]
    assert [waiting(who) for who in ("zhang", "qian", "zhou", "wang")] == [[], [], [], []]
    (number,) = (one.object_id for one in waiting("li"))
    uow.attempt(lambda s: hand_card(s, actor("li"), ItemKind.COLLISION, number, "key1", NOW))
    assert len(told("li")) == 2
    vote("li", CollisionVerdict.HOLDER)
    assert (waiting("li"), len(waiting("wu"))) == ([], 1)
    vote("wu", CollisionVerdict.ASKER)
    assert [len(waiting(who)) for who in ("li", "wu", "zhou", "wang")] == [0, 0, 1, 0]
    vote("zhou", CollisionVerdict.ASKER)
    assert waiting("zhou") == []


def test_the_same_customer_of_ones_own_is_refused_without_a_case(company: Engine) -> None:
    customer("Zhang", PUMP)
    with pytest.raises(Taken, match="已经在您名下"):
        ask_for("Zhang", SPELLINGS[4])
    with pytest.raises(Taken, match="由 张三 负责"):
        ask_for("li", PUMP)  # his lead sees it: nobody needs to decide anything
    assert rows(Collision) == []


def test_equal_votes_leave_it_with_the_holder(clash: int) -> None:
    assert "等另一方主管" in vote("li", CollisionVerdict.HOLDER)
    assert "仍由原负责人" in vote("wu", CollisionVerdict.HOLDER)
    check(clash, ("person", IDS["zhang"]))
    assert any("仍由原负责人" in words for words in told("qian"))
    with pytest.raises(Gone, match="已经裁定"):
        vote("wu", CollisionVerdict.ASKER)


def test_equal_votes_give_it_to_the_asker_and_an_undo_gives_it_back(clash: int) -> None:
    vote("wu", CollisionVerdict.ASKER)
    assert "改由 钱七 负责" in vote("li", CollisionVerdict.ASKER)
    check(clash, ("person", IDS["qian"]))
    with pytest.raises(Gone, match="裁定生效"):
        take_back("wu")
    take_back("li")
    check(clash, ("person", IDS["zhang"]))
    assert rows(Collision)[0].verdict == ""


def test_together_shares_the_customer_and_its_credit(clash: int) -> None:
    vote("li", CollisionVerdict.TOGETHER)
    vote("wu", CollisionVerdict.TOGETHER)
    (share,) = rows(CustomerShare)
    assert (share.customer_id, share.person_id, share.access) == (clash, IDS["qian"], "together")
    assert share.credit_percent == Policy().collision_credit
    take_back("wu")
    assert rows(CustomerShare)[0].ended_at is not None


def test_a_vote_is_taken_back_although_the_share_that_it_gave_cannot_be_and_says_that_it_stays(clash: int) -> None:
    vote("li", CollisionVerdict.TOGETHER)
    vote("wu", CollisionVerdict.TOGETHER)
    lead, wish = actor("li"), Wish(IDS["qian"], ShareAccess.READ)
    uow.attempt(lambda s: share_customer(s, lead, clash, wish, NOW + MINUTE, entrance="chat"))
    said = take_back("wu", NOW + 2 * MINUTE)
    assert "等待裁定。共享还在：" in said
    assert "之后又有变动" in said
    assert rows(Collision)[0].verdict == ""
    assert [one.access for one in rows(CustomerShare) if one.ended_at is None] == ["read"]


def test_the_next_verdict_shares_out_what_is_still_the_holders(clash: int) -> None:
    vote("zhou", CollisionVerdict.TOGETHER)
    ask_for("wu", PUMP)
    (second,) = rows(Collision, Collision.decided_at.is_(None))
    with uow.transaction() as s:
        collisions.vote(s, actor("zhou"), second.id, CollisionVerdict.TOGETHER, NOW, entrance="card")
    assert [share.credit_percent for share in rows(CustomerShare)] == [50, 25]


def test_what_a_verdict_gave_the_holder_does_not_take_back_alone(clash: int) -> None:
    vote("zhou", CollisionVerdict.TOGETHER)
    (share,) = rows(CustomerShare)
    with pytest.raises(NotAllowed, match="只有主管"):
        uow.attempt(lambda s: end_share(s, actor("Zhang"), share.id, NOW, entrance="console"))
    less = Wish("qian", ShareAccess.TOGETHER, None, 1)
    with pytest.raises(NotAllowed, match="只有主管"):
        uow.attempt(lambda s: share_customer(s, actor("Zhang"), clash, less, NOW, entrance="console"))
    uow.attempt(lambda s: end_share(s, actor("li"), share.id, NOW, entrance="console"))


def test_the_very_same_name_is_never_another_company(company: Engine) -> None:
    customer("Zhang", PUMP)
    ask_for("qian", PUMP)
    with pytest.raises(Invalid, match="名称完全一样"):
        vote("zhou", CollisionVerdict.DIFFERENT)


def test_a_company_that_is_another_after_all_can_then_be_made(clash: int) -> None:
    vote("li", CollisionVerdict.DIFFERENT)
    vote("wu", CollisionVerdict.DIFFERENT)
    assert any("可以新建" in words for words in told("qian"))
    made = ask_for("qian", SPELLINGS[4])
    assert isinstance(made, customers.CustomerMade)
    assert isinstance(ask_for("wu", PUMP), Refused)  # it was told to 钱七 alone


def test_unequal_votes_and_late_ones_go_to_the_directors(clash: int) -> None:
    vote("li", CollisionVerdict.HOLDER)
    assert "请总监" in vote("wu", CollisionVerdict.ASKER)
    assert any("撞单" in words for words in told("zhou"))
    assert "改由 钱七 负责" in vote("zhou", CollisionVerdict.ASKER)
    check(clash, ("person", IDS["qian"]))


def test_supervisors_who_agree_after_all_need_no_director(clash: int) -> None:
    vote("li", CollisionVerdict.HOLDER)
    assert "请总监" in vote("wu", CollisionVerdict.ASKER)
    assert "已裁定" in vote("wu", CollisionVerdict.HOLDER)
    assert "已裁定" not in card_of("zhou")  # but who did: his card is settled
    assert card_of("zhou") != "open"


def card_of(person: str) -> str:
    """How the card of this collision stands that a person holds."""
    (collision,) = rows(Collision)
    (card,) = rows(Card, Card.matter == f"collision:{collision.id}:{IDS[person]}")
    return "open" if card.closed_at is None else card.outcome


def test_when_the_directors_decide_everybody_concerned_hears_it_and_who_decided(clash: int) -> None:
    vote("li", CollisionVerdict.HOLDER)
    vote("wu", CollisionVerdict.ASKER)
    vote("zhou", CollisionVerdict.TOGETHER)
    heard = {who: [w.notice for w in rows(OutboxMessage, OutboxMessage.person_id == IDS[who])][-1] for who in NEAR}
    assert {notice["desc"] for notice in heard.values()} == {"周总监 裁定"}
    assert {who: notice["body"].split("」")[1] for who, notice in heard.items()} == {
        "li": "由原负责人和 钱七 共同跟进，钱七 分 50% 业绩",
        "wu": "由原负责人和 钱七 共同跟进，钱七 分 50% 业绩",
        "qian": "由原负责人和您共同跟进，您分 50% 业绩",
        "zhang": "由您和 钱七 共同跟进，钱七 分 50% 业绩",
    }
    assert all("周总监 裁定" in card_of(who) for who in ("li", "wu"))
    with pytest.raises(Gone, match="周总监 已经裁定"):
        take_back("wu")
    take_back("zhou")
    assert all("周总监 撤销了刚才的裁定" in told(who)[-1] for who in NEAR)
    assert all("您的意见还在" in card_of(who) for who in ("li", "wu"))


def test_a_lead_who_has_not_voted_finds_his_card_settled_and_open_again_after_an_undo(clash: int) -> None:
    vote("zhou", CollisionVerdict.HOLDER)
    assert "您不用再新建" in told("qian")[-1]
    assert "仍由您跟进" in told("zhang")[-1]
    assert "周总监 裁定" in card_of("li")
    take_back("zhou")
    assert card_of("li") == "open"


def test_the_former_holder_hears_that_it_has_gone_to_another(clash: int) -> None:
    vote("zhou", CollisionVerdict.ASKER)
    assert "改由 钱七 负责" in told("zhang")[-1]
    assert "改由您负责" in told("qian")[-1]


def test_what_the_asker_is_told_does_not_send_him_to_the_supervisor_who_is_asked_already(clash: int) -> None:
    again = ask_for("qian", PUMP)
    assert isinstance(again, Refused)
    assert "协调" not in again.said


def test_after_a_working_day_the_directors_are_asked_once(clash: int) -> None:
    assert [line for line in run("collisions", NOW + timedelta(hours=23)) if line] == []
    assert len([line for line in run("collisions", NOW + DAY) if line]) == 1
    assert [line for line in run("collisions", NOW + DAY) if line] == []
    assert len(told("zhou")) == 1


@pytest.mark.parametrize("who", ["Zhang", "qian", "sun"])
def test_nobody_else_decides(clash: int, who: str) -> None:
    with pytest.raises(NotFound, match="不归您裁定"):
        vote(who, CollisionVerdict.ASKER)


def test_equal_numbers_are_evidence_too(company: Engine) -> None:
    made = customer("Zhang", PUMP)
    with uow.transaction() as s:
        s.get_one(Customer, made).website = "ruiheng.example"
        s.add(Contact(customer_id=made, name="陈工", phone="13800138000", created_at=NOW))
    asked = radar.Question("完全另一个名字厂", phones=("13800138000",), website="ruiheng.example")
    with uow.reading() as s:
        (hit,) = radar.ask(s, actor("qian"), asked, RadarEntry.LEAD, Policy())
    assert (hit.same, hit.name, hit.reason) == (False, "", "电话相同")


def test_operations_set_how_strict_the_radar_is(company: Engine) -> None:
    customer("Zhang", PUMP)
    with uow.transaction() as s:
        s.get_one(Person, IDS["sun"]).role = Role.OPERATIONS
    sun = actor("sun")

    def weigh(who: Actor, weight: Weight, evidence: Evidence = Evidence.NAME) -> None:
        uow.attempt(lambda s: radar.weigh(s, who, RadarEntry.CREATE, evidence, weight, NOW, entrance="console"))

    weigh(sun, Weight.HINT)
    assert isinstance(ask_for("qian", SPELLINGS[4]), customers.CustomerMade)  # a hint does not refuse
    assert isinstance(ask_for("wu", PUMP), Refused)  # the very same name always does
    with pytest.raises(NotAllowed):
        weigh(actor("qian"), Weight.HINT)
    with pytest.raises(Invalid, match="不能关掉"):
        weigh(sun, Weight.OFF)


def crowd(names: Sequence[str]) -> list[Actor]:
    """Two hundred reps of two teams."""
    with uow.transaction() as s:
        for n in range(len(names)):
            userid = f"rep{n}"
            s.add(
                Person(
                    userid=userid, userid_key=userid, name=userid, role=Role.REP, status="active",
                    team_id=(ONE, TWO)[n % 2], changed_at=NOW,
                )
            )  # fmt: skip
    return [actor(f"rep{n}") for n in range(len(names))]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("turn", range(int(os.environ.get("TURNS", "1"))))
def test_two_hundred_who_make_one_company_at_once_get_one_file_and_polite_answers(company: Engine, turn: int) -> None:
    names = [SPELLINGS[n % len(SPELLINGS)] for n in range(200)]
    people = crowd(names)

    def make(who: Actor, name: str, s: uow.Session) -> customers.CustomerMade | Refused:
        draft = customers.CustomerDraft(name=name)
        return collisions.create_or_report(s, who, draft, NOW, entrance="chat", anyway=turn % 2 == 1)

    works = [partial(uow.attempt, partial(make, who, name)) for who, name in zip(people, names, strict=True)]
    answers = at_once(works)
    made = [answer for answer in answers if isinstance(answer, customers.CustomerMade)]
    refused = [answer.said for answer in answers if isinstance(answer, Refused)]
    assert (len(made), len(refused)) == (1, 199), [a for a in answers if isinstance(a, CrmError | Exception)][:3]
    assert len(rows(Customer)) == 1
    assert all("同事在跟进" in said for said in refused)
