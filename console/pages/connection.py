"""企微接入体检: each part of the connection to WeCom tried now, for the administrator who has to mend it."""

from flask import render_template

from console.desk import ADMINS, Desk, actor, partial
from crm.reads.connection import Grade, examine


def mount(desk: Desk) -> None:
    deps = desk.deps

    @desk.page("/connection", ADMINS)
    def connection() -> str:
        """Nothing is tried before the page is there: with a dead network that takes a while."""
        return render_template("console/connection.html", findings=None)

    @desk.page("/connection/check", ADMINS, "POST")
    def check_connection() -> str:
        findings = examine(actor(), deps.check())
        wrong = sum(one.grade is Grade.WRONG for one in findings)
        template = "console/_findings.html" if partial() else "console/connection.html"
        return render_template(template, findings=findings, wrong=wrong)
