"""What WeCom's error codes mean for us, and in which words a person is told."""

from enum import StrEnum


class Kind(StrEnum):
    """What the caller does about a failure."""

    RETRY = "retry"  # try again later
    TOKEN = "token"  # noqa: S105 - the access token was refused, a fresh one as well
    CONFIG = "config"  # an administrator must mend something; stop trying
    RECEIVER = "receiver"  # this person cannot be reached or seen
    REQUEST = "request"  # our own mistake
    EXPIRED = "expired"  # a code of limited life was too old or already used
    UNKNOWN = "unknown"


# Codes of the official list that the calls in this folder can bring back.
_CODES: dict[Kind, str] = {
    Kind.RETRY: "-1 6000 45009 45033 301022",
    Kind.TOKEN: "40014 42001",
    Kind.CONFIG: "40001 40013 40056 40054 40055 41001 43009 43012 48002 48005 48006 50001 50003 60020 80001 85004 85005"
    " 90200 90208 94000 301002 301042",
    Kind.RECEIVER: "40003 40066 40068 40096 46004 50005 60003 60011 60111 81013 82001 84061 84074 301021",
    Kind.REQUEST: "40004 40005 40006 40008 40033 40035 40039 40050 40058 40063 40094 42014 42015 42016 42027 42028"
    " 42029 42030 42031 42033 42035 42036 42037 42038 42039 42040 42041 42042 42043 42044 42045 42046 42047 42049 42050"
    " 42051 44001 44004 45001 45002 45007 45008 45034 46003 81017 91040 301023 301024 301025",
    Kind.EXPIRED: "40007 40029 40093 41050 41051 42003 42012 42013 42022 42052 60140 84014 84015",
}
_KIND_OF = {int(code): kind for kind, codes in _CODES.items() for code in codes.split()}
_RATE_LIMIT_SECONDS = 60  # 45009 locks at least for the minute that was exceeded

_APP = "企业微信管理后台「应用管理」打开本应用"

# What happened and why; what to do next.
_WORDS: dict[int, tuple[str, str]] = {
    -1: ("企业微信系统繁忙", "稍后会自动重试，无需处理。"),
    40001: ("应用的 Secret 不正确", f"请在{_APP}，重新查看 Secret，改正 WECOM_AGENT_SECRET 后重启。"),
    40007: ("图片已过期，或者已经取不到", "企业微信只保留三天，请再发一次。"),
    40013: (
        "企业 ID 不正确",
        "请在企业微信管理后台「我的企业 › 企业信息」页底部复制企业 ID，改正 WECOM_CORP_ID 后重启。",
    ),
    40014: ("访问令牌被拒绝，换新后仍被拒绝", f"请确认应用 Secret 没有被重置：在{_APP}，核对 Secret 与 AgentId。"),
    40029: ("登录码无效或已用过", "登录码只能用一次、五分钟内有效，请重新打开页面再登录。"),
    40056: ("应用的 AgentId 不正确", f"请在{_APP}，页面顶部复制 AgentId，改正 WECOM_AGENT_ID 后重启。"),
    42001: ("访问令牌过期，换新后仍被拒绝", "请检查服务器时间是否准确，稍后再试。"),
    43012: (
        "应用没有设置接收消息的地址，不能发送带按钮的卡片",
        f"请在{_APP}，在「接收消息 › 设置API接收」填写回调地址并保存。",
    ),
    45009: ("调用太频繁，被企业微信限流", "一分钟后会自动重试；若经常出现，请减少同步和提醒的次数。"),
    45033: ("同一接口同时调用过多", "稍后会自动重试，无需处理。"),
    48002: ("应用没有调用这个接口的权限", f"请在{_APP}，检查「可见范围」，并确认接口权限没有被关闭。"),
    48006: ("应用长期未使用，接口权限被收回", f"请在{_APP}，按提示重新启用接口权限。"),
    50001: ("登录回跳的域名没有登记", f"请在{_APP}，在「网页授权及JS-SDK」和「企业微信授权登录」填写本系统的域名。"),
    50003: ("应用已停用", f"请在{_APP}，启用应用。"),
    60011: ("对方不在应用的可见范围内", f"请在{_APP}，在「可见范围」加入该成员或他所在的部门。"),
    60020: (
        "服务器的 IP 不在企业可信 IP 里",
        f"请在{_APP}，在页面底部「企业可信IP › 配置」加入服务器的出口 IP，约一分钟后生效。",
    ),
    60111: ("通讯录里找不到这个成员", "请在企业微信管理后台「通讯录」核对账号是否已改名或离职，再同步一次通讯录。"),
    60140: ("这张卡片已经更新过，或超过 72 小时", "无需处理；以系统里的最新状态为准。"),
    81013: (
        "收件人都收不到这条消息",
        f"请确认对方已激活企业微信；管理员可在{_APP}，在「可见范围」加入该成员。",
    ),
    84061: ("这位员工没有添加这个客户", "请先在企业微信里添加客户，再来关联。"),
    84074: (
        "这位员工没有客户联系权限",
        "请在企业微信管理后台「客户与上下游 › 客户联系 › 权限配置」把他加入使用范围。",
    ),
    301002: ("AgentId 与 Secret 不是同一个应用的", f"请在{_APP}，成对复制 AgentId 和 Secret，改正后重启。"),
}
# The same code means another switch for another part of WeCom.
_NOT_ALLOWED = 48002
_SWITCHES = {
    "externalcontact/": "客户与上下游 › 客户联系 › API › 可调用接口的应用",
    "checkin/": "应用管理 › 打卡 › 可调用接口的应用",
}
_KIND_WORDS: dict[Kind, tuple[str, str]] = {
    Kind.RETRY: ("暂时连不上企业微信", "稍后会自动重试；若一直如此，请检查服务器网络和 WECOM_API_BASE。"),
    Kind.TOKEN: ("访问令牌刚换过又被拒绝", f"请在{_APP}，核对 AgentId 与 Secret 后再试。"),
    Kind.CONFIG: ("企业微信里的设置不对", f"请在{_APP}，对照接入说明检查权限、域名和可见范围。"),
    Kind.RECEIVER: ("企业微信里找不到对方，或无权联系对方", f"请核对账号；管理员可在{_APP}检查「可见范围」。"),
    Kind.REQUEST: ("企业微信不接受这次请求的内容", "这是系统的问题，请把错误码告诉管理员。"),
    Kind.EXPIRED: ("凭证已过期或已用过", "请重新操作一次。"),
    Kind.UNKNOWN: ("企业微信返回了没见过的错误", "请把错误码告诉管理员，可在企业微信开发者中心查询。"),
}


def kind_of(errcode: int) -> Kind:
    """The class of an errcode; 40001 counts as a wrong secret, which it is when gettoken says it."""
    return _KIND_OF.get(errcode, Kind.UNKNOWN)


class WecomError(Exception):
    """A call that failed. ``str()`` is a Chinese sentence for people: what, why, and what to click.

    ``code`` is the errcode, None when no proper answer came; ``path`` is the API path without host or query;
    ``hint`` says how to mend it. It is built from our own words only, so no token or secret can slip in.
    """

    def __init__(
        self, path: str, code: int | None = None, *, kind: Kind | None = None, what: str = "", hint: str = ""
    ) -> None:
        self.path, self.code = path, code
        self.kind = kind or (Kind.RETRY if code is None else kind_of(code))
        own_words = _WORDS.get(code) if code is not None and self.kind is kind_of(code) else None
        known_what, known_hint = own_words or _KIND_WORDS[self.kind]
        switch = _SWITCHES.get(f"{path.partition('/')[0]}/")
        if code == _NOT_ALLOWED and switch:
            known_hint = f"请在企业微信管理后台「{switch}」勾选本应用，并检查应用的可见范围。"
        self.hint = hint or known_hint
        cause = f"错误码 {code}，接口 {path}" if code is not None else f"接口 {path}"
        super().__init__(f"{what or known_what}（{cause}）。{self.hint}")

    @property
    def forbidden(self) -> bool:
        """Whether the app lacks this permission, and nothing else is wrong."""
        return self.code == _NOT_ALLOWED

    @property
    def retry_after(self) -> int:
        """Seconds to leave WeCom alone before the next try; 0 when it named no time."""
        return _RATE_LIMIT_SECONDS if self.code == 45009 else 0
