"""What an uploaded file is called: harmless, recognisable, with the ending its content deserves."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.files import ENDINGS, LABELS, MIME, PICTURES, FileKind
from crm.rules.file_names import LONGEST, display_name


@pytest.mark.parametrize(
    ("given_name", "kind", "shown"),
    [
        ("旧泵铭牌.jpg", FileKind.JPEG, "旧泵铭牌.jpg"),
        ("旧泵铭牌.JPEG", FileKind.JPEG, "旧泵铭牌.jpeg"),
        ("旧泵铭牌.png", FileKind.JPEG, "旧泵铭牌.jpg"),
        ("报价.docx", FileKind.ZIP, "报价.zip"),
        ("报价.pdf.exe", FileKind.PDF, "报价.pdf.pdf"),
        ("C:\\Users\\me\\图纸.dwg", FileKind.DWG, "图纸.dwg"),
        ("../../etc/passwd", FileKind.TEXT, "passwd.txt"),
        ("名单.csv", FileKind.TEXT, "名单.csv"),
        ("脚本.js", FileKind.TEXT, "脚本.txt"),
        ("图纸 V1.2", FileKind.PDF, "图纸 V1.2.pdf"),
        ("合同（第二稿）. 最终", FileKind.PDF, "合同（第二稿）. 最终.pdf"),
        ("a\u202egpj.exe", FileKind.PDF, "agpj.pdf"),
        ("a\r\nSet-Cookie: x.pdf", FileKind.PDF, "aSet-Cookie x.pdf"),
        ("零件.STP", FileKind.STEP, "零件.stp"),
        ("", FileKind.JPEG, "图片.jpg"),
        (".pdf", FileKind.PDF, "pdf.pdf"),
        ("...", FileKind.ZIP, "压缩包.zip"),
        ('a<b>"c|d?e*.pdf', FileKind.PDF, "abcde.pdf"),
    ],
)
def test_names(given_name: str, kind: FileKind, shown: str) -> None:
    assert display_name(given_name, kind) == shown


@given(st.text(max_size=400), st.sampled_from(FileKind))
def test_any_name_becomes_one_that_every_system_takes(given_name: str, kind: FileKind) -> None:
    shown = display_name(given_name, kind)
    stem, _, ending = shown.rpartition(".")
    assert stem.strip(" .") == stem != ""
    assert ending in ENDINGS[kind]
    assert len(shown) <= LONGEST
    assert len(shown.encode()) <= 255
    assert not set(shown) & set('/\\<>:"|?*')
    assert all(unicodedata.category(sign)[0] != "C" for sign in shown)
    assert display_name(shown, kind) == shown


def test_every_kind_has_its_word_its_type_and_its_endings() -> None:
    assert set(ENDINGS) == set(MIME) == set(LABELS) == set(FileKind)
    assert all(MIME[kind].startswith("image/") for kind in PICTURES)
    assert not any("html" in mime or "svg" in mime or "javascript" in mime for mime in MIME.values())
