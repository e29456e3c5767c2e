"""What a handler of the server API is given and what it may return."""

from collections.abc import Callable
from dataclasses import dataclass

from emulator.errors import ApiError
from emulator.tenant import Json
from emulator.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """One checked API call: the query as text, the body as parsed JSON ({} for GET)."""

    world: World
    query: dict[str, str]
    body: Json
    base: str  # the emulator's own address

    def needed(self, name: str) -> str:
        """A query parameter that must be there, else 40063."""
        value = self.query.get(name)
        if not value:
            raise ApiError(40063, name)
        return value

    def number(self, name: str) -> int:
        try:
            return int(self.needed(name))
        except ValueError:
            raise ApiError(40058, name) from None


@dataclass(frozen=True, slots=True)
class Binary:
    """A file as answer instead of JSON."""

    name: str
    mime: str
    data: bytes


Handler = Callable[[Call], Json | Binary]
