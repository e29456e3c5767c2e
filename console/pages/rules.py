"""规则数字: every number of the business with its reason, changed in place, refused beside its field."""

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from console.answers import toast
from console.desk import OPERATORS, Desk, actor, partial, typed
from crm import uow
from crm.errors import Invalid, NotFound
from crm.reads import rules as reads
from crm.usecases import policy

SWITCH = "recycling_live"
CLOCKS = (
    "proposal_days", "negotiation_days", "stage_days", "stall_lead_percent", "stall_director_days", "director_above",
    "snooze_days",
)  # fmt: skip
GROUPS = (
    (
        "沉默与回收",
        (
            "remind_after_days", "second_reminder_days", "last_reminder_days", "release_after_days", "releases_per_day",
            "undo_release_days",
        ),
    ),
    ("商机停滞", CLOCKS),
    ("审批与报价", ("split_days", "approval_late_hours", "quote_days", "quote_remind_days")),
    (
        "线索与项目",
        (
            "first_response_minutes", "form_per_address", "form_per_inlet", "registration_days",
            "registration_extensions", "registration_remind_days",
        ),
    ),
    (
        "消息与卡片",
        ("reminders_per_day", "undo_minutes", "dialogue_minutes", "card_days", "late_after_minutes"),
    ),
    ("共享与保密", ("share_days", "reveals_per_day", "lookups_per_day")),
)  # fmt: skip
OTHERS = "拜访与查重"


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/rules", OPERATORS)
    def rules() -> str:
        with uow.reading() as s:
            settings = {one.name: one for one in policy.listing(s)}
            changes = reads.changes(s, actor())
        named = {name for _, names in GROUPS for name in names} | {SWITCH}
        groups = [(title, [settings[name] for name in names]) for title, names in GROUPS]
        groups.append((OTHERS, [one for name, one in settings.items() if name not in named]))
        return render_template("console/rules.html", groups=groups, switch=settings[SWITCH], changes=changes)

    @desk.page("/rules/<name>", OPERATORS, "POST")
    def change_rule(name: str) -> ResponseReturnValue:
        """The row again as it now stands; on a refusal with what was typed, and the reason beside it."""
        value, problem = typed("value", 40), ""
        try:
            uow.attempt(lambda s: policy.change(s, actor(), name, value, clock(), entrance="console"))
        except Invalid as error:
            if not partial():
                raise
            problem = error.fields.get(name, str(error))
        if not partial():
            return redirect(url_for("console.rules"), 303)
        with uow.reading() as s:
            setting = next((one for one in policy.listing(s) if one.name == name), None)
        if setting is None:
            raise NotFound("没有这条规则")
        template = "console/_switch.html" if name == SWITCH else "console/_rule.html"
        body = render_template(template, rule=setting, problem=problem, typed=value if problem else None)
        said = {} if problem else toast(f"「{setting.number.label}」已保存")
        return Response(body, 422 if problem else 200, headers=said)
