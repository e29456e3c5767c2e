"""Spreadsheets on their way in and lists on their way out: jobs that any process may take up where another died."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id


class ImportJob(Base):
    """One uploaded sheet, from the file to the undo. `cursor` counts the rows that its present state has behind it.

    `headers` are the sheet's own; `first_row` is the number, in the file, of the first row below them.
    `mapping` holds per column `{"target", "unit"}`. `lease` names the worker whose transactions count.
    """

    __tablename__ = "import_job"
    __table_args__ = (Index("ix_import_job_state", "state", "lease_until"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    file_name: Mapped[str] = mapped_column(String(255))
    file_key: Mapped[str] = mapped_column(String(40))
    sheet: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(String(500), default="")  # what the reader should know about the file
    headers: Mapped[list[str]] = mapped_column(JSON)
    samples: Mapped[list[list[str]]] = mapped_column(JSON)
    first_row: Mapped[int] = mapped_column(default=1)
    mapping: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    rows: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[int] = mapped_column(default=0)
    creator_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    lease: Mapped[str] = mapped_column(String(32), default="")
    lease_until: Mapped[datetime | None]
    breaks: Mapped[int] = mapped_column(default=0)  # leases that ran out since the last step that was finished
    error: Mapped[str] = mapped_column(String(500), default="")


class ImportRow(Base):
    """One row of a sheet as it was, what the dry run said of it, what was decided, and what came of it.

    `number` is the row's place in the file. `cells` is a JSON list of strings, `draft` what they were read as: the run
    does what the dry run saw. `twin_id` and what the row made are bare numbers, no references: a merge must not turn
    what this row made into what it did not.
    """

    __tablename__ = "import_row"
    __table_args__ = (
        Index("ix_import_row_key", "job_id", "key"),
        Index("ix_import_row_verdict", "job_id", "verdict", "number"),
        Index("ix_import_row_outcome", "job_id", "outcome", "number"),
        Index("ix_import_row_customer", "customer_id"),
    )
    job_id: Mapped[int] = mapped_column(ForeignKey("import_job.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cells: Mapped[str] = mapped_column(Text)
    draft: Mapped[str] = mapped_column(Text, default="")
    key: Mapped[str] = mapped_column(String(128), default="")
    verdict: Mapped[str] = mapped_column(String(10), default="")
    why: Mapped[str] = mapped_column(String(500), default="")
    twin_id: Mapped[int | None]
    resolution: Mapped[str] = mapped_column(String(8), default="")
    outcome: Mapped[str] = mapped_column(String(10), default="")
    said: Mapped[str] = mapped_column(String(500), default="")
    customer_id: Mapped[int | None]
    contact_id: Mapped[int | None]
    entry_id: Mapped[int | None]
    deal_id: Mapped[int | None]
    changed: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class ImportMapping(Base):
    """Which column was which field, for the next sheet with the same headers."""

    __tablename__ = "import_mapping"
    __table_args__ = (UniqueConstraint("kind", "signature"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    signature: Mapped[str] = mapped_column(String(64))  # SHA-256 of the headers' plain forms
    mapping: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class Contest(Base):
    """Two people's sheets name one customer: nobody holds it until a supervisor, or the deadline, decides.

    `period_id` is the queue's ownership period that the contest opened; when it is no longer the open one, somebody has
    given the customer away by hand and there is nothing left to decide.
    """

    __tablename__ = "contest"
    __table_args__ = (
        UniqueConstraint("customer_id", "second_id"),
        Index("ix_contest_open", "decided_at", "due_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    first_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    second_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    job_id: Mapped[int] = mapped_column(ForeignKey("import_job.id"), index=True)  # the second sheet
    row_number: Mapped[int]
    period_id: Mapped[int] = mapped_column(ForeignKey("ownership_period.id"))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    verdict: Mapped[str] = mapped_column(String(8), default="")


class ExportJob(Base):
    """One list that somebody wants as a file. `asked` are the list's filters; it holds what they find when it runs."""

    __tablename__ = "export_job"
    __table_args__ = (Index("ix_export_job_state", "state", "lease_until"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    state: Mapped[str] = mapped_column(String(12))
    sheets: Mapped[list[str]] = mapped_column(JSON)  # customers, contacts, deals, visits
    asked: Mapped[dict[str, Any]] = mapped_column(JSON)
    rows: Mapped[int] = mapped_column(default=0)
    requester_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    file_key: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    lease: Mapped[str] = mapped_column(String(32), default="")
    lease_until: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(500), default="")
