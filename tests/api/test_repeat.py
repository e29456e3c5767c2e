"""The same request twice, at once, or under a borrowed key: never two effects."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import Engine, func, select

from config.vocabulary import LoginVia
from crm import uow
from crm.usecases.sessions import open_session
from models.base import Base
from models.ops import IdempotencyKey
from models.timeline import TimelineEntry
from models.visits import Visit
from tests.api.conftest import MINE, NOW, TEAMMATES, Phone, make_app

WRITE = f"/customers/{MINE}/follow-ups"
TEXT = {"text": "和王总谈妥了二期的交货时间，下周寄样机"}


def count(table: type[Base]) -> int:
    with uow.reading() as s:
        return s.scalar(select(func.count()).select_from(table)) or 0


def test_the_same_key_and_request_get_the_first_answer_again(phone: Phone) -> None:
    first, second = phone.post(WRITE, TEXT, key="a-1"), phone.post(WRITE, TEXT, key="a-1")
    assert (first.status_code, first.data) == (second.status_code, second.data) == (201, second.data)
    assert count(TimelineEntry) == 1


def test_the_spelling_of_the_request_does_not_matter(phone: Phone) -> None:
    first = phone.post(WRITE, TEXT, key="a-1")
    spelled = phone.client.post(
        "/api/v1" + WRITE,
        data=f'{{ "at": null, "text": "{TEXT["text"]}  " }}'.encode(),
        headers=phone.headers | {"Idempotency-Key": "a-1", "Content-Type": "application/json; charset=utf-8"},
    )
    assert spelled.data == first.data


@pytest.mark.parametrize(
    ("path", "body"), [(WRITE, {"text": "别的内容"}), (f"/customers/{TEAMMATES}/follow-ups", TEXT)]
)
def test_a_key_used_for_another_request_is_a_conflict(
    phone_of: Callable[[str], Phone], path: str, body: dict[str, str]
) -> None:
    phone = phone_of("li")
    assert phone.post(WRITE, TEXT, key="a-1").status_code == 201
    answer = phone.post(path, body, key="a-1")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "conflict")
    assert count(TimelineEntry) == 1


def test_a_key_belongs_to_a_person(phone_of: Callable[[str], Phone]) -> None:
    answers = [phone_of(userid).post(WRITE, TEXT, key="a-1") for userid in ("zhang", "li")]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert count(TimelineEntry) == 2


def test_a_refusal_is_not_kept_so_that_it_can_be_mended(phone: Phone) -> None:
    assert phone.post(WRITE, {"text": " "}, key="a-1").status_code == 422
    assert phone.post(f"/customers/{TEAMMATES}/follow-ups", TEXT, key="a-1").status_code == 404
    assert phone.post(WRITE, TEXT, key="a-1").status_code == 201


def test_taking_back_is_repeated_like_any_other_write(phone: Phone) -> None:
    entry = phone.post(WRITE, TEXT).get_json()["id"]
    answers = [phone.delete(f"/follow-ups/{entry}", key="d-1") for _ in range(2)]
    assert [(answer.status_code, answer.data) for answer in answers] == [(204, b"")] * 2
    assert count(IdempotencyKey) == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 65, "é", "a;b", "中"])
def test_a_key_of_the_wrong_shape_is_refused_before_anything_happens(phone: Phone, key: str) -> None:
    headers = phone.headers | {"Idempotency-Key": key.encode().decode("latin-1")}
    answer = phone.client.post("/api/v1" + WRITE, json=TEXT, headers=headers)
    assert (answer.status_code, answer.get_json()["fields"]) == (422, {"Idempotency-Key": "格式不对"})
    assert count(TimelineEntry) == 0


def at_once(app: APIFlask, token: str, key: str, path: str, body: object) -> list[tuple[int, bytes]]:
    def send(_: int) -> tuple[int, bytes]:
        answer = Phone(app.test_client(), token).post(path, body, key)
        return answer.status_code, answer.data

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(send, range(8)))


def test_twins_sent_at_once_have_one_effect_and_one_answer(both_stores: Engine) -> None:
    app = make_app(lambda: NOW, Path("nowhere"))
    with uow.transaction() as s:
        token, _ = open_session(s, "zhang", LoginVia.MINIAPP, NOW)
    for turn in range(5):
        answers = at_once(app, token, f"key-{turn}", WRITE, TEXT)
        assert {status for status, _ in answers} == {201}
        assert len({data for _, data in answers}) == 1
        assert count(TimelineEntry) == turn + 1


def test_one_visit_sent_at_once_without_a_key_is_one_visit(both_stores: Engine) -> None:
    visit = {
        "client_id": "v-1", "customer_id": MINE, "latitude": 31.23, "longitude": 121.47, "datum": "wgs84",
        "at": NOW.isoformat(), "sent_at": NOW.isoformat(), "device": "p",
    }  # fmt: skip
    app = make_app(lambda: NOW, Path("nowhere"))
    with uow.transaction() as s:
        token, _ = open_session(s, "zhang", LoginVia.MINIAPP, NOW)
    answers = at_once(app, token, "", "/visits", visit)
    assert sorted(status for status, _ in answers) == [200] * 7 + [201]
    assert count(Visit) == 1
