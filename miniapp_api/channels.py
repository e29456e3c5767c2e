"""Channel quality on the phone: what each source and campaign brought."""

from apiflask import APIBlueprint

from crm import uow
from crm.reads.channels import ChannelRow, channels, span
from crm.usecases.sessions import actor_of_session
from miniapp_api.answers import said_sum
from miniapp_api.deps import ApiDeps
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import answers
from miniapp_api.work_answers import ChannelLine, ChannelsOut
from miniapp_api.work_payloads import ChannelsQuery


def channel_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/channels")
    @bp.input(ChannelsQuery, location="query", arg_name="asked")
    @bp.output(ChannelsOut)
    @bp.doc(
        summary="渠道效果：每个来源和市场活动带来了什么",
        description="自己看得到的线索和客户；最长三年。",
        security="bearer",
        responses=answers({403: "已停用或离职，或者岗位不看渠道"}),
    )
    def channel_quality(asked: ChannelsQuery) -> ChannelsOut:
        token, now = bearer_token(), deps.clock()
        since, until = span(asked.since, asked.until, now)
        with uow.reading() as s:
            rows = channels(s, actor_of_session(s, token, PHONES, now), since, until, asked.sort)
        return ChannelsOut(since=since, until=until, channels=[_line(row) for row in rows])


def _line(row: ChannelRow) -> ChannelLine:
    return ChannelLine(
        source=row.source,
        source_label=row.source_label,
        campaign=row.campaign,
        leads=row.leads,
        answered=row.answered,
        in_time=row.in_time,
        response=row.response,
        converted=row.converted,
        conversion=row.conversion,
        invalid=row.invalid,
        customers=row.customers,
        to_deal=row.to_deal,
        to_won=row.to_won,
        amount_won=said_sum(row.amount_won),
        amount_open=said_sum(row.amount_open),
        repeat=row.repeat,
    )
