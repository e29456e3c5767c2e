"""Files from outside, the hostile ones made here: what is taken, what is refused and why, what is left on the disk."""

import hashlib
import io
import os
import struct
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image

from config.files import MOST_BYTES, FileKind
from gateways.files import Accepted, FileRefused, FileStore, FileTooLarge, child

GPS = 0x8825
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def lying(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def take(store: FileStore, data: bytes) -> Accepted:
    return store.accept(io.BytesIO(data))


def picture(fmt: str = "JPEG", size: tuple[int, int] = (400, 300), mode: str = "RGB", **more: object) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(out, fmt, **more)
    return out.getvalue()


def from_a_phone(fmt: str = "JPEG") -> bytes:
    """A picture that says where it was taken, by whom, and that it stands on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SECRETMAKER"
    exif[GPS] = {1: "N", 2: (31.0, 14.0, 9.0), 3: "E", 4: (121.0, 28.0, 1.0)}
    profile = b"SECRETPROFILE" + bytes(200)
    if fmt == "JPEG":
        return picture(fmt, exif=exif.tobytes(), icc_profile=profile, comment=b"SECRETCOMMENT")
    return picture(fmt, exif=exif.tobytes(), icc_profile=profile)


def packed(entries: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return out.getvalue()


def office(folder: str, **more: bytes) -> bytes:
    return packed({"[Content_Types].xml": b"<Types/>", f"{folder}/document.xml": b"<x/>", **more})


def stream(name: str) -> bytes:
    return _OLE + name.encode("utf-16-le") + bytes(2000)


TAKEN = {
    "jpeg": (picture("JPEG"), FileKind.JPEG),
    "a printer's jpeg": (picture("JPEG", mode="CMYK"), FileKind.JPEG),
    "png": (picture("PNG", mode="RGBA"), FileKind.PNG),
    "png of a palette": (picture("PNG", mode="P"), FileKind.PNG),
    "png of one bit": (picture("PNG", mode="1"), FileKind.PNG),
    "png of sixteen bits": (picture("PNG", mode="I;16"), FileKind.PNG),
    "gif": (picture("GIF", mode="P"), FileKind.GIF),
    "webp": (picture("WEBP"), FileKind.WEBP),
    "bmp": (picture("BMP"), FileKind.BMP),
    "pdf": (b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n", FileKind.PDF),
    "docx": (office("word"), FileKind.DOCX),
    "xlsx": (office("xl"), FileKind.XLSX),
    "pptx": (office("ppt"), FileKind.PPTX),
    "doc": (stream("WordDocument"), FileKind.DOC),
    "xls": (stream("Workbook"), FileKind.XLS),
    "xls of 1995": (stream("Book"), FileKind.XLS),
    "ppt": (stream("PowerPoint Document"), FileKind.PPT),
    "text": ("客户要三台\r\n".encode(), FileKind.TEXT),
    "text of an old Windows": ("名称,数量\r\n离心泵,3\r\n".encode("gbk"), FileKind.TEXT),
    "text of Excel": ("﻿名称\t数量".encode("utf-16"), FileKind.TEXT),
    "zip": (packed({"图纸/a.dwg": b"AC1032"}), FileKind.ZIP),
    "dwg": (b"AC1032\x00" + bytes(100), FileKind.DWG),
    "dxf": (b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n", FileKind.DXF),
    "step": (b"ISO-10303-21;\nHEADER;\nENDSEC;", FileKind.STEP),
    "mp4": (struct.pack(">I", 24) + b"ftypisom" + bytes(200), FileKind.MP4),
    "mov": (struct.pack(">I", 20) + b"ftypqt  " + bytes(200), FileKind.MOV),
    # What is two things at once is taken for the first, and its copy is that alone.
    "picture and zip at once": (picture() + packed({"a.html": b"<script>"}), FileKind.JPEG),
    "picture and page at once": (picture("GIF", mode="P") + b"<script>alert(1)</script>", FileKind.GIF),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_file_is_what_its_content_says(store: FileStore, name: str) -> None:
    data, kind = TAKEN[name]
    found = take(store, data)
    assert (found.kind, found.size, found.sha256) == (kind, len(data), hashlib.sha256(data).hexdigest())
    assert store.path(found.stored_name).read_bytes() == data
    if found.shown_name:
        for copy, copied in ((found.shown_name, found.shown_kind), (found.thumb_name, found.thumb_kind)):
            with Image.open(store.path(copy)) as drawn:
                assert (drawn.format or "").lower() == copied
            assert b"<script" not in store.path(copy).read_bytes()
            assert b"PK\x03\x04" not in store.path(copy).read_bytes()
    else:
        assert found.width is None


def truncated(fmt: str) -> bytes:
    whole = picture(fmt, (900, 900), "P" if fmt == "GIF" else "RGB")
    return whole[: len(whole) // 2]


def huge_png() -> bytes:
    """50,000 × 50,000 by its header, in a hundred bytes."""
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


# What takes long to make is made where it is tried.
REFUSED: Mapping[str, tuple[bytes | Callable[[], bytes], str]] = {
    "nothing": (b"", "空的"),
    "program": (b"MZ" + bytes(500), "程序或脚本"),
    "program of Linux": (b"\x7fELF" + bytes(500), "程序或脚本"),
    "shell script": (b"#!/bin/sh\nrm -rf /\n", "程序或脚本"),
    "batch": (b"@echo off\r\ndel *\r\n", "程序或脚本"),
    "php": (b"<?php system($_GET['a']);", "网页"),
    "shortcut": (b"L\x00\x00\x00\x01\x14\x02\x00" + bytes(100), "程序或脚本"),
    "jar": (packed({"META-INF/MANIFEST.MF": b"", "A.class": b""}), "程序或脚本"),
    "page": (b"\xef\xbb\xbf \n<!DOCTYPE html><html><script>alert(1)</script>", "网页"),
    "page behind a comment": (b"hello\n<html><body onload=alert(1)>", "网页"),
    "page in utf-16": ("<html><script>alert(1)</script>".encode("utf-16"), "网页"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "网页、SVG"),
    "svg behind xml": (b"<?xml version='1.0'?><svg/>", "网页、SVG"),
    "iphone": (struct.pack(">I", 24) + b"ftypheic" + bytes(100), "兼容性最佳"),
    "avif": (struct.pack(">I", 24) + b"ftypavif" + bytes(100), "JPEG"),
    "rar": (b"Rar!\x1a\x07\x01\x00" + bytes(100), "改用 ZIP"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(100), "改用 ZIP"),
    "macro": (office("word", **{"word/vbaProject.bin": b"x"}), "宏"),
    "macro of 2003": (stream("Workbook") + "_VBA_PROJECT".encode("utf-16-le"), "宏"),
    "locked": (_OLE + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
    "installer": (_OLE + "Property".encode("utf-16-le"), "认不出"),
    "program in a zip": (packed({"图/setup.EXE ": b"MZ"}), "压缩包里有程序"),
    "page in a zip": (packed({"a.html": b""}), "压缩包里有程序、脚本或网页"),
    "empty zip": (packed({}), "压缩包是空的"),
    "half a zip": (packed({"a.txt": bytes(5000)})[:-30], "不完整"),
    "bomb of a zip": (lambda: packed({"a": bytes(250 * 1024 * 1024)}), "大得不正常"),
    "zip of very many": (lambda: packed({f"{n}": b"" for n in range(10_001)}), "大得不正常"),
    "half a pdf": (b"%PDF-1.7\n1 0 obj\n", "不完整"),
    "half a jpeg": (truncated("JPEG"), "不完整"),
    "half a png": (truncated("PNG"), "不完整"),
    "half a gif": (truncated("GIF"), "不完整"),
    "half a bmp": (truncated("BMP"), "不完整"),
    "jpeg by its first bytes": (b"\xff\xd8\xff\xe0" + os.urandom(3000), "不完整"),
    "png by its first bytes": (b"\x89PNG\r\n\x1a\n" + bytes(300), "不完整"),
    "bomb of a png": (huge_png(), "大得不正常"),
    "noise": (bytes(range(256)) * 20, "认不出"),
    "tiff": (picture("TIFF"), "认不出"),
    "text with a zero": (b"hello\x00world", "认不出"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_told_why_and_leaves_nothing(store: FileStore, tmp_path: Path, name: str) -> None:
    data, why = REFUSED[name]
    with pytest.raises(FileRefused, match=why):
        take(store, data() if callable(data) else data)
    assert lying(tmp_path) == []


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_the_shown_copy_stands_upright_and_tells_nothing(store: FileStore, fmt: str) -> None:
    data = from_a_phone(fmt)
    assert b"SECRETMAKER" in data
    found = take(store, data)
    assert (found.width, found.height) == (300, 400)
    assert store.path(found.stored_name).read_bytes() == data
    for name in (found.shown_name, found.thumb_name):
        assert b"SECRET" not in store.path(name).read_bytes()
        with Image.open(store.path(name)) as copy:
            assert dict(copy.getexif()) == {}
            assert set(copy.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
            assert copy.height > copy.width


def test_a_large_picture_is_shown_smaller_and_a_small_one_as_it_is(store: FileStore) -> None:
    found = take(store, picture("JPEG", (5000, 2500)))
    with Image.open(store.path(found.shown_name)) as copy:
        assert copy.size == (child.SHOWN_SIDE, child.SHOWN_SIDE // 2)
    with Image.open(store.path(found.thumb_name)) as copy:
        assert copy.size == (child.THUMB_SIDE, child.THUMB_SIDE // 2)
    found = take(store, picture("PNG", (30, 20)))
    with Image.open(store.path(found.shown_name)) as copy:
        assert copy.size == (30, 20)


def test_the_largest_picture_of_a_telephone_is_taken(store: FileStore) -> None:
    found = take(store, picture("JPEG", (8160, 6120)))
    assert (found.width, found.height) == (8160, 6120)


class Endless(io.RawIOBase):
    """Bytes without end, however few were announced."""

    given = 0

    def read(self, size: int = -1, /) -> bytes:
        self.given += size
        return b"a" * size


def test_what_is_too_large_is_counted_while_it_is_read(store: FileStore, tmp_path: Path) -> None:
    endless = Endless()
    with pytest.raises(FileTooLarge, match="20 MB"):
        store.accept(endless)  # type: ignore[arg-type]
    assert endless.given < MOST_BYTES + 1024 * 1024
    assert lying(tmp_path) == []
    assert take(store, b"a" * MOST_BYTES).size == MOST_BYTES


def test_names_are_random_private_and_never_a_path(store: FileStore, tmp_path: Path) -> None:
    first, second = take(store, b"abc"), take(store, b"abc")
    assert first.stored_name != second.stored_name
    assert {oct(path.stat().st_mode & 0o777) for path in lying(tmp_path)} == {"0o600"}
    for name in ("", "../../etc/passwd", "a" * 39, "A" * 40, "/etc/passwd", "a" * 39 + "\x00"):
        with pytest.raises(ValueError, match="no name"):
            store.path(name)


def test_a_child_that_takes_too_much_is_stopped(
    store: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    greedy = tmp_path / "greedy.py"
    greedy.write_text("import os\nos.kill(os.getpid(), 9)\n")
    monkeypatch.setattr(child, "__file__", str(greedy))
    with pytest.raises(FileRefused, match="时间太长或内存太多"):
        take(store, b"abc")
    assert lying(tmp_path) == []


def age(tmp_path: Path, hours: float) -> None:
    for path in lying(tmp_path):
        when = time.time() - hours * 3600
        os.utime(path, (when, when))


def test_only_what_is_a_day_old_and_named_by_nobody_is_swept(store: FileStore, tmp_path: Path) -> None:
    named, orphan = take(store, picture()), take(store, picture("PNG"))
    names = {named.stored_name, named.shown_name, named.thumb_name}
    age(tmp_path, 23.9)
    assert sum(store.sweep(lambda some: names & set(some))) == 0
    age(tmp_path, 24.1)
    fresh = take(store, b"abc")
    assert sum(store.sweep(lambda some: names & set(some))) == 3
    assert {path.name for path in lying(tmp_path)} == {*names, fresh.stored_name}
    assert not store.path(orphan.stored_name).exists()


def test_what_a_crash_left_half_written_is_swept_and_was_never_a_file(store: FileStore, tmp_path: Path) -> None:
    half = tmp_path / "files" / "incoming" / ("a" * 40)
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    assert sum(store.sweep(lambda _: ())) == 0
    assert half.exists()
    age(tmp_path, 25)
    assert sum(store.sweep(lambda _: ())) == 0
    assert not half.exists()


def test_what_was_given_up_leaves_nothing(store: FileStore, tmp_path: Path) -> None:
    store.forget(take(store, picture()))
    assert lying(tmp_path) == []
