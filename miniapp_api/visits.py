"""Visits from the phone, made there and then or sent in the evening: each once, whatever the network did."""

from dataclasses import asdict
from datetime import datetime, timedelta

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import FixSource, LoginVia
from crm import uow
from crm.access import Actor
from crm.errors import Invalid
from crm.reads.visits import Asked, VisitPage, VisitRow, list_visits, to_review, told_verdict, visit_page
from crm.rules.days import SHANGHAI
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.sessions import actor_of_session
from crm.usecases.visit_reviews import appeal, review
from crm.usecases.visits import CheckInDone, CheckInDraft, add_report, check_in, retract_check_in, said
from miniapp_api import cursor
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, WRITE, answers
from miniapp_api.spec import said as content_of
from miniapp_api.visit_answers import VisitLine, VisitMadeOut, VisitOut, VisitReviewOut, VisitsOut
from miniapp_api.visit_payloads import AppealIn, ReportIn, ReviewIn, ReviewsQuery, VisitIn, VisitsQuery

CLOCKS_DIFFER = timedelta(minutes=5)  # beyond this a phone's clock is wrong, and what it says is put right
OLDEST = timedelta(days=30)  # an offline queue older than this is no longer evidence of a visit
_SORT = "visits"
_BAD_CURSOR: dict[int | str, str] = {400: "cursor 不是原样带回的"}


def visit_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/visits")
    @bp.input(VisitIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(VisitMadeOut, status_code=201)
    @bp.doc(
        summary="记一次拜访",
        description="client_id 记过的回答 200 和 again: true；新的回答 201。照片先用 POST /uploads 一张张传，"
        "这里按顺序给编号。没有定位就要写补签原因 why。算在拜访那天，那天归谁就记在谁名下。",
        security="bearer",
        responses=answers(WRITE) | {200: {"description": "以前记过", "content": content_of("VisitMadeOut")}},
    )
    def record_visit(json_data: VisitIn, repeat: RepeatHeaders) -> Response:
        the_same = json_data.model_copy(update={"sent_at": None})  # the phone's clock is another at each attempt
        return write(deps, repeat.key, the_same, _recorded(json_data))

    @bp.get("/visits")
    @bp.input(VisitsQuery, location="query", arg_name="asked")
    @bp.output(VisitsOut)
    @bp.doc(summary="自己看得到的拜访", security="bearer", responses=answers(READ | _BAD_CURSOR))
    def visit_list(asked: VisitsQuery) -> VisitsOut:
        narrowed = Asked(asked.day, asked.person, plain_id(asked.customer) or asked.customer, asked.verdict)
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            rows = list_visits(s, actor, narrowed, cursor.moment(_SORT, asked.cursor), asked.limit + 1)
        return _page(rows, asked.limit)

    @bp.get("/visits/reviews")
    @bp.input(ReviewsQuery, location="query", arg_name="asked")
    @bp.output(VisitsOut)
    @bp.doc(
        summary="等我看的拜访",
        description="下属的拜访里存疑、无效而还没有看过的，和交来说明的；给主管、经理、总监、运营和管理员。",
        security="bearer",
        responses=answers(READ | _BAD_CURSOR),
    )
    def visits_to_review(asked: ReviewsQuery) -> VisitsOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            rows = to_review(s, actor, cursor.moment(_SORT, asked.cursor), asked.limit + 1)
        return _page(rows, asked.limit)

    @bp.get("/visits/<visit_id>")
    @bp.output(VisitOut)
    @bp.doc(summary="一次拜访", security="bearer", responses=answers(READ))
    def one_visit(visit_id: str) -> VisitOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            return _whole(visit_page(s, actor, plain_id(visit_id), now))

    _changes(bp, deps)


def _changes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.post("/visits/<visit_id>/report")
    @bp.input(ReportIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(VisitOut)
    @bp.doc(
        summary="补写拜访小结",
        description="只写一次；同样的内容再来一次等于一次。",
        security="bearer",
        responses=answers(WRITE | {409: "已经写过，或编号已用于另一个请求", 410: "已经撤销"}),
    )
    def report_on_visit(visit_id: str, json_data: ReportIn, repeat: RepeatHeaders) -> Response:
        def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
            add_report(s, actor, plain_id(visit_id), json_data.report, now, entrance=via)
            return done(200, _whole(visit_page(s, actor, plain_id(visit_id), now)))

        return write(deps, repeat.key, json_data, effect)

    @bp.delete("/visits/<visit_id>")
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.doc(
        summary="撤销自己的拜访",
        description="在规则定的撤销时间内（默认 10 分钟）；照片还给自己，撤两次等于撤一次。",
        security="bearer",
        responses=answers(
            READ | {204: "已撤销", 404: "没有，或不是自己的", 409: "这个编号用过了", 410: "过了撤销时间"}
        ),
    )
    def take_visit_back(visit_id: str, repeat: RepeatHeaders) -> Response:
        def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
            retract_check_in(s, actor, plain_id(visit_id), now, entrance=via)
            return done(204)

        return write(deps, repeat.key, None, effect)

    @bp.post("/visits/<visit_id>/appeal")
    @bp.input(AppealIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(VisitOut)
    @bp.doc(
        summary="补充说明一次拜访",
        description="对「待补充说明」的拜访说明当时的情况，交给主管看。",
        security="bearer",
        responses=answers(WRITE | {409: "不用说明，或说明已经交上去了"}),
    )
    def explain_visit(visit_id: str, json_data: AppealIn, repeat: RepeatHeaders) -> Response:
        def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
            appeal(s, actor, plain_id(visit_id), json_data.words, now, entrance=via)
            return done(200, _whole(visit_page(s, actor, plain_id(visit_id), now)))

        return write(deps, repeat.key, json_data, effect)

    @bp.post("/visits/<visit_id>/review")
    @bp.input(ReviewIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(VisitOut)
    @bp.doc(
        summary="看过一次拜访并定下来",
        description="定下来以后规则不再改它。存疑、无效要写一句。自己的拜访由主管看。"
        "有效时可以用 here 说明客户就在这次的位置（搬了家，或原来标错了），以后按这里量。",
        security="bearer",
        responses=answers(WRITE | {404: "没有，或不归您看", 409: "是自己的拜访"}),
    )
    def decide_visit(visit_id: str, json_data: ReviewIn, repeat: RepeatHeaders) -> Response:
        def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
            words, here = json_data.words, json_data.here
            review(s, actor, plain_id(visit_id), json_data.verdict, words, now, entrance=via, here=here)
            return done(200, _whole(visit_page(s, actor, plain_id(visit_id), now)))

        return write(deps, repeat.key, json_data, effect)


def _recorded(body: VisitIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        off = _clock_off(body, now)
        draft = CheckInDraft(
            client_id=body.client_id,
            customer_id=plain_id(body.customer_id),
            latitude=body.latitude,
            longitude=body.longitude,
            datum=body.datum,
            accuracy_m=body.accuracy_m,
            source=FixSource.MINIAPP,
            visited_at=_happened(body, off, now),
            place=body.place,
            report=body.report,
            fix_at=None if body.fix_at is None else body.fix_at + off,
            sent_at=body.sent_at,
            device=body.device,
            why=body.why,
            photos=[plain_id(one) for one in body.photos],
            plan_id=plain_id(body.plan_id),
        )
        visit = check_in(s, actor, draft, now, entrance=via)
        return done(200 if visit.again else 201, _made(visit))

    return effect


def _made(visit: CheckInDone) -> VisitMadeOut:
    verdict, verdict_label = told_verdict(visit.verdict, judges=False, mine=True)
    return VisitMadeOut(
        id=visit.public_id,
        distance_m=visit.distance_m,
        said=visit.said,
        customer_name=visit.customer_name,
        verdict=verdict,
        verdict_label=verdict_label,
        signals=list(visit.signals),
        effective=visit.effective,
        again=visit.again,
    )


def _clock_off(body: VisitIn, now: datetime) -> timedelta:
    """How far a phone's clock is behind ours: it names the moment it sends by the clock it named the visit by."""
    off = now - body.sent_at
    return off if abs(off) > CLOCKS_DIFFER else timedelta(0)


def _happened(body: VisitIn, off: timedelta, now: datetime) -> datetime:
    """When the visit was by our clock, at the latest now. What is too old is no evidence of a visit any more."""
    happened = min(body.at + off, now)
    if happened < now - OLDEST:
        raise Invalid(
            f"按手机上的时间这是 {happened.astimezone(SHANGHAI):%Y-%m-%d} 的拜访，超过 {OLDEST.days} 天，不能补录了。"
            "请核对手机时间；确实是那天的，写一条跟进说明",
            {"at": f"超过 {OLDEST.days} 天"},
        )
    return happened


def _page(rows: list[VisitRow], limit: int) -> VisitsOut:
    more = len(rows) > limit
    shown = rows[:limit]
    return VisitsOut(
        visits=[VisitLine(**_line(row)) for row in shown],
        next_cursor=cursor.written(_SORT, shown[-1].place_in_list) if more else None,
    )


def _line(row: VisitRow) -> dict[str, object]:
    told = asdict(row)
    told |= {"id": told.pop("public_id"), "said": said(row.distance_m), "photos": list(row.photos)}
    return told


def _whole(page: VisitPage) -> VisitOut:
    return VisitOut(
        **_line(page.row),
        score=page.score,
        signals=list(page.signals),
        reviews=[VisitReviewOut(**asdict(one)) for one in page.reviews],
        may_report=page.may_report,
        may_retract=page.may_retract,
        may_appeal=page.may_appeal,
        may_review=page.may_review,
    )
