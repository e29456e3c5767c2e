"""The door for strangers: one sentence for everything well written, bounded, counted, and shut when it is closed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from config.prospects import LeadInlet
from config.vocabulary import CustomerSource, Role
from crm import uow
from crm.usecases.lead_sources import SourceDraft, close_source, open_source
from crm.usecases.people import grant
from crm.usecases.policy import change
from models.customers import Customer
from models.leads import Lead, LeadSource
from tests.api.conftest import NOW, Phone
from tests.bot.wecom import settings_of
from tests.support.company import actor, customer, rows
from wsgi import create_app

FORM = {"company": "苏州恒力泵业有限公司", "contact_name": "王工", "phone": "13800138000", "need": "问循环泵"}


@pytest.fixture
def token(engine: Engine) -> str:
    with uow.transaction() as s:
        grant(s, None, "sun", Role.OPERATIONS, NOW, entrance="shell")
    draft = SourceDraft(LeadInlet.WEB_FORM, "官网首页表单", CustomerSource.INQUIRY, 2)
    return uow.attempt(lambda s: open_source(s, actor("sun"), draft, NOW, entrance="console")).token


def send(app: APIFlask, token: str, **told: object) -> TestResponse:
    return app.test_client().post(f"/api/v1/leads/inlet/{token}", json=FORM | told)


def test_a_form_becomes_a_lead_and_any_page_may_send_it(app: APIFlask, token: str) -> None:
    answer = send(app, token)
    assert (answer.status_code, answer.get_json()) == (202, {"message": "已收到，我们会尽快联系您"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    (lead,) = rows(Lead)
    assert (lead.company, lead.inlet, lead.owner_id, lead.team_id) == (FORM["company"], "web_form", None, 2)
    asked = app.test_client().options(f"/api/v1/leads/inlet/{token}")
    assert asked.headers["Access-Control-Allow-Headers"] == "Content-Type"


def test_no_other_address_may_be_asked_from_elsewhere(phone: Phone) -> None:
    assert "Access-Control-Allow-Origin" not in phone.get("/leads").headers


def test_whom_we_know_gets_the_very_same_answer(app: APIFlask, token: str) -> None:
    known = rows(Customer, Customer.id == customer("zhang", "无锡锦澜环保科技有限公司"))[0].name
    stranger, ours = send(app, token), send(app, token, company=known)
    assert (stranger.status_code, stranger.data) == (ours.status_code, ours.data)
    assert sorted(lead.known for lead in rows(Lead)) == [False, True]


def test_what_fills_the_trap_is_thanked_and_forgotten(app: APIFlask, token: str) -> None:
    assert send(app, token, website="http://spam").get_json() == send(app, token).get_json()
    assert len(rows(Lead)) == 1


def test_a_closed_form_and_none_look_alike(app: APIFlask, token: str) -> None:
    def close(s: uow.Session) -> str:
        public_id = s.scalars(select(LeadSource.public_id)).one()
        return close_source(s, actor("sun"), public_id, NOW, entrance="console")

    uow.attempt(close)
    closed, never = send(app, token), send(app, "never")
    assert (closed.status_code, closed.data) == (never.status_code, never.data)
    assert closed.status_code == 404


@pytest.mark.parametrize(
    ("proxies", "passed_on", "statuses"),
    [
        (0, ("198.51.100.1", "198.51.100.2"), [202, 429]),  # anybody can write this line himself
        (1, ("198.51.100.1", "198.51.100.2"), [202, 202]),
        (1, ("198.51.100.1, 203.0.113.9", "198.51.100.2, 203.0.113.9"), [202, 429]),
        (2, ("198.51.100.1, 203.0.113.9", "198.51.100.2, 203.0.113.9"), [202, 202]),
    ],
)
def test_visitors_are_told_apart_by_as_many_proxies_as_are_our_own(
    engine: Engine, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxies: int,
    passed_on: tuple[str, str], statuses: list[int],
) -> None:  # fmt: skip
    monkeypatch.setattr(uow, "_hooks", [])
    with uow.transaction() as s:
        change(s, None, "form_per_address", "1", NOW, entrance="shell")
    settings = settings_of(engine.url.render_as_string(hide_password=False), tmp_path)
    client = create_app(settings.model_copy(update={"trusted_proxies": proxies})).test_client()
    answers = [
        client.post(f"/api/v1/leads/inlet/{token}", json=FORM, headers={"X-Forwarded-For": visitor})
        for visitor in passed_on
    ]
    assert [answer.status_code for answer in answers] == statuses


@pytest.mark.parametrize("number", ["form_per_address", "form_per_inlet"])
def test_too_many_in_an_hour_are_refused(app: APIFlask, token: str, number: str) -> None:
    with uow.transaction() as s:
        change(s, None, number, "2", NOW, entrance="shell")
    told = [send(app, token, need=f"第 {n} 次").status_code for n in range(4)]
    assert told == [202, 202, 429, 429]
    assert len(rows(Lead)) == 2


@pytest.mark.parametrize("told", [{"phone": "12"}, {"phone": ""}, {"admin": True}, {"need": "长" * 2001}])
def test_a_form_that_cannot_be_used_says_which_field(app: APIFlask, token: str, told: dict[str, object]) -> None:
    answer = send(app, token, **told)
    assert answer.status_code == 422
    assert answer.get_json()["fields"]
    assert rows(Lead) == []


def test_a_phone_adds_answers_and_converts_its_own_lead(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    made = phone.post("/leads", FORM | {"inlet": "exhibition"}, "k1")
    assert made.status_code == 201
    lead_id = made.get_json()["id"]
    (line,) = phone.get("/leads").get_json()["leads"]
    assert (line["id"], line["urgency"]) == (lead_id, "fine")
    assert phone.post(f"/leads/{lead_id}/steps", {"step": "respond"}).status_code == 200
    done = phone.post(f"/leads/{lead_id}/convert", {"deal_name": "循环泵", "amount": "80000"})
    assert "已新建客户「苏州恒力泵业有限公司」" in done.get_json()["said"]
    assert phone_of("金丝雀").get("/leads").get_json() == {"leads": [], "total": 0}
