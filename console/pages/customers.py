"""客户: the list with 「还剩几天」, and one customer's whole file."""

from flask import render_template

from config.vocabulary import CustomerLevel
from console.desk import EVERYBODY, Desk, actor, asked, asked_number
from crm import policy as numbers
from crm import uow
from crm.reads import customers as reads
from crm.reads.attachments import attachments_of
from crm.reads.customer_form import changes_of, customer_form
from crm.reads.customer_page import customer_page
from crm.reads.people import in_sight
from crm.reads.projects import projects_of
from crm.reads.queue import colleagues, queued_one
from crm.reads.shares import mates, shares_of

_FRONT = "days_left"


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/customers", EVERYBODY)
    def customers() -> str:
        sort = asked("sort")
        level = asked("level")
        chosen = {
            "q": asked("q"),
            "sort": sort if sort in reads.SORTS else _FRONT,
            "level": level if level in set(CustomerLevel) else "",
            "state": asked("state") if asked("state") in ("soon", "queued") else "",
            "team": str(asked_number("team", 0) or ""),
            "owner": str(asked_number("owner", 0) or ""),
        }
        filters = reads.Filters(
            owner_id=asked_number("owner", 0) or None,
            team_id=asked_number("team", 0) or None,
            level=CustomerLevel(level) if chosen["level"] else None,
            soon=chosen["state"] == "soon",
            queued=chosen["state"] == "queued",
        )
        with uow.reading() as s:

            def page(number: int) -> reads.Page[reads.CustomerRow]:
                return reads.list_customers(
                    s,
                    actor(),
                    query=chosen["q"],
                    sort=chosen["sort"],
                    page=number,
                    size=50,
                    now=clock(),
                    filters=filters,
                )

            found = page(asked_number("page"))
            if found.total and not found.rows:  # an old link, and the list has become shorter
                found = page(found.pages)
            scope = in_sight(s, actor())
        return render_template(
            "console/customers.html", found=found, chosen=chosen, levels=list(CustomerLevel), scope=scope
        )

    @desk.page("/customers/<public_id>", EVERYBODY)
    def customer(public_id: str) -> str:
        page = asked_number("page")
        with uow.reading() as s:
            file = customer_page(s, actor(), public_id, clock(), page)
            files = attachments_of(s, actor(), public_id)
            form = customer_form(s, actor(), public_id)
            changes = changes_of(s, actor(), public_id)
            waiting = queued_one(s, actor(), public_id, clock()) if file.queued else None
            givable = colleagues(s, actor()) if waiting else ()
            shared = shares_of(s, actor(), public_id, clock())
            plans = projects_of(s, actor(), file.id)
            sharable = mates(s, actor(), public_id) if shared.decides else ()
            days = numbers.current(s).share_days
        return render_template(
            "console/customer.html",
            plans=plans,
            file=file,
            files=files,
            form=form,
            changes=changes,
            page=page,
            waiting=waiting,
            colleagues=givable,
            shares=shared,
            mates=sharable,
            days=days,
        )
