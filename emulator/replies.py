"""Passive answers of the callback: opened, held against the schema of wecom.md §1.6, put into the platform's terms."""

import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from wechatpy.work.crypto import WeChatCrypto

from emulator import cards
from emulator.callbacks import open_envelope, text_of
from emulator.errors import ApiError
from emulator.tenant import Json

TEXT_MOST = 2048  # bytes; the rest of a passive text is cut off
ANSWERED_EVENTS = frozenset(
    {
        "subscribe",
        "enter_agent",
        "location",
        "click",
        "view",
        "view_miniprogram",
        "scancode_waitmsg",
        "template_card_event",
        "template_card_menu_event",
    }
)
UPDATES = ("update_button", "update_template_card")
# Element → the children it may have. A star marks children that may be repeated.
SCHEMA = {
    "TemplateCard": "CardType Source ActionMenu MainTitle QuoteArea EmphasisContent SubTitleText ImageTextArea "
    "CardImage VerticalContentList* HorizontalContentList* "
    "JumpList* CardAction ButtonSelection ButtonList* ReplaceText CheckBox "
    "SelectList* SubmitButton",
    "Source": "IconUrl Desc DescColor",
    "ActionMenu": "Desc ActionList*",
    "ActionList": "Text Key",
    "MainTitle": "Title Desc",
    "QuoteArea": "Type Url AppId PagePath Title QuoteText",
    "EmphasisContent": "Title Desc",
    "ImageTextArea": "Type Url AppId PagePath Title Desc ImageUrl",
    "CardImage": "Url AspectRatio",
    "VerticalContentList": "Title Desc",
    "HorizontalContentList": "Type KeyName Value Url MediaId UserId",
    "JumpList": "Type Title Url AppId PagePath",
    "CardAction": "Type Url AppId PagePath",
    "ButtonSelection": "QuestionKey Title OptionList* SelectedId Disable",
    "OptionList": "Id Text IsChecked",
    "ButtonList": "Text Style Key",
    "CheckBox": "QuestionKey OptionList* Disable Mode",
    "SelectList": "QuestionKey Title OptionList* SelectedId Disable",
    "SubmitButton": "Text Key",
}
WHOLE = frozenset({"Type", "DescColor", "Style", "Mode"})
YES_NO = frozenset({"Disable", "IsChecked"})
JSON_NAMES = {
    "KeyName": "keyname",
    "AppId": "appid",
    "PagePath": "pagepath",
    "UserId": "userid",
    "CheckBox": "checkbox",
}


class ReplyError(ValueError):
    """The platform would ignore this answer; the text says why."""


def read(crypto: WeChatCrypto, body: bytes, *, corpid: str, userid: str, event: str) -> Json | None:
    """The answer as {"type": …, …}, None if there is none. `event`: what is answered, lower case; "" = a message."""
    if body.strip() in (b"", b"success"):
        return None
    try:
        root = fromstring(open_envelope(crypto, body), forbid_dtd=True)
        return _checked(root, corpid, userid, event)
    except ReplyError:
        raise
    except (ValueError, ParseError, DefusedXmlException) as error:
        raise ReplyError(str(error)) from error
    except ApiError as error:
        raise ReplyError(f"the card would be refused with {error}") from error


def _checked(root: Element, corpid: str, userid: str, event: str) -> Json:
    kind = text_of(root, "MsgType")
    if text_of(root, "ToUserName").casefold() != userid.casefold():
        raise ReplyError("ToUserName is not the member who is answered")
    if text_of(root, "FromUserName") != corpid:
        raise ReplyError("FromUserName is not the corp id")
    int(text_of(root, "CreateTime"))
    if event and event not in ANSWERED_EVENTS:
        raise ReplyError(f"event {event} takes no answer")
    if kind in UPDATES and event != "template_card_event":
        raise ReplyError(f"{kind} answers only template_card_event")
    if kind not in UPDATES and event == "template_card_event":
        raise ReplyError("template_card_event is answered only by update_button or update_template_card")
    if kind == "text":
        return _text(root)
    if kind == "update_button":
        return {"type": kind, "replace_name": _said(_child(root, "Button"), "ReplaceName")}
    if kind == "update_template_card":
        return {"type": kind, "card": cards.check_update(_convert(_child(root, "TemplateCard")))}
    if kind in ("image", "voice", "video"):
        return {"type": kind, "media_id": _said(_child(root, kind.capitalize()), "MediaId")}
    if kind == "news":
        return _news(root)
    raise ReplyError(f"unknown MsgType {kind}")


def _text(root: Element) -> Json:
    content = text_of(root, "Content")
    cut = content.encode()[:TEXT_MOST].decode("utf-8", "ignore")
    return {"type": "text", "content": cut, **({"truncated": True} if cut != content else {})}


def _news(root: Element) -> Json:
    items = _child(root, "Articles").findall("item")
    if not 1 <= len(items) <= 8 or int(text_of(root, "ArticleCount")) != len(items):
        raise ReplyError("news has 1 to 8 articles and says how many")
    names = {"title": "Title", "description": "Description", "url": "Url", "picurl": "PicUrl"}
    return {
        "type": "news",
        "articles": [{key: item.findtext(name, "") for key, name in names.items()} for item in items],
    }


def _said(parent: Element, name: str) -> str:
    """The text of a child that must say something."""
    text = text_of(parent, name)
    if not text.strip():
        raise ReplyError(f"{name} is empty")
    return text


def _child(parent: Element, name: str) -> Element:
    found = parent.find(name)
    if found is None:
        raise ReplyError(f"{name} is missing")
    return found


def _convert(part: Element) -> Json:
    """CamelCase siblings → the JSON of message/send."""
    allowed = {name.rstrip("*"): name.endswith("*") for name in SCHEMA[part.tag].split()}
    found: Json = {}
    for child in part:
        if child.tag not in allowed:
            raise ReplyError(f"{part.tag} has no element {child.tag}")
        name = JSON_NAMES.get(child.tag) or re.sub(r"(?<!^)(?=[A-Z])", "_", child.tag).lower()
        value: object = _convert(child) if child.tag in SCHEMA else _plain(child)
        if allowed[child.tag]:
            found.setdefault(name, []).append(value)
        elif name in found:
            raise ReplyError(f"{child.tag} stands twice in {part.tag}")
        else:
            found[name] = value
    return found


def _plain(child: Element) -> object:
    text = child.text or ""
    if len(child):
        raise ReplyError(f"{child.tag} holds text, not elements")
    if child.tag in WHOLE:
        return int(text)
    if child.tag == "AspectRatio":
        return float(text)
    if child.tag in YES_NO:
        return text.strip().lower() in ("1", "true")
    return text
