"""What the product remembers: tables and their migrations, opened by `crm` alone."""

from models import (  # noqa: F401  (importing a module registers its tables)
    approvals,
    archive,
    audit,
    collisions,
    customers,
    deals,
    digests,
    fields,
    files,
    imports,
    leads,
    links,
    merges,
    messages,
    mirror,
    names,
    ops,
    people,
    projects,
    quotes,
    sharing,
    timeline,
    visits,
)
from models.base import Base

__all__ = ["Base"]
