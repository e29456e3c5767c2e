"""The one table: what every route, verb and button is about, and who may do that to a record of which relation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from config.vocabulary import Role
from crm.access import DECIDE, READ, WRITE, To
from tests.access.world import Relation, Things

EVERYBODY = frozenset(Role)
OPERATORS = frozenset({Role.ADMIN, Role.OPERATIONS})
ADMINS = frozenset({Role.ADMIN})
PRICERS = OPERATORS | {Role.FINANCE}
HOLDERS = frozenset(Role) - {Role.FINANCE, Role.SERVICE}
ASSIGNERS = OPERATORS | {Role.TEAM_LEAD, Role.REGIONAL_MANAGER, Role.DIRECTOR}

_LOOK, _WORK, _ALL = frozenset({READ}), frozenset({READ, WRITE}), frozenset({READ, WRITE, DECIDE})
_OWN = {Relation.OWN: _ALL, Relation.SHARED_READ: _LOOK, Relation.TOGETHER: _WORK}
_TEAM = _OWN | {Relation.TEAM: _ALL, Relation.QUEUE: _ALL, Relation.LEAVER: _ALL}
_COMPANY = dict.fromkeys(Relation, _ALL)
# What a role may do with a customer of each relation, and with all that hangs on it. What is not here is not there.
MAY: Mapping[Role, Mapping[Relation, frozenset[To]]] = {
    Role.REP: _OWN,
    Role.TEAM_LEAD: _TEAM,
    Role.REGIONAL_MANAGER: _TEAM,  # of team ONE, which he was given
    Role.DIRECTOR: _COMPANY,  # he leads the root
    Role.OPERATIONS: _COMPANY,
    Role.ADMIN: _COMPANY,
    Role.FINANCE: {Relation.SHARED_READ: _LOOK},
    Role.SERVICE: {Relation.SHARED_READ: _LOOK},
}


@dataclass(frozen=True)
class Open:
    """Needs nobody signed in: the way in, documents, health, WeCom's own callback."""


@dataclass(frozen=True)
class Page:
    """For these roles, and about no record in particular: what it lists must be theirs to see (the canaries tell)."""

    roles: frozenset[Role] = EVERYBODY
    body: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""  # the address's own blanks filled in, where there are any
    named: frozenset[Role] = frozenset()  # who reads there for whom something is, whoever's customer it is


@dataclass(frozen=True)
class Record:
    """About one record: `to` is what must be allowed of its customer. `asks` makes the body out of the record."""

    to: To
    asks: Callable[[Things], Mapping[str, Any]] = lambda _: {}
    roles: frozenset[Role] = EVERYBODY
    thing: str = "customer_public"  # which id stands in the address
    done: bool = False  # it must be done for whoever may, not only let in


@dataclass(frozen=True)
class Mine:
    """About something that is its author's alone, whatever else one may see of the customer: a note, a to-do."""

    thing: str
    asks: Callable[[Things], Mapping[str, Any]] = lambda _: {}
    roles: frozenset[Role] = EVERYBODY


@dataclass(frozen=True)
class Friend:
    """About an outside contact, a lead or a registration: for whose it is, and those who answer for that colleague."""

    asks: Callable[[Things], Mapping[str, Any]] = lambda _: {}
    thing: str = "friend"
    roles: frozenset[Role] = EVERYBODY


@dataclass(frozen=True)
class Site:
    """About a project: it is there as its end user is; for who holds no customers there is none."""

    to: To
    asks: Callable[[Things], Mapping[str, Any]] = lambda _: {}
    roles: frozenset[Role] = EVERYBODY
    thing: str = "project_public"


@dataclass(frozen=True)
class Matter:
    """About a collision, or a visit: for the managers who decide about its customer, and the administrators."""

    asks: Callable[[Things], Mapping[str, Any]] = lambda _: {}
    thing: str = "collision"
    roles: frozenset[Role] = ASSIGNERS
    judges: frozenset[Role] = ASSIGNERS - {Role.OPERATIONS}


@dataclass(frozen=True)
class Beyond:
    """Looks beyond what one may see, and says of it only that it is there."""

    asks: Callable[[Things], Mapping[str, Any]]
    thing: str = ""


@dataclass(frozen=True)
class Signing:
    """About an approval that its holder asked for and that waits for somebody else: whoever sees it is told that it is
    not his; `mine`: it is for whoever asked."""

    asks: Callable[[Things], Mapping[str, Any]] = lambda _: {}
    thing: str = "approval"
    mine: bool = False
    roles: frozenset[Role] = EVERYBODY


@dataclass(frozen=True)
class Quoted:
    """About a quote of its customer's holder: of a customer that another team shares one reads no price of theirs.

    Finance reads them all, and changes none.
    """

    to: To
    asks: Callable[[Things], Mapping[str, Any]] = lambda _: {}
    thing: str = "quote"
    roles: frozenset[Role] = EVERYBODY
    done: bool = False


@dataclass(frozen=True)
class Contested:
    """About which of two teams' quotes stands: for those above either, never for who quotes himself."""

    asks: Callable[[Things], Mapping[str, Any]] = lambda _: {}
    thing: str = "conflict"
    roles: frozenset[Role] = EVERYBODY
    done: bool = True


About = Record | Mine | Friend | Site | Matter | Signing | Quoted | Contested
Door = Open | Page | About | Beyond
_TALK = "王工: 要20台泵\n王工: 周五前报价"
_TEXT = {"text": "电话聊了交期，下周三去现场看"}
_VISIT = {
    "latitude": 31.234561,
    "longitude": 121.412345,
    "datum": "gcj02",
    "accuracy_m": 25,
    "fix_at": "2026-11-23T09:00:00+08:00",
    "at": "2026-11-23T09:00:00+08:00",
    "sent_at": "2026-11-23T09:00:00+08:00",
    "device": "phone",
}

_CHAT = {"kind": "external_contact", "chat": "woNobodys"}
_TODO = {"text": "送样品", "due_at": "2026-12-20T10:00:00+08:00"}
_TENDER = "2026-12-20T10:00:00+08:00"

_LEAD = {"company": "无锡蓝天全新公司", "phone": "13800138000"}


def _dealer(it: Things) -> Mapping[str, Any]:
    return {"customer": it.customer_public, "role": "dealer"}


def _party(it: Things) -> Mapping[str, Any]:
    return {"customer_id": it.customer_public, "role": "dealer"}


def _offer(_: Things) -> Mapping[str, Any]:
    return {"lines": [{"words": "备件", "quantity": "1", "unit_price": "100"}]}


def _file() -> tuple[BytesIO, str]:
    return BytesIO("技术协议第二稿".encode()), "技术协议.txt"


ROUTES: Mapping[str, Door] = {
    "GET /": Open(),
    "GET /healthz": Open(),
    "GET /readyz": Open(),
    "GET /metrics": Open(),
    "GET /static/<path:filename>": Open(),
    "GET /wecom/callback": Open(),
    "POST /wecom/callback": Open(),
    "GET /api/docs": Open(),
    "GET /api/openapi.json": Open(),
    "GET /upload/<token>": Open(),
    "POST /upload/<token>": Open(),
    "GET /upload/static/<name>": Open(),
    "GET /sidebar/": Open(),
    "GET /sidebar/static/<name>": Open(),
    "POST /api/v1/session": Open(),
    "DELETE /api/v1/session": Page(),
    "GET /api/v1/me": Page(),
    "GET /api/v1/customers": Page(),
    "GET /api/v1/customers/<customer_id>": Record(READ),
    "GET /api/v1/customers/<customer_id>/timeline": Record(READ, done=True),
    "DELETE /api/v1/customers/<customer_id>/place": Record(WRITE),
    "POST /api/v1/customers/<customer_id>/follow-ups": Record(WRITE, lambda _: _TEXT),
    "GET /api/v1/customers/<customer_id>/shares": Record(READ),
    "POST /api/v1/customers/<customer_id>/shares": Record(DECIDE, lambda _: {"userid": "wu", "access": "read"}),
    "DELETE /api/v1/shares/<share_id>": Record(DECIDE, thing="share"),
    "POST /api/v1/contacts/<contact_id>/phone": Record(READ, thing="contact"),
    "DELETE /api/v1/external-contacts/<external_userid>/talk": Friend(thing="friend_userid", roles=ASSIGNERS),
    "GET /api/v1/customers/<customer_id>/attachments": Record(READ),
    "POST /api/v1/customers/<customer_id>/attachments": Record(WRITE, lambda _: {"file": _file()}),
    "GET /api/v1/attachments/<attachment_id>": Record(READ, thing="attachment"),
    "DELETE /api/v1/attachments/<attachment_id>": Record(WRITE, thing="attachment"),
    "POST /api/v1/attachments/<attachment_id>/restore": Record(WRITE, thing="attachment"),
    "GET /api/v1/deals/<deal_id>": Record(READ, thing="deal_public"),
    "POST /api/v1/customers/<customer_id>/deals": Record(
        WRITE, lambda _: {"name": "三期循环泵", "amount": "80万"}, done=True
    ),
    "PATCH /api/v1/deals/<deal_id>": Record(
        WRITE, lambda _: {"fields": {"amount": "80万"}}, thing="deal_public", done=True
    ),
    "POST /api/v1/deals/<deal_id>/move": Record(
        WRITE, lambda _: {"to": "shelved", "reason": "客户暂停了项目"}, thing="deal_public", done=True
    ),
    "POST /api/v1/deals/<deal_id>/move/undo": Record(WRITE, lambda _: {"stage": "requirement"}, thing="deal_public"),
    "POST /api/v1/deals/<deal_id>/evidence": Record(
        WRITE,
        lambda it: {"stage": "proposal", "kind": "minutes", "attachment_id": it.attachment},
        thing="deal_public",
    ),
    "DELETE /api/v1/evidence/<evidence_id>": Record(WRITE, thing="evidence", done=True),
    "GET /api/v1/approvals": Page(),
    "GET /api/v1/approvals/<approval_id>": Record(READ, thing="approval"),
    "POST /api/v1/approvals/<approval_id>/decide": Signing(lambda _: {"verdict": "approve"}),
    "POST /api/v1/approvals/<approval_id>/signers": Signing(lambda _: {"userid": "mate", "how": "add"}),
    "POST /api/v1/approvals/<approval_id>/notes": Record(
        WRITE, lambda _: {"words": "付款条件再谈"}, thing="approval", done=True
    ),
    "POST /api/v1/approvals/<approval_id>/nudge": Signing(mine=True),
    "POST /api/v1/approvals/<approval_id>/withdraw": Signing(mine=True),
    "GET /api/v1/absences": Page(),
    "POST /api/v1/absences": Page(body={"userid": "wu", "first_day": "2026-12-01", "last_day": "2026-12-02"}),
    "DELETE /api/v1/absences/<absence_id>": Page(at=f"/api/v1/absences/{'0' * 20}"),
    "GET /api/v1/pipelines": Page(),
    "POST /api/v1/deals/<deal_id>/milestones": Record(
        WRITE, lambda _: {"kind": "delivery", "due_at": _TENDER}, thing="deal_public", done=True
    ),
    "PATCH /api/v1/milestones/<milestone_id>": Record(
        WRITE, lambda _: {"due_at": _TENDER}, thing="milestone", done=True
    ),
    "POST /api/v1/milestones/<milestone_id>/finish": Record(WRITE, thing="milestone", done=True),
    "DELETE /api/v1/milestones/<milestone_id>": Record(WRITE, thing="milestone", done=True),
    "POST /api/v1/milestones/<milestone_id>/restore": Record(WRITE, thing="milestone"),
    "GET /api/v1/products": Page(),
    "PATCH /api/v1/products/<product_id>": Page(
        PRICERS, {"model": "X1", "name": "泵", "unit": "台", "version": 1}, f"/api/v1/products/{'0' * 20}"
    ),
    "POST /api/v1/products/<product_id>/retire": Page(PRICERS, {"version": 1}, f"/api/v1/products/{'0' * 20}/retire"),
    "GET /api/v1/customers/<customer_id>/prices": Page(at=f"/api/v1/customers/{'0' * 20}/prices?product_id={'0' * 20}"),
    "POST /api/v1/customers/<customer_id>/quotes": Record(WRITE, _offer, done=True),
    "GET /api/v1/quotes": Page(named=frozenset({Role.FINANCE})),
    "GET /api/v1/quotes/<quote_id>": Quoted(READ),
    "POST /api/v1/quotes/<quote_id>/revise": Quoted(WRITE, _offer, done=True),
    "POST /api/v1/quotes/<quote_id>/copy": Quoted(WRITE, done=True),
    "POST /api/v1/quotes/<quote_id>/send": Quoted(WRITE, done=True),
    "POST /api/v1/quotes/<quote_id>/withdraw": Quoted(WRITE, done=True),
    "GET /api/v1/quote-conflicts": Page(),
    "POST /api/v1/quote-conflicts/<conflict_id>/verdict": Contested(lambda _: {"verdict": "first"}),
    "DELETE /api/v1/follow-ups/<entry_id>": Mine("entry"),
    "POST /api/v1/customers/<customer_id>/digests": Record(WRITE, lambda _: {"text": _TALK}, done=True),
    "GET /api/v1/digests/<digest_id>": Record(READ, thing="digest"),
    "DELETE /api/v1/digests/<digest_id>": Mine("digest"),
    "POST /api/v1/uploads": Page(body={"client_id": "photo-1"}),
    "GET /api/v1/uploads/<upload_id>": Record(READ, thing="photo"),
    "POST /api/v1/visits": Record(
        WRITE, lambda it: _VISIT | {"client_id": "phone-1", "customer_id": it.customer_public}, done=True
    ),
    "GET /api/v1/visits": Page(),
    "GET /api/v1/visits/reviews": Page(),
    "POST /api/v1/visits/nearby": Page(body={"latitude": 31.6, "longitude": 120.7, "datum": "gcj02"}),
    "GET /api/v1/visits/<visit_id>": Record(READ, thing="visit", done=True),
    "POST /api/v1/visits/<visit_id>/report": Mine("visit", lambda _: {"report": "看了泵房，旧泵汽蚀严重"}),
    "DELETE /api/v1/visits/<visit_id>": Mine("visit"),
    "POST /api/v1/visits/<visit_id>/appeal": Mine("visit", lambda _: {"words": "当时在泵房里"}),
    "GET /api/v1/visit-plans": Page(at="/api/v1/visit-plans?day=2026-11-23"),
    "POST /api/v1/visit-plans": Record(
        READ, lambda it: {"client_id": "plan-1", "customer_id": it.customer_public, "day": "2026-11-24"}, done=True
    ),
    "PATCH /api/v1/visit-plans/<plan_id>": Mine("plan", lambda _: {"place": 3}),
    "DELETE /api/v1/visit-plans/<plan_id>": Mine("plan"),
    "GET /api/v1/route": Page(at="/api/v1/route?day=2026-11-23"),
    "POST /api/v1/calls": Record(
        WRITE,
        lambda it: {"client_id": "call-1", "customer_id": it.customer_public, "at": "2026-11-23T09:00:00+08:00"},
        done=True,
    ),
    "PATCH /api/v1/calls/<call_id>": Mine("call", lambda _: {"reached": False}),
    "POST /api/v1/visits/<visit_id>/review": Matter(lambda _: {"verdict": "valid"}, "visit", EVERYBODY, ASSIGNERS),
    "POST /api/v1/leads/inlet/<token>": Open(),
    "GET /api/v1/leads": Page(),
    "POST /api/v1/leads": Page(HOLDERS, _LEAD | {"inlet": "manual"}),
    "POST /api/v1/leads/<lead_id>/steps": Friend(lambda _: {"step": "respond"}, "lead_public"),
    "POST /api/v1/leads/<lead_id>/convert": Friend(lambda _: {"name": "无锡蓝天全新公司"}, "lead_public"),
    "GET /api/v1/projects": Page(),
    "GET /api/v1/fields": Page(at="/api/v1/fields?of=customer"),
    "POST /api/v1/customers": Page(HOLDERS, {"fields": {"name": "无锡蓝天全新公司"}}),
    "PATCH /api/v1/customers/<customer_id>": Record(WRITE, lambda _: {"fields": {"industry": "水处理"}}),
    "GET /api/v1/customers/<customer_id>/contacts": Record(READ),
    "POST /api/v1/customers/<customer_id>/contacts": Record(WRITE, lambda _: {"fields": {"name": "沈科长"}}),
    "GET /api/v1/contacts/<contact_id>": Record(READ, thing="contact"),
    "PATCH /api/v1/contacts/<contact_id>": Record(WRITE, lambda _: {"fields": {"title": "科长"}}, thing="contact"),
    "POST /api/v1/contacts/<contact_id>/retire": Record(WRITE, thing="contact"),
    "POST /api/v1/contacts/<contact_id>/restore": Record(WRITE, thing="contact"),
    "POST /api/v1/lookups": Beyond(lambda it: {"name": it.name}),
    "GET /api/v1/customers/<customer_id>/merge/<loser_id>": Record(DECIDE, done=True),
    "POST /api/v1/customers/<customer_id>/merge": Record(DECIDE, lambda it: {"loser_id": it.twin}, done=True),
    "GET /api/v1/merges": Page(),
    "POST /api/v1/merges/<merge_id>/undo": Record(DECIDE, thing="merge"),
    "GET /api/v1/collisions": Page(ASSIGNERS),
    "POST /api/v1/collisions/<collision_id>/verdict": Matter(lambda _: {"verdict": "holder"}),
    "GET /api/v1/leads/<lead_id>": Friend(thing="lead_public"),
    "POST /api/v1/leads/<lead_id>/assign": Friend(lambda _: {"userid": "mate"}, "lead_public", ASSIGNERS),
    "POST /api/v1/leads/<lead_id>/undo": Friend(thing="lead_public"),
    "POST /api/v1/projects": Page(HOLDERS, {"name": "全新项目", "end_user": "无锡蓝天全新公司"}),
    "GET /api/v1/projects/<project_id>": Site(READ),
    "PATCH /api/v1/projects/<project_id>": Site(WRITE, lambda _: {"site": "江苏无锡"}),
    "POST /api/v1/projects/<project_id>/state": Site(WRITE, lambda _: {"state": "won"}),
    "POST /api/v1/projects/<project_id>/parties": Site(WRITE, _party),
    "POST /api/v1/projects/<project_id>/parties/remove": Site(WRITE, _party),
    "POST /api/v1/projects/<project_id>/registrations": Site(WRITE, lambda it: {"customer_id": it.customer_public}),
    "POST /api/v1/registrations/<registration_id>/extend": Friend(lambda _: {"reason": ""}, "registration_public"),
    "POST /api/v1/registrations/<registration_id>/shorten": Friend(
        lambda _: {"was": "2026-11-24T02:00:00+00:00"}, "registration_public"
    ),
    "POST /api/v1/registrations/<registration_id>/end": Friend(lambda _: {"reason": ""}, "registration_public"),
    "POST /api/v1/registrations/<registration_id>/restore": Friend(thing="registration_public"),
    "GET /api/v1/channels": Page(HOLDERS),
    "GET /api/v1/board": Page(HOLDERS),
    "GET /api/v1/funnel": Page(HOLDERS),
    "GET /api/v1/sidebar": Page(),
    "GET /api/v1/jsapi/agent-config": Page(),
    "POST /api/v1/sidebar/link": Page(body={**_CHAT, "customer_id": "0" * 20}),
    "POST /api/v1/sidebar/unlink": Page(body={**_CHAT, "seen": "0" * 20}),
    "POST /api/v1/sidebar/customers": Page(body={**_CHAT, "name": "无锡蓝天全新公司"}),
    "POST /api/v1/sidebar/ignore": Page(body={**_CHAT, "reason": "supplier"}),
    "POST /api/v1/attachments/<attachment_id>/media": Page(at=f"/api/v1/attachments/{'0' * 20}/media"),
    "GET /api/v1/today": Page(),
    "POST /api/v1/customers/<customer_id>/todos": Record(READ, lambda _: _TODO),
    "POST /api/v1/todos/<todo_id>/finish": Mine("todo_public"),
    "POST /api/v1/todos/<todo_id>/reopen": Mine("todo_public"),
    "GET /api/v1/sales-path": Page(HOLDERS),
    "GET /api/v1/endings": Page(HOLDERS),
    "GET /console/board": Page(HOLDERS),
    "GET /console/funnel": Page(HOLDERS),
    "GET /console/sales-path": Page(HOLDERS),
    "GET /console/endings": Page(HOLDERS),
    "GET /console/endings/deals": Page(HOLDERS, at="/console/endings/deals?kind=won"),
    "GET /console/leads": Page(HOLDERS),
    "POST /console/leads": Page(HOLDERS, _LEAD | {"inlet": "manual", "source": "inquiry"}),
    "GET /console/leads/<public_id>": Friend(thing="lead_public", roles=HOLDERS),
    "POST /console/leads/<public_id>/claim": Friend(thing="lead_public", roles=HOLDERS),
    "POST /console/leads/<public_id>/assign": Friend(lambda _: {"to": 9}, "lead_public", ASSIGNERS),
    "POST /console/leads/<public_id>/respond": Friend(lambda _: {"kind": "call"}, "lead_public", HOLDERS),
    "POST /console/leads/<public_id>/invalid": Friend(lambda _: {"reason": "no_need"}, "lead_public", HOLDERS),
    "POST /console/leads/<public_id>/convert": Friend(thing="lead_public", roles=HOLDERS),
    "POST /console/leads/<public_id>/undo": Page(HOLDERS, {"event": 1}, at="/console/leads/0/undo"),
    "GET /console/lead-sources": Page(OPERATORS),
    "POST /console/lead-sources": Page(
        OPERATORS, {"name": "官网表单", "inlet": "web_form", "source": "inquiry", "team": 2}
    ),
    "POST /console/lead-sources/<public_id>/close": Page(OPERATORS, at="/console/lead-sources/0/close"),
    "POST /console/lead-sources/<public_id>/reopen": Page(OPERATORS, at="/console/lead-sources/0/reopen"),
    "GET /console/channels": Page(HOLDERS),
    "GET /console/channels/customers": Page(HOLDERS, at="/console/channels/customers?what=customers&source=event"),
    "GET /console/projects": Page(HOLDERS),
    "POST /console/projects": Page(HOLDERS, {"name": "全新项目", "end_user": "无锡蓝天全新公司"}),
    "GET /console/projects/<public_id>": Site(READ, roles=HOLDERS),
    "POST /console/projects/<public_id>/register": Site(WRITE, _dealer, HOLDERS),
    "POST /console/projects/<public_id>/parties": Site(WRITE, _dealer, HOLDERS),
    "POST /console/projects/<public_id>/parties/remove": Site(WRITE, _dealer, HOLDERS),
    "POST /console/projects/<public_id>/state": Site(WRITE, lambda _: {"state": "won"}, HOLDERS),
    "POST /console/registrations/<public_id>/extend": Friend(thing="registration_public", roles=HOLDERS),
    "POST /console/registrations/<public_id>/end": Friend(thing="registration_public", roles=HOLDERS),
    "POST /console/registrations/<public_id>/extend/undo": Friend(
        lambda _: {"was": "2026-11-20T00:00:00+00:00"}, thing="registration_public", roles=HOLDERS
    ),
    "POST /console/registrations/<public_id>/end/undo": Friend(thing="registration_public", roles=HOLDERS),
    "GET /console/": Page(),
    "GET /console/<path:rest>": Page(frozenset(), at="/console/nowhere"),
    "POST /console/": Open(),
    "POST /console/<path:rest>": Open(),
    "GET /console/static/<path:name>": Open(),
    "GET /console/login": Open(),
    "GET /console/login/done": Open(),
    "GET /console/login/go": Open(),
    "POST /console/logout": Page(),
    "GET /console/customers": Page(),
    "GET /console/customers/<public_id>": Record(READ),
    "POST /console/customers/<public_id>/attachments": Record(WRITE, lambda _: {"file": _file()}),
    "GET /console/attachments/<public_id>": Record(READ, thing="attachment"),
    "GET /console/attachments/<public_id>/thumb": Record(READ, thing="attachment"),
    "POST /console/attachments/<public_id>/remove": Record(WRITE, thing="attachment"),
    "POST /console/attachments/<public_id>/restore": Record(WRITE, thing="attachment"),
    "GET /console/customers/new": Page(HOLDERS),
    "POST /console/customers/new": Page(HOLDERS),
    "GET /console/customers/<public_id>/edit": Record(WRITE),
    "POST /console/customers/<public_id>/edit": Record(WRITE, lambda _: {"industry": "水处理"}),
    "POST /console/customers/<public_id>/changes/<number>/restore": Page(
        at=f"/console/customers/{'0' * 20}/changes/1/restore"
    ),
    "GET /console/customers/<public_id>/contacts/new": Record(WRITE),
    "POST /console/customers/<public_id>/contacts/new": Record(WRITE, lambda _: {"name": "沈科长"}),
    "GET /console/customers/contacts/<contact_id>/edit": Record(WRITE, thing="contact"),
    "POST /console/customers/contacts/<contact_id>/edit": Record(WRITE, lambda _: {"title": "科长"}, thing="contact"),
    "POST /console/customers/contacts/<contact_id>/retire": Record(WRITE, thing="contact"),
    "POST /console/customers/contacts/<contact_id>/restore": Record(WRITE, thing="contact"),
    "GET /console/deals/<deal_id>": Record(READ, thing="deal_public"),
    "POST /console/deals/<deal_id>/move": Record(
        WRITE, lambda _: {"to": "shelved", "reason": "客户暂停了项目"}, thing="deal_public", done=True
    ),
    "POST /console/deals/<deal_id>/move/undo": Record(WRITE, lambda _: {"period": 1}, thing="deal_public"),
    "POST /console/deals/<deal_id>/evidence": Record(
        WRITE, lambda it: {"stage": "proposal", "kind": "minutes", "file_id": it.attachment}, thing="deal_public"
    ),
    "POST /console/deals/<deal_id>/milestones": Record(
        WRITE, lambda _: {"kind": "delivery", "due_at": "2026-12-20T10:00"}, thing="deal_public", done=True
    ),
    "POST /console/milestones/<milestone_id>": Record(
        WRITE, lambda _: {"due_at": "2026-12-20T10:00"}, thing="milestone", done=True
    ),
    "POST /console/milestones/<milestone_id>/finish": Record(WRITE, thing="milestone", done=True),
    "POST /console/milestones/<milestone_id>/remove": Record(WRITE, thing="milestone", done=True),
    "POST /console/milestones/<milestone_id>/restore": Record(WRITE, thing="milestone"),
    "POST /console/evidence/<evidence_id>/remove": Record(WRITE, thing="evidence"),
    "GET /console/approvals": Page(),
    "GET /console/approvals/<approval_id>": Record(READ, thing="approval"),
    "POST /console/approvals/<approval_id>/<act>": Page(at=f"/console/approvals/{'0' * 20}/approve"),
    "POST /console/absences": Page(body={"deputy": "wu", "first_day": "2026-12-01", "last_day": "2026-12-02"}),
    "POST /console/absences/<absence_id>/end": Page(at=f"/console/absences/{'0' * 20}/end"),
    "GET /console/quotes": Page(named=frozenset({Role.FINANCE})),
    "GET /console/quotes/new": Page(at=f"/console/quotes/new?customer={'0' * 20}"),
    "POST /console/quotes/new": Record(
        WRITE,
        lambda it: {"customer": it.customer_public, "model0": "备件", "quantity0": "1", "price0": "100"},
        done=True,
    ),
    "GET /console/quotes/<quote_id>": Quoted(READ),
    "GET /console/quotes/<quote_id>/revise": Quoted(WRITE),
    "POST /console/quotes/<quote_id>/revise": Quoted(
        WRITE, lambda _: {"model0": "备件", "quantity0": "1", "price0": "100"}, done=True
    ),
    "POST /console/quotes/<quote_id>/<act>": Page(at=f"/console/quotes/{'0' * 20}/copy"),
    "POST /console/quote-conflicts/<conflict_id>": Contested(lambda _: {"verdict": "first"}),
    "GET /console/products": Page(),
    "GET /console/products/<product_id>": Page(at=f"/console/products/{'0' * 20}"),
    "POST /console/products": Page(PRICERS, {"model": "X1", "name": "泵", "unit": "台"}),
    "POST /console/products/<product_id>/prices": Page(
        PRICERS, {"list_price": "1", "floor_price": "1"}, f"/console/products/{'0' * 20}/prices"
    ),
    "POST /console/products/<product_id>": Page(
        PRICERS, {"model": "X1", "name": "泵", "unit": "台", "version": "1"}, f"/console/products/{'0' * 20}"
    ),
    "POST /console/products/<product_id>/retire": Page(PRICERS, at=f"/console/products/{'0' * 20}/retire"),
    "POST /console/rates": Page(PRICERS, {"currency": "USD", "day": "2026-12-01", "to_yuan": "7.1"}),
    "GET /console/approval-rules": Page(OPERATORS),
    "POST /console/approval-rules": Page(OPERATORS, {"name": "试", "measure": "amount", "stage": "won"}),
    "POST /console/approval-rules/<rule_id>": Page(
        OPERATORS, {"name": "试", "measure": "amount"}, f"/console/approval-rules/{'0' * 20}"
    ),
    "POST /console/approval-rules/<rule_id>/retire": Page(OPERATORS, at=f"/console/approval-rules/{'0' * 20}/retire"),
    "POST /console/customers/<public_id>/deals": Record(WRITE, lambda _: {"name": "三期循环泵", "amount": "80万"}),
    "GET /console/customers/deals/<deal_id>/edit": Record(WRITE, thing="deal_public"),
    "POST /console/customers/deals/<deal_id>/edit": Record(WRITE, lambda _: {"amount": "80万"}, thing="deal_public"),
    "GET /console/customers/visits/<visit_id>/edit": Record(WRITE, thing="visit"),
    "POST /console/customers/visits/<visit_id>/edit": Record(WRITE, thing="visit"),
    "GET /console/visits": Page(),
    "GET /console/visits/reviews": Page(ASSIGNERS),
    "GET /console/visits/photos/<photo_id>": Record(READ, thing="photo", done=True),
    "GET /console/visits/<visit_id>": Record(READ, thing="visit", done=True),
    "POST /console/visits/<visit_id>/review": Matter(lambda _: {"verdict": "valid"}, "visit", ASSIGNERS, ASSIGNERS),
    "POST /console/visits/<visit_id>/appeal": Mine("visit", lambda _: {"words": "当时在泵房里"}),
    "GET /console/fields": Page(OPERATORS),
    "GET /console/fields/stages": Page(OPERATORS),
    "POST /console/fields/stages": Page(OPERATORS, {"of": "customer"}),
    "GET /console/fields/new": Page(OPERATORS),
    "POST /console/fields/new": Page(OPERATORS),
    "GET /console/fields/<number>": Page(OPERATORS, at="/console/fields/1"),
    "POST /console/fields/<number>": Page(OPERATORS, {"version": "1"}, at="/console/fields/1"),
    "POST /console/fields/<number>/turn": Page(OPERATORS, {"version": "1"}, at="/console/fields/3/turn"),
    "POST /console/fields/<number>/move": Page(OPERATORS, {"to": "up"}, at="/console/fields/3/move"),
    "POST /console/fields/groups": Page(OPERATORS),
    "POST /console/campaigns": Page(OPERATORS),
    "POST /console/campaigns/<public_id>/turn": Page(OPERATORS, at="/console/campaigns/0/turn"),
    "GET /console/contacts/coverage": Page(ASSIGNERS),
    "GET /console/contacts/<number>": Friend(),
    "POST /console/contacts/<number>/ignore": Friend(lambda _: {"reason": "peer"}),
    "POST /console/contacts/<number>/unignore": Friend(),
    "POST /console/contacts/<number>/tags": Friend(),
    "POST /console/contacts/<number>/link": Friend(lambda it: {"customer": it.customer}),
    "POST /console/contacts/<number>/unlink": Friend(lambda it: {"since": "2026-11-23T02:00:00+00:00"}),
    "GET /console/contact-ways": Page(HOLDERS),
    "POST /console/contact-ways": Page(HOLDERS, {"person": 9, "name": "展会"}),
    "GET /console/contact-ways/<public_id>": Page(HOLDERS, at=f"/console/contact-ways/{'0' * 20}"),
    "GET /console/contact-ways/<public_id>/picture": Page(HOLDERS, at=f"/console/contact-ways/{'0' * 20}/picture"),
    "POST /console/contact-ways/<public_id>/again": Page(HOLDERS, at=f"/console/contact-ways/{'0' * 20}/again"),
    "POST /console/contact-ways/<public_id>/close": Page(HOLDERS, at=f"/console/contact-ways/{'0' * 20}/close"),
    "POST /console/digests/<public_id>/retract": Mine("digest"),
    "POST /console/todos/<number>/finish": Mine("todo"),
    "POST /console/todos/<number>/reopen": Mine("todo"),
    "POST /console/todos/<number>/postpone": Mine("todo"),
    "POST /console/todos/<number>/restore": Mine("todo", lambda _: {"was": "2026-11-24T02:00:00+00:00"}),
    "POST /console/queue/<public_id>/assign": Record(DECIDE, lambda _: {"to": 9}, ASSIGNERS),
    "POST /console/queue/<public_id>/return": Record(DECIDE, roles=ASSIGNERS),
    "POST /console/queue/<public_id>/undo": Record(DECIDE, lambda _: {"period": 1}, ASSIGNERS),
    "GET /console/shares": Page(ASSIGNERS),
    "POST /console/customers/<public_id>/shares": Record(DECIDE, lambda _: {"person": 12, "access": "read"}),
    "POST /console/shares/<share_id>/end": Record(DECIDE, thing="share"),
    "POST /console/shares/<share_id>/restore": Record(DECIDE, thing="share"),
    "POST /console/customers/contacts/<contact_id>/phone": Record(READ, thing="contact"),
    "GET /console/permissions": Page(OPERATORS),
    "POST /console/permissions/<record>": Page(ADMINS, {"rep:reach": "read"}, at="/console/permissions/contact"),
    "GET /console/connection": Page(ADMINS),
    "POST /console/connection/check": Page(ADMINS),
    "GET /console/messages": Page(OPERATORS),
    "GET /console/archive": Page(OPERATORS),
    "POST /console/archive/<external_userid>/purge": Friend(thing="friend_userid", roles=OPERATORS),
    "GET /console/talks/<external_userid>": Friend(thing="friend_userid"),
    "GET /console/talks/groups/<chat_id>": Page(at="/console/talks/groups/wrNobodys"),
    "GET /console/messages/in/<number>": Page(OPERATORS, at="/console/messages/in/1"),
    "POST /console/messages/in/<number>/retry": Page(OPERATORS, at="/console/messages/in/1/retry"),
    "GET /console/messages/out/<number>": Page(OPERATORS, at="/console/messages/out/1"),
    "POST /console/messages/out/<number>/retry": Page(OPERATORS, at="/console/messages/out/1/retry"),
    "POST /console/messages/retry": Page(OPERATORS),
    "POST /console/messages/resume": Page(OPERATORS),
    "GET /console/people": Page(OPERATORS),
    "POST /console/people/role": Page(ADMINS, {"userid": "mate", "role": "rep"}),
    "POST /console/people/role/undo": Page(ADMINS, {"userid": "mate"}),
    "POST /console/people/scope": Page(ADMINS, {"userid": "regional_manager", "team": 3}),
    "POST /console/people/scope/withdraw": Page(ADMINS, {"userid": "regional_manager", "team": 2}),
    "POST /console/people/sync": Page(OPERATORS),
    "GET /console/rules": Page(OPERATORS),
    "POST /console/rules/<name>": Page(OPERATORS, {"value": "20"}, at="/console/rules/nearby_metres"),
    "GET /console/pipelines": Page(OPERATORS),
    "GET /console/pipelines/new": Page(OPERATORS),
    "POST /console/pipelines/new": Page(OPERATORS, {"do": "add"}),
    "GET /console/pipelines/<number>": Page(OPERATORS, at="/console/pipelines/1"),
    "POST /console/pipelines/<number>": Page(OPERATORS, {"do": "add"}, at="/console/pipelines/1"),
    "POST /console/pipelines/<number>/again": Page(OPERATORS, at="/console/pipelines/1/again"),
    "POST /console/pipelines/<number>/turn": Page(OPERATORS, {"to": "back"}, at="/console/pipelines/2/turn"),
    # An import is its importer's and operations' alone: tests/console/test_imports.py.
    "GET /console/imports": Page(HOLDERS),
    "POST /console/imports": Page(HOLDERS, {"kind": "customers"}),
    "GET /console/imports/<public_id>": Page(HOLDERS, at="/console/imports/0"),
    "GET /console/imports/<public_id>/errors.xlsx": Page(HOLDERS, at="/console/imports/0/errors.xlsx"),
    "POST /console/imports/<public_id>/columns": Page(
        HOLDERS, {"clock_from": "2026-12-01"}, "/console/imports/0/columns"
    ),
    "POST /console/imports/<public_id>/resolve": Page(HOLDERS, at="/console/imports/0/resolve"),
    "POST /console/imports/<public_id>/start": Page(HOLDERS, at="/console/imports/0/start"),
    "POST /console/imports/<public_id>/undo": Page(HOLDERS, at="/console/imports/0/undo"),
    "POST /console/imports/<public_id>/drop": Page(HOLDERS, at="/console/imports/0/drop"),
    "GET /console/exports": Page(HOLDERS),
    "POST /console/exports": Page(HOLDERS, {"sheets": ["customers"]}),
    "POST /console/exports/<public_id>/decide": Page(ASSIGNERS, {"agrees": "yes"}, "/console/exports/0/decide"),
    "POST /console/exports/<public_id>/file": Page(HOLDERS, at="/console/exports/0/file"),
    "GET /console/duplicates": Page(ASSIGNERS),
    "GET /console/duplicates/compare": Page(ASSIGNERS),
    "POST /console/duplicates/merge": Record(
        DECIDE, lambda it: {"winner": it.customer_public, "loser": it.twin}, ASSIGNERS, done=True
    ),
    "POST /console/duplicates/merges/<public_id>/undo": Record(DECIDE, roles=ASSIGNERS, thing="merge"),
    "POST /console/duplicates/collisions/<public_id>": Matter(lambda _: {"verdict": "holder"}),
    "POST /console/duplicates/rules": Page(OPERATORS, {"entry": "link", "evidence": "phone", "weight": "hint"}),
    "GET /console/contests": Page(ASSIGNERS),
    "POST /console/contests/<public_id>": Page(ASSIGNERS, {"verdict": "first"}, "/console/contests/0"),
    "GET /console/audit": Page(OPERATORS),
    "GET /console/audit/verify": Page(OPERATORS),
}


@dataclass(frozen=True)
class Say:
    """A command about the customer that `{name}` stands for. `to` as for a route."""

    to: To
    words: str


@dataclass(frozen=True)
class Plain:
    """A command about no customer in particular, sent as it is."""

    words: str


@dataclass(frozen=True)
class Asks:
    """A command that looks beyond what one may see and says 同事在跟进, and no more than the name that was typed."""

    words: str


VERBS: Mapping[str, Say | Plain | Asks] = {
    "帮助": Plain("/帮助"),
    "新建": Asks("/新建 {name}"),
    "客户": Say(READ, "/客户 {name}"),
    "关联": Say(READ, "/关联 {name}"),
    "解除": Plain("/解除 某人"),
    "补资料": Say(WRITE, "/补资料 {name}"),
    "跟进": Say(WRITE, "/跟进 {name} 电话聊了交期下周三去现场"),
    "小结": Say(WRITE, "/小结 {name} 王工要20台泵，我们周五前报价"),
    "打卡": Plain("/打卡"),
    "查重": Asks("/查重 {name}"),
    "撤销": Plain("/撤销"),
    "推进": Plain("/推进"),
    "审批": Plain("/审批"),
    "请假": Plain("/请假"),
    "节点": Plain("/节点"),
    "报价": Say(READ, "/报价 {name}"),
    "商机": Say(READ, "/商机 {name}"),
    "共享": Say(DECIDE, "/共享 {name} 某wu"),
    "线索": Plain("/线索"),
    "提醒": Plain("/提醒"),
    "日报": Plain("/日报"),
    "待办": Say(READ, "/待办 {name} 明天 下午3点 回电话"),
}


@dataclass(frozen=True)
class Tapping:
    """A button: what it carries, made out of a record, and what must be allowed of the customer.

    `to` None: it is about nothing that belongs to somebody. `thing` other than the customer: see `Mine` and `Friend`.
    """

    to: To | None
    args: Callable[[Things], Mapping[str, Any]] = lambda _: {}
    of: str = "customer"
    choice: Callable[[Things], str] = lambda _: ""
    roles: frozenset[Role] = EVERYBODY  # the others are told that it is not for them


def _customer(it: Things) -> Mapping[str, Any]:
    return {"customer": it.customer}


def _deal(it: Things) -> Mapping[str, Any]:
    return {"deal": it.deal, "customer": it.customer}


def _approval(it: Things) -> Mapping[str, Any]:
    return {"approval": it.approval}


def _milestone(it: Things) -> Mapping[str, Any]:
    return {"milestone": it.milestone}


def _friend(it: Things) -> Mapping[str, Any]:
    return {"contact": it.friend, "customer": it.customer, "at": "2026-11-23T02:00:00+00:00"}


def _todo(it: Things) -> Mapping[str, Any]:
    return {"todo": it.todo, "due": "2026-11-24T02:00:00+00:00"}


def _visit(it: Things) -> Mapping[str, Any]:
    return {"visit": it.visit}


def _lead(it: Things) -> Mapping[str, Any]:
    return {"lead": it.lead}


def _registration(it: Things) -> Mapping[str, Any]:
    return {"registration": it.registration, "was": "2026-11-24T02:00:00+00:00"}


_FIX = {"latitude": 31.2, "longitude": 121.4, "datum": "gcj02", "source": "message", "at": "2026-11-23T02:00:00+00:00"}
BUTTONS: Mapping[str, Tapping] = {
    "dismiss": Tapping(None),
    "later": Tapping(None),
    "keep_waiting": Tapping(None),
    "seen": Tapping(None),
    "undo:nothing": Tapping(None),
    "undo:ask": Tapping(None, lambda _: {"card": 1}),
    "link": Tapping(WRITE, _friend, "friend"),
    "link_chosen": Tapping(WRITE, _friend, "friend", choice=lambda it: str(it.friend)),
    "undo:link": Tapping(WRITE, _friend, "friend"),
    "create_link": Tapping(WRITE, _friend, "friend"),
    "create_link_anyway": Tapping(WRITE, lambda it: {**_friend(it), "name": "无锡蓝天全新公司"}, "friend"),
    "undo:create_link": Tapping(WRITE, _friend, "friend"),
    "other_link": Tapping(None, _friend),
    "ignore": Tapping(WRITE, _friend, "friend"),
    "undo:ignore": Tapping(WRITE, _friend, "friend"),
    "create_anyway": Tapping(None, lambda _: {"name": "无锡蓝天全新公司"}),
    "undo:create": Tapping(DECIDE, _customer),
    "note": Tapping(WRITE, lambda it: {"customer": it.customer, "text": "电话聊了交期，下周三去现场看"}),
    "undo:note": Tapping(WRITE, lambda it: {"entry": it.entry}, "entry"),
    "note_other": Tapping(None, lambda _: {"text": "电话聊了交期"}),
    "write": Tapping(WRITE, _customer),
    "finish_todo": Tapping(WRITE, _todo, "todo"),
    "undo:finish_todo": Tapping(WRITE, _todo, "todo"),
    "postpone_todo": Tapping(WRITE, _todo, "todo"),
    "undo:postpone_todo": Tapping(WRITE, _todo, "todo"),
    "undo:todo": Tapping(WRITE, _todo, "todo"),
    "check_in": Tapping(WRITE, lambda it: _FIX | {"customer": it.customer, "place": ""}),
    "undo:check_in": Tapping(WRITE, _visit, "visit"),
    "explain_visit": Tapping(WRITE, _visit, "visit"),
    "confirm_visit": Tapping(DECIDE, _visit, roles=ASSIGNERS),
    "uphold_visit": Tapping(DECIDE, _visit, roles=ASSIGNERS),
    "undo:visit_review": Tapping(DECIDE, _visit, roles=ASSIGNERS),
    "tomorrow": Tapping(READ, _customer),
    "plan_visit": Tapping(READ, _customer),
    "snooze": Tapping(WRITE, _deal),
    "undo:snooze": Tapping(WRITE, _deal),
    "ask_discount": Tapping(WRITE, lambda it: {"deal": it.deal_public, "stage": "negotiation"}),
    "finish_milestone": Tapping(WRITE, _milestone),
    "remove_milestone": Tapping(WRITE, _milestone),
    "undo:milestone": Tapping(WRITE, _milestone),
    "nudge_owner": Tapping(READ, _deal),
    "nudge_holder": Tapping(DECIDE, _customer),
    "give_back": Tapping(DECIDE, _customer),
    "assign": Tapping(DECIDE, _customer, choice=lambda _: "9", roles=ASSIGNERS),
    "return": Tapping(DECIDE, _customer, roles=ASSIGNERS),
    # Who may decide a contest is a matter of its two sides: tests/imports/test_contests.py.
    "export_yes": Tapping(None, lambda _: {"export": 8_000_006}),
    "export_no": Tapping(None, lambda _: {"export": 8_000_006}),
    "contest_first": Tapping(None, lambda _: {"contest": 8_000_005}),
    "contest_second": Tapping(None, lambda _: {"contest": 8_000_005}),
    "contest_both": Tapping(None, lambda _: {"contest": 8_000_005}),
    # The same of a collision: tests/usecases/test_collisions.py.
    "vote_collision": Tapping(None, lambda _: {"collision": 8_000_005, "verdict": "holder"}),
    "undo:vote_collision": Tapping(None, lambda _: {"collision": 8_000_005}),
    # Whose a quote is: the routes say it, by the same use cases.
    "copy_quote": Tapping(None, lambda it: {"quote": it.quote}),
    "undo:copy_quote": Tapping(None, lambda it: {"quote": it.quote}),
    "send_quote": Tapping(None, lambda it: {"quote": it.quote}),
    "withdraw_quote": Tapping(None, lambda it: {"quote": it.quote}),
    "undo:withdraw_quote": Tapping(None, lambda it: {"quote": it.quote}),
    "vote_quote": Tapping(None, lambda _: {"conflict": 8_000_005, "verdict": "first"}),
    "undo:vote_quote": Tapping(None, lambda _: {"conflict": 8_000_005}),
    "approve": Tapping(READ, _approval),
    "reject": Tapping(READ, _approval),
    "reject_for": Tapping(READ, lambda it: {"approval": it.approval, "why": "price"}),
    "undo:approval": Tapping(READ, lambda it: {"approval": it.approval, "signer": 8_000_005}),
    "nudge_approval": Tapping(READ, _approval),
    "withdraw_approval": Tapping(READ, _approval),
    "write_note": Tapping(None, _approval),
    "delegate": Tapping(None, _approval),
    "add_signer": Tapping(None, _approval),
    "go_away": Tapping(None, lambda _: {"days": 0}),
    "undo:go_away": Tapping(None, lambda _: {"absence": "0" * 20}),
    "share": Tapping(DECIDE, lambda it: {"customer": it.customer, "access": "read"}, choice=lambda _: "12"),
    "undo:share": Tapping(DECIDE, lambda it: {"share": it.share_number}),
    "lead_contacted": Tapping(WRITE, _lead, "friend"),
    "lead_convert": Tapping(WRITE, _lead, "friend"),
    "lead_invalid": Tapping(WRITE, _lead, "friend", choice=lambda _: "no_need"),
    "lead_assign": Tapping(WRITE, _lead, "friend", choice=lambda _: "9", roles=ASSIGNERS),
    "lead_claim": Tapping(WRITE, _lead, "friend"),
    "lead_nudge": Tapping(WRITE, _lead, "friend"),
    "undo:lead": Tapping(WRITE, lambda it: {"event": it.lead}, "entry"),
    "extend_registration": Tapping(WRITE, _registration, "friend"),
    "undo:extend_registration": Tapping(WRITE, _registration, "friend"),
    "end_registration": Tapping(WRITE, _registration, "friend"),
    "yield_registration": Tapping(WRITE, _registration, "friend"),
    "undo:end_registration": Tapping(WRITE, _registration, "friend"),
    "undo:ownership": Tapping(DECIDE, lambda it: {"customer": it.customer, "period": 8_000_000 + it.customer}),
}
# Lists whose lines are chosen by number: what stands behind a number was shown to its reader before.
LISTS = frozenset(
    {
        "show_customer",
        "show_lead",
        "handle",
        "take_back",
        "advance",
        "prove",
        "approvals",
        "milestone",
        "note_milestone",
        "show_deal",
        "quotes",
        "show_reminder",
    }
)
