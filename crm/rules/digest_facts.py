"""What a message of sales talk is about, by the words of the trade, and the day it names."""

import re
from dataclasses import dataclass
from datetime import date

from config.vocabulary import DigestKind
from crm.rules.digest_dates import days_in
from crm.rules.numerals import CHARACTERS, NUMERAL
from crm.rules.spoken import asks, spoken
from crm.rules.utterance import Utterance

_OBJECTION = re.compile(
    r"太?贵|便宜[一]?[点些]|降[一]?[点些]|高了|偏高|超(?:出)?预算|预算(?:不够|有限|没批|紧)|没(?:有)?预算|别家|另一家|其他家|"
    r"竞争对手|同行(?:报|给)|考虑(?:一下|考虑)|再(?:看看|想想|比较|商量)|怕|嫌|不(?:放心|满意|划算|接受|同意|认可)|担心|顾虑|"
    r"来不及|等不(?:了|起|及)|太(?:长|慢|久|晚)|质量问题|漏水?了|坏了|投诉|没(?:法|办法)接受|做不了主|不(?:着急|急)"
)
_NEED = re.compile(
    r"需要|要求|想(?:要|买|换|订|采购|了解)|打算|计划|准备(?:买|采购|上|换)|求购|采购|选型|询价|招标|急用|能不能(?:提供|做|供)|"
    r"(?:^|[，,。；;\s我们还他她您司户方])要(?:买|订|换|上|配|做|用|\d|[一两二三四五六七八九十几])"
)
_PRICE = re.compile(
    rf"[¥￥$]\s*\d|{NUMERAL}\s*(?:元|块|万|美元|欧元|人民币|折)|单价|总价|含税|不含税|报价|价格|多少钱|付款|预付|账期|"
    r"定金|折扣|优惠|运费|尾款|质保金"
)
_QUANTITY = re.compile(
    rf"{NUMERAL}\s*(?:台|套|个(?!月|工作|星期)|件|只|吨|米|支|条|箱|批|根|组|桶|公斤|kg)(?!时间)|多少(?:台|套|个|件)|数量"
)
_PRODUCT = re.compile(
    r"泵|阀|电机|法兰|密封|轴承|叶轮|仪表|流量计|压缩机|风机|换热器|过滤器|型号|规格|材质|口径|扬程|"
    r"(?<![A-Za-z0-9])(?=[A-Z0-9-]*[0-9])[A-Z]{1,6}-?\d+(?:[-./][A-Z0-9.]+)*"
)
_DATE = re.compile(r"交期|交货|到货|发货|工期|货期|什么时候|几号|哪天|多久")
_WILL = re.compile(
    r"(?:我们?|咱们?|这边|本周|今天|今晚|明天|马上|一会儿?|待会儿?|晚点|尽快|回头|稍后|[前内后])[^，。；？?!！]{0,12}?"
    r"(?:给(?:您|你|他|她|贵|对方|客户|.{1,3}总|.{1,3}工)|发(?:您|你|给|过|出|货|$)|寄|送(?:到|过|样)|回复|答复|联系|安排|报(?:价|给)|"
    r"提供|确认|核实|反馈|跟进|处理|做好|准备|过去|拜访|上门|打电话|催|申请|请示|协调|问)"
    r"|(?:寄|发|送|报|回复|答复|反馈)给?(?:您|你|他|她|贵司|客户|对方|.{1,3}总|.{1,3}工)|(?:再去|去|上门|登门|过去)?(?:拜访|回访|见面)"
    r"|(?:我们?|这边)[^，。；？?!！]{0,6}(?:换|修|退|免|让|补)"
    r"|(?:^|[，,。；;！!\s]|我们?|咱们?|这边)[^，,。；;？?！!您你他她要求]{1,8}前[^，,。；;？?！!您你要求]{0,4}"
    r"(?:交货|发货|到货|出货|交付|安装|调试|完工|完成)|(?:^|[，,。；;！!\s]|我们?)(?:改|推迟|延期?|挪)到"
    r"|我们?[^，。；？?!！]{0,8}?(?:去|到)(?:您那|你那|现场|贵司|工地|厂里)"
    r"|(?:给|帮|替)(?:您|你|他|她|对方|客户|贵司|.{1,3}总|.{1,3}工)[^，。；？?!！]{0,8}?(?:发|寄|送|报|出|做|查|问|催|申请|安排|"
    r"核实|确认|反馈|准备|处理|改|联系)|答应|承诺|保证(?!金)|我会|我们会|一定(?:给|发|到)"
)
_DONE = re.compile(
    r"已经|[给帮](?:您|你)?.{0,6}过了|了$|刚(?:才|刚)|昨天|上周|不(?:能|会|行)|没(?:有|法)|无法|吗$|[?？]"
)
_FINDS_OUT = re.compile(
    r"((?:我们?|咱们?|这边)(?:[^，,。；;？?！!您你]|[给帮替][您你])*?(?:确认|核实|答复|回复|反馈|落实|查|问)[^，,。；;？?！!您你]{0,8}?)"
    r"(?:能不能|可不可以|可以不|是不是|有没有|行不行|多久|多少|什么|怎么|如何|哪|几)"
)
_CLAUSE = re.compile(r"[^，,。；;！!？?\s]+[？?]?")
_ALL_RIGHT = re.compile(r"(?:您看|这样)*(?:可以|行|好|方便|成)(?:吗|么|不)[？?]?$")
_AROUND = (
    r"(?:今天|明天|最近|这几天|这两天|那边|这边|路上|早点|不错|怎么样|如何|凉快|"
    r"[您你们我也都要真很太好挺是热冷大变转了吗吧啊呀呢的得多请，,、\s])*"
)
_SMALL_TALK = re.compile(
    rf"{_AROUND}(?:天气|下雨|降温|吃饭|吃过|吃了|周末(?:愉快|快乐)|(?:节日|新年|元旦|春节|中秋|国庆|端午|生日)快乐|新年好|过年好|"
    rf"休息|晚安|一路(?:平安|顺风)|注意(?:身体|保暖|安全)|身体|堵车|辛苦|忙){_AROUND}"
)
_SMALL = 16  # letters: what is longer says something besides
_SURE = re.compile(rf"{NUMERAL}|{CHARACTERS}(?:台|套|个|吨|万)")


@dataclass(frozen=True, slots=True)
class Said:
    """A message judged: `words` is what a digest says of it, "" for nothing; `sure` where it names figures or a day."""

    one: Utterance
    words: str
    kind: DigestKind
    due: date | None
    asks: bool
    sure: bool


def judged(one: Utterance, said_on: date) -> Said:
    """`said_on` is the day of the message: 「明天」 is the day after it."""
    words = spoken(one.text)
    question = asks(one.text) and not (one.ours and _promises_beside(words))
    coming = [day for _, day in days_in(words, said_on) if day >= said_on]
    later = any(day > said_on for day in coming)  # 「今天去了」 names no day to come
    kind = _kind(one, words, question, later)
    if kind is DigestKind.GIST and len(words) <= _SMALL and _SMALL_TALK.fullmatch(words):
        words = ""
    due = coming[0] if coming and kind in (DigestKind.PROMISE, DigestKind.DATE, DigestKind.NEED) else None
    sure = kind is not DigestKind.GIST and (later or _SURE.search(words) is not None)
    return Said(one, words, kind, due, question, sure)


def _kind(one: Utterance, words: str, question: bool, dated: bool) -> DigestKind:
    """The first that fits, in the order of what a salesperson must not miss."""
    if one.ours and not question and (_promises(words) or _promises_beside(words)):
        return DigestKind.PROMISE
    if (not one.ours or not one.speaker) and _OBJECTION.search(words):
        return DigestKind.OBJECTION
    if (not one.ours or not one.speaker) and _NEED.search(words):
        return DigestKind.NEED
    if _PRICE.search(words):
        return DigestKind.PRICE
    if _QUANTITY.search(words):
        return DigestKind.QUANTITY
    if dated or _DATE.search(words):
        return DigestKind.DATE
    return DigestKind.PRODUCT if _PRODUCT.search(words) else DigestKind.GIST


def _promises(words: str) -> bool:
    return will(words) and not happened(words)


def will(words: str) -> bool:
    """Somebody says what is to be done."""
    return _WILL.search(words) is not None


def happened(words: str) -> bool:
    """It has been done, cannot be, or is asked."""
    return _DONE.search(words) is not None


def _promises_beside(words: str) -> bool:
    """Whether one of the clauses promises, whatever others ask: 「周四我去现场，可以吗」「我明天确认能不能加急」."""
    clauses = [_ALL_RIGHT.sub("", clause) for clause in _CLAUSE.findall(_FINDS_OUT.sub(r"\1", words))]
    return any(_promises(clause) and not asks(clause) for clause in clauses)
