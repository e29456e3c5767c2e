"""拜访 at the desk: the list, one with its reasons and its picture, and what waits for a supervisor's look."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from config.vocabulary import Datum, FixSource, Role, Verdict
from console.sketch import HEIGHT, WIDTH, Sketch, sketch
from crm import uow
from crm.access import actor_by_userid
from crm.rules.checkin import Point
from crm.usecases.visits import CheckInDraft, check_in
from models.audit import AuditEntry
from models.customers import Customer
from models.visits import Visit, VisitReview
from tests.console.conftest import SignIn
from tests.console.office import BY_ROLE, CANARY, NOW

LEAD, REP, FINANCE = BY_ROLE[Role.TEAM_LEAD], BY_ROLE[Role.REP], BY_ROLE[Role.FINANCE]
HERE = (31.298374, 120.585316)
REPORT = "看了泵房，旧泵汽蚀严重，建议换双吸泵"


def went(userid: str, part: str, north: float = 0.0, day: int = 0, report: str = "") -> str:
    """A visit of that rep at the customer with that in its name, `north` degrees beside its door; its id."""
    with uow.transaction() as s:
        at = NOW - timedelta(days=day, hours=1)
        found = s.scalars(select(Customer).where(Customer.name.contains(part), Customer.owner_id.is_not(None))).one()
        found.latitude, found.longitude = HERE
        s.flush()
        east = HERE[1] + 0.000217 + day * 1.37e-5  # no fix is like another
        draft = CheckInDraft(
            f"{part}-{day}", found.id, HERE[0] + north + 0.000123, east, Datum.GCJ02, 25.0, FixSource.MINIAPP, at,
            "园区东门", report, fix_at=at, sent_at=at, device=userid,
        )  # fmt: skip
        return check_in(s, actor_by_userid(s, userid), draft, at, entrance="miniapp").public_id


@pytest.fixture
def far(app: Flask) -> str:
    return went(REP, "恒力", north=0.05)


@pytest.fixture
def near(app: Flask) -> str:
    return went(REP, "海门", day=1, report=REPORT)


def names(page: str) -> list[str]:
    return re.findall(r'<td data-cell="客户"><a [^>]*>([^<]+)<', page)


def test_the_list_is_narrowed_by_days_person_customer_verdict_and_effect(sign_in: SignIn, far: str, near: str) -> None:
    went(REP, "华光", day=40)
    lead = sign_in(LEAD)
    assert (far, near) != ("", "")
    assert sorted(names(lead.get("/console/visits").text)) == ["南通海门液压件厂", "苏州恒力泵业有限公司"]
    for asked, found in (
        ("q=海门", ["南通海门液压件厂"]),
        ("verdict=doubtful", ["苏州恒力泵业有限公司"]),
        ("verdict=valid", ["南通海门液压件厂"]),
        ("effective=yes", ["南通海门液压件厂"]),
        ("effective=no", ["苏州恒力泵业有限公司"]),
        ("person=7", []),
        ("since=2026-10-01&until=2026-10-31", ["无锡华光环保设备有限公司"]),
        ("sort=far", ["苏州恒力泵业有限公司", "南通海门液压件厂"]),
    ):
        assert names(lead.get(f"/console/visits?{asked}").text) == found, asked
    assert "没有符合条件的拜访" in lead.get("/console/visits?person=7").text
    assert lead.get("/console/visits?since=昨天").status_code == 422


def test_pages_of_the_list_keep_what_it_is_narrowed_to(sign_in: SignIn) -> None:
    for day in range(26):
        went(REP, "海门", day=day)
        went(REP, "恒力", day=day)
    page = sign_in(LEAD).get("/console/visits?effective=no").text
    assert "共 52 条，第 1 / 2 页" in page
    onward = re.findall(r'rel="next" href="([^"]+)"', page)[0].replace("&amp;", "&")
    assert "effective=no" in onward
    assert len(names(sign_in(LEAD).get(onward).text)) == 2


def test_a_rep_reads_that_words_are_wanted_and_his_lead_reads_the_verdict(sign_in: SignIn, far: str) -> None:
    rep, lead = sign_in(REP), sign_in(LEAD)
    with uow.transaction() as s:
        s.execute(update(Visit).values(verdict=Verdict.INVALID))
    for address in ("/console/visits", f"/console/visits/{far}"):
        mine, his = rep.get(address).text, lead.get(address).text
        assert ("待补充说明" in mine, "无效" in mine, "可信分" in mine) == (True, False, False), address
        assert "无效" in his, address
    assert "可信分" in lead.get(f"/console/visits/{far}").text
    assert names(rep.get("/console/visits?verdict=invalid").text) == []  # nobody finds out by asking
    assert names(rep.get("/console/visits?verdict=doubtful").text) == ["苏州恒力泵业有限公司"]


def test_one_visit_says_what_was_seen_and_draws_where(sign_in: SignIn, far: str) -> None:
    page = sign_in(LEAD).get(f"/console/visits/{far}").text
    assert re.search(r"定位离客户约 5\.\d 公里", page)
    assert ('class="site"' in page, 'class="fix"' in page, "2 公里" in page) == (True, True, True)
    assert "http" not in re.findall(r"<svg viewBox=\"0 0 360.*?</svg>", page, re.S)[0]  # nothing from outside


def test_a_rep_explains_and_his_lead_decides_in_the_queue(sign_in: SignIn, far: str) -> None:
    rep, lead = sign_in(REP), sign_in(LEAD)
    refused = rep.post(f"/console/visits/{far}/appeal", data={"words": " "})
    assert (refused.status_code, "请写一句说明" in refused.text) == (422, True)
    said = rep.post(f"/console/visits/{far}/appeal", data={"words": "客户搬到新厂区了，档案还是老地址"})
    assert said.status_code == 303
    assert "等主管看" in rep.get(f"/console/visits/{far}").text
    queue = lead.get("/console/visits/reviews").text
    assert ("档案还是老地址" in queue, re.search(r"定位离客户约 5", queue) is not None) == (True, True)
    silent = lead.post(f"/console/visits/{far}/review?queued=1", data={"verdict": "invalid", "words": ""})
    assert (silent.status_code, "请写一句说明" in silent.text) == (422, True)
    assert 'value="invalid" selected' in silent.text
    nothing = lead.post(f"/console/visits/{far}/review?queued=1", data={"words": "好"})
    assert "请选有效、存疑或无效" in nothing.text
    done = lead.post(
        f"/console/visits/{far}/review?queued=1", data={"verdict": "valid", "words": "核实过", "here": "1"}
    )
    assert done.status_code == 303
    after = lead.get(done.headers["Location"]).text
    assert ("已定为有效" in after, "没有等您复核的拜访" in after) == (True, True)
    with uow.reading() as s:
        (one,) = s.scalars(select(VisitReview))
        verbs = s.scalars(select(AuditEntry.verb).where(AuditEntry.entrance == "console")).all()
    assert (one.verdict, one.decision_words) == ("valid", "核实过")
    assert {"appeal_visit", "review_visit", "place_customer"} <= set(verbs)
    assert "核实过" in rep.get(f"/console/visits/{far}").text


def test_what_was_decided_may_be_decided_anew_on_its_page_and_not_by_the_visitor(sign_in: SignIn, far: str) -> None:
    lead, rep = sign_in(LEAD), sign_in(REP)
    lead.post(f"/console/visits/{far}/review", data={"verdict": "invalid", "words": "照片对不上"})
    page = lead.get(f"/console/visits/{far}").text
    assert ("定为无效：照片对不上" in page, "定下来" in page) == (True, True)
    assert "定下来" not in rep.get(f"/console/visits/{far}").text
    assert rep.post(f"/console/visits/{far}/review", data={"verdict": "valid"}).status_code == 404
    again = lead.post(f"/console/visits/{far}/review", data={"verdict": "valid"})
    assert again.status_code == 303
    with uow.reading() as s:
        assert s.scalars(select(Visit.verdict)).one() == "valid"


def test_the_other_teams_visits_are_not_there(sign_in: SignIn) -> None:
    theirs = went("gaorep", "广州", north=0.05)
    for who in (LEAD, REP, FINANCE):
        client = sign_in(who)
        assert CANARY not in client.get("/console/visits").text, who
        assert client.get(f"/console/visits/{theirs}").status_code == 404
        assert client.post(f"/console/visits/{theirs}/appeal", data={"words": "我去过"}).status_code == 404
    assert CANARY not in sign_in(LEAD).get("/console/visits/reviews").text
    assert sign_in(LEAD).post(f"/console/visits/{theirs}/review", data={"verdict": "valid"}).status_code == 404
    with uow.reading() as s:
        assert s.scalar(select(func.count()).select_from(VisitReview)) == 0


def test_the_customers_timeline_leads_to_the_visit(sign_in: SignIn, near: str) -> None:
    with uow.reading() as s:
        customer = s.scalars(select(Customer.public_id).where(Customer.name.contains("海门"))).one()
    assert f"/console/visits/{near}" in sign_in(LEAD).get(f"/console/customers/{customer}").text


def point(north: float = 0.0, east: float = 0.0) -> Point:
    return Point(HERE[0] + north, HERE[1] + east, Datum.GCJ02)


def inside(drawn: Sketch) -> bool:
    spots = [(one, reach) for one, reach in ((drawn.customer, 0.0), (drawn.fix, drawn.radius)) if one is not None]
    wide = all(reach <= one.x <= WIDTH - reach for one, reach in spots)
    return wide and all(reach <= one.y <= HEIGHT - reach for one, reach in spots)


@pytest.mark.parametrize(
    ("north", "east", "accuracy"),
    [
        (0.0, 0.0, None),
        (0.0, 0.0, 0.0),
        (0.05, 0.0, 25.0),
        (0.0, -3.0, 25.0),
        (-0.0004, 0.0002, 5000.0),
        (40.0, 50.0, 1.0),
    ],
)
def test_the_picture_holds_both_points_and_the_circle_to_scale(
    north: float, east: float, accuracy: float | None
) -> None:
    drawn = sketch(point(), point(north, east), accuracy)
    assert drawn is not None
    assert inside(drawn)
    assert 0 < drawn.bar <= WIDTH / 4
    assert drawn.customer is not None
    assert drawn.fix is not None
    assert (drawn.fix.y <= drawn.customer.y) == (north >= 0)  # north is up
    assert (drawn.fix.x >= drawn.customer.x) == (east >= 0)


def test_the_scale_says_what_it_measures() -> None:
    drawn = sketch(point(), point(0.05), 1000.0)
    assert drawn is not None
    assert drawn.customer is not None
    assert drawn.fix is not None
    unit = (drawn.customer.y - drawn.fix.y) / 5559.75  # metres of 0.05 degrees
    assert drawn.radius == pytest.approx(1000 * unit, abs=0.1)
    assert drawn.bar_said == "2 公里"
    assert drawn.bar == pytest.approx(2000 * unit, abs=0.1)


def test_a_picture_of_one_point_and_of_none() -> None:
    alone, place = sketch(None, point(), 30.0), sketch(point(), None, None)
    assert alone is not None
    assert place is not None
    assert (alone.customer, place.fix, place.radius) == (None, None, 0)
    assert inside(alone)
    assert inside(place)
    assert sketch(None, None, 30.0) is None
