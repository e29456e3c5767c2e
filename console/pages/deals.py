"""商机: one deal on its ladder, its evidence handed in for the stage that lacks it, and the move through the gate."""

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.vocabulary import EndReason, EvidenceKind, MilestoneKind
from console.answers import Undo, done, settled, toast
from console.desk import EVERYBODY, Desk, actor, partial, typed, typed_number
from console.uploads import LARGEST, sent_files, take
from crm import uow
from crm.errors import Conflict, CrmError, Invalid, NotAllowed
from crm.flows.evidence import read_first
from crm.reads.attachments import attachments_of
from crm.reads.compared import compared
from crm.reads.deal_page import deal_page
from crm.rules.funnel import Said
from crm.usecases import attachments, deals, evidence
from crm.usecases.approvals import Filed, move_or_ask


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/deals/<deal_id>", EVERYBODY)
    def deal(deal_id: str) -> ResponseReturnValue:
        return _drawn(deal_id)

    @desk.page("/deals/<deal_id>/move", EVERYBODY, "POST")
    def move_deal(deal_id: str) -> ResponseReturnValue:
        decided = typed("ended_for", 16)
        chosen = EndReason(decided) if decided in set(EndReason) else None
        said = Said(typed("reason", 300), chosen, typed("competitor", 100))
        to, force = typed("to", 32), "force" in request.form
        try:
            moved = uow.attempt(
                lambda s: move_or_ask(s, actor(), deal_id, to, said, clock(), entrance="console", force=force)
            )
        except (Invalid, Conflict, NotAllowed) as refused:
            if partial():  # the board says it above its columns
                raise
            return _drawn(deal_id, refused)
        back = url_for("console.deal", deal_id=deal_id)
        if isinstance(moved, Filed):
            return done(f"「{moved.name}」已提交审批（{moved.told}），等 {'、'.join(moved.waits_for)} 同意", back)
        undo = Undo(url_for("console.undo_move", deal_id=deal_id), {"period": str(moved.period_id)})
        return settled(f"「{moved.name}」从「{moved.before}」到「{moved.now}」", undo, back)

    @desk.page("/deals/<deal_id>/move/undo", EVERYBODY, "POST")
    def undo_move(deal_id: str) -> ResponseReturnValue:
        period = typed_number("period", "没有这次移动，请刷新页面再看")
        name = uow.attempt(lambda s: deals.take_back_move(s, actor(), deal_id, period, clock(), entrance="console"))
        if not partial():
            return redirect(url_for("console.deal", deal_id=deal_id), 303)
        return Response("", headers=toast(f"已撤销：商机「{name}」的阶段变动", changed=True))

    @desk.page("/deals/<deal_id>/evidence", EVERYBODY, "POST", largest=LARGEST)
    def prove_deal(deal_id: str) -> ResponseReturnValue:
        """A new file is the customer's first, whatever is then said of it as evidence."""
        stage, kind, file = typed("stage", 32), typed("kind", 20), typed("file_id", 20)
        with uow.reading() as s:
            page = deal_page(s, actor(), deal_id, clock())
        try:
            if kind not in set(EvidenceKind):
                raise Invalid("没有这种凭证，请刷新页面再选")
            if sent := sent_files("file"):
                with uow.reading() as s:
                    attachments.may_attach(s, actor(), page.customer_id, clock())
                file = take(desk, page.customer_id, sent[0]).public_id
            if not file:
                raise Invalid("还没有选文件。请上传一个，或从客户的附件里选")
            who = actor()
            read_first(desk.deps.files, lambda _: who, file)
            uow.attempt(
                lambda s: evidence.add_evidence(
                    s, actor(), deal_id, stage, EvidenceKind(kind), file, clock(), entrance="console"
                )
            )
        except (Invalid, Conflict, NotAllowed) as refused:
            return _drawn(deal_id, refused)
        return redirect(url_for("console.deal", deal_id=deal_id), 303)

    @desk.page("/evidence/<evidence_id>/remove", EVERYBODY, "POST")
    def remove_evidence(evidence_id: str) -> ResponseReturnValue:
        gone = uow.attempt(lambda s: evidence.remove_evidence(s, actor(), evidence_id, clock(), entrance="console"))
        return redirect(url_for("console.deal", deal_id=gone.deal_id), 303)

    def _drawn(deal_id: str, refused: CrmError | None = None) -> ResponseReturnValue:
        with uow.reading() as s:
            page = deal_page(s, actor(), deal_id, clock())
            beside = compared(s, actor(), deal_id, clock())
            files = attachments_of(s, actor(), page.customer_id).rows if page.may_write else ()
        drawn = render_template(
            "console/deal.html",
            page=page,
            beside=beside,
            files=files,
            reasons=list(EndReason),
            milestone_kinds=list(MilestoneKind),
            refused=str(refused) if refused else "",
            sent=request.form if refused else {},
        )
        return drawn, refused.http_status if refused else 200
