"""The API put together: one blueprint that brings its own errors, its document and its page of documentation."""

from typing import Any

from apiflask import APIBlueprint, APIFlask
from flask import request
from flask.blueprints import BlueprintSetupState

from miniapp_api import etags, limits, reading
from miniapp_api.approvals import approval_routes
from miniapp_api.archive import archive_routes
from miniapp_api.attachments import attachment_routes
from miniapp_api.channels import channel_routes
from miniapp_api.contacts import contact_routes
from miniapp_api.customers import customer_routes
from miniapp_api.deal_records import deal_record_routes
from miniapp_api.deals import deal_routes
from miniapp_api.deps import ApiDeps
from miniapp_api.digests import digest_routes
from miniapp_api.docs import serve_docs
from miniapp_api.errors import PREFIX, handle_errors
from miniapp_api.followups import follow_up_routes
from miniapp_api.forms import form_routes
from miniapp_api.leads import FORM, lead_routes
from miniapp_api.milestones import milestone_routes
from miniapp_api.pipelines import pipeline_routes
from miniapp_api.products import product_routes
from miniapp_api.projects import project_routes
from miniapp_api.quotes import quote_routes
from miniapp_api.radar import radar_routes
from miniapp_api.registrations import registration_routes
from miniapp_api.sales import sales_routes
from miniapp_api.sending import sending_routes
from miniapp_api.session import SIGN_IN, bearer_token, session_routes
from miniapp_api.shares import share_routes
from miniapp_api.sidebar import sidebar_routes
from miniapp_api.spec import configure
from miniapp_api.today import today_routes
from miniapp_api.visit_plans import visit_plan_routes
from miniapp_api.visit_uploads import visit_upload_routes
from miniapp_api.visits import visit_routes


def api(deps: ApiDeps) -> APIBlueprint:
    """The blueprint of `/api/v1`; register it on an APIFlask application whose `spec_path` is `/api/openapi.json`."""
    reading.install()
    bp = APIBlueprint("api", __name__, url_prefix=PREFIX, tag="CRM", template_folder="templates")
    bp.record_once(_set_up)
    bp.before_request(_token_first)
    if deps.limits is not None:
        limits.limited(bp, deps.limits)
    handle_errors(bp)
    bp.after_request(etags.stamped)
    session_routes(bp, deps)
    today_routes(bp, deps)
    customer_routes(bp, deps)
    form_routes(bp, deps)
    contact_routes(bp, deps)
    radar_routes(bp, deps)
    follow_up_routes(bp, deps)
    digest_routes(bp, deps)
    visit_upload_routes(bp, deps)
    visit_routes(bp, deps)
    visit_plan_routes(bp, deps)
    lead_routes(bp, deps)
    project_routes(bp, deps)
    registration_routes(bp, deps)
    channel_routes(bp, deps)
    share_routes(bp, deps)
    attachment_routes(bp, deps)
    deal_record_routes(bp, deps)
    deal_routes(bp, deps)
    approval_routes(bp, deps)
    milestone_routes(bp, deps)
    pipeline_routes(bp, deps)
    sales_routes(bp, deps)
    archive_routes(bp, deps)
    product_routes(bp, deps)
    quote_routes(bp, deps)
    sidebar_routes(bp, deps)
    sending_routes(bp, deps)
    return bp


def _set_up(state: BlueprintSetupState) -> None:
    if not isinstance(state.app, APIFlask):
        raise TypeError("the API describes itself through APIFlask: mount it on an APIFlask application")
    configure(state.app)
    state.app.spec_processor(_described)
    serve_docs(state.app)


def _described(document: dict[Any, Any] | str) -> dict[Any, Any] | str:
    """What holds for many operations at once is said of all of them here."""
    if isinstance(document, str):
        raise TypeError("the document is JSON")
    etags.described(document)
    limits.described(document)
    return document


def _token_first() -> None:
    """Who shows no token learns nothing else, not even which fields were wrong."""
    if request.method != "OPTIONS" and request.endpoint not in (SIGN_IN, FORM):
        bearer_token()
