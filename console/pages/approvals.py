"""审批: what waits for whom and since when, one of them decided at the desk, and who stands in for whom."""

from datetime import date, timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.vocabulary import RejectReason
from console.desk import EVERYBODY, Desk, actor, asked, asked_number, typed
from crm import uow
from crm.access import JUDGES
from crm.errors import Conflict, CrmError, Gone, Invalid, NotAllowed, NotFound
from crm.reads.absences import absences, one_colleague
from crm.reads.approvals import Box, approval_page, approvals, hours_taken
from crm.rules.days import day_of
from crm.usecases import absences as away
from crm.usecases import signing

_SIZE = 50
_SINCE = timedelta(days=90)
_REFUSALS = (Invalid, Conflict, NotAllowed, Gone, NotFound)


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/approvals", EVERYBODY)
    def approval_list() -> ResponseReturnValue:
        return _listed()

    @desk.page("/approvals/<approval_id>", EVERYBODY)
    def approval(approval_id: str) -> ResponseReturnValue:
        return _drawn(approval_id)

    @desk.page("/approvals/<approval_id>/<act>", EVERYBODY, "POST")
    def act_on_approval(approval_id: str, act: str) -> ResponseReturnValue:
        """decide, add, instead, note, nudge, withdraw, undo: what the page's forms say."""
        if act not in _ACTS:
            raise NotFound("没有这个操作，请刷新页面")
        with uow.reading() as s:  # a page that is not his looks like one that is not there, whatever is sent to it
            approval_page(s, actor(), approval_id, clock())
        try:
            done = uow.attempt(lambda s: _act(s, approval_id, act))
        except _REFUSALS as refused:
            return _drawn(approval_id, refused)
        return redirect(url_for("console.approval", approval_id=approval_id, said=done.outcome[:120]), 303)

    @desk.page("/absences", EVERYBODY, "POST")
    def go_away() -> ResponseReturnValue:
        try:
            first, last = _day(typed("first_day", 10)), _day(typed("last_day", 10))
            uow.attempt(
                lambda s: away.go_away(
                    s, actor(), one_colleague(s, actor(), typed("deputy", 40)), first, last, clock(), entrance="console"
                )
            )
        except _REFUSALS as refused:
            return _listed(refused)
        return redirect(url_for("console.approval_list") + "#absences", 303)

    @desk.page("/absences/<absence_id>/end", EVERYBODY, "POST")
    def come_back(absence_id: str) -> ResponseReturnValue:
        uow.attempt(lambda s: away.come_back(s, actor(), absence_id, clock(), entrance="console"))
        return redirect(url_for("console.approval_list") + "#absences", 303)

    def _act(s: uow.Session, approval_id: str, act: str) -> signing.Signed:
        who, now, words = actor(), clock(), typed("words", 400)
        match act:
            case "approve":
                return signing.approve(s, who, approval_id, now, entrance="console", words=words)
            case "reject":
                why = typed("why", 10)
                chosen = RejectReason(why) if why in set(RejectReason) else RejectReason.OTHER
                return signing.reject(s, who, approval_id, chosen, words, now, entrance="console")
            case "add":
                return signing.add_signer(s, who, approval_id, _colleague(s), now, entrance="console")
            case "instead":
                return signing.delegate(s, who, approval_id, _colleague(s), now, entrance="console")
            case "note":
                told = _colleague(s) if typed("who", 40) else None
                return signing.write_note(s, who, approval_id, words, told, now, entrance="console")
            case "nudge":
                return signing.nudge(s, who, approval_id, now, entrance="console")
            case "withdraw":
                return signing.withdraw(s, who, approval_id, now, entrance="console")
        signer = typed("signer", 15)
        return signing.take_back(
            s, who, approval_id, int(signer) if signer.isascii() and signer.isdigit() else 0, now, entrance="console"
        )

    def _colleague(s: uow.Session) -> int:
        return one_colleague(s, actor(), typed("who", 40))

    def _listed(refused: CrmError | None = None) -> ResponseReturnValue:
        box = Box(asked("box")) if asked("box") in set(Box) else Box.MINE
        with uow.reading() as s:
            found = approvals(s, actor(), box, clock(), asked_number("page"), _SIZE)
            taken = hours_taken(s, actor(), clock() - _SINCE) if actor().role in JUDGES else []
            gone = absences(s, actor(), clock())
        drawn = render_template(
            "console/approvals.html", found=found, box=box, boxes=list(Box), taken=taken, absences=gone,
            today=day_of(clock()), refused=str(refused) if refused else "", sent=request.form if refused else {},
        )  # fmt: skip
        return drawn, refused.http_status if refused else 200

    def _drawn(approval_id: str, refused: CrmError | None = None) -> ResponseReturnValue:
        with uow.reading() as s:
            page = approval_page(s, actor(), approval_id, clock())
        drawn = render_template(
            "console/approval.html", page=page, reasons=list(RejectReason), said=asked("said", 120),
            refused=str(refused) if refused else "", sent=request.form if refused else {},
        )  # fmt: skip
        return drawn, refused.http_status if refused else 200


_ACTS = ("approve", "reject", "add", "instead", "note", "nudge", "withdraw", "undo")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("请选请假的第一天和最后一天") from None
