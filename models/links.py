"""Outside contacts that WeCom knows, and which chat belongs to which customer."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class ExternalContact(Base):
    """A person outside, known to WeCom by `external_userid`; 忽略 counts as done, and `ignored_for` says why."""

    __tablename__ = "external_contact"
    id: Mapped[int] = mapped_column(primary_key=True)
    external_userid: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(128), default="")
    corp_name: Mapped[str] = mapped_column(String(128), default="")
    position: Mapped[str] = mapped_column(String(128), default="")
    state: Mapped[str] = mapped_column(String(10), index=True)
    ignored_for: Mapped[str] = mapped_column(String(10), default="")
    read_at: Mapped[datetime | None]  # when WeCom last told us the name
    created_at: Mapped[datetime]


class ExternalFollow(Base):
    """Who of us has this outside contact as a friend; `ended_at` when either side deleted the other.

    `state` is that of the 联系我 code by which they met, `add_way` WeCom's number for how; `remark_corp_name` is the
    company as our member wrote it down. `seen_in` is the pull that last met the friendship.
    """

    __tablename__ = "external_follow"
    __table_args__ = (UniqueConstraint("external_contact_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    external_contact_id: Mapped[int] = mapped_column(ForeignKey("external_contact.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    remark: Mapped[str] = mapped_column(String(128), default="")
    remark_corp_name: Mapped[str] = mapped_column(String(128), default="")
    state: Mapped[str] = mapped_column(String(30), default="")
    add_way: Mapped[int] = mapped_column(default=0)
    seen_in: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ChatLink(Base):
    """One chat, one customer: the answer to 「关联客户」.

    `key` is an external_userid, a customer group's chat_id, or a member's person id: his current customer in the
    app's own chat.
    """

    __tablename__ = "chat_link"
    __table_args__ = (UniqueConstraint("kind", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(64))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    linked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    linked_at: Mapped[datetime]
