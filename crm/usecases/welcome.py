"""Somebody new: one screen that says how to begin, once in his life here."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus, Role
from crm.access import HOLDERS, MANAGERS
from crm.messages import prompt
from crm.notices import text
from models.people import Person

_REP = """{name}，您好！我是销售助手，不用学，在这里打字就行。
先做这三件：
1. 发 /新建 公司全称，建您的第一个客户（会先查有没有重复）
2. 聊完客户，直接打一句话，比如「电话聊了交期，下周三去现场」，我会问您要不要记成跟进
3. 到客户那里，点输入框旁的「＋」→「位置」发给我，就是打卡

每天 08:30 我把当天要做的列给您，回复序号就能处理。加了客户微信，我会来问是哪家公司。
按错了：卡片上有「撤销」，或者发 /撤销。忘了怎么用：发 /帮助"""
_LEAD = """

您是主管：发 /待办 看等您分配的客户和停滞的商机；审批、撞单会直接发卡片给您，点一下就办完。"""
_OTHER = """{name}，您好！我是销售助手。您的岗位不负责客户，这里能帮您的是：
1. 发 /查重 公司名，看一家公司是不是已经有人在跟进
2. 发 /待办 明天 下午3点 交材料，给自己加一条提醒
3. 需要您审批或处理的，会发卡片给您，点一下就办完

其余的在管理后台，点下面的菜单或工作台打开。忘了怎么用：发 /帮助"""


def welcome(s: Session, userid: str, now: datetime) -> None:
    """For an active member who has not been welcomed; whoever comes again, or twice at once, hears nothing."""
    newcomer = (
        Person.userid_key == userid.casefold(), Person.status == PersonStatus.ACTIVE, Person.welcomed_at.is_(None)
    )  # fmt: skip
    found = s.execute(
        update(Person).where(*newcomer).values(welcomed_at=now).returning(Person.id, Person.name, Person.role),
        execution_options={"synchronize_session": False},
    ).first()
    if found is None:
        return
    role = Role(found.role)
    words = _REP if role in HOLDERS else _OTHER
    words += _LEAD if role in MANAGERS else ""
    prompt(s, found.id, text(words.format(name=found.name)), dedupe=f"welcome:{found.id}", now=now)
