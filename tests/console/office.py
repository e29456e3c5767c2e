"""A small company at work: two teams, every role, and of each thing that the console shows at least one."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import update
from sqlalchemy.orm import Session

from config.vocabulary import (
    ContactState,
    CustomerLevel,
    CustomerSource,
    InboxState,
    OutboxState,
    OwnershipReason,
    PersonStatus,
    Role,
)
from crm import audit, messages
from crm.access import actor_by_userid
from crm.holding import Holder, holder_of
from crm.notices import Choice, Fact, Notice, Selection
from crm.policy import current
from crm.rules.funnel import Said
from crm.usecases import customers, deals, followups, people, policy, todos
from crm.usecases.ownership import pass_on
from models.customers import Contact, Customer
from models.links import ExternalContact, ExternalFollow
from models.messages import OutboxMessage
from models.ops import JobSlot
from models.people import Person, Team, TeamLeader

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CANARY = "金丝雀"  # in every text of the other team
BY_ROLE = {
    Role.ADMIN: "wangmin",
    Role.OPERATIONS: "chenyun",
    Role.DIRECTOR: "zhaogang",
    Role.REGIONAL_MANAGER: "sunli",
    Role.TEAM_LEAD: "liujie",
    Role.REP: "zhangwei",
    Role.FINANCE: "qianfang",
    Role.SERVICE: "hejing",
}
_PEOPLE = (
    ("wangmin", "王敏", Role.ADMIN, 1, "信息部经理"),
    ("chenyun", "陈云", Role.OPERATIONS, 1, "销售运营"),
    ("zhaogang", "赵刚", Role.DIRECTOR, 2, "销售总监"),
    ("sunli", "孙丽", Role.REGIONAL_MANAGER, 2, "华东区域经理"),
    ("liujie", "刘杰", Role.TEAM_LEAD, 2, "一部主管"),
    ("zhangwei", "张伟", Role.REP, 2, "销售工程师"),
    ("Li.Na", "李娜", Role.REP, 2, "销售工程师"),
    ("qianfang", "钱芳", Role.FINANCE, 1, "财务"),
    ("hejing", "何静", Role.SERVICE, 1, "客服"),
    ("gaolead", f"高{CANARY}", Role.TEAM_LEAD, 3, "二部主管"),
    ("gaorep", f"郭{CANARY}", Role.REP, 3, "销售工程师"),
    ("zhoubo", "周波", Role.REP, 2, "前销售"),
)
_MINE = (
    ("苏州恒力泵业有限公司", "江苏苏州", CustomerLevel.KEY, 44),
    ("无锡华光环保设备有限公司", "江苏无锡", CustomerLevel.NORMAL, 41),
    ("常州天宏机械制造有限公司", "江苏常州", CustomerLevel.NORMAL, 33),
    ("南通海门液压件厂", "江苏南通", CustomerLevel.SMALL, 12),
    ("昆山精密铸造有限公司", "江苏昆山", CustomerLevel.KEY, 1),
)


def furnish(s: Session) -> None:
    """Fill an empty schema; everything that has a use case goes through it."""
    _staff(s)
    policy_actor = actor_by_userid(s, "wangmin")
    rep, mate = actor_by_userid(s, "zhangwei"), actor_by_userid(s, "li.na")
    for number, (name, region, level, days) in enumerate(_MINE):
        since = NOW - timedelta(days=days, hours=3)
        draft = customers.CustomerDraft(name, level, CustomerSource.OUTREACH, region, "工业园区 88 号", "通用机械")
        made = customers.create_customer(s, rep, draft, since, entrance="chat")
        followups.write_follow_up(
            s,
            rep,
            made.id,
            f"和采购张经理通了电话，{name[:4]}想先看二期循环泵的方案，下周给报价",
            since,
            entrance="chat",
        )
        contact = Contact(customer_id=made.id, name="张建国", title="采购经理", phone="0512-8888", created_at=since)
        s.add(contact)
        amount = Decimal(528000 + 91500 * number)
        ladder = "negotiation" if number == 0 else "proposal"
        deal = deals.open_deal(s, rep, made.id, f"{name[2:6]}二期循环泵", amount, since, entrance="chat")
        boss, why = actor_by_userid(s, "wangmin"), Said("上线之前已经到这个阶段")
        deals.move_deal(s, boss, deal.public_id, ladder, why, since, entrance="chat", force=True)
        todos.add_todo(s, rep, made.id, f"给{name[:4]}回报价", NOW - timedelta(days=number), since, entrance="chat")
    lost = customers.CustomerDraft("扬州永盛阀门有限公司", CustomerLevel.NORMAL, CustomerSource.REFERRAL, "江苏扬州")
    queued = customers.create_customer(s, mate, lost, NOW - timedelta(days=50), entrance="chat")
    _release(s, queued.id, 2)
    secret_rep = actor_by_userid(s, "gaorep")
    long_ago = NOW - timedelta(days=42)
    hidden = customers.CustomerDraft(f"广州{CANARY}机电有限公司", region=f"{CANARY}区", address=f"{CANARY}路 1 号")
    secret = customers.create_customer(s, secret_rep, hidden, long_ago, entrance="chat")
    followups.write_follow_up(s, secret_rep, secret.id, f"{CANARY}报价底线九折，月底前签", long_ago, entrance="chat")
    deals.open_deal(s, secret_rep, secret.id, f"{CANARY}一期", Decimal(880_000), long_ago, entrance="chat")
    released = customers.CustomerDraft(f"佛山{CANARY}铝业有限公司")
    gone = customers.create_customer(s, secret_rep, released, NOW - timedelta(days=60), entrance="chat")
    _release(s, gone.id, 3)
    _contacts(s)
    people.assign_scope(s, policy_actor, "zhaogang", 2, NOW, entrance="console")
    policy.change(s, policy_actor, "recycling_live", "启用", NOW - timedelta(hours=5), entrance="console")
    policy.change(s, policy_actor, "releases_per_day", "30", NOW - timedelta(hours=4), entrance="console")
    _post(s, rep.person_id)
    s.flush()
    audit.seal(s)
    s.add(JobSlot(job="directory", slot=NOW, created_at=NOW, done_at=NOW, outcome="部门 3 个，成员 12 人，新增 2 人"))
    s.flush()


def _staff(s: Session) -> None:
    for number, name, path in ((1, "恒通泵阀", "/1/"), (2, "华东一部", "/1/2/"), (3, f"华南{CANARY}部", "/1/3/")):
        s.add(Team(id=number, department_id=number, name=name, parent_id=None if number == 1 else 1, path=path))
        s.flush()
    for userid, name, role, team, position in _PEOPLE:
        status = PersonStatus.LEFT if userid == "zhoubo" else PersonStatus.ACTIVE
        s.add(
            Person(
                userid=userid, userid_key=userid.casefold(), name=name, role=role, status=status, team_id=team,
                position=position, changed_at=NOW,
            )
        )  # fmt: skip
        s.flush()
    for userid, team in (("liujie", 2), ("sunli", 2), ("gaolead", 3)):
        s.add(TeamLeader(team_id=team, person_id=actor_by_userid(s, userid).person_id))
    s.flush()


def _release(s: Session, customer_id: int, team_id: int) -> None:
    customer = s.get_one(Customer, customer_id)
    period, _, _ = holder_of(s, customer_id)
    when = NOW - timedelta(days=2)
    pass_on(s, customer_id, period, customer.silent_since, Holder.queue(team_id), OwnershipReason.RECYCLED, None, when)


def _contacts(s: Session) -> None:
    for number, (userid, name, corp) in enumerate(
        (("zhangwei", "赵工", "江阴船舶"), ("li.na", "王采购", ""), ("gaorep", f"{CANARY}联系人", f"{CANARY}公司"))
    ):
        contact = ExternalContact(
            external_userid=f"wm{number}", name=name, corp_name=corp, state=ContactState.UNLINKED, created_at=NOW
        )
        s.add(contact)
        s.flush()
        person_id = actor_by_userid(s, userid).person_id
        s.add(
            ExternalFollow(external_contact_id=contact.id, person_id=person_id, started_at=NOW - timedelta(days=number))
        )
    s.flush()


def _post(s: Session, rep_id: int) -> None:
    """One promise of every state, one callback of every state."""
    for number, state in enumerate(OutboxState):
        notice = Notice(
            title=f"客户快要回收：{_MINE[0][0]}",
            desc="已 44 天没有跟进，还剩 1 天",
            facts=(Fact("负责人", "张伟"), Fact("还剩", "1 天")),
            body="今天联系一次，记一句跟进就能留住。",
            selection=Selection("person", "分配给", (Choice("1", "李娜"),)) if number == 0 else None,
        )
        made = NOW - timedelta(minutes=5 * number + 2)
        taps = [messages.Tap("记跟进", "follow", {}, 1), messages.Tap("稍后", "later", {})]
        messages.prompt_card(
            s, rep_id, notice, taps, matter=f"silent:{number}", dedupe=f"silent:1:{state}", now=made, policy=current(s)
        )
        error = {
            OutboxState.DEAD: "张伟不在应用的可见范围里（81013）。请管理员在企业微信后台把他加进可见范围，再重发",
            OutboxState.UNKNOWN: "发出后没有收到企业微信的回答，对方可能已经收到",
        }.get(state, "")
        s.execute(
            update(OutboxMessage)
            .where(OutboxMessage.dedupe == f"silent:1:{state}")
            .values(state=state, error=error, tries=3 if error else 0, sent_at=made if state == "sent" else None)
        )
    for kind in InboxState:
        received = messages.Received(
            f"key-{kind}", "event", "template_card_event", "", "zhangwei", "", "<xml>x</xml>", NOW
        )
        messages.remember(s, received, kind, "<xml>好</xml>", NOW)
