"""What a template card must look like: the documented limits, each with its error code (wecom.md §3.4, §4.2)."""

import re
from collections.abc import Callable

from emulator.errors import ApiError
from emulator.tenant import Json

TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
CARD_TYPES = ("text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction")
INTERACTIVE = CARD_TYPES[2:]


def check_update(card: object, task_id: str | None = None) -> Json:
    """A card that takes the place of another: the same limits. It keeps that card's `task_id` and names no other."""
    checked = check(card, task_id_needed=False)
    if task_id is not None and checked.get("task_id") not in (None, "", task_id):
        raise ApiError(42014, "task_id of another card")
    return checked


def check(card: object, *, task_id_needed: bool = True) -> Json:
    """Return the card if the platform would take it, else raise ApiError. Over-long text is refused, not cut."""
    if not isinstance(card, dict):
        raise ApiError(40063, "template_card")
    kind = card.get("card_type")
    if kind not in CARD_TYPES:
        raise ApiError(42031, str(kind))
    _task_id(card, kind, task_id_needed)
    _common(card, kind)
    PER_TYPE[kind](card)
    return card


def answers_back(card: Json) -> bool:
    """Pressing something on it calls the app."""
    return card["card_type"] in INTERACTIVE or "action_menu" in card


def _task_id(card: Json, kind: str, needed: bool) -> None:
    task_id = card.get("task_id")
    if task_id in (None, ""):
        if needed and (kind in INTERACTIVE or "action_menu" in card):
            raise ApiError(42014, "task_id is required")
    elif not isinstance(task_id, str) or not TASK_ID.fullmatch(task_id):
        raise ApiError(42014, "task_id: [0-9A-Za-z_-@], at most 128")


def _common(card: Json, kind: str) -> None:
    source = _part(card, "source")
    _text(source, "desc", 20, 45002)
    _choice(source, "desc_color", (0, 1, 2, 3))
    title = _part(card, "main_title")
    _text(title, "title", 36, 42033)
    _text(title, "desc", 44, 45002)
    quote = _part(card, "quote_area")
    _target(quote)
    _text(quote, "title", 36, 42033)
    _text(quote, "quote_text", None, 45002)
    _text(card, "replace_text", None, 42038)
    _text(card, "sub_title_text", 160, 45002)
    _facts(card)
    _jumps(card)
    _action(card, kind)
    _action_menu(card)


def _facts(card: Json) -> None:
    rows = _rows(card, "horizontal_content_list", 0, 6, 42035)
    for row in rows:
        _text(row, "keyname", 5, 42027, needed=True)
        _text(row, "value", 30, 45002)
        kind = row.get("type", 0)
        if kind == 1:
            _url(row, "url", 42028)
        elif kind == 2:
            _text(row, "media_id", 512, 42029, needed=True)
        elif kind == 3:
            _text(row, "userid", 64, 42050, needed=True)
        elif kind != 0:
            raise ApiError(40058, "horizontal_content_list.type")


def _jumps(card: Json) -> None:
    for row in _rows(card, "jump_list", 0, 3, 42042):
        _text(row, "title", 18, 42033, needed=True)
        _target(row)


def _action(card: Json, kind: str) -> None:
    action = _part(card, "card_action")
    needed = kind not in INTERACTIVE
    if not action:
        if needed:
            raise ApiError(42045, "card_action is required")
        return
    allowed = (1, 2) if needed else (0, 1, 2)
    if action.get("type", 0) not in allowed:
        raise ApiError(42045, "card_action.type")
    _target(action)


def _action_menu(card: Json) -> None:
    if "action_menu" not in card:
        return
    menu = _part(card, "action_menu")
    _text(menu, "desc", None, 45002)
    rows = _rows(menu, "action_list", 1, 3, 40058)
    for row in rows:
        _text(row, "text", 10, 42038, needed=True)
        _bytes(row, "key", 1024, 42039)
    if len({row["key"] for row in rows}) != len(rows):
        raise ApiError(42051)


def _text_notice(card: Json) -> None:
    emphasis = _part(card, "emphasis_content")
    _text(emphasis, "title", 14, 42033)
    _text(emphasis, "desc", 22, 45002)
    if not (card.get("main_title") or {}).get("title") and not card.get("sub_title_text"):
        raise ApiError(42033, "one of main_title.title and sub_title_text is required")


def _news_notice(card: Json) -> None:
    _main_title(card)
    image, beside = _part(card, "card_image"), _part(card, "image_text_area")
    if not image and not beside:
        raise ApiError(42044, "one of card_image and image_text_area is required")
    if image:
        _url(image, "url", 42044)
        ratio = image.get("aspect_ratio", 1.3)
        if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 1.3 <= ratio <= 2.25:
            raise ApiError(40058, "card_image.aspect_ratio: 1.3 to 2.25")
    if beside:
        _url(beside, "image_url", 42044)
        _target(beside)
        _text(beside, "title", None, 42033)
        _text(beside, "desc", None, 45002)
    for row in _rows(card, "vertical_content_list", 0, 4, 42036):
        _text(row, "title", 38, 42033, needed=True)
        _text(row, "desc", 160, 45002)


def _button_interaction(card: Json) -> None:
    _main_title(card)
    if "button_selection" in card:
        _question(_part(card, "button_selection"), 10, 16)
    rows = _rows(card, "button_list", 1, 6, 40058)
    for row in rows:
        _text(row, "text", 10, 42038, needed=True)
        _choice(row, "style", (1, 2, 3, 4))
        if row.get("type", 0) == 1:
            _url(row, "url", 42028)
        elif row.get("type", 0) == 0:
            _bytes(row, "key", 1024, 42039)
        else:
            raise ApiError(40058, "button_list.type")
    keys = [row["key"] for row in rows if row.get("type", 0) == 0]
    if len(set(keys)) != len(keys):
        raise ApiError(42039, "duplicate key")


def _vote_interaction(card: Json) -> None:
    _main_title(card)
    box = _part(card, "checkbox")
    _choice(box, "mode", (0, 1))
    _question(box, 20, 17)
    if box.get("mode", 0) == 0 and sum(bool(row.get("is_checked")) for row in box["option_list"]) > 1:
        raise ApiError(40058, "checkbox.mode is single but several options are checked")
    _submit(card)


def _multiple_interaction(card: Json) -> None:
    _main_title(card)
    rows = _rows(card, "select_list", 1, 3, 42047)
    for row in rows:
        _question(row, 10, 16)
    if len({row["question_key"] for row in rows}) != len(rows):
        raise ApiError(42043, "duplicate question_key")
    _submit(card)


PER_TYPE: dict[str, Callable[[Json], None]] = {
    "text_notice": _text_notice,
    "news_notice": _news_notice,
    "button_interaction": _button_interaction,
    "vote_interaction": _vote_interaction,
    "multiple_interaction": _multiple_interaction,
}


def _main_title(card: Json) -> None:
    if not (card.get("main_title") or {}).get("title"):
        raise ApiError(42033, "main_title.title is required")


def _submit(card: Json) -> None:
    button = _part(card, "submit_button")
    _text(button, "text", 10, 42049, needed=True)
    _bytes(button, "key", 1024, 42046)


def _question(part: Json, most: int, letters: int) -> None:
    _bytes(part, "question_key", 1024, 42043)
    _text(part, "title", None, 45002)
    _choice(part, "disable", (0, 1))
    options = _rows(part, "option_list", 1, most, 42037)
    for option in options:
        _bytes(option, "id", 128, 42040)
        _text(option, "text", letters, 42041, needed=True)
    names = [option["id"] for option in options]
    if len(set(names)) != len(names):
        raise ApiError(42040, "duplicate id")
    if part.get("selected_id") not in (None, "", *names):
        raise ApiError(42040, "selected_id is not among the options")


def _part(card: Json, name: str) -> Json:
    part = card.get(name)
    if part is None:
        return {}
    if not isinstance(part, dict):
        raise ApiError(40058, name)
    return part


def _rows(card: Json, name: str, least: int, most: int, code: int) -> list[Json]:
    rows = card.get(name) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ApiError(40058, name)
    if not least <= len(rows) <= most:
        raise ApiError(code, f"{name}: {least} to {most}")
    return rows


def _text(part: Json, name: str, letters: int | None, code: int, *, needed: bool = False) -> None:
    """At most so many characters; None where no limit is documented."""
    value = part.get(name)
    if value is None or value == "":
        if needed:
            raise ApiError(code, f"{name} is required")
        return
    if not isinstance(value, str):
        raise ApiError(40058, name)
    if letters is not None and len(value) > letters:
        raise ApiError(code, f"{name}: at most {letters} characters")


def _bytes(part: Json, name: str, most: int, code: int) -> None:
    value = part.get(name)
    if not isinstance(value, str) or not value or len(value.encode()) > most:
        raise ApiError(code, f"{name}: 1 to {most} bytes")


def _choice(part: Json, name: str, allowed: tuple[int, ...]) -> None:
    if name in part and part[name] not in allowed:
        raise ApiError(40058, name)


def _target(part: Json) -> None:
    kind = part.get("type", 0)
    if kind == 1:
        _url(part, "url", 42028)
    elif kind == 2:
        _text(part, "appid", 64, 42030, needed=True)
    elif kind != 0:
        raise ApiError(40058, "type")


def _url(part: Json, name: str, code: int) -> None:
    value = part.get(name)
    if not isinstance(value, str) or not value:
        raise ApiError(code, f"{name} is required")
    if not value.startswith(("http://", "https://")):
        raise ApiError(45034, name)
    if len(value.encode()) > 2048:
        raise ApiError(code, f"{name}: at most 2048 bytes")
