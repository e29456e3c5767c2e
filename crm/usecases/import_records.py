"""Contacts, old follow-ups and running deals out of a sheet, put into the files of customers that are there."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.sheets import ImportKind, RowOutcome
from config.vocabulary import TimelineKind
from crm import audit
from crm.access import WRITE, sees_customer
from crm.ladders import current_ladders, ladder_for
from crm.usecases.followups import write_entry
from crm.usecases.import_customers import do_customers, put_contacts, put_entries
from crm.usecases.import_existing import history_text
from crm.usecases.import_run import ENTRANCE, Line, Run
from models.customers import Customer
from models.deals import Deal, StagePeriod


def _do_contacts(s: Session, run: Run, lines: Sequence[Line], now: datetime) -> None:
    here = _placed(s, run, lines)
    put_contacts(s, run, [(line.customer or 0, line) for line in here], now)
    _written_down(s, run, here, "import_contact", now)


def _do_history(s: Session, run: Run, lines: Sequence[Line], now: datetime) -> None:
    """The author and the moment are those of then; `counts` false: what was said years ago keeps no customer today."""
    here = _placed(s, run, lines)
    entries = [
        (line, line.customer or 0, history_text(line.draft), line.draft.author or None, line.draft.at or now)
        for line in here
    ]
    put_entries(s, entries, now)
    _written_down(s, run, here, "import_follow_up", now)


def _do_deals(s: Session, run: Run, lines: Sequence[Line], now: datetime) -> None:
    """A deal belongs to whom the sheet names, else to the customer's holder, else the importer; on the first rung."""
    ladders = current_ladders(s)
    here = _placed(s, run, lines)
    owners = dict(
        s.execute(select(Customer.id, Customer.owner_id).where(Customer.id.in_({line.customer for line in here}))).all()
    )
    for line in here:
        said = line.draft.deal
        amount = Decimal(said["amount"])
        ladder = ladder_for(ladders, amount)
        stage_id, begins = ladder.ids[ladder.first.key], ladder.first
        owner = line.draft.owner or owners.get(line.customer or 0) or run.actor.person_id
        deal = Deal(
            customer_id=line.customer or 0,
            owner_id=owner,
            name=said["name"],
            amount=amount,
            stage_id=stage_id,
            stage_since=run.clock_from,
            created_at=now,
        )
        s.add(deal)
        s.flush()
        s.add(StagePeriod(deal_id=deal.id, stage_id=stage_id, started_at=now, actor_id=run.actor.person_id))
        words = f"导入商机「{deal.name}」，现在是{begins.label}"
        was = next((rung.label for one in ladders for rung in one.rungs if rung.key == said.get("stage")), begins.label)
        if was != begins.label:  # a list proves nothing: there is one gate for all
            words += f"。原表里是「{was}」，补齐凭证或由主管放行后再推进"
        write_entry(s, deal.customer_id, TimelineKind.DEAL, words, run.actor.person_id, now, deal_id=deal.id)
        line.deal = deal.id
    s.flush()
    _written_down(s, run, here, "import_deal", now)


def _placed(s: Session, run: Run, lines: Sequence[Line]) -> list[Line]:
    """The lines whose customer is still there for the importer."""
    wanted = {line.twin for line in lines}
    mine = (Customer.id.in_(wanted), Customer.merged_into_id.is_(None), sees_customer(run.actor, WRITE))
    there = set(s.scalars(select(Customer.id).where(*mine)))
    here = []
    for line in lines:
        if line.twin in there:
            line.customer = line.twin
            line.ends(RowOutcome.MADE)
            here.append(line)
        else:
            line.ends(RowOutcome.FAILED, "试导入之后，这个客户不在您名下了，或者已被合并。请核对后重新导入这一行")
    return here


def _written_down(s: Session, run: Run, lines: Sequence[Line], verb: str, now: datetime) -> None:
    for line in lines:
        audit.record(
            s, run.actor.person_id, verb, f"customer:{line.customer}", now, entrance=ENTRANCE,
            job=run.job_id, row=line.number,
        )  # fmt: skip


DOING = {
    ImportKind.CUSTOMERS: do_customers,
    ImportKind.CONTACTS: _do_contacts,
    ImportKind.HISTORY: _do_history,
    ImportKind.DEALS: _do_deals,
}
