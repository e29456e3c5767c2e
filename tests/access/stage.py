"""The real application over the furnished company, for the matrix and for the fuzzing of the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine

from crm import uow
from gateways.files import FileStore
from tests.access.world import NOW, World, furnish
from tests.bot.wecom import ClockFile, Wecom, settings_of
from tests.support import stores
from wsgi import create_app


@dataclass(frozen=True)
class Stage:
    """`engine` is for `undone`, around each call."""

    app: Flask
    wecom: Wecom
    world: World
    engine: Engine


@contextmanager
def staged(url: str, folder: Path) -> Iterator[Stage]:
    """A store of its own at `url`; the clock stands at 10:00 of a working Monday and runs."""
    stores.upgrade(url)
    clock = ClockFile(folder)
    clock.set(NOW)
    hooks, snapshot = uow._hooks[:], uow._SNAPSHOT
    try:
        app = create_app(settings_of(url, folder))
        uow._hooks.clear()  # nobody is nudged
        uow._SNAPSHOT = {}  # inside a transaction that is taken back nobody begins another kind of one
        engine = uow.connect(url)
        yield Stage(app, Wecom(app, clock), furnish(FileStore(folder / "files")), engine)
        engine.dispose()
    finally:
        uow._SNAPSHOT = snapshot
        uow._hooks[:] = hooks
