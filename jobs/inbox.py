"""Which event is worked by whom, and the loop that works them."""

from collections.abc import Callable
from datetime import datetime

from config.clock import Clock
from crm.flows import contacts, directory
from crm.flows.inbox import ANY, Handlers, work_one
from crm.messages import Received
from crm.ports import Directory, ReadExternalContact

_CUSTOMER = "change_external_contact"


def handlers(read_contact: ReadExternalContact, members: Directory) -> Handlers:
    """The table (event, change type) -> handler; each may run twice for one event."""

    def introduce(received: Received, now: datetime) -> None:
        contacts.introduce(received, read_contact, now)

    return {
        (_CUSTOMER, "add_external_contact"): introduce,
        (_CUSTOMER, "add_half_external_contact"): introduce,
        (_CUSTOMER, "del_follow_user"): contacts.parted,
        (_CUSTOMER, "del_external_contact"): contacts.parted,
        ("change_contact", ANY): lambda received, now: directory.refresh(received, members, now),
    }


def work_due(table: Handlers, clock: Clock, *, go_on: Callable[[], bool] = lambda: True) -> int:
    """Work until nothing is due or `go_on` says no; the number of attempts."""
    attempts = 0
    while go_on() and work_one(table, clock()):
        attempts += 1
    return attempts
