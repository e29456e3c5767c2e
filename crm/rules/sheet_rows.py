"""One row of a spreadsheet read as a customer, a contact, a follow-up or a deal; or why it cannot be."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from config.sheets import ImportKind
from config.vocabulary import CooperationStage, CustomerLevel, CustomerSource, FieldKind, PersonStatus
from crm.rules import header_words as words
from crm.rules.amounts import parse_amount
from crm.rules.days import SHANGHAI, at
from crm.rules.field_input import Raw, read_day
from crm.rules.fields import FieldSpec, Value, validate
from crm.rules.naming import clean_name, name_key
from crm.rules.typed_names import no_brand

LONGEST_NOTE = 5000
LONGEST_DEAL = 60
NO_NAME = "未填姓名"
_LOST = "\N{REPLACEMENT CHARACTER}"
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+?\d+", re.I)
_SERIAL = re.compile(r"[2-6]\d{4}(?:\.\d+)?")  # days since 1900: 1954 to 2091
_A_SERIAL = "「{}」是 Excel 里日期的序号。请把这一列设成日期格式，再导入"
_BARE_NUMBER = re.compile(r"[¥￥]?[\d,]+(?:\.\d+)?")
_NOTHING = frozenset(
    {"", "-", "--", "—", "——", "/", "\\", "无", "暂无", "null", "none", "nan", "n/a", "#n/a", "n", "空"}
)
# What people write below or between the rows of a sheet, in the column of names.
_NO_ROW = re.compile(
    r"(?:本[页月年])?(?:合计|总计|小计|共计|累计)(?::?[\d,.]+[家个条户行]?)?:?|共[\d,]+[家个条户行]|"
    r"(?:填表|制表|制单|审核|编制|打印|统计)(?:人|日期|时间)?:.*"
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?$")


@dataclass(frozen=True, slots=True)
class Mate:
    """A colleague that a sheet may name; `within` says whether the importer answers for him."""

    id: int
    name: str
    userid: str
    status: str
    team_id: int
    within: bool


@dataclass(frozen=True, slots=True)
class Form:
    """How the rows of one sheet are read. `columns` are (field, unit) in the sheet's order, "" for what is left out."""

    kind: ImportKind
    headers: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    customer: tuple[FieldSpec, ...]
    contact: tuple[FieldSpec, ...]
    mates: Mapping[str, tuple[Mate, ...]]
    stages: Mapping[str, str]
    today: date

    def shown(self, key: str) -> str:
        """The header above a field's column, as the person who made the sheet knows it."""
        return next((h for h, (target, _) in zip(self.headers, self.columns, strict=True) if target == key), key)


@dataclass(slots=True)
class Draft:
    """What a row says. `owner` 0: the sheet names nobody. `queue`: the team of an owner who has left."""

    name: str = ""
    key: str = ""
    customer: dict[str, Value] = field(default_factory=dict)
    contact: dict[str, Value] = field(default_factory=dict)
    owner: int = 0
    queue: int = 0
    note: str = ""
    at: datetime | None = None
    author: int = 0
    author_name: str = ""
    deal: dict[str, str] = field(default_factory=dict)


class Unusable(Exception):
    """Why a row cannot be imported: every reason, each with the column it stands in."""


def read_row(form: Form, cells: Sequence[str]) -> Draft:
    """The row's draft, or `Unusable` with all that is wrong with it."""
    said, notes, problems = _sorted_out(form, cells)
    draft = Draft(note="\n".join(notes)[:LONGEST_NOTE])
    _company(form, said, draft, problems)
    if form.kind in (ImportKind.CUSTOMERS, ImportKind.CONTACTS):
        _contact(form, said, draft, problems)
    if form.kind in (ImportKind.CUSTOMERS, ImportKind.DEALS):
        _owner(form, said.get(words.OWNER, ""), draft, problems)
    if form.kind is ImportKind.HISTORY:
        _history(form, said, draft, problems)
    if form.kind is ImportKind.DEALS:
        _deal(form, said, draft, problems)
    if problems:
        raise Unusable("；".join(problems)[:500])
    return draft


def _sorted_out(form: Form, cells: Sequence[str]) -> tuple[dict[str, str], list[str], list[str]]:
    """The filled cells by field, the lines of the note, and what is wrong with the cells themselves."""
    said: dict[str, str] = {}
    notes: list[str] = []
    problems: list[str] = []
    if len(cells) > len(form.columns) and any(cells[len(form.columns) :]):
        problems.append(f"这一行比表头多出 {len(cells) - len(form.columns)} 格，可能是内容里的逗号没有用引号括起来")
    for header, (target, unit), cell in zip(form.headers, form.columns, cells, strict=False):
        if not target or cell.casefold() in _NOTHING:
            continue
        if _LOST in cell:
            problems.append(f"「{header}」里有乱码，请按原文改正")
        elif target in words.MANY:
            notes.append(f"{header}：{cell}")
        else:
            said[target] = cell + unit if unit and _BARE_NUMBER.fullmatch(cell) else cell
    return said, notes, problems


def _company(form: Form, said: Mapping[str, str], draft: Draft, problems: list[str]) -> None:
    try:
        draft.name = clean_name(said.get(words.NAME, ""))
        draft.key = name_key(draft.name)[:128]
    except ValueError as error:
        problems.append(f"「{form.shown(words.NAME)}」：{error}")
        return
    if _NO_ROW.fullmatch("".join(draft.name.split()).replace("：", ":")):
        problems.append(f"「{draft.name}」像合计或落款，不是一家客户，没有导入")
        return
    if no_brand(draft.name):
        problems.append(f"「{draft.name}」认不出是哪家公司，请填写完整名称")
        return
    if form.kind is not ImportKind.CUSTOMERS:
        return
    raw: dict[str, Raw] = _of("customer.", said) | {"name": draft.name}
    stage = CooperationStage.POTENTIAL
    draft.customer = _checked(form, "customer.", form.customer, raw, stage, problems)
    draft.customer["name"] = draft.name
    draft.customer.setdefault("level", CustomerLevel.NORMAL)
    draft.customer.setdefault("source", CustomerSource.OUTREACH)
    draft.customer.setdefault("cooperation_stage", stage)


def _contact(form: Form, said: Mapping[str, str], draft: Draft, problems: list[str]) -> None:
    raw: dict[str, Raw] = {**_of("contact.", said)}
    if form.kind is ImportKind.CUSTOMERS and not raw.keys() & {"name", "phone", "email"}:
        return  # a title alone is nobody
    raw.setdefault("name", NO_NAME)
    draft.contact = _checked(form, "contact.", form.contact, raw, CooperationStage.POTENTIAL, problems)


def _of(prefix: str, said: Mapping[str, str]) -> dict[str, Raw]:
    return {key.removeprefix(prefix): cell for key, cell in said.items() if key.startswith(prefix)}


def _checked(
    form: Form,
    prefix: str,
    specs: Sequence[FieldSpec],
    raw: Mapping[str, Raw],
    stage: CooperationStage,
    problems: list[str],
) -> dict[str, Value]:
    """The same judgement as in every other entrance; a refused field is named by the sheet's own header."""
    selects = {spec.key: spec for spec in specs if spec.kind is FieldKind.SELECT}
    meant = {
        key: words.option_meant(prefix + key, selects[key], cell) if key in selects and isinstance(cell, str) else cell
        for key, cell in raw.items()
    }
    checked = validate(specs, meant, stage, today=form.today)
    labels = {spec.key: spec.label for spec in specs} if checked.errors else {}
    kinds = {spec.key: spec.kind for spec in specs} if checked.errors else {}
    for key, why in checked.errors.items():
        cell = str(raw.get(key, ""))
        if _SCIENTIFIC.fullmatch(cell):
            why = f"「{cell}」是 Excel 的科学计数，位数已经丢了。请把这一列设成文本格式，重新填写"
        elif _SERIAL.fullmatch(cell) and kinds.get(key) is FieldKind.DATE:
            why = _A_SERIAL.format(cell)
        shown = form.shown(prefix + key)
        problems.append(f"「{labels.get(key, key) if shown == prefix + key else shown}」：{why}")
    return {key: value for key, value in checked.values.items() if value not in (None, "", ())}


def _owner(form: Form, said: str, draft: Draft, problems: list[str]) -> None:
    """Who holds it; whoever has left cannot, so his team's queue does. Nobody is guessed."""
    if not said:
        return
    mate, problem = _mate(form, said)
    if mate is None:
        problems.append(f"「{form.shown(words.OWNER)}」：{problem}")
    elif not mate.within:
        problems.append(f"「{form.shown(words.OWNER)}」：{mate.name} 不在您管的部门，您不能把客户导入到他名下")
    elif mate.status == PersonStatus.LEFT or mate.status == PersonStatus.DISABLED:
        draft.queue = mate.team_id
    else:
        draft.owner = mate.id


def _mate(form: Form, said: str) -> tuple[Mate | None, str]:
    found = form.mates.get(folded(said), ())
    if len(found) > 1:
        here = [mate for mate in found if mate.status not in (PersonStatus.LEFT, PersonStatus.DISABLED)]
        found = tuple(here) if len(here) == 1 else found
    if len(found) == 1:
        return found[0], ""
    if found:
        accounts = "、".join(mate.userid for mate in found[:5])
        return None, f"有 {len(found)} 位叫「{said[:20]}」，请改填账号（{accounts}）"
    return None, f"没有叫「{said[:20]}」的同事，请填通讯录里的姓名或账号，或者留空"


def folded(name: str) -> str:
    """A name or userid as sheets and the directory agree on it."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _history(form: Form, said: Mapping[str, str], draft: Draft, problems: list[str]) -> None:
    """What was said, by whom and when. An author who is not in the directory any more keeps his name in the text."""
    text = said.get(words.TEXT, "").strip()
    if not text:
        problems.append(f"「{form.shown(words.TEXT)}」是空的，没有内容可以导入")
    draft.note = text[:LONGEST_NOTE]
    if len(text) > LONGEST_NOTE:
        problems.append(f"「{form.shown(words.TEXT)}」有 {len(text)} 字，最多 {LONGEST_NOTE} 字")
    name = said.get(words.AUTHOR, "")
    mate, _ = _mate(form, name) if name else (None, "")
    draft.author, draft.author_name = (mate.id, mate.name) if mate else (0, name[:40])
    written = said.get(words.AT, "")
    if not written:
        problems.append(
            f"「{form.shown(words.AT)}」是空的，请填写跟进日期" if words.AT in dict(form.columns) else "没有跟进日期"
        )
        return
    clock = _CLOCK.search(written)
    day_words = written[: clock.start()].strip(" T") if clock else written
    try:
        day = read_day(day_words, form.today)
        hour, minute = (int(clock[1]), int(clock[2])) if clock else (12, 0)
        draft.at = at(day, min(hour, 23), min(minute, 59))
    except ValueError as error:
        why = _A_SERIAL.format(day_words) if _SERIAL.fullmatch(day_words) else str(error)
        problems.append(f"「{form.shown(words.AT)}」：{why}")
        return
    if draft.at.astimezone(SHANGHAI).date() > form.today + timedelta(days=1):
        problems.append(f"「{form.shown(words.AT)}」：{day:%Y-%m-%d} 还没有到，历史跟进只能是过去的日期")


def _deal(form: Form, said: Mapping[str, str], draft: Draft, problems: list[str]) -> None:
    name = " ".join(said.get("deal.name", "").split())
    if not 1 <= len(name) <= LONGEST_DEAL:
        problems.append(f"「{form.shown('deal.name')}」要写 1 到 {LONGEST_DEAL} 个字")
    draft.deal["name"] = name
    try:
        draft.deal["amount"] = str(parse_amount(said.get("deal.amount", "")))
    except ValueError as error:
        problems.append(f"「{form.shown('deal.amount')}」：{error}")
    stage = said.get("deal.stage", "")
    if stage and folded(stage) not in form.stages:
        open_ones = "、".join(dict.fromkeys(form.stages))
        problems.append(f"「{form.shown('deal.stage')}」：没有「{stage[:20]}」这个阶段，可选：{open_ones}")
    draft.deal["stage"] = form.stages.get(folded(stage), "") if stage else ""
