"""Between a form and the judge: what this actor's role may not edit is refused, what he saw in part is not saved so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from config.vocabulary import FieldKind, FieldObject
from crm.access import Actor, Groups, Sight, eyes
from crm.errors import Conflict, NotAllowed
from crm.field_store import plain, shown_as
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

    def touched(
        self, customer: Customer, had: Mapping[str, Value], written: Mapping[str, Raw], seen: Mapping[str, str] | None,
        files: Mapping[str, str],
    ) -> dict[str, Raw]:  # fmt: skip
        """What a form really changes; Conflict where somebody else changed the same field meanwhile.

        A number that the form sends back as it was shown, in part, was not touched: it stays the number itself. `seen`
        is what the form showed, of a file its public id: two photographs of two telephones have the same name.
        `files` are the names that the customer's files are shown by.
        """
        raw = {key: self._whole(customer, had, key, value) for key, value in written.items()}
        if seen is None:
            return raw
        was = {key: read_words(self._whole(customer, had, key, value)) for key, value in seen.items()}
        changed = {key: value for key, value in raw.items() if read_words(value) != was.get(key, "")}
        known = [spec for key in changed if (spec := self.fields.get(key)) is not None]
        lost = [spec for spec in known if spec.key in was and _differs(spec, had.get(spec.key), was[spec.key])]
        if lost:
            said = {
                spec.key: f"刚被别人改成「{self._shown(customer, spec, had, files) or '空'}」，请确认后再保存"
                for spec in lost
            }
            raise Conflict("您填写的时候，有内容被别人改过，没有保存。请看标出的地方", said)
        return changed

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

    def _shown(self, customer: Customer, spec: FieldSpec, had: Mapping[str, Value], files: Mapping[str, str]) -> str:
        whole = shown_as(spec, had.get(spec.key), files)
        return self.sight.shown(customer.id, customer.owner_id, spec.group, whole)


def _differs(spec: FieldSpec, value: Value, seen: str) -> bool:
    """Whether a field says something else now than a form showed."""
    if spec.kind is FieldKind.COMPANY:
        return False  # shown by its name, kept by its number
    return seen not in (say(spec, value), plain(value) or "")


def guard(s: Session, actor: Actor, of: FieldObject, fields: Sequence[FieldSpec]) -> Guard:
    seen = eyes(s, actor)
    return Guard({spec.key: spec for spec in fields}, seen.editable(of), seen.sight(of))
