"""From plain words to the JSON WeCom draws; knows the shapes and their limits, not the business."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

from gateways.wecom.text import clean, clip, clip_bytes, no_links, one_line

# Limits of the template card page of the official documentation, in 字 (characters) unless named bytes.
_TITLE, _DESC, _SUB_TITLE = 36, 44, 160
_FACTS, _FACT_NAME, _FACT_VALUE = 6, 5, 30
_BUTTONS, _BUTTON_TEXT, _KEY_BYTES = 6, 10, 1024
_CHOICES, _CHOICE_TEXT, _CHOICE_ID_BYTES = 10, 16, 128
_SELECTION_TITLE = 20  # not documented; what fits the line it is drawn on
_TEXT_BYTES = _URL_BYTES = 2048
_TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
_DUPLICATE_CHECK_SECONDS = 14400  # the longest WeCom offers: our own retries run for hours


class Fact(Protocol):
    """One named value, drawn as a row; a name has at most five characters."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...


class Button(Protocol):
    """One tap; ``style`` 1 blue, 2 white-blue, 3 red, 4 grey text."""

    @property
    def text(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def style(self) -> int: ...


class Choice(Protocol):
    """One line of a drop-down."""

    @property
    def id(self) -> str: ...
    @property
    def text(self) -> str: ...


class Selection(Protocol):
    """One drop-down above the buttons."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def choices(self) -> Sequence[Choice]: ...


class Notice(Protocol):
    """What is to be said, in words. ``url`` is absolute, or a path on our own site; empty when there is none."""

    @property
    def title(self) -> str: ...
    @property
    def desc(self) -> str: ...
    @property
    def facts(self) -> Sequence[Fact]: ...
    @property
    def body(self) -> str: ...
    @property
    def buttons(self) -> Sequence[Button]: ...
    @property
    def selection(self) -> Selection | None: ...
    @property
    def url(self) -> str: ...


def render(notice: Notice, *, to_user: str, agent_id: int, task_id: str, home_url: str) -> str:
    """The complete message/send document for one member, as the text to be stored and posted byte for byte.

    Buttons make a ``button_interaction`` card, a url alone a ``text_notice``, neither a plain text. Over-long data is
    clipped with '…'. ``task_id`` must be new for each card. ``home_url`` completes a path in ``notice.url``.
    Raises ValueError for what no data can cause: too many or double keys, a bad task id, a long fact name, no words.
    """
    _check(notice)
    _check_receiver(to_user)
    document: dict[str, Any] = {"touser": to_user}
    if notice.buttons:
        card = _interaction(notice, task_id, home_url)
        document |= {"msgtype": "template_card", "agentid": agent_id, "template_card": card}
    elif notice.url:
        card = _text_notice(notice, home_url)
        document |= {"msgtype": "template_card", "agentid": agent_id, "template_card": card}
    else:
        document |= {"msgtype": "text", "agentid": agent_id, "text": {"content": _plain(notice, home_url)}}
    document |= {"enable_duplicate_check": 1, "duplicate_check_interval": _DUPLICATE_CHECK_SECONDS}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def render_update(notice: Notice, *, to_user: str, agent_id: int, task_id: str, code: str, home_url: str) -> str:
    """The message/update_template_card document that exchanges the card of ``task_id`` on one member's phone.

    ``code`` is the response_code of that card, which is spent by it. Without buttons the card is greyed.
    """
    card = (
        redrawn(notice, task_id=task_id, home_url=home_url)
        if notice.buttons
        else greyed(notice, task_id=task_id, replace_text="已处理", home_url=home_url)
    )
    _check_receiver(to_user)
    document = {"userids": [to_user], "agentid": agent_id, "response_code": code, "template_card": card}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def redrawn(notice: Notice, *, task_id: str, home_url: str) -> dict[str, Any]:
    """A card for a card already sent: the ``template_card`` of message/update_template_card and ``update_card_reply``.

    Its buttons can be tapped. ValueError for a notice without any: only cards with buttons can be updated.
    """
    _check(notice)
    if not notice.buttons:
        raise ValueError("only a card with buttons can be updated")
    return _interaction(notice, task_id, home_url)


def greyed(notice: Notice, *, task_id: str, replace_text: str, home_url: str) -> dict[str, Any]:
    """Like ``redrawn`` after the decision: all buttons are one grey ``replace_text``, the drop-down is frozen.

    A notice that has given up its buttons is drawn as well: WeCom shows the grey text in their place.
    """
    _check(notice)
    said = clip(one_line(replace_text), _BUTTON_TEXT)
    card = _interaction(notice, task_id, home_url)
    if "button_selection" in card:
        card["button_selection"]["disable"] = True
    # The card type wants a button even where replace_text hides it.
    card["button_list"] = card["button_list"] or [{"text": said, "style": 4, "key": "done"}]
    card["replace_text"] = said
    return card


def _interaction(notice: Notice, task_id: str, home_url: str) -> dict[str, Any]:
    if not _TASK_ID.fullmatch(task_id):
        raise ValueError("task_id: 1 to 128 of 0-9 A-Z a-z _ - @")
    card = {"card_type": "button_interaction", "task_id": task_id} | _words(notice)
    if notice.url:
        card["card_action"] = _open(notice.url, home_url)
    if notice.selection:
        card["button_selection"] = _drop_down(notice.selection)
    card["button_list"] = [
        {"text": clip(one_line(button.text), _BUTTON_TEXT), "style": button.style, "key": button.key}
        for button in notice.buttons
    ]
    return card


def _text_notice(notice: Notice, home_url: str) -> dict[str, Any]:
    return {"card_type": "text_notice"} | _words(notice) | {"card_action": _open(notice.url, home_url)}


def _words(notice: Notice) -> dict[str, Any]:
    """Title, rows and running text; rows beyond the sixth are told in the running text instead of being lost."""
    title = {"title": clip(_line(notice.title), _TITLE), "desc": clip(_line(notice.desc), _DESC)}
    words: dict[str, Any] = {"main_title": {name: text for name, text in title.items() if text}}
    running = "\n".join([*_lines(notice.facts[_FACTS:]), no_links(clean(notice.body)).strip()]).strip()
    if running:
        words["sub_title_text"] = clip(running, _SUB_TITLE)
    if notice.facts:
        words["horizontal_content_list"] = [
            {"keyname": _line(fact.name), "value": clip(_line(fact.value), _FACT_VALUE) or "—"}
            for fact in notice.facts[:_FACTS]
        ]
    return words


def _drop_down(selection: Selection) -> dict[str, Any]:
    options = [{"id": choice.id, "text": clip(_line(choice.text), _CHOICE_TEXT)} for choice in selection.choices]
    title = clip(_line(selection.title), _SELECTION_TITLE)
    return {"question_key": selection.key, "title": title, "option_list": options}


def _open(url: str, home_url: str) -> dict[str, Any]:
    target = urljoin(home_url, url)
    if urlsplit(target).scheme not in ("http", "https"):
        raise ValueError("a card opens http or https only")
    return {"type": 1, "url": target if len(target.encode()) <= _URL_BYTES else home_url}


def _plain(notice: Notice, home_url: str) -> str:
    paragraphs = [_line(notice.title), _line(notice.desc), *_lines(notice.facts), clean(notice.body).strip()]
    return clip_bytes(no_links("\n".join(paragraph for paragraph in paragraphs if paragraph), home_url), _TEXT_BYTES)


def _lines(facts: Iterable[Fact]) -> list[str]:
    return [f"{_line(fact.name)}：{_line(fact.value) or '—'}" for fact in facts]


def _line(text: str) -> str:
    return no_links(one_line(text))


def _check(notice: Notice) -> None:
    """What only a programmer can get wrong; data never fails here."""
    if not (one_line(notice.title) or clean(notice.body).strip()):
        raise ValueError("a notice needs a title or a body")
    if any(not 1 <= len(_line(fact.name)) <= _FACT_NAME for fact in notice.facts):
        raise ValueError(f"a fact name has 1 to {_FACT_NAME} characters")
    if len(notice.buttons) > _BUTTONS:
        raise ValueError(f"at most {_BUTTONS} buttons")
    if any(not one_line(button.text) or button.style not in (1, 2, 3, 4) for button in notice.buttons):
        raise ValueError("a button has a text and a style from 1 to 4")
    keys = [button.key for button in notice.buttons]
    if notice.selection:
        _check_selection(notice.selection, bool(notice.buttons))
        keys.append(notice.selection.key)
    _check_names(keys, _KEY_BYTES)


def _check_selection(selection: Selection, has_button: bool) -> None:
    if not has_button:
        raise ValueError("a selection needs a button that submits it")
    if not 1 <= len(selection.choices) <= _CHOICES:
        raise ValueError(f"a selection has 1 to {_CHOICES} choices")
    if any(not one_line(choice.text) for choice in selection.choices):
        raise ValueError("a choice has a text")
    _check_names([choice.id for choice in selection.choices], _CHOICE_ID_BYTES)


def _check_names(names: Sequence[str], longest: int) -> None:
    if len(set(names)) != len(names):
        raise ValueError("keys and ids are unique inside a card")
    if any(not 1 <= len(name.encode()) <= longest for name in names):
        raise ValueError(f"a key or id has 1 to {longest} bytes")


def _check_receiver(to_user: str) -> None:
    """One member: ``|`` would make several of it, ``@all`` the whole company."""
    if (
        not 1 <= len(to_user.encode()) <= 64
        or "|" in to_user
        or to_user.startswith("@")
        or one_line(to_user) != to_user
    ):
        raise ValueError("a message goes to exactly one userid")
