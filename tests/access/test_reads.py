"""Every read of the API, as its document lists them: an answer that has not changed is not sent again, lists end.

Asked of the furnished company, where every address has something to tell.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from config.vocabulary import Role
from crm import uow
from crm.access import actor_by_userid
from crm.usecases.products import ProductDraft, add_product
from tests.access.declared import ROUTES, Page
from tests.access.probe import BLANK
from tests.access.stage import Stage, staged
from tests.access.world import NOW, Relation

pytestmark = pytest.mark.slow  # a whole company with every kind of record is staged first
ASKED = {
    "/fields": {"of": "customer"},
    "/visit-plans": {"day": "2026-11-23"},
    "/route": {"day": "2026-11-23"},
}
# Lists without pages, and what keeps each short.
SHORT = {
    "/absences": "who is away now or soon, of those one answers for",
    "/channels": "one row for each source and campaign",
    "/collisions": "the open ones of one's own teams",
    "/customers/{customer_id}/attachments": "a policy number: attachments_per_customer",
    "/customers/{customer_id}/contacts": "the people of one company",
    "/customers/{customer_id}/merge/{loser_id}": "the fields of one form",
    "/customers/{customer_id}/prices": "the latest few",
    "/customers/{customer_id}/shares": "colleagues who share one customer",
    "/endings": "reasons and stages",
    "/fields": "the fields of one form",
    "/funnel": "stages",
    "/merges": "the latest few that can be undone",
    "/pipelines": "pipelines of the company",
    "/quote-conflicts": "the open ones that one is asked about",
    "/route": "one person's day",
    "/sales-path": "pipelines of the company",
    "/sidebar": "who is beside one chat",
    "/today": "one person's day",
    "/visit-plans": "one person's day",
}
NEVER_TWICE = {"/jsapi/agent-config", "/sidebar"}  # a signature for the moment, and our clock: each time another


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("reads")
    with staged(f"sqlite:///{folder}/crm.db", folder) as it:
        with uow.transaction() as s:
            pricer = actor_by_userid(s, Role.OPERATIONS.value, NOW)
            made = add_product(s, pricer, ProductDraft("PN16-80", "闸阀"), NOW, entrance="console")
        ASKED["/customers/{customer_id}/prices"] = {"product_id": made.public_id}
        ASKED["/sidebar"] = {"external_userid": it.world.things[Role.REP, Relation.OWN].friend_userid}
        yield it


@pytest.fixture(scope="module")
def reads(stage: Stage) -> dict[str, dict[str, Any]]:
    document = stage.app.test_client().get("/api/openapi.json").get_json()
    return {
        path.removeprefix("/api/v1"): methods["get"]
        for path, methods in document["paths"].items()
        if "get" in methods and path.startswith("/api/v1/")
    }


def ask(stage: Stage, path: str, etag: str = "") -> TestResponse:
    """As a rep of something that is his; as operations what reps do not see."""
    rule = "/api/v1" + path.replace("{", "<").replace("}", ">")
    door = ROUTES[f"GET {rule}"]
    role = Role.OPERATIONS if isinstance(door, Page) and Role.REP not in door.roles else Role.REP
    things = stage.world.of(role, Relation.OWN)
    blanks = {"loser_id": "twin"}  # every other blank is the thing itself
    thing = getattr(door, "thing", "customer_public")
    address = BLANK.sub(lambda blank: str(getattr(things, blanks.get(blank[1], thing))), rule)
    headers = {"Authorization": f"Bearer {stage.world.api[role]}"} | ({"If-None-Match": etag} if etag else {})
    return stage.app.test_client().get(address, query_string=ASKED.get(path), headers=headers, buffered=True)


def test_every_read_is_answered_and_is_not_sent_again_while_it_stays_the_same(
    stage: Stage, reads: dict[str, dict[str, Any]]
) -> None:
    wrong = []
    for path, operation in reads.items():
        first = ask(stage, path)
        if path in NEVER_TWICE:
            continue
        if first.status_code != 200:
            wrong.append(f"{path}: {first.status_code} {first.get_data(as_text=True)[:200]}")
            continue
        again = ask(stage, path, first.headers.get("ETag", ""))
        if (again.status_code, again.get_data()) != (304, b""):
            wrong.append(f"{path}: {again.status_code}, ETag {first.headers.get('ETag')}")
        if "304" not in operation["responses"] or "ETag" not in operation["responses"]["200"].get("headers", {}):
            wrong.append(f"{path}: the document does not speak of the ETag")
        if ask(stage, path, '"of something else"').status_code != 200:
            wrong.append(f"{path}: nothing for who has something else")
    assert wrong == []


def test_every_list_has_pages_or_a_reason_why_it_stays_short(reads: dict[str, dict[str, Any]], stage: Stage) -> None:
    models = stage.app.test_client().get("/api/openapi.json").get_json()["components"]["schemas"]
    lists = {}
    for path, operation in reads.items():
        schema = operation["responses"]["200"]["content"].get("application/json", {}).get("schema", {})
        answer = models.get(schema.get("$ref", "").rsplit("/", 1)[-1], {}).get("properties", {})
        one_thing = path.endswith("}") and path not in SHORT  # its parts are its own
        if not one_thing and any(field.get("type") == "array" for field in answer.values()):
            lists[path] = ({parameter["name"] for parameter in operation["parameters"]}, answer)
    assert {path for path, (asked, _) in lists.items() if not asked & {"cursor", "page"}} == set(SHORT)
    for path, (asked, answer) in lists.items():
        assert ("cursor" in asked) == ("next_cursor" in answer), path
