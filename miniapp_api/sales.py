"""Many deals on the phone: the board, the funnel with what is expected, what wins taught, and why deals ended."""

from datetime import datetime

from apiflask import APIBlueprint

from config.vocabulary import DealScope, StallColour, label
from crm import uow
from crm.access import Actor
from crm.reads import endings as ended
from crm.reads import forecast as expected
from crm.reads import funnel as passed
from crm.reads.board import Asked, Board, Card, Lane, board
from crm.reads.channels import span
from crm.reads.compared import Compared
from crm.reads.deal_scope import Whose, person_asked, scopes_of, team_asked
from crm.reads.sales_path import PipelinePath, kind_label, sales_paths
from crm.rules.sales_path import Share, Spread, Step
from crm.uow import Session
from crm.usecases.sessions import actor_of_session
from miniapp_api.answers import said_sum
from miniapp_api.deps import ApiDeps
from miniapp_api.sales_answers import (
    BoardOut,
    CardOut,
    ComparedOut,
    DueOut,
    EndingOut,
    EndingsOut,
    ForecastLine,
    ForecastOut,
    FunnelLine,
    FunnelOut,
    KindOut,
    LaneOut,
    PathOut,
    PathsOut,
    ShareOut,
    SpreadOut,
    StepOut,
)
from miniapp_api.sales_payloads import BoardQuery, DealsQuery, PeriodQuery
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import answers

_NO_LOOK = "已停用或离职，或者岗位不看商机"


def sales_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/board")
    @bp.input(BoardQuery, location="query", arg_name="asked")
    @bp.output(BoardOut)
    @bp.doc(
        summary="商机看板：按阶段分列，红黄绿，每列合计",
        description="自己看得到的进行中商机。移动用 `POST /deals/{deal_id}/move`，`to` 是列的 `stage`。"
        "看不到商机金额的岗位，合计也是「＊＊＊」，不能按金额排。",
        security="bearer",
        responses=answers({403: _NO_LOOK, 404: "没有这个客户，或不是自己看得到的"}),
    )
    def deal_board(asked: BoardQuery) -> BoardOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            wanted = Asked(
                whose=_whose(s, actor, asked, asked.customer_id),
                pipeline=asked.pipeline,
                colour=StallColour(asked.colour) if asked.colour else None,
                order=asked.sort,
                stage=asked.stage,
                page=asked.page,
                size=asked.limit,
            )
            return _board(board(s, actor, wanted, now), actor)

    @bp.get("/funnel")
    @bp.input(PeriodQuery, location="query", arg_name="asked")
    @bp.output(FunnelOut)
    @bp.doc(
        summary="漏斗和预测：每个阶段多少、转化、停留，加权金额按月、按团队、按人",
        description="一个流程的；`pipeline` 不写就是大单的那个。",
        security="bearer",
        responses=answers({403: _NO_LOOK}),
    )
    def deal_funnel(asked: PeriodQuery) -> FunnelOut:
        token, now = bearer_token(), deps.clock()
        since, until = span(asked.since, asked.until, now)
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            whose = _whose(s, actor, asked)
            found = passed.funnel(s, actor, whose, asked.pipeline, since, until)
            return _funnel(found, expected.forecast(s, actor, whose, asked.pipeline, now), since, until)

    @bp.get("/sales-path")
    @bp.output(PathsOut)
    @bp.doc(
        summary="赢单路径：从结束的商机里学到的周期、接触次数、每步转化",
        description="每个数都带着依据了多少个商机；少于 5 个的不给。",
        security="bearer",
        responses=answers({403: _NO_LOOK}),
    )
    def sales_path() -> PathsOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            found = sales_paths(s, actor_of_session(s, token, PHONES, now))
        return PathsOut(pipelines=[_path(one) for one in found])

    @bp.get("/endings")
    @bp.input(PeriodQuery, location="query", arg_name="asked")
    @bp.output(EndingsOut)
    @bp.doc(
        summary="赢单、输单的原因和竞争对手",
        security="bearer",
        responses=answers({403: _NO_LOOK}),
    )
    def deal_endings(asked: PeriodQuery) -> EndingsOut:
        token, now = bearer_token(), deps.clock()
        since, until = span(asked.since, asked.until, now)
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            found = ended.endings(s, actor, _whose(s, actor, asked), asked.pipeline, since, until)
        return EndingsOut(
            pipelines=list(found.pipelines),
            since=since,
            until=until,
            total=_ending(found.total),
            shelved=found.shelved,
            reasons=[_ending(one) for one in found.reasons],
            competitors=[_ending(one) for one in found.rivals],
            all_competitors=found.all_rivals,
        )


def _whose(s: Session, actor: Actor, asked: DealsQuery, customer_id: str = "") -> Whose:
    return Whose(
        scope=DealScope(asked.scope) if asked.scope else None,
        owner_id=person_asked(s, actor, asked.owner),
        team_id=team_asked(s, actor, asked.department),
        customer_id=customer_id,
    )


def _board(found: Board, actor: Actor) -> BoardOut:
    return BoardOut(
        scopes=list(scopes_of(actor)),
        pipelines=list(found.pipelines),
        total=found.total,
        amount=said_sum(found.amount),
        weighted=said_sum(found.weighted),
        columns=[_lane(one) for one in found.lanes],
    )


def _lane(one: Lane) -> LaneOut:
    return LaneOut(
        stage=one.key, label=one.label, total=one.total, yellow=one.yellow, red=one.red, amount=said_sum(one.amount),
        weighted=said_sum(one.weighted), page=one.page, pages=one.pages, cards=[_card(card) for card in one.cards],
    )  # fmt: skip


def _card(one: Card) -> CardOut:
    return CardOut(
        id=one.public_id, name=one.name, customer_id=one.customer_id, customer=one.customer, owner=one.owner,
        amount=said_sum(one.amount), days=one.days, limit=one.limit, colour=one.colour,
        colour_label=label(one.colour), stage_since=one.since, snoozed_until=one.snoozed_until, moves=one.moves,
        due=one.due and DueOut(kind=one.due.kind, kind_label=label(one.due.kind), due_at=one.due.due_at),
    )  # fmt: skip


def _funnel(found: passed.Funnel, ahead: expected.Forecast, since: datetime, until: datetime) -> FunnelOut:
    return FunnelOut(
        pipeline=found.pipeline,
        pipelines=list(found.pipelines),
        since=since,
        until=until,
        opened=found.opened,
        won=found.won,
        lost=found.lost,
        stages=[
            FunnelLine(
                stage=one.key, label=one.label, count=one.many, amount=said_sum(one.amount),
                weighted=said_sum(one.weighted), further=_share(one.further), won=_share(one.won),
                dwell=_spread(one.dwell),
            )
            for one in found.rows
        ],
        forecast=ForecastOut(
            won=ahead.won,
            total=_line(ahead.total),
            months=[_line(one) for one in ahead.months],
            teams=[_line(one) for one in ahead.teams],
            people=[_line(one) for one in ahead.people],
        ),
    )  # fmt: skip


def _line(one: expected.Line) -> ForecastLine:
    return ForecastLine(
        name=one.name, team=one.team, count=one.many, amount=said_sum(one.amount), weighted=said_sum(one.weighted)
    )


def _path(one: PipelinePath) -> PathOut:
    path = one.path
    return PathOut(
        pipeline=one.pipeline,
        closed=path.closed,
        won=path.won,
        cycle=_spread(path.cycle),
        touches=_spread(path.touches),
        kinds=[KindOut(label=kind_label(kind), share=_share(s), key=kind in path.key_kinds) for kind, s in path.kinds],
        steps=[_step(told, step) for told, step in one.named],
    )


def _step(told: str, step: Step) -> StepOut:
    return StepOut(
        label=told, further=_share(step.further), won=_share(step.won), dwell=_spread(step.dwell),
        to_win=_spread(step.to_win),
    )  # fmt: skip


def _ending(one: ended.EndingRow) -> EndingOut:
    return EndingOut(
        key=one.key, label=one.label, won=one.won, lost=one.lost, amount_won=said_sum(one.amount_won),
        amount_lost=said_sum(one.amount_lost), win_rate=_share(one.win_rate),
    )  # fmt: skip


def compared_out(one: Compared) -> ComparedOut:
    """The deal's own page tells it too."""
    return ComparedOut(
        told=one.told,
        days=one.days,
        cycle=_spread(one.cycle),
        touches=one.touches,
        usual_touches=_spread(one.usual_touches),
        stage_days=one.stage_days,
        limit=one.limit,
        colour=one.colour,
        dwell=_spread(one.dwell),
        won_from_here=_share(one.won_from_here),
        expected=one.expected,
        lacking=list(one.lacking),
    )


def _spread(one: Spread) -> SpreadOut:
    return SpreadOut(many=one.many, low=one.low, middle=one.middle, high=one.high)


def _share(one: Share) -> ShareOut:
    return ShareOut(part=one.part, whole=one.whole, percent=one.percent)
