"""WeCom's customer contact beside people: tags, groups, how far a pull of them has come; and 联系我 codes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id


class CorpTag(Base):
    """A tag of the company. `wecom_id` is empty until WeCom has been told of one that we made; `gone_at` when it is no
    longer there: whoever wears it, keeps it in the books."""

    __tablename__ = "corp_tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    wecom_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    group_name: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    gone_at: Mapped[datetime | None]


class FollowTag(Base):
    """One of us has put this tag on his friend."""

    __tablename__ = "follow_tag"
    follow_id: Mapped[int] = mapped_column(ForeignKey("external_follow.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("corp_tag.id"), primary_key=True, index=True)


class TagChange(Base):
    """Something about a tag that WeCom must be told: promised with our own change, done by a job.

    `verb` is `add` (make the tag itself), `mark` or `unmark` (put it on a friend, take it off). As long as it waits,
    what WeCom says of that pair is older than what we said.
    """

    __tablename__ = "tag_change"
    __table_args__ = (
        CheckConstraint("(verb = 'add') = (follow_id IS NULL)", name="about"),
        Index("ix_tag_change_waiting", "done_at", "next_at"),
        Index("ix_tag_change_follow", "follow_id", "done_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    verb: Mapped[str] = mapped_column(String(8))
    tag_id: Mapped[int] = mapped_column(ForeignKey("corp_tag.id"))
    follow_id: Mapped[int | None] = mapped_column(ForeignKey("external_follow.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(255), default="")  # the last one; with `done_at` it was given up


class CustomerGroup(Base):
    """A group of WeCom with people from outside in it; which customer it is about is a `chat_link` of its `chat_id`."""

    __tablename__ = "customer_group"
    id: Mapped[int] = mapped_column(primary_key=True)
    chat_id: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(128), default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    made_at: Mapped[datetime]
    dissolved_at: Mapped[datetime | None]
    seen_in: Mapped[int] = mapped_column(default=0)  # the pull that last met it


class CustomerGroupMember(Base):
    """Somebody in a customer group: one of us, or a person outside, whose `external_userid` is the key."""

    __tablename__ = "customer_group_member"
    group_id: Mapped[int] = mapped_column(ForeignKey("customer_group.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    outside: Mapped[bool]
    name: Mapped[str] = mapped_column(String(128), default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    joined_at: Mapped[datetime]


class MirrorPull(Base):
    """One pull of everybody's customers: where it stands, so that whoever comes after a kill goes on from there.

    `members` are the userids of the call under way and `cursor` its next page; all those whose key is not behind
    `after` are in already. `stretch` says what is being read: tags, contacts or groups.
    """

    __tablename__ = "mirror_pull"
    id: Mapped[int] = mapped_column(primary_key=True)
    stretch: Mapped[str] = mapped_column(String(16))
    after: Mapped[str] = mapped_column(String(64), default="")
    members: Mapped[list[str]] = mapped_column(JSON)
    cursor: Mapped[str] = mapped_column(String(512), default="")
    since: Mapped[datetime]  # when the call under way, with all its pages, began
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    reasons: Mapped[list[str]] = mapped_column(JSON)
    began_at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(index=True)


class ContactWay(Base):
    """A 联系我 code: whoever scans it adds `person_id`, and WeCom gives `state` back with him.

    It says where he comes from (`lead_source_id`), or whose he is (`customer_id`). Without `config_id` WeCom has not
    made it yet; `picture` is the code itself, as WeCom drew it.
    """

    __tablename__ = "contact_way"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    state: Mapped[str] = mapped_column(String(30), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    lead_source_id: Mapped[int | None] = mapped_column(ForeignKey("lead_source.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    config_id: Mapped[str] = mapped_column(String(64), default="")
    picture: Mapped[bytes | None] = mapped_column(LargeBinary)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
