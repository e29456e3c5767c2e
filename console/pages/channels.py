"""渠道: what each source and campaign brought, with the rows behind every number."""

from datetime import date, datetime, timedelta

from flask import render_template

from config.vocabulary import CustomerSource, label
from console.desk import Desk, actor, asked, asked_number
from crm import uow
from crm.access import HOLDERS
from crm.errors import Invalid, NotFound
from crm.reads import channels as reads
from crm.rules.days import SHANGHAI


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/channels", HOLDERS)
    def channels() -> str:
        since, until = span(asked("since"), asked("until"), clock())
        sort = asked("sort") if asked("sort") in reads.SORTS else reads.SORTS[0]
        with uow.reading() as s:
            rows = reads.channels(s, actor(), since, until, sort)
        return render_template("console/channels.html", rows=rows, chosen={**shown_span(since, until), "sort": sort})

    @desk.page("/channels/customers", HOLDERS)
    def channel_customers() -> str:
        since, until = span(asked("since"), asked("until"), clock())
        what = next((one for one in reads.WHATS if one == asked("what")), None)
        if what is None or asked("source") not in set(CustomerSource):
            raise NotFound("没有这个页面")
        source, campaign = CustomerSource(asked("source")), asked_number("campaign", 0) or None
        with uow.reading() as s:
            found = reads.channel_customers(s, actor(), what, source, campaign, since, until, asked_number("page"))
        chosen = {**shown_span(since, until), "what": what, "source": source.value, "campaign": campaign or ""}
        return render_template("console/channel_customers.html", found=found, chosen=chosen, source=label(source))


def span(since: str, until: str, now: datetime) -> tuple[datetime, datetime]:
    """The days typed, both inclusive, else the last year."""
    return reads.span(day_typed(since), day_typed(until), now)


def day_typed(text: str) -> date | None:
    """A day of a form or an address; None for none."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"没看懂日期「{text[:20]}」，请写成 2026-03-05 这样") from None


def shown_span(since: datetime, until: datetime) -> dict[str, str]:
    """The same two days as an address says them."""
    last = until - timedelta(seconds=1)
    return {"since": f"{since.astimezone(SHANGHAI):%Y-%m-%d}", "until": f"{last.astimezone(SHANGHAI):%Y-%m-%d}"}
