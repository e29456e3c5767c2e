"""What the console needs from outside, handed in by the composition root."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crm.ports import MakesWays
from crm.reads.connection import Finding
from gateways.dropbox import Dropbox
from gateways.files import FileStore


@dataclass(frozen=True, slots=True)
class ConsoleDeps:
    """`who` trades a login code for a userid and may raise one of `outside_errors`, whose words are for people.

    `login_url` is WeCom's QR page (or its stand-in); `static_dir` holds the built assets and their `manifest.json`;
    `incoming` keeps uploaded sheets until a job reads them, `outgoing` exported lists until they expire, `files` what
    belongs to customers;
    `secure` marks cookies Secure and asks browsers to stay on https; `sync_directory` pulls the directory now and
    answers with a sentence, `ways` makes 联系我 codes in WeCom (None: this process cannot); `audit_head` is the end of
    the audit chain as it was noted outside the store (position and digest, None: it never was); `check` tries the
    connection to WeCom, item by item.
    """

    clock: Callable[[], datetime]
    who: Callable[[str], str]
    login_url: str
    corp_id: str
    agent_id: int
    public_url: str
    static_dir: Path
    secure: bool
    incoming: Dropbox
    outgoing: Dropbox
    files: FileStore
    check: Callable[[], Iterable[Finding]]
    app_name: str = "客户通"
    outside_errors: tuple[type[Exception], ...] = ()
    sync_directory: Callable[[], str] | None = None
    ways: MakesWays | None = None
    audit_head: Callable[[], tuple[int, str] | None] = lambda: None
