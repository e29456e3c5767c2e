"""Bodies, addresses and headers as nobody honest writes them: refused with words, never a 5xx, never an echo."""

import json
import logging
import math
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from crm import uow
from models.customers import Customer
from models.timeline import TimelineEntry
from models.visits import Visit
from tests.api.conftest import MINE, NOW, Phone

FOLLOW_UPS = f"/customers/{MINE}/follow-ups"
VISIT: dict[str, Any] = {
    "client_id": "v-1",
    "customer_id": MINE,
    "latitude": 31.23,
    "longitude": 121.47,
    "datum": "wgs84",
    "at": NOW.isoformat(),
    "sent_at": NOW.isoformat(),
    "device": "phone-1",
}


def raw(phone: Phone, path: str, body: bytes, content_type: str = "application/json") -> TestResponse:
    return phone.client.post("/api/v1" + path, data=body, headers=phone.headers | {"Content-Type": content_type})


def is_an_error(answer: TestResponse) -> bool:
    body = answer.get_json()
    return set(body) in ({"code", "message"}, {"code", "message", "fields"}) and bool(body["message"])


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"latitude": 90.1}, "latitude", "不能大于 90"),
        ({"longitude": -180.1}, "longitude", "不能小于 -180"),
        ({"latitude": math.nan}, "latitude", "有限的数字"),
        ({"latitude": math.inf}, "latitude", "有限的数字"),
        ({"accuracy_m": -math.inf}, "accuracy_m", "有限的数字"),
        ({"accuracy_m": -1}, "accuracy_m", "不能小于 0"),
        ({"latitude": "31.2"}, "latitude", "要填数字"),
        ({"latitude": True}, "latitude", "要填数字"),
        ({"datum": "wgs72"}, "datum", "可选"),
        ({"datum": None}, "datum", "可选"),
        ({"client_id": "a b"}, "client_id", "格式不对"),
        ({"client_id": 7}, "client_id", "要填文字"),
        ({"at": "2026-11-23T02:00:00"}, "at", "时区"),
        ({"at": "2026-11-23"}, "at", "时区"),
        ({"at": 1764000000}, "at", "时区"),
        ({"at": "1764000000"}, "at", "时区"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at", "年份"),
        ({"at": "9999-12-31T23:59:59-12:00"}, "at", "年份"),
        ({"at": "2026-13-01T00:00:00Z"}, "at", "时区"),
        ({"place": "a\x00b"}, "place", "不能识别"),
        ({"place": "长" * 256}, "place", "最多 255"),
        ({"report": "长" * 5001}, "report", "最多 5000"),
        ({"report": None}, "report", "要填文字"),
    ],
)
def test_a_bad_field_is_named_in_chinese_and_nothing_is_recorded(
    phone: Phone, change: dict[str, Any], field: str, said: str
) -> None:
    answer = raw(phone, "/visits", json.dumps(VISIT | change).encode())
    body = answer.get_json()
    assert (answer.status_code, body["code"], list(body["fields"])) == (422, "invalid", [field])
    assert said in body["fields"][field]
    with uow.reading() as s:
        assert s.scalar(select(func.count()).select_from(Visit)) == 0


def test_missing_fields_are_named_all_at_once(phone: Phone) -> None:
    assert phone.post("/visits", {}).get_json()["fields"] == dict.fromkeys(
        VISIT.keys() - {"latitude", "longitude"}, "必填"
    )


@pytest.mark.parametrize("path", ["/visits", FOLLOW_UPS, "/session"])
@pytest.mark.parametrize(
    "column",
    [
        "owner_id", "id", "public_id", "customer_id_", "author_id", "counts", "person_id", "visited_at", "received_at",
        "recorded_at", "retracted_at", "source", "distance_m", "owner_then_id", "silent_since", "role", "kind",
        "__class__", "queue_team_id", "status", "deal_id",
    ],
)  # fmt: skip
def test_a_column_that_is_not_offered_cannot_be_assigned(phone: Phone, path: str, column: str) -> None:
    good = {"/visits": VISIT, FOLLOW_UPS: {"text": "聊了二期"}, "/session": {"code": "code-zhang", "via": "miniapp"}}
    answer = phone.post(path, good[path] | {column: 4})
    assert (answer.status_code, list(answer.get_json()["fields"])) == (422, ["body"])
    with uow.reading() as s:
        assert s.scalar(select(func.count()).select_from(TimelineEntry)) == 0
        assert s.get_one(Customer, 1).owner_id == 1


def test_what_was_typed_is_never_repeated(phone: Phone) -> None:
    evil = "<script>x</script>7734"
    for body in ({evil: evil}, {"text": [evil]}, {"text": "聊", "at": evil}, {"next_follow_up_at": evil}, [evil], evil):
        assert "7734" not in phone.post(FOLLOW_UPS, body).get_data(as_text=True)
    for path in (f"/customers?{evil}={evil}", f"/customers?sort={evil}", f"/customers?limit={evil}", f"/{evil}"):
        assert "7734" not in phone.get(path).get_data(as_text=True)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"[" * 60_000, b'{"a":' * 10_000, b'{"text": "\\ud800"}',
        b'{"text": ' + b"9" * 5000 + b"}", b"NaN", b'{"text": "a" "b"}', b"\x00",
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_refused_with_words(phone: Phone, body: bytes) -> None:
    answer = raw(phone, FOLLOW_UPS, body)
    assert (answer.status_code, next(iter(answer.get_json()["fields"]))) in ((422, "body"), (422, "text"))
    assert is_an_error(answer)


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_only_json_is_read_so_that_no_form_of_another_site_can_write(phone: Phone, content_type: str) -> None:
    answer = raw(phone, FOLLOW_UPS, b'{"text": "x"}', content_type)
    assert (answer.status_code, answer.get_json()["code"]) == (415, "unsupported_media_type")


def test_a_body_over_64_kib_is_refused_by_its_word_and_by_its_size(phone: Phone) -> None:
    answer = raw(phone, FOLLOW_UPS, b'{"text": "' + b"a" * 65536 + b'"}')
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")
    unsized = phone.client.post(
        "/api/v1" + FOLLOW_UPS,
        input_stream=BytesIO(b'{"text": "' + b"a" * 70_000 + b'"}'),
        headers=phone.headers | {"Content-Type": "application/json", "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert (unsized.status_code, unsized.get_json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1", 404, "not_found"),
        ("GET", "/api/v1/", 404, "not_found"),
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/v1//me", 404, "not_found"),
        ("GET", "/api/v1/me/", 404, "not_found"),
        ("GET", "/api/v1/../../etc/passwd", 404, "not_found"),
        ("PUT", "/api/v1/me", 405, "method_not_allowed"),
        ("PUT", "/api/v1/visits", 405, "method_not_allowed"),
        ("PUT", f"/api/v1/customers/{MINE}", 405, "method_not_allowed"),
    ],
)
def test_addresses_and_methods_that_do_not_exist_are_said_in_json(
    app: APIFlask, method: str, path: str, status: int, code: str
) -> None:
    answer = app.test_client().open(path, method=method)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert is_an_error(answer)


def test_addresses_that_are_not_ours_are_left_to_the_application(app: APIFlask) -> None:
    assert "code" not in app.test_client().get("/console/nothing").get_json()


def test_without_a_token_nothing_is_learnt_about_fields(client_paths: list[tuple[str, str]], app: APIFlask) -> None:
    for method, path in client_paths:
        answer = app.test_client().open(path, method=method, data=b"{", content_type="application/json")
        assert (answer.status_code, answer.get_json()["code"]) == (401, "not_signed_in"), path


@pytest.fixture
def client_paths(app: APIFlask) -> list[tuple[str, str]]:
    """Every operation but signing in, and the form that strangers fill in."""
    return [
        (method, rule.rule.replace("<customer_id>", MINE).replace("<entry_id>", MINE))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint not in ("api.sign_in", "api.send_form")
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
    ]


def test_what_nobody_foresaw_is_logged_and_told_without_details(phone: Phone, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = phone.post("/session", {"code": "bug", "via": "miniapp"})
    assert (answer.status_code, answer.get_json()["code"]) == (500, "error")
    assert "inner detail" not in answer.text
    assert "inner detail" in caplog.text


@pytest.mark.parametrize(("method", "said"), [("GET", "没有查到"), ("POST", "没有保存")])
def test_a_store_that_cannot_answer_is_busy_and_worth_another_try(
    phone: Phone, tmp_path: Path, method: str, said: str
) -> None:
    uow.dispose()
    away = tmp_path.rename(tmp_path.with_name("away"))
    answer = phone.get("/customers") if method == "GET" else phone.post(FOLLOW_UPS, {"text": "聊了二期的价格"})
    away.rename(tmp_path)
    assert (answer.status_code, answer.get_json()["code"], answer.headers["Retry-After"]) == (503, "busy", "5")
    assert said in answer.get_json()["message"]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_moment = st.datetimes().map(lambda at: at.isoformat() + "+08:00") | st.just(NOW.isoformat()) | _json
_text = st.text(min_size=1, max_size=30) | st.just("聊了二期交货时间和价格") | _json
_follow_up = st.fixed_dictionaries({"text": _text}, optional={"at": _moment, "next_follow_up_at": _moment, "x": _json})
_visit = st.fixed_dictionaries(
    {
        "client_id": st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True) | _json,
        "customer_id": st.just(MINE) | _text,
        "latitude": st.floats(-90, 90) | _json,
        "longitude": st.floats(-180, 180) | _json,
        "datum": st.sampled_from(["wgs84", "gcj02", "bd09"]) | _json,
        "at": _moment,
        "sent_at": _moment,
        "device": st.just("phone-1") | _json,
    },
    optional={
        "fix_at": _moment,
        "why": _text,
        "photos": st.lists(_text, max_size=3),
        "accuracy_m": st.floats(0, 100) | _json,
        "place": _text,
        "report": _text,
        "x": _json,
    },
)
_fuzz = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@_fuzz
@given(body=_follow_up | _json, key=st.none() | st.text(alphabet=st.characters(codec="latin-1"), max_size=70))
def test_no_follow_up_body_breaks_the_server(phone: Phone, body: object, key: str | None) -> None:
    headers = phone.headers if key is None or "\r" in key or "\n" in key else phone.headers | {"Idempotency-Key": key}
    headers = headers | {"Content-Type": "application/json"}
    answer = phone.client.post("/api/v1" + FOLLOW_UPS, data=json.dumps(body), headers=headers)
    assert answer.status_code in (201, 409, 422)
    assert answer.status_code == 201 or is_an_error(answer)


@_fuzz
@given(body=_visit | _json)
def test_no_check_in_body_breaks_the_server(phone: Phone, body: object) -> None:
    answer = raw(phone, "/visits", json.dumps(body).encode())
    assert answer.status_code in (200, 201, 404, 422)
    assert answer.status_code < 400 or is_an_error(answer)


@_fuzz
@given(code=_text, via=st.sampled_from(["miniapp", "sidebar"]) | _json)
def test_no_login_body_breaks_the_server(app: APIFlask, code: object, via: object) -> None:
    answer = app.test_client().post("/api/v1/session", json={"code": code, "via": via})
    assert answer.status_code in (401, 422)


@_fuzz
@given(
    query=st.dictionaries(
        st.sampled_from(["query", "sort", "cursor", "limit", "x"]),
        st.text(max_size=12)
        | st.sampled_from(["name", "newest", "1", "100", "999999", "0", "-1", "1e3", "%", "_", "\\"]),
    ),
    path=st.text(max_size=24),
)
def test_no_address_breaks_the_server(phone: Phone, query: dict[str, str], path: str) -> None:
    assert phone.get("/customers", query_string=query).status_code in (200, 400, 422)
    client: FlaskClient = phone.client
    assert client.get("/api/v1/customers/" + path, headers=phone.headers).status_code in (200, 404)
