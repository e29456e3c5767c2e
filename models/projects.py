"""Projects: what is built, which companies meet in it, and who registered it first."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id


class Project(Base):
    """Something that is to be built. The end user is a customer of ours or, where he is none, only a name.

    `tender_key` and `user_key` are what two spellings of one project have in common (`crm/rules/projects.py`). The
    same project may stand here twice, once for each side of a contest: neither side is shown the other's words.
    """

    __tablename__ = "project"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    name: Mapped[str] = mapped_column(String(128))
    end_user_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    end_user: Mapped[str] = mapped_column(String(128), default="")
    user_key: Mapped[str] = mapped_column(String(128), index=True, default="")
    site: Mapped[str] = mapped_column(String(255), default="")
    tender_no: Mapped[str] = mapped_column(String(64), default="")
    tender_key: Mapped[str] = mapped_column(String(64), index=True, default="")
    state: Mapped[str] = mapped_column(String(8), index=True)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)


class ProjectBlock(Base):
    """One row per key of a project: locked while one of that key is registered, so that rivals meet."""

    __tablename__ = "project_block"
    key: Mapped[str] = mapped_column(String(160), primary_key=True)


class ProjectParty(Base):
    """A customer in a project, and what it is there. Two rows after a merge say the same twice and do no harm."""

    __tablename__ = "project_party"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    role: Mapped[str] = mapped_column(String(12))
    added_at: Mapped[datetime]
    added_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class ProjectRegistration(Base):
    """项目报备: this rep registered the project for this dealer. Live while it has not ended and not run out.

    `behind_id` is the registration that was there first: while it stands, this one protects nobody. `extended_at` and
    `extended_by_id` are of the last extension that can still be taken back.
    """

    __tablename__ = "project_registration"
    __table_args__ = (CheckConstraint("expires_at > registered_at", name="forward"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    dealer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    rep_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    registered_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    extensions: Mapped[int] = mapped_column(default=0)
    extended_at: Mapped[datetime | None]
    extended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    behind_id: Mapped[int | None] = mapped_column(ForeignKey("project_registration.id"), index=True)
