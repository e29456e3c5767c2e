"""The child process that reads one spreadsheet: alone, limited, and with nothing of the product loaded.

`python -I child.py FILE` prints JSON lines: a heading (`sheet`, `others`, `encoding`), one list of strings per row, and
at the end `{"end": rows}`. What is wrong with the file is one line `{"error": sentence}`. No end: it was killed.
"""

import csv
import datetime as dt
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

MEMORY = 512 * 1024 * 1024
SECONDS = 60  # of the processor
MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS = 100_000, 100
MOST_UNPACKED, MOST_RATIO = 200 * 1024 * 1024, 100
ABOVE_HEADER = 10  # lines that may stand above the data without counting as its rows
LONGEST_CELL = 32_767  # Excel's own limit

_DELIMITERS = ",\t;|，；"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SAVE_AS = "请用 Excel 或 WPS 打开它，另存为 .xlsx，再上传"
_LOST = "�"


class Unreadable(Exception):
    """The sentence says what is wrong with the file and what to do."""


def main(path: str) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        heading, rows = opened(path)
        _say(heading)
        _say({"end": _tell(rows)})
    except Unreadable as error:
        _say({"error": str(error)})
    except MemoryError:
        _say({"error": TOO_BIG})
    return 0


TOO_BIG = "这个表太大，打开它要用的内存超过限制。请删掉多余的空白行列和工作表，或拆成几个文件分别导入"


def _tell(rows: Iterator[list[str]]) -> int:
    told = blank = 0
    for row in rows:
        while row and not row[-1]:
            row.pop()
        if len(row) > MOST_COLUMNS:
            raise Unreadable(f"这个表有 {len(row)} 列，一次最多导入 {MOST_COLUMNS} 列。请删掉用不到的列再上传")
        if not row:
            blank += 1  # kept only where something follows, so that row numbers stay those of the file
            continue
        for _ in range(blank):
            _say([])
        told, blank = told + blank + 1, 0
        if told > MOST_ROWS + ABOVE_HEADER:
            raise Unreadable(f"这个表超过 {MOST_ROWS:,} 行。请拆成几个文件分别导入")
        _say(row)
    if not told:
        raise Unreadable("这个文件里没有内容。请确认数据在第一张有内容的工作表里，并且已经保存")
    return told


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")


def opened(path: str) -> tuple[dict[str, Any], Iterator[list[str]]]:
    """What the file is, by its content and never by its name, and its rows."""
    with open(path, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if not data:
        raise Unreadable("这个文件是空的（0 字节）。请检查是否保存成功，再上传一次")
    if len(data) > MOST_BYTES:
        raise Unreadable("文件超过 20 MB。请删掉图片和用不到的工作表，或拆成几个文件")
    if data.startswith(_ZIP):
        _weigh(data)
        return _workbook(data)
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Unreadable("这个表设了打开密码，系统读不了。请在 Excel 里取消密码，另存一份再上传")
        return _workbook(data)
    head = data[:2048].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if head.startswith((b"<html", b"<!doctype", b"<table", b"<meta")) or b"<html" in head:
        raise Unreadable(f"这其实是一个网页，只是改了扩展名。{_SAVE_AS}")
    if head.startswith(b"<?xml"):
        raise Unreadable(f"这是 XML 格式的表格，系统不读。{_SAVE_AS}")
    if data.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf")):
        raise Unreadable("这不是表格（像是图片、PDF 或压缩包）。请上传 .xlsx、.xls 或 .csv 文件")
    return _text(data)


def _weigh(data: bytes) -> None:
    """A bomb is refused by what it says of itself; one that lies meets the limits of this process."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError) as error:
        raise Unreadable(f"这个文件不完整或已损坏，打不开。{_SAVE_AS}") from error
    unpacked = sum(member.file_size for member in members)
    if unpacked > MOST_UNPACKED or unpacked > max(len(data), 100_000) * MOST_RATIO:
        raise Unreadable("这个文件解开以后大得不正常，为了安全没有打开。请把数据复制到一个新的表格，再上传")
    names = {member.filename for member in members}
    if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        raise Unreadable("这不是表格（像是压缩包或 Word 文档）。请上传 .xlsx、.xls 或 .csv 文件")


def _workbook(data: bytes) -> tuple[dict[str, Any], Iterator[list[str]]]:
    """The first sheet that holds something; calamine looks at the cells, not at what the sheet says of its size."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = list(book.sheet_names)
        for name in names:
            sheet = book.get_sheet_by_name(name)
            if sheet.total_height and sheet.total_width:
                others = [other for other in names if other != name]
                return {"sheet": name, "others": others[:20], "encoding": ""}, _cells(sheet.iter_rows())
    except (CalamineError, OSError, ValueError) as error:
        if "password" in str(error).lower() or "encrypt" in str(error).lower():
            raise Unreadable("这个表设了打开密码，系统读不了。请在 Excel 里取消密码，另存一份再上传") from error
        raise Unreadable(f"这个文件不完整或已损坏，打不开。{_SAVE_AS}") from error
    raise Unreadable("这个文件里没有内容。请确认数据已经保存，再上传一次")


def _cells(rows: Iterator[Sequence[Any]]) -> Iterator[list[str]]:
    for row in rows:
        yield [_word(cell) for cell in row]


_MIDNIGHT = dt.time()


def _word(cell: Any) -> str:
    """A cell as its reader sees it; whole numbers without .0, so that phones and codes keep their form."""
    if isinstance(cell, str):
        return _clean(cell)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == _MIDNIGHT else cell.isoformat(" ", "seconds")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2060\ufeff\ud800-\udfff]")


def _clean(words: str) -> str:
    """Without what no eye sees and no database takes; line ends become one kind."""
    if not words.isprintable():
        words = _UNSEEN.sub("", words).replace("\r\n", "\n").replace("\r", "\n")
    return words.strip()


def _text(data: bytes) -> tuple[dict[str, Any], Iterator[list[str]]]:
    words, encoding = decoded(data)
    return {"sheet": "", "others": [], "encoding": encoding}, _separated(words)


def decoded(data: bytes) -> tuple[str, str]:
    """The text and how it was written. A few broken letters stay visible as U+FFFD: their rows will be refused."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _least_lost(data, (encoding,))
    if b"\x00" in data[:4096]:
        even, odd = data[0:4096:2].count(0), data[1:4096:2].count(0)
        if max(even, odd) < 8 or min(even, odd) * 4 > max(even, odd):
            raise Unreadable("这不是表格文件，里面不是文字。请上传 .xlsx、.xls 或 .csv 文件")
        return _least_lost(data, ("utf-16-le" if odd > even else "utf-16-be",))
    return _least_lost(data, ("utf-8", "gb18030"))


def _least_lost(data: bytes, encodings: Sequence[str]) -> tuple[str, str]:
    for encoding in encodings:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    words, encoding = min(((data.decode(e, "replace"), e) for e in encodings), key=lambda pair: pair[0].count(_LOST))
    if words.count(_LOST) * 200 > len(words):
        raise Unreadable("看不懂这个文件的文字编码。请用 Excel 打开，另存为「CSV UTF-8」或 .xlsx，再上传")
    return words, encoding


def _separated(words: str) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(words, newline=""), delimiter=_delimiter(words))
    before = 0
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            where = f"第 {before + 1} 行开始的引号没有配对，或者有一格超过 {LONGEST_CELL} 个字"
            raise Unreadable(f"{where}。请检查那一行的英文双引号，或另存为 .xlsx 再上传") from error
        if row is None:
            return
        before = reader.line_num
        yield [_clean(cell) for cell in row]


def _delimiter(words: str) -> str:
    """The sign that cuts most of the first lines into the same number of pieces, and into most of them."""
    head = words[:65_536]

    def fitness(sign: str) -> tuple[int, int]:
        try:
            widths = [len(row) for _, row in zip(range(50), csv.reader(io.StringIO(head, newline=""), delimiter=sign))]  # noqa: B905
        except csv.Error:
            return 0, 0
        wide = [width for width in widths if width > 1]
        usual = max(wide, key=wide.count, default=0)
        return wide.count(usual), usual

    return max(_DELIMITERS, key=fitness)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
