"""How far a pull of everybody's customers has come, written down with what it brought, so that a kill loses nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from sqlalchemy import not_, or_, select
from sqlalchemy.orm import Session

from crm import audit
from crm import policy as numbers
from crm.access import supervisor_of
from crm.messages import remind
from crm.notices import Fact, Notice
from crm.usecases import contacts
from crm.usecases.mirror import Counts
from models.base import one_of
from models.links import ExternalContact, ExternalFollow
from models.mirror import CustomerGroup, MirrorPull
from models.people import Person

_WORTH_RESUMING = timedelta(hours=12)  # of an older one the first half would be yesterday's
_REASONS_KEPT = 200
_IDS_KEPT, _SHOWN = 50, 5


class Stretch(StrEnum):
    TAGS = "tags"
    CONTACTS = "contacts"
    GROUPS = "groups"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pull stands: everybody up to `after` (a userid without case) is in, `members` are under way."""

    pull_id: int
    stretch: Stretch
    after: str
    members: tuple[str, ...]
    cursor: str

    @property
    def last(self) -> str:
        """Up to whom all is in once the members under way are."""
        return self.members[-1].casefold()


@dataclass(frozen=True, slots=True)
class Outcome:
    counts: Counts
    reasons: tuple[str, ...]


def begin(s: Session, now: datetime) -> Place:
    """The pull that somebody could not finish, else a new one."""
    unfinished = select(MirrorPull).where(MirrorPull.done_at.is_(None), MirrorPull.began_at > now - _WORTH_RESUMING)
    pull = s.scalars(unfinished.order_by(MirrorPull.id.desc()).limit(1)).one_or_none()
    if pull is None:
        pull = MirrorPull(stretch=Stretch.TAGS, members=[], since=now, counts={}, reasons=[], began_at=now)
        s.add(pull)
        s.flush()
    return _place(pull)


def _place(pull: MirrorPull) -> Place:
    return Place(pull.id, Stretch(pull.stretch), pull.after, tuple(pull.members), pull.cursor)


def where(s: Session, pull_id: int) -> Place:
    return _place(s.get_one(MirrorPull, pull_id))


def outcome(s: Session, pull_id: int) -> Outcome:
    pull = s.get_one(MirrorPull, pull_id)
    return Outcome(dict(pull.counts), tuple(pull.reasons))


def move(
    s: Session,
    at: Place,
    now: datetime,
    *,
    stretch: Stretch | None = None,
    after: str | None = None,
    members: Sequence[str] | None = None,
    cursor: str = "",
    counts: Counts | None = None,
    reasons: Iterable[str] = (),
) -> bool:
    """One step further, in the transaction of what it brought; False, and no step, where another was faster."""
    pull = s.scalars(select(MirrorPull).where(MirrorPull.id == at.pull_id).with_for_update()).one()
    if _place(pull) != at:
        return False
    pull.stretch = stretch or at.stretch
    pull.after = at.after if after is None else after
    pull.members = list(at.members if members is None else members)
    pull.cursor = cursor
    pull.counts = {**pull.counts, **{name: pull.counts.get(name, 0) + more for name, more in (counts or {}).items()}}
    pull.reasons = [*pull.reasons, *reasons][:_REASONS_KEPT]
    if stretch is Stretch.DONE:
        pull.done_at = now
    s.flush()
    return True


def unseen(s: Session, pull_id: int, members: Sequence[str]) -> list[tuple[str, str]]:
    """Friendships (external_userid, userid) of these members that all pages together did not show."""
    keys = [userid.casefold() for userid in members]
    rows = s.execute(
        select(ExternalContact.external_userid, Person.userid)
        .join(ExternalFollow, ExternalFollow.external_contact_id == ExternalContact.id)
        .join(Person, Person.id == ExternalFollow.person_id)
        .where(one_of(s, Person.userid_key, keys), ExternalFollow.ended_at.is_(None), ExternalFollow.seen_in != pull_id)
        .order_by(ExternalFollow.id)
    )
    return [(external_userid, userid) for external_userid, userid in rows]


def unseen_groups(s: Session, pull_id: int, owners: Sequence[str]) -> list[str]:
    """Groups of these members that all pages together did not show."""
    standing = (CustomerGroup.dissolved_at.is_(None), CustomerGroup.seen_in != pull_id)
    owned = select(CustomerGroup.chat_id).join(Person, Person.id == CustomerGroup.owner_id)
    keys = [userid.casefold() for userid in owners]
    return list(s.scalars(owned.where(one_of(s, Person.userid_key, keys), *standing).order_by(CustomerGroup.id)))


def ownerless_groups(s: Session, pull_id: int, serving: Sequence[str]) -> list[str]:
    """Groups that no list of a member's can show: their owner is none of those who serve, or unknown to us."""
    owned = select(CustomerGroup.chat_id).outerjoin(Person, Person.id == CustomerGroup.owner_id)
    standing = (CustomerGroup.dissolved_at.is_(None), CustomerGroup.seen_in != pull_id)
    keys = [userid.casefold() for userid in serving]
    unserved = or_(CustomerGroup.owner_id.is_(None), not_(one_of(s, Person.userid_key, keys)))
    return list(s.scalars(owned.where(unserved, *standing).order_by(CustomerGroup.id)))


def end_silently(s: Session, pull_id: int, pairs: Sequence[tuple[str, str]], now: datetime) -> list[str]:
    """Friendships that ended without WeCom's telling us, each asked about once more. Reps and supervisors hear of it in
    working hours, all of one rep's in one message; a sentence for each rep.

    The book names contacts by number, the sentences only count them: a rep's private friends are among them, and
    neither is ever purged.
    """
    parted = [one for external_userid, userid in pairs if (one := contacts.end(s, userid, external_userid, now))]
    s.flush()
    lines = []
    for rep, those in groupby(sorted(parted, key=_rep_of), key=lambda one: one.rep):
        gone = list(those)
        numbers_of = [one.contact.id for one in gone]
        audit.record(s, None, "follow_ended", f"person:{rep.id}", now, entrance="sync", contacts=numbers_of[:_IDS_KEPT])
        _tell(s, pull_id, rep, [one.contact for one in gone if one.concerns], now)
        lines.append(f"{rep.name} 有 {len(gone)} 位好友已经不在，没有收到企业微信的通知，已补上")
    return lines


def _rep_of(parted: contacts.Parted) -> int:
    return parted.rep.id


def _tell(s: Session, pull_id: int, rep: Person, lost: Sequence[ExternalContact], now: datetime) -> None:
    if not lost:
        return
    told = "、".join(one.name for one in lost[:_SHOWN]) + ("……" if len(lost) > _SHOWN else "")
    for to in {rep.id, *supervisor_of(s, rep.id)}:
        whose = "您" if to == rep.id else rep.name
        notice = Notice(
            title=f"{len(lost)} 位客户已不是{whose}的好友",
            body="夜间对账时发现的。还在跟的客户，建议今天打个电话，或者重新加好友",
            facts=(Fact("联系人", told), Fact("负责人", rep.name)),
        )
        key = f"silent:{to}:{pull_id}:{rep.id}:{lost[0].id}"
        remind(
            s, to, notice, (), matter=key, dedupe=key, now=now,
            policy=numbers.current(s), calendar=numbers.calendar(s),
        )  # fmt: skip
