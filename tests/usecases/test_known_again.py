"""Evidence is known again: renamed, saved in another format, a paragraph changed, a picture resized; a template is not.

`PAPERS=500 pytest tests/usecases/test_known_again.py` is the measurement of docs/trust.md.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from random import Random

import pytest
from sqlalchemy import insert
from sqlalchemy.engine import Engine

from config.vocabulary import EvidenceKind, FileKind
from crm import uow
from crm.rules.sameness import Print
from crm.usecases import contents
from crm.usecases.deals import open_deal
from gateways.reader import child
from models.base import bare
from models.deals import Deal, Evidence
from models.files import Attachment
from tests.support.company import NOW, actor, customer
from tests.support.papers import WRITERS, Paper, changed, paper, photo, picture_file, resized, scan, sheet, written

PAPERS = int(os.environ.get("PAPERS", "40"))
PICTURES = max(12, PAPERS // 3)
SEED = int(os.environ.get("SEED", "20261130"))


@dataclass(frozen=True)
class Said:
    """What the child says of a file, read in this process."""

    words: tuple[str, ...]
    minhash: tuple[int, ...]
    pictures: tuple[bytes, ...]
    refused: str = ""


def read(file: tuple[FileKind, bytes]) -> Said:
    found = child.read(file[1], file[0])
    marks = tuple(bytes.fromhex(one) for one in found["pictures"])
    return Said(tuple(found["words"]), tuple(found["minhash"]), marks)


@dataclass
class Drawer:
    """A deal with as much evidence as one likes, in the store itself; what comes new is looked for in it."""

    deal: Deal
    number: int = 0

    def holds(self, file: tuple[FileKind, bytes]) -> bool:
        said = read(file)
        with uow.reading() as s:
            return contents.says_the_same(s, Print(said.words, said.minhash, said.pictures)) is not None

    def put(self, file: tuple[FileKind, bytes]) -> None:
        self.number += 1
        name = f"{self.number:040d}"
        with uow.transaction() as s:
            made = Attachment(
                customer_id=self.deal.customer_id, name=name, kind=file[0], size=len(file[1]), stored_name=name,
                sha256=sha256(file[1]).hexdigest(), uploaded_by_id=self.deal.owner_id, at=NOW,
            )  # fmt: skip
            s.add(made)
            s.flush()
            s.execute(
                insert(bare(Evidence)).values(
                    public_id=name[-20:], deal_id=self.deal.id, stage_key="proposal", kind=EvidenceKind.MINUTES,
                    attachment_id=made.id, added_by_id=self.deal.owner_id, at=NOW,
                )
            )  # fmt: skip
            contents.keep(s, made.id, read(file))


@pytest.fixture
def drawer(company: Engine) -> Drawer:
    place, who = customer("Zhang", "甲机电有限公司"), actor("Zhang")
    with uow.transaction() as s:
        made = open_deal(s, who, place, "二期", Decimal(200_000), NOW, entrance="chat")
    with uow.reading() as s:
        return Drawer(s.get_one(Deal, made.id))


def _other(chance: Random, kind: FileKind) -> FileKind:
    return chance.choice([one for one in WRITERS if one is not kind])


Copy = Callable[[Random, Paper, FileKind], tuple[FileKind, bytes]]
COPIES: Mapping[str, Copy] = {
    "saved again": lambda c, one, kind: written(c, one, kind),
    "in another format": lambda c, one, kind: written(c, one, _other(c, kind)),
    "a paragraph changed": lambda c, one, kind: written(c, changed(c, one), kind),
    "changed and in another format": lambda c, one, kind: written(c, changed(c, one), _other(c, kind)),
}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_papers_are_known_again_and_a_template_is_not(drawer: Drawer) -> None:
    """Each new paper is looked for among all that are there: papers of the same five templates, a hundred of each."""
    chance = Random(SEED)
    false_alarms, originals = Counter[str](), []
    for _ in range(PAPERS):
        one = paper(chance)
        file = written(chance, one)
        if drawer.holds(file):
            false_alarms[one.template] += 1
        else:
            drawer.put(file)
            originals.append((one, file[0]))
    found, asked, missed = Counter[str](), Counter[str](), []
    for number in range(PAPERS):
        way = list(COPIES)[number % len(COPIES)]
        one, kind = chance.choice(originals)
        copy = COPIES[way](chance, one, kind)
        asked[way] += 1
        if drawer.holds(copy):
            found[way] += 1
        else:
            missed.append(f"{one.template} {kind} → {copy[0]}, {way}")
    print(f"papers {PAPERS}, seed {SEED}: false alarms {dict(false_alarms)}")
    print(f"found {dict(found)} of {dict(asked)}; missed {missed}")
    assert false_alarms.total() <= PAPERS * 0.01
    assert found.total() >= PAPERS * 0.95


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_pictures_and_scans_are_known_again_and_forms_are_not(drawer: Drawer) -> None:
    """Photos that differ; pages of three forms that differ in six lines of forty-four; scans of such pages."""
    chance = Random(SEED)
    forms = [Random(f"form {n}").random() for n in range(3)]
    originals, false_alarms = [], 0
    for number in range(PICTURES):
        if number % 2:
            shown, file = [photo(chance)], None
        else:
            shown = [sheet(Random(chance.choice(forms)), chance) for _ in range(1 + number % 3)]
            file = (FileKind.PDF, scan(shown)) if number % 4 else None
        file = file or picture_file(chance, shown[0])
        if drawer.holds(file):
            false_alarms += 1
        else:
            drawer.put(file)
            originals.append((shown, file[0]))
    found, missed = 0, []
    for shown, kind in originals:
        again = [resized(chance, one) for one in shown]
        copy = (FileKind.PDF, scan(again, 60)) if kind is FileKind.PDF else picture_file(chance, again[0])
        if drawer.holds(copy):
            found += 1
        else:
            missed.append(f"{kind} {shown[0].size} → {copy[0]} {again[0].size}")
    print(f"pictures {PICTURES}, seed {SEED}: false alarms {false_alarms}; found {found} of {len(originals)}; {missed}")
    assert false_alarms <= PICTURES * 0.01
    assert found >= len(originals) * 0.95
