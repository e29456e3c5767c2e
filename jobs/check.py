"""企微接入体检: each part of the connection to WeCom tried for real, with what is wrong and how to mend it."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import requests

from config.settings import Settings
from gateways.wecom.client import WecomClient
from gateways.wecom.envelope import Envelope, unwrap
from gateways.wecom.errors import WecomError

_TIMEOUT = (3.0, 5.0)  # WeCom itself waits five seconds
_CALLBACK = "/wecom/callback"


@dataclass(frozen=True, slots=True)
class Finding:
    """`said` is what was found; for what is wrong, also how to mend it."""

    item: str
    ok: bool
    said: str


def findings(client: WecomClient, settings: Settings, timestamp: int) -> Iterator[Finding]:
    """Each item as it is tried; one that fails does not keep the next from being tried."""
    tries: tuple[tuple[str, Callable[[], tuple[bool, str]]], ...] = (
        ("访问令牌与应用", lambda: _app(client)),
        ("回调地址", lambda: _callback(settings, timestamp)),
        ("应用菜单", lambda: _menu(client)),
        ("客户联系权限", lambda: _external_contact(client)),
    )
    for item, attempt in tries:
        try:
            ok, said = attempt()
        except WecomError as error:
            ok, said = False, str(error)
        yield Finding(item, ok, said)


def _app(client: WecomClient) -> tuple[bool, str]:
    agent = client.agent()
    if agent.closed:
        return False, f"应用「{agent.name}」已停用。请在企业微信管理后台「应用管理」打开本应用并启用"
    if not agent.allowed_users and not agent.allowed_departments:
        return False, f"应用「{agent.name}」没有可见成员。请在管理后台「应用管理」打开本应用，设置「可见范围」"
    seen = f"{len(agent.allowed_departments)} 个部门、{len(agent.allowed_users)} 位成员可见"
    return True, f"令牌有效，应用「{agent.name}」，{seen}"


def _callback(settings: Settings, timestamp: int) -> tuple[bool, str]:
    """What WeCom does when the address is saved: a sealed word must come back in the clear."""
    envelope = Envelope(settings.wecom_token, settings.wecom_encoding_aes_key, settings.wecom_corp_id)
    word, nonce, stamp = secrets.token_hex(8), secrets.token_hex(8), str(timestamp)
    echo = unwrap(envelope.seal(word, stamp, nonce).encode()).encrypt
    signature = envelope.sign(echo, stamp, nonce)
    query = {"msg_signature": signature, "timestamp": stamp, "nonce": nonce, "echostr": echo}
    url = settings.public_url + _CALLBACK
    try:
        answer = requests.get(url, params=query, timeout=_TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        why = f"{url} 连不上（{type(error).__name__}）"
        return False, f"{why}。请确认服务已启动、域名解析与证书正确、防火墙放行，并检查 PUBLIC_URL"
    if answer.status_code == 403:
        keys = "WECOM_TOKEN、WECOM_ENCODING_AES_KEY、WECOM_CORP_ID"
        return False, f"{url} 不认签名。请核对运行中的服务与本机的 {keys} 一致"
    if answer.status_code != 200 or answer.text.strip() != word:
        why = f"{url} 返回 HTTP {answer.status_code}，不是期望的回答"
        return False, f"{why}。请检查反向代理是否把请求原样转给本系统"
    return True, f"{url} 可达，验签和解密都正确"


def _menu(client: WecomClient) -> tuple[bool, str]:
    if client.has_menu():
        return True, "已创建"
    return False, "还没有菜单。请运行 flask --app wsgi wecom-menu 创建"


def _external_contact(client: WecomClient) -> tuple[bool, str]:
    members = client.follow_users()
    if members:
        return True, f"{len(members)} 位成员可以联系客户"
    return False, "没有成员可以联系客户。请在管理后台「客户与上下游 › 客户联系 › 权限配置」把销售加入使用范围"
