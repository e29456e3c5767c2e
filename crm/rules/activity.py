"""Does a follow-up restart the silence clock? Told to the rep at once, with the reason."""

import re
import unicodedata
from collections.abc import Sequence

from rapidfuzz import fuzz

FEWEST_LETTERS = 4
FEWEST_DIFFERENT = 3  # 「好的好的」 and 「哈哈哈哈」 say nothing
COPY_AT = 95

_LONGEST_COMPARED = 2000
_UNREACHED = re.compile(
    r"(?:还是|仍然|仍|一直|都|又)?(?:"
    r"(?:未|没|没有|没能|不)(?:打通|接通|接听|人接听|人接|接电话|接|联系上|回复|回电|回消息|回信息|应答|回应)"
    r"|打不通|接不通|联系不上|联系不到|无人接听|无人应答|无应答|拒接|挂断|已?关机|停机|占线|正在通话中|空号|不在服务区|不回消息)"
)
_AROUND = re.compile(
    r"今天|昨天|明天|上午|下午|晚上|早上|中午|刚才|刚刚|电话|手机|座机|微信|客户|对方|打了?|拨打|致电|联系|再次?|"
    r"第?[一二两三四五六七八九十几]+[次遍]|稍后|继续|改天|[了的给过还也吧先请]"
)


def counts(text: str, recent: Sequence[str]) -> tuple[bool, str]:
    """(does it count, the sentence for the rep when it does not); what does not count is still recorded.

    `recent` are the latest follow-ups of the same customer. Empty, too short, digits only, copied (similarity of
    at least 95 after normalising) and 「未接通」 texts do not restart the clock (product.md E2).
    """
    plain = _normal(text)
    letters = "".join(letter for letter in plain if letter.isalpha())
    if not plain:
        return False, "没有写内容，不计入跟进；写一句聊了什么就算"
    if not letters:
        return False, "只有数字，不计入跟进；写一句聊了什么就算"
    if _unreached(letters):
        return False, "未接通已记下，但不计入跟进；联系上以后再记一次就算"
    if len(letters) < FEWEST_LETTERS or len(set(letters)) < FEWEST_DIFFERENT:
        return False, "内容太短，不计入跟进；写清聊了什么、下一步做什么就算"
    if any(fuzz.ratio(plain, _normal(earlier), score_cutoff=COPY_AT) for earlier in recent):
        return False, "和上次内容一样，不计入跟进；写写这次有什么新进展"
    return True, ""


def _normal(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text[:_LONGEST_COMPARED]).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def _unreached(letters: str) -> bool:
    """Nobody was reached, and beside that at most a name is said: 「上午打王总电话没接」."""
    rest, times = _UNREACHED.subn("", letters)
    return times > 0 and len(_AROUND.sub("", rest)) < FEWEST_LETTERS
