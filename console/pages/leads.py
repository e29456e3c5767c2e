"""线索: the list with its clock, one lead with all that is done about it, and the inlets that bring them."""

from decimal import Decimal

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from config.prospects import InvalidReason, LeadInlet, LeadState, ResponseKind
from config.vocabulary import CustomerSource
from console.answers import done, moved
from console.desk import OPERATORS, Desk, actor, asked, asked_number, typed, typed_number
from console.pages.channels import span
from crm import uow
from crm.access import HOLDERS, JUDGES
from crm.errors import Invalid
from crm.reads import lead_sources as inlets
from crm.reads import leads as reads
from crm.reads.meant import meant_or_near
from crm.reads.people import in_sight
from crm.reads.queue import colleagues
from crm.rules.amounts import parse_amount
from crm.usecases import lead_convert, lead_sources, lead_steps
from crm.usecases.leads import LeadDraft, capture

_SIZE = 50
_BY_HAND = (LeadInlet.EXHIBITION, LeadInlet.INQUIRY, LeadInlet.MANUAL)
_KINDS = (LeadInlet.WEB_FORM, LeadInlet.WECOM_CONTACT)
_STATES = ("open", "late", "queued", *LeadState)


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/leads", HOLDERS)
    def leads() -> str:
        chosen = {
            "q": asked("q"),
            "state": asked("state") if asked("state") in _STATES else "",
            "inlet": asked("inlet") if asked("inlet") in set(LeadInlet) else "",
            "source": asked("source") if asked("source") in set(CustomerSource) else "",
            "campaign": "none" if asked("campaign") == "none" else str(asked_number("campaign", 0) or ""),
            "owner": str(asked_number("owner", 0) or ""),
            "since": asked("since"),
            "until": asked("until"),
        }
        since, until = span(chosen["since"], chosen["until"], clock())
        dated = bool(chosen["since"] or chosen["until"])
        wanted = reads.Asked(
            query=chosen["q"],
            state=LeadState(chosen["state"]) if chosen["state"] in set(LeadState) else None,
            open_only=chosen["state"] == "open",
            late_only=chosen["state"] == "late",
            queued=chosen["state"] == "queued",
            inlet=LeadInlet(chosen["inlet"]) if chosen["inlet"] else None,
            owner_id=asked_number("owner", 0) or None,
            source=CustomerSource(chosen["source"]) if chosen["source"] else None,
            campaign_id=asked_number("campaign", 0) or None,
            no_campaign=chosen["campaign"] == "none",
            since=since if dated else None,
            until=until if dated else None,
        )
        with uow.reading() as s:
            found = reads.list_leads(s, actor(), wanted, page=asked_number("page"), size=_SIZE, now=clock())
            scope, campaigns = in_sight(s, actor()), inlets.campaigns(s)
        return render_template(
            "console/leads.html", found=found, chosen=chosen, scope=scope, campaigns=campaigns,
            states=list(LeadState), inlets=list(LeadInlet), by_hand=_BY_HAND, sources=list(CustomerSource),
        )  # fmt: skip

    @desk.page("/leads", HOLDERS, "POST")
    def new_lead() -> ResponseReturnValue:
        inlet, source = typed("inlet"), typed("source")
        if inlet not in set(_BY_HAND) or source not in set(CustomerSource):
            raise Invalid("请选线索从哪里来，再保存")
        draft = LeadDraft(
            inlet=LeadInlet(inlet),
            company=typed("company"),
            contact_name=typed("contact_name"),
            phone=typed("phone"),
            email=typed("email"),
            need=typed("need", 4000),
            source=CustomerSource(source),
            campaign_id=int(typed("campaign")) if typed("campaign", 15).isdigit() else None,
        )
        made = uow.attempt(lambda s: capture(s, actor(), draft, clock(), entrance="console"))
        return done(made.said, url_for("console.leads"))

    @desk.page("/leads/<public_id>", HOLDERS)
    def lead(public_id: str) -> str:
        with uow.reading() as s:
            file = reads.lead_page(s, actor(), public_id, clock())
            mates = colleagues(s, actor()) if actor().manages or actor().sees_all else ()
            may_convert = file.mine and file.row.state in reads.OPEN and not file.row.known
            alike = meant_or_near(s, actor(), file.row.name) if may_convert else []
        return render_template(
            "console/lead.html", file=file, mates=mates, alike=alike, open=file.row.state in reads.OPEN,
            kinds=list(ResponseKind), reasons=list(InvalidReason),
        )  # fmt: skip

    @desk.page("/leads/<public_id>/claim", HOLDERS, "POST")
    def claim_lead(public_id: str) -> ResponseReturnValue:
        made = uow.attempt(lambda s: lead_steps.claim(s, actor(), public_id, clock(), entrance="console"))
        return _back(public_id, made.said)

    @desk.page("/leads/<public_id>/assign", JUDGES, "POST")
    def assign_lead(public_id: str) -> ResponseReturnValue:
        to = typed_number("to", "请先选一位同事，再点分配")
        made = uow.attempt(lambda s: lead_steps.assign(s, actor(), public_id, to, clock(), entrance="console"))
        return moved(made.said, url_for("console.leads"))

    @desk.page("/leads/<public_id>/respond", HOLDERS, "POST")
    def respond_lead(public_id: str) -> ResponseReturnValue:
        kind, words = typed("kind"), typed("words")
        if kind not in set(ResponseKind):
            raise Invalid("请选是怎么联系的，再保存")
        made = uow.attempt(
            lambda s: lead_steps.respond(s, actor(), public_id, ResponseKind(kind), words, clock(), entrance="console")
        )
        return _back(public_id, made.said)

    @desk.page("/leads/<public_id>/invalid", HOLDERS, "POST")
    def invalid_lead(public_id: str) -> ResponseReturnValue:
        reason = typed("reason")
        if reason not in set(InvalidReason):
            raise Invalid("请选一个无效的原因，再点无效")
        made = uow.attempt(
            lambda s: lead_steps.invalidate(
                s, actor(), public_id, InvalidReason(reason), "", clock(), entrance="console"
            )
        )
        return _back(public_id, made.said)

    @desk.page("/leads/<public_id>/convert", HOLDERS, "POST")
    def convert_lead(public_id: str) -> ResponseReturnValue:
        wish = lead_convert.Conversion(
            customer_id=int(typed("customer")) if typed("customer", 15).isdigit() else None,
            name=typed("name"),
            deal_name=typed("deal_name"),
            amount=_amount(typed("amount")),
        )
        made = uow.attempt(lambda s: lead_convert.convert(s, actor(), public_id, wish, clock(), entrance="console"))
        return moved(made.step.said, url_for("console.customer", public_id=made.customer_public_id))

    @desk.page("/leads/<public_id>/undo", HOLDERS, "POST")
    def undo_lead(public_id: str) -> ResponseReturnValue:
        event = typed_number("event", "没有可以撤销的操作，请刷新后再看")
        name = uow.attempt(lambda s: lead_convert.take_back(s, actor(), event, clock(), entrance="console"))
        return _back(public_id, f"已撤销，线索「{name}」恢复原样")

    @desk.page("/lead-sources", OPERATORS)
    def lead_inlets() -> str:
        with uow.reading() as s:
            found, scope, campaigns = inlets.lead_sources(s, actor()), in_sight(s, actor()), inlets.campaigns(s)
            mates = colleagues(s, actor())
        return render_template(
            "console/lead_sources.html", found=found, scope=scope, mates=mates, campaigns=campaigns, kinds=_KINDS,
            sources=list(CustomerSource), base=desk.deps.public_url,
        )  # fmt: skip

    @desk.page("/lead-sources", OPERATORS, "POST")
    def open_lead_source() -> ResponseReturnValue:
        inlet, source = typed("inlet"), typed("source")
        if inlet not in set(_KINDS) or source not in set(CustomerSource):
            raise Invalid("请选入口的种类和客户来源，再保存")
        draft = lead_sources.SourceDraft(
            inlet=LeadInlet(inlet),
            name=typed("name"),
            source=CustomerSource(source),
            team_id=typed_number("team", "请选线索交给哪个部门"),
            owner_id=int(typed("owner")) if typed("owner", 15).isdigit() else None,
            campaign_id=int(typed("campaign")) if typed("campaign", 15).isdigit() else None,
            state=typed("state", 40),
        )
        made = uow.attempt(lambda s: lead_sources.open_source(s, actor(), draft, clock(), entrance="console"))
        return done(f"入口「{made.name}」已建好", url_for("console.lead_inlets"))

    @desk.page("/lead-sources/<public_id>/close", OPERATORS, "POST")
    def close_lead_source(public_id: str) -> ResponseReturnValue:
        name = uow.attempt(lambda s: lead_sources.close_source(s, actor(), public_id, clock(), entrance="console"))
        return done(f"入口「{name}」已停用，不再收新线索", url_for("console.lead_inlets"))

    @desk.page("/lead-sources/<public_id>/reopen", OPERATORS, "POST")
    def reopen_lead_source(public_id: str) -> ResponseReturnValue:
        name = uow.attempt(lambda s: lead_sources.reopen_source(s, actor(), public_id, clock(), entrance="console"))
        return done(f"入口「{name}」已恢复", url_for("console.lead_inlets"))

    def _back(public_id: str, sentence: str) -> ResponseReturnValue:
        return done(sentence, url_for("console.lead", public_id=public_id))


def _amount(text: str) -> Decimal:
    try:
        return parse_amount(text) if text else Decimal(0)
    except ValueError as error:
        raise Invalid(str(error), {"amount": str(error)}) from None
