"""The card on which two supervisors say whose customer it is, and who is told how it ended, in which words."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.collisions import CollisionVerdict, RadarEntry
from config.vocabulary import ContactState
from crm import policy as numbers
from crm.access import Actor
from crm.cards import reopen_matter, settle_matter
from crm.messages import Tap, prompt, prompt_card
from crm.notices import Fact, Notice
from crm.rules.days import SHANGHAI
from crm.rules.naming import name_key
from crm.usecases.radar import Question, hits
from crm.usecases.sharing import kept_by_holder
from models.collisions import Collision, CollisionVote
from models.customers import Customer
from models.links import ExternalContact, ExternalFollow
from models.people import Person, Team
from models.sharing import CustomerShare

_FRIENDS = 500  # of the asker's newest that are nobody's yet, among whom the company is looked for


def matter_of(collision_id: int, person_id: int) -> str:
    """Each has a card of his own: a vote closes no other."""
    return f"collision:{collision_id}:{person_id}"


def credit_together(s: Session, collision: Collision, now: datetime) -> int:
    """The asker's percent when both work on it: the policy's part of what is still the holder's, who keeps the rest."""
    kept = kept_by_holder(s, collision.customer_id, collision.asked_by_id, now)
    return kept * numbers.current(s).collision_credit // 100


def ask(s: Session, collision: Collision, people: Iterable[int], now: datetime, *, again: str = "") -> None:
    """One card for each of them, once for this collision or (`again`) this asking: a vote closes its own card only."""
    (notice, taps), policy = decide_card(s, collision), numbers.current(s)
    for person_id in sorted(people):
        matter = matter_of(collision.id, person_id)
        key = again or f"{matter}:{collision.opened_at:%Y%m%d%H%M%S}"
        prompt_card(s, person_id, notice, taps, matter=matter, dedupe=key, now=now, policy=policy)


def decide_card(s: Session, collision: Collision) -> tuple[Notice, list[Tap]]:
    """Both sides see the name as it was asked for, both people and how the asker came to it, no more."""
    holder, asker = _sides(s, collision)
    due, credit = collision.due_at.astimezone(SHANGHAI), credit_together(s, collision, collision.opened_at)
    notice = Notice(
        title=f"撞单：{collision.name}",
        desc="两边在跟进同一家公司，请定归谁",
        facts=(
            Fact("现负责人", holder),
            Fact("申请人", asker),
            *_of_asker(s, collision),
            Fact("依据", collision.reason),
            Fact("期限", f"{due:%m-%d %H:%M} 前"),
            *((Fact("共同跟进", f"申请人分 {credit}% 业绩"),) if credit else ()),
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


def _of_asker(s: Session, collision: Collision) -> list[Fact]:
    """How he came to the company: whom of it he knows, and what he has made of it already."""
    friends = (
        select(ExternalContact.name, ExternalContact.corp_name, ExternalFollow.remark_corp_name)
        .join(ExternalFollow, ExternalFollow.external_contact_id == ExternalContact.id)
        .where(ExternalFollow.person_id == collision.asked_by_id, ExternalFollow.ended_at.is_(None))
        .where(ExternalContact.state == ContactState.UNLINKED)
        .order_by(ExternalFollow.started_at.desc())
        .limit(_FRIENDS)
    )
    there = [name for name, *called in s.execute(friends) if collision.name_key in map(name_key, filter(None, called))]
    own = _own_twin(s, collision)
    return [
        *([Fact("怎么来的", f"申请人的企微好友「{there[0]}」在这家")] if there else []),
        *([Fact("申请人已建", own)] if own else []),
    ]


def _own_twin(s: Session, collision: Collision) -> str:
    """The likeliest customer that the asker holds under such a name himself, made as another company."""
    near = [one.customer_id for one in hits(s, None, Question(collision.name), RadarEntry.CREATE, numbers.current(s))]
    own = (Customer.id.in_(near), Customer.id != collision.customer_id, Customer.owner_id == collision.asked_by_id)
    held = dict(s.execute(select(Customer.id, Customer.name).where(*own)).all())
    return next((held[number] for number in near if number in held), "")


def left_over(s: Session, collision: Collision) -> tuple[str, str]:
    """What is still to be done after the verdict, said to who judges and to the asker; "" for nothing.

    One company, and the asker has made it once more: what he holds is nobody else's to read.
    """
    own = "" if collision.verdict == CollisionVerdict.DIFFERENT else _own_twin(s, collision)
    if not own:
        return "", ""
    same = f"还有「{own}」，是同一家的话，"
    return f"。申请人名下{same}请主管在管理后台「查重与合并」里合并", f"。您名下{same}请您的主管合并"


def outcome_words(s: Session, collision: Collision, reader: int | None = None, held_by: int | None = None) -> str:
    """How it was decided, in a sentence for everybody concerned; the reader himself is 您 in it."""
    name = s.get_one(Person, collision.asked_by_id).name
    asker, they = ("您", "您") if reader == collision.asked_by_id else (f" {name} ", f"{name} ")
    holder = "您" if reader is not None and reader == held_by else "原负责人"
    share_id = collision.effect.get("share")
    credit = s.get_one(CustomerShare, share_id).credit_percent if share_id is not None else 0
    part = f"，{they}分 {credit}% 业绩" if credit else ""
    return {
        CollisionVerdict.HOLDER: f"「{collision.name}」仍由{holder}跟进，{they}不用再新建",
        CollisionVerdict.ASKER: f"「{collision.name}」改由{asker}负责，沉默计时重新开始",
        CollisionVerdict.TOGETHER: f"「{collision.name}」由{holder}和{asker}共同跟进{part}",
        CollisionVerdict.DIFFERENT: f"不是同一家公司，{they}可以新建「{collision.name}」",
    }[CollisionVerdict(collision.verdict)]


def tell_outcome(
    s: Session, collision: Collision, by: Actor, held_by: int | None, judging: Iterable[int], now: datetime
) -> None:
    """Who asked, who held it and whoever was asked to judge learn the verdict and whose it is; their cards are settled.

    When it is another company after all, who asked may make it with one tap.
    """
    outcome, judges = f"{by.name} 裁定：{outcome_words(s, collision)}", set(judging)
    for person_id in judges:
        settle_matter(s, matter_of(collision.id, person_id), outcome, now, by=by)
    readers = {*judges, collision.asked_by_id, *([] if held_by is None else [held_by])} - {by.person_id}
    to_judges, to_asker = left_over(s, collision)
    policy, key = numbers.current(s), f"decided:{collision.id}:{now:%Y%m%d%H%M%S%f}"
    for person_id in sorted(readers):
        more = to_asker if person_id == collision.asked_by_id else to_judges if person_id in judges else ""
        notice = Notice(
            title=f"撞单有结果了：{collision.name}",
            desc=f"{by.name} 裁定",
            body=outcome_words(s, collision, person_id, held_by) + more,
        )
        taps = [Tap("知道了", "seen", {}, 1)]
        if collision.verdict == CollisionVerdict.DIFFERENT and person_id == collision.asked_by_id:
            said = f"{by.name} 裁定不是同一家公司，点「新建」就归您负责"
            notice = Notice(title=f"可以新建：{collision.name}", body=said)
            taps = [Tap("新建", "create_anyway", {"name": collision.name}, 1), Tap("不建了", "dismiss", {})]
        matter = f"{key}:{person_id}"
        prompt_card(s, person_id, notice, taps, matter=matter, dedupe=matter, now=now, policy=policy)


def tell_reopened(
    s: Session, collision: Collision, by: Actor, held_by: int | None, judging: Iterable[int], now: datetime
) -> None:
    """The verdict was taken back: whoever was told it learns that; who has not voted finds his card open again."""
    voted = set(s.scalars(select(CollisionVote.person_id).where(CollisionVote.collision_id == collision.id)))
    for person_id in judging:
        matter = matter_of(collision.id, person_id)
        if person_id in voted - {by.person_id}:
            settle_matter(s, matter, "您的意见还在，等新的裁定", now, by=by)
        else:
            reopen_matter(s, matter)
    readers = {*judging, collision.asked_by_id, *([] if held_by is None else [held_by])} - {by.person_id}
    key = f"undecided:{collision.id}:{now:%Y%m%d%H%M%S%f}"
    for person_id in sorted(readers):
        body = f"{by.name} 撤销了刚才的裁定，请等新的结果"
        notice = Notice(title=f"撞单重新裁定：{collision.name}", body=body)
        prompt(s, person_id, notice, dedupe=f"{key}:{person_id}", now=now)


def _sides(s: Session, collision: Collision) -> tuple[str, str]:
    owner = select(Person.name, Team.name.label("team")).join(Team, Team.id == Person.team_id)
    held = s.execute(
        owner.join(Customer, Customer.owner_id == Person.id).where(Customer.id == collision.customer_id)
    ).one_or_none()
    asked = s.execute(owner.where(Person.id == collision.asked_by_id)).one()
    return (f"{held.name}（{held.team}）" if held else "待分配"), f"{asked.name}（{asked.team}）"


def _short(side: str) -> str:
    return side.split("（")[0][:6]
