"""导入: bring a sheet, say which column is what, look at the dry run, decide, start, follow it, take it back."""

import io
import tempfile
from datetime import date
from pathlib import Path

from flask import Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from config.sheets import ContestVerdict, ImportKind, RowOutcome, RowResolution, RowVerdict
from console.answers import done
from console.desk import Desk, actor, asked, asked_number, partial, typed
from crm import uow
from crm.access import HOLDERS, MANAGERS, SEES_ALL
from crm.columns import choice
from crm.errors import Invalid
from crm.reads import imports as reads
from crm.usecases import contests as deciding
from crm.usecases import imports as verbs
from gateways.dropbox import TooLarge
from gateways.sheets import writing
from gateways.sheets.reading import MOST_BYTES

_ENTRANCE = "console"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORM = 64 * 1024  # around the file


def mount(desk: Desk) -> None:
    clock, box = desk.deps.clock, desk.deps.incoming

    @desk.page("/imports", HOLDERS)
    def imports() -> str:
        with uow.reading() as s:
            found = reads.history(s, actor(), asked_number("page"))
        return render_template("console/imports.html", found=found, kinds=list(ImportKind), kind=asked("kind"))

    @desk.page("/imports", HOLDERS, "POST", largest=MOST_BYTES + _FORM)
    def upload_import() -> ResponseReturnValue:
        kind = typed("kind", 20)
        file = request.files.get("sheet")
        if kind not in set(ImportKind):
            raise Invalid("请先选择导入的是客户、联系人、历史跟进还是商机")
        if file is None or not file.filename:
            raise Invalid("还没有选择文件。请选一个 .xlsx、.xls 或 .csv 文件")
        try:
            key = box.keep(file.stream, MOST_BYTES)
        except TooLarge:
            raise RequestEntityTooLarge from None
        name = file.filename
        try:
            public_id = uow.attempt(
                lambda s: verbs.upload(s, actor(), ImportKind(kind), name, key, clock(), entrance=_ENTRANCE)
            )
        except BaseException:
            box.forget(key)
            raise
        return _to(public_id)

    @desk.page("/imports/<public_id>", HOLDERS)
    def one_import(public_id: str) -> str:
        verdict, outcome = asked("verdict"), asked("outcome")
        with uow.reading() as s:
            view = reads.one_import(s, actor(), public_id)
            found = reads.rows_of(
                s,
                actor(),
                public_id,
                verdict=RowVerdict(verdict) if verdict in set(RowVerdict) else None,
                outcome=RowOutcome(outcome) if outcome in set(RowOutcome) else None,
                page=asked_number("page"),
            )
        return render_template(
            "console/import.html",
            view=view,
            found=found,
            chosen={"verdict": verdict, "outcome": outcome, "public_id": public_id},
            decidable=verbs.DECIDABLE,
            today=clock().date(),
        )

    @desk.page("/imports/<public_id>/columns", HOLDERS, "POST", largest=256 * 1024)
    def map_import(public_id: str) -> ResponseReturnValue:
        targets, units = request.form.getlist("target"), request.form.getlist("unit")
        mapping = [{"target": t, "unit": u} for t, u in zip(targets, units, strict=False)]
        options = verbs.Options(_day(typed("clock_from", 10)), typed("mine") == "1")

        def mapped(s: uow.Session) -> None:
            found = choice(s, reads.one_import(s, actor(), public_id).line.kind)
            verbs.map_columns(
                s, actor(), public_id, mapping, options, clock(), known=found.known, needed=found.needed,
                many=found.many, entrance=_ENTRANCE,
            )  # fmt: skip

        uow.attempt(mapped)
        return _to(public_id)

    @desk.page("/imports/<public_id>/resolve", HOLDERS, "POST")
    def resolve_import(public_id: str) -> ResponseReturnValue:
        verdict, resolution = typed("verdict", 20), typed("resolution", 20)
        if verdict not in set(RowVerdict) or resolution not in set(RowResolution):
            raise Invalid("请先选择怎么处理这些行")
        rows = [int(one) for one in request.form.getlist("row") if one.isascii() and one.isdigit() and len(one) < 8]
        many = uow.attempt(
            lambda s: verbs.resolve(
                s,
                actor(),
                public_id,
                RowVerdict(verdict),
                RowResolution(resolution),
                clock(),
                entrance=_ENTRANCE,
                numbers_chosen=rows,
            )
        )
        return done(f"{many} 行已设置", url_for("console.one_import", public_id=public_id, verdict=verdict))

    @desk.page("/imports/<public_id>/start", HOLDERS, "POST")
    def start_import(public_id: str) -> ResponseReturnValue:
        uow.attempt(lambda s: verbs.start(s, actor(), public_id, clock(), entrance=_ENTRANCE))
        return _to(public_id)

    @desk.page("/imports/<public_id>/undo", HOLDERS, "POST")
    def undo_import(public_id: str) -> ResponseReturnValue:
        uow.attempt(lambda s: verbs.undo(s, actor(), public_id, clock(), entrance=_ENTRANCE))
        return _to(public_id)

    @desk.page("/imports/<public_id>/drop", HOLDERS, "POST")
    def drop_import(public_id: str) -> ResponseReturnValue:
        box.forget(uow.attempt(lambda s: verbs.give_up(s, actor(), public_id, clock(), entrance=_ENTRANCE)))
        return redirect(url_for("console.imports"), 303)

    @desk.page("/imports/<public_id>/errors.xlsx", HOLDERS)
    def import_errors(public_id: str) -> Response:
        """The refused rows as a file that can be corrected and imported again."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows"
            with uow.reading() as s:
                name, rows = reads.refused_rows(s, actor(), public_id)
                writing.write(path, [("没有导入的行", rows)])
            shown = f"{Path(name).stem[:60]}-没有导入的行.xlsx"
            return send_file(io.BytesIO(path.read_bytes()), _XLSX, as_attachment=True, download_name=shown)

    _contests(desk)


def _contests(desk: Desk) -> None:
    clock = desk.deps.clock
    judges = SEES_ALL | MANAGERS

    @desk.page("/contests", judges)
    def contests() -> str:
        decided = asked("tab") == "decided"
        with uow.reading() as s:
            found = reads.contests(s, actor(), decided=decided, page=asked_number("page"))
        return render_template("console/contests.html", found=found, chosen={"tab": "decided" if decided else ""})

    @desk.page("/contests/<public_id>", judges, "POST")
    def decide_contest(public_id: str) -> ResponseReturnValue:
        verdict = typed("verdict", 10)
        if verdict not in set(ContestVerdict):
            raise Invalid("请先选择归谁")
        made = uow.attempt(
            lambda s: deciding.decide(s, actor(), public_id, ContestVerdict(verdict), clock(), entrance=_ENTRANCE)
        )
        return done(f"「{made.customer_name}」{made.outcome}", url_for("console.contests"))


def _to(public_id: str) -> ResponseReturnValue:
    """The import's own page; for htmx as the address to go to."""
    where = url_for("console.one_import", public_id=public_id)
    return Response(status=204, headers={"HX-Redirect": where}) if partial() else redirect(where, 303)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("上线日要写成 2026-12-01 这样", {"clock_from": "日期不对"}) from None
