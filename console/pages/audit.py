"""审计: who did what, newest first, and whether the book was tampered with."""

from datetime import date

from flask import render_template

from console.desk import OPERATORS, Desk, actor, asked, asked_number
from crm import audit, uow
from crm.reads import audit_log as reads


def mount(desk: Desk) -> None:
    @desk.page("/audit", OPERATORS)
    def audit_log() -> str:
        chosen = {key: asked(key) for key in ("who", "verb", "about", "since", "until")}
        wanted = reads.Asked(
            who=chosen["who"],
            verb=chosen["verb"],
            about=chosen["about"],
            since=_date(chosen["since"]),
            until=_date(chosen["until"]),
        )
        before = asked_number("before", 0, 2**53) or None if asked("before") else None
        with uow.reading() as s:
            found = reads.entries(s, actor(), wanted, before=before)
        return render_template("console/audit.html", found=found, chosen=chosen)

    @desk.page("/audit/verify", OPERATORS)
    def verify_audit() -> str:
        found = desk.deps.audit_head()
        with uow.reading() as s:
            verdict = audit.verify(s, None if found is None else audit.Head(*found))
        return render_template("console/_verdict.html", verdict=verdict)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
