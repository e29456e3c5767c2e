"""The web console: pages rendered here for the desk, acting only through use cases and reads."""

from console.blueprint import console
from console.deps import ConsoleDeps

__all__ = ["ConsoleDeps", "console"]
