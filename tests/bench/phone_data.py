"""A million things that happened, and what hangs on them: much with a few customers, little with most, as in life."""

import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

from PIL import Image
from sqlalchemy import select

from config.prospects import InvalidReason, LeadInlet, LeadState, ProjectState
from config.quotes import QuoteState
from config.trust import Verdict
from config.vocabulary import CustomerSource, Datum, FixSource, TimelineKind
from crm import uow
from gateways.files import Accepted, FileStore
from models.base import Base, new_public_id
from models.customers import Contact
from models.deals import Deal, Stage, StagePeriod
from models.files import Attachment
from models.leads import Lead
from models.projects import Project
from models.quotes import Quote
from models.timeline import TimelineEntry, Todo
from models.visits import PhoneCall, Visit, VisitPlan, VisitUpload
from tests.bench.lists import NOW, REPS, TEAMS, fill

ENTRIES = 10  # things that happened to a customer, on average; every tenth of them is a visit
_KINDS = (TimelineKind.FOLLOW_UP, TimelineKind.FOLLOW_UP, TimelineKind.DIGEST, TimelineKind.DEAL)
_VERDICTS = (*[Verdict.VALID] * 8, Verdict.DOUBTFUL, Verdict.INVALID)
_NAIVE = NOW.replace(tzinfo=None)
_SOURCES = list(CustomerSource)
_YEAR = timedelta(days=365)


def happen(customers: int, seed: int, files: FileStore) -> None:
    """Everything that a phone can read, over so many customers. All photos and attachments are the same picture."""
    luck, out = random.Random(seed + 1), BytesIO()
    Image.new("RGB", (64, 64)).save(out, "JPEG")
    picture = files.accept(BytesIO(out.getvalue()))
    _write(Contact, _contacts(customers))
    _write(TimelineEntry, _entries(customers, luck))
    _write(Todo, _todos(customers))
    _write(Visit, _visits())
    _write(VisitUpload, _photos(picture, customers))
    _write(VisitPlan, _plans(customers, luck))
    _write(PhoneCall, _calls(customers, luck))
    _write(Attachment, _attachments(picture, customers))
    _write(Lead, _leads(customers, luck))
    _write(Project, _projects(customers))
    _write(Quote, _quotes(customers, luck))
    _write(StagePeriod, _stays(luck))


def _write(table: type[Base], rows: Iterator[dict[str, object]]) -> None:
    """`fill` by name: the columns are those of the first row."""
    first = next(rows)
    columns = tuple(first)

    def all_of() -> Iterator[tuple[object, ...]]:
        yield tuple(first.values())
        for row in rows:
            yield tuple(row.values())

    fill(table, columns, all_of())


def _contacts(customers: int) -> Iterator[dict[str, object]]:
    for n in range(customers):
        yield {
            "customer_id": 1 + n, "public_id": new_public_id(), "name": f"联系人{n}", "title": "工程师",
            "phone": f"139{n % 10**8:08d}", "email": "", "note": "", "created_at": _NAIVE,
        }  # fmt: skip


def _entries(customers: int, luck: random.Random) -> Iterator[dict[str, object]]:
    for n in range(customers * ENTRIES):
        at = _NAIVE - timedelta(minutes=luck.randrange(60 * 24 * 700))
        yield {
            "public_id": new_public_id(), "customer_id": 1 + min(int(customers * luck.random() ** 2), customers - 1),
            "kind": TimelineKind.VISIT if n % 10 == 0 else luck.choice(_KINDS), "author_id": 10 + n % REPS, "at": at,
            "recorded_at": at, "text": f"第 {n} 次联系，谈了备件和检修", "counts": True,
        }  # fmt: skip


def _todos(customers: int) -> Iterator[dict[str, object]]:
    for n in range(customers // 10):
        yield {
            "public_id": new_public_id(), "person_id": 10 + n % REPS, "customer_id": 1 + n * 10 % customers,
            "text": f"给第 {n} 家回电话", "due_at": _NAIVE + timedelta(hours=n % 200 - 100),
            "created_at": _NAIVE - timedelta(days=9),
        }  # fmt: skip


def _visits() -> Iterator[dict[str, object]]:
    with uow.reading() as s:
        asked = select(TimelineEntry.id, TimelineEntry.customer_id, TimelineEntry.author_id, TimelineEntry.at)
        entries = s.execute(asked.where(TimelineEntry.kind == TimelineKind.VISIT).order_by(TimelineEntry.id)).all()
    for number, (entry_id, customer_id, person_id, moment) in enumerate(entries):
        at, verdict = moment.replace(tzinfo=None), _VERDICTS[number % len(_VERDICTS)]
        yield {
            "public_id": new_public_id(), "client_id": f"v{number}", "person_id": person_id,
            "customer_id": customer_id, "visited_at": at, "received_at": at, "source": FixSource.MINIAPP,
            "latitude": 31.2, "longitude": 121.4, "datum": Datum.GCJ02, "accuracy_m": 30.0, "place": "",
            "distance_m": number % 900, "report": "看了水泵，谈了备件", "entry_id": entry_id, "device": "d1", "why": "",
            "verdict": verdict, "score": 80, "effective": verdict == Verdict.VALID,
        }  # fmt: skip


def _photos(picture: Accepted, customers: int) -> Iterator[dict[str, object]]:
    """One at every fifth visit."""
    for n in range(customers // 5):
        yield {
            "public_id": new_public_id(), "client_id": f"v{n}_photo_1", "person_id": 10 + n * 50 % REPS,
            **_named(picture), "image_hash": picture.image_hash, "received_at": _NAIVE, "visit_id": 1 + n * 5,
            "place": 0,
        }  # fmt: skip


def _named(picture: Accepted) -> dict[str, object]:
    return {
        "kind": picture.kind, "size": picture.size, "sha256": picture.sha256, "width": picture.width,
        "height": picture.height, "stored_name": picture.stored_name, "shown_name": picture.shown_name,
        "shown_kind": picture.shown_kind, "thumb_name": picture.thumb_name, "thumb_kind": picture.thumb_kind,
    }  # fmt: skip


def _plans(customers: int, luck: random.Random) -> Iterator[dict[str, object]]:
    for n in range(customers // 5):
        yield {
            "public_id": new_public_id(), "client_id": f"p{n}", "person_id": 10 + n % REPS,
            "customer_id": luck.randrange(1, customers), "day": NOW.date() - timedelta(days=n // (REPS * 6)),
            "place": n % 6, "note": "", "made_at": _NAIVE,
        }  # fmt: skip


def _calls(customers: int, luck: random.Random) -> Iterator[dict[str, object]]:
    for n in range(customers // 2):
        at = _NAIVE - luck.random() * _YEAR
        yield {
            "public_id": new_public_id(), "client_id": f"c{n}", "person_id": 10 + n % REPS,
            "customer_id": luck.randrange(1, customers), "at": at, "received_at": at, "note": "",
        }  # fmt: skip


def _attachments(picture: Accepted, customers: int) -> Iterator[dict[str, object]]:
    for n in range(customers // 10):
        yield {
            "public_id": new_public_id(), "customer_id": 1 + n * 10 % customers, "name": f"照片{n}.jpg", "note": "",
            **_named(picture), "uploaded_by_id": 10 + n % REPS, "at": _NAIVE,
        }  # fmt: skip


def _leads(customers: int, luck: random.Random) -> Iterator[dict[str, object]]:
    """Half are answered, a tenth still wait."""
    for n in range(customers // 5):
        at = _NAIVE - luck.random() * _YEAR
        fresh = n % 10 == 0
        yield {
            "public_id": new_public_id(), "company": f"第{n}家询价的", "company_key": f"第{n}家询价的",
            "contact_name": "王工", "phone": f"137{n:08d}", "email": "", "need": "要两台泵", "remark": "",
            "consent": True, "inlet": LeadInlet.EXHIBITION, "source": luck.choice(_SOURCES),
            "owner_id": 10 + n % REPS, "team_id": 4 + n % REPS % TEAMS, "known": False,
            "state": LeadState.NEW if fresh else LeadState.INVALID if n % 2 else LeadState.CONTACTED,
            "invalid_reason": "" if fresh or n % 2 == 0 else InvalidReason.NO_NEED, "created_at": at,
            "due_at": at + timedelta(hours=2), "late_at": at + timedelta(days=1),
            "first_response_at": None if fresh else at + timedelta(hours=n % 5), "response_kind": "", "turn": 0,
        }  # fmt: skip


def _projects(customers: int) -> Iterator[dict[str, object]]:
    for n in range(customers // 20):
        yield {
            "public_id": new_public_id(), "name": f"第{n}号泵站", "end_user_id": 1 + n * 20, "end_user": "",
            "user_key": "", "site": "", "tender_no": "", "tender_key": "", "state": ProjectState.OPEN,
            "created_at": _NAIVE - timedelta(hours=n), "created_by_id": 10 + n % REPS,
        }  # fmt: skip


def _quotes(customers: int, luck: random.Random) -> Iterator[dict[str, object]]:
    for n in range(customers // 10):
        yield {
            "public_id": new_public_id(), "number": f"BJ{n}", "root_id": 1 + n, "version": 1,
            "customer_id": 1 + n * 10 % customers, "owner_id": 10 + n % REPS, "team_id": 4 + n % REPS % TEAMS,
            "state": luck.choice((QuoteState.OPEN, QuoteState.WON, QuoteState.LOST)),
            "valid_until": NOW.date() + timedelta(days=n % 60), "currency": "CNY", "rate": Decimal(1),
            "total": Decimal(10_000), "below_floor": False, "note": "", "made_at": _NAIVE - timedelta(minutes=n),
        }  # fmt: skip


def _stays(luck: random.Random) -> Iterator[dict[str, object]]:
    """Each deal has come up its ladder to where it stands, a stage a fortnight."""
    with uow.reading() as s:
        deals = s.execute(
            select(Deal.id, Stage.pipeline_id, Stage.position).join(Stage, Stage.id == Deal.stage_id)
        ).all()
        rungs = s.execute(select(Stage.id, Stage.pipeline_id, Stage.position).order_by(Stage.position)).all()
    for deal_id, pipeline_id, position in deals:
        climbed = [one for one, ladder, place in rungs if ladder == pipeline_id and place <= position]
        at = _NAIVE - timedelta(days=14 * len(climbed) + luck.randrange(60))
        for stage_id in climbed:
            left = None if stage_id == climbed[-1] else at + timedelta(days=14)
            yield {"deal_id": deal_id, "stage_id": stage_id, "started_at": at, "ended_at": left, "forced": False}
            at += timedelta(days=14)
