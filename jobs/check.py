"""企微接入体检: each part of the connection to WeCom tried for real, with what is wrong and how to mend it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from config.clock import Clock
from config.settings import Settings
from crm import uow
from crm.reads.connection import Finding, Grade, last_callback, not_serving, one_to_ask_about, out_of_range
from crm.rules.days import SHANGHAI
from gateways.archive.errors import BAD_KEY, NO_KEY, ArchiveError
from gateways.wecom import probe
from gateways.wecom.client import Agent, WecomClient
from gateways.wecom.envelope import Envelope
from gateways.wecom.errors import WecomError
from gateways.wecom.tokens import OwnTokens
from jobs.menu import MENU, differences
from jobs.wiring import ArchiveGateway, archive_gateway, wecom_client

CREDENTIALS, TRUSTED_IP, APP = "企业 ID 与 Secret", "企业可信 IP", "应用与 AgentId"
CLOCK, CALLBACK, RANGE, SERVING = "服务器时间", "接收消息的回调", "可见范围", "客户联系权限"
CHECK_INS = "外出打卡数据"
DOMAIN, HOME, JS, MENU_ITEM = "网页可信域名", "应用主页", "侧边栏 JS-SDK", "应用菜单"
ARCHIVE = "会话存档"

_PATH = "/wecom/callback"
_SKEW = timedelta(seconds=60)
_APP_PAGE = "企业微信管理后台「应用管理」打开本应用"
# Whose fault it is when the very first call is refused; every other code is said of the app.
_FAULT_OF = {40013: CREDENTIALS, 40001: CREDENTIALS, 40014: CREDENTIALS, 42001: CREDENTIALS, None: CREDENTIALS,
             60020: TRUSTED_IP}  # fmt: skip
_FIRST = (CREDENTIALS, TRUSTED_IP, APP)


class Verdict(NamedTuple):
    grade: Grade
    said: str
    mend: str = ""


def connection(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """The check of this installation, with a token fetched for it: a kept one would hide a changed Secret."""
    return findings(wecom_client(settings, clock, OwnTokens()), settings, clock)


def findings(client: WecomClient, settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Each item as it is tried; one that fails does not keep the next from being tried.

    What cannot be known before another item is mended is left unseen, so that an administrator is not sent after
    faults that are none.
    """
    looked = _look(client)
    yield from _first_call(looked)
    yield Finding(CLOCK, *_attempt(lambda: _clock(settings, clock)))
    yield Finding(CALLBACK, *_attempt(lambda: _callback(settings, clock)))
    with_token: tuple[tuple[str, Callable[[Agent], Verdict]], ...] = (
        (RANGE, _range),
        (SERVING, lambda agent: _serving(client, agent)),
        (CHECK_INS, lambda agent: _check_ins(client, agent, clock())),
        (DOMAIN, lambda agent: _domain(agent, settings)),
        (HOME, lambda agent: _home(agent, settings)),
        (JS, lambda _: _js(client)),
        (MENU_ITEM, lambda _: _menu(client)),
    )
    for item, attempt in with_token:
        if isinstance(looked, WecomError) or looked.closed:
            yield Finding(item, *_unseen(_fault(looked)))
        else:
            yield Finding(item, *_attempt(partial(attempt, looked)))
    archive = archive_gateway(settings, clock)
    if archive is not None:  # it has a secret, a list of addresses and a token of its own
        yield Finding(ARCHIVE, *_attempt(lambda: _archive(archive)))


def _look(client: WecomClient) -> Agent | WecomError:
    """The first call with a token: three items are judged by how it ends."""
    try:
        return client.agent()
    except WecomError as error:
        return error


def _fault(looked: Agent | WecomError) -> str:
    return _FAULT_OF.get(looked.code, APP) if isinstance(looked, WecomError) else APP


def _first_call(looked: Agent | WecomError) -> Iterator[Finding]:
    if isinstance(looked, Agent):
        yield Finding(CREDENTIALS, Grade.OK, "企业微信给了访问令牌")
        yield Finding(TRUSTED_IP, Grade.OK, "企业微信接受这台服务器的请求")
        yield Finding(APP, *_app(looked))
        return
    fault = _fault(looked)
    for item in _FIRST:
        if item == fault:
            yield Finding(item, *_refused(looked))
        elif _FIRST.index(item) > _FIRST.index(fault) or looked.path == "gettoken":
            yield Finding(item, *_unseen(fault))
        else:
            yield Finding(item, Grade.OK, "通过")


def _attempt(attempt: Callable[[], Verdict]) -> Verdict:
    try:
        return attempt()
    except WecomError as error:
        return _refused(error)


def _refused(error: WecomError) -> Verdict:
    return Verdict(Grade.WRONG, str(error).removesuffix(error.hint), error.hint)


def _unseen(first: str) -> Verdict:
    return Verdict(Grade.UNSEEN, f"没有检查：先处理「{first}」")


def _app(agent: Agent) -> Verdict:
    if agent.closed:
        return Verdict(Grade.WRONG, f"应用「{agent.name}」已停用", f"请在{_APP_PAGE}，启用应用。")
    return Verdict(Grade.OK, f"应用「{agent.name}」（AgentId {agent.agent_id}）已启用")


def _archive(archive: ArchiveGateway) -> Verdict:
    """Whose talk it hears, and the oldest message that the platform still keeps, pulled and opened."""
    found, covered = archive.source.page(0, 1), archive.consents.covered()
    if not covered:
        mend = "请在企业微信管理后台「管理工具 › 聊天内容存档」设置开通存档的成员。"
        return Verdict(Grade.WRONG, "存档范围里一个成员也没有，什么都不会存", mend)
    heard = f"存档范围 {covered} 人，能拉取"
    if not found:
        return Verdict(Grade.OK, f"{heard}，最近五天还没有会话")
    first = found[0]
    if not first.wrong:
        return Verdict(Grade.OK, f"{heard}，第 {first.key_version} 版私钥能解开")
    refusal = ArchiveError("会话存档解密", NO_KEY if first.key_missing else BAD_KEY)
    return Verdict(Grade.WRONG, first.wrong.removesuffix(refusal.hint), refusal.hint)


def _clock(settings: Settings, clock: Clock) -> Verdict:
    theirs = probe.server_time(settings.wecom_api_base)
    if theirs is None:
        return _unseen(CREDENTIALS)
    ours = clock()
    skew = abs(ours - theirs)
    if skew <= _SKEW:
        return Verdict(Grade.OK, "和企业微信的时间一致")
    shown = f"{ours.astimezone(SHANGHAI):%m-%d %H:%M:%S}，企业微信是 {theirs.astimezone(SHANGHAI):%m-%d %H:%M:%S}"
    mend = "请打开服务器的自动对时（chrony 或 systemd-timesyncd），否则令牌、签名和提醒的时间都会出错。"
    return Verdict(Grade.WRONG, f"服务器时间差了 {_span(skew)}：本机 {shown}", mend)


def _span(skew: timedelta) -> str:
    seconds = int(skew.total_seconds())
    return f"{seconds} 秒" if seconds < 120 else f"{seconds // 60} 分钟"


def _callback(settings: Settings, clock: Clock) -> Verdict:
    envelope = Envelope(settings.wecom_token, settings.wecom_encoding_aes_key, settings.wecom_corp_id)
    url, now = settings.public_url + _PATH, int(clock().timestamp())
    answer = probe.echo(url, envelope, now)
    if answer.right:
        return Verdict(Grade.OK, f"{url} 可达，验签和解密都正确。{_heard()}")
    if answer.status is None:
        mend = "请确认服务已启动、域名解析与证书正确、防火墙放行，并检查 PUBLIC_URL。"
        return Verdict(Grade.WRONG, f"{url} 连不上（{answer.error}）", mend)
    if 300 <= answer.status < 400:
        mend = "企业微信不跟随跳转：请让反向代理直接转发这个地址，并把 PUBLIC_URL 写成最终的 https 地址。"
        return Verdict(Grade.WRONG, f"{url} 跳转到了别处（HTTP {answer.status}）", mend)
    if answer.status == 403:
        return _unsealed(url, probe.echo(f"http://127.0.0.1:{settings.port}{_PATH}", envelope, now))
    mend = "请检查反向代理：要把这个地址的请求和回答原样转给本系统，不缓存、不改写、不加登录页。"
    return Verdict(Grade.WRONG, f"{url} 的回答不是本系统的（HTTP {answer.status}）", mend)


def _unsealed(url: str, direct: probe.Echo) -> Verdict:
    """The signature was refused on the way that WeCom takes; `direct` is the same without any proxy."""
    if direct.right:
        mend = "请检查反向代理：不要删改地址里的参数（msg_signature、timestamp、nonce、echostr）。"
        return Verdict(Grade.WRONG, f"{url} 的参数在路上被改过：直接访问本机是对的", mend)
    keys = "WECOM_TOKEN、WECOM_ENCODING_AES_KEY、WECOM_CORP_ID"
    mend = (
        f"请在{_APP_PAGE}，在「接收消息 › 设置API接收」核对 Token 和 EncodingAESKey（复制时不要带空格），"
        f"和 {keys} 三项一致，然后重启全部服务。"
    )
    return Verdict(Grade.WRONG, f"{url} 不认签名：运行中的服务和这里的配置不一样", mend)


def _heard() -> str:
    """That our own address answers us does not prove that WeCom knows it."""
    with uow.reading() as s:
        last = last_callback(s)
    if last is None:
        return f"还没有收到过企业微信的消息：请在{_APP_PAGE}，在「接收消息 › 设置API接收」填这个地址并保存"
    return f"最近一次收到企业微信的消息：{last.astimezone(SHANGHAI):%m-%d %H:%M}"


def _range(agent: Agent) -> Verdict:
    mend = f"请在{_APP_PAGE}，在「可见范围」加入销售部门或成员，再同步一次通讯录。"
    if not _sees_anybody(agent):
        return Verdict(Grade.WRONG, "应用没有可见成员，谁也收不到消息", mend)
    seen = f"{len(agent.allowed_departments)} 个部门、{len(agent.allowed_users)} 位成员可见"
    if agent.allowed_tags:  # who wears a tag is not told to an app
        return Verdict(Grade.OK, f"{seen}，另有 {len(agent.allowed_tags)} 个标签")
    with uow.reading() as s:
        outside = out_of_range(s, agent.allowed_users, agent.allowed_departments)
    if outside.many:
        return Verdict(Grade.WRONG, f"{outside.many} 位在职成员不在可见范围，收不到消息：{outside.names}", mend)
    return Verdict(Grade.OK, seen)


def _sees_anybody(agent: Agent) -> bool:
    return bool(agent.allowed_users or agent.allowed_departments or agent.allowed_tags)


def _serving(client: WecomClient, agent: Agent) -> Verdict:
    members = client.follow_users()
    if not _sees_anybody(agent):
        return _unseen(RANGE)
    mend = "请在企业微信管理后台「客户与上下游 › 客户联系 › 权限配置」把销售加入使用范围。"
    if not members:
        return Verdict(Grade.WRONG, "没有成员可以联系客户", mend)
    with uow.reading() as s:
        others = not_serving(s, members, agent.allowed_users, agent.allowed_departments)
    if others.many:
        return Verdict(Grade.WRONG, f"{others.many} 位销售没有客户联系权限：{others.names}", mend)
    return Verdict(Grade.OK, f"{len(members)} 位成员可以联系客户")


def _check_ins(client: WecomClient, agent: Agent, now: datetime) -> Verdict:
    """One member's last hour, read as visits are held against it."""
    if not _sees_anybody(agent):
        return _unseen(RANGE)
    with uow.reading() as s:
        userid = one_to_ask_about(s, agent.allowed_users, agent.allowed_departments)
    if userid is None:
        return Verdict(Grade.UNSEEN, "没有检查：还没有同步过通讯录")
    try:
        client.check_ins.outdoor([userid], now - timedelta(hours=1), now)
    except WecomError as error:
        if not error.forbidden:
            raise
        mend = f"{error.hint}公司不用打卡的可以不理：拜访照常判断，只是少一样印证。"
        return Verdict(Grade.WRONG, str(error).removesuffix(error.hint), mend)
    return Verdict(Grade.OK, "读得到，拜访会和它对照")


def _domain(agent: Agent, settings: Settings) -> Verdict:
    ours = urlsplit(settings.public_url)
    mend = f"请在{_APP_PAGE}，在「网页授权及JS-SDK」把可信域名设为 {ours.netloc}，并完成域名归属验证。"
    if not agent.redirect_domain:
        return Verdict(Grade.WRONG, "没有设置可信域名，登录和侧边栏都打不开", mend)
    if agent.redirect_domain not in (ours.netloc, ours.hostname):
        return Verdict(Grade.WRONG, f"可信域名是 {agent.redirect_domain}，系统的地址是 {ours.netloc}", mend)
    return Verdict(Grade.OK, agent.redirect_domain)


def _home(agent: Agent, settings: Settings) -> Verdict:
    home = f"{settings.public_url}/console/"
    mend = f"请在{_APP_PAGE}，把「应用主页」设为 {home}；地址变了还要检查 PUBLIC_URL。"
    if not agent.home_url:
        return Verdict(Grade.WRONG, "没有设置应用主页，从工作台点开是空的", mend)
    if urlsplit(agent.home_url).netloc != urlsplit(home).netloc:
        return Verdict(Grade.WRONG, f"应用主页指向 {urlsplit(agent.home_url).netloc}，不是本系统", mend)
    return Verdict(Grade.OK, agent.home_url)


def _js(client: WecomClient) -> Verdict:
    client.js_tickets()
    return Verdict(Grade.OK, "企业和应用的签名票据都能取到")


def _menu(client: WecomClient) -> Verdict:
    menu = client.menu()
    mend = "请在服务器上运行 flask --app wsgi wecom-menu。"
    if menu is None:
        return Verdict(Grade.WRONG, "还没有菜单", mend)
    changed = differences(menu, MENU)
    if changed:
        return Verdict(Grade.WRONG, f"菜单和系统的不一样：{'；'.join(changed[:3])}", mend)
    return Verdict(Grade.OK, "和系统的一致")
