"""The JSON API of the mini-program and the chat sidebar, mounted at `/api/v1` and described by OpenAPI."""

from miniapp_api.api import api
from miniapp_api.deps import ApiDeps

__all__ = ["ApiDeps", "api"]
