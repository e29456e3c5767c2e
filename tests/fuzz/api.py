"""`python -m tests.fuzz.api COUNT=200 [SEED=1] [DB=pg]`: schemathesis over the OpenAPI document as every role.

Every operation is called COUNT times as each role, half with requests that fit the document and half with such that do
not, with made-up ids and with real ones. Wrong is: a 5xx, a status that the operation does not name (its `default` does
not count), an answer that its schema refuses, an undescribed content type.
"""

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
from sqlalchemy import select

from config.trust import Verdict
from config.vocabulary import Role
from crm import uow
from crm.access import actor_by_userid
from crm.usecases.absences import go_away
from crm.usecases.products import ProductDraft, add_product
from models.approvals import Absence
from models.quotes import Product
from models.visits import Visit, VisitReview
from tests.access.stage import Stage, staged
from tests.access.world import MATE, NOBODYS, NOW, undone
from tests.support.postgres import Server

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_CHECKS: Any = [not_a_server_error, response_schema_conformance, content_type_conformance, response_headers_conformance]
_SETTINGS: Any = {"database": None, "deadline": None, "suppress_health_check": list(HealthCheck)}
# Fields and parameters that name a record otherwise than a blank of an address does.
_MEANS = {"customer": "customer_id", "end_user_id": "customer_id", "photos": "upload_id"}
_OUTSIDE = "502"  # WeCom is asked, and is not there: that is said, and where it is described it is right


@dataclass
class Outcome:
    """`wrong` holds one sentence for each kind of finding; `calls` counts operations × roles."""

    calls: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: dict[str, str] = field(default_factory=dict)


def _read_whole(app: "WSGIApplication") -> "WSGIApplication":
    """The same, with every answer read to its end and closed as a server does: whoever asks here closes no files."""

    def served(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        body = app(environ, start)
        try:
            return [b"".join(body)]
        finally:
            if hasattr(body, "close"):
                body.close()

    return served


def fuzz_api(stage: Stage, count: int, number: int, roles: Sequence[Role] = tuple(Role)) -> Outcome:
    outcome = Outcome()
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", _read_whole(stage.app))
    _without_locks(schema.raw_schema)
    _furnish_further()
    for role in roles:
        for found in schema.get_all_operations():
            operation: Any = found.ok()  # type: ignore[union-attr]
            if operation.path.startswith("/api/v1/"):
                _fuzz(stage, role, operation, count, number, outcome)
    return outcome


def _furnish_further() -> None:
    """What the world lacks and an address may name: a product, absences, visits that wait for somebody's words."""
    with uow.transaction() as s:
        pricer, deputy = (actor_by_userid(s, userid, NOW) for userid in (Role.OPERATIONS.value, MATE))
        add_product(s, pricer, ProductDraft("PN16-80", "闸阀"), NOW, entrance="console")
        for role in Role:
            actor, day = actor_by_userid(s, role.value, NOW), NOW.date()
            go_away(s, actor, deputy.person_id, day, day, NOW, entrance="console")
        for number, visit in enumerate(s.scalars(select(Visit))):
            visit.verdict = Verdict.DOUBTFUL
            if number % 2:
                s.add(VisitReview(visit_id=visit.id, asked_at=NOW, asked_by_id=visit.person_id, words="在车间里"))


def _without_locks(document: dict[str, Any]) -> None:
    """Not a word of tokens: schemathesis leaves them out of half its requests, whatever is handed to it, and those
    would meet nothing but the 401."""
    for methods in document["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)


def _fuzz(stage: Stage, role: Role, operation: Any, count: int, number: int, outcome: Outcome) -> None:
    way = f"{operation.method.upper()} {operation.path}"
    described = {str(status) for status in operation.definition.raw["responses"]}
    ids = _ids(stage, role)

    @seed(number)
    @settings(max_examples=count, phases=[Phase.generate], **_SETTINGS)
    @given(st.data())
    def once(data: Any) -> None:
        fits = data.draw(st.booleans()) or not _can_be_wrong(operation)
        mode = GenerationMode.POSITIVE if fits else GenerationMode.NEGATIVE
        case = data.draw(operation.as_strategy(generation_mode=mode))
        for name in case.path_parameters or {}:
            real = data.draw(st.sampled_from([None, *ids[name]]) if name in ids else st.none())
            if real is not None:
                case.path_parameters[name] = real
        if data.draw(st.booleans()):
            _hand_ids(data, case.body, ids)
            _hand_ids(data, case.query, ids)
        for name in [name for name in case.headers or {} if name.lower() == "authorization"]:
            del case.headers[name]  # our own stands there
        with undone(stage.engine):
            answer = case.call(headers={"Authorization": f"Bearer {stage.world.api[role]}"})
        outcome.calls[f"{role} {way}"] += 1
        outcome.statuses[answer.status_code] += 1
        if str(answer.status_code) not in described:
            outcome.wrong.setdefault(f"{way}: {answer.status_code} is not described", case.as_curl_command())
        if str(answer.status_code) == _OUTSIDE and _OUTSIDE in described:
            return
        try:
            case.validate_response(answer, checks=_CHECKS)
        except (Exception, BaseExceptionGroup) as failure:  # each check raises a kind of its own, several a group
            first = str(failure).strip().splitlines()[-1][:200]
            outcome.wrong.setdefault(f"{way}: {type(failure).__name__} {first}", case.as_curl_command())

    once()


def _hand_ids(data: Any, words: Any, ids: dict[str, list[str]]) -> None:
    """Real ids where the request names records: made-up ones never meet the rows behind them."""
    if not isinstance(words, dict):
        return
    for name, said in words.items():
        known = ids.get(_MEANS.get(name) or name)
        if known and isinstance(said, str):
            words[name] = data.draw(st.sampled_from(known))
        elif known and isinstance(said, list):
            words[name] = data.draw(st.lists(st.sampled_from(known), max_size=3))


def _can_be_wrong(operation: Any) -> bool:
    return bool(operation.body or operation.query or operation.headers)


def _ids(stage: Stage, role: Role) -> dict[str, list[str]]:
    """Real ids of every relation, and one that is nobody's, for each blank of an address."""
    things = [one for (whose, _), one in stage.world.things.items() if whose is role]
    return {
        "customer_id": [one.customer_public for one in (*things, NOBODYS)],
        "contact_id": [one.contact for one in (*things, NOBODYS)],
        "entry_id": [one.entry for one in (*things, NOBODYS)],
        "digest_id": [one.digest for one in (*things, NOBODYS)],
        "share_id": [one.share for one in (*things, NOBODYS)],
        "attachment_id": [one.attachment for one in (*things, NOBODYS)],
        "deal_id": [one.deal_public for one in (*things, NOBODYS)],
        "approval_id": [one.approval for one in (*things, NOBODYS)],
        "absence_id": _public(Absence),
        "product_id": _public(Product),
        "quote_id": [one.quote for one in (*things, NOBODYS)],
        "conflict_id": [one.conflict for one in (*things, NOBODYS)],
        "evidence_id": [one.evidence for one in (*things, NOBODYS)],
        "milestone_id": [one.milestone for one in (*things, NOBODYS)],
        "todo_id": [one.todo_public for one in (*things, NOBODYS)],
        "loser_id": [one.customer_public for one in (*things, NOBODYS)],
        "lead_id": [one.lead_public for one in (*things, NOBODYS)],
        "project_id": [one.project_public for one in (*things, NOBODYS)],
        "registration_id": [one.registration_public for one in (*things, NOBODYS)],
        "visit_id": [one.visit for one in (*things, NOBODYS)],
        "upload_id": [one.photo for one in (*things, NOBODYS)],
        "plan_id": [one.plan for one in (*things, NOBODYS)],
        "call_id": [one.call for one in (*things, NOBODYS)],
        "collision_id": [one.collision for one in (*things, NOBODYS)],
        "merge_id": [one.merge for one in (*things, NOBODYS)],
        "external_userid": [one.friend_userid for one in (*things, NOBODYS)],
    }


def _public(of: type[Absence] | type[Product]) -> list[str]:
    with uow.reading() as s:
        return [*s.scalars(select(of.public_id)), "0" * 20]


def main(words: Sequence[str]) -> int:
    asked = dict(word.split("=", 1) for word in words)
    count, number = int(asked.get("COUNT", 200)), int(asked.get("SEED", random.randrange(10**6)))
    server = Server() if asked.get("DB") == "pg" else None
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="crm-fuzz-api-") as name:
        url = server.create_database() if server else f"sqlite:///{name}/crm.db"
        with staged(url, Path(name)) as stage:
            outcome = fuzz_api(stage, count, number)
    if server:
        server.stop()
    least, took = min(outcome.calls.values()), time.monotonic() - start
    print(f"seed {number}, {asked.get('DB', 'sqlite')}: {sum(outcome.calls.values())} calls in {took:.0f} s,")
    print(f"{len(outcome.calls)} operations × roles, at least {least} calls each, {len(outcome.wrong)} findings;")
    print(f"answers {dict(sorted(outcome.statuses.items()))}")
    for finding, curl in outcome.wrong.items():
        print(f"FINDING {finding}\n  {curl[:600]}")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
