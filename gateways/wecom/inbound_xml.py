"""Reads the decrypted document of a callback into plain dictionaries."""

from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

_DEEPEST = 32  # the deepest documented event, an approval, has 6


class Unreadable(ValueError):
    """Genuine by its signature, but not a document we can read: keep the bytes, do not act."""


def parse(plain: bytes) -> dict[str, Any]:
    """The children of the root by name: text as str without surrounding blanks, nested elements as dicts.

    Siblings of one name become a list, so one and many differ in type: read lists through ``as_list``. Attributes and
    text beside elements are ignored. Raises Unreadable for anything that is not UTF-8 XML without DTD, at most 32 deep.
    """
    builder = _Dicts()
    try:
        parser = DefusedXMLParser(target=builder, forbid_dtd=True)
        parser.feed(plain.decode("utf-8-sig"))
        parser.close()
    except (ParseError, DefusedXmlException, UnicodeDecodeError) as error:
        raise Unreadable(type(error).__name__) from None
    return builder.root


def as_list(value: Any) -> list[Any]:
    """None or many from what ``parse`` found under a name: absent and empty are no item, one is a list of one."""
    if isinstance(value, list):
        return value
    return [] if value is None or value == "" else [value]


class _Dicts:
    """Parser target that builds the dictionaries while reading, so depth is refused before it costs memory."""

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self._open: list[dict[str, Any]] = []
        self._text: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise Unreadable("too deep")
        self._open.append({})
        self._text.clear()

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, tag: str) -> None:
        children = self._open.pop()
        if not self._open:
            self.root = children
            return
        value: Any = children or "".join(self._text).strip()
        self._text.clear()
        siblings = self._open[-1]
        if tag not in siblings:
            siblings[tag] = value
        elif isinstance(siblings[tag], list):
            siblings[tag].append(value)
        else:
            siblings[tag] = [siblings[tag], value]

    def close(self) -> None:
        self._text.clear()
