"""What telephones open: the JSON API at `/api/v1`, described by OpenAPI, and the pages of sidebar and upload link."""

from miniapp_api.api import api
from miniapp_api.deps import ApiDeps, Limits, Wecom
from miniapp_api.sidebar_page import SidebarDeps, sidebar_page
from miniapp_api.uploads import UploadDeps, uploads

__all__ = ["ApiDeps", "Limits", "SidebarDeps", "UploadDeps", "Wecom", "api", "sidebar_page", "uploads"]
