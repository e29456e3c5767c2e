"""The one gate of deals on real stores: evidence, a manager's word, the way back, and what stays for ever."""

from decimal import Decimal
from functools import partial
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from config.vocabulary import EndReason, EvidenceKind, StageKind
from crm import uow
from crm.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from crm.rules.funnel import Lack, Said, Way
from crm.usecases import attachments, deals, evidence
from crm.usecases.deals import GateClosed, Moved
from crm.usecases.record_fields import update_deal
from gateways.files import FileStore
from models.audit import AuditEntry
from models.deals import Deal, Evidence, Stage, StagePeriod
from models.files import Attachment
from models.timeline import TimelineEntry
from tests.support.company import DAY, MINUTE, NOW, actor, at_once, customer, deal_at, rows

BIG = Decimal(200_000)
WHY = Said("客户临时换了负责人")
END = Said("", EndReason.PRICE, "格兰富")
NOTHING = Said()


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


@pytest.fixture
def deal(company: Engine) -> str:
    made = customer("Zhang", "甲机电有限公司")
    with uow.transaction() as s:
        return deals.open_deal(s, actor("Zhang"), made, "二期循环泵", BIG, NOW, entrance="chat").public_id


def one(deal: str) -> Deal:
    (found,) = rows(Deal, Deal.public_id == deal)
    return found


def stands(deal: str) -> str:
    with uow.reading() as s:
        return s.scalars(select(Stage.key).join(Deal, Deal.stage_id == Stage.id).where(Deal.public_id == deal)).one()


def move(deal: str, to: str, said: Said = NOTHING, who: str = "Zhang", now=NOW, force: bool = False) -> Moved:  # type: ignore[no-untyped-def]
    go = partial(deals.move_deal, actor=actor(who), deal_id=deal, to_key=to, said=said, now=now)
    return uow.attempt(lambda s: go(s, entrance="chat", force=force))


def upload(files: FileStore, deal: str, content: bytes, who: str = "Zhang") -> str:
    taken = files.accept(BytesIO(content))
    with uow.transaction() as s:
        made = attachments.add_attachment(
            s, actor(who), one(deal).customer_id, taken, "纪要.txt", NOW, entrance="console"
        )
    return made.public_id


def prove(files: FileStore, deal: str, stage: str, kind: EvidenceKind, content: str = "") -> str:
    file = upload(files, deal, (content or f"{stage} {kind}：双方确认了循环泵的流量和扬程").encode())
    with uow.transaction() as s:
        return evidence.add_evidence(s, actor("Zhang"), deal, stage, kind, file, NOW, entrance="console").public_id


def test_a_stage_opens_with_its_evidence_and_not_before(deal: str, files: FileStore) -> None:
    with pytest.raises(GateClosed) as closed:
        move(deal, "negotiation")
    assert [one.kind for one in closed.value.missing] == [
        EvidenceKind.MINUTES,
        EvidenceKind.TECHNICAL_DRAFT,
        EvidenceKind.QUOTATION,
    ]
    assert "会议纪要" in str(closed.value)
    assert stands(deal) == "requirement"
    assert len(rows(StagePeriod)) == 1
    prove(files, deal, "proposal", EvidenceKind.MINUTES)
    moved = move(deal, "proposal", now=NOW + DAY)
    assert (moved.before, moved.now, moved.way, moved.forced) == ("需求确认", "方案提交", Way.FORWARD, False)
    assert (stands(deal), one(deal).stage_since) == ("proposal", NOW + DAY)
    assert [(p.started_at, p.ended_at) for p in rows(StagePeriod)] == [(NOW, NOW + DAY), (NOW + DAY, None)]
    assert "从「需求确认」到「方案提交」" in rows(TimelineEntry)[-1].text
    assert rows(AuditEntry)[-1].verb == "move_deal"


def test_what_opened_a_stage_stays_and_its_file_too(deal: str, files: FileStore) -> None:
    proof = prove(files, deal, "proposal", EvidenceKind.MINUTES)
    move(deal, "proposal")
    with pytest.raises(Conflict, match="会一直留着"):
        uow.attempt(lambda s: evidence.remove_evidence(s, actor("Zhang"), proof, NOW, entrance="console"))
    (kept,) = rows(Evidence)
    with pytest.raises(Conflict, match="二期循环泵"):
        uow.attempt(lambda s: attachments.remove_attachment(s, actor("Zhang"), _file(kept), NOW, entrance="console"))
    assert rows(Evidence)[0].sealed_at == NOW


def _file(kept: Evidence) -> str:
    with uow.reading() as s:
        return s.get_one(Attachment, kept.attachment_id).public_id


def test_evidence_that_has_opened_nothing_is_taken_away_again(deal: str, files: FileStore) -> None:
    proof = prove(files, deal, "proposal", EvidenceKind.MINUTES)
    uow.attempt(lambda s: evidence.remove_evidence(s, actor("Zhang"), proof, NOW, entrance="console"))
    with pytest.raises(GateClosed):
        move(deal, "proposal")
    (kept,) = rows(Evidence)
    uow.attempt(lambda s: attachments.remove_attachment(s, actor("Zhang"), _file(kept), NOW, entrance="console"))


def test_the_same_content_proves_nothing_twice(deal: str, files: FileStore) -> None:
    prove(files, deal, "proposal", EvidenceKind.MINUTES, "同一份纪要")
    with pytest.raises(Conflict, match="已经用作这个商机"):
        prove(files, deal, "negotiation", EvidenceKind.QUOTATION, "同一份纪要")
    other = customer("qian", "乙水泵厂")
    with uow.transaction() as s:
        theirs = deals.open_deal(s, actor("qian"), other, "别组的", BIG, NOW, entrance="chat").public_id
    file = upload(files, theirs, "同一份纪要".encode(), who="qian")
    with pytest.raises(Conflict, match="已经用作别的商机") as refused:
        uow.attempt(
            lambda s: evidence.add_evidence(
                s, actor("qian"), theirs, "proposal", EvidenceKind.MINUTES, file, NOW, entrance="console"
            )
        )
    assert "二期循环泵" not in str(refused.value)


def test_evidence_is_of_a_stage_to_come_of_a_kind_it_asks_for_and_of_this_customer(deal: str, files: FileStore) -> None:
    with pytest.raises(Invalid, match="需要的是：会议纪要"):
        prove(files, deal, "proposal", EvidenceKind.QUOTATION)
    with pytest.raises(Invalid, match="已经过了"):
        prove(files, deal, "requirement", EvidenceKind.MINUTES)
    other = customer("Zhang", "丙阀门有限公司")
    with uow.transaction() as s:
        second = deals.open_deal(s, actor("Zhang"), other, "阀门", BIG, NOW, entrance="chat").public_id
    file = upload(files, second, "别家客户的纪要".encode())
    with pytest.raises(NotFound, match="不是这家客户的"):
        uow.attempt(
            lambda s: evidence.add_evidence(
                s, actor("Zhang"), deal, "proposal", EvidenceKind.MINUTES, file, NOW, entrance="console"
            )
        )


def test_a_manager_lets_it_through_with_a_reason_and_the_deal_shows_it(deal: str) -> None:
    with pytest.raises(NotAllowed, match="只有主管"):
        move(deal, "proposal", WHY, force=True)
    with pytest.raises(GateClosed, match="放行的原因"):
        move(deal, "proposal", Said("急"), who="li", force=True)
    moved = move(deal, "proposal", WHY, who="li", force=True)
    assert moved.forced
    last = rows(StagePeriod)[-1]
    assert (last.forced, last.reason) == (True, WHY.reason)
    assert "主管放行，原因：客户临时换了负责人" in rows(TimelineEntry)[-1].text
    with pytest.raises(GateClosed):  # for this step, not for the next
        move(deal, "negotiation")


def test_a_manager_of_another_team_finds_no_such_deal(deal: str) -> None:
    for force in (True, False):
        with pytest.raises(NotFound):
            move(deal, "proposal", WHY, who="wu", force=force)


def test_an_end_says_what_decided_it_and_opening_again_says_why(deal: str) -> None:
    with pytest.raises(GateClosed, match="竞争对手"):
        move(deal, "lost")
    move(deal, "lost", END)
    assert (one(deal).ended_for, one(deal).competitor) == ("price", "格兰富")
    with pytest.raises(Invalid, match="重新打开"):
        move(deal, "won", END)
    with pytest.raises(GateClosed, match="原因"):
        move(deal, "requirement")
    assert move(deal, "requirement", WHY).way is Way.REOPEN
    assert (one(deal).ended_for, one(deal).competitor, stands(deal)) == ("", "", "requirement")


def test_losing_and_opening_again_is_no_way_around_the_gate(deal: str) -> None:
    move(deal, "lost", END)
    with pytest.raises(GateClosed, match="会议纪要"):
        move(deal, "proposal", WHY)


def test_a_small_order_needs_one_proof_and_a_raised_amount_the_whole_ladder(deal: str, files: FileStore) -> None:
    small = small_deal(deal)
    move(small, "negotiation")
    with pytest.raises(GateClosed) as closed:
        move(small, "won", END)
    assert [one.kind for one in closed.value.missing] == [EvidenceKind.PROOF]
    raise_to(small, 900_000)
    with pytest.raises(GateClosed) as closed:
        move(small, "contract_review")
    assert (
        len([one for one in closed.value.missing if one.lack is Lack.EVIDENCE]) == 4
    )  # from the first rung on: what opened the small ladder opens nothing here
    prove(files, small, "won", EvidenceKind.SIGNED_CONTRACT)


def test_shelving_and_opening_again_is_no_way_from_the_small_ladder_to_the_other(deal: str) -> None:
    small = small_deal(deal)
    move(small, "negotiation")
    raise_to(small, 900_000)
    move(small, "shelved", WHY)
    move(small, "negotiation", WHY, who="li", force=True)
    move(small, "requirement", WHY)
    with pytest.raises(GateClosed) as closed:
        move(small, "contract_review")
    assert len([one for one in closed.value.missing if one.lack is Lack.EVIDENCE]) == 4


def test_a_small_win_is_not_made_a_large_one_afterwards(deal: str, files: FileStore) -> None:
    small = small_deal(deal)
    prove(files, small, "won", EvidenceKind.PROOF)
    move(small, "won", END)
    with pytest.raises(Conflict, match="标准流程"):
        uow.attempt(lambda s: update_deal(s, actor("Zhang"), small, {"amount": "500万"}, NOW, entrance="console"))
    uow.attempt(lambda s: update_deal(s, actor("Zhang"), small, {"amount": "4万"}, NOW, entrance="console"))
    assert one(small).amount == 40_000


def small_deal(deal: str) -> str:
    with uow.transaction() as s:
        place = one(deal).customer_id
        return deals.open_deal(s, actor("Zhang"), place, "备件", Decimal(49_999), NOW, entrance="chat").public_id


def raise_to(deal: str, amount: int) -> None:
    with uow.transaction() as s:
        s.scalars(select(Deal).where(Deal.public_id == deal)).one().amount = Decimal(amount)


def test_an_undone_opening_leaves_the_end_with_its_reasons_and_two_undos_take_two_lines(deal: str) -> None:
    first = move(deal, "lost", END)
    again = move(deal, "requirement", WHY)
    for moved in (again, first):
        back = partial(deals.take_back_move, actor=actor("Zhang"), deal_id=deal, period_id=moved.period_id, now=NOW)
        uow.attempt(partial(back, entrance="chat"))
        left = one(deal)
        assert (left.ended_for, left.competitor) == (("price", "格兰富") if moved is again else ("", ""))
    told = [entry.text for entry in rows(TimelineEntry) if entry.retracted_at is None and "从「" in entry.text]
    assert (told, stands(deal)) == ([], "requirement")


def test_a_move_is_taken_back_for_some_minutes_as_if_it_had_not_been(deal: str, files: FileStore) -> None:
    prove(files, deal, "proposal", EvidenceKind.MINUTES)
    moved = move(deal, "proposal", now=NOW + DAY)
    back = partial(deals.take_back_move, deal_id=deal, period_id=moved.period_id, entrance="chat")
    with pytest.raises(Conflict, match="没有撤销"):
        uow.attempt(lambda s: back(s, actor("li"), now=NOW + DAY))
    with pytest.raises(Gone):
        uow.attempt(lambda s: back(s, actor("Zhang"), now=NOW + DAY + 11 * MINUTE))
    uow.attempt(lambda s: back(s, actor("Zhang"), now=NOW + DAY + MINUTE))
    assert (stands(deal), one(deal).stage_since) == ("requirement", NOW)
    assert [p.ended_at for p in rows(StagePeriod)] == [None]
    assert rows(Evidence)[0].sealed_at is None
    with pytest.raises(Conflict):
        uow.attempt(lambda s: back(s, actor("Zhang"), now=NOW + DAY + MINUTE))


def test_two_who_move_it_at_once_move_it_once(deal: str, files: FileStore) -> None:
    prove(files, deal, "proposal", EvidenceKind.MINUTES)
    results = at_once([partial(move, deal, "proposal"), partial(move, deal, "proposal", WHY, "li")])
    assert sorted(type(one).__name__ for one in results) == ["Invalid", "Moved"]
    assert len(rows(StagePeriod)) == 2


def test_a_move_ends_what_was_put_off_a_moment_before_it(deal: str) -> None:
    """Both at once: whoever moves the deal waits for whoever is putting it off, and then sees it."""
    until = NOW + 3 * DAY
    moved = Thread(target=move, args=(deal, "proposal", WHY, "li"), kwargs={"force": True})
    with uow.transaction() as s:
        deals.snooze_deal(s, actor("Zhang"), one(deal).id, until, NOW, entrance="card")
        s.flush()
        moved.start()
        moved.join(1)
    moved.join()
    stay = rows(StagePeriod)[-1]
    assert (stands(deal), stay.snoozed_before, one(deal).snoozed_until) == ("proposal", until, None)


def test_a_deal_that_is_opened_and_moved_in_one_transaction_stands_in_one_place(deal: str) -> None:
    made = deal_at(actor("Zhang"), one(deal).customer_id, "三期", BIG, "proposal")
    periods = rows(StagePeriod, StagePeriod.deal_id == made.id)
    assert [period.ended_at for period in periods] == [NOW, None]


def test_every_open_deal_has_one_open_period_where_it_stands(deal: str) -> None:
    for to, said in (("proposal", WHY), ("negotiation", WHY), ("requirement", WHY), ("shelved", WHY)):
        move(deal, to, said, who="li", force=True)
        (still,) = rows(StagePeriod, StagePeriod.ended_at.is_(None))
        assert (still.stage_id, still.started_at) == (one(deal).stage_id, one(deal).stage_since)
    with uow.reading() as s:
        kind = s.scalars(select(Stage.kind).where(Stage.id == one(deal).stage_id)).one()
    assert kind == StageKind.SHELVED
