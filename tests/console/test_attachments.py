"""附件 on the customer's page: sent by a plain form and by scripts, handed out, removed, taken back; in a browser."""

import io
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import select

from config.vocabulary import Role
from crm import uow
from models.customers import Customer
from models.files import Attachment
from tests.console.conftest import SignIn
from tests.console.office import BY_ROLE, CANARY
from tests.console.test_browser import address as address
from tests.console.test_browser import signed_in
from tests.support.browser import DESK, PHONE, Open, accessibility_problems, overflows

REP = BY_ROLE[Role.REP]
HTMX = {"HX-Request": "true"}


def picture(name: str = "JPEG") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SECRETMAKER"
    Image.linear_gradient("L").resize((640, 480)).convert("RGB").save(out, name, exif=exif.tobytes())
    return out.getvalue()


def customer(*, theirs: bool = False) -> str:
    named = Customer.name.like("苏州恒力%") if not theirs else Customer.name.contains(CANARY)
    with uow.reading() as s:
        return s.scalars(select(Customer.public_id).where(named, Customer.owner_id.is_not(None))).first() or ""


def send(client: FlaskClient, to: str, data: bytes, name: str, htmx: bool = True) -> tuple[int, str]:
    form = {"file": (io.BytesIO(data), name)}
    answer = client.post(f"/console/customers/{to}/attachments", data=form, headers=HTMX if htmx else {})
    return answer.status_code, answer.text


def only() -> str:
    with uow.reading() as s:
        return s.scalars(select(Attachment.public_id)).one()


def test_a_picture_goes_up_is_shown_small_and_comes_down_without_its_exif(sign_in: SignIn) -> None:
    client, number = sign_in(REP), customer()
    assert send(client, number, picture(), "旧泵<b>.png") == (200, "旧泵b.jpg")
    page = client.get(f"/console/customers/{number}").text
    assert "旧泵b.jpg" in page
    assert "上传了 旧泵b.jpg" in page
    one = only()
    small = client.get(f"/console/attachments/{one}/thumb", buffered=True)
    assert (small.mimetype, small.headers["Cache-Control"]) == ("image/jpeg", "private, max-age=604800")
    assert not small.headers["Content-Disposition"].startswith("attachment")
    shown = client.get(f"/console/attachments/{one}", buffered=True)
    assert shown.headers["Content-Disposition"].startswith("attachment;")
    assert (shown.headers["Cache-Control"], shown.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    original = client.get(f"/console/attachments/{one}?original=1", buffered=True)
    assert [b"SECRET" in answer.data for answer in (small, shown, original)] == [False, False, True]


def test_what_is_refused_is_said_and_a_plain_form_leads_back(sign_in: SignIn) -> None:
    client, number = sign_in(REP), customer()
    status, said = send(client, number, b"<html>", "照片.jpg")
    assert (status, "网页" in said) == (400, True)
    status, said = send(client, number, b"<html>", "照片.jpg", htmx=False)
    assert (status, "网页" in said, "</html>" in said) == (422, True, True)
    assert send(client, number, "第二稿".encode(), "协议.txt", htmx=False)[0] == 303
    assert client.post(f"/console/customers/{number}/attachments", data={}, headers=HTMX).status_code == 400


def test_a_removed_one_gives_way_to_its_undo_and_comes_back(sign_in: SignIn) -> None:
    client, number = sign_in(REP), customer()
    send(client, number, "第二稿".encode(), "协议.txt")
    one = only()
    gone = client.post(f"/console/attachments/{one}/remove", headers=HTMX)
    assert "已移除「协议.txt」" in gone.text
    assert f"/console/attachments/{one}/restore" in gone.text
    assert "还没有附件" in client.get(f"/console/customers/{number}").text
    back = client.post(f"/console/attachments/{one}/restore", headers=HTMX)
    assert f'id="attachment-{one}"' in back.text


def test_another_teams_file_is_not_there(sign_in: SignIn) -> None:
    foreign = customer(theirs=True)
    send(sign_in("gaorep"), foreign, "第二稿".encode(), "协议.txt")
    one, client = only(), sign_in(REP)
    assert send(client, foreign, b"abc", "a.txt")[0] == 404
    for path in ("", "/thumb", "?original=1"):
        theirs, nobodys = (client.get(f"/console/attachments/{number}{path}") for number in (one, "0" * 20))
        assert (theirs.status_code, theirs.text) == (404, nobodys.text)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_files_are_chosen_dropped_refused_removed_and_brought_back(
    open_page: Open, address: str, size: dict[str, object], tmp_path: Path
) -> None:
    page: Page = signed_in(open_page(**size), address, Role.REP)
    page.goto(f"{address}customers/{customer()}")
    section = page.locator("#attachments")
    expect(section).to_contain_text("还没有附件")
    (tmp_path / "旧泵铭牌.jpg").write_bytes(picture())
    (tmp_path / "网页.jpg").write_bytes(b"<html><script>alert(1)</script></html>")
    section.locator("input[type=file]").set_input_files([tmp_path / "旧泵铭牌.jpg", tmp_path / "网页.jpg"])
    expect(section.locator(".file")).to_contain_text("旧泵铭牌.jpg")
    expect(section.locator(".uploads .bad")).to_contain_text("网页、SVG 或 XML")
    expect(page.locator("#timeline")).to_contain_text("上传了 旧泵铭牌.jpg")
    assert section.locator("img").evaluate("one => one.complete && one.naturalWidth") == 240
    drop = """async form => {
        const files = new DataTransfer();
        files.items.add(new File(['第二稿'], '协议.txt'));
        form.dispatchEvent(new DragEvent('drop', {dataTransfer: files, bubbles: true, cancelable: true}));
    }"""
    section.locator("form.drop").evaluate(drop)
    expect(section.locator(".file")).to_have_count(2)
    assert not overflows(page)
    assert accessibility_problems(page) == []
    section.get_by_role("button", name="知道了").click()
    section.get_by_role("button", name="移除：协议.txt").click()
    expect(section).to_contain_text("已移除「协议.txt」")
    expect(page.locator("#timeline")).not_to_contain_text("上传了 协议.txt")
    section.get_by_role("button", name="撤销").click()
    expect(section.locator(".file")).to_have_count(2)
    with page.expect_download() as download:
        section.get_by_role("link", name=re.compile("^旧泵铭牌")).click()
    assert download.value.suggested_filename == "旧泵铭牌.jpg"
