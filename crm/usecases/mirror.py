"""Outside contacts, friendships, tags and customer groups made equal to what WeCom says, a page at a time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.orm import Session

from config.vocabulary import ContactState
from crm.ports import ExternalPerson, Follower, GroupChat, TagGroup
from crm.rules.words import storable
from models.base import bare, insert_rows, new_public_id, one_of
from models.links import ExternalContact, ExternalFollow
from models.mirror import CorpTag, CustomerGroup, CustomerGroupMember, FollowTag, TagChange
from models.people import Person

Counts = dict[str, int]
LONGEST_STATE = 30  # characters: WeCom's own limit for what a 联系我 code gives back


def plain(words: str) -> str:
    """At most 128 characters of which one can be seen, else nothing: a stranger's name may be invisible."""
    shown = storable(words).strip()[:128]
    return shown if any(letter.isprintable() for letter in shown) else ""


def take(s: Session, people: Sequence[ExternalPerson], pull_id: int, now: datetime) -> Counts:
    """These people with the followers that are told of each. `pull_id` is the pull that met them, 0 for an event.

    Nothing is taken away but tags. A friendship that has ended stands again only if it was made anew since.
    """
    ours = _people(s, {one.userid for person in people for one in person.followers})
    told = {
        (person.external_userid, ours[one.userid.casefold()]): (person, one)
        for person in people
        for one in person.followers
        if one.userid.casefold() in ours
    }
    counts = {"friends": len(told), "new": 0, "changed": 0}
    ids = _contacts(s, {key: person for (key, _), (person, _) in told.items()}, now, counts)
    pairs = {(ids[key], person_id): one for (key, person_id), (_, one) in told.items()}
    follows, old = _follows(s, pairs, pull_id, counts)
    changed = _wear(s, {follows[pair]: one.tags for pair, one in pairs.items()})
    counts["changed"] += len(changed & old)
    return counts


def _people(s: Session, userids: Iterable[str]) -> dict[str, int]:
    keys = {userid.casefold() for userid in userids}
    rows = s.execute(select(Person.userid_key, Person.id).where(one_of(s, Person.userid_key, keys)))
    return dict(rows.all())


def _contacts(s: Session, people: Mapping[str, ExternalPerson], now: datetime, counts: Counts) -> dict[str, int]:
    found = select(ExternalContact).where(one_of(s, ExternalContact.external_userid, people))
    known = {contact.external_userid: contact for contact in s.scalars(found)}
    rows = []
    for key, person in people.items():
        name, corp, position = plain(person.name) or "未填写姓名", _company(person), plain(person.position)
        contact = known.get(key)
        if contact is None:
            named = {"external_userid": key, "name": name, "corp_name": corp, "position": position}
            rows.append({**named, "state": ContactState.UNLINKED, "ignored_for": "", "read_at": now, "created_at": now})
        elif (contact.name, contact.corp_name, contact.position) != (name, corp or contact.corp_name, position):
            contact.name, contact.position = name, position
            contact.corp_name = corp or contact.corp_name  # a WeChat user has none: what a remark named stays
            contact.read_at = now
            counts["changed"] += 1
    insert_rows(s, ExternalContact, rows)
    s.flush()
    pairs = select(ExternalContact.external_userid, ExternalContact.id)
    return dict(s.execute(pairs.where(one_of(s, ExternalContact.external_userid, people))).all())


def _company(person: ExternalPerson) -> str:
    """As he says it himself, else as one of us has written it down."""
    said = plain(person.corp_full_name or person.corp_name)
    return said or next((found for one in person.followers if (found := plain(one.remark_corp_name))), "")


def _follows(
    s: Session, told: Mapping[tuple[int, int], Follower], pull_id: int, counts: Counts
) -> tuple[dict[tuple[int, int], int], set[int]]:
    """The ids of the friendships by (contact, person), and of those that were there before."""
    contacts = {contact_id for contact_id, _ in told}
    among = select(ExternalFollow).where(one_of(s, ExternalFollow.external_contact_id, contacts))
    known = {(one.external_contact_id, one.person_id): one for one in s.scalars(among)}
    rows, seen = [], []
    for (contact_id, person_id), one in told.items():
        values = {
            "remark": plain(one.remark),
            "remark_corp_name": plain(one.remark_corp_name),
            "state": storable(one.state)[:LONGEST_STATE],
            "add_way": one.add_way,
        }
        follow = known.get((contact_id, person_id))
        if follow is None:
            pair = {"external_contact_id": contact_id, "person_id": person_id, "seen_in": pull_id}
            rows.append({**pair, **values, "started_at": one.createtime, "ended_at": None})
            counts["new"] += 1
            continue
        seen.append(follow.id)
        different = {name: value for name, value in values.items() if getattr(follow, name) != value}
        if follow.ended_at is not None and one.createtime >= follow.ended_at.replace(microsecond=0):
            different |= {"ended_at": None, "started_at": one.createtime}
        for name, value in different.items():
            setattr(follow, name, value)
        counts["changed"] += bool(different)
    insert_rows(s, ExternalFollow, rows)
    s.flush()
    if pull_id and seen:
        met = update(bare(ExternalFollow)).where(one_of(s, bare(ExternalFollow).c.id, seen))
        s.execute(met.values(seen_in=pull_id))
    pairs = select(ExternalFollow.external_contact_id, ExternalFollow.person_id, ExternalFollow.id)
    found = s.execute(pairs.where(one_of(s, ExternalFollow.external_contact_id, contacts)))
    return {(contact_id, person_id): number for contact_id, person_id, number in found}, set(seen)


def _wear(s: Session, told: Mapping[int, Sequence[str]]) -> set[int]:
    """The tags of each friendship, but for those of which WeCom has not heard our last word yet. Whose have changed."""
    ids = {tag_id for tags in told.values() for tag_id in tags}
    known = select(CorpTag.wecom_id, CorpTag.id).where(one_of(s, CorpTag.wecom_id, ids))
    tags = dict(s.execute(known).all()) if ids else {}
    wanted = {(follow, tags[one]) for follow, worn in told.items() for one in worn if one in tags}
    held = select(FollowTag.follow_id, FollowTag.tag_id).where(one_of(s, FollowTag.follow_id, told))
    ours = select(TagChange.follow_id, TagChange.tag_id).where(
        one_of(s, TagChange.follow_id, told), TagChange.done_at.is_(None)
    )
    waiting = {(follow, tag) for follow, tag in s.execute(ours)}
    before = {(follow, tag) for follow, tag in s.execute(held)} - waiting
    gone, come = before - wanted, wanted - before - waiting
    if gone:
        s.execute(delete(FollowTag).where(tuple_(FollowTag.follow_id, FollowTag.tag_id).in_(gone)))
    insert_rows(s, FollowTag, [{"follow_id": follow, "tag_id": tag} for follow, tag in sorted(come)])
    return {follow for follow, _ in gone | come}


def take_tags(s: Session, groups: Sequence[TagGroup], now: datetime) -> Counts:
    """All tags of the company: whatever is not among them is gone, and worn by nobody."""
    told = {tag.id: (plain(group.name)[:64], plain(tag.name)[:64]) for group in groups for tag in group.tags}
    rows = s.scalars(select(CorpTag).with_for_update()).all()
    known = {tag.wecom_id: tag for tag in rows if tag.wecom_id is not None}
    unmade = {(tag.group_name, tag.name): tag for tag in rows if tag.wecom_id is None}
    counts = {"tags": len(told), "changed": 0}
    for wecom_id, (group, name) in told.items():
        tag = known.get(wecom_id) or unmade.get((group, name))
        if tag is None:
            s.add(CorpTag(public_id=new_public_id(), wecom_id=wecom_id, group_name=group, name=name))
        elif (tag.wecom_id, tag.group_name, tag.name, tag.gone_at) != (wecom_id, group, name, None):
            tag.wecom_id, tag.group_name, tag.name, tag.gone_at = wecom_id, group, name, None
        else:
            continue
        counts["changed"] += 1
    gone = [tag for wecom_id, tag in known.items() if wecom_id not in told and tag.gone_at is None]
    for tag in gone:
        tag.gone_at = now
        s.execute(delete(FollowTag).where(FollowTag.tag_id == tag.id))
    s.flush()
    counts["changed"] += len(gone)
    return counts


def take_groups(s: Session, chats: Sequence[GroupChat], pull_id: int) -> Counts:
    """Customer groups with everybody who is in them now. A group that was dissolved is not among them."""
    held = s.scalars(select(CustomerGroup).where(one_of(s, CustomerGroup.chat_id, {one.chat_id for one in chats})))
    groups = {group.chat_id: group for group in held}
    inside = {one.owner for one in chats} | {m.key for one in chats for m in one.members if not m.outside}
    people = _people(s, inside)
    counts = {"groups": len(chats), "changed": 0}
    for chat in chats:
        group = groups.get(chat.chat_id)
        name, owner = plain(chat.name), people.get(chat.owner.casefold())
        if group is None:
            group = CustomerGroup(chat_id=chat.chat_id, made_at=chat.made_at, name=name, owner_id=owner)
            s.add(group)
        elif (group.name, group.owner_id, group.dissolved_at) != (name, owner, None):
            group.name, group.owner_id, group.dissolved_at = name, owner, None
        else:
            counts["changed"] -= 1
        group.seen_in = pull_id or group.seen_in
        counts["changed"] += 1
        groups[chat.chat_id] = group
    s.flush()
    counts["changed"] += _members(s, {groups[one.chat_id].id: one for one in chats}, people)
    return counts


def _members(s: Session, chats: Mapping[int, GroupChat], people: Mapping[str, int]) -> int:
    held = s.scalars(select(CustomerGroupMember).where(one_of(s, CustomerGroupMember.group_id, chats)))
    before = {(one.group_id, one.key): one for one in held}
    told = {(group_id, one.key): one for group_id, chat in chats.items() for one in chat.members}
    gone: Collection[tuple[int, str]] = before.keys() - told.keys()
    rows, changed = [], 0
    for (group_id, key), one in told.items():
        person_id = None if one.outside else people.get(key.casefold())
        values = {"outside": one.outside, "name": plain(one.name), "person_id": person_id, "joined_at": one.joined_at}
        member = before.get((group_id, key))
        if member is None:
            rows.append({"group_id": group_id, "key": key, **values})
        elif any(getattr(member, name) != value for name, value in values.items()):
            changed += 1
            for name, value in values.items():
                setattr(member, name, value)
    if gone:
        pair = tuple_(CustomerGroupMember.group_id, CustomerGroupMember.key)
        s.execute(delete(CustomerGroupMember).where(pair.in_(sorted(gone))))
    s.flush()
    insert_rows(s, CustomerGroupMember, rows)
    return len(gone) + len(rows) + changed


def dissolved(s: Session, chat_id: str, now: datetime) -> None:
    """WeCom no longer knows the group; who was in it, and whose it was, stays in the books."""
    standing = (CustomerGroup.chat_id == chat_id, CustomerGroup.dissolved_at.is_(None))
    s.execute(update(CustomerGroup).where(*standing).values(dissolved_at=now))
