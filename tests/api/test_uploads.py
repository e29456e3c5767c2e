"""The page behind an upload link: one file for one gap, as the person it was made for, for fifteen minutes."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from sqlalchemy.engine import Engine
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from config.vocabulary import PersonStatus
from crm import uow
from crm.access import actor_by_userid
from crm.usecases.deals import open_deal
from gateways.files import FileStore
from gateways.upload_links import Grant, UploadLinks
from miniapp_api import UploadDeps, uploads
from models.audit import AuditEntry
from models.customers import Customer
from models.deals import Evidence
from models.files import Attachment
from models.people import Person
from tests.api.conftest import MINE, NOW, Shifting
from tests.support.company import rows
from tests.support.papers import paper, photo, picture_file, written

LINKS = UploadLinks("s" * 40, "https://crm.example.com/")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def client(both_stores: Engine, clock: Shifting, tmp_path: Path) -> FlaskClient:
    app = APIFlask(__name__)
    app.register_blueprint(uploads(UploadDeps(clock, FileStore(tmp_path / "files"), LINKS)))
    return app.test_client()


@pytest.fixture
def deal(client: FlaskClient) -> str:
    with uow.transaction() as s:
        who = actor_by_userid(s, "zhang")
        return open_deal(s, who, MINE, "二期循环泵", Decimal(800_000), NOW, entrance="miniapp").public_id


def link(deal: str, person: int = 1, stage: str = "proposal", kind: str = "minutes") -> str:
    made = LINKS.make(Grant(person, deal, stage, kind), NOW)
    assert made.startswith("https://crm.example.com/upload/")
    return made.removeprefix("https://crm.example.com")


def send(client: FlaskClient, address: str, data: bytes, box: str = "file", name: str = "纪要.docx") -> TestResponse:
    # Encoded here: the client itself would leave a temporary file open behind a large body.
    boundary, body = encode_multipart({box: FileStorage(BytesIO(data), name)})
    return client.post(address, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def test_a_file_is_handed_in_with_nothing_but_the_link(client: FlaskClient, deal: str) -> None:
    page = client.get(link(deal))
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert ("上传会议纪要" in text, "二期循环泵" in text, "甲机电" in text) == (True, True, True)
    done = send(client, link(deal), written(Random(1), paper(Random(1)))[1]).get_data(as_text=True)
    assert ("已收下" in done, "什么都不缺了" in done, "/推进 二期循环泵" in done) == (True, True, True)
    (proof,) = rows(Evidence)
    assert (proof.stage_key, proof.kind, proof.added_by_id) == ("proposal", "minutes", 1)
    assert {row.entrance for row in rows(AuditEntry) if row.verb in ("add_evidence", "add_attachment")} == {"link"}


def test_a_photo_from_the_camera_is_one_too_and_the_rest_is_told(client: FlaskClient, deal: str) -> None:
    at = link(deal, stage="negotiation", kind="quotation")
    done = send(client, at, picture_file(Random(1), photo(Random(1)))[1], "photo", "IMG_1.jpg").get_data(as_text=True)
    assert ("已收下" in done, "到「方案提交」还缺" in done, "要有会议纪要" in done) == (True, True, True)


def test_the_page_may_do_nothing_but_this_and_is_kept_nowhere(client: FlaskClient, deal: str) -> None:
    for answer in (client.get(link(deal)), client.get("/upload/x")):
        headers = answer.headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert "Set-Cookie" not in headers
    for name in ("upload.css", "upload.js"):
        with client.get(f"/upload/static/{name}") as file:
            assert file.status_code == 200
    assert client.get("/upload/static/../uploads.py").status_code == 404


def test_after_fifteen_minutes_it_says_so_and_how_to_get_another(
    client: FlaskClient, deal: str, clock: Shifting
) -> None:
    clock.now = NOW + 15 * MINUTE - timedelta(seconds=1)
    assert client.get(link(deal)).status_code == 200
    clock.now = NOW + 15 * MINUTE
    for answer in (client.get(link(deal)), send(client, link(deal), b"x" * 100)):
        text = answer.get_data(as_text=True)
        assert answer.status_code == 410
        assert ("已经失效" in text, "/推进" in text, "二期循环泵" in text) == (True, True, False)
    assert rows(Attachment) == []


def test_nobody_makes_a_link_but_us(client: FlaskClient, deal: str) -> None:
    good = link(deal)
    token = good.rsplit("/", 1)[1]
    ends = int((NOW + 10 * MINUTE).timestamp())
    forged = URLSafeSerializer("another secret", salt="evidence upload").dumps([1, deal, "proposal", "minutes", ends])
    borrowed = URLSafeSerializer("s" * 40, salt="session").dumps([1, deal, "proposal", "minutes", ends])
    for bad in (str(forged), str(borrowed), token[:-2], token.swapcase(), "x", "%00", "." * 500):
        answer = client.get(f"/upload/{bad}")
        assert (answer.status_code, "二期循环泵" in answer.get_data(as_text=True)) == (404, False), bad
        assert send(client, f"/upload/{bad}", b"x" * 100).status_code == 404
    assert rows(Attachment) == []


@pytest.mark.parametrize("person", [4, 5, 6, 99])
def test_it_gives_nothing_that_the_person_may_not_do_himself(client: FlaskClient, deal: str, person: int) -> None:
    """Another team's rep, one whose account was disabled, one who has left, nobody."""
    at, data = link(deal, person), written(Random(1), paper(Random(1)))[1]
    for answer in (client.get(at), send(client, at, data)):
        assert answer.status_code in (403, 404)
        assert "二期循环泵" not in answer.get_data(as_text=True)
    assert (rows(Attachment), rows(Evidence)) == ([], [])


def test_what_he_lost_meanwhile_the_link_lost_too(client: FlaskClient, deal: str) -> None:
    at = link(deal)
    assert client.get(at).status_code == 200
    with uow.transaction() as s:
        s.get_one(Person, 1).status = PersonStatus.DISABLED
    assert client.get(at).status_code == 403
    with uow.transaction() as s:
        s.get_one(Person, 1).status = PersonStatus.ACTIVE
        s.get_one(Customer, 1).owner_id = 4
    assert send(client, at, written(Random(1), paper(Random(1)))[1]).status_code == 404
    assert rows(Attachment) == []


@pytest.mark.parametrize(
    ("data", "status", "why"),
    [
        (b"", 422, "空的"),
        (b"MZ" + bytes(500), 422, "程序或脚本"),
        (picture_file(Random(1), photo(Random(1), (100, 100)))[1], 422, "太小"),
        (b"%PDF-1.7\nbroken\n%%EOF", 422, "打不开"),
        (b"a" * (20 * 1024 * 1024 + 100_000), 413, "20 MB"),
    ],
)
def test_a_refusal_is_told_and_leaves_nothing(
    client: FlaskClient, deal: str, tmp_path: Path, data: bytes, status: int, why: str
) -> None:
    answer = send(client, link(deal), data)
    assert (answer.status_code, why in answer.get_data(as_text=True)) == (status, True)
    assert (rows(Attachment), rows(Evidence)) == ([], [])
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_the_same_file_twice_is_told_the_second_time(client: FlaskClient, deal: str) -> None:
    data = written(Random(1), paper(Random(1)))[1]
    assert send(client, link(deal), data).status_code == 200
    again = send(client, link(deal), data)
    assert (again.status_code, "已经用作这个商机的凭证" in again.get_data(as_text=True)) == (409, True)
    assert len(rows(Attachment)) == 1


def test_a_form_without_a_file_and_one_for_a_stage_that_is_past(client: FlaskClient, deal: str) -> None:
    answer = client.post(link(deal), data={}, content_type="multipart/form-data")
    assert (answer.status_code, "还没有选文件" in answer.get_data(as_text=True)) == (422, True)
    past = send(client, link(deal, stage="requirement"), written(Random(1), paper(Random(1)))[1])
    assert (past.status_code, "已经过了" in past.get_data(as_text=True)) == (422, True)


def test_words_of_people_are_shown_as_words(client: FlaskClient, deal: str) -> None:
    name = "<script>alert(1)<script>.txt"
    done = send(client, link(deal), "会议纪要：双方确认扬程三十二米".encode(), name=name).get_data(as_text=True)
    assert ("已收下" in done, "<script>alert" in done) == (True, False)
