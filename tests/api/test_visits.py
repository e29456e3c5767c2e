"""Visits over the API: photos first, the visit once, whoever sees it, and what the rep is told of doubt."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from config.vocabulary import TimelineKind, Verdict
from crm import uow
from crm.usecases.attachments import named_files
from crm.usecases.visit_uploads import ORPHAN, purge_orphans
from models.audit import AuditEntry
from models.customers import Customer
from models.messages import OutboxMessage
from models.timeline import TimelineEntry
from models.visits import Visit, VisitUpload
from tests.api.conftest import MINE, NOW, OTHERS, TEAMMATES, Phone, Shifting

REPORT = "看了泵房，旧泵汽蚀严重，建议换双吸泵"


def jpeg(seed: int = 0, taken: str = "2026:11:23 10:00:00", place: bool = False) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SECRETMAKER"
    exif.get_ifd(0x8769)[0x9003] = taken
    if place:
        exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 48.0), 3: "E", 4: (121.0, 28.0, 12.0)})
    picture = Image.effect_noise((320, 240), 60 + seed).convert("RGB")
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def send(phone: Phone, client_id: str = "p-1", data: bytes | None = None, key: str = "") -> TestResponse:
    body = {"client_id": client_id, "file": (io.BytesIO(jpeg() if data is None else data), "泵房.jpg")}
    headers = phone.headers | ({"Idempotency-Key": key} if key else {})
    return phone.client.post("/api/v1/uploads", data=body, headers=headers)


def visit(client_id: str = "v-1", **other: object) -> dict[str, Any]:
    return {
        "client_id": client_id,
        "customer_id": MINE,
        "latitude": 31.230412,
        "longitude": 121.470367,
        "datum": "gcj02",
        "accuracy_m": 25,
        "fix_at": NOW.isoformat(),
        "at": NOW.isoformat(),
        "sent_at": NOW.isoformat(),
        "device": "phone-1",
    } | other


def test_a_visit_whose_answer_was_lost_is_sent_again_at_another_time_and_is_the_same(phone: Phone) -> None:
    first = phone.post("/visits", visit(), key="k-1")
    later = (NOW + timedelta(hours=3)).isoformat()
    again = phone.post("/visits", visit(sent_at=later), key="k-1")
    assert (again.status_code, again.get_json()) == (201, first.get_json())
    assert phone.post("/visits", visit(report=REPORT), key="k-1").status_code == 409


def test_photos_come_first_and_the_visit_has_them_in_its_order(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    first, second = (send(phone, f"p-{n}", jpeg(n)).get_json()["id"] for n in (1, 2))
    made = phone.post("/visits", visit(photos=[second, first], report=REPORT), key="k-1")
    told = made.get_json()
    assert (made.status_code, told["verdict"], told["verdict_label"], told["effective"]) == (201, "valid", "有效", True)
    assert told["signals"] == []
    lead = phone_of("li")
    for reader in (phone, lead):
        assert reader.get(f"/visits/{told['id']}").get_json()["photos"] == [second, first]
        assert reader.get(f"/uploads/{first}?size=thumb", buffered=True).status_code == 200
    shown = lead.get(f"/uploads/{first}", buffered=True).data
    assert b"SECRETMAKER" not in shown
    entry = phone.get(f"/customers/{MINE}").get_json()["timeline"][0]
    assert (entry["visit_id"], entry["photos"]) == (told["id"], [second, first])
    assert entry["text"].endswith(f"，2 张照片：{REPORT}")


def test_a_photo_is_its_senders_alone_until_it_is_bound(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    photo = send(phone).get_json()["id"]
    lead = phone_of("li")
    refused, missing = lead.get(f"/uploads/{photo}"), lead.get("/uploads/" + "0" * 20)
    assert (refused.status_code, refused.data) == (404, missing.data)
    sun = phone_of("sun")
    assert sun.post("/visits", visit(customer_id=TEAMMATES, photos=[photo])).status_code == 404
    assert phone.get(f"/uploads/{photo}", buffered=True).status_code == 200
    with uow.reading() as s:
        assert s.scalar(select(func.count()).select_from(Visit)) == 0  # all of it, or none


def test_a_photo_is_bound_once_and_comes_back_with_a_retraction(phone: Phone) -> None:
    photo = send(phone).get_json()["id"]
    first = phone.post("/visits", visit(photos=[photo])).get_json()["id"]
    assert phone.post("/visits", visit("v-2", photos=[photo])).status_code == 409
    assert phone.delete(f"/visits/{first}").status_code == 204
    assert phone.delete(f"/visits/{first}").status_code == 204
    again = phone.post("/visits", visit("v-2", photos=[photo]))
    assert again.status_code == 201
    assert phone.get(f"/visits/{first}").status_code == 404
    assert phone.get(f"/visits/{again.get_json()['id']}").get_json()["photos"] == [photo]


@pytest.mark.parametrize("key", ["", "k-7"])
def test_a_photo_sent_again_is_the_first_one(phone: Phone, key: str) -> None:
    data = jpeg()
    first, second = send(phone, data=data, key=key), send(phone, data=data, key=key)
    assert first.status_code == 201
    assert second.status_code == (201 if key else 200)
    assert first.get_json()["id"] == second.get_json()["id"]
    with uow.reading() as s:
        assert s.scalar(select(func.count()).select_from(VisitUpload)) == 1


def test_only_pictures_are_photos(phone: Phone) -> None:
    answer = send(phone, data="口径 DN80，扬程 32 米".encode())
    assert (answer.status_code, answer.get_json()["fields"]) == (422, {"file": "只收图片"})


def test_the_camera_is_heard_before_it_is_forgotten(phone: Phone) -> None:
    send(phone, data=jpeg(place=True))
    with uow.reading() as s:
        (one,) = s.scalars(select(VisitUpload))
    assert one.taken_at == NOW
    assert one.latitude == pytest.approx(31.23)
    assert one.longitude == pytest.approx(121.47)
    assert len(one.image_hash) == 16


def test_what_nobody_binds_is_let_go_of_after_forty_days(phone: Phone) -> None:
    bound, _ = send(phone, "p-1", jpeg(1)).get_json()["id"], send(phone, "p-2", jpeg(2))
    phone.post("/visits", visit(photos=[bound]))
    with uow.transaction() as s:
        files = [name for one in s.scalars(select(VisitUpload)) for name in (one.stored_name, one.thumb_name)]
        assert purge_orphans(s, NOW + ORPHAN) == 0
        assert purge_orphans(s, NOW + ORPHAN + timedelta(seconds=1)) == 1
        assert len(named_files(s, files) & set(files)) == 2


def test_a_visit_without_a_position_says_why_and_waits_for_the_supervisor(
    phone: Phone, phone_of: Callable[[str], Phone]
) -> None:
    nowhere = visit(latitude=None, longitude=None, fix_at=None, report=REPORT)
    refused = phone.post("/visits", nowhere)
    assert (refused.status_code, set(refused.get_json()["fields"])) == (422, {"latitude", "why"})
    told = phone.post("/visits", nowhere | {"why": "手机没电"}).get_json()
    assert (told["verdict"], told["verdict_label"], told["effective"]) == ("doubtful", "待补充说明", False)
    assert told["signals"] == ["没有拜访当时的定位，请补充当时在哪里"]
    lead = phone_of("li")
    assert [one["id"] for one in lead.get("/visits/reviews").get_json()["visits"]] == [told["id"]]
    assert lead.get(f"/visits/{told['id']}").get_json()["verdict_label"] == "存疑"
    decided = lead.post(f"/visits/{told['id']}/review", {"verdict": "valid", "words": "核实过"}).get_json()
    assert (decided["verdict"], decided["effective"]) == ("valid", True)
    assert lead.get("/visits/reviews").get_json()["visits"] == []
    mine = phone.get(f"/visits/{told['id']}").get_json()
    assert [one["decision_words"] for one in mine["reviews"]] == ["核实过"]


FAR: dict[str, Any] = {"latitude": 31.912345, "longitude": 121.998765, "fix_at": (NOW - timedelta(hours=3)).isoformat()}


def test_doubt_is_told_to_the_rep_without_a_word_of_the_verdict(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    told = phone.post("/visits", visit(report=REPORT) | FAR).get_json()
    assert (told["verdict"], told["verdict_label"]) == ("doubtful", "待补充说明")
    own, lead = phone.get(f"/visits/{told['id']}"), phone_of("li")
    assert "无效" not in own.get_data(as_text=True)
    assert own.get_json()["score"] is None
    assert lead.get(f"/visits/{told['id']}").get_json()["verdict"] == "invalid"
    assert phone.get("/visits?verdict=invalid").get_json()["visits"] == []
    assert len(phone.get("/visits?verdict=doubtful").get_json()["visits"]) == 1
    assert len(lead.get("/visits?verdict=invalid").get_json()["visits"]) == 1
    with uow.reading() as s:  # what nobody believes stops no clock
        assert s.get_one(Customer, 1).silent_since == NOW - timedelta(days=31)
        assert not s.scalars(select(TimelineEntry.counts).where(TimelineEntry.kind == TimelineKind.VISIT)).one()


def test_an_explanation_goes_to_the_supervisor_once_and_the_decision_comes_back(
    phone: Phone, phone_of: Callable[[str], Phone]
) -> None:
    number = phone.post("/visits", visit(report=REPORT) | FAR).get_json()["id"]
    said = {"words": "客户搬到新厂区了"}
    assert phone.post(f"/visits/{number}/appeal", said).status_code == 200
    assert phone.post(f"/visits/{number}/appeal", said).status_code == 200
    assert phone.post(f"/visits/{number}/appeal", {"words": "再说一遍"}).status_code == 409
    lead = phone_of("li")
    assert phone.post(f"/visits/{number}/review", {"verdict": "valid"}).status_code == 404
    assert lead.post(f"/visits/{number}/review", {"verdict": "doubtful"}).status_code == 422
    assert lead.post(f"/visits/{number}/review", {"verdict": "valid"}).status_code == 200
    with uow.reading() as s:
        told = [(one.person_id, one.notice["title"]) for one in s.scalars(select(OutboxMessage))]
        verbs = s.scalars(select(AuditEntry.verb)).all()
        assert s.scalars(select(TimelineEntry.counts).where(TimelineEntry.kind == TimelineKind.VISIT)).one()
    assert told == [(1, "待补充说明：甲机电"), (2, "拜访补充说明：甲机电"), (1, "拜访有效：甲机电")]
    assert [verb for verb in verbs if verb.endswith("_visit")] == ["appeal_visit", "review_visit"]
    assert phone.post(f"/visits/{number}/appeal", said).status_code == 409


def test_the_lead_does_not_judge_his_own_visit(phone_of: Callable[[str], Phone]) -> None:
    lead = phone_of("li")
    number = lead.post("/visits", visit(why="手机没电")).get_json()["id"]
    assert lead.post(f"/visits/{number}/review", {"verdict": "valid"}).status_code == 409


def test_a_report_that_says_something_makes_a_visit_effective(phone: Phone) -> None:
    number = phone.post("/visits", visit()).get_json()["id"]
    assert not phone.get(f"/visits/{number}").get_json()["effective"]
    first = phone.post(f"/visits/{number}/report", {"report": REPORT})
    assert (first.status_code, first.get_json()["effective"]) == (200, True)
    assert phone.post(f"/visits/{number}/report", {"report": REPORT}).status_code == 200
    assert phone.post(f"/visits/{number}/report", {"report": "别的"}).status_code == 409
    copied = phone.post("/visits", visit("v-2", report=REPORT, latitude=31.230533, longitude=121.470489)).get_json()
    assert not copied["effective"]


def test_the_list_pages_without_skipping_and_narrows(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    for n in range(5):
        at = (NOW - timedelta(days=n)).isoformat()
        phone.post("/visits", visit(f"v-{n}", at=at, fix_at=at, latitude=31.2304 + n / 98765))
    seen, cursor = [], ""
    while True:
        page = phone.get(f"/visits?limit=2&cursor={cursor}").get_json()
        seen += [one["at"] for one in page["visits"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)
    assert len(phone.get("/visits?day=2026-11-22").get_json()["visits"]) == 1
    assert len(phone_of("li").get("/visits?person=zhang").get_json()["visits"]) == 5
    assert phone_of("sun").get("/visits").get_json()["visits"] == []
    assert phone.get(f"/visits?customer={OTHERS}").get_json()["visits"] == []


@pytest.mark.parametrize("path", ["/visits?limit=50", "/visits/reviews", "/visits/{}"])
def test_reading_asks_as_often_however_many_there_are(
    phone: Phone, phone_of: Callable[[str], Phone], statements: list[str], path: str
) -> None:
    lead, asked = phone_of("li"), []
    for turn in range(2):
        for n in range(1 + 6 * turn):
            at = (NOW - timedelta(hours=n, minutes=turn)).isoformat()
            number = phone.post("/visits", visit(f"v-{turn}-{n}", at=at, why="补签")).get_json()["id"]
        statements.clear()
        assert lead.get(path.format(number)).status_code == 200
        asked.append(len(statements))
    assert asked[0] == asked[1] <= 16


def test_old_visits_have_no_verdict(phone: Phone, clock: Shifting) -> None:
    number = phone.post("/visits", visit()).get_json()["id"]
    with uow.transaction() as s:
        s.execute(update(Visit).values(verdict=None, score=None))
    told = phone.get(f"/visits/{number}").get_json()
    assert (told["verdict"], told["verdict_label"]) == ("", "未评")
    phone.post("/visits", visit("v-2", latitude=31.230533))
    with uow.reading() as s:
        assert s.scalars(select(Visit.verdict).order_by(Visit.id)).all() == [None, Verdict.VALID]


def test_what_the_phone_has_is_not_sent_again_until_it_changes(phone: Phone) -> None:
    phone.post("/visits", visit())
    first = phone.get("/visits")
    asked = {**phone.headers, "If-None-Match": first.headers["ETag"]}
    same = phone.client.get("/api/v1/visits", headers=asked)
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert same.headers["Cache-Control"] == "no-store"
    phone.post("/visits", visit("v-2", latitude=31.230533))
    changed = phone.client.get("/api/v1/visits", headers=asked)
    assert (changed.status_code, len(changed.get_json()["visits"])) == (200, 2)
    assert "ETag" not in phone.get("/visits/" + "0" * 20).headers
