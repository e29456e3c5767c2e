"""The one judge of what is written into fields: chat, API, console and import hand it the same specs and raw input."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache

from config.vocabulary import CooperationStage, FieldKind, label
from crm.rules.amounts import say_amount
from crm.rules.field_input import (
    Raw,
    read_amount,
    read_day,
    read_line,
    read_lines,
    read_number,
    read_region,
    read_words,
)
from crm.rules.naming import clean_name
from crm.rules.reach import clean_domain, clean_email, clean_phone
from crm.rules.uscc import clean_uscc

# What a field holds once it has been read: text, number or yuan, day, the key(s) of options. None: empty.
Value = str | Decimal | date | tuple[str, ...] | None
STAGE = "cooperation_stage"
LONGEST_LINE, LONGEST_TEXT = 255, 5000
MOST_CHOSEN = 30
CHOICES = (FieldKind.SELECT, FieldKind.MULTI_SELECT, FieldKind.PERSON)
RANGES = (FieldKind.NUMBER, FieldKind.MONEY, FieldKind.DATE)  # kinds that are asked for from … to
_NAMED = 8  # options that a refusal lists

# Down the ladder asks for nothing: 停滞 is no step further.
_STEPS = {stage: number for number, stage in enumerate(CooperationStage)} | {CooperationStage.DORMANT: -1}
_CHECKS = {"name": clean_name, "uscc": clean_uscc, "phone": clean_phone, "domain": clean_domain, "email": clean_email}


@dataclass(frozen=True, slots=True)
class Option:
    """One choice. `key` is stored, `also` is a second word for it (a member's userid); `id` is the row's number."""

    key: str
    label: str
    retired: bool = False
    also: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field as a value. `always`: the product cannot do without it. `check` is a built-in's own form of text.

    `group` is the key that permissions speak of; `id` is the definition's row, `longest` in characters; `starts_as` is
    what a new record has where nothing was said.
    """

    key: str
    label: str
    kind: FieldKind
    group: str = ""
    id: int = 0
    built_in: bool = False
    always: bool = False
    required_at: frozenset[CooperationStage] = frozenset()
    options: tuple[Option, ...] = ()
    help: str = ""
    retired: bool = False
    check: str = ""
    longest: int = LONGEST_LINE
    starts_as: str = ""

    def option(self, key: str) -> Option | None:
        return next((one for one in self.options if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Checked:
    """`values` are the fields that were touched and can be stored; `errors` says per field what is wrong.

    `missing` are the fields still empty that the stage asks for, in the form's order.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[FieldSpec, ...] = ()


def validate(
    specs: Sequence[FieldSpec],
    raw: Mapping[str, Raw],
    stage: CooperationStage,
    *,
    today: date,
    before: Mapping[str, Value] | None = None,
) -> Checked:
    """Read what was written into some fields of a record.

    `before` are the values it has; None is a new record. `stage` is where the customer stands now; what `raw` says of
    the stage itself counts first. An old record is judged by what is touched alone, and by the whole of a stage's
    demands only when it is moved up to that stage.
    """
    known = {spec.key: spec for spec in specs}
    had = before or {}
    if before is None:
        raw = {**raw, **{one.key: one.starts_as for one in specs if one.starts_as and not read_words(raw.get(one.key))}}
    values: dict[str, Value] = {}
    errors: dict[str, str] = {}
    for key, written in raw.items():
        spec = known.get(key)
        if spec is None:
            errors[key] = "没有这个字段，请去掉，或请销售运营在「字段」页添加"
            continue
        try:
            values[key] = read(spec, written, today, had.get(key))
        except ValueError as error:
            errors[key] = str(error)
    if before is None:
        errors |= {spec.key: _fill_in(spec) for spec in specs if spec.always and spec.key not in raw}
    then = _stage(values.get(STAGE), stage)
    after = {**had, **values}
    lacking = missing(specs, after, then)
    if _STEPS[then] > (_STEPS[stage] if before is not None else 0):
        errors |= {
            spec.key: f"进入「{label(then)}」之前要填{_example(spec)}" for spec in lacking if spec.key not in errors
        }
    for spec in lacking:
        if spec.key in values and had.get(spec.key) not in _EMPTY:
            errors[spec.key] = f"「{label(then)}」阶段必填，不能清空。改成别的内容，或先调整合作阶段"
    return Checked({key: value for key, value in values.items() if key not in errors}, errors, lacking)


_EMPTY = (None, "", ())


def missing(specs: Iterable[FieldSpec], values: Mapping[str, Value], stage: CooperationStage) -> tuple[FieldSpec, ...]:
    """The fields that this stage asks for and nobody has filled."""
    asked = (spec for spec in specs if not spec.retired and (spec.always or stage in spec.required_at))
    return tuple(spec for spec in asked if values.get(spec.key) in _EMPTY)


def read(spec: FieldSpec, written: Raw, today: date, had: Value = None) -> Value:
    """One field's value from what was written; ValueError says what is wrong, what is allowed, and an example."""
    words = read_words(written)
    if not words:
        if spec.always:
            raise ValueError(_fill_in(spec))
        return None
    if spec.kind in CHOICES:
        value: Value = _chosen(spec, written, words, had)
    else:
        value = _plain(spec, written, words, today)
    if value == "":  # nothing but signs without a shape
        return read(spec, None, today, had)
    if spec.retired and value != had:
        raise ValueError("这个字段已停用，不能再填。原来的内容还在")
    return value


def _plain(spec: FieldSpec, written: Raw, words: str, today: date) -> Value:
    match spec.kind:
        case FieldKind.NUMBER:
            return read_number(words)
        case FieldKind.MONEY:
            return read_amount(words)
        case FieldKind.DATE:
            return read_day(written, today)
        case FieldKind.LONG_TEXT:
            return read_lines(words, min(spec.longest, LONGEST_TEXT))
        case FieldKind.REGION:
            return read_region(words, spec.longest)
        case FieldKind.ATTACHMENT:
            if len(words) != 20 or not set(words) <= set("0123456789abcdef"):
                raise ValueError("附件要先上传，再选它；这里认不出这个附件")
            return words
    line = read_line(words, spec.longest)
    return _CHECKS[spec.check](line) if spec.check in _CHECKS else line


def _chosen(spec: FieldSpec, written: Raw, words: str, had: Value) -> Value:
    if spec.kind is not FieldKind.MULTI_SELECT:
        return _option(spec, words, had).key
    parts = [read_words(part) for part in written] if isinstance(written, list | tuple) else _split(spec, words)
    keys = dict.fromkeys(_option(spec, part, had).key for part in parts if part)
    if len(keys) > MOST_CHOSEN:
        raise ValueError(f"最多选 {MOST_CHOSEN} 项，您选了 {len(keys)} 项")
    order = {one.key: number for number, one in enumerate(spec.options)}
    return tuple(sorted(keys, key=lambda key: order[key])) or None


def _split(spec: FieldSpec, words: str) -> list[str]:
    """Several options in one line; a label that itself holds a separator is taken whole."""
    if any(_same(words, one) for one in spec.options):
        return [words]
    for sign in "，；;|｜\n\t":
        words = words.replace(sign, "、")
    return [part.strip() for part in words.replace(",", "、").split("、")]


def _option(spec: FieldSpec, words: str, had: Value) -> Option:
    found = [one for one in spec.options if _same(words, one)]
    kept = had if isinstance(had, tuple) else (had,)
    usable = [one for one in found if not one.retired or one.key in kept]
    if len(usable) == 1:
        return usable[0]
    exact = [one for one in usable if words in (one.key, one.also)]
    if len(exact) == 1:
        return exact[0]
    if usable:
        raise ValueError(
            f"有 {len(usable)} 位叫「{words[:20]}」的，请改填账号：" + "、".join(o.also for o in usable[:_NAMED])
        )
    problem = f"「{words[:20]}」已停用" if found else f"没有「{words[:20]}」这一项"
    return _refuse(spec, problem)


def _refuse(spec: FieldSpec, problem: str) -> Option:
    open_ones = [one.label for one in spec.options if not one.retired]
    if not open_ones:
        raise ValueError(f"{problem}，现在没有可选的项，请联系销售运营添加")
    more = f" 等 {len(open_ones)} 项" if len(open_ones) > _NAMED else ""
    raise ValueError(f"{problem}，可选：{'、'.join(open_ones[:_NAMED])}{more}")


def _same(words: str, option: Option) -> bool:
    folded = _folded(words)
    return folded in (_folded(option.label), _folded(option.key)) or (
        bool(option.also) and folded == _folded(option.also)
    )


@lru_cache(maxsize=4096)  # the words of options above all, asked for with every row of a sheet
def _folded(words: str) -> str:
    return "".join(read_line(words, 10**6).casefold().split())


def _stage(value: Value, otherwise: CooperationStage) -> CooperationStage:
    return CooperationStage(value) if isinstance(value, str) and value in set(CooperationStage) else otherwise


def _fill_in(spec: FieldSpec) -> str:
    return f"必填，不能空着{_example(spec)}"


def _example(spec: FieldSpec) -> str:
    """How it may look, in brackets, for the kinds whose form is not self-evident."""
    if spec.kind in (FieldKind.SELECT, FieldKind.MULTI_SELECT):
        return f"（可选：{'、'.join(one.label for one in spec.options if not one.retired)[:60]}）"
    shapes = {
        FieldKind.MONEY: "80万",
        FieldKind.DATE: "2026-03-05",
        FieldKind.NUMBER: "120",
        FieldKind.REGION: "江苏苏州",
    }
    return f"（例如 {shapes[spec.kind]}）" if spec.kind in shapes else ""


def say(spec: FieldSpec, value: Value) -> str:
    """A value as one would type it: it is read back as itself."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return say_amount(value) if spec.kind is FieldKind.MONEY else f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    keys = value if isinstance(value, tuple) else (value,)
    return "、".join(found.label if (found := spec.option(key)) else key for key in keys)
