"""What somebody typed where a company's name is asked for: a name, or a telephone, a credit code, a web address."""

import re
import unicodedata

from crm.rules.name_parts import parts_of
from crm.rules.reach import clean_domain, clean_phone
from crm.rules.uscc import clean_uscc

_NUMBER = re.compile(r"[+(（]?[0-9][0-9 ()（）+-]{5,}(?:转 ?[0-9]{1,6})?")
_NO_BRAND = re.compile(r"股份|有限|责任|集团|总公司|分公司|公司|工厂|厂|企业|单位|客户|工")
_CALLED = {"phone": "电话号码", "uscc": "统一社会信用代码", "website": "网址"}
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆"
    "范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙史陶贺毛段郝顾龚邵覃武钱戴严莫孔向常汤"
)


def read_as(typed: str) -> tuple[str, str]:
    """The key of the customer's field that was typed (`phone`, `uscc`, `website`, else `name`), and its value."""
    words = unicodedata.normalize("NFKC", typed).strip()
    for key, clean in (("uscc", clean_uscc), ("phone", _phone), ("website", _website)):
        try:
            return key, clean(words)
        except ValueError:
            continue
    return "name", typed.strip()


def no_company(typed: str) -> str:
    """Why this is hardly a company's whole name, to follow it in a sentence; "" for what may be one."""
    key, name = read_as(typed)
    if key != "name":
        return f"是{_CALLED[key]}，不是公司名"
    parts = parts_of(name)
    if not any(sign.isalpha() for sign in parts.key):
        return "只有数字，不像公司名" if any(sign.isdigit() for sign in parts.key) else "只有符号，不像公司名"
    if no_brand(name) or (parts.generic and not parts.trade):
        return "太笼统，认不出是哪家公司"
    chinese = all("\u4e00" <= sign <= "\u9fff" for sign in parts.key)
    person = len(parts.key) <= 2 or (len(parts.key) == 3 and parts.key[0] in _SURNAMES)
    if chinese and person and not parts.trade and not parts.form and not parts.regions:
        return "太短，像人名或简称"
    return ""


def no_brand(name: str) -> bool:
    """Whether nothing is left of a name without its form and its general words: 「有限公司」 names nobody."""
    return not _NO_BRAND.sub("", parts_of(name).core)


def _phone(words: str) -> str:
    if not _NUMBER.fullmatch(words):
        raise ValueError(words)
    return clean_phone(words)


def _website(words: str) -> str:
    if not words.isascii() or any(sign.isspace() for sign in words):
        raise ValueError(words)
    return clean_domain(words)
