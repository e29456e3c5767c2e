"""Ways in which a message or its envelope may be wrong; all drawn from one seeded generator."""

import random
import re
from collections.abc import Callable

Dice = random.Random
_ODD = (
    *(
        "\x00",
        "\ufeff",
        "\u202e",
        "\u200b",
        "\ud7ff",
        "\ufffe",
        "😀",
        "𠮷",
        "]]>",
        "<![CDATA[",
        "&amp;",
        "&#0;",
        "&lt;",
        "%s",
        "{}",
    ),
    *(
        "'",
        '"',
        "\\",
        "\r\n",
        "\t",
        "；DROP TABLE person；--",
        "../../etc/passwd",
        "-1",
        "0",
        "nan",
        "inf",
        "1e999",
        "9" * 400,
    ),
    *("２０２６年１３月４５日", "/" * 300, "长" * 3000, " ", "\u3000", "NULL", "true", "١٢٣", "½"),
)
_WORDS = re.compile(r"<!\[CDATA\[(.*?)\]\]>|>([^<>]+)<", re.DOTALL)
_ELEMENT = re.compile(r"<(\w+)>(?:(?!<\1>).)*?</\1>", re.DOTALL)


def message(dice: Dice, xml: str) -> bytes:
    """The inner document, changed in one to four ways."""
    for _ in range(dice.randint(1, 4)):
        xml = dice.choice(_IN_TEXT)(dice, xml)
    plain = xml.encode("utf-8", "surrogatepass")
    return dice.choice(_IN_BYTES)(dice, plain) if dice.random() < 0.25 else plain


def _other_value(dice: Dice, xml: str) -> str:
    """One value becomes something odd, as CDATA."""
    found = list(_WORDS.finditer(xml))
    if not found:
        return xml
    one = dice.choice(found)
    start, end = one.span(1) if one[1] is not None else one.span(2)
    odd = dice.choice(_ODD) * dice.choice((1, 1, 2, 5))
    kept = xml[start:end] if dice.random() < 0.5 else ""
    return xml[:start] + kept + odd + xml[end:]


def _without(dice: Dice, xml: str) -> str:
    found = list(_ELEMENT.finditer(xml[5:-6]))
    if not found:
        return xml
    start, end = dice.choice(found).span()
    return xml[: start + 5] + xml[end + 5 :]


def _twice(dice: Dice, xml: str) -> str:
    found = list(_ELEMENT.finditer(xml[5:-6]))
    if not found:
        return xml
    one = dice.choice(found)
    return xml[: one.end() + 5] + one[0] * dice.choice((1, 1, 2, 50)) + xml[one.end() + 5 :]


def _nested(dice: Dice, xml: str) -> str:
    found = list(_ELEMENT.finditer(xml[5:-6]))
    if not found:
        return xml
    one, deep = dice.choice(found), dice.choice((1, 3, 31, 40, 3000))
    wrapped = "<a>" * deep + one[0] + "</a>" * deep
    return xml[: one.start() + 5] + wrapped + xml[one.end() + 5 :]


def _cut(dice: Dice, xml: str) -> str:
    return xml[: dice.randrange(len(xml) + 1)]


def _dtd(_: Dice, xml: str) -> str:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    return bomb + xml.replace("</xml>", "<Z>&b;&c;</Z></xml>")


def _renamed(dice: Dice, xml: str) -> str:
    names = re.findall(r"</(\w+)>", xml)
    if not names:
        return xml
    name = dice.choice(names)
    other = dice.choice((name.lower(), name.upper(), "x:" + name, name + " a='1'", dice.choice(names)))
    return xml.replace(f"<{name}>", f"<{other}>", 1).replace(f"</{name}>", f"</{other.split()[0]}>", 1)


def _declared(dice: Dice, xml: str) -> str:
    return (
        dice.choice(('<?xml version="1.0" encoding="gbk"?>', "<?xml version='1.1'?>", "<!-- -->", "\ufeff", "\n")) + xml
    )


def _bytes_changed(dice: Dice, plain: bytes) -> bytes:
    changed = bytearray(plain or b"x")
    for _ in range(dice.choice((1, 2, 8))):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def _noise(dice: Dice, _: bytes) -> bytes:
    return dice.randbytes(dice.choice((0, 1, 16, 300, 5000)))


def _other_coding(dice: Dice, plain: bytes) -> bytes:
    return plain.decode("utf-8", "ignore").encode(dice.choice(("gb18030", "utf-16", "utf-32")), "ignore")


def _long(dice: Dice, plain: bytes) -> bytes:
    return plain.replace(b"</xml>", b"<Pad>" + b"x" * dice.choice((10_000, 150_000)) + b"</Pad></xml>")


_IN_TEXT: tuple[Callable[[Dice, str], str], ...] = (
    *(
        _other_value,
        _other_value,
        _other_value,
        _other_value,
        _without,
        _twice,
        _nested,
        _cut,
        _dtd,
        _renamed,
        _declared,
    ),
)
_IN_BYTES: tuple[Callable[[Dice, bytes], bytes], ...] = (_bytes_changed, _noise, _other_coding, _long)


def envelope(dice: Dice, query: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
    """The outside, changed in one to three ways; what comes out may by chance still be sound."""
    for _ in range(dice.randint(1, 3)):
        way = dice.randrange(7)
        if way == 0:
            query.pop(dice.choice(list(query)), None) if query else None
        elif way == 1 and query:
            name = dice.choice(list(query))
            query[name] = dice.choice((*_ODD, query[name][:-1], query[name].upper(), ""))[:2000]
        elif way == 2:
            body = _bytes_changed(dice, body)
        elif way == 3:
            body = body[: dice.randrange(len(body) + 1)]
        elif way == 4:
            body = body.replace(b"</xml>", b"<Encrypt><![CDATA[QUJD]]></Encrypt></xml>")
        elif way == 5:
            body = dice.choice(
                (b"", b"{}", b"<" * 70_000, dice.randbytes(3000), b"x" * 300_000, b"<!DOCTYPE a>" + body)
            )
        else:
            body = body.replace(b"CDATA[", b"CDATA[" + dice.choice((b"=", b"\x00", b" ", b"A", b"\xff")), 1)
    return query, body
