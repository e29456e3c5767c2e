"""Pasted or dictated text as messages: copied chats of WeCom and WeChat, 「张三: 内容」, or words of nobody."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from crm.rules.days import at
from crm.rules.utterance import Utterance
from crm.rules.words import storable

LONGEST = 20_000  # characters of one text; a whole day of talk with a customer is far less
MOST = 1_000  # messages
NAME_LONGEST = 30

_DAY = r"(?:(?:(?P<year>20\d\d)[-/.年])?(?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?)"
_HEADER = re.compile(
    rf"(?P<who>\S.{{0,{NAME_LONGEST - 1}}}?)\s+(?:{_DAY}\s*)?(?:周.|星期.)?\s*"
    r"(?P<half>凌晨|早上|上午|中午|下午|晚上)?\s*(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::\d\d)?[:：]?",
)
_HEADER_LONGEST = 80
_INLINE = re.compile(rf"(?P<who>[^\s:：，。,.;；!！?？/]{{1,{NAME_LONGEST}}})\s*[:：](?!//)\s*(?P<text>\S.*)")
_BEHIND_NAME = re.compile(r"[@＠(（【\[].*$")  # 张三@微信, 张三（泵业）
_SENTENCE = re.compile(r"[^。！!？?；;\n]+[。！!？?；;]*")
_AFTERNOON = ("下午", "晚上")


@dataclass(frozen=True, slots=True)
class _Piece:
    who: str
    at: datetime | None
    lines: tuple[str, ...]


def read_talk(text: str, ours: Collection[str], today: date) -> tuple[Utterance, ...]:
    """The messages of a text; `ours` are the names under which our own people write in it.

    ValueError with a sentence for people where there is nothing in it or too much. `today` tells the year of a day
    without one. What has no speaker was said by whoever brings it.
    """
    if len(text) > LONGEST:
        raise ValueError(
            f"内容太长了（{len(text)} 字），一次最多 {LONGEST // 10_000} 万字。请只复制最近聊的那一段，或者分几次发"
        )
    lines = [_plain(line) for line in storable(text).splitlines()]
    pieces = _by_header(lines, today) or _by_colon(lines, ours) or _dictated(lines)
    said = [(piece, words) for piece in pieces if (words := "\n".join(piece.lines).strip())]
    if not said:
        raise ValueError("没有收到聊天内容。请把和客户的聊天复制过来，或者直接说一段今天聊了什么")
    if len(said) > MOST:
        raise ValueError(f"一次最多整理 {MOST} 条消息，这里有 {len(said)} 条。请只复制最近聊的那一段，或者分几次发")
    known = {_name(one) for one in ours}
    return tuple(
        Utterance(number, piece.who, not piece.who or _name(piece.who) in known, words, piece.at)
        for number, (piece, words) in enumerate(said, start=1)
    )


def _plain(line: str) -> str:
    """Without control characters and the marks that only steer how a text is drawn."""
    return "".join(
        " " if letter == "\t" else letter
        for letter in line
        if letter == "\t" or unicodedata.category(letter) not in ("Cc", "Cf")
    ).strip()


def _name(who: str) -> str:
    return _BEHIND_NAME.sub("", unicodedata.normalize("NFKC", who)).strip().casefold()


def _by_header(lines: Sequence[str], today: date) -> list[_Piece]:
    """「张三 2026-11-24 10:03:11」 above each message; what stands before the first of them is nobody's message."""
    pieces: list[tuple[str, datetime | None, list[str]]] = []
    for line in lines:
        found = _HEADER.fullmatch(line) if len(line) <= _HEADER_LONGEST else None
        if found is not None and _existing(found):
            who = _BEHIND_NAME.sub("", found["who"]).strip() or found["who"]
            pieces.append((who, _moment(found, today), []))
        elif pieces:
            pieces[-1][2].append(line)
        elif line:
            return []
    return [_Piece(who, moment, tuple(words)) for who, moment, words in pieces]


def _existing(found: re.Match[str]) -> bool:
    return int(found["hour"]) < 24 and int(found["minute"]) < 60


def _moment(found: re.Match[str], today: date) -> datetime | None:
    """None of a line that tells only the time of day: which day it was is not known."""
    if not found["month"]:
        return None
    hour = int(found["hour"])
    if found["half"] in _AFTERNOON and hour < 12:
        hour += 12
    try:
        day = date(int(found["year"] or today.year), int(found["month"]), int(found["day"]))
        if not found["year"] and day > today:  # a talk that lies behind us
            day = day.replace(year=today.year - 1)
    except ValueError:
        return None
    return at(day, hour, int(found["minute"]))


def _by_colon(lines: Sequence[str], ours: Collection[str]) -> list[_Piece]:
    """「张三: 内容」, a line or more for each. A list of 「型号：…」 is no talk: no name comes twice."""
    pieces: list[tuple[str, list[str]]] = []
    for line in lines:
        found = _INLINE.fullmatch(line)
        if found is not None:
            pieces.append((found["who"], [found["text"]]))
        elif pieces:
            pieces[-1][1].append(line)
        elif line:
            return []
    names, known = [_name(who) for who, _ in pieces], {_name(one) for one in ours}
    if len(set(names)) == len(names) and not known.intersection(names):
        return []
    return [_Piece(_BEHIND_NAME.sub("", who).strip() or who, None, tuple(words)) for who, words in pieces]


def _dictated(lines: Sequence[str]) -> Iterator[_Piece]:
    """A sentence is a message."""
    for line in lines:
        for sentence in _SENTENCE.findall(line):
            yield _Piece("", None, (sentence.strip(),))
