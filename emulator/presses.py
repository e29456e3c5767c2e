"""What a press on a menu or a card sends: the event's name and its fields (wecom.md §2.2)."""

from emulator.refusal import Refusal
from emulator.tenant import Json
from emulator.world import World


def menu(world: World, body: Json) -> tuple[str, Json, str | None]:
    """Event name, fields, and the address the client would open. A `view` button is named by its URL."""
    wanted = body.get("key")
    with world.state.lock:
        bar = (world.state.data["menu"] or {}).get("button", [])
        buttons = [one for button in bar for one in (button.get("sub_button") or [button])]
    button = next((b for b in buttons if wanted and wanted in (b.get("key"), b.get("url"), b.get("pagepath"))), None)
    if button is None:
        raise Refusal(f"菜单里没有 {wanted}")
    kind: str = button["type"]
    if kind == "view":
        return kind, {"EventKey": button["url"]}, button["url"]
    if kind == "view_miniprogram":
        return kind, {"EventKey": button["pagepath"]}, None
    fields: Json = {"EventKey": button["key"]}
    if kind == "location_select":
        place = {
            "Location_X": str(body.get("lat", "")),
            "Location_Y": str(body.get("lng", "")),
            "Scale": "15",
            "Label": str(body.get("label", "")),
            "Poiname": "",
        }
        fields["SendLocationInfo"] = place
    elif kind.startswith("scancode"):
        fields["ScanCodeInfo"] = {"ScanType": "qrcode", "ScanResult": str(body.get("result", ""))}
    elif kind.startswith("pic_"):
        fields["SendPicsInfo"] = {"Count": 1, "PicList": {"item": {"PicMd5Sum": "0" * 32}}}
    return kind, fields, None


def card(world: World, userid: str, body: Json) -> tuple[str, Json]:
    """A press on the member's newest card with this task id. `stale`: even a grey one."""
    with world.state.lock:
        entry = world.chats.card(userid, body.get("task_id"))
        if entry is None:
            raise Refusal("手机上没有这张卡片")
        drawn, key = entry["body"], body.get("key")
        menu_keys = [row["key"] for row in (drawn.get("action_menu") or {}).get("action_list", [])]
        if entry["card"]["replaced"] and key not in menu_keys and not body.get("stale"):
            raise Refusal(f"卡片已经是「{entry['card']['replaced']}」，不能再点")
        name = "template_card_event"
        if key in menu_keys:
            name = "template_card_menu_event"
        elif key not in _keys(drawn) and not body.get("stale"):
            raise Refusal(f"卡片上没有按钮 {key}")
        fields: Json = {
            "EventKey": str(key),
            "TaskId": str(drawn["task_id"]),
            "CardType": drawn["card_type"],
            "ResponseCode": world.chats.response_code(drawn["task_id"]),
        }
        if name == "template_card_event" and (chosen := _chosen(drawn, body.get("selected"))):
            fields["SelectedItems"] = {"SelectedItem": chosen}
        return name, fields


def _keys(drawn: Json) -> list[str]:
    buttons = [button["key"] for button in drawn.get("button_list", []) if button.get("type", 0) == 0]
    return [*buttons, *([drawn["submit_button"]["key"]] if "submit_button" in drawn else [])]


def _chosen(drawn: Json, selected: object) -> list[Json]:
    """One SelectedItem per question; what the person did not touch counts as the card shows it.

    A drop-down always shows something: its selected_id, else its first option. A vote may show nothing ticked.
    """
    questions = [drawn[name] for name in ("button_selection", "checkbox") if name in drawn] + drawn.get(
        "select_list", []
    )
    rows = []
    for question in questions:
        key, options = question["question_key"], question["option_list"]
        picked = selected.get(key) if isinstance(selected, dict) else None
        if picked is None:
            ticked = [option["id"] for option in options if option.get("is_checked")]
            picked = ticked if question is drawn.get("checkbox") else [question.get("selected_id") or options[0]["id"]]
        known = {option["id"] for option in options}
        if not isinstance(picked, list) or not set(map(str, picked)) <= known:
            raise Refusal(f"问题 {key} 没有这个选项")
        if picked:
            rows.append({"QuestionKey": key, "OptionIds": {"OptionId": [str(one) for one in picked]}})
    return rows
