"""附件 over the API: what is sent up, handed out, and how what is not yours looks like what is not there."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Engine, func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from config.files import MOST_BYTES
from config.vocabulary import LoginVia
from crm import uow
from crm.usecases.sessions import open_session
from models.files import Attachment
from models.timeline import TimelineEntry
from tests.api.conftest import MINE, NOW, OTHERS, Phone, make_app

TEXT = "口径 DN80，扬程 32 米".encode()


def picture() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SECRETMAKER"
    out = io.BytesIO()
    Image.new("RGB", (60, 40), (200, 30, 30)).save(out, "JPEG", exif=exif.tobytes())
    return out.getvalue()


def send(
    phone: Phone, data: bytes, name: str = "说明.txt", *, to: str = MINE, key: str = "", **more: Any
) -> TestResponse:
    headers = phone.headers | ({"Idempotency-Key": key} if key else {})
    # Encoded here: the client itself would leave a temporary file open behind a large body.
    boundary, body = encode_multipart({"file": FileStorage(io.BytesIO(data), name), **more})
    kind = f"multipart/form-data; boundary={boundary}"
    return phone.client.post(f"/api/v1/customers/{to}/attachments", data=body, content_type=kind, headers=headers)


def count() -> int:
    with uow.reading() as s:
        return s.scalar(select(func.count()).select_from(Attachment)) or 0


def on_disk(tmp_path: Path) -> int:
    return sum(path.is_file() for path in (tmp_path / "files").rglob("*"))


def test_a_file_goes_up_is_listed_and_comes_down_as_a_download(phone: Phone) -> None:
    answer = send(phone, TEXT, "泵/说明 .html", note="第二稿")
    assert answer.status_code == 201
    made = answer.get_json()
    assert (made["name"], made["note"], made["kind"], made["size"]) == ("说明.txt", "第二稿", "text", len(TEXT))
    listed = phone.get(f"/customers/{MINE}/attachments").get_json()
    assert listed == {"attachments": [made], "may_write": True}
    got = phone.get(f"/attachments/{made['id']}", buffered=True)
    assert (got.status_code, got.data, got.mimetype) == (200, TEXT, "text/plain")
    told = got.headers
    assert told["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%E8%AF%B4%E6%98%8E.txt" in told["Content-Disposition"]
    assert (told["X-Content-Type-Options"], told["Cache-Control"]) == ("nosniff", "no-store")
    assert "default-src 'none'" in told["Content-Security-Policy"]


def test_a_picture_is_handed_out_without_its_exif_and_as_it_came_on_request(phone: Phone) -> None:
    data = picture()
    made = send(phone, data, "现场.png").get_json()
    assert (made["name"], made["width"], made["height"]) == ("现场.jpg", 60, 40)
    shown = phone.get(f"/attachments/{made['id']}", buffered=True).data
    assert (b"SECRETMAKER" in data, b"SECRETMAKER" in shown) == (True, False)
    assert phone.get(f"/attachments/{made['id']}?original=1", buffered=True).data == data
    assert phone.get(f"/attachments/{made['id']}?original=2").status_code == 422


def test_removed_is_gone_and_comes_back(phone: Phone) -> None:
    one = send(phone, TEXT).get_json()["id"]
    assert phone.delete(f"/attachments/{one}").status_code == 204
    assert phone.delete(f"/attachments/{one}").status_code == 204
    assert phone.get(f"/attachments/{one}").status_code == 404
    assert phone.get(f"/customers/{MINE}/attachments").get_json()["attachments"] == []
    back = phone.client.post(f"/api/v1/attachments/{one}/restore", headers=phone.headers)
    assert (back.status_code, back.get_json()["id"]) == (200, one)
    assert phone.get(f"/attachments/{one}", buffered=True).data == TEXT


def test_not_yours_looks_like_not_there(phone: Phone, phone_of: Callable[[str], Phone], tmp_path: Path) -> None:
    theirs = send(phone_of("金丝雀"), TEXT, to=OTHERS).get_json()["id"]
    assert theirs
    before = on_disk(tmp_path)
    asks: tuple[Callable[[str], TestResponse], ...] = (
        lambda one: phone.get(f"/attachments/{one}"),
        lambda one: phone.get(f"/attachments/{one}?original=1"),
        lambda one: phone.delete(f"/attachments/{one}"),
        lambda one: phone.client.post(f"/api/v1/attachments/{one}/restore", headers=phone.headers),
    )
    for ask in asks:
        foreign, missing, odd = ask(theirs), ask("0" * 20), ask("..%2f..%2fetc")
        assert (foreign.status_code, foreign.data) == (missing.status_code, missing.data)
        assert odd.status_code == 404
        assert dict(foreign.headers) == dict(missing.headers)
    foreign, missing = send(phone, TEXT, to=OTHERS), send(phone, TEXT, to="0" * 20)
    assert (foreign.status_code, foreign.data) == (missing.status_code, missing.data) == (404, missing.data)
    assert on_disk(tmp_path) == before


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"", "空的"), (b"<html><script>", "网页"), (b"MZ" + bytes(99), "程序"), (b"\x00\xff" * 99, "认不出")],
)
def test_what_is_refused_says_why_and_keeps_nothing(phone: Phone, tmp_path: Path, data: bytes, why: str) -> None:
    answer = send(phone, data, "现场照片.jpg")
    assert answer.status_code == 422
    assert why in answer.get_json()["fields"]["file"]
    assert (count(), on_disk(tmp_path)) == (0, 0)


def test_too_large_is_413_with_words_and_keeps_nothing(phone: Phone, tmp_path: Path) -> None:
    for size in (MOST_BYTES + 1, MOST_BYTES + 200_000):
        answer = send(phone, b"a" * size)
        assert answer.status_code == 413
        assert "20 MB" in answer.get_json()["message"]
    assert (count(), on_disk(tmp_path)) == (0, 0)


def test_a_form_that_is_none_or_says_too_much_is_refused(phone: Phone) -> None:
    path = f"/api/v1/customers/{MINE}/attachments"
    assert phone.client.post(path, json={"file": "x"}, headers=phone.headers).status_code == 415
    assert phone.client.post(path, data=b"x", headers=phone.headers).status_code == 415
    bare = phone.client.post(path, data={"note": "x"}, content_type="multipart/form-data", headers=phone.headers)
    assert bare.get_json()["fields"] == {"file": "必填"}
    words = phone.client.post(path, data={"file": "x"}, content_type="multipart/form-data", headers=phone.headers)
    assert words.get_json()["fields"] == {"file": "要选一个文件"}
    assert send(phone, TEXT, customer_id="1").get_json()["fields"] == {"body": "有不认识的字段，请去掉"}
    assert send(phone, TEXT, note="说" * 201).get_json()["fields"] == {"note": "最多 200 个字"}
    assert phone.client.post(path, data={"file": (io.BytesIO(TEXT), "a.txt")}).status_code == 401
    assert count() == 0


def test_a_repeated_upload_is_one_file(phone: Phone, tmp_path: Path) -> None:
    first, again = send(phone, TEXT, key="up-1"), send(phone, TEXT, key="up-1")
    assert (first.status_code, first.get_json()) == (again.status_code, again.get_json())
    assert (count(), on_disk(tmp_path)) == (1, 1)
    other = send(phone, TEXT + b"!", key="up-1")
    assert other.status_code == 409
    assert (count(), on_disk(tmp_path)) == (1, 1)


def test_the_same_upload_at_once_is_one_file(both_stores: Engine, tmp_path: Path) -> None:
    app = make_app(lambda: NOW, tmp_path / "files")
    with uow.transaction() as s:
        token, _ = open_session(s, "zhang", LoginVia.MINIAPP, NOW)
    phones = [Phone(app.test_client(), token) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda one: send(one, TEXT, key="up-1"), phones))
    assert {(a.status_code, a.get_json()["id"]) for a in answers} == {(201, answers[0].get_json()["id"])}
    assert (count(), on_disk(tmp_path)) == (1, 1)
    with uow.reading() as s:
        assert s.scalar(select(func.count()).select_from(TimelineEntry).where(TimelineEntry.kind == "attachment")) == 1
