"""What telephones open: the JSON API at `/api/v1`, described by OpenAPI, and the page behind an upload link."""

from miniapp_api.api import api
from miniapp_api.deps import ApiDeps
from miniapp_api.uploads import UploadDeps, uploads

__all__ = ["ApiDeps", "UploadDeps", "api", "uploads"]
