"""A message as it is said in a digest: without greetings, fillers, links and stickers, its facts untouched."""

import re

LINK = re.compile(r"https?://[^\s\u4e00-\u9fff，。；）)]+")
_STICKER = re.compile(r"#E-\w*(?:\[\w+\])?|/:[\w:~|@&;,.<>*-]{1,8}|[\U0001F300-\U0001FAFF\u2600-\u27BF\uFE0F]")
_WELL = r"(?:好的+|好+|嗯+|恩+|哦+|噢|行|可以|对|是的?|那|OK|ok|收到|明白|谢谢您?|感谢您?|在的?|抱歉|稍等)"
_OPENING = re.compile(
    r"(?:\s|[，,。.！!~～、；;：:]|您好|你好|请问一下|请问|哈喽|亲爱[的哒滴]|亲亲|亲(?=[，,~～\s您，]|$)"
    rf"|{_WELL}(?:[的呢哦哈啊呀嘞吧]*)(?=[，,。.！!~～；;\s]|$))+"
)
_PARTICLES = re.compile(r"(?:[哦呢哈呀啊哒嘛哟呦噢滴~～！!\s]|亲(?<=[哦呢的哈啊了，,\s]亲))+(?=[，,。；;？?、]|$)")
_ENDS = re.compile(r"[\s，,。.；;：:、~～！!?？…]+$")
_ASKS = re.compile(
    r"[?？]|吗|呢$|怎么|为什么|什么|多少|几|哪|能不能|可不可以|可以不|是不是|有没有|行不行|如何|咋|多久|多长时间"
)
_HALF_A_WORD = re.compile(r"[A-Za-z0-9.,%-]+$")
_LONGEST = 120  # characters of one message in a digest; what is longer ends with the clause before


def asks(text: str) -> bool:
    """Whether a message is a question."""
    return _ASKS.search(text) is not None


def without_links(text: str) -> str:
    return _STICKER.sub(" ", LINK.sub(" ", text))


def spoken(text: str) -> str:
    """What is left to be said of a message, "" for nothing. Words are only taken away, never changed or joined."""
    said = " ".join(without_links(text).split())
    said = _OPENING.sub("", said, count=1) if _OPENING.match(said) else said
    said = _ENDS.sub("", _PARTICLES.sub("", said))
    if len(said) > _LONGEST:
        cut = max(said.rfind(sign, 0, _LONGEST) for sign in "，,。；;！!？?")
        said = said[:cut] if cut > 0 else _HALF_A_WORD.sub("", said[:_LONGEST])
    return said if sum(letter.isalnum() for letter in said) > 1 else ""
