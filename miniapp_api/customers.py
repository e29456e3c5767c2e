"""One's customers on the phone: the list with 「还剩几天」, and one customer's file."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import CustomerLevel, LoginVia, label
from crm import uow
from crm.access import HOLDERS, Actor
from crm.reads.contacts import ContactRow
from crm.reads.customer_form import Form
from crm.reads.customer_page import CustomerFile, DealRow, EntryRow, LinkRow, PeriodRow, page_and_form, timeline_of
from crm.reads.customers import CustomerRow, Filters, Where, list_customers
from crm.reads.next_steps import Step, next_steps, steps_at
from crm.reads.record_form import Said
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.places import forget_place
from crm.usecases.sessions import actor_of_session
from miniapp_api import cursor
from miniapp_api.answers import (
    ContactOut,
    DealOut,
    EntryOut,
    FieldSaid,
    FieldValueOut,
    LinkOut,
    PeriodOut,
    said_sum,
)
from miniapp_api.customer_answers import CustomerLine, CustomerOut, CustomersOut, SegmentOut, StepOut, TimelineOut
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import CustomersQuery, RepeatHeaders, TimelineQuery
from miniapp_api.repeat import done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, answers

_TIMELINE = "timeline"


def customer_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/customers")
    @bp.input(CustomersQuery, location="query", arg_name="asked")
    @bp.output(CustomersOut)
    @bp.doc(
        summary="自己看得到的客户",
        security="bearer",
        responses=answers(READ | {400: "cursor 不是原样带回的，或属于另一种排序"}),
    )
    def customers(asked: CustomersQuery) -> CustomersOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            after = cursor.read(asked.sort, asked.cursor)
            one_more = asked.limit + 1  # to see whether anything follows
            found = list_customers(
                s, actor, query=asked.query, sort=asked.sort, page=1, size=one_more, now=now, after=after,
                filters=_filters(asked, actor),
            )  # fmt: skip
            rows = found.rows[: asked.limit]
            steps = next_steps(s, actor, [row.id for row in rows])
        return CustomersOut(
            segments=_segments(actor),
            customers=[_line(row, steps.get(row.id)) for row in rows],
            total=found.total,
            total_at_least=found.more,
            next_cursor=cursor.written(asked.sort, rows[-1].place) if len(found.rows) > asked.limit else None,
        )

    @bp.get("/customers/<customer_id>")
    @bp.output(CustomerOut)
    @bp.doc(summary="一个客户的档案", security="bearer", responses=answers(READ))
    def customer(customer_id: str) -> CustomerOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            return file_of(s, actor, plain_id(customer_id), now)

    @bp.get("/customers/<customer_id>/timeline")
    @bp.input(TimelineQuery, location="query", arg_name="asked")
    @bp.output(TimelineOut)
    @bp.doc(
        summary="一个客户的动态，按页",
        security="bearer",
        responses=answers(READ | {400: "cursor 不是原样带回的"}),
    )
    def timeline(customer_id: str, asked: TimelineQuery) -> TimelineOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            after = cursor.moment(_TIMELINE, asked.cursor)
            found = timeline_of(s, actor, plain_id(customer_id), asked.kind, after, asked.limit + 1)
        rows = found[: asked.limit]
        return TimelineOut(
            timeline=[_entry(row) for row in rows],
            next_cursor=cursor.written(_TIMELINE, (rows[-1].at, rows[-1].public_id))
            if len(found) > len(rows)
            else None,
        )

    @bp.delete("/customers/<customer_id>/place")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(
        summary="取消从拜访学到的位置",
        description="学错了就取消，到现在为止的拜访不再用来学。取消两次等于取消一次。",
        security="bearer",
        responses=answers({204: "已取消", 403: "已停用或离职，或者客户只是共享给您看的", 409: "位置不是学来的"}),
    )
    def forget_customer_place(customer_id: str, repeat: RepeatHeaders) -> Response:
        def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
            forget_place(s, actor, plain_id(customer_id), now, entrance=via)
            return done(204)

        return write(deps, repeat.key, None, effect)


def file_of(s: Transaction, actor: Actor, public_id: str, now: datetime) -> CustomerOut:
    """The whole file, as it is read and as a write answers it."""
    found, form = page_and_form(s, actor, public_id, now)
    return _file(found, form, steps_at(s, actor, found.id), actor)


def _segments(actor: Actor) -> list[SegmentOut]:
    """A rep holds customers and is lent some; a supervisor has a team, and decides about the queue."""
    decides = actor.manages or actor.sees_all
    named = [
        ("mine", "我的", actor.role in HOLDERS and not actor.sees_all),
        ("team", "团队" if decides else "共享给我", True),
        ("pool", "公海", decides),
    ]
    return [SegmentOut(key=key, label=told) for key, told, offered in named if offered]


def _filters(asked: CustomersQuery, actor: Actor) -> Filters:
    return Filters(
        owner_id=actor.person_id if asked.segment == "mine" else None,
        held_beside_id=actor.person_id if asked.segment == "team" else None,
        level=CustomerLevel(asked.level) if asked.level else None,
        soon=asked.soon == "1",
        queued=asked.queued == "1",
        unheld=asked.segment == "pool",
        where=tuple(Where(*one.split(":", 1)) for one in asked.where),
    )


def _line(row: CustomerRow, step: Step | None) -> CustomerLine:
    return CustomerLine(
        id=row.public_id,
        name=row.name,
        level=row.level,
        stage=row.stage,
        region=row.region,
        owner=row.owner,
        team=row.team,
        queued=row.queued,
        last_activity_at=row.last_activity_at,
        silent_days=row.silent_days,
        days_left=row.days_left,
        why=row.why,
        next_step=step.text if step else "",
        next_step_at=step.due_at if step else None,
    )


def _file(found: CustomerFile, form: Form, steps: list[Step], actor: Actor) -> CustomerOut:
    return CustomerOut(
        id=found.public_id,
        name=found.name,
        level=form.shown("level"),
        stage=form.shown("cooperation_stage"),
        source=form.shown("source"),
        industry=form.shown("industry"),
        region=form.shown("region"),
        address=form.shown("address"),
        uscc=form.shown("uscc"),
        owner=found.owner,
        mine=found.owner_id == actor.person_id,
        may_write=found.writes,
        queued=found.queued,
        created_at=found.created_at,
        silent_days=found.silent_days,
        days_left=found.days_left,
        why=found.why,
        contacts=[contact_line(row) for row in found.contacts],
        fields=values_in(form),
        missing=list(form.missing),
        links=[_link(row) for row in found.links],
        steps=[_step(row) for row in steps],
        deals=[_deal(row) for row in found.deals],
        timeline=[_entry(row) for row in found.timeline],
        owners=[_period(row) for row in found.owners],
    )


def values_in(form: Form) -> list[FieldValueOut]:
    """Every field of a filled form, under the headings that it has."""
    return [
        FieldValueOut(
            key=one.spec.key,
            label=one.spec.label,
            group=section.label,
            kind=one.spec.kind,
            shown=one.shown,
            keys=list(one.keys),
            missing=one.missing,
            may_edit=one.editable,
        )
        for section in form.sections
        for one in section.fields
    ]


def contact_line(row: ContactRow) -> ContactOut:
    return ContactOut(
        id=row.public_id, name=row.name, title=row.title, phone=row.phone, masked=row.masked, retired=row.retired
    )


def _link(row: LinkRow) -> LinkOut:
    return LinkOut(contact=row.contact, corp_name=row.corp_name, linked_by=row.linked_by, linked_at=row.linked_at)


def _step(row: Step) -> StepOut:
    return StepOut(id=row.public_id, text=row.text, due_at=row.due_at, person=row.person, mine=row.mine)


def _period(row: PeriodRow) -> PeriodOut:
    return PeriodOut(holder=row.holder, reason=row.reason, started_at=row.started_at, ended_at=row.ended_at)


def _deal(row: DealRow) -> DealOut:
    return DealOut(
        id=row.public_id,
        name=row.name,
        amount=said_sum(row.amount),
        stage=row.stage,
        owner=row.owner,
        stage_since=row.stage_since,
        colour=row.colour,
        colour_label=label(row.colour) if row.colour else "",
        fields=_said(row.fields),
    )


def _entry(row: EntryRow) -> EntryOut:
    return EntryOut(
        id=row.public_id,
        kind=row.kind,
        kind_label=row.kind_label,
        author=row.author,
        at=row.at,
        text=row.text,
        counts=row.counts,
        visit_id=row.visit,
        photos=list(row.photos),
        fields=_said(row.fields),
    )


def _said(fields: Said) -> list[FieldSaid]:
    return [FieldSaid(label=label, value=value) for label, value in fields]
