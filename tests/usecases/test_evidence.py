"""Evidence judged by what it says: readable, never used before in another dress, also by two at once, old files too."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import delete
from sqlalchemy.engine import Engine

from config.vocabulary import EvidenceKind, FileKind, SignMode
from crm import uow
from crm.errors import Conflict, CrmError, Invalid, NotFound
from crm.flows import evidence as flow
from crm.reads.deal_page import deal_page
from crm.rules.approvals import Step
from crm.rules.sameness import Print
from crm.usecases import contents, deals, evidence
from crm.usecases.attachments import add_attachment
from gateways.files import Accepted, FileStore
from gateways.reader.marks import minhash, passages
from jobs import runs
from models.deals import Deal, Evidence, EvidenceBand
from models.files import Attachment, AttachmentContent
from tests.jobs.company import wiring_in
from tests.support.company import NOW, actor, at_once, customer, rows
from tests.support.papers import TEMPLATES, WRITERS, Paper, changed, paper, photo, picture_file, resized, written
from tests.usecases.approval_kit import a_rule, asked, state, told

BIG = Decimal(200_000)


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def opened(who: str, at: str, name: str = "二期循环泵") -> str:
    place = customer(who, at)
    with uow.transaction() as s:
        return deals.open_deal(s, actor(who), place, name, BIG, NOW, entrance="chat").public_id


@pytest.fixture
def deal(company: Engine) -> str:
    return opened("Zhang", "甲机电有限公司")


@pytest.fixture
def other(company: Engine) -> str:
    return opened("qian", "乙水泵厂", "别组的")


def hand_in(
    files: FileStore,
    deal: str,
    data: bytes,
    who: str = "Zhang",
    stage: str = "proposal",
    kind: EvidenceKind = EvidenceKind.MINUTES,
    name: str = "纪要",
) -> flow.Handed:
    taken = files.accept(BytesIO(data))
    go = partial(flow.hand_in, actor=actor(who), deal_id=deal, stage=stage, kind=kind, file=taken, name=name, now=NOW)
    return uow.attempt(lambda s: go(s, entrance="link"))


def test_a_new_file_is_the_customers_and_evidence_at_once(deal: str, files: FileStore) -> None:
    done = hand_in(files, deal, written(Random(1), paper(Random(1)))[1])
    assert (list(done.missing), done.towards) == ([], "方案提交")
    assert done.said.endswith("到「方案提交」什么都不缺了，发 /推进 二期循环泵")
    assert (len(rows(Attachment)), len(rows(Evidence)), len(rows(AttachmentContent))) == (1, 1, 1)
    assert rows(EvidenceBand)


@pytest.mark.parametrize("way", ["renamed", "saved again", "in another format", "a paragraph changed"])
def test_the_same_in_another_dress_is_refused_and_leaves_nothing(
    deal: str, other: str, files: FileStore, way: str
) -> None:
    chance = Random(5)
    one = paper(chance)
    kind, data = written(chance, one, FileKind.DOCX)
    hand_in(files, deal, data)
    again = {
        "renamed": data,
        "saved again": written(chance, one, kind)[1],
        "in another format": written(chance, one, FileKind.PDF)[1],
        "a paragraph changed": written(chance, changed(chance, one), kind)[1],
    }[way]
    with pytest.raises(Conflict, match="别的商机的凭证") as refused:
        hand_in(files, other, again, "qian", name="新纪要")
    assert "二期循环泵" not in str(refused.value)
    assert "「纪要" not in str(refused.value)
    with pytest.raises(Conflict, match="这个商机的凭证"):
        hand_in(files, deal, again, stage="negotiation", kind=EvidenceKind.QUOTATION)
    assert (len(rows(Evidence)), len(rows(Attachment))) == (1, 1)


def test_whoever_may_see_it_is_told_where_it_was_used(deal: str, files: FileStore) -> None:
    second = opened("Zhang", "丙阀门有限公司", "阀门改造")
    chance = Random(6)
    picture = photo(chance)
    hand_in(files, deal, picture_file(chance, picture)[1], name="现场")
    with pytest.raises(Conflict, match="商机「二期循环泵」的凭证「现场"):
        hand_in(files, second, picture_file(chance, resized(chance, picture))[1])


def test_a_template_filled_in_anew_is_taken(deal: str, files: FileStore) -> None:

    for number, template in enumerate(["quotation", "quotation", "quotation"]):
        chance = Random(100 + number)
        hand_in(files, deal, written(chance, Paper(template, tuple(TEMPLATES[template](chance))), FileKind.XLSX)[1])
    assert len(rows(Evidence)) == 3


def test_what_was_taken_away_again_may_prove_something_else(deal: str, files: FileStore) -> None:
    data = written(Random(8), paper(Random(8)), FileKind.DOCX)[1]
    hand_in(files, deal, data)
    (given,) = rows(Evidence)
    uow.attempt(lambda s: evidence.remove_evidence(s, actor("Zhang"), given.public_id, NOW, entrance="console"))
    assert rows(EvidenceBand) == []
    hand_in(files, deal, written(Random(9), paper(Random(8)), FileKind.PDF)[1])


def test_a_deal_that_is_taken_back_leaves_no_marks(deal: str, files: FileStore) -> None:
    hand_in(files, deal, written(Random(8), paper(Random(8)))[1])
    (made,) = rows(Deal)
    uow.attempt(lambda s: deals.withdraw_deal(s, actor("Zhang"), made.id, NOW, entrance="chat"))
    assert (rows(EvidenceBand), rows(Evidence)) == ([], [])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + "WordDocument".encode("utf-16-le") + bytes(2000), "2007"),
        (WRITERS[FileKind.DOCX](Random(1), [" "]), "空的"),
        (picture_file(Random(1), photo(Random(1), (120, 120)), FileKind.PNG)[1], "太小"),
        (b"AC1032\x00" + bytes(100), "请用 Word"),
    ],
)
def test_what_cannot_be_read_proves_nothing(deal: str, files: FileStore, data: bytes, why: str) -> None:
    with pytest.raises(Invalid, match=f"不能当凭证：.*{why}"):
        hand_in(files, deal, data)
    assert rows(Attachment) == []


@pytest.mark.slow
def test_of_two_that_say_the_same_given_at_once_one_passes(deal: str, other: str, files: FileStore) -> None:
    for number in range(4):
        chance = Random(50 + number)
        one = paper(chance)
        first, second = (files.accept(BytesIO(written(chance, one, kind)[1])) for kind in (FileKind.DOCX, FileKind.PDF))
        done = at_once([_handing(deal, "Zhang", first), _handing(other, "qian", second)])
        refused = [result for result in done if isinstance(result, CrmError)]
        assert len(refused) == 1, done
        assert "内容几乎一样" in str(refused[0])


def _handing(deal: str, who: str, taken: Accepted) -> Callable[[], object]:
    me = actor(who)
    kind = EvidenceKind.MINUTES
    go = partial(flow.hand_in, actor=me, deal_id=deal, stage="proposal", kind=kind, file=taken, name="x", now=NOW)
    return lambda: uow.attempt(lambda s: go(s, entrance="link"))


def forget_content() -> None:
    """As files lie there that were uploaded before anybody read them."""
    with uow.transaction() as s:
        s.execute(delete(EvidenceBand))
        s.execute(delete(AttachmentContent))


def test_nothing_slips_through_that_was_uploaded_before_there_was_a_reader(
    deal: str, other: str, files: FileStore, tmp_path: Path
) -> None:
    one = paper(Random(11))
    hand_in(files, deal, written(Random(11), one, FileKind.DOCX)[1])
    forget_content()
    again = written(Random(12), one, FileKind.PDF)[1]
    with pytest.raises(Conflict, match="还没读完"):
        hand_in(files, other, again, "qian")
    assert list(runs.perform(wiring_in(tmp_path, lambda: NOW), "evidence", NOW)) == ["", "读完以前的凭证 1 份"]
    assert list(runs.perform(wiring_in(tmp_path, lambda: NOW), "evidence", NOW)) == [""]
    with pytest.raises(Conflict, match="内容几乎一样"):
        hand_in(files, other, again, "qian")


def test_an_old_attachment_is_read_when_it_is_first_to_prove_something(deal: str, files: FileStore) -> None:
    taken = files.accept(BytesIO(written(Random(13), paper(Random(13)))[1]))
    with uow.transaction() as s:
        page = deal_page(s, actor("Zhang"), deal, NOW)

        old = add_attachment(s, actor("Zhang"), page.customer_id, taken, "旧", NOW, entrance="console").public_id
    forget_content()
    flow.read_first(files, lambda _: actor("qian"), old)  # not his to use: left as it is
    assert rows(AttachmentContent) == []
    flow.read_first(files, lambda _: actor("Zhang"), old)
    flow.read_first(files, lambda _: actor("Zhang"), old)
    flow.read_first(files, lambda _: actor("Zhang"), "nothing")
    kind = EvidenceKind.MINUTES
    uow.attempt(
        lambda s: evidence.add_evidence(s, actor("Zhang"), deal, "proposal", kind, old, NOW, entrance="console")
    )
    assert len(rows(AttachmentContent)) == 1


def test_old_evidence_whose_file_is_gone_holds_up_nobody(deal: str, other: str, files: FileStore) -> None:
    hand_in(files, deal, written(Random(14), paper(Random(14)))[1])
    forget_content()
    (kept,) = rows(Attachment)
    files.path(kept.stored_name).unlink()
    assert sum(flow.read_evidence(files)) == 1
    hand_in(files, other, written(Random(15), paper(Random(15)))[1], "qian")


def test_a_deal_that_is_not_his_takes_nothing(other: str, files: FileStore) -> None:
    with pytest.raises(NotFound):
        hand_in(files, other, written(Random(16), paper(Random(16)))[1], "Zhang")
    assert (rows(Attachment), rows(Evidence)) == ([], [])


def test_many_of_one_template_do_not_hide_the_copy(deal: str, company: Engine) -> None:
    """Among more papers of one template than are compared letter by letter, the copy comes first."""

    def said(lines: list[str]) -> Print:
        words = passages(lines)
        return Print(words, minhash(words), [])

    contracts = [TEMPLATES["contract"](Random(n)) for n in range(60)]
    (held,) = rows(Deal)
    with uow.transaction() as s:
        for number, lines in enumerate(contracts):
            one = said(lines)
            file = Attachment(
                customer_id=held.customer_id, name="x", kind="text", size=1, sha256=str(number), at=NOW,
                stored_name=str(number), uploaded_by_id=held.owner_id,
            )  # fmt: skip
            s.add(file)
            s.flush()
            proof = Evidence(
                deal_id=held.id, stage_key="proposal", kind="minutes", attachment_id=file.id, added_by_id=held.owner_id,
                at=NOW,
            )  # fmt: skip
            s.add(proof)
            s.flush()
            contents.keep(s, file.id, _Said(one))
    lines = list(contracts[17])
    lines[9] = "补充：卖方应在发货前三天书面通知买方，并提供装箱清单和随机文件目录。"
    with uow.reading() as s:
        found = contents.says_the_same(s, said(lines))
        fresh = contents.says_the_same(s, said(TEMPLATES["contract"](Random(999))))
    assert (found, fresh) == (rows(Evidence)[17].id, None)


class _Said:
    refused = ""

    def __init__(self, one: Print) -> None:
        self.words, self.minhash, self.pictures = one.words, one.minhash, one.pictures


def test_what_waits_for_a_signature_is_void_as_soon_as_its_evidence_is_another(deal: str, files: FileStore) -> None:
    a_rule(Step(SignMode.ANY, ("supervisor",)))
    hand_in(files, deal, written(Random(1), paper(Random(1)))[1])
    first = asked(deal, to="proposal")
    hand_in(files, deal, written(Random(2), paper(Random(2)))[1])
    assert state(first) == "void"
    assert any("凭证在申请之后改过" in one for one in told("Zhang"))
    second = asked(deal, to="proposal")
    with uow.transaction() as s:
        evidence.remove_evidence(s, actor("Zhang"), rows(Evidence)[-1].public_id, NOW, entrance="chat")
    assert state(second) == "void"
