"""Field groups: who reads them in full, who edits them, and the one function that shows a guarded value."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.grants import MASKED, REACH, Grant, default
from config.vocabulary import Role
from crm.access.actors import Actor
from crm.access.rows import WRITE, shared_with
from crm.rules.masking import HIDDEN, masked
from models.base import bare
from models.sharing import FieldGrant

_GRANT = bare(FieldGrant).c


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of one kind of record that a role may read, or edit: ask with `in`. There is no list of them all."""

    role: Role
    edit: bool
    changed: Mapping[str, Grant]

    def __contains__(self, group: str) -> bool:
        granted = self.changed.get(group) or default(self.role, group)
        return granted.edit if self.edit else granted.read


@dataclass(frozen=True, slots=True)
class Sight:
    """How one actor sees the fields of one kind of record. Asked for once, used for every row of a page or file."""

    me: int
    groups: Groups
    together: frozenset[int]  # customers of others that he works on

    def own(self, customer_id: int, owner_id: int | None) -> bool:
        """His own customer, or one he works on together: no mask touches it."""
        return owner_id == self.me or customer_id in self.together

    def whole(self, customer_id: int, owner_id: int | None, group: str) -> bool:
        """Whether a field of this group is shown to him as it is."""
        return group in self.groups or (group in MASKED and self.own(customer_id, owner_id))

    def shown(self, customer_id: int, owner_id: int | None, group: str, value: str) -> str:
        """A value as he may see it: whole, in part (a telephone number, a mail), or that there is something."""
        if not value or self.whole(customer_id, owner_id, group):
            return value
        return masked(value) if group == REACH else HIDDEN


@dataclass(frozen=True, slots=True)
class Eyes:
    """The same for every kind of record, for a page that shows several of them."""

    me: int
    role: Role
    changed: Mapping[str, Mapping[str, Grant]]
    together: frozenset[int]

    def sight(self, record: str) -> Sight:
        return Sight(self.me, Groups(self.role, edit=False, changed=self.changed.get(record, {})), self.together)

    def editable(self, record: str) -> Groups:
        return Groups(self.role, edit=True, changed=self.changed.get(record, {}))


def eyes(s: Session, actor: Actor) -> Eyes:
    """Two statements, whatever is shown through them."""
    rows = select(_GRANT.record, _GRANT.group_key, _GRANT.may_read, _GRANT.may_edit).where(_GRANT.role == actor.role)
    changed: dict[str, dict[str, Grant]] = defaultdict(dict)
    for row in s.execute(rows):
        changed[row.record][row.group_key] = Grant(row.may_read, row.may_edit)
    together = frozenset(s.scalars(shared_with(actor.person_id, actor.at, WRITE)))
    return Eyes(actor.person_id, actor.role, changed, together)


def sight(s: Session, actor: Actor, record: str) -> Sight:
    """What pages, lists, cards, answers and files of a kind of record are shown through. Two statements."""
    return eyes(s, actor).sight(record)
