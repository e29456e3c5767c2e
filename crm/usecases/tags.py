"""Tags on friends, both ways: ours stand at once and are promised to WeCom, theirs come in with the mirror."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from crm import audit
from crm.access import JUDGES, Actor, get_contact, require
from crm.errors import Conflict, Invalid
from crm.rules.words import storable
from models.base import new_public_id
from models.links import ExternalContact, ExternalFollow
from models.mirror import CorpTag, FollowTag, TagChange
from models.people import Person

OUR_GROUP = "客户通"
LONGEST = 30  # characters, WeCom's own limit
_WAITS = (timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
_LEASE = timedelta(minutes=2)
_ERROR_KEPT = 255
_CHANGED, _FAILED = "后来又改了", "没有办成"


class Verb(StrEnum):
    ADD = "add"
    MARK = "mark"
    UNMARK = "unmark"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to tell WeCom: a tag of ours to be made, or to be put on a member's friend or taken off him."""

    id: int
    verb: Verb
    tag_id: int
    group: str
    name: str
    wecom_id: str
    userid: str
    external_userid: str
    tries: int


@dataclass(frozen=True, slots=True)
class Tag:
    public_id: str
    group: str
    name: str
    worn: bool


def tags_of(s: Session, actor: Actor, contact_id: int) -> tuple[Tag, ...] | None:
    """All tags of the company, and which of them the actor has put on this friend; None where he is no friend."""
    follow_id = _own(s, actor, contact_id)
    if follow_id is None:
        return None
    worn = set(s.scalars(select(FollowTag.tag_id).where(FollowTag.follow_id == follow_id)))
    rows = s.scalars(select(CorpTag).where(CorpTag.gone_at.is_(None)).order_by(CorpTag.group_name, CorpTag.id))
    return tuple(Tag(tag.public_id, tag.group_name, tag.name, tag.id in worn) for tag in rows)


def put_tags(
    s: Session, actor: Actor, contact_id: int, wanted: Collection[str], now: datetime, *, entrance: str, new: str = ""
) -> str:
    """The friend wears exactly these tags (public ids), and a `new` one that managers may make. The contact's name."""
    contact = get_contact(s, actor, contact_id)
    follow_id = _own(s, actor, contact_id)
    if follow_id is None:
        raise Conflict(f"「{contact.name}」不是您自己的好友，标签要由加他的同事来打")
    known = {tag.public_id: tag.id for tag in s.scalars(select(CorpTag).where(CorpTag.gone_at.is_(None)))}
    if set(wanted) - known.keys():
        raise Conflict("有标签刚被删掉了，请刷新后再选")
    chosen = {known[one] for one in wanted}
    if new.strip():
        chosen.add(_new_tag(s, actor, new, now, entrance))
    before = set(s.scalars(select(FollowTag.tag_id).where(FollowTag.follow_id == follow_id)))
    for tag_id in sorted(chosen - before):
        s.add(FollowTag(follow_id=follow_id, tag_id=tag_id))
        _promise(s, Verb.MARK, tag_id, follow_id, actor, now)
    for tag_id in sorted(before - chosen):
        s.execute(delete(FollowTag).where(FollowTag.follow_id == follow_id, FollowTag.tag_id == tag_id))
        _promise(s, Verb.UNMARK, tag_id, follow_id, actor, now)
    s.flush()
    if chosen != before:
        subject = f"external_contact:{contact.id}"
        put, taken = len(chosen - before), len(before - chosen)
        audit.record(s, actor.person_id, "put_tags", subject, now, entrance=entrance, put=put, taken=taken)
    return contact.name


def _own(s: Session, actor: Actor, contact_id: int) -> int | None:
    pair = (ExternalFollow.external_contact_id == contact_id, ExternalFollow.person_id == actor.person_id)
    return s.scalar(select(ExternalFollow.id).where(*pair, ExternalFollow.ended_at.is_(None)))


def _new_tag(s: Session, actor: Actor, name: str, now: datetime, entrance: str) -> int:
    require(actor, *JUDGES)
    name = " ".join(storable(name).split())
    if not 1 <= len(name) <= LONGEST:
        raise Invalid(f"标签最多 {LONGEST} 个字", {"new": "太长"})
    there = (CorpTag.group_name == OUR_GROUP, CorpTag.name == name, CorpTag.gone_at.is_(None))
    found = s.scalar(select(CorpTag.id).where(*there))
    if found is not None:
        return found
    made = CorpTag(public_id=new_public_id(), group_name=OUR_GROUP, name=name)
    s.add(made)
    s.flush()
    _promise(s, Verb.ADD, made.id, None, actor, now)
    audit.record(s, actor.person_id, "add_tag", f"corp_tag:{made.id}", now, entrance=entrance, name=name)
    return made.id


def _promise(s: Session, verb: Verb, tag_id: int, follow_id: int | None, actor: Actor, now: datetime) -> None:
    """In place of what was promised of the same pair before: told late, it would undo this. What is being told at this
    moment cannot be stopped any more, so this waits for its end."""
    same = (TagChange.tag_id == tag_id, TagChange.follow_id == follow_id, TagChange.done_at.is_(None))
    s.execute(update(TagChange).where(*same, ~_under_way(TagChange)).values(done_at=now, error=_CHANGED))
    s.add(
        TagChange(
            verb=verb, tag_id=tag_id, follow_id=follow_id, made_by_id=actor.person_id, made_at=now, next_at=now
        )
    )  # fmt: skip


def _under_way(change: type[TagChange]) -> ColumnElement[bool]:
    """Somebody tells it just now, or was killed over it: a try that came to an end has left its error."""
    return and_(change.tries > 0, change.error == "")


def lease_next(s: Session, now: datetime) -> Change | None:
    """The oldest change that is due and can be told. What hangs on a tag that WeCom does not know yet, waits for it; of
    one pair the younger change waits for the older."""
    older = aliased(TagChange)
    before = (older.tag_id == TagChange.tag_id, older.follow_id == TagChange.follow_id, older.id < TagChange.id)
    due = (TagChange.done_at.is_(None), TagChange.next_at <= now, ~exists().where(*before, older.done_at.is_(None)))
    row = s.execute(
        select(TagChange, CorpTag, Person.userid, ExternalContact.external_userid)
        .join(CorpTag, CorpTag.id == TagChange.tag_id)
        .outerjoin(ExternalFollow, ExternalFollow.id == TagChange.follow_id)
        .outerjoin(Person, Person.id == ExternalFollow.person_id)
        .outerjoin(ExternalContact, ExternalContact.id == ExternalFollow.external_contact_id)
        .where(*due, or_(TagChange.verb == Verb.ADD, CorpTag.wecom_id.is_not(None)))
        .order_by(TagChange.id)
        .limit(1)
        .with_for_update(of=TagChange, skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    change, tag, userid, external_userid = row
    change.tries, change.next_at, change.error = change.tries + 1, now + _LEASE, ""
    s.flush()
    return Change(
        change.id, Verb(change.verb), tag.id, tag.group_name, tag.name, tag.wecom_id or "", userid or "",
        external_userid or "", change.tries,
    )  # fmt: skip


def record_done(s: Session, change: Change, wecom_id: str, now: datetime) -> None:
    s.execute(update(TagChange).where(TagChange.id == change.id).values(done_at=now))
    if wecom_id:
        s.execute(update(CorpTag).where(CorpTag.id == change.tag_id).values(wecom_id=wecom_id))


def record_failed(s: Session, change: Change, words: str, now: datetime) -> None:
    """Tried again later, and given up in the end: then what WeCom says stands, from the next pull on. A tag that could
    not be made is gone, with all that waited for it; of what has been changed again meanwhile nothing more is told."""
    waits = dict(enumerate(_WAITS, start=1))
    values: dict[str, object] = {"error": storable(words)[:_ERROR_KEPT] or _FAILED}
    if _changed_again(s, change.id):
        values = {"done_at": now, "error": _CHANGED}
    elif change.tries in waits:
        values["next_at"] = now + waits[change.tries]
    else:
        values["done_at"] = now
        if change.verb is Verb.ADD:
            _give_up_tag(s, change.tag_id, now)
    s.execute(update(TagChange).where(TagChange.id == change.id).values(**values))


def _changed_again(s: Session, change_id: int) -> bool:
    told, younger = aliased(TagChange), aliased(TagChange)
    same = (younger.tag_id == told.tag_id, younger.follow_id == told.follow_id, younger.id > told.id)
    return s.scalar(select(exists().where(told.id == change_id, *same, younger.done_at.is_(None)))) or False


def _give_up_tag(s: Session, tag_id: int, now: datetime) -> None:
    waiting = (TagChange.tag_id == tag_id, TagChange.done_at.is_(None))
    s.execute(update(TagChange).where(*waiting).values(done_at=now, error="标签没有建成"))
    s.execute(delete(FollowTag).where(FollowTag.tag_id == tag_id))
    s.execute(update(CorpTag).where(CorpTag.id == tag_id).values(gone_at=now))
