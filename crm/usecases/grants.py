"""Reading and editing of a group of fields, granted to a role or taken from it by an administrator."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.grants import MASKED, Grant, default
from config.vocabulary import FieldObject, Role
from crm import audit
from crm.access import Actor, require
from crm.errors import Invalid
from models.base import insert_once
from models.sharing import FieldGrant


def grant_fields(
    s: Session,
    actor: Actor,
    record: FieldObject,
    wanted: Mapping[tuple[Role, str], Grant],
    now: datetime,
    *,
    entrance: str,
) -> int:
    """Set what roles may do with groups of fields; how many were changed. Each change is an audit row of its own."""
    require(actor, Role.ADMIN)
    changed = 0
    for (role, group), grant in sorted(wanted.items()):
        if grant.edit and not grant.read and group not in MASKED:
            raise Invalid("看不到的字段不能改。请选「可看可改」或「只能看」")
        key = {"role": role, "record": record, "group_key": group}
        usual = default(role, group)
        insert_once(s, FieldGrant, **key, may_read=usual.read, may_edit=usual.edit, at=now, actor_id=actor.person_id)
        stored = s.scalars(select(FieldGrant).filter_by(**key).with_for_update()).one()
        before = Grant(stored.may_read, stored.may_edit)
        if grant == before:
            continue
        stored.may_read, stored.may_edit, stored.at, stored.actor_id = grant.read, grant.edit, now, actor.person_id
        changed += 1
        audit.record(
            s, actor.person_id, "grant_fields", f"role:{role}", now, entrance=entrance,
            record=record.value, group=group, read=grant.read, edit=grant.edit,
        )  # fmt: skip
    s.flush()
    return changed
