"""What can go wrong, in words a person can act on; each entrance renders it its own way."""

from collections.abc import Callable, Mapping
from typing import Any


class CrmError(Exception):
    """The message is shown as it is: Chinese, what happened and what to do next.

    `leaves` is what stays although everything else is undone, done with a session in a transaction of its own: that
    somebody has learnt something by being refused.
    """

    code = "error"
    http_status = 400
    leaves: Callable[[Any], object] | None = None

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class NotFound(CrmError):
    """Missing, or not yours: the two look the same from outside."""

    code, http_status = "not_found", 404


class Invalid(CrmError):
    """What was typed cannot be used; `fields` says which part and why."""

    code, http_status = "invalid", 422


class Conflict(CrmError):
    """Somebody or something else was there first.

    `customer_id`: the public id of the customer that was, where whoever is refused may see it.
    """

    code, http_status = "conflict", 409
    customer_id: str | None = None


class NotAllowed(CrmError):
    code, http_status = "not_allowed", 403


class UsedUp(CrmError):
    """Today's number of looks at what is not one's own."""

    code, http_status = "used_up", 429


class NotSignedIn(CrmError):
    code, http_status = "not_signed_in", 401


class Gone(CrmError):
    """A card, a link or an undo whose time is over."""

    code, http_status = "gone", 410


class TooMany(CrmError):
    """Too often in too short a time; it works again later, in `retry_after` seconds where that is known."""

    code, http_status = "too_many", 429

    def __init__(self, message: str, *, retry_after: int = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
