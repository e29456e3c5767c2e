"""Beside a chat: who it is with and whose customer that is in one answer, and linking it, away and to another one."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import ChatKind, LoginVia
from crm import uow
from crm.access import NO_CONTACT, Actor
from crm.errors import CrmError, Invalid, NotFound
from crm.flows.sidebar import acquaint, join, look
from crm.ports import Beside
from crm.usecases import chat_links
from crm.usecases.chat_links import MaybeTheirs
from crm.usecases.collisions import Refused
from crm.usecases.contact_file import add_contact
from crm.usecases.group_links import NO_GROUP
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.sessions import actor_of_session
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import Write, done, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.sidebar_answers import AgentConfigOut, BesideDoneOut, SidebarOut
from miniapp_api.sidebar_out import sidebar_out
from miniapp_api.sidebar_payloads import BesideQuery, ChatIn, IgnoreIn, LinkIn, NewcomerIn, PageQuery, UnlinkIn
from miniapp_api.spec import READ, WRITE, answers

T = TypeVar("T")

PAGE = "/sidebar/"
_AWAY: dict[int | str, str] = {502: "连不上企业微信"}
_NOBODY: dict[int | str, str] = {404: "没有这个聊天，或不是自己的：两者看起来一样"}
_LINK = WRITE | _NOBODY | _AWAY | {409: "刚刚有人关联到别的客户了，或编号已用于另一个请求"}
# Kinds of a gateway error that say "there is nobody by this id", and the one that an administrator has to mend.
_NOT_THERE, _SETTINGS = frozenset({"receiver", "request", "expired"}), "config"


class WecomAway(CrmError):
    """WeCom could not be asked."""

    code, http_status = "wecom_unavailable", 502


def sidebar_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    _links(bp, deps)

    @bp.get("/jsapi/agent-config")
    @bp.input(PageQuery, location="query", arg_name="asked")
    @bp.output(AgentConfigOut)
    @bp.doc(
        summary="侧边栏页面的 JS-SDK 签名",
        description="只给本系统自己的 /sidebar/ 页面签。",
        security="bearer",
        responses=answers(READ | _AWAY),
    )
    def agent_config(asked: PageQuery) -> AgentConfigOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor_of_session(s, token, PHONES, now)
        if not _ours(deps.wecom.home, asked.url):
            raise Invalid("只能给侧边栏自己的页面签名", {"url": "不是本系统的侧边栏页面"})
        made = ask(deps, lambda: deps.wecom.sign(asked.url), "企业微信没有给签名")
        return AgentConfigOut(
            corp_id=deps.wecom.corp_id,
            agent_id=deps.wecom.agent_id,
            timestamp=made.timestamp,
            nonce=made.nonce,
            signature=made.signature,
        )

    @bp.get("/sidebar")
    @bp.input(BesideQuery, location="query", arg_name="asked")
    @bp.output(SidebarOut)
    @bp.doc(
        summary="聊天旁边：是谁、关联了哪个客户",
        description="external_userid 和 chat_id 给一个。系统里还没有的联系人当场向企业微信查。"
        "没有关联的给出候选客户和理由；同事的客户不说是谁的。",
        security="bearer",
        responses=answers(READ | _NOBODY | _AWAY),
    )
    def beside(asked: BesideQuery) -> SidebarOut:
        if bool(asked.external_userid) == bool(asked.chat_id):
            raise Invalid("external_userid 和 chat_id 要给一个", {"external_userid": "二选一", "chat_id": "二选一"})
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
        kind = ChatKind.EXTERNAL_CONTACT if asked.external_userid else ChatKind.CUSTOMER_GROUP
        chat = _chat(deps, actor, kind, asked.external_userid or asked.chat_id, now)
        with uow.reading() as s:
            return sidebar_out(look(s, actor, chat, now), actor)


def _links(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/sidebar/link")
    @bp.input(LinkIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(BesideDoneOut)
    @bp.doc(
        summary="把聊天关联到客户，或换一个客户",
        description="`seen` 是页面上显示的客户，没有就不填。已经不是它了就回 409，什么都不改。",
        security="bearer",
        responses=answers(_LINK),
    )
    def link(json_data: LinkIn, repeat: RepeatHeaders) -> Response:
        return _write(deps, repeat.key, json_data, _linked(json_data))

    @bp.post("/sidebar/unlink")
    @bp.input(UnlinkIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(BesideDoneOut)
    @bp.doc(
        summary="解除聊天和客户的关联",
        description="撤销时带上 `linked_at`：之后又有人关联过就回 409；客户是同时新建的，没有别的记录就一起撤销。"
        "是换一个客户的，再带上 `former`，恢复原来的关联。",
        security="bearer",
        responses=answers(_LINK),
    )
    def unlink(json_data: UnlinkIn, repeat: RepeatHeaders) -> Response:
        if json_data.former and json_data.linked_at is None:
            raise Invalid("要撤销哪一次关联没有说", {"linked_at": "给了 former 就要填"})
        return _write(deps, repeat.key, json_data, _unlinked(json_data))

    @bp.post("/sidebar/customers")
    @bp.input(NewcomerIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(BesideDoneOut)
    @bp.doc(
        summary="新建客户并关联",
        description="同事已经在跟的公司不新建：报给双方主管裁定，`said` 说明。只是名称相近的先问：`alike` 为 true，"
        "什么都没建，带上 `alike` 再发一次。",
        security="bearer",
        responses=answers(_LINK),
    )
    def create(json_data: NewcomerIn, repeat: RepeatHeaders) -> Response:
        return _write(deps, repeat.key, json_data, _created(json_data))

    @bp.post("/sidebar/ignore")
    @bp.input(IgnoreIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(BesideDoneOut)
    @bp.doc(summary="忽略一位联系人，或恢复", security="bearer", responses=answers(_LINK))
    def ignore(json_data: IgnoreIn, repeat: RepeatHeaders) -> Response:
        if json_data.kind is not ChatKind.EXTERNAL_CONTACT:
            raise Invalid("只有联系人可以忽略", {"kind": "要填 external_contact"})
        return _write(deps, repeat.key, json_data, _ignored(json_data))


# What to say afterwards.
Act = Callable[[Transaction, Actor, Beside, datetime, LoginVia], str | Refused]


def _write(deps: ApiDeps, key: str | None, body: ChatIn, act: Act) -> Response:
    """Who is in a group is asked first, outside any transaction; then `act`, once per key, and how it looks now."""
    token, now = bearer_token(), deps.clock()
    with uow.reading() as s:
        actor = actor_of_session(s, token, PHONES, now)
    if body.kind is ChatKind.CUSTOMER_GROUP:
        chat = _chat(deps, actor, body.kind, body.chat, now)
    elif body.kind is ChatKind.EXTERNAL_CONTACT:
        chat = Beside(body.chat)
    else:
        raise Invalid("这种聊天不能关联", {"kind": "不在可选的值里"})

    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        made = act(s, actor, chat, now, via)
        said, alike = (made.said, isinstance(made, MaybeTheirs)) if isinstance(made, Refused) else (made, False)
        out = BesideDoneOut(said=said, alike=alike, sidebar=sidebar_out(look(s, actor, chat, now), actor))
        return done(200, out)

    wanted: Write = effect
    return write(deps, key, body, wanted)


def _chat(deps: ApiDeps, actor: Actor, kind: ChatKind, key: str, now: datetime) -> Beside:
    if kind is ChatKind.EXTERNAL_CONTACT:
        return ask(deps, lambda: acquaint(actor, key, deps.wecom.contact, now), NO_CONTACT)
    return ask(deps, lambda: join(actor, key, deps.wecom.group), NO_GROUP)


def ask(deps: ApiDeps, question: Callable[[], T], nobody: str) -> T:
    """What WeCom answers; `nobody` is the sentence where it knows no such chat, or shows it to somebody else."""
    try:
        return question()
    except deps.outside_errors as error:
        kind = getattr(error, "kind", None)
        if kind in _NOT_THERE:
            raise NotFound(nobody) from error
        if kind == _SETTINGS:
            words = "企业微信不让本应用查客户联系人，请管理员检查「客户联系 › 可调用接口的应用」和可见范围"
            raise WecomAway(words) from error
        raise WecomAway("暂时连不上企业微信，请稍后重试。可以先搜索客户") from error


def _ours(home: str, url: str) -> bool:
    """Whether this is the address of our own page; a query may stand behind it, a fragment never."""
    try:
        asked, own = urlsplit(url), urlsplit(home)
    except ValueError:
        return False
    path = own.path.rstrip("/") + PAGE
    return "#" not in url and (asked.scheme, asked.netloc, asked.path) == (own.scheme, own.netloc, path)


def _linked(body: LinkIn) -> Act:
    def act(s: Transaction, actor: Actor, chat: Beside, now: datetime, via: LoginVia) -> str:
        made = chat_links.link_chat(s, actor, chat, body.customer_id, body.seen or "", now, entrance=via)
        return f"已关联到「{made.customer_name}」"

    return act


def _unlinked(body: UnlinkIn) -> Act:
    def act(s: Transaction, actor: Actor, chat: Beside, now: datetime, via: LoginVia) -> str:
        if body.former and body.linked_at:
            name = chat_links.undo_relink(s, actor, chat, body.seen, body.linked_at, body.former, now, entrance=via)
            return f"已撤销，仍关联到「{name}」"
        if body.linked_at:
            return chat_links.undo_link(s, actor, chat, body.seen, body.linked_at, now, entrance=via)
        name = chat_links.unlink_chat(s, actor, chat, body.seen, now, entrance=via)
        return f"已解除「{name}」的关联"

    return act


def _created(body: NewcomerIn) -> Act:
    def act(s: Transaction, actor: Actor, chat: Beside, now: datetime, via: LoginVia) -> str | Refused:
        made = chat_links.create_for_chat(s, actor, chat, body.name, now, entrance=via, alike=body.alike)
        if isinstance(made, Refused):
            return made
        if body.contact_name:
            fields = {"name": body.contact_name, "title": body.title}
            add_contact(s, actor, made.customer_id, fields, now, entrance=via)
        return f"已新建「{made.customer_name}」并关联"

    return act


def _ignored(body: IgnoreIn) -> Act:
    def act(s: Transaction, actor: Actor, chat: Beside, now: datetime, via: LoginVia) -> str:
        name = chat_links.ignore_chat(s, actor, chat, body.reason, now, entrance=via)
        return f"已忽略「{name}」，不再提醒关联" if body.reason else f"「{name}」恢复为待关联"

    return act
