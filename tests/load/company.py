"""A company of made-up reps, customers and outside contacts: once as the emulator's file, once as rows of the store."""

import json
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, insert, select
from sqlalchemy.orm import Session

from config.vocabulary import (
    ContactState,
    CustomerLevel,
    CustomerSource,
    HolderKind,
    NoticeClass,
    OutboxState,
    OwnershipReason,
    PersonStatus,
    Role,
)
from crm import name_index, uow
from crm.notices import Button, Notice
from crm.rules.naming import name_key, pinyin_of
from models.base import Base, new_public_id
from models.customers import Customer, NameBlock, OwnershipPeriod
from models.links import ExternalContact, ExternalFollow
from models.messages import Card, CardAction, OutboxMessage
from models.people import Person, Team

DEMO = Path(__file__).resolve().parents[2] / "emulator" / "demo" / "company.json"
DEPARTMENT = 3
TRADES = ("泵业", "阀门", "仪表", "机电", "轴承", "密封件", "铸造", "管件")
SYLLABLES = "宏远恒泰瑞丰金鼎华诺中科天润德力盛安博川"


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody outside who is about to add a rep."""

    external_userid: str
    rep: str
    corp_name: str


@dataclass(frozen=True, slots=True)
class OpenCard:
    """A card that hangs on a rep's phone: the key of its first button, and the contact that it is about."""

    rep: str
    task_id: str
    key: str
    contact_id: int


class Company:
    """`reps` hold `customers` (by rep); `strangers` exist at WeCom only."""

    def __init__(self, seed: int, *, reps: int, customers_each: int, strangers: int) -> None:
        dice = random.Random(seed)
        self.reps = [f"rep{n:04d}" for n in range(reps)]
        names = _names(dice, reps * customers_each)
        self.customers = {rep: names[n::reps] for n, rep in enumerate(self.reps)}
        self.strangers = [self._stranger(dice, n) for n in range(strangers)]
        self.tenant: Mapping[str, Any] = self._tenant()

    def _stranger(self, dice: random.Random, n: int) -> Stranger:
        """Half of them work for a customer of the rep, half for a company that nobody knows yet, nor one like it."""
        rep = self.reps[n % len(self.reps)]
        known = n % 2 == 0
        strange = "".join(_word(dice) for _ in range(3))  # with one word some were alike enough to be asked about
        corp = dice.choice(self.customers[rep]) if known else f"新{strange}{n:05d}贸易有限公司"
        return Stranger(f"woLoad{n:026d}", rep, corp)

    def _tenant(self) -> dict[str, Any]:
        company: dict[str, Any] = json.loads(DEMO.read_text(encoding="utf-8"))
        company["members"] = [_member(rep) for rep in self.reps]
        company["departments"] = [{**one, "department_leader": []} for one in company["departments"]]
        company["app"]["visible_departments"] = [DEPARTMENT]
        company["outside"] = [_outside(one) for one in self.strangers]
        return company

    def write(self, folder: Path) -> Path:
        """The emulator's company file."""
        path = folder / "company.json"
        path.write_text(json.dumps(self.tenant, ensure_ascii=False), encoding="utf-8")
        return path

    def settle(self, s: Session, now: datetime) -> dict[str, int]:
        """The same company in an empty store: team, reps, customers and who holds them. The reps' ids by userid."""
        team_id = _add(s, Team, [{"department_id": DEPARTMENT, "name": "华东销售部", "path": "/1/"}])[0]
        people = [
            {
                "public_id": new_public_id(),
                "userid": rep,
                "userid_key": rep.casefold(),
                "name": rep,
                "role": Role.REP,
                "status": PersonStatus.ACTIVE,
                "team_id": team_id,
                "changed_at": now,
            }
            for rep in self.reps
        ]
        ids = dict(zip(self.reps, _add(s, Person, people), strict=True))
        held = [(rep, name) for rep, names in self.customers.items() for name in names]
        since = now - timedelta(days=3)
        rows = [_customer(name, ids[rep], since) for rep, name in held]
        customer_ids = _add(s, Customer, rows)
        name_index.put_many(s, zip(customer_ids, (name for _, name in held), strict=True))
        s.execute(insert(NameBlock), [{"key": row["name_key"]} for row in rows])
        owner = [
            {
                "customer_id": customer_id,
                "holder_kind": HolderKind.PERSON,
                "holder_id": ids[rep],
                "reason": OwnershipReason.CREATED,
                "started_at": since,
            }
            for customer_id, (rep, _) in zip(customer_ids, held, strict=True)
        ]
        s.execute(insert(OwnershipPeriod), owner)
        return ids

    def hang_cards(self, s: Session, ids: Mapping[str, int], many: int, now: datetime) -> list[OpenCard]:
        """Cards that have been sent already, each about a contact of its own: 关联 to the rep's first customer."""
        reps = [self.reps[n % len(self.reps)] for n in range(many)]
        first = dict(s.execute(_first_customers()).all())
        run = secrets.token_hex(4)
        contacts = _add(s, ExternalContact, [_contact(f"woCard{run}{n:018d}", now) for n in range(many)])
        follows = [
            {"external_contact_id": c, "person_id": ids[rep], "started_at": now, "remark": ""}
            for c, rep in zip(contacts, reps, strict=True)
        ]
        s.execute(insert(ExternalFollow), follows)
        cards = _add(s, Card, [{"matter": f"load:{run}:{contact}", "outcome": ""} for contact in contacts])
        keys = [secrets.token_urlsafe(16) for _ in cards]
        actions = [
            {
                "key": key,
                "card_id": card,
                "verb": "link",
                "args": {"contact": contact, "customer": first[ids[rep]]},
                "expires_at": now + timedelta(days=14),
            }
            for key, card, contact, rep in zip(keys, cards, contacts, reps, strict=True)
        ]
        s.execute(insert(CardAction), actions)
        held = zip(cards, keys, reps, strict=True)
        sent = _add(s, OutboxMessage, [_sent(card, key, ids[rep], run, now) for card, key, rep in held])
        hanging = zip(reps, sent, keys, contacts, strict=True)
        return [OpenCard(rep, f"m{message}", key, contact) for rep, message, key, contact in hanging]


def found(url: str, company: Company, cards: int) -> list[OpenCard]:
    """An empty database becomes the company's store; the cards that hang on its phones."""
    uow.upgrade(url)
    uow.connect(url)
    now = datetime.now(UTC)
    with uow.transaction() as s:
        ids = company.settle(s, now)
        return company.hang_cards(s, ids, cards, now) if cards else []


def _first_customers() -> Select[int | None, int]:

    return select(Customer.owner_id, func.min(Customer.id)).group_by(Customer.owner_id)


def _add(s: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert many rows at once; their ids in the same order."""
    if not rows:
        return []
    made = insert(table).returning(table.__table__.c.id, sort_by_parameter_order=True)
    return list(s.scalars(made, rows))


def _names(dice: random.Random, many: int) -> list[str]:
    return [f"{_word(dice)}{n:04d}{dice.choice(TRADES)}有限公司" for n in range(many)]


def _word(dice: random.Random) -> str:
    return "".join(dice.sample(SYLLABLES, 2))


def _member(rep: str) -> dict[str, Any]:
    return {
        "userid": rep,
        "name": rep,
        "department": [DEPARTMENT],
        "main_department": DEPARTMENT,
        "is_leader_in_dept": [0],
        "direct_leader": [],
        "position": "销售",
        "status": 1,
    }


def _outside(one: Stranger) -> dict[str, Any]:
    return {
        "external_userid": one.external_userid,
        "name": f"联系人{one.external_userid[-5:]}",
        "corp_name": one.corp_name,
        "position": "采购",
        "type": 2,
        "friends": [{"userid": one.rep, "createtime": 1_700_000_000}],
    }


def _customer(name: str, owner_id: int, since: datetime) -> dict[str, Any]:
    return {
        "public_id": new_public_id(),
        "name": name,
        "name_key": name_key(name),
        "pinyin": pinyin_of(name)[:255],
        "level": CustomerLevel.NORMAL,
        "source": CustomerSource.OUTREACH,
        "owner_id": owner_id,
        "silent_since": since,
        "created_at": since,
        "created_by_id": owner_id,
    }


def _contact(external_userid: str, now: datetime) -> dict[str, Any]:
    return {
        "external_userid": external_userid,
        "name": "老朋友",
        "corp_name": "",
        "position": "",
        "state": ContactState.UNLINKED,
        "created_at": now,
    }


def _sent(card_id: int, key: str, person_id: int, run: str, now: datetime) -> dict[str, Any]:
    notice = Notice(title="新联系人：老朋友", desc="微信好友", buttons=(Button("关联", key, 1),))
    return {
        "dedupe": f"load:{run}:{card_id}",
        "person_id": person_id,
        "notice_class": NoticeClass.PROMPT,
        "notice": notice.stored(),
        "card_id": card_id,
        "state": OutboxState.SENT,
        "created_at": now,
        "due_at": now,
        "next_at": now,
        "expires_at": now,
        "sent_at": now,
    }
