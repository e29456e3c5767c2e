"""WeCom's error codes with the wording of its errmsg, and the exception that carries one to the answer."""

from emulator.tenant import Json

# Heads seen in the wild; the rest in the style of the official list.
HEADS = {
    -1: "system busy",
    40001: "invalid credential",
    40003: "invalid userid",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40029: "invalid code",
    40056: "invalid agentid",
    40058: "invalid Request Parameter",
    40063: "some parameters are empty",
    40066: "invalid department id",
    40068: "invalid tagid",
    40071: "tag name already exist",
    40096: "invalid external userid",
    41044: "contact way not exist",
    41001: "access_token missing",
    42001: "access_token expired",
    42003: "oauth_code expired",
    42014: "invalid taskid",
    42022: "oauth_code used",
    42052: "message recall time over",
    43001: "require GET method",
    43002: "require POST method",
    43012: "callback url not set",
    44001: "empty media data",
    44004: "text content is empty",
    45001: "media size out of limit",
    45002: "message content size out of limit",
    45008: "article size out of limit",
    45009: "api freq out of limit",
    45033: "api concurrent out of limit",
    45034: "url scheme not supported",
    46003: "menu no exist",
    46004: "user no exist",
    47001: "data format error",
    48002: "api forbidden",
    49008: "chat dismissed",
    50001: "redirect_url domain not match",
    50003: "app is disabled",
    60003: "department not found",
    60011: "no privilege to access/modify contact/party/agent",
    60020: "not allow to access from your ip",
    60111: "userid not found",
    60140: "invalid response_code",
    81013: "user & party & tag all invalid",
    81017: "too many receivers",
    82001: "touser & toparty & totag all empty",
    84061: "not external contact",
    84074: "no external contact permission",
    86003: "chat not found",
    91040: "invalid ticket type",
    301021: "invalid userid",
    301023: "useridlist is empty or over the limit",
    301024: "time range over the limit",
    301002: "not allow operate another agent with this accesstoken",
    40015: "invalid menu type",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40023: "invalid sub button size",
    40024: "invalid sub button type",
    40025: "invalid sub button name size",
    40026: "invalid sub button key size",
    40027: "invalid sub button url size",
    40054: "invalid sub button url domain",
    40055: "invalid button url domain",
    40004: "invalid media type",
    42027: "invalid horizontal keyname",
    42028: "url missing",
    42029: "media_id missing",
    42030: "appid missing",
    42031: "invalid card_type",
    42033: "invalid title",
    42035: "invalid horizontal_content_list size",
    42036: "invalid vertical_content_list size",
    42037: "invalid option_list",
    42038: "invalid button text",
    42039: "invalid button key",
    42040: "invalid option id",
    42041: "invalid option text",
    42042: "invalid jump_list size",
    42043: "invalid question_key",
    42044: "invalid image url",
    42045: "invalid card_action",
    42046: "invalid submit_button key",
    42047: "invalid select_list size",
    42049: "invalid submit_button text",
    42050: "invalid horizontal userid",
    42051: "duplicate action_menu key",
}
WITHOUT_IP = frozenset({-1, 40058, 47001})


class ApiError(Exception):
    """One refused call: `code` as documented, `detail` says which field, `extra` joins the answer."""

    def __init__(self, code: int, detail: str = "", **extra: object) -> None:
        super().__init__(f"{code} {detail}")
        self.code = code
        self.detail = detail
        self.extra = extra


def answer(error: ApiError, hint: str, ip: str) -> Json:
    """The JSON body of a refusal, with errmsg in the platform's hint format (wecom.md §3)."""
    head = HEADS.get(error.code, "request refused")
    if error.detail:
        head = f"{head}, {error.detail}"
    source = "" if error.code in WITHOUT_IP else f", from ip: {ip}"
    more = f"more info at https://open.work.weixin.qq.com/devtool/query?e={error.code}"
    return {"errcode": error.code, "errmsg": f"{head}, hint: [{hint}]{source}, {more}", **error.extra}
