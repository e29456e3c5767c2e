"""The QR codes of the emulator: the very modules that a reader of QR codes understood when this was written."""

import hashlib
import io

import pytest
from PIL import Image

from emulator import qr
from emulator.media import code_picture

ADDRESS = "http://127.0.0.1:8001/emu/qr/0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "modules"),  # each was read back by ZXing
    [
        (ADDRESS, "157221e935482412"),
        ("a", "5cb565b201efa44e"),
        ("x" * qr.LONGEST, "6f51665c89d5625c"),
        ("中文 https://work.weixin.qq.com/", "1f0c60570bc63e3d"),
    ],
)
def test_it_draws_what_a_reader_reads(text: str, modules: str) -> None:
    assert hashlib.sha256(repr(qr.encode(text)).encode()).hexdigest()[:16] == modules


def test_what_it_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="107 bytes"):
        qr.encode("x" * (qr.LONGEST + 1))


def test_the_picture_is_the_code_in_black_on_white_with_room_around_it() -> None:
    drawn = qr.encode(ADDRESS)
    picture = Image.open(io.BytesIO(code_picture(drawn)))
    assert picture.size == (360, 360)
    dark = [[picture.getpixel((x * 8 + 4, y * 8 + 4)) == 0 for x in range(45)] for y in range(45)]
    assert [line[4:41] for line in dark[4:41]] == drawn
    assert not any(any(line[:4] + line[41:]) for line in dark)
    assert not any(map(any, dark[:4] + dark[41:]))
