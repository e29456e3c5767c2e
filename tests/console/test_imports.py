"""导入 in the console: from the upload to the undo, and nobody else's import."""

import io
import re

import openpyxl
import pytest
from flask.testing import FlaskClient

from config.vocabulary import Role
from gateways.dropbox import Dropbox
from jobs import imports as jobs
from tests.console.conftest import SignIn, World
from tests.console.office import BY_ROLE, NOW

SHEET = (
    "客户名称,联系人,手机\n苏州全新热能有限公司,王工,13800138000\n昆山全新水务有限公司,李总,1380013\n,赵工,\n"
).encode()


@pytest.fixture
def box(world: World) -> Dropbox:
    return Dropbox(world.uploads)


def upload(client: FlaskClient, sheet: bytes = SHEET, name: str = "老客户.csv") -> str:
    data = {"kind": "customers", "sheet": (io.BytesIO(sheet), name)}
    answer = client.post("/console/imports", data=data, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def work(box: Dropbox) -> None:
    jobs.work_due(lambda: NOW, box)


def fields(page: str) -> dict[str, list[str]]:
    targets = re.findall(r'<select class="form-select form-select-sm" name="target".*?</select>', page, re.S)
    chosen = [re.search(r'value="([^"]*)" selected', one) for one in targets]
    return {"target": [one[1] if one else "" for one in chosen], "unit": ["" for _ in targets]}


def test_from_the_upload_to_the_undo(sign_in: SignIn, box: Dropbox) -> None:
    client = sign_in(BY_ROLE[Role.OPERATIONS])
    where = upload(client)
    assert "正在读取" in client.get(where).get_data(as_text=True)
    work(box)
    page = client.get(where).get_data(as_text=True)
    assert "很有把握" in page
    form = {**fields(page), "clock_from": "2026-12-01"}
    assert form["target"] == ["customer.name", "contact.name", "contact.phone"]
    assert client.post(f"{where}/columns", data=form).status_code == 303
    work(box)
    page = client.get(where).get_data(as_text=True)
    assert "有错误的 2 行不会导入" in page
    assert client.post(f"{where}/start").status_code == 303
    work(box)
    page = client.get(f"{where}?outcome=failed").get_data(as_text=True)
    assert "2 行没有导入" in page
    assert "1380013" in page
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{where}/errors.xlsx").data))
    lines = [[cell or "" for cell in line] for line in book.worksheets[0].iter_rows(values_only=True)]
    assert lines[0] == ["客户名称", "联系人", "手机", "原因"]
    assert [line[:3] for line in lines[1:]] == [["昆山全新水务有限公司", "李总", "1380013"], ["", "赵工", ""]]
    assert client.post(f"{where}/undo").status_code == 303
    work(box)
    assert "已撤销" in client.get(where).get_data(as_text=True)


def test_the_refused_rows_corrected_are_a_sheet_again(sign_in: SignIn, box: Dropbox) -> None:
    client = sign_in(BY_ROLE[Role.OPERATIONS])
    where = upload(client)
    work(box)
    page = client.get(where).get_data(as_text=True)
    client.post(f"{where}/columns", data={**fields(page), "clock_from": "2026-12-01"})
    work(box)
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{where}/errors.xlsx").data))
    book.worksheets[0]["C2"] = "13900139000"
    corrected = io.BytesIO()
    book.save(corrected)
    again = upload(client, corrected.getvalue(), "改好.xlsx")
    work(box)
    page = client.get(again).get_data(as_text=True)
    assert fields(page)["target"] == ["customer.name", "contact.name", "contact.phone", ""]


def test_another_ones_import_is_not_there(sign_in: SignIn, box: Dropbox) -> None:
    where = upload(sign_in(BY_ROLE[Role.OPERATIONS]))
    rep = sign_in(BY_ROLE[Role.REP])
    nowhere = rep.get("/console/imports/00000000000000000000")
    assert (rep.get(where).status_code, nowhere.status_code) == (404, 404)
    assert rep.get(where).get_data(as_text=True) == nowhere.get_data(as_text=True)
    for what in ("start", "undo", "drop", "resolve", "columns"):
        form = {"verdict": "same", "resolution": "skip", "clock_from": "2026-12-01"}
        assert rep.post(f"{where}/{what}", data=form).status_code == 404
    assert "老客户.csv" not in rep.get("/console/imports").get_data(as_text=True)


def test_nothing_chosen_and_too_much_are_answered_in_words(sign_in: SignIn) -> None:
    client = sign_in(BY_ROLE[Role.OPERATIONS])
    answer = client.post("/console/imports", data={"kind": "customers"}, content_type="multipart/form-data")
    assert (answer.status_code, "还没有选择文件" in answer.get_data(as_text=True)) == (422, True)
    large = b"x" * (21 << 20)
    answer = client.post("/console/imports", data=large, content_type="multipart/form-data; boundary=b")
    assert (answer.status_code, "太大" in answer.get_data(as_text=True)) == (413, True)


def test_a_sheet_of_errors_alone_is_not_offered_to_be_started_nor_called_done(sign_in: SignIn, box: Dropbox) -> None:
    client = sign_in(BY_ROLE[Role.REP])
    where = upload(client, "客户名称,联系人\n,王工\n,李工\n".encode(), "全错.csv")
    work(box)
    page = client.get(where).get_data(as_text=True)
    assert "0 行" not in page
    assert 'value="1" selected>归我' in page
    client.post(f"{where}/columns", data={**fields(page), "clock_from": "2026-12-01"})
    work(box)
    page = client.get(where).get_data(as_text=True)
    assert "每一行都有错误" in page
    assert "开始导入</button>" not in page
    client.post(f"{where}/start")
    work(box)
    for page in (client.get(where).get_data(as_text=True), client.get("/console/imports").get_data(as_text=True)):
        assert "一行也没有导入" in page
        assert "撤销这次导入" not in page


def test_the_choice_shows_what_is_done_with_the_rows_now(sign_in: SignIn, box: Dropbox) -> None:
    client = sign_in(BY_ROLE[Role.REP])
    where = upload(client, "客户名称,行业\n苏州全新热能有限公司,热能\n苏州全新热能有限公司,热能\n".encode(), "重复.csv")
    work(box)
    page = client.get(where).get_data(as_text=True)
    client.post(f"{where}/columns", data={**fields(page), "clock_from": "2026-12-01"})
    work(box)
    for how in ("merge", "skip"):
        client.post(f"{where}/resolve", data={"verdict": "repeated", "resolution": how})
        page = client.get(where).get_data(as_text=True)
        choice = re.search(r'name="resolution".*?</select>', page, re.S)
        assert choice is not None
        assert re.findall(r'value="(\w+)" selected', choice[0]) == [how]
