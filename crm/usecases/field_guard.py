"""Between a form and the judge: what this actor's role may not edit is refused, what he saw in part is not saved so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from config.vocabulary import FieldObject
from crm.access import Actor, Groups, Sight, editable, sight
from crm.errors import NotAllowed
from crm.rules.field_input import Raw, read_words
from crm.rules.fields import FieldSpec, Value, say
from models.customers import Customer

_NOT_HIS = "您的岗位不能改这一项，需要的话请联系管理员调整权限"


@dataclass(frozen=True, slots=True)
class Guard:
    """Of one kind of record, for one actor; asked for once."""

    fields: Mapping[str, FieldSpec]
    may: Groups
    sight: Sight

    def unmasked(self, customer: Customer, had: Mapping[str, Value], written: Mapping[str, Raw]) -> dict[str, Raw]:
        """Where a form sends back a number as it was shown, in part, the number itself: it was not touched."""
        return {key: self._whole(customer, had, key, value) for key, value in written.items()}

    def seen_whole(self, customer: Customer, had: Mapping[str, Value], seen: Mapping[str, str]) -> dict[str, str]:
        """The same for what a form showed: that he saw a part does not mean that somebody changed it meanwhile."""
        return {key: read_words(value) for key, value in self.unmasked(customer, had, seen).items()}

    def check(self, written: Mapping[str, Raw]) -> None:
        """NotAllowed, with a sentence beside each field of a group that this role does not edit."""
        refused = [spec for key in written if (spec := self.fields.get(key)) and spec.group not in self.may]
        if refused:
            labels = "、".join(spec.label for spec in refused[:3])
            raise NotAllowed(f"没有保存：{labels} {_NOT_HIS}", {spec.key: _NOT_HIS for spec in refused})

    def _whole(self, customer: Customer, had: Mapping[str, Value], key: str, value: Raw) -> Raw:
        spec = self.fields.get(key)
        if spec is None:
            return value
        whole = say(spec, had.get(key))
        shown = self.sight.shown(customer.id, customer.owner_id, spec.group, whole)
        return whole if shown != whole and read_words(value) == shown else value


def guard(s: Session, actor: Actor, of: FieldObject, fields: Sequence[FieldSpec]) -> Guard:
    return Guard({spec.key: spec for spec in fields}, editable(s, actor, of), sight(s, actor, of))
