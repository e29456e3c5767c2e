"""What each type of message/send may contain: the limits of wecom.md §3.2, in bytes unless it says characters."""

from emulator import cards
from emulator.errors import ApiError
from emulator.tenant import Json
from emulator.world import World

TEXT_MOST = 2048
ARTICLES_MOST = 8


def check(world: World, kind: object, body: Json) -> Json:
    """The content that reaches the phones; raises ApiError with the documented code."""
    if kind not in ("text", "markdown", "textcard", "news", "template_card", "image", "voice", "video", "file"):
        raise ApiError(40008, str(kind))
    content = body.get(str(kind))
    if not isinstance(content, dict):
        raise ApiError(44004 if kind in ("text", "markdown") else 40063, str(kind))
    if kind in ("text", "markdown"):
        return _text(world, content)
    if kind == "textcard":
        return _textcard(content)
    if kind == "news":
        return _news(content)
    if kind == "template_card":
        card = cards.check(content)
        if world.callback_url is None and cards.answers_back(card):
            raise ApiError(43012)
        return card
    world.media.get(content.get("media_id"))
    return content


def _text(world: World, content: Json) -> Json:
    text = content.get("content")
    if not isinstance(text, str) or not text:
        raise ApiError(44004)
    if len(text.encode()) <= TEXT_MOST:
        return content
    if not world.tenant.app.truncates:
        raise ApiError(45002, f"content: at most {TEXT_MOST} bytes")
    return {**content, "content": text.encode()[:TEXT_MOST].decode("utf-8", "ignore")}


def _textcard(content: Json) -> Json:
    _bytes(content, "title", 128)
    _bytes(content, "description", 512)
    _url(content)
    button = content.get("btntxt", "")
    if not isinstance(button, str) or len(button) > 4:
        raise ApiError(45002, "btntxt: at most 4 characters")
    return content


def _news(content: Json) -> Json:
    articles = content.get("articles")
    if not isinstance(articles, list) or not articles or not all(isinstance(article, dict) for article in articles):
        raise ApiError(40063, "articles")
    if len(articles) > ARTICLES_MOST:
        raise ApiError(45008)
    for article in articles:
        _bytes(article, "title", 128)
        _bytes(article, "description", 512, needed=False)
        if not (article.get("appid") and article.get("pagepath")):
            _url(article)
    return content


def _bytes(part: Json, name: str, most: int, *, needed: bool = True) -> None:
    value = part.get(name)
    if not value and not needed:
        return
    if not isinstance(value, str) or not value:
        raise ApiError(40063, name)
    if len(value.encode()) > most:
        raise ApiError(45002, f"{name}: at most {most} bytes")


def _url(part: Json) -> None:
    _bytes(part, "url", 2048)
    if not part["url"].startswith(("http://", "https://")):
        raise ApiError(45034)
