"""看板: open deals by stage, dragged through the one gate; what they amount to, what wins taught, why deals ended."""

from flask import render_template

from config.vocabulary import DealScope, EndReason, StageKind, StallColour
from console.desk import Desk, actor, asked, asked_number
from console.pages.channels import shown_span, span
from crm import uow
from crm.access import HOLDERS, READ, get_customer
from crm.errors import NotFound
from crm.reads import endings as ended
from crm.reads.board import ORDERS, SHOWN, Asked, board
from crm.reads.deal_scope import Whose, scopes_of
from crm.reads.forecast import forecast
from crm.reads.funnel import funnel
from crm.reads.people import in_sight
from crm.reads.sales_path import kind_label, sales_paths

_PAGE = 60  # cards of a column that is looked at alone
_NONE = "none"  # in the address: deals that say no reason


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/board", HOLDERS)
    def deal_board() -> str:
        chosen, whose = _chosen(), _whose()
        colour = next((one for one in StallColour if one == asked("colour")), None)
        order = next((one for one in ORDERS if one == asked("sort")), ORDERS[0])
        stage = asked("stage", 32)
        size = _PAGE if stage else SHOWN
        wanted = Asked(whose, asked("pipeline", 64), colour, order, stage, asked_number("page"), size)
        with uow.reading() as s:
            found = board(s, actor(), wanted, clock())
            scope = in_sight(s, actor())
            customer = get_customer(s, actor(), whose.customer_id, to=READ).name if whose.customer_id else ""
        chosen |= {"colour": colour or "", "sort": order, "stage": stage, "customer": whose.customer_id}
        return render_template(
            "console/board.html",
            found=found,
            chosen=chosen,
            address={key: value for key, value in chosen.items() if value and (key, value) != ("sort", ORDERS[0])},
            scope=scope,
            scopes=scopes_of(actor()),
            colours=list(StallColour),
            customer=customer,
        )

    @desk.page("/funnel", HOLDERS)
    def deal_funnel() -> str:
        now = clock()
        since, until = span(asked("since"), asked("until"), now)
        whose, pipeline = _whose(), asked("pipeline", 64)
        with uow.reading() as s:
            found = funnel(s, actor(), whose, pipeline, since, until)
            ahead = forecast(s, actor(), whose, pipeline, now)
            scope = in_sight(s, actor())
        chosen = _chosen() | shown_span(since, until) | {"pipeline": found.pipeline}
        return render_template(
            "console/funnel.html", found=found, ahead=ahead, chosen=chosen, scope=scope, scopes=scopes_of(actor())
        )

    @desk.page("/sales-path", HOLDERS)
    def sales_path() -> str:
        with uow.reading() as s:
            found = sales_paths(s, actor())
        return render_template("console/sales_path.html", found=found, kind_label=kind_label)

    @desk.page("/endings", HOLDERS)
    def deal_endings() -> str:
        since, until = span(asked("since"), asked("until"), clock())
        with uow.reading() as s:
            found = ended.endings(s, actor(), _whose(), asked("pipeline", 64), since, until)
            scope = in_sight(s, actor())
        chosen = _chosen() | shown_span(since, until)
        return render_template(
            "console/endings.html", found=found, chosen=chosen, scope=scope, scopes=scopes_of(actor())
        )

    @desk.page("/endings/deals", HOLDERS)
    def ended_deals() -> str:
        since, until = span(asked("since"), asked("until"), clock())
        kind = next((one for one in StageKind if one == asked("kind") and one is not StageKind.OPEN), None)
        reason = asked("reason")
        if kind is None or reason not in ("", _NONE, *EndReason):
            raise NotFound("没有这个页面")
        behind = ended.Behind(kind, "" if reason == _NONE else reason or None, asked("rival", 64))
        with uow.reading() as s:
            found = ended.ended_deals(
                s, actor(), _whose(), asked("pipeline", 64), since, until, behind, asked_number("page")
            )
        chosen = _chosen() | shown_span(since, until)
        chosen |= {"kind": kind.value, "reason": reason, "rival": behind.rival}
        return render_template("console/ended_deals.html", found=found, chosen=chosen, kind=kind)


def _whose() -> Whose:
    return Whose(
        scope=next((one for one in DealScope if one == asked("scope")), None),
        owner_id=asked_number("owner", 0) or None,
        team_id=asked_number("team", 0) or None,
        customer_id=asked("customer", 64),
    )


def _chosen() -> dict[str, str]:
    """What the address says of whose deals are meant."""
    scope = next((one.value for one in DealScope if one == asked("scope")), scopes_of(actor())[0].value)
    owner, team = asked_number("owner", 0), asked_number("team", 0)
    return {"scope": scope, "owner": str(owner or ""), "team": str(team or ""), "pipeline": asked("pipeline", 64)}
