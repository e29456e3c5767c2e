"""What the API is given by the process that mounts it: the time, who holds a login code, the files, WeCom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from config.clock import Clock
from config.vocabulary import LoginVia
from crm.ports import AskModel, ReadExternalContact, ReadGroupChat
from gateways.files import FileStore
from gateways.wecom.js import Signature


@dataclass(frozen=True, slots=True)
class Wecom:
    """What the sidebar asks of WeCom. `home`: the address before `/sidebar/`, without a slash at its end.

    `sign` is for one exact address; `upload` takes kind ("image", "file"), name and content, and gives a media id.
    """

    home: str
    corp_id: str
    agent_id: int
    contact: ReadExternalContact
    group: ReadGroupChat
    sign: Callable[[str], Signature]
    upload: Callable[[str, str, bytes], str]


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls a minute of one person, and of one address that nobody has signed in from.

    `wait` counts a call under a name and says for how many seconds it should wait instead; 0 where it goes on.
    """

    wait: Callable[[str, int], float]
    by_person: int
    by_address: int


@dataclass(frozen=True, slots=True)
class ApiDeps:
    """`who` trades a login code for a userid, by entrance; `outside_errors` are what it raises when it cannot."""

    clock: Clock
    who: Mapping[LoginVia, Callable[[str], str]]
    outside_errors: tuple[type[Exception], ...]
    files: FileStore
    wecom: Wecom
    summarise: AskModel | None = None  # a model outside that sums up talks; None where there is none
    limits: Limits | None = None  # None: nobody is counted
