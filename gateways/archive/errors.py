"""What the return codes of the archive's library mean, and in which words a person is told."""

from gateways.wecom.errors import Kind, WecomError

PULL, OPEN = "会话存档拉取", "会话存档解密"
NETWORK, BROKEN, UNOPENED, NO_KEY, BAD_KEY = 10001, 10002, 10006, 10007, 10008

_PAGE = "企业微信管理后台「管理工具 › 聊天内容存档」"
_KEYS = "WECOM_ARCHIVE_PRIVATE_KEYS 文件夹"

# Kind, what happened and why, what to do next. 10000–10011 are the library's, the others the platform's.
_SAID: dict[int, tuple[Kind, str, str]] = {
    10000: (Kind.REQUEST, "会话存档的请求参数不对", "这是系统的问题，请把错误码告诉管理员。"),
    10001: (
        Kind.RETRY,
        "连不上会话存档的服务器",
        "稍后会自动重试；若一直如此，请检查服务器能否访问 qyapi.weixin.qq.com。",
    ),
    10002: (Kind.RETRY, "会话存档的回答读不懂，可能被截断了", "稍后会少取一些再试，无需处理。"),
    10003: (Kind.RETRY, "会话存档系统繁忙", "稍后会自动重试，无需处理。"),
    10004: (
        Kind.CONFIG,
        "会话存档的密钥不对，无法加密请求",
        f"请在{_PAGE}重新查看 Secret，改正 WECOM_ARCHIVE_SECRET 后重启。",
    ),
    10005: (Kind.REQUEST, "会话存档里没有这个文件", "文件可能已经过期，无需处理。"),
    10006: (
        Kind.UNKNOWN,
        "会话存档的一条消息解不开",
        f"请核对{_KEYS}里的私钥和后台上传的公钥是不是一对。",
    ),
    10007: (
        Kind.CONFIG,
        "没有这个版本公钥对应的私钥",
        f"请把私钥存成「版本号.pem」放进{_KEYS}；五天内放好，期间的消息会自动补取。",
    ),
    10008: (
        Kind.CONFIG,
        "用现有的私钥打不开消息的密钥",
        f"请核对{_KEYS}里这个版本的私钥，和{_PAGE}的公钥版本号要一致。",
    ),
    10009: (Kind.CONFIG, "服务器的 IP 不允许拉取会话存档", f"请在{_PAGE}的「可信IP地址」加入服务器的出口 IP。"),
    10010: (Kind.EXPIRED, "会话存档的数据已经过期", "企业微信只保留五天，过期的取不回来了。"),
    10011: (Kind.CONFIG, "会话存档的证书不对", "请检查服务器的系统时间和根证书。"),
    301042: (Kind.CONFIG, "服务器的 IP 不在会话存档的可信 IP 里", f"请在{_PAGE}的「可信IP地址」加入服务器的出口 IP。"),
    301048: (
        Kind.CONFIG,
        "会话存档没有对本企业开放",
        f"请在{_PAGE}确认服务已开通、没有到期，并设置了存档范围。",
    ),
}


class ArchiveError(WecomError):
    """A pull, or the opening of one message, that failed; ``str()`` is a Chinese sentence with the remedy."""

    def __init__(self, path: str, code: int | None = None, *, what: str = "", hint: str = "") -> None:
        kind, known_what, known_hint = _SAID.get(code or 0, (None, "", ""))
        super().__init__(path, code, kind=kind, what=what or known_what, hint=hint or known_hint)
