"""What every page keeps: the menu says where one is, nothing is said twice, who has left is offered nothing."""

import re

import pytest
from sqlalchemy import select

from config.prospects import LeadInlet
from config.vocabulary import Datum, FixSource
from crm import uow
from crm.access import actor_by_userid
from crm.usecases import leads
from crm.usecases.projects import ProjectDraft, create_project
from crm.usecases.visits import CheckInDraft, check_in
from models.customers import Customer
from models.visits import Visit
from tests.console.conftest import SignIn
from tests.console.office import NOW
from tests.console.test_duplicates import twin
from tests.console.test_pages import ADMIN, LEAD, REP, customer_called

LEFT = "周波"


def here(page: str) -> list[str]:
    return re.findall(r'<a href="([^"]+)" class="here" aria-current="page">', page.partition("</nav>")[0])


def a_lead() -> str:
    with uow.transaction() as s:
        draft = leads.LeadDraft(LeadInlet.MANUAL, "启东远洋修造有限公司", phone="13800138000")
        return leads.capture(s, actor_by_userid(s, REP), draft, NOW, entrance="console").public_id


def a_project() -> str:
    with uow.transaction() as s:
        draft = ProjectDraft("二期循环泵站", "常熟新泰纺织机械有限公司")
        return create_project(s, actor_by_userid(s, REP), draft, NOW, entrance="console").public_id


def test_the_menu_marks_the_part_that_a_page_below_it_belongs_to(sign_in: SignIn) -> None:
    first, second = twin(), customer_called("苏州恒力泵业有限公司")
    client = sign_in(ADMIN)
    for page, part in (
        (f"leads/{a_lead()}", "leads"),
        ("lead-sources", "leads"),
        (f"projects/{a_project()}", "projects"),
        (f"duplicates/compare?one={first}&one={second}", "duplicates"),
        (f"customers/{second}", "customers"),
        ("fields/stages", "fields"),
    ):
        assert here(client.get(f"/console/{page}").text) == [f"/console/{part}"], page


def test_who_has_left_is_offered_neither_a_lead_nor_an_inlet(sign_in: SignIn) -> None:
    for who, page in ((LEAD, f"leads/{a_lead()}"), (ADMIN, "lead-sources")):
        text = sign_in(who).get(f"/console/{page}").text
        assert 'name="to"' in text or 'name="owner"' in text
        assert f"{LEFT}</option>" not in text


@pytest.mark.parametrize("options", ["新\n新", ""])
def test_a_refusal_does_not_say_twice_that_nothing_was_kept(sign_in: SignIn, options: str) -> None:
    form = {"of": "customer", "label": "试单选", "kind": "select", "group": "basic", "added": options}
    page = sign_in(ADMIN).post("/console/fields/new", data=form).text
    (notice,) = re.findall(r'(?s)<div class="notice red".*?</div>', page)
    assert notice.count("没有保存") == 1


def test_a_visits_form_names_its_customer(sign_in: SignIn) -> None:
    name = "苏州恒力泵业有限公司"
    with uow.transaction() as s:
        me = actor_by_userid(s, REP)
        customer = s.scalars(select(Customer).where(Customer.name == name)).one()
        draft = CheckInDraft(
            client_id="v1", customer_id=customer.id, latitude=31.3, longitude=120.6, datum=Datum.GCJ02, visited_at=NOW,
            source=FixSource.MENU, accuracy_m=None, place="", report="",
        )  # fmt: skip
        check_in(s, me, draft, NOW, entrance="chat")
        visit = s.scalars(select(Visit)).one().public_id
    title = re.search("<h1>(.*?)</h1>", sign_in(REP).get(f"/console/customers/visits/{visit}/edit").text)
    assert title is not None
    assert name in title[1]
