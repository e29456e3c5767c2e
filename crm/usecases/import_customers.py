"""Customers out of a sheet: made in bulk, merged by filling gaps alone, contested where two people claim one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from config.sheets import RowOutcome, RowResolution
from config.vocabulary import FieldObject, TimelineKind
from crm import audit, field_store
from crm.access import WRITE, sees_customer
from crm.holding import Holder
from crm.rules.fields import Value
from crm.usecases.contests import claimed_twice
from crm.usecases.customers_in_bulk import NewCustomer, create_many, insert_known, put_added, stored_value
from crm.usecases.import_existing import contact_mark, contacts_of
from crm.usecases.import_newcomers import met
from crm.usecases.import_run import ENTRANCE, Line, Run
from crm.usecases.radar import lock_names
from models.base import bare, new_public_id, one_of
from models.customers import Contact, Customer
from models.imports import ImportRow
from models.timeline import TimelineEntry

_CUSTOMER = bare(Customer).c
_NEVER_FILLED = frozenset({"name", "level", "source", "cooperation_stage"})  # a file always has them


@dataclass(slots=True)
class _Target:
    """A customer in the store that rows are merged into. `held`: what its fields hold, filled as we go."""

    id: int
    name: str
    owner_id: int | None
    mine: bool
    held: dict[str, Value] = field(default_factory=dict)


def do_customers(s: Session, run: Run, lines: Sequence[Line], now: datetime) -> None:
    """Every line gets its outcome. Names are locked first, so that a twin made meanwhile is seen."""
    lock_names(s, [line.pieces for line in lines])
    there = _targets(s, run, lines)
    by_key = {key: target for key, target in there.items() if isinstance(key, str)}
    codes = _codes(s, lines)
    asked = [(line.number, line.draft.name, line.twin) for line in lines if line.resolution is RowResolution.CREATE]
    newer = met(s, run.actor, run.newcomers, asked, run.policy.similar_at)
    new: dict[str, tuple[NewCustomer, list[Line]]] = {}
    merged: list[tuple[Line, _Target]] = []
    for line in lines:
        twin = by_key.get(line.draft.key)
        joined = new.get(line.draft.key)
        if joined is not None:
            _join(joined, line)
        elif twin is None and line.number in newer:
            line.ends(RowOutcome.FAILED, newer[line.number])
        elif twin is None and line.resolution is RowResolution.CREATE:
            _make(run, line, codes, new)
        elif twin is not None and line.resolution is RowResolution.CREATE:
            line.ends(RowOutcome.FAILED, "试导入之后，这家公司已经有人建了。请重新导入这一行，选「合并」或「跳过」")
        else:
            _onto(s, run, line, twin or there.get(line.twin or 0), merged, now)
    _create(s, run, new, now)
    _fill(s, run, merged, codes, now)
    done = [line for line in lines if line.outcome in (RowOutcome.MADE, RowOutcome.MERGED)]
    _contacts(s, run, done, now)
    _notes(s, run, done, now)


def _targets(s: Session, run: Run, lines: Sequence[Line]) -> dict[str | int, _Target]:
    """The customers of these names, and those that the dry run found by other signs; by name key and by id."""
    keys = {line.draft.key for line in lines}
    twins = {line.twin for line in lines if line.twin is not None}
    # What this very import made is its own, whoever holds it by now: a later row of the sheet may add to it.
    here = (ImportRow.job_id == run.job_id, ImportRow.outcome == RowOutcome.MADE)
    ours = select(ImportRow.number).where(*here, ImportRow.customer_id == Customer.id).exists()
    columns = (
        Customer.id,
        Customer.name,
        Customer.name_key,
        Customer.owner_id,
        or_(sees_customer(run.actor, WRITE), ours).label("mine"),
    )
    found: dict[str | int, _Target] = {}
    which = or_(one_of(s, Customer.name_key, keys), one_of(s, Customer.id, twins))
    for row in s.execute(select(*columns).where(which, Customer.merged_into_id.is_(None))):
        target = _Target(row.id, row.name, row.owner_id, bool(row.mine))
        found[row.id] = target
        found.setdefault(row.name_key, target)
    return found


def _codes(s: Session, lines: Sequence[Line]) -> dict[str, str]:
    """Who holds these 统一社会信用代码, merged and withdrawn files included: a code is given once."""
    codes = {str(line.draft.customer["uscc"]) for line in lines if "uscc" in line.draft.customer}
    wanted = select(_CUSTOMER.uscc, _CUSTOMER.name).where(one_of(s, _CUSTOMER.uscc, codes))
    return {str(code): name for code, name in s.execute(wanted)} if codes else {}


def _make(run: Run, line: Line, codes: dict[str, str], new: dict[str, tuple[NewCustomer, list[Line]]]) -> None:
    draft = line.draft
    code = str(draft.customer.get("uscc", ""))
    if code in codes:
        line.ends(RowOutcome.FAILED, f"统一社会信用代码和「{codes[code]}」的一样。请核对代码，或先合并这两家")
        return
    if code:
        codes[code] = draft.name
    values = {key: value for key, value in draft.customer.items() if key != "name"}
    new[draft.key] = (NewCustomer(draft.name, draft.key, line.pinyin, values, holder_of_row(run, draft)), [line])
    line.ends(RowOutcome.MADE)


def holder_of_row(run: Run, draft: Any) -> Holder:
    """Whom the sheet names; else, as the importer chose, himself or the queue of his team."""
    if draft.owner:
        return Holder.person(draft.owner)
    if draft.queue:
        return Holder.queue(draft.queue)
    return Holder.person(run.actor.person_id) if run.options.mine else Holder.queue(run.actor.team_id)


def _join(joined: tuple[NewCustomer, list[Line]], line: Line) -> None:
    """A row about a customer that an earlier row of this chunk makes: what that one lacks."""
    one, made_by = joined
    for key, value in line.draft.customer.items():
        if key not in ("name", "uscc"):
            one.values.setdefault(key, value)
    made_by.append(line)
    line.ends(RowOutcome.MERGED, f"并入第 {made_by[0].number} 行新建的「{one.name}」")


def _create(s: Session, run: Run, new: Mapping[str, tuple[NewCustomer, list[Line]]], now: datetime) -> None:
    ids = create_many(
        s,
        run.actor.person_id,
        [one for one, _ in new.values()],
        run.customer,
        now,
        silent_since=run.clock_from,
        entrance=ENTRANCE,
        job=run.job_id,
    )
    for number, (one, lines) in zip(ids, new.values(), strict=True):
        for line in lines:
            line.customer = number
            if line is not lines[0] and line.draft.owner and Holder.person(line.draft.owner) != one.holder:
                claimed_twice(
                    s, run.actor, run.job_id, line.number, number, line.draft.owner, run.policy, now, fresh=True
                )
                line.ends(RowOutcome.CONTESTED, f"「{one.name}」有两位负责人，已请主管裁定归属")


def _onto(
    s: Session,
    run: Run,
    line: Line,
    target: _Target | None,
    merged: list[tuple[Line, _Target]],
    now: datetime,
) -> None:
    """A row about a customer that is there: fill its gaps, or let the supervisors decide whose it is."""
    if target is None and line.twin is None:
        line.ends(RowOutcome.FAILED, "它要并入的那一行没有建成客户，所以这一行也没有导入。请重新导入这一行，选「新建」")
        return
    if target is None:
        line.ends(RowOutcome.FAILED, "要合并的客户已经不在了。请重新导入这一行")
        return
    claimant = line.draft.owner or (run.actor.person_id if run.options.mine else 0)
    if claimant and claimant != target.owner_id:
        opened = claimed_twice(s, run.actor, run.job_id, line.number, target.id, claimant, run.policy, now)
        if opened:
            line.customer = target.id
            line.ends(RowOutcome.CONTESTED, "另一张表里也有这家客户，已请主管裁定归属")
            return
    if line.resolution is RowResolution.CONTEST or not target.mine:
        line.ends(RowOutcome.SKIPPED, line.why)
        return
    line.customer = target.id
    line.ends(RowOutcome.MERGED, f"并入「{target.name}」")
    merged.append((line, target))


def _fill(
    s: Session, run: Run, merged: Sequence[tuple[Line, _Target]], codes: Mapping[str, str], now: datetime
) -> None:
    """What is empty is filled, what is there stays. Each change is noted, so that it can be read and taken back."""
    if not merged:
        return
    _load(s, run, {target.id: target for _, target in merged})
    specs = {spec.key: spec for spec in run.customer}
    for line, target in merged:
        gaps = {
            key: value
            for key, value in line.draft.customer.items()
            if key not in _NEVER_FILLED and key not in target.held and not (key == "uscc" and str(value) in codes)
        }
        if gaps:
            target.held.update(gaps)
            built_in = {
                field_store.column_of(specs[k]): stored_value(specs[k], v) for k, v in gaps.items() if specs[k].built_in
            }
            if built_in:
                s.execute(update(bare(Customer)).where(_CUSTOMER.id == target.id).values(built_in))
            put_added(
                s, FieldObject.CUSTOMER, [spec for spec in run.customer if not spec.built_in], [(target.id, gaps)]
            )
            changes = [field_store.Change(specs[key], None, field_store.plain(value)) for key, value in gaps.items()]
            field_store.note(s, FieldObject.CUSTOMER, target.id, changes, now, run.actor.person_id, ENTRANCE)
            line.changed = {change.spec.key: change.after for change in changes}
            line.said += f"，补了{'、'.join(specs[key].label for key in gaps)}"
        audit.record(
            s, run.actor.person_id, "import_into", f"customer:{target.id}", now, entrance=ENTRANCE,
            job=run.job_id, filled=list(gaps),
        )  # fmt: skip


def _load(s: Session, run: Run, targets: Mapping[int, _Target]) -> None:
    built_in = [spec for spec in run.customer if spec.built_in]
    columns = [_CUSTOMER[field_store.column_of(spec)].label(f"f_{spec.key}") for spec in built_in]
    # Locked: whoever edits one of them meanwhile would otherwise be overwritten.
    wanted = select(_CUSTOMER.id, *columns).where(one_of(s, _CUSTOMER.id, targets))
    for row in s.execute(wanted.order_by(_CUSTOMER.id).with_for_update()):
        for spec in built_in:
            held = getattr(row, f"f_{spec.key}")
            if held not in (None, ""):
                targets[row.id].held[spec.key] = held
    added = field_store.added_values(s, run.customer, FieldObject.CUSTOMER, targets)
    for number, values in added.items():
        targets[number].held.update(values)


def _contacts(s: Session, run: Run, done: Sequence[Line], now: datetime) -> None:
    """A contact that the file has already, by name and telephone, is not put there twice."""
    with_one = [line for line in done if line.draft.contact]
    known = contacts_of(s, {line.customer or 0 for line in with_one if line.outcome is RowOutcome.MERGED})
    fresh: dict[tuple[int, str, str], Line] = {}
    for line in with_one:
        mark = contact_mark(line.customer or 0, line.draft)
        if mark not in known and mark not in fresh:
            fresh[mark] = line
    put_contacts(s, run, [(line.customer or 0, line) for line in fresh.values()], now)


def put_contacts(s: Session, run: Run, rows: Sequence[tuple[int, Line]], now: datetime) -> None:
    """One contact each; the line remembers its number."""
    if not rows:
        return
    built_in = [spec for spec in run.contact if spec.built_in]
    empty = {field_store.column_of(spec): "" for spec in built_in}
    values = [
        {
            **empty,
            **{
                field_store.column_of(spec): line.draft.contact[spec.key]
                for spec in built_in
                if spec.key in line.draft.contact
            },
            "public_id": new_public_id(),
            "customer_id": customer,
            "created_at": now,
        }
        for customer, line in rows
    ]
    ids = insert_known(s, Contact, values)
    for number, (_, line) in zip(ids, rows, strict=True):
        line.contact = number
    added = [spec for spec in run.contact if not spec.built_in]
    put_added(s, FieldObject.CONTACT, added, [(n, line.draft.contact) for n, (_, line) in zip(ids, rows, strict=True)])


def _notes(s: Session, run: Run, done: Sequence[Line], now: datetime) -> None:
    """What the sheet says beside the fields stands on the timeline, and counts as no follow-up."""
    noted = [line for line in done if line.draft.note]
    entries = [(line, line.customer or 0, f"导入备注\n{line.draft.note}", run.actor.person_id, now) for line in noted]
    put_entries(s, entries, now)


def put_entries(s: Session, entries: Sequence[tuple[Line, int, str, int | None, datetime]], now: datetime) -> None:
    """(line, customer, text, author, when) each; no clock is touched."""
    if not entries:
        return
    rows = [
        {
            "public_id": new_public_id(),
            "customer_id": customer,
            "deal_id": None,
            "kind": TimelineKind.FOLLOW_UP,
            "author_id": author,
            "at": at,
            "recorded_at": now,
            "text": text,
            "counts": False,
        }
        for _, customer, text, author, at in entries
    ]
    for number, (line, *_) in zip(insert_known(s, TimelineEntry, rows), entries, strict=True):
        line.entry = number
