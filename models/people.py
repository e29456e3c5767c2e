"""Teams and people, mirrored from the WeCom directory; roles are ours."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id


class Team(Base):
    """A WeCom department. `path` is `/1/3/7/`: the ids from the root down to this team."""

    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(128))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    path: Mapped[str] = mapped_column(String(512), index=True)


class Person(Base):
    """A member. `userid_key` is the userid without case: WeCom compares so, and writes it either way."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    userid: Mapped[str] = mapped_column(String(64))
    userid_key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(128))
    position: Mapped[str] = mapped_column(String(128), default="")
    role: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(16))
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    direct_leader_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime]
    welcomed_at: Mapped[datetime | None]  # when he was shown how to begin, which happens once


class TeamLeader(Base):
    """Who leads a team, as the directory says (`department_leader`, `is_leader_in_dept`)."""

    __tablename__ = "team_leader"
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)


class TeamScope(Base):
    """A subtree that an administrator assigned to a regional manager or director beyond what he leads."""

    __tablename__ = "team_scope"
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
