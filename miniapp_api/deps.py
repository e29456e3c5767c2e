"""What the API is given by the process that mounts it: the time, who holds a login code, where files are kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from config.clock import Clock
from config.vocabulary import LoginVia
from crm.ports import AskModel
from gateways.files import FileStore


@dataclass(frozen=True, slots=True)
class ApiDeps:
    """`who` trades a login code for a userid, by entrance; `outside_errors` are what it raises when it cannot."""

    clock: Clock
    who: Mapping[LoginVia, Callable[[str], str]]
    outside_errors: tuple[type[Exception], ...]
    files: FileStore
    summarise: AskModel | None = None  # a model outside that sums up talks; None where there is none
