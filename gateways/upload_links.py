"""A link by which one person may hand in one kind of evidence for one stage of one deal: signed, and soon over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

LIFE: Final = timedelta(minutes=15)  # long enough to find the file on the phone, too short to be passed around
PATH: Final = "/upload/"


class BadLink(Exception):
    """Not made by us, or changed on the way."""


class LinkExpired(Exception):
    """Ours, and over."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What the link is for. It gives nothing that the person may not do himself: that is judged at each use."""

    person_id: int
    deal_id: str
    stage: str
    kind: str


class UploadLinks:
    """Made and read with the same secret, below the address that telephones reach."""

    def __init__(self, secret: str, public_url: str) -> None:
        self._signer = URLSafeSerializer(secret, salt="evidence upload")
        self._base = public_url.rstrip("/") + PATH

    def make(self, grant: Grant, now: datetime) -> str:
        ends = int((now + LIFE).timestamp())
        return f"{self._base}{self._signer.dumps([grant.person_id, grant.deal_id, grant.stage, grant.kind, ends])}"

    def read(self, token: str, now: datetime) -> Grant:
        """Raises BadLink or LinkExpired."""
        try:
            person_id, deal_id, stage, kind, ends = self._signer.loads(token)
        except (BadData, ValueError) as error:
            raise BadLink from error
        if now.timestamp() >= ends:
            raise LinkExpired
        return Grant(person_id, deal_id, stage, kind)
