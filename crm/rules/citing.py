"""Whether a sentence stands on what it cites: each number, amount, day, model, product and link is said there."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from crm.rules.numerals import CHARACTERS, PLAIN, numeral
from crm.rules.spoken import LINK, without_links

# Everything a number may be counted in; longer ones first, since 工作日 is no 工 and 万元 no 万.
_UNIT = (
    r"工作日|万元|千元|美元|美金|欧元|人民币|公里|千米|公斤|千克|毫米|厘米|毫升|平方|立方|小时|分钟|个月|季度|星期|礼拜|"
    r"元|块|台|套|个|件|只|吨|米|支|条|箱|批|对|组|根|把|片|桶|瓶|包|卷|张|份|家|人|位|天|日|号|周|月|年|点|时|分|折|成|层|"
    r"倍|期|次|寸|升|度|%|‰|mm|cm|kg|mpa|kw|rpm|m3/h|m³/h|m|t|v|w|h"
)
_SAME_UNIT = {"块": "元", "人民币": "元", "美金": "美元", "号": "日", "礼拜": "周", "星期": "周", "千克": "公斤"}
_SAME_UNIT |= {"kg": "公斤", "mm": "毫米", "cm": "厘米", "t": "吨", "m": "米"}
_SCALES = {"十": 10, "百": 100, "千": 1000, "k": 1000, "w": 10_000, "万": 10_000, "亿": 10**8}
_CODE = re.compile(r"(?<![a-z0-9])(?=[a-z0-9./+-]*[a-z])[a-z0-9]+(?:[-./+][a-z0-9]+)*", re.ASCII)
_COUNTED = re.compile(
    rf"(?P<number>{PLAIN})\s*(?P<scale>[千万亿]|[kw](?![a-z]))?\s*个?\s*(?P<unit>{_UNIT})?(?![a-z])|"
    rf"(?P<spelt>{CHARACTERS})(?P<more>多|几|来)?\s*个?\s*(?P<spelt_unit>{_UNIT})|(?P<alone>{CHARACTERS[:-1]}{{2,}})",
    re.ASCII,
)
_DAY = re.compile(
    r"大后天|后天|明[天日早晚]|今[天日早晚]|昨[天日晚]|前天"
    r"|(?:下下|下|上|这|本|每)?个?(?:周|星期|礼拜)(?:[一二三四五六日天末]|(?<=[下上这本]周)|(?<=个周))"
    r"|(?:下个?|上个?|本|这个?)?月[底初末中]|[今明去]年|年[底初末]|(?:上|下)半年|半(?=个?(?:月|年|天|小时))|[一二三四]季度"
)
_MASK = re.compile(r"\[[^\[\]]{1,12}\]")  # what was blanked out before it came to us, 「[电话]」
# Goods of the trade: a sentence that names one stands on a message that names it.
_GOODS = re.compile(
    r"(?:[离隔屏计真潜管污消增循][心膜蔽量空水道污防压环])?泵|[闸蝶球截止调节逆安全减压电磁针旋塞疏水底]{1,2}阀|阀门|电机|马达|法兰|"
    r"密封[件圈环]?|机封|轴承|叶轮|联轴器|减速机|压缩机|风机|流量计|压力表|液位计|变送器|传感器|变频器|控制柜|配电柜|换热器|"
    r"过滤器|管件|弯头|垫片|滤芯|执行器|储罐|搅拌机"
)


def facts(text: str) -> frozenset[str]:
    """The facts of a text, each spelt one way: 「两万块」 and 「20,000 元」 are the same."""
    return frozenset(_facts(text))


def supported(text: str, cited: Iterable[str]) -> bool:
    """Whether every fact of `text` stands in one of the `cited` texts. A number without unit stands on any unit."""
    said: set[str] = set()
    for one in cited:
        said.update(facts(one), _bare_numbers(one))
    return facts(text) <= said


def _facts(text: str) -> Iterator[str]:
    for link in LINK.findall(text):
        yield f"link {link}"
    plain = unicodedata.normalize("NFKC", without_links(text)).casefold()
    yield from _MASK.findall(plain)
    plain = _MASK.sub(" ", plain)
    for code in _CODE.findall(plain):
        if not _is_count(code):
            yield f"code {code}"
    rest = _CODE.sub(lambda found: found.group() if _is_count(found.group()) else " ", plain)
    for day in _DAY.findall(rest):
        yield "day " + re.sub("星期|礼拜", "周", day).replace("个", "").replace("周天", "周日").replace("日", "天")
    for good in _GOODS.findall(rest):
        yield f"goods {good}"
    yield from _counted(_DAY.sub(",", rest))


def _is_count(code: str) -> bool:
    return re.fullmatch(rf"{PLAIN}(?:{_UNIT}|k|w)", code, re.ASCII) is not None


def _counted(text: str) -> Iterator[str]:
    for found in _COUNTED.finditer(text):
        value = numeral(found["number"] or found["spelt"] or found["alone"])
        if value is None:
            yield f"number {found.group()}"
            continue
        unit = found["unit"] or found["spelt_unit"] or ""
        value *= _SCALES.get(found["scale"] or "", 1)
        if unit in ("万元", "千元"):
            value, unit = value * _SCALES[unit[0]], "元"
        yield f"number {value.normalize():f}{found['more'] or ''} {_SAME_UNIT.get(unit, unit)}".rstrip()


def _bare_numbers(text: str) -> Iterator[str]:
    """Each number of a cited text also without its unit."""
    for fact in facts(text):
        if fact.startswith("number "):
            yield fact.rsplit(" ", 1)[0] if fact.count(" ") > 1 else fact
