"""The console put together: guard, way in, pages, files and what is said when something goes wrong."""

import logging
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, render_template, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from console import book, guard, login, words
from console.assets import Assets
from console.deps import ConsoleDeps
from console.desk import EVERYBODY, STRANGERS, Desk, partial
from console.pages import (
    approval_rules,
    approvals,
    archive,
    attachments,
    audit,
    board,
    channels,
    connection,
    contact_ways,
    contacts,
    customer_file,
    customers,
    deals,
    duplicates,
    exports,
    fields,
    imports,
    leads,
    messages,
    milestones,
    people,
    permissions,
    pipelines,
    products,
    projects,
    quotes,
    rules,
    sharing,
    today,
    todos,
    visits,
)
from crm import uow
from crm.errors import CrmError, NotFound

log = logging.getLogger(__name__)

_MENU = (
    ("console.home", "今日", "today"),
    ("console.customers", "客户", "customers"),
    ("console.deal_board", "商机", "board"),
    ("console.visit_list", "拜访", "visits"),
    ("console.leads", "线索", "leads"),
    ("console.way_list", "联系我", "shares"),
    ("console.projects", "项目", "projects"),
    ("console.quote_list", "报价", "quotes"),
    ("console.product_list", "产品与价格", "products"),
    ("console.approval_list", "审批", "approvals"),
    ("console.imports", "导入", "imports"),
    ("console.exports", "导出", "exports"),
    ("console.duplicates", "查重与合并", "duplicates"),
    ("console.contests", "归属裁定", "contests"),
    ("console.channels", "渠道", "channels"),
    ("console.messages", "消息", "messages"),
    ("console.archive", "会话存档", "archive"),
    ("console.shares", "共享", "shares"),
    ("console.people", "人员与角色", "people"),
    ("console.permissions", "权限", "permissions"),
    ("console.field_list", "字段", "fields"),
    ("console.rules", "规则数字", "rules"),
    ("console.approval_rules", "审批规则", "approval-rules"),
    ("console.connection", "企微接入体检", "connection"),
    ("console.audit_log", "审计", "audit"),
)
# The entry of the menu that a page without one belongs to.
_PART_OF = {
    f"console.{page}": f"console.{entry}"
    for entry, pages in {
        "customers": (
            "customer", "new_customer", "edit_customer", "new_contact", "edit_contact", "edit_deal", "edit_visit",
            "deal", "talk", "group_talk",
        ),
        "home": ("coverage",),
        "deal_board": ("deal_funnel", "sales_path", "deal_endings", "ended_deals"),
        "visit_list": ("visit", "visit_queue", "decide_visit", "explain_visit"),
        "leads": ("lead", "lead_inlets"),
        "way_list": ("show_way",),
        "projects": ("project",),
        "approval_list": ("approval",),
        "quote_list": ("quote", "act_on_quote", "vote_quote", "new_quote", "make_quote", "edit_quote", "revise_quote"),
        "product_list": ("product", "set_price", "add_product", "change_product", "retire_product", "set_rate"),
        "imports": ("one_import",),
        "duplicates": ("compare",),
        "channels": ("channel_customers",),
        "messages": ("message_out", "message_in"),
        "connection": ("check_connection",),
        "field_list": ("new_field", "edit_field", "field_stages"),
        "rules": ("pipeline_list", "new_pipeline", "edit_pipeline"),
    }.items()
    for page in pages
}  # fmt: skip
_UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
_FOR_EVER = 365 * 24 * 3600


def console(deps: ConsoleDeps) -> Blueprint:
    """The console's pages under /console, for the composition root to register."""
    desk = Desk(deps)
    assets = Assets(deps.static_dir)
    guard.put_up(desk)
    login.mount(desk)
    for page in (
        today,
        todos,
        contacts,
        contact_ways,
        customers,
        attachments,
        duplicates,
        customer_file,
        deals,
        visits,
        approvals,
        products,
        quotes,
        approval_rules,
        milestones,
        board,
        fields,
        messages,
        archive,
        connection,
        people,
        rules,
        pipelines,
        audit,
        sharing,
        permissions,
        imports,
        exports,
        leads,
        projects,
        channels,
    ):
        page.mount(desk)
    _files(desk, assets)
    _words(desk, assets)
    _mishaps(desk)
    return desk.blueprint


def _files(desk: Desk, assets: Assets) -> None:
    @desk.page("/static/<path:name>", STRANGERS)
    def static_file(name: str) -> Response:
        """The name changes with the content, so a browser may keep it for ever."""
        response = send_from_directory(assets.folder, name, max_age=_FOR_EVER)
        response.headers["Cache-Control"] = f"public, max-age={_FOR_EVER}, immutable"
        return response

    @desk.page("/<path:rest>", EVERYBODY, "GET", *_UNSAFE)
    def nowhere(rest: str) -> str:  # noqa: ARG001  (the address says it)
        """A page that is only looked at ends up here when something is sent to it: else our host would answer."""
        if request.method in _UNSAFE:
            raise MethodNotAllowed
        raise NotFound("没有这个页面，或者不在您的权限里。需要的话请联系管理员")

    desk.blueprint.add_url_rule("/", "nowhere", nowhere, defaults={"rest": ""}, methods=_UNSAFE)


def _words(desk: Desk, assets: Assets) -> None:
    @desk.blueprint.context_processor
    def at_hand() -> dict[str, Any]:
        """What every template may use: who is here, what he may open, and how we write things."""
        me = g.get("actor")
        menu = [entry for entry in _MENU if me is not None and desk.may_enter(entry[0], me.role)]
        return {
            "w": words,
            "book": book,
            "me": me,
            "csrf": g.get("csrf", ""),
            "menu": menu,
            "part": _PART_OF.get(request.endpoint or "", request.endpoint),
            "now": desk.deps.clock(),
            "app_name": desk.deps.app_name,
            "asset": assets.name,
        }


def _mishaps(desk: Desk) -> None:
    @desk.blueprint.errorhandler(CrmError)
    def refused(error: CrmError) -> ResponseReturnValue:
        return _said(str(error), error.http_status)

    @desk.blueprint.errorhandler(uow.StoreDown)
    @desk.blueprint.errorhandler(uow.TryAgain)
    def away(error: Exception) -> ResponseReturnValue:
        log.error("console: the store does not answer: %s", error)
        return _said("系统正忙，刚才的操作没有执行。请过一会儿再试", 503)

    @desk.blueprint.errorhandler(HTTPException)
    def not_http(error: HTTPException) -> ResponseReturnValue:
        sentences = {
            404: "没有这个页面",
            405: "这个地址只能打开看，不能这样提交，所以什么也没有执行。请回到页面上点按钮",
            413: "提交的内容太大了，没有收下。文字请缩短，文件每个最大 20 MB",
        }
        return _said(sentences.get(error.code or 500, "这个请求看不懂，请返回后再试"), error.code or 500)

    @desk.blueprint.errorhandler(Exception)
    def broken(error: Exception) -> ResponseReturnValue:
        number = secrets.token_hex(4)
        log.error("console: request %s failed", number, exc_info=error)
        words_for_people = f"系统出了点问题，刚才的操作没有完成。请过一分钟再试；还不行就把编号 {number} 告诉管理员"
        return _said(words_for_people, 500)


def _said(sentence: str, status: int) -> ResponseReturnValue:
    """A whole page for the browser; for htmx the bare sentence, which the page shows where people look."""
    if partial():
        # The page swaps a 422 in (a rule's row comes with its problem); a bare sentence must not take a row's place.
        return Response(sentence, 400 if status == 422 else status, content_type="text/plain; charset=utf-8")
    return render_template("console/problem.html", sentence=sentence, status=status, back=_came_from()), status


def _came_from() -> str:
    """The page of ours that the refused request was made on; "" where there is none.

    Of a list whose conditions were refused, the list without them.
    """
    try:
        page = urlsplit(request.referrer or "")
    except ValueError:  # who sends such an address has no way back
        return ""
    ours = page.netloc == request.host and page.path.startswith("/console/")
    if ours and page.path == request.path and request.method == "GET" and request.query_string:
        return request.path
    elsewhere = page.path not in (request.path, url_for("console.login"))
    return page._replace(scheme="", netloc="", fragment="").geturl() if ours and elsewhere else ""
