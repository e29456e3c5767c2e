"""Where the next page begins: a row's place in its sort, as text that means nothing to a phone.

It is a place and no permission: whoever makes one up begins elsewhere in the list he may see anyway.
"""

import base64
import json
from datetime import datetime, timedelta
from typing import cast

from crm.errors import CrmError
from crm.reads.customers import Place
from miniapp_api.repeat import plain_id

_LONGEST = 2048  # characters; the longest name with its pinyin needs about half of it
# What stands before the public id in each sort.
_SHAPES: dict[str, tuple[type, ...]] = {
    "days_left": (int, datetime),
    "name": (str, str),
    "last_activity": (datetime,),
    "newest": (datetime,),
    "visits": (datetime,),
    "timeline": (datetime,),
}
_OF_FIELD: tuple[tuple[type, ...], ...] = ((int, str), (int,))  # behind those who have a value, those who have none


class BadCursor(CrmError):
    """Not one of ours, or of another sort."""

    code, http_status = "bad_cursor", 400

    def __init__(self) -> None:
        super().__init__("列表的位置已失效，没有查到下一页。请从第一页重新看起", {"cursor": "原样带回 next_cursor"})


def written(sort: str, place: Place) -> str:
    told = [sort, *(value.isoformat() if isinstance(value, datetime) else value for value in place)]
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(sort: str, cursor: str) -> Place | None:
    """None for the beginning of the list."""
    if not cursor:
        return None
    try:
        if len(cursor) > _LONGEST:
            raise ValueError("too long")
        padded = cursor + "=" * (-len(cursor) % 4)
        of_sort, *told = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        shapes = [_SHAPES[sort]] if sort in _SHAPES else _OF_FIELD
        shape = next((*kinds, str) for kinds in shapes if len(kinds) + 1 == len(told))
        place = tuple(_value(kind, value) for kind, value in zip(shape, told, strict=True))
    except (RecursionError, StopIteration, TypeError, ValueError) as error:
        raise BadCursor from error
    if of_sort != sort or not plain_id(str(place[-1])):
        raise BadCursor
    return place


def moment(sort: str, cursor: str) -> tuple[datetime, str] | None:
    """The same of a list that goes by time alone."""
    place = read(sort, cursor)
    return None if place is None else (cast(datetime, place[0]), str(place[-1]))


def _value(kind: type, value: object) -> int | str | datetime:
    if kind is int and value in (0, 1) and type(value) is int:
        return value
    if kind is str and isinstance(value, str) and "\x00" not in value:
        value.encode()  # half a character is no text for a store
        return value
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.utcoffset() == timedelta():
            return moment
    raise ValueError("not a value of this sort")
