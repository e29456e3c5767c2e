"""导出: ask for the list as a file, agree to a colleague's, fetch one's own while it is there."""

from flask import Response, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from config.vocabulary import CustomerLevel
from console.answers import done
from console.desk import Desk, actor, asked_number, typed
from console.field_filters import field_filters, lost_filters
from crm import uow
from crm.access import HOLDERS, MANAGERS, SEES_ALL
from crm.errors import Invalid
from crm.reads import exports as reads
from crm.reads.customers import filterable, open_fields
from crm.usecases import exports as verbs

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def mount(desk: Desk) -> None:
    clock, box = desk.deps.clock, desk.deps.outgoing

    @desk.page("/exports", HOLDERS)
    def exports() -> str:
        with uow.reading() as s:
            found = reads.history(s, actor(), asked_number("page"))
        return render_template("console/exports.html", found=found, sheets=verbs.SHEETS)

    @desk.page("/exports", HOLDERS, "POST")
    def ask_export() -> ResponseReturnValue:
        """The filters come along as the list has them."""
        level = typed("level", 20)
        with uow.reading() as s:
            fields = filterable(open_fields(s, actor()))
        if lost_filters(request.form, fields):
            raise Invalid("没有导出：列表的筛选里有已经停用、或者您看不到的字段。请刷新客户列表，看清范围再导出")
        by_field = [where for one in field_filters(request.form, fields) if (where := one.where)]
        asked = {
            "q": typed("q", 100),
            "level": level if level in set(CustomerLevel) else "",
            "soon": typed("state", 10) == "soon",
            "queued": typed("state", 10) == "queued",
            "team": _number("team"),
            "owner": _number("owner"),
            "where": [[where.key, where.typed] for where in by_field],
        }
        kept = {key: value for key, value in asked.items() if value}
        sheets = [one for one in verbs.SHEETS if one in request.form.getlist("sheets")] or ["customers"]

        def wanted(s: uow.Session) -> tuple[int, int]:
            rows = reads.count(s, actor(), sheets, kept, clock())
            verbs.ask(s, actor(), sheets, kept, rows, clock(), entrance="console")
            return rows, reads.left_out(s, actor(), kept, clock())

        rows, out = uow.attempt(wanted)
        without = f"（{out} 家只是共享给您看的客户不导出）" if out else ""
        return done(f"已经申请导出 {rows:,} 行{without}，好了会在企业微信里告诉您", url_for("console.exports"))

    @desk.page("/exports/<public_id>/decide", SEES_ALL | MANAGERS, "POST")
    def decide_export(public_id: str) -> ResponseReturnValue:
        agrees = typed("agrees", 3) == "yes"
        words = uow.attempt(lambda s: verbs.decide(s, actor(), public_id, agrees, clock(), entrance="console"))
        return done(f"已{words}", url_for("console.exports"))

    @desk.page("/exports/<public_id>/file", HOLDERS, "POST")
    def fetch_export(public_id: str) -> Response:
        """By a button and not by a link: every fetching is written down."""
        key, name = uow.attempt(lambda s: verbs.fetch(s, actor(), public_id, clock(), entrance="console"))
        return send_file(box.path(key), _XLSX, as_attachment=True, download_name=name)


def _number(name: str) -> int | None:
    text = typed(name, 12)
    return int(text) if text.isascii() and text.isdigit() else None
