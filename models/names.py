"""The index of company names: every name a customer goes by, and which customers have a given piece of a name."""

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class CompanyName(Base):
    """One name of a customer: the one on its file, an earlier one, a short one. These rows are the truth.

    A customer that was merged or taken back has none, so whatever a posting still says of it finds nobody.
    """

    __tablename__ = "company_name"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(128))
    key: Mapped[str] = mapped_column(String(128), index=True)


class NamePosting(Base):
    """Customers that had a piece of a name (`crm/rules/name_tokens.py`) when the row was written: only ever a hint.

    `entries` are `many` numbers of four bytes each, the lowest first: customer id × 32 + letters of the name, at most
    31 of them. One customer added by hand writes one short row per piece, an import one row per piece and batch.
    """

    __tablename__ = "name_posting"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[int] = mapped_column(index=True)
    many: Mapped[int]
    entries: Mapped[bytes] = mapped_column(LargeBinary)
