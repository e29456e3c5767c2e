"""A file from outside becomes a customer's: onto the disk first, then its row, and never a row without its file."""

from collections.abc import Callable
from typing import IO, TypeVar

from crm.errors import CrmError
from crm.ports import AcceptedFile, KeepsFiles

T = TypeVar("T")


def take_in(files: KeepsFiles, stream: IO[bytes], commit: Callable[[AcceptedFile], tuple[T, bool]]) -> T:
    """`commit` opens its own transaction, and says with its answer whether a row now names this very file.

    A refusal or an earlier answer gives the file up at once. After any other failure nobody knows whether the row was
    committed: the file stays, and the sweep asks the store.
    """
    accepted = files.accept(stream)
    try:
        answer, named = commit(accepted)
    except CrmError:
        files.forget(accepted)
        raise
    if not named:
        files.forget(accepted)
    return answer
