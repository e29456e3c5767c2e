"""时间节点 of a deal at its page: noted, moved, done, taken away and brought back."""

from datetime import datetime

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from config.vocabulary import MilestoneKind
from console.desk import EVERYBODY, Desk, actor, typed
from crm import uow
from crm.errors import Invalid
from crm.rules.days import SHANGHAI
from crm.usecases import milestones


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/deals/<deal_id>/milestones", EVERYBODY, "POST")
    def add_milestone(deal_id: str) -> ResponseReturnValue:
        kind, due_at, note = typed("kind", 16), _moment(typed("due_at", 30)), typed("note", 200)
        if kind not in set(MilestoneKind):
            raise Invalid("请选一种节点", {"kind": "请选一种"})
        made = uow.attempt(
            lambda s: milestones.add_milestone(
                s, actor(), deal_id, MilestoneKind(kind), due_at, note, clock(), entrance="console"
            )
        )
        return _back(made)

    @desk.page("/milestones/<milestone_id>", EVERYBODY, "POST")
    def change_milestone(milestone_id: str) -> ResponseReturnValue:
        due_at, note = _moment(typed("due_at", 30)), typed("note", 200)
        made = uow.attempt(
            lambda s: milestones.change_milestone(s, actor(), milestone_id, due_at, note, clock(), entrance="console")
        )
        return _back(made)

    @desk.page("/milestones/<milestone_id>/finish", EVERYBODY, "POST")
    def finish_milestone(milestone_id: str) -> ResponseReturnValue:
        return _back(
            uow.attempt(
                lambda s: milestones.finish_milestone(s, actor(), milestone_id, clock(), entrance="console")
            )
        )  # fmt: skip

    @desk.page("/milestones/<milestone_id>/remove", EVERYBODY, "POST")
    def remove_milestone(milestone_id: str) -> ResponseReturnValue:
        return _back(
            uow.attempt(
                lambda s: milestones.remove_milestone(s, actor(), milestone_id, clock(), entrance="console")
            )
        )  # fmt: skip

    @desk.page("/milestones/<milestone_id>/restore", EVERYBODY, "POST")
    def restore_milestone(milestone_id: str) -> ResponseReturnValue:
        return _back(
            uow.attempt(
                lambda s: milestones.restore_milestone(s, actor(), milestone_id, clock(), entrance="console")
            )
        )  # fmt: skip


def _back(made: milestones.Noted) -> ResponseReturnValue:
    return redirect(url_for("console.deal", deal_id=made.deal_id) + "#milestones", 303)


def _moment(words: str) -> datetime:
    """As the browser's own field writes it: `2026-12-10T10:00`, Shanghai time."""
    try:
        return datetime.strptime(words, "%Y-%m-%dT%H:%M").replace(tzinfo=SHANGHAI)
    except ValueError:
        raise Invalid("请选日期和时间", {"due_at": "请选日期和时间"}) from None
