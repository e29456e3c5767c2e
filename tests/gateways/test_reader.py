"""What a file says, read by a child alone; the hostile and the empty prove nothing, and may still be attached."""

import io
import json
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest
from PIL import Image, ImageDraw
from pypdf import PdfWriter

from config.files import FileKind
from gateways.files import FileRefused, FileStore
from gateways.reader import marks, reading
from gateways.reader.reading import Content
from tests.support.papers import WRITERS, file_of, paper, pdf, photo, picture_file, scan, sheet, written

LINES = (
    "会议纪要",
    "参加人：王建国、李文清",
    "1\t循环水泵\tISG80-160\t3\t12800",
    "双方同意下周三到工厂看样机并做试验。",
)
WORDS = "会议纪要参加人王建国李文清1循环水泵isg80160312800双方同意下周三到工厂看样机并做试验"


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def said(tmp_path: Path, kind: FileKind, data: bytes) -> Content:
    path = tmp_path / "one"
    path.write_bytes(data)
    return reading.read(path, kind)


@pytest.mark.parametrize("kind", WRITERS)
def test_the_words_are_the_same_in_every_format(tmp_path: Path, kind: FileKind) -> None:
    found = said(tmp_path, kind, WRITERS[kind](Random(1), LINES))
    words = "".join(found.words).replace("第1页共1页", "")
    assert (found.refused, words, found.pictures) == ("", WORDS, ())
    assert len(found.minhash) == marks.MARKS


def test_layout_case_width_and_punctuation_are_no_words() -> None:
    assert marks.passages(["ＩＳＧ８０－１６０ 型， 扬程：32ｍ！"]) == marks.passages(["isg80 160型\t扬程 32M"])
    assert marks.passages(["一", "", "  ", "二是很长的一段文字"]) == ["一二是很长的一段文字"]
    assert marks.passages([]) == []
    long = marks.passages(["字" * 150_000, "词" * 150_000, "尾巴也要有八个字"])
    assert sum(map(len, long)) == marks.MOST_LETTERS


def test_a_minhash_agrees_as_often_as_the_shingles_do() -> None:
    chance = Random(7)
    for _ in range(20):
        one = "".join(chance.choices("泵水流量扬程温度介质材料交期价格付款", k=400))
        other = one[:200] + "".join(chance.choices("泵水流量扬程温度介质材料交期价格付款", k=200))
        ours, theirs = ({text[at : at + 5] for at in range(396)} for text in (one, other))
        agree = sum(a == b for a, b in zip(marks.minhash([one]), marks.minhash([other]), strict=True)) / marks.MARKS
        assert abs(agree - len(ours & theirs) / len(ours | theirs)) < 0.2


def test_a_paragraph_of_a_pdf_goes_on_at_the_margin(tmp_path: Path) -> None:
    long = "双方同意由王建国带队到无锡工厂看样机并做二十四小时连续运行试验，试验费用由卖方承担，结果写入技术协议。"
    found = said(tmp_path, FileKind.PDF, pdf(Random(1), ["会议内容和结论如下", long, "以上内容双方确认无误"], 40))
    assert "".join(sign for sign in long if sign.isalnum()) in "\n".join(found.words)


def test_a_picture_and_a_scan_of_it_have_one_mark_each(tmp_path: Path) -> None:
    shown = [sheet(Random(1), Random(n)) for n in range(3)]
    pages = said(tmp_path, FileKind.PDF, scan(shown))
    alone = said(tmp_path, *picture_file(Random(1), shown[0], FileKind.PNG))
    assert (pages.refused, pages.words, len(pages.pictures), len(alone.pictures)) == ("", (), 3, 1)
    assert len(alone.pictures[0]) == marks.HASH_BYTES + marks.SIDE**2


def packed(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in {"[Content_Types].xml": b"<Types/>", **parts}.items():
            file.writestr(name, content)
    return out.getvalue()


def locked() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf(Random(1), LINES)))
    writer.encrypt("geheim", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def only_printing_locked() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf(Random(1), LINES)))
    writer.encrypt("", "owner", algorithm="AES-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def bomb_of_a_docx() -> bytes:
    return packed({"word/document.xml": b"<a>" + bytes(70 << 20) + b"</a>"})


def bomb_of_a_pdf() -> bytes:
    content = zlib.compress(zlib.compress(b"BT (a) Tj ET " * 25_000_000, 9), 9)
    return file_of([
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/Contents 4 0 R>>",
        b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream" % (len(content), content),
    ])  # fmt: skip


def plain(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (800, 600), colour).save(out, "JPEG")
    return out.getvalue()


_ZIP = packed({"a.txt": b"hidden"})
_PAGE = b"<html><script>alert(1)</script></html>"
_PHOTO = picture_file(Random(2), photo(Random(2)), FileKind.JPEG)[1]
_PNG = picture_file(Random(2), photo(Random(2), (300, 200)), FileKind.PNG)[1]
_GIF = picture_file(Random(2), photo(Random(2), (300, 200)), FileKind.GIF)[1]
_PDF = pdf(Random(3), LINES)
_DOCX = WRITERS[FileKind.DOCX](Random(3), LINES)
_LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;">' % (n + 1, n, n) for n in range(97, 117))
    + b"]><w:document xmlns:w='x'><w:p><w:t>&u;</w:t></w:p></w:document>"
)  # fmt: skip

# kind, content, what is said; what takes long to make is made where it is tried
REFUSED: Mapping[str, tuple[FileKind, bytes | Callable[[], bytes], str]] = {
    "locked pdf": (FileKind.PDF, locked(), "打开密码"),
    "corrupt pdf": (FileKind.PDF, b"%PDF-1.7\ngarbage\n%%EOF\n", "打不开"),
    "empty pdf": (FileKind.PDF, pdf(Random(1), []), "空的"),
    "pdf with a zip behind": (FileKind.PDF, _PDF + _ZIP, "藏着别的"),
    "pdf with a page behind": (FileKind.PDF, _PDF + _PAGE, "藏着别的"),
    "pdf with much behind": (FileKind.PDF, _PDF + b"x" * 5000, "藏着别的"),
    "corrupt docx": (FileKind.DOCX, packed({"word/other.xml": b"<x/>"}), "打不开"),
    "half a document": (FileKind.DOCX, packed({"word/document.xml": b"<w:document xmlns:w='x'><w:p>"}), "打不开"),
    "laughs": (FileKind.DOCX, packed({"word/document.xml": _LAUGHS}), "打不开"),
    "empty docx": (FileKind.DOCX, WRITERS[FileKind.DOCX](Random(1), ["", " "]), "空的"),
    "empty xlsx": (FileKind.XLSX, WRITERS[FileKind.XLSX](Random(1), []), "空的"),
    "empty pptx": (FileKind.PPTX, WRITERS[FileKind.PPTX](Random(1), ["。"]), "空的"),
    "bomb of a docx": (FileKind.DOCX, bomb_of_a_docx, "大得不正常"),
    "docx with a page behind": (FileKind.DOCX, _DOCX + _PAGE, "藏着别的"),
    "docx with a pdf behind": (FileKind.DOCX, _DOCX + _PDF, "藏着别的"),
    "empty text": (FileKind.TEXT, b" \r\n\t\n---\n", "空的"),
    "photo with a zip behind": (FileKind.JPEG, _PHOTO + _ZIP, "藏着别的"),
    "photo with a page behind": (FileKind.JPEG, _PHOTO + _PAGE, "藏着别的"),
    "photo with a pdf behind": (FileKind.JPEG, _PHOTO + _PDF, "藏着别的"),
    "gifar": (FileKind.GIF, _GIF + packed({"META-INF/MANIFEST.MF": b"", "A.class": b""}), "藏着别的"),
    "png with a program behind": (FileKind.PNG, _PNG + b"MZ\x90This program cannot be run in DOS mode", "藏着别的"),
    "tiny picture": (FileKind.PNG, picture_file(Random(1), photo(Random(1), (150, 150)), FileKind.PNG)[1], "太小"),
    "white picture": (FileKind.JPEG, plain("white"), "一种颜色"),
    "black picture": (FileKind.JPEG, plain("#101010"), "一种颜色"),
    "half a picture": (FileKind.JPEG, _PHOTO[: len(_PHOTO) // 2], "打不开"),
    "doc": (FileKind.DOC, b"\xd0\xcf\x11\xe0", "2007"),
    "drawing": (FileKind.DWG, b"AC1032\x00", "请用 Word"),
    "bomb of a pdf": (FileKind.PDF, bomb_of_a_pdf, "大得不正常|太多|打不开"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_proves_nothing_is_told_why(tmp_path: Path, name: str) -> None:
    kind, data, why = REFUSED[name]
    found = said(tmp_path, kind, data() if callable(data) else data)
    assert any(part in found.refused for part in why.split("|")), found.refused
    assert (found.words, found.minhash, found.pictures) == ((), (), ())


ATTACHED = (
    "locked pdf", "empty docx", "photo with a zip behind", "white picture", "pdf with a zip behind", "tiny picture",
)  # fmt: skip


@pytest.mark.parametrize("name", ATTACHED)
def test_it_may_still_lie_with_a_customer(store: FileStore, name: str) -> None:
    kind, data, _ = REFUSED[name]
    assert isinstance(data, bytes)
    found = store.accept(io.BytesIO(data))
    assert (found.kind, bool(found.content.refused)) == (kind, True)
    assert store.content(found.stored_name, kind) == found.content


def test_a_pdf_that_only_may_not_be_printed_is_read(tmp_path: Path) -> None:
    assert WORDS in "".join(said(tmp_path, FileKind.PDF, only_printing_locked()).words)


def test_a_telephones_own_notes_behind_a_photo_are_no_second_file(tmp_path: Path) -> None:
    assert said(tmp_path, FileKind.JPEG, _PHOTO + b"SEFT" + bytes(4000)).refused == ""


def test_a_scanners_guess_at_the_words_does_not_count(tmp_path: Path) -> None:
    """The same page with another guess is the same scan."""
    scanned = scan([sheet(Random(1), Random(1))])
    found = said(tmp_path, FileKind.PDF, scanned)
    assert (len(found.pictures), found.words) == (1, ())


def test_drawings_without_words_are_known_by_their_bytes_alone(tmp_path: Path) -> None:
    lines = b"".join(b"%d %d m %d %d l S\n" % (n, n * 2, n * 3, n) for n in range(100))
    drawn = file_of([
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/Contents 4 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(lines), lines),
    ])  # fmt: skip
    assert said(tmp_path, FileKind.PDF, drawn) == Content()


def test_a_document_of_pictures_alone_is_known_by_them(tmp_path: Path) -> None:
    shown = picture_file(Random(1), sheet(Random(1), Random(2)), FileKind.JPEG)[1]
    body = {"word/document.xml": b"<w:document xmlns:w='x'/>", "word/media/image1.jpeg": shown}
    found = said(tmp_path, FileKind.DOCX, packed(body))
    assert (found.refused, len(found.pictures)) == ("", 1)


def test_a_picture_on_white_is_read_as_it_is_seen(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    ImageDraw.Draw(clear).rectangle((50, 50, 200, 200), fill=(10, 10, 10, 255))
    out = io.BytesIO()
    clear.save(out, "PNG")
    assert said(tmp_path, FileKind.PNG, out.getvalue()).refused == ""


def test_whatever_kills_the_child_there_is_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_CHILD", "import os; os.kill(os.getpid(), 9)")
    assert "太多" in said(tmp_path, FileKind.TEXT, "会议纪要内容".encode()).refused
    assert reading.read(tmp_path / "gone", FileKind.TEXT).refused


def test_the_child_loads_nothing_of_the_product_but_its_own_room() -> None:
    words = (
        "import sys; sys.path.insert(0, sys.argv[1]); import gateways.reader.child, gateways.reader.office, "
        "gateways.reader.pdf, json; print(json.dumps(sorted(sys.modules)))"
    )
    house = str(Path(__file__).resolve().parents[2])
    done = subprocess.run([sys.executable, "-I", "-c", words, house], capture_output=True, check=True)
    ours = [one for one in json.loads(done.stdout) if one.split(".")[0] in ("config", "crm", "gateways", "models")]
    assert all(one.startswith("gateways.reader") for one in ours if one != "gateways"), ours


@pytest.mark.slow
@pytest.mark.parametrize("number", range(30))
def test_broken_bytes_are_refused_or_read_and_never_crash(tmp_path: Path, number: int) -> None:
    """Real files with bytes changed, cut and doubled: the reader gives a sentence or marks, whatever it meets."""
    chance = Random(number)
    kind, data = written(chance, paper(chance))
    broken = bytearray(data)
    for _ in range(chance.randint(1, 40)):
        broken[chance.randrange(len(broken))] = chance.randrange(256)
    cut = bytes(broken[: chance.randint(len(broken) // 2, len(broken))])
    found = said(tmp_path, kind, cut)
    assert bool(found.refused) != bool(found.words or found.pictures) or found == Content()


def test_an_ordinary_refusal_stays_one(store: FileStore) -> None:
    with pytest.raises(FileRefused, match="不完整"):
        store.accept(io.BytesIO(_PHOTO[: len(_PHOTO) // 2]))
