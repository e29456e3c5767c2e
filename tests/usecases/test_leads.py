"""A lead is answered by whom it concerns, becomes one customer, and never tells a stranger whom we know."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from config.prospects import InvalidReason, LeadInlet, LeadState, ResponseKind
from config.vocabulary import Role, TimelineKind
from crm import uow
from crm.errors import Conflict, CrmError, Gone, Invalid, NotAllowed, NotFound
from crm.reads import leads as reads
from crm.usecases import lead_convert, lead_steps, leads
from crm.usecases.lead_convert import Conversion
from crm.usecases.lead_sweep import judge_lead, late_candidates
from crm.usecases.people import grant
from models.collisions import Collision
from models.customers import Contact, Customer
from models.deals import Deal
from models.leads import Lead, LeadEvent
from models.messages import OutboxMessage
from models.timeline import TimelineEntry
from tests.support.company import DAY, IDS, MINUTE, NOW, ONE, actor, at_once, customer, rows, set_policy, snapshot

SECRET = "金丝雀阀门有限公司"
FAIR = leads.LeadDraft(LeadInlet.EXHIBITION, "苏州恒力泵业有限公司", "王工", "13800138000", need="问二期循环泵")

PLAIN = Conversion()
QUEUED = leads.LeadDraft(LeadInlet.INQUIRY, "太仓丁化工有限公司", phone="13800138003", team_id=ONE)


def capture(who: str, draft: leads.LeadDraft = FAIR) -> int:
    return uow.attempt(lambda s: leads.capture(s, actor(who), draft, NOW, entrance="console")).id


def lead(lead_id: int) -> Lead:
    return rows(Lead, Lead.id == lead_id)[0]


def notices(userid: str) -> list[str]:
    return [str(row.notice) for row in rows(OutboxMessage, OutboxMessage.person_id == IDS[userid])]


def convert(who: str, lead_id: int, wish: Conversion = PLAIN) -> lead_convert.Converted:
    return uow.attempt(lambda s: lead_convert.convert(s, actor(who), lead_id, wish, NOW + MINUTE, entrance="card"))


def take_back(who: str, event_id: int, at: int = 2) -> str:
    return uow.attempt(lambda s: lead_convert.take_back(s, actor(who), event_id, NOW + at * MINUTE, entrance="card"))


def test_what_a_rep_types_in_is_his_and_runs_against_the_clock(company: Engine) -> None:
    one = lead(capture("Zhang"))
    assert (one.owner_id, one.state, one.known, one.rival_id) == (IDS["zhang"], LeadState.NEW, False, None)
    assert (one.due_at, one.late_at) == (NOW + timedelta(hours=2), NOW + timedelta(hours=4))


def test_a_lead_of_ones_own_customer_is_an_inquiry_on_its_timeline(company: Engine) -> None:
    own = customer("Zhang", FAIR.company)
    one = lead(capture("li"))
    assert (one.owner_id, one.customer_id, one.known) == (IDS["zhang"], own, True)
    assert [entry.text for entry in rows(TimelineEntry, TimelineEntry.kind == TimelineKind.INQUIRY)] == [
        "询盘（展会）：王工 问二期循环泵"
    ]
    assert any("已经是您的客户" in told for told in notices("zhang"))


def test_a_lead_of_a_colleagues_customer_waits_for_the_supervisor_and_names_nothing(company: Engine) -> None:
    customer("qian", SECRET)
    made = uow.attempt(
        lambda s: leads.capture(
            s, actor("Zhang"), leads.LeadDraft(LeadInlet.MANUAL, SECRET, phone="13800138001"), NOW, entrance="chat"
        )
    )
    assert made.said == "同事在跟进这家公司，线索已转给主管协调"
    assert lead(made.id).owner_id is None
    (card,) = notices("li")
    assert "同事在跟进" in card
    assert "吴主管" in card
    assert "钱七" not in card
    assert rows(TimelineEntry, TimelineEntry.kind == TimelineKind.INQUIRY) == []
    with pytest.raises(NotFound):
        uow.attempt(lambda s: lead_steps.claim(s, actor("Zhang"), made.id, NOW, entrance="chat"))


def test_the_telephone_alone_tells_the_customer(company: Engine) -> None:
    own = customer("Zhang", "无锡锦澜环保科技有限公司")
    with uow.transaction() as s:
        s.add(Contact(customer_id=own, name="徐主管", phone="13800138000", created_at=NOW))
    assert lead(capture("Zhang", replace(FAIR, company=""))).customer_id == own
    assert lead(capture("Zhang")).customer_id is None  # he works for another company now


def test_a_short_name_is_known_too(company: Engine) -> None:
    own = customer("Zhang", "昆山恒泽水务设备有限公司")
    one = lead(capture("li", replace(FAIR, company="昆山恒泽水务设备公司")))
    assert (one.customer_id, one.owner_id) == (own, IDS["zhang"])


@pytest.mark.parametrize("who", ["qian", "wu"])
def test_another_teams_lead_answers_like_one_that_never_was(company: Engine, who: str) -> None:
    secret = capture("Zhang", leads.LeadDraft(LeadInlet.MANUAL, SECRET, phone="13800138001"))
    verbs: dict[str, Callable[..., object]] = {
        "claim": partial(lead_steps.claim, entrance="api"),
        "respond": partial(lead_steps.respond, kind=ResponseKind.CALL, words="", entrance="api"),
        "invalid": partial(lead_steps.invalidate, reason=InvalidReason.NO_NEED, words="", entrance="api"),
        "convert": partial(lead_convert.convert, wish=Conversion(), entrance="api"),
    }
    before = snapshot()
    for verb in verbs.values():
        told = []
        for of in (secret, 999_999):
            with pytest.raises(NotFound) as refused:
                uow.attempt(partial(verb, actor=actor(who), lead_id=of, now=NOW))
            told.append(str(refused.value))
        assert told[0] == told[1]
    assert snapshot() == before


def test_a_conversion_makes_customer_contact_and_deal_and_all_of_it_is_taken_back(company: Engine) -> None:
    one = capture("Zhang")
    before = {name: table for name, table in snapshot().items() if name in ("contact", "deal", "stage_period")}
    done = convert("Zhang", one, Conversion(deal_name="二期循环泵", amount=Decimal(800_000)))
    (made,) = rows(Customer)
    assert (made.name, made.owner_id, made.source) == (FAIR.company, IDS["zhang"], "inquiry")
    assert [(c.name, c.phone) for c in rows(Contact)] == [("王工", "13800138000")]
    assert [d.name for d in rows(Deal)] == ["二期循环泵"]
    assert lead(one).first_response_at == NOW + MINUTE
    take_back("Zhang", done.step.event_id)
    assert (lead(one).state, lead(one).customer_id, lead(one).first_response_at) == (LeadState.NEW, None, None)
    assert {name: table for name, table in snapshot().items() if name in before} == before
    assert rows(Customer)[0].merged_into_id == made.id
    with pytest.raises(Conflict):
        take_back("Zhang", done.step.event_id)


def test_a_twin_that_one_sees_is_linked_and_a_colleagues_is_refused(company: Engine) -> None:
    one = capture("Zhang")
    twin = customer("Zhang", FAIR.company)  # made meanwhile, by another way
    done = convert("Zhang", one)
    assert (done.customer_id, done.made) == (twin, False)
    other = capture("Zhang", leads.LeadDraft(LeadInlet.MANUAL, "无锡丙环保有限公司", phone="13800138002"))
    customer("qian", "无锡丙环保有限公司")
    for _ in range(2):
        with pytest.raises(Conflict, match=r"同事在跟进.*双方主管"):
            convert("Zhang", other)
    assert lead(other).state == LeadState.NEW
    (collision,) = rows(Collision)
    assert (collision.asked_by_id, collision.name) == (IDS["zhang"], "无锡丙环保有限公司")
    assert [sum("撞单" in one for one in notices(who)) for who in ("li", "wu", "zhou")] == [1, 1, 0]


def test_only_the_owner_converts(company: Engine) -> None:
    with pytest.raises(Conflict, match="张三"):
        convert("li", capture("Zhang"))


def test_a_conversion_on_which_something_hangs_stays(company: Engine) -> None:
    done = convert("Zhang", capture("Zhang"))
    with uow.transaction() as s:
        s.add(Contact(customer_id=done.customer_id, name="别人", created_at=NOW))
    before = snapshot()
    with pytest.raises(Conflict):
        take_back("Zhang", done.step.event_id)
    assert snapshot() == before


def test_the_first_response_stops_the_clock_once(company: Engine) -> None:
    one = capture("Zhang")

    def respond(minutes: int) -> lead_steps.StepDone:
        now = NOW + minutes * MINUTE
        return uow.attempt(
            lambda s: lead_steps.respond(s, actor("Zhang"), one, ResponseKind.WECHAT, "约明天", now, entrance="card")
        )

    first, second = respond(5), respond(9)
    assert (lead(one).first_response_at, lead(one).state) == (NOW + 5 * MINUTE, LeadState.CONTACTED)
    with pytest.raises(Conflict):  # only the newest step is taken back
        take_back("Zhang", first.event_id)
    take_back("Zhang", second.event_id, 10)
    assert lead(one).first_response_at == NOW + 5 * MINUTE
    take_back("Zhang", first.event_id, 10)
    assert (lead(one).first_response_at, lead(one).state) == (None, LeadState.NEW)


def test_an_undo_is_ones_own_and_in_time(company: Engine) -> None:
    one = capture("Zhang")
    done = uow.attempt(
        lambda s: lead_steps.invalidate(s, actor("Zhang"), one, InvalidReason.NO_NEED, "", NOW, entrance="card")
    )
    with pytest.raises(NotFound):
        take_back("li", done.event_id)
    with pytest.raises(Gone):
        take_back("Zhang", done.event_id, 11)
    with pytest.raises(Conflict, match="没有需求"):
        convert("Zhang", one)


def test_a_queued_lead_is_claimed_by_one_of_many(company: Engine) -> None:
    waiting = capture("wang", QUEUED)
    assert "请分配线索" in notices("li")[0]
    claims = [
        partial(
            uow.attempt, partial(lead_steps.claim, actor=actor(who), lead_id=waiting, now=NOW + MINUTE, entrance="chat")
        )
        for who in ("Zhang", "sun", "Zhang", "sun")
    ]
    results = at_once(claims)
    assert sum(isinstance(one, lead_steps.StepDone) for one in results) == 1
    # The one who came too late is told, or does not see it any more: it is a colleague's by now.
    assert all(isinstance(one, lead_steps.StepDone | Conflict | NotFound) for one in results)
    assert len([event for event in rows(LeadEvent) if event.step == "assigned"]) == 1


def test_a_manager_hands_it_on_and_takes_it_back(company: Engine) -> None:
    one = capture("Zhang")
    done = uow.attempt(lambda s: lead_steps.assign(s, actor("li"), one, IDS["sun"], NOW, entrance="card"))
    assert lead(one).owner_id == IDS["sun"]
    assert any("新线索" in told for told in notices("sun"))
    take_back("li", done.event_id)
    assert lead(one).owner_id == IDS["zhang"]
    for who, to, refusal in (("Zhang", "sun", NotAllowed), ("li", "qian", NotFound), ("li", "off", NotFound)):
        with pytest.raises(refusal):
            uow.attempt(
                partial(lead_steps.assign, actor=actor(who), lead_id=one, to_person=IDS[to], now=NOW, entrance="card")
            )


def sweep(minutes: int) -> list[str]:
    now = NOW + minutes * MINUTE
    with uow.reading() as s:
        found = late_candidates(s, now)
    lines = [uow.attempt(partial(judge_lead, lead_id=one, now=now, dry_run=False)) for one in found]
    return [line for line in lines if line]


def test_the_owner_hears_at_the_due_moment_and_the_supervisor_at_twice(company: Engine) -> None:
    one = capture("Zhang")
    assert sweep(119) == []
    assert sweep(120) == ["线索超时：苏州恒力泵业有限公司（张三）"]
    assert sweep(130) == []
    assert sweep(240) == ["线索超时：苏州恒力泵业有限公司（主管）"]
    assert "线索超时没联系" in notices("li")[0]
    uow.attempt(lambda s: lead_steps.respond(s, actor("Zhang"), one, ResponseKind.CALL, "", NOW, entrance="card"))
    assert sweep(3000) == []


def test_the_same_words_again_are_the_same_lead(company: Engine) -> None:
    assert capture("Zhang") == capture("Zhang")
    later = uow.attempt(lambda s: leads.capture(s, actor("Zhang"), FAIR, NOW + DAY, entrance="console"))
    assert len(rows(Lead)) == 2
    assert later.id == rows(Lead)[1].id


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        ({"company": "", "contact_name": ""}, Invalid),
        ({"phone": "", "email": ""}, Invalid),
        ({"phone": "12"}, Invalid),
        ({"email": "没有"}, Invalid),
        ({"need": "长" * 2001}, Invalid),
        ({"campaign_id": 99}, Invalid),
        ({"owner_id": IDS["qian"]}, NotFound),
        ({"team_id": 3}, NotFound),
    ],
)
def test_what_cannot_be_a_lead_is_refused_in_words(
    company: Engine, told: dict[str, Any], refusal: type[CrmError]
) -> None:
    values: dict[str, Any] = {"company": "苏州恒力泵业有限公司", "contact_name": "王工", "phone": "13800138000"}
    with pytest.raises(refusal):
        capture("li", leads.LeadDraft(LeadInlet.MANUAL, **values | told))
    assert rows(Lead) == []


def test_who_holds_no_customers_takes_no_leads(company: Engine) -> None:
    set_policy(first_response_minutes=30)
    uow.attempt(lambda s: grant(s, None, "sun", Role.SERVICE, NOW, entrance="shell"))
    with pytest.raises(NotAllowed):
        capture("sun")


def test_how_to_reach_a_lead_is_shown_as_a_contacts_telephone_is(company: Engine) -> None:
    one = capture("Zhang", leads.LeadDraft(LeadInlet.MANUAL, "无锡戊水务", phone="13800138005", email="a@wx.cn"))
    waiting = capture("wang", leads.LeadDraft(LeadInlet.INQUIRY, "太仓己化工", phone="13800138006", team_id=ONE))
    public = {row.id: row.public_id for row in rows(Lead)}
    whole, part = "13800138005", "138****8005"
    for who, shown in (("Zhang", whole), ("li", whole), ("zhou", part), ("wang", part)):
        with uow.reading() as s:
            file = reads.lead_page(s, actor(who), public[one], NOW)
            assert (file.row.phone, file.email) == (shown, "a@wx.cn" if shown == whole else "a***@wx.cn")
            asked = reads.list_leads(s, actor(who), reads.Asked(query="38005"), page=1, size=9, now=NOW)
            assert [row.phone for row in asked.rows] == ([whole] if shown == whole else [])
    assert whole not in str(notices("zhou") + notices("wang"))
    assert "138****8006" in notices("li")[0]
    assert lead(waiting).owner_id is None
