"""On the phone: the ladders that deals climb, as they are in use."""

from apiflask import APIBlueprint

from crm import uow
from crm.ladders import Ladder, current_ladders
from crm.rules.funnel import Rung
from crm.usecases.sessions import actor_of_session
from miniapp_api.answers import said_sum
from miniapp_api.deal_answers import PipelineOut, PipelinesOut, PipelineStageOut
from miniapp_api.deps import ApiDeps
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, answers


def pipeline_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/pipelines")
    @bp.output(PipelinesOut)
    @bp.doc(
        summary="在用的商机流程",
        description="金额小的在前；`below` 为 null 的接住其余金额。`days` 为 null 的阶段，期限按规则数字。",
        security="bearer",
        responses=answers(READ),
    )
    def pipelines() -> PipelinesOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor_of_session(s, token, PHONES, now)
            return PipelinesOut(pipelines=[_pipeline(one) for one in current_ladders(s)])


def _pipeline(one: Ladder) -> PipelineOut:
    return PipelineOut(
        name=one.name,
        version=one.version,
        below=None if one.below is None else said_sum(one.below),
        stages=[_stage(rung) for rung in one.rungs],
    )


def _stage(one: Rung) -> PipelineStageOut:
    return PipelineStageOut(
        key=one.key,
        label=one.label,
        kind=one.kind,
        needs=list(one.needs),
        days=one.days,
        probability=one.probability,
    )
