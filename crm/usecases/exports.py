"""A list taken out as a file: counted against the day's quota, agreed to by a second person, audited, and soon gone."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from config.sheets import ExportState, said
from crm import audit, uow
from crm import policy as numbers
from crm.access import HOLDERS, Actor, supervisor_of
from crm.cards import close_matter
from crm.errors import Conflict, Gone, NotAllowed, NotFound
from crm.messages import Tap, prompt, prompt_card
from crm.notices import Fact, Notice
from crm.rules.days import SHANGHAI, at, day_of
from models.imports import ExportJob
from models.people import Person

SHEETS = {"customers": "客户", "contacts": "联系人", "deals": "商机", "visits": "拜访"}
LEASE = timedelta(minutes=5)
_COUNTED = (ExportState.ASKED, ExportState.RUNNING, ExportState.DONE, ExportState.EXPIRED)
_NOT_THERE = "没有找到这次导出，或者不是您申请的"


def matter_of(export_id: int) -> str:
    return f"export:{export_id}"


def ask(
    s: Session,
    actor: Actor,
    sheets: Sequence[str],
    asked: Mapping[str, Any],
    rows: int,
    now: datetime,
    *,
    entrance: str,
) -> str:
    """A file of what the list finds is wanted: these `sheets` of `SHEETS`, which have `rows` rows together now.

    Many rows wait for a second person.
    """
    if actor.role not in HOLDERS:
        raise NotAllowed("您的岗位不看客户名单，不能导出")
    if rows == 0:
        raise Conflict("筛选出来的列表是空的，没有可以导出的内容")
    policy = numbers.current(s)
    today = (ExportJob.requester_id == actor.person_id, ExportJob.created_at >= at(day_of(now), 0))
    # The person's row is locked: two requests in one moment share one quota.
    s.execute(select(Person.id).where(Person.id == actor.person_id).with_for_update())
    used = s.scalar(select(func.sum(ExportJob.rows)).where(*today, ExportJob.state.in_(_COUNTED))) or 0
    if used + rows > policy.export_rows_per_day:
        left = max(policy.export_rows_per_day - used, 0)
        raise Conflict(
            f"每人每天最多导出 {policy.export_rows_per_day:,} 行，您今天还能导 {left:,} 行，这次有 {rows:,} 行。"
            "请缩小筛选范围，或明天再导"
        )
    alone = rows <= policy.export_alone
    job = ExportJob(
        state=ExportState.RUNNING if alone else ExportState.ASKED,
        sheets=list(sheets),
        asked=dict(asked),
        rows=rows,
        requester_id=actor.person_id,
        created_at=now,
    )
    s.add(job)
    s.flush()
    audit.record(
        s, actor.person_id, "ask_export", f"export:{job.id}", now, entrance=entrance, rows=rows, asked=job.asked
    )
    if alone:
        uow.nudge(s, "export")
    else:
        _ask_the_second(s, actor, job, now)
    return job.public_id


def _ask_the_second(s: Session, actor: Actor, job: ExportJob, now: datetime) -> None:
    policy = numbers.current(s)
    what = "、".join(SHEETS[one] for one in job.sheets)
    notice = Notice(
        title=f"{actor.name} 申请导出 {job.rows:,} 行",
        facts=(Fact("内容", what), Fact("申请人", actor.name)),
        body=f"超过 {policy.export_alone} 行要您同意。文件有水印，只有申请人能下载，{policy.export_hours} 小时后删除",
    )
    args = {"export": job.id}
    taps = [Tap("同意", "export_yes", args, 1), Tap("驳回", "export_no", args)]
    matter = matter_of(job.id)
    for who in supervisor_of(s, actor.person_id):
        prompt_card(s, who, notice, taps, matter=matter, dedupe=f"{matter}:{who}", now=now, policy=policy)


def decide(s: Session, actor: Actor, export_id: int | str, agrees: bool, now: datetime, *, entrance: str) -> str:
    """The second person's word: somebody who answers for the requester, never himself. What to show."""
    which = ExportJob.id == export_id if isinstance(export_id, int) else ExportJob.public_id == export_id
    job = s.scalar(select(ExportJob).where(which, may_decide(actor)).with_for_update())
    if job is None:
        raise NotFound("没有找到这个导出申请，或者不归您审批")
    if job.state != ExportState.ASKED:
        raise Conflict(f"这个导出申请现在是「{said(ExportState(job.state))}」，不用再审批")
    name = s.get_one(Person, job.requester_id).name
    job.state, job.approver_id, job.decided_at = (
        ExportState.RUNNING if agrees else ExportState.REFUSED,
        actor.person_id,
        now,
    )
    outcome = f"{'同意' if agrees else '驳回'} {name} 导出 {job.rows:,} 行"
    close_matter(s, matter_of(job.id), outcome, now, by=actor)
    audit.record(s, actor.person_id, "decide_export", f"export:{job.id}", now, entrance=entrance, agrees=agrees)
    if agrees:
        uow.nudge(s, "export")
    else:
        notice = Notice(title="导出申请被驳回", body=f"{actor.name} 没有同意导出 {job.rows:,} 行。请和他沟通用途")
        prompt(s, job.requester_id, notice, dedupe=f"export-no:{job.id}", now=now)
    return outcome


def may_decide(actor: Actor) -> ColumnElement[bool]:
    """The condition that makes a request this actor's to decide: four eyes, so never his own."""
    other = ExportJob.requester_id != actor.person_id
    if actor.sees_all:
        return other
    people = select(Person.id).where(Person.team_id.in_(actor.team_ids))
    return other & ExportJob.requester_id.in_(people)


@dataclass(frozen=True, slots=True)
class Order:
    """One file to be written now; `most` is how many rows it may have without a second person's word."""

    id: int
    public_id: str
    requester_id: int
    sheets: Sequence[str]
    asked: Mapping[str, Any]
    lease: str
    most: int


def lease_next(s: Session, now: datetime) -> Order | None:
    free = or_(ExportJob.lease_until.is_(None), ExportJob.lease_until <= now)
    due = select(ExportJob).where(ExportJob.state == ExportState.RUNNING, free).order_by(ExportJob.id).limit(1)
    job = s.scalar(due.with_for_update(skip_locked=True))
    if job is None:
        return None
    policy = numbers.current(s)
    job.lease, job.lease_until = secrets.token_hex(16), now + LEASE
    # The list may have grown since it was agreed to: a few rows more are let through, a different list is not.
    most = policy.export_alone if job.approver_id is None else max(job.rows + job.rows // 10, policy.export_alone)
    return Order(job.id, job.public_id, job.requester_id, tuple(job.sheets), dict(job.asked), job.lease, most)


def record_done(s: Session, order: Order, file_key: str, rows: int, now: datetime) -> bool:
    """The file is there until it expires; False when another worker was faster, and this file is nobody's."""
    job = s.get_one(ExportJob, order.id, with_for_update=True)
    if job.lease != order.lease or job.state != ExportState.RUNNING:
        return False
    hours = numbers.current(s).export_hours
    job.state, job.file_key, job.finished_at, job.rows = ExportState.DONE, file_key, now, rows
    job.expires_at, job.lease_until = now + timedelta(hours=hours), None
    audit.record(s, job.requester_id, "run_export", f"export:{job.id}", now, entrance="job", rows=rows)
    notice = Notice(title="导出好了", body=f"{rows:,} 行。请到管理后台「导出」下载，{hours} 小时后删除")
    prompt(s, job.requester_id, notice, dedupe=f"export:{job.id}", now=now)
    return True


def record_failed(s: Session, order: Order, words: str, now: datetime) -> None:
    """No file: the requester is told why. Another worker's lease is left alone."""
    job = s.get_one(ExportJob, order.id, with_for_update=True)
    if job.lease != order.lease or job.state != ExportState.RUNNING:
        return
    job.state, job.error, job.finished_at, job.lease_until = ExportState.FAILED, words[:500], now, None
    notice = Notice(title="没有导出", body=words[:500])
    prompt(s, job.requester_id, notice, dedupe=f"export:{job.id}", now=now)


def fetch(s: Session, actor: Actor, public_id: str, now: datetime, *, entrance: str) -> tuple[str, str]:
    """The key of a finished file and what it is called, for its requester alone; every fetching is in the book."""
    mine = (ExportJob.public_id == public_id, ExportJob.requester_id == actor.person_id)
    job = s.scalar(select(ExportJob).where(*mine).with_for_update())
    if job is None:
        raise NotFound(_NOT_THERE)
    if job.state != ExportState.DONE or job.expires_at is None or now > job.expires_at:
        raise Gone("这个文件还没有好，或者已经过期删除。需要的话请重新导出")
    audit.record(s, actor.person_id, "fetch_export", f"export:{job.id}", now, entrance=entrance, rows=job.rows)
    made = (job.finished_at or now).astimezone(SHANGHAI)
    return job.file_key, f"{'、'.join(SHEETS[one] for one in job.sheets)}-{made:%Y-%m-%d-%H%M}.xlsx"


def expire(s: Session, now: datetime) -> list[str]:
    """The keys of the files whose time is over, to be removed."""
    over = (ExportJob.state == ExportState.DONE, ExportJob.expires_at <= now)
    keys = list(s.scalars(select(ExportJob.file_key).where(*over).limit(100)))
    s.execute(update(ExportJob).where(ExportJob.file_key.in_(keys)).values(state=ExportState.EXPIRED, file_key=""))
    return keys
