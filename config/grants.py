"""Which role reads and edits which group of fields, where an administrator has not said otherwise."""

from typing import Final, NamedTuple

from config.vocabulary import Role

REACH: Final = "reach"  # telephone, mail: what makes a contact worth stealing
FLOOR_PRICE: Final = "floor_price"  # of deals, also before anybody has made a field for it
# Shown in part, or not at all, to who may not read them; never hidden from who works on the customer himself.
MASKED: Final = frozenset({REACH, FLOOR_PRICE})

_READS_MASKED: Final = {
    # A lead steps in for his people daily; everybody further away asks for the one number he needs.
    REACH: frozenset({Role.TEAM_LEAD}),
    # Whoever approves or books a price knows how low it may go.
    FLOOR_PRICE: frozenset({Role.TEAM_LEAD, Role.REGIONAL_MANAGER, Role.DIRECTOR, Role.FINANCE}),
}
_EDITS_NOTHING: Final = frozenset({Role.FINANCE, Role.SERVICE})  # they are told, others keep the file
_EDITS_FLOOR_PRICE: Final = frozenset({Role.DIRECTOR, Role.OPERATIONS, Role.ADMIN})


class Grant(NamedTuple):
    """What a role may do with one group of fields of the records that are there for it."""

    read: bool
    edit: bool


def default(role: Role, group: str) -> Grant:
    """The same for every kind of record; a group nobody knows yet is open to whoever keeps the file."""
    read = group not in MASKED or role in _READS_MASKED[group]
    edit = role in _EDITS_FLOOR_PRICE if group == FLOOR_PRICE else role not in _EDITS_NOTHING
    return Grant(read, edit)
