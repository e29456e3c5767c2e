"""The card on which two supervisors say whose customer it is, and the sentence that tells how it ended."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.collisions import CollisionVerdict
from crm.messages import Tap
from crm.notices import Fact, Notice
from crm.rules.days import SHANGHAI
from crm.rules.naming import name_key
from models.collisions import Collision
from models.customers import Customer
from models.people import Person, Team


def decide_card(s: Session, collision: Collision) -> tuple[Notice, list[Tap]]:
    """Both sides see the name as it was asked for and both people, and nothing else of the customer."""
    holder, asker = _sides(s, collision)
    due = collision.due_at.astimezone(SHANGHAI)
    notice = Notice(
        title=f"撞单：{collision.name}",
        desc="两边在跟进同一家公司，请定归谁",
        facts=(
            Fact("现负责人", holder),
            Fact("申请人", asker),
            Fact("依据", collision.reason),
            Fact("期限", f"{due:%m-%d %H:%M} 前"),
        ),
        body="双方主管选的一样就生效；选的不一样，或者到期没选，由总监定",
    )
    args = {"collision": collision.id}
    choices = [CollisionVerdict.HOLDER, CollisionVerdict.ASKER, CollisionVerdict.TOGETHER]
    certain = name_key(s.get_one(Customer, collision.customer_id).name) == collision.name_key
    if not certain:
        choices.append(CollisionVerdict.DIFFERENT)
    names = {
        CollisionVerdict.HOLDER: f"归{_short(holder)}",
        CollisionVerdict.ASKER: f"归{_short(asker)}",
        CollisionVerdict.TOGETHER: "共同跟进",
        CollisionVerdict.DIFFERENT: "不是同一家",
    }
    return notice, [Tap(names[one], "vote_collision", {**args, "verdict": one.value}) for one in choices]


def outcome_words(s: Session, collision: Collision) -> str:
    """How it was decided, in a sentence for everybody concerned."""
    asker = s.scalars(select(Person.name).where(Person.id == collision.asked_by_id)).one()
    return {
        CollisionVerdict.HOLDER: f"「{collision.name}」仍由原负责人跟进，{asker} 不再新建",
        CollisionVerdict.ASKER: f"「{collision.name}」改由 {asker} 负责，沉默计时重新开始",
        CollisionVerdict.TOGETHER: f"「{collision.name}」由原负责人和 {asker} 共同跟进",
        CollisionVerdict.DIFFERENT: f"不是同一家公司，{asker} 可以新建「{collision.name}」",
    }[CollisionVerdict(collision.verdict)]


def _sides(s: Session, collision: Collision) -> tuple[str, str]:
    owner = select(Person.name, Team.name.label("team")).join(Team, Team.id == Person.team_id)
    held = s.execute(
        owner.join(Customer, Customer.owner_id == Person.id).where(Customer.id == collision.customer_id)
    ).one_or_none()
    asked = s.execute(owner.where(Person.id == collision.asked_by_id)).one()
    return (f"{held.name}（{held.team}）" if held else "待分配"), f"{asked.name}（{asked.team}）"


def _short(side: str) -> str:
    return side.split("（")[0][:6]
