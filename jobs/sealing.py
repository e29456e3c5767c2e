"""Seal the audit book to its end, and note the end outside the store, where a cut would not reach it."""

import logging
from collections.abc import Iterator
from functools import partial

from config.settings import Settings
from crm import audit, uow
from gateways.audit_head import HeadFile

log = logging.getLogger(__name__)


def head_file(settings: Settings) -> HeadFile:
    """Where the machine that seals and the one that verifies look for the end of the chain."""
    return HeadFile(settings.var_dir / "audit.head")


def noted(file: HeadFile) -> audit.Head | None:
    found = file.read()
    return None if found is None else audit.Head(*found)


def seal(file: HeadFile, *, all_gaps: bool = False) -> Iterator[int]:
    """How many entries each batch sealed; a transaction each, so that a long backlog neither waits nor blocks.

    A head that the chain does not hold any more stays as it is: it is the proof, until a person takes it away.
    """
    while sealed := uow.attempt(partial(audit.seal, all_gaps=all_gaps)):
        yield sealed
    before = noted(file)
    with uow.reading() as s:
        now, whole = audit.head(s), before is None or audit.holds(s, before)
    if not whole:
        log.error("audit: the chain does not hold the head noted in audit.head; run `audit verify`")
    elif before is None or now.position > before.position:
        file.write(now.position, now.digest)
