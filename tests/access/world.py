"""A company with one asker of every role, and for every relation to a record a whole customer full of canaries."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from io import BytesIO

from PIL import Image
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from config.prospects import LeadInlet
from config.vocabulary import (
    ContactState,
    CustomerLevel,
    CustomerSource,
    Datum,
    FieldKind,
    FieldObject,
    FixSource,
    LoginVia,
    OwnershipReason,
    PersonStatus,
    Role,
    ShareAccess,
    TimelineKind,
)
from crm import uow
from crm.access import HOLDERS, Actor, actor_by_userid
from crm.holding import Holder, holder_of
from crm.rules.naming import name_key
from crm.usecases import customer_file, customers, deals, followups, projects, registrations, sessions, todos, visits
from crm.usecases.attachments import add_attachment
from crm.usecases.calls import dial
from crm.usecases.fields import FieldDraft, add_field
from crm.usecases.leads import LeadDraft, capture
from crm.usecases.merging import merge
from crm.usecases.ownership import pass_on
from crm.usecases.pipelines import install_ladders
from crm.usecases.sharing import Wish, share_customer
from crm.usecases.visit_plans import PlanDraft, plan_visit
from crm.usecases.visit_uploads import keep_upload
from gateways.files import Accepted, FileStore
from models.approvals import Approval, ApprovalSigner, ApprovalStep
from models.collisions import Collision
from models.customers import Contact, Customer
from models.deals import Deal, Evidence, Milestone
from models.digests import Digest
from models.files import Attachment
from models.links import ExternalContact, ExternalFollow
from models.people import Person, Team, TeamLeader, TeamScope
from models.quotes import Quote, QuoteConflict, QuoteLine

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday 10:00 in Shanghai
HEAD, ONE, TWO = 1, 2, 3
OWN_FIELD = "anhao"  # a field that operations added to the customer's form
MATE, STRANGER, GONE, RIVAL = "mate", "stranger", "gone", "rival"
_EARLIER = NOW - timedelta(days=3)
_MERGED_AT = NOW - timedelta(days=1)


class Relation(StrEnum):
    """How a record stands to who asks for it."""

    OWN = "own"
    TEAM = "team"  # a colleague's in team ONE
    OTHER = "other"  # of team TWO
    QUEUE = "queue"  # waits for the lead of team ONE
    LEAVER = "leaver"  # of somebody of team ONE who has left
    SHARED_READ = "shared_read"  # team TWO's, shown to him
    TOGETHER = "together"  # team TWO's, worked on together with him
    MERGED = "merged"  # was his own until it went into team TWO's: what leads to it leads there


@dataclass(frozen=True)
class Things:
    """One customer with everything that hangs on it. `canaries` by what they are; none of them occurs anywhere else."""

    customer: int
    customer_public: str
    name: str
    contact: str
    deal: int
    deal_public: str
    entry: str
    visit: str
    todo: int
    friend: int
    share: str
    share_number: int
    lead: int
    lead_public: str
    project_public: str
    registration: int
    registration_public: str
    attachment: str
    twin: str  # a second customer of the same holder
    merge: str  # a third one went into this one
    collision: str  # somebody of team TWO wanted this one
    canaries: Mapping[str, str] = field(default_factory=dict)
    evidence: str = "0" * 20  # what the deal has proved with the attachment
    quote: str = "0" * 20  # what its holder has offered, of his own team
    conflict: str = "0" * 20  # another quote of his, frozen behind one of team TWO
    approval: str = "0" * 20  # what its holder asked for, waiting for the lead of team TWO
    friend_userid: str = "wmNobody"  # the same friend, as the platform names him
    milestone: str = "0" * 20  # a moment that the deal must not miss
    digest: str = "0" * 20  # what a talk of its holder came to
    todo_public: str = "0" * 20  # the same to-do, as a phone names it
    photo: str = "0" * 20  # what its holder took at his visit
    plan: str = "0" * 20  # that its holder means to see it
    call: str = "0" * 20  # that its holder rang it up


NOBODYS = Things(
    customer=8_000_001,
    customer_public="0" * 20,
    name="曌仝囧槑阀业",
    contact="0" * 20,
    deal=8_000_002,
    deal_public="0" * 20,
    entry="0" * 20,
    visit="0" * 20,
    todo=8_000_003,
    friend=8_000_004,
    share="0" * 20,
    share_number=8_000_005,
    lead=8_000_005,
    lead_public="0" * 20,
    project_public="0" * 20,
    registration=8_000_006,
    registration_public="0" * 20,
    attachment="0" * 20,
    twin="0" * 20,
    merge="0" * 20,
    collision="0" * 20,
)


@dataclass(frozen=True)
class World:
    things: Mapping[tuple[Role, Relation], Things]
    api: Mapping[Role, str]
    console: Mapping[Role, str]

    def of(self, role: Role, relation: Relation) -> Things | None:
        """None where no such record can be: finance and service hold nothing and work on nothing."""
        return self.things.get((role, relation))


def furnish(files: FileStore) -> World:
    """Fill the connected, migrated store. Every customer's file is the same picture, under a name of its own."""
    picture = files.accept(BytesIO(_picture()))
    with uow.transaction() as s:
        _staff(s)
    made: dict[tuple[Role, Relation], Things] = {}
    makers = {Relation.TEAM: MATE, Relation.OTHER: STRANGER, Relation.QUEUE: MATE, Relation.LEAVER: GONE}
    with uow.transaction() as s:
        number = 0
        common = {}
        draft, theirs = customers.CustomerDraft("琰乾对手阀业"), actor_by_userid(s, RIVAL, NOW)
        rival = customers.create_customer(s, theirs, draft, _EARLIER, entrance="chat").id
        for relation, holder in makers.items():
            number += 1
            things = _sought(s, _asked_for(s, _proved(s, _things(s, number, picture, holder))))
            common[relation] = _quoted(s, things, number, holder, rival)
        for role in Role:
            made |= {(role, relation): things for relation, things in common.items()}
            for relation in (Relation.OWN, Relation.MERGED, Relation.SHARED_READ, Relation.TOGETHER):
                if relation is not Relation.SHARED_READ and role not in HOLDERS:
                    continue
                number += 1
                his = relation in (Relation.OWN, Relation.MERGED)
                access = {Relation.SHARED_READ: ShareAccess.READ, Relation.TOGETHER: ShareAccess.TOGETHER}.get(relation)
                holder = role.value if his else STRANGER
                things = _things(s, number, picture, holder, role.value, access)
                made[role, relation] = _quoted(s, _asked_for(s, _proved(s, things)), number, holder, rival)
                if relation is not Relation.MERGED:
                    made[role, relation] = _sought(s, made[role, relation])
        _into_the_queue(s, common[Relation.QUEUE].customer)
        admin, winner = actor_by_userid(s, Role.ADMIN.value, NOW), common[Relation.OTHER].customer
        for role in sorted(HOLDERS):
            merge(s, admin, winner, made[role, Relation.MERGED].customer, (), _MERGED_AT, entrance="console")
        s.execute(update(Person).where(Person.userid == GONE).values(status=PersonStatus.LEFT))
        api = {role: sessions.open_session(s, role.value, LoginVia.MINIAPP, NOW)[0] for role in Role}
        console = {role: sessions.open_session(s, role.value, LoginVia.CONSOLE, NOW)[0] for role in Role}
    return World(made, api, console)


def _staff(s: Session) -> None:
    install_ladders(s)
    for number, name in ((HEAD, "总公司"), (ONE, "一组"), (TWO, "二组")):
        path = "/1/" if number == HEAD else f"/1/{number}/"
        s.add(Team(department_id=number, name=name, path=path, parent_id=None if number == HEAD else HEAD))
        s.flush()
    team_of = {Role.REP: ONE, Role.TEAM_LEAD: ONE}
    people = [(role.value, role, team_of.get(role, HEAD)) for role in Role]
    people += [
        (MATE, Role.REP, ONE),
        (STRANGER, Role.REP, TWO),
        (GONE, Role.REP, ONE),
        ("wu", Role.TEAM_LEAD, TWO),
        (RIVAL, Role.REP, TWO),
    ]
    for userid, role, team in people:
        who = {"userid": userid, "userid_key": userid, "name": f"某{userid}", "role": role}
        s.add(Person(**who, status=PersonStatus.ACTIVE, team_id=team, changed_at=NOW))
        s.flush()
    ids = {userid: number for number, (userid, *_) in enumerate(people, start=1)}
    for team, userid in ((ONE, Role.TEAM_LEAD.value), (HEAD, Role.DIRECTOR.value), (TWO, "wu")):
        s.add(TeamLeader(team_id=team, person_id=ids[userid]))
    s.add(TeamScope(team_id=ONE, person_id=ids[Role.REGIONAL_MANAGER.value]))
    s.flush()
    operations = actor_by_userid(s, Role.OPERATIONS.value, NOW)
    draft = FieldDraft("暗号", "basic")
    add_field(s, operations, FieldObject.CUSTOMER, FieldKind.TEXT, draft, _EARLIER, entrance="console")


def _picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG")
    return out.getvalue()


def _things(
    s: Session, number: int, picture: Accepted, holder: str, asker: str = "", access: ShareAccess | None = None
) -> Things:
    """A customer of `holder`, with a contact, a file, a deal, a note, a visit, a to-do, a friend, maybe a share."""
    canary = "".join(chr(0x7400 + 40 * number + 9 * place) for place in range(4))  # no two records share a letter
    tokens = {kind: f"{canary}{kind}" for kind in ("note", "deal", "todo", "report", "address", "friend", "person")}
    tokens |= {kind: f"{canary}{kind}" for kind in ("lead", "project", "file", "own")}
    tokens["name"], tokens["phone"] = f"{canary}阀业", f"13{number:02d}7{number:02d}9{number:03d}"
    who = actor_by_userid(s, holder, NOW)
    draft = customers.CustomerDraft(
        tokens["name"], CustomerLevel.NORMAL, CustomerSource.EVENT, address=tokens["address"], region="江苏苏州"
    )
    made = customers.create_customer(s, who, draft, _EARLIER, entrance="chat")
    customer_file.update_customer(s, who, made.id, {OWN_FIELD: tokens["own"]}, _EARLIER, entrance="console")
    contact = Contact(customer_id=made.id, name=tokens["person"], phone=tokens["phone"], created_at=_EARLIER)
    s.add(contact)
    entry = followups.write_follow_up(s, who, made.id, f"电话里说{tokens['note']}，下周再约", NOW, entrance="chat")
    deal = deals.open_deal(s, who, made.id, tokens["deal"], Decimal(90_000 + number), NOW, entrance="chat")
    todo = todos.add_todo(s, who, made.id, tokens["todo"], NOW + timedelta(days=2), NOW, entrance="chat")
    photo = keep_upload(s, who, f"v{number}", picture, NOW, entrance="miniapp").public_id
    visit = visits.CheckInDraft(
        f"v{number}", made.id, 31.2, 121.4, Datum.GCJ02, None, FixSource.MINIAPP, NOW, "", tokens["report"],
        photos=[photo],
    )  # fmt: skip
    plan_draft = PlanDraft(f"v{number}", made.public_id, NOW.date(), note=tokens["note"])
    plan_of = plan_visit(s, who, plan_draft, NOW, entrance="miniapp")
    called = dial(s, who, f"v{number}", made.public_id, "", NOW, NOW, entrance="miniapp")
    been = visits.check_in(s, who, visit, NOW, entrance="miniapp")
    friend = ExternalContact(
        external_userid=f"wm{number}", name=tokens["friend"], state=ContactState.UNLINKED, created_at=NOW
    )
    s.add_all((contact, friend))
    s.flush()
    s.add(ExternalFollow(external_contact_id=friend.id, person_id=who.person_id, started_at=NOW))
    asked = LeadDraft(LeadInlet.EXHIBITION, tokens["lead"], phone=f"139{number:04d}{number:04d}")
    lead = capture(s, who, asked, _EARLIER, entrance="console")
    plan = projects.ProjectDraft(tokens["project"], end_user_id=made.id)
    project = projects.create_project(s, who, plan, _EARLIER, entrance="console")
    held = registrations.register(s, who, project.id, made.id, "", _EARLIER, entrance="console")
    attached = add_attachment(s, who, made.id, picture, f"{tokens['file']}.jpg", NOW, entrance="console")
    wish = Wish(asker if access else "wu", access or ShareAccess.READ)
    shared = share_customer(s, who, made.id, wish, _EARLIER, entrance="console")
    s.flush()
    return Things(
        made.id, made.public_id, made.name, contact.public_id, deal.id, deal.public_id, entry.public_id,
        been.public_id, todo.id, friend.id, shared.public_id, shared.id, lead.id, lead.public_id,
        project.public_id, held.id, held.public_id, attached.public_id, *_more(s, number, who, made.id),
        NOBODYS.collision, tokens, friend_userid=friend.external_userid, todo_public=todo.public_id, photo=photo,
        plan=plan_of.public_id, call=called.public_id,
    )  # fmt: skip


def _more(s: Session, number: int, who: Actor, customer_id: int) -> tuple[str, str]:
    """A plain customer of the same holder, and what was made of another one: the merge into this one."""
    plain = []
    for first in (0x5400, 0x6400):
        name = "".join(chr(first + 40 * number + 9 * place) for place in range(4)) + "机电"
        plain.append(customers.create_customer(s, who, customers.CustomerDraft(name), _EARLIER, entrance="chat"))
    merged = merge(s, who, customer_id, plain[1].id, (), _EARLIER, entrance="console")
    return plain[0].public_id, merged.public_id


def _sought(s: Session, things: Things) -> Things:
    """Somebody of team TWO wanted this customer."""
    collision = Collision(
        customer_id=things.customer, asked_by_id=actor_by_userid(s, RIVAL, NOW).person_id, name=things.name,
        name_key=name_key(things.name), reason="名称完全相同", opened_at=_EARLIER, due_at=NOW + timedelta(days=1),
    )  # fmt: skip
    s.add(collision)
    s.flush()
    return replace(things, collision=collision.public_id)


def _proved(s: Session, things: Things) -> Things:
    """Put there as a row: every record of this world has the same picture, which proves one thing once."""
    file = s.scalars(select(Attachment).where(Attachment.public_id == things.attachment)).one()
    proof = Evidence(
        deal_id=things.deal, stage_key="proposal", kind="minutes", attachment_id=file.id,
        added_by_id=file.uploaded_by_id, at=NOW,
    )  # fmt: skip
    tender = Milestone(
        deal_id=things.deal, kind="bid_deadline", due_at=NOW + timedelta(days=20), made_by_id=file.uploaded_by_id,
        made_at=_EARLIER,
    )  # fmt: skip
    s.add_all((proof, tender))
    words = f"要点：王工表示：{things.canaries['note']}"
    entry_id, _ = followups.write_entry(s, things.customer, TimelineKind.DIGEST, words, file.uploaded_by_id, NOW)
    digest = Digest(entry_id=entry_id, origin="pasted", engine="extractive")
    s.add(digest)
    s.flush()
    return replace(things, evidence=proof.public_id, milestone=tender.public_id, digest=digest.public_id)


def _asked_for(s: Session, things: Things) -> Things:
    """Put there as a row: no deal of this world is so large that a rule asks."""
    deal = s.get_one(Deal, things.deal)
    signer = actor_by_userid(s, RIVAL, NOW).person_id
    facts = {
        "deal": deal.name,
        "customer": things.name,
        "amount": str(deal.amount),
        "to": "合同审批",
        "told": "金额太大",
    }
    made = Approval(
        deal_id=deal.id, fingerprint="0" * 64, facts=facts | {"rules": [], "stages": []}, requested_by_id=deal.owner_id,
        move={"to": "contract_review", "force": False, "reason": "", "ended_for": None, "competitor": ""},
        requested_at=_EARLIER, state="waiting",
    )  # fmt: skip
    s.add(made)
    s.flush()
    step = ApprovalStep(approval_id=made.id, position=0, mode="any")
    s.add(step)
    s.flush()
    s.add(ApprovalSigner(step_id=step.id, person_id=signer, position=0, state="asked", asked_at=_EARLIER))
    s.flush()
    return replace(things, approval=made.public_id)


def _quoted(s: Session, things: Things, number: int, holder: str, rival: int) -> Things:
    """Put there as rows: one that is open, and one that waits behind a rival's of team TWO."""
    who = actor_by_userid(s, holder, NOW)
    made = [_quote(s, things.customer, who, f"BJ{number}-{state}", state) for state in ("open", "frozen")]
    first = _quote(s, rival, actor_by_userid(s, RIVAL, NOW), f"BJ{number}-first", "open")
    conflict = QuoteConflict(
        first_id=first.id, second_id=made[1].id, reason="名称相同", opened_at=_EARLIER, due_at=NOW + timedelta(days=1)
    )
    s.add(conflict)
    s.flush()
    return replace(things, quote=made[0].public_id, conflict=conflict.public_id)


def _quote(s: Session, customer_id: int, who: Actor, number: str, state: str) -> Quote:
    quote = Quote(
        number=number, customer_id=customer_id, owner_id=who.person_id, team_id=who.team_id, state=state,
        valid_until=date(2026, 12, 31), currency="CNY", rate=Decimal(1), total=Decimal(100), below_floor=False,
        made_at=_EARLIER,
    )  # fmt: skip
    s.add(quote)
    s.flush()
    quote.root_id = quote.id
    line = QuoteLine(quote_id=quote.id, position=1, words="备件", quantity=Decimal(1), unit_price=Decimal(100))
    s.add(line)
    s.flush()
    return quote


def _into_the_queue(s: Session, customer_id: int) -> None:
    customer = s.get_one(Customer, customer_id)
    period, _, _ = holder_of(s, customer_id)
    s.refresh(customer)
    queue, seen = Holder.queue(ONE), customer.silent_since
    assert pass_on(s, customer_id, period, seen, queue, OwnershipReason.RECYCLED, None, NOW)


@contextmanager
def undone(engine: Engine) -> Iterator[None]:
    """Whatever is committed inside is there inside, and nowhere afterwards: every call meets the same company."""
    with engine.connect() as connection:
        outer = connection.begin()
        uow._sessions.configure(bind=connection, join_transaction_mode="create_savepoint")
        try:
            yield
        finally:
            uow._sessions.configure(bind=engine, join_transaction_mode="conditional_savepoint")
            outer.rollback()
