"""The administrators hear of trouble with the chat archive, once per trouble: it keeps its data for five days only."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.archive import GapReason, GapState
from config.vocabulary import PersonStatus, Role
from crm.messages import prompt
from crm.notices import Notice
from crm.rules.days import SHANGHAI
from models.archive import ArchiveCursor, ArchiveGap
from models.people import Person

LATE = timedelta(hours=1)


def alarm(s: Session, now: datetime) -> None:
    """Tell what has gone wrong since it was last told. At any hour: until the morning of a long holiday is too late."""
    cursor = s.scalar(select(ArchiveCursor))
    if cursor is not None and now - (since := cursor.caught_up_at or cursor.started_at) > LATE:
        _tell(s, f"archive:late:{since:%Y%m%d%H%M%S}", "会话存档超过一小时没有取完", _late(cursor, since), now)
    gaps = s.scalars(
        select(ArchiveGap)
        .where(ArchiveGap.state.in_([GapState.OPEN, GapState.LOST]), ArchiveGap.told != ArchiveGap.state)
        .order_by(ArchiveGap.first)
        .with_for_update()
    ).all()
    for state, title in ((GapState.OPEN, "会话存档缺了一段"), (GapState.LOST, "会话存档有一段补不回来了")):
        if of_state := [gap for gap in gaps if gap.state == state]:
            _tell(s, f"archive:{state}:{of_state[0].id}", title, _missing(of_state), now)
    for gap in gaps:
        gap.told = gap.state
    s.flush()


def _late(cursor: ArchiveCursor, since: datetime) -> str:
    why = f"原因：{cursor.trouble}" if cursor.trouble else "请检查后台任务是否在运行。"
    return f"上次取完是 {since.astimezone(SHANGHAI):%m-%d %H:%M}。企业微信只保留五天，再晚会丢。{why}"


def _missing(gaps: Sequence[ArchiveGap]) -> str:
    many = sum(gap.last - gap.first + 1 for gap in gaps)
    versions = sorted({gap.key_version for gap in gaps if gap.reason == GapReason.NO_KEY})
    said = f"共 {many} 条，从第 {gaps[0].first} 条起。"
    if versions and gaps[0].state == GapState.OPEN:
        keys = "、".join(f"{version}.pem" for version in versions)
        return f"{said}缺少私钥 {keys}：五天内放进 WECOM_ARCHIVE_PRIVATE_KEYS 文件夹，会自动补取。"
    if gaps[0].state == GapState.OPEN:
        return f"{said}会自动再取，五天内取到就补上，不用处理。"
    return f"{said}企业微信已经不再保留。这段时间的会话小结请让销售自己补。"


def _tell(s: Session, dedupe: str, title: str, words: str, now: datetime) -> None:
    admins = select(Person.id).where(Person.role == Role.ADMIN, Person.status == PersonStatus.ACTIVE)
    for person_id in s.scalars(admins.order_by(Person.id)):
        prompt(s, person_id, Notice(title=title, body=words), dedupe=f"{dedupe}:{person_id}", now=now)
