"""The child process that looks into one file: alone, limited, and with nothing of the product loaded.

`python -I child.py FILE SHOWN THUMB` prints one line of JSON: `{"kind", …}` with, for a picture, its size in pixels,
which kinds the two copies are, its hash, and when and where it was taken; or `{"error": sentence}`. Nothing printed: it
was killed by its limits.
"""

import json
import re
import resource
import sys
import zipfile
from io import BytesIO
from typing import Any

MEMORY = 1024 * 1024 * 1024
SECONDS = 20  # of the processor
MOST_WRITTEN = 32 * 1024 * 1024
MOST_PIXELS = 64_000_000  # a telephone's largest picture has 50 million; unpacked this is 256 MB
MOST_ENTRIES = 10_000
MOST_UNPACKED, MOST_RATIO = 200 * 1024 * 1024, 100
SHOWN_SIDE, THUMB_SIDE = 2000, 240  # pixels

TAKEN = "可以上传：图片、PDF、Word、Excel、PPT、文本、CAD 和三维图纸、MP4/MOV 视频、ZIP 压缩包"
TOO_HARD = "这个文件打开时用的时间太长或内存太多，为了安全没有收下。请另存一份再上传，图片请先缩小"
_BROKEN = "这张图片不完整或已损坏，没有收下。请重新拍照或导出，再上传一次"
_PROGRAM = "这是程序或脚本，可能带病毒，没有收下。" + TAKEN
_PAGE = "这是网页、SVG 或 XML，打开会执行里面的代码，没有收下。请另存为 PDF 或截图再上传"
_MACRO = "这个文件带宏（VBA 代码），没有收下。请另存为不带宏的 .docx/.xlsx/.pptx 再上传"
_HEIC = (
    "这是苹果手机的 HEIC 图片，别人的电脑多半打不开，没有收下。"
    "请在 iPhone「设置 → 相机 → 格式」选「兼容性最佳」后重拍，或在相册里导出为 JPEG 再上传"
)
_LOCKED = "这个文件设了打开密码，系统认不出它的内容，没有收下。请取消密码，另存一份再上传"
_BOMB = "这个压缩包解开以后大得不正常，为了安全没有收下。请只打包需要的文件，再上传一次"
_UNKNOWN = "认不出这是什么文件，没有收下。" + TAKEN + "；其他格式请打成 ZIP 再上传"

_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa",
             b"L\x00\x00\x00\x01\x14\x02\x00", b"!<arch>", b"dex\n", b"\x00asm")  # fmt: skip
_ARCHIVES = (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
# By the first bytes; Pillow opens each as this one format and no other.
_PICTURES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
)
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
_VIDEO = frozenset(b"isom iso2 iso4 iso5 iso6 mp41 mp42 avc1 M4V MSNV dash 3gp4 3gp5".split())
_OFFICE = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS = (("PowerPoint Document", "ppt"), ("WordDocument", "doc"), ("Workbook", "xls"), ("Book", "xls"))
_RUNNABLE = re.compile(
    r"\.(exe|com|scr|pif|bat|cmd|ps1|vbs|vbe|js|jse|wsf|wsh|hta|msi|msp|dll|jar|apk|lnk|reg|cpl|sh|app|dmg|iso|docm|xlsm|pptm"
    r"|html?|svg|xhtml)$",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<\s*(!doctype|html|head|body|script|svg|iframe|\?xml|\?php)", re.IGNORECASE)
_SCRIPT = re.compile(r"\s*(@echo\s+off|#!|<\?php|<%)", re.IGNORECASE)
_DXF = re.compile(r"\s*0\s*\r?\n\s*SECTION\b")
_STEP = "ISO-10303-21"
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


class Refused(Exception):
    """The sentence says what the file is and what to do."""


def main(path: str, shown: str, thumb: str) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found = looked_at(path, shown, thumb)
    except Refused as refused:
        found = {"error": str(refused)}
    except MemoryError:
        found = {"error": TOO_HARD}
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    return 0


def looked_at(path: str, shown: str, thumb: str) -> dict[str, Any]:
    with open(path, "rb") as file:
        data = file.read()
    kind = kind_of(data)
    found: dict[str, Any] = {"kind": kind}
    if kind in ("jpeg", "png", "gif", "bmp", "webp"):
        found |= _redrawn(data, kind, shown, thumb)
    return found


def kind_of(data: bytes) -> str:
    """By content alone; raises Refused for everything that is not on the list."""
    if not data:
        raise Refused("这个文件是空的（0 字节），没有收下。请检查是否保存成功，再上传一次")
    for magic, kind in _PICTURES:
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith(_PROGRAMS):
        raise Refused(_PROGRAM)
    if data.startswith(_ARCHIVES):
        raise Refused("这种压缩格式系统看不到里面是什么，没有收下。请改用 ZIP 打包再上传")
    if data[4:8] == b"ftyp":
        return _video(data[8:12])
    if data.startswith(b"%PDF-"):
        if b"%%EOF" not in data:
            raise Refused("这个 PDF 不完整，没有收下。请重新导出，再上传一次")
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _packed(data)
    if data.startswith(_OLE):
        return _old_office(data)
    if re.match(rb"AC10[0-9]{2}\x00", data):
        return "dwg"
    return _text(data)


def _video(brand: bytes) -> str:
    if brand in _HEIF:
        raise Refused(_HEIC)
    if brand == b"qt  ":
        return "mov"
    if brand.strip() in _VIDEO:
        return "mp4"
    raise Refused(_UNKNOWN)


def _packed(data: bytes) -> str:
    """The list of what is in it, never the content: nothing is unpacked here."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            entries = packed.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, OverflowError, UnicodeError) as error:
        raise Refused("这个文件不完整或已损坏，没有收下。请重新保存，再上传一次") from error
    if not entries:
        raise Refused("这个压缩包是空的，没有收下。请检查打包的内容，再上传一次")
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES or (unpacked > MOST_UNPACKED and unpacked > len(data) * MOST_RATIO):
        raise Refused(_BOMB)
    names = {entry.filename for entry in entries}
    if any(name.endswith("vbaProject.bin") for name in names):
        raise Refused(_MACRO)
    if "[Content_Types].xml" in names:
        for folder, kind in _OFFICE:
            if any(name.startswith(folder) for name in names):
                return kind
    if "META-INF/MANIFEST.MF" in names or "AndroidManifest.xml" in names:
        raise Refused(_PROGRAM)
    bad = next((name for name in sorted(names) if _RUNNABLE.search(name.rstrip(". \t"))), None)
    if bad is not None:
        inside = "".join(sign for sign in bad.rsplit("/", 1)[-1] if sign.isprintable())[-40:]
        raise Refused(f"压缩包里有程序、脚本或网页（{inside}），没有收下。请去掉它，重新打包再上传")
    return "zip"


def _old_office(data: bytes) -> str:
    """Word, Excel and PowerPoint of before 2007 are told apart by the names of their streams."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise Refused(_LOCKED)
    if "_VBA_PROJECT".encode("utf-16-le") in data:
        raise Refused(_MACRO)
    for stream, kind in _STREAMS:
        if stream.encode("utf-16-le") + b"\x00\x00" in data:
            return kind
    raise Refused(_UNKNOWN)


def _text(data: bytes) -> str:
    words = _decoded(data)
    if words is None or _NO_TEXT.search(words):
        raise Refused(_UNKNOWN)
    head = words[:4096]
    if head.lstrip().startswith("<") or _MARKUP.search(head):
        raise Refused(_PAGE)
    if _SCRIPT.match(head):
        raise Refused(_PROGRAM)
    if head.lstrip().startswith(_STEP):
        return "step"
    return "dxf" if _DXF.match(head) else "text"


def _decoded(data: bytes) -> str | None:
    codings = ("utf-8-sig", "gb18030")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codings = ("utf-16", "utf-16")
    for coding in codings:
        try:
            return data.decode(coding).lstrip("﻿")
        except UnicodeDecodeError:
            continue
    return None


def _redrawn(data: bytes, kind: str, shown: str, thumb: str) -> dict[str, Any]:
    """The picture drawn anew, upright and without a word about where, when and by what it was taken."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # judged here, by what the header says, before a pixel is unpacked
    try:
        with Image.open(BytesIO(data), formats=(kind.upper(),)) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise Refused(
                    f"这张图片有 {width}×{height} 像素，大得不正常，没有收下。"
                    f"请缩小到 {MOST_PIXELS // 10_000} 万像素以内再上传"
                )
            if kind == "jpeg":
                picture.draft(
                    None, (SHOWN_SIDE, SHOWN_SIDE)
                )  # unpacks an eighth, a quarter or a half where that will do
            picture.load()
            taken = _taken(picture)
            turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)
            small = picture if picture.mode in ("RGB", "RGBA", "L") else picture.convert(_mode_of(picture))
            small = small if small is not picture else picture.copy()
            small.thumbnail((SHOWN_SIDE, SHOWN_SIDE), reducing_gap=2.0)
            small.info["exif"] = picture.info.get("exif", b"")
            upright = ImageOps.exif_transpose(small)
            clear = upright.mode == "RGBA" and upright.getchannel("A").getextrema() != (255, 255)
            copy_kind = "png" if clear or kind in ("png", "gif") else "jpeg"
            _save(upright, copy_kind, shown)
            upright.thumbnail((THUMB_SIDE, THUMB_SIDE), reducing_gap=2.0)
            _save(upright, "png" if clear else "jpeg", thumb)
            image_hash = _hash(upright)
    except (Refused, MemoryError):
        raise
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, AttributeError, EOFError, OverflowError,
            ZeroDivisionError, NotImplementedError, RuntimeError, Image.DecompressionBombError,
            UnidentifiedImageError) as error:  # fmt: skip
        raise Refused(_BROKEN) from error
    return {
        "width": height if turned else width,
        "height": width if turned else height,
        "shown": copy_kind,
        "thumb": "png" if clear else "jpeg",
        "image_hash": image_hash,
        **taken,
    }


def _hash(picture: Any) -> str:
    """Whether it grows lighter from field to field of 8 by 8, 16 hexadecimal digits: near where pictures look alike."""
    row = picture.convert("L").resize((9, 8)).tobytes()
    lefts = [at // 8 * 9 + at % 8 for at in range(64)]
    return f"{sum((row[left + 1] > row[left]) << 63 - at for at, left in enumerate(lefts)):016x}"


def _taken(picture: Any) -> dict[str, Any]:
    """What the camera wrote down: `taken_at` in ISO 8601, with the zone where it says one; degrees in WGS-84."""
    found: dict[str, Any] = {}
    try:
        exif = picture.getexif()
        camera, place = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
        moment = str(camera.get(0x9003) or exif.get(0x0132) or "").strip("\x00 ")
        zone = str(camera.get(0x9011) or camera.get(0x9010) or "").strip("\x00 ")
        if re.fullmatch(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d", moment):
            told = moment[:10].replace(":", "-") + "T" + moment[11:]
            found["taken_at"] = told + (zone if re.fullmatch(r"[+-]\d\d:\d\d", zone) else "")
        if place.get(2) and place.get(4):
            north, east = (_degrees(place[number], str(place.get(number - 1, ""))) for number in (2, 4))
            if abs(north) <= 90 and abs(east) <= 180 and (north or east):
                found |= {"latitude": north, "longitude": east}
    except (ValueError, TypeError, LookupError, ArithmeticError, SyntaxError, OSError, AttributeError):
        pass  # a camera that writes nonsense says nothing
    return found


def _degrees(parts: Any, towards: str) -> float:
    degrees, minutes, seconds = (float(one) for one in parts)
    whole = degrees + minutes / 60 + seconds / 3600
    return -whole if towards in ("S", "W") else whole


def _mode_of(picture: Any) -> str:
    return "RGBA" if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info else "RGB"


def _save(picture: Any, kind: str, path: str) -> None:
    """Pixels alone: a new picture knows nothing of the old one's EXIF, comments, profiles or thumbnails."""
    from PIL import Image

    if kind == "jpeg" and picture.mode != "RGB":
        picture = picture.convert("RGB")
    fresh = Image.new(picture.mode, picture.size)
    fresh.paste(picture)
    if kind == "jpeg":
        fresh.save(path, "JPEG", quality=85, optimize=True, progressive=True)
    else:
        fresh.save(path, "PNG", optimize=False)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
