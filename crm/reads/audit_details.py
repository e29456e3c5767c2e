"""Particulars of the book that only the store can put into words: columns of a sheet, groups of fields, filters."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.sheets import ImportKind
from crm.columns import choice
from crm.reads.filter_words import filter_words
from models.fields import FieldGroup
from models.people import Team

Detail = Mapping[str, Any]


def worded(s: Session, entries: Sequence[tuple[str, Detail]]) -> list[dict[str, Any]]:
    """The details of these entries (verb, detail) with such values in words, the others as they are."""
    details = [dict(detail) for _, detail in entries]
    for words in (_columns, _filters, _groups, _teams):
        words(s, details)
    return details


def _columns(s: Session, details: Sequence[dict[str, Any]]) -> None:
    """`targets` and `filled` are keys of fields."""
    concerned = _with(details, ("targets", "filled"))
    if not concerned:
        return
    labels = {target.key: target.label for kind in ImportKind for target in choice(s, kind).targets}
    for detail in concerned:
        if "targets" in detail:
            detail["targets"] = [labels.get(one, one) for one in detail["targets"] if one]
        if "filled" in detail:
            detail["filled"] = [labels.get(f"customer.{one}", one) for one in detail["filled"]]


def _filters(s: Session, details: Sequence[dict[str, Any]]) -> None:
    concerned = _with(details, ("asked",))
    for detail, words in zip(concerned, filter_words(s, [one["asked"] for one in concerned]), strict=True):
        detail["asked"] = words


def _groups(s: Session, details: Sequence[dict[str, Any]]) -> None:
    """`group` is the key of a group of fields, beside the `record` that it is of; a field's own group is a name."""
    concerned = [one for one in _with(details, ("group",)) if "record" in one]
    if not concerned:
        return
    rows = s.execute(select(FieldGroup.object_kind, FieldGroup.key, FieldGroup.label))
    labels = {(row.object_kind, row.key): row.label for row in rows}
    for detail in concerned:
        detail["group"] = labels.get((detail["record"], detail["group"]), detail["group"])


def _teams(s: Session, details: Sequence[dict[str, Any]]) -> None:
    """What a member was and is, among it the number of his team."""
    facts = [one[key] for one in details for key in ("old", "new") if isinstance(one.get(key), dict)]
    ids = {one["team_id"] for one in facts if "team_id" in one}
    if not ids:
        return
    names = {row.id: row.name for row in s.execute(select(Team.id, Team.name).where(Team.id.in_(ids)))}
    for detail in details:
        for key in ("old", "new"):
            if isinstance(detail.get(key), dict) and "team_id" in detail[key]:
                detail[key] = {**detail[key], "team_id": names.get(detail[key]["team_id"], "")}


def _with(details: Sequence[dict[str, Any]], keys: Collection[str]) -> list[dict[str, Any]]:
    return [one for one in details if any(key in one for key in keys)]
