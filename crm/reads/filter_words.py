"""What a list was narrowed to when it was exported, as people read it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import CustomerLevel, FieldObject, label
from crm.forms import specs
from crm.reads.customer_filters import EMPTY
from crm.rules.fields import RANGES, FieldSpec
from models.people import Person, Team


def filter_words(s: Session, all_asked: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each export's filters one line: 「级别 重点客户 · 行业 水泵」, or 「没有筛选」."""
    fields = {}
    if any(asked.get("where") for asked in all_asked):
        fields = {spec.key: spec for spec in specs(s, FieldObject.CUSTOMER)}
    people = {asked["owner"] for asked in all_asked if asked.get("owner")}
    teams = {asked["team"] for asked in all_asked if asked.get("team")}
    names: dict[int, str] = {}
    if people:
        names = {row.id: row.name for row in s.execute(select(Person.id, Person.name).where(Person.id.in_(people)))}
    called: dict[int, str] = {}
    if teams:
        called = {row.id: row.name for row in s.execute(select(Team.id, Team.name).where(Team.id.in_(teams)))}
    return [_line(asked, fields, names, called) for asked in all_asked]


def _line(
    asked: Mapping[str, Any], fields: Mapping[str, FieldSpec], people: Mapping[int, str], teams: Mapping[int, str]
) -> str:
    said = []
    if asked.get("q"):
        said.append(f"搜「{asked['q']}」")
    if asked.get("level"):
        said.append(f"级别 {label(CustomerLevel(asked['level']))}")
    said += [word for key, word in (("soon", "将回收"), ("queued", "待分配")) if asked.get(key)]
    if asked.get("team"):
        said.append(f"部门 {teams.get(asked['team'], '已撤销的部门')}")
    if asked.get("owner"):
        said.append(f"负责人 {people.get(asked['owner'], '已删除的成员')}")
    said += [_condition(key, typed, fields.get(key)) for key, typed in asked.get("where", ())]
    return " · ".join(said) or "没有筛选"


def _condition(key: str, typed: str, spec: FieldSpec | None) -> str:
    if spec is None:
        return f"{key} {typed}"
    if typed == EMPTY:
        return f"{spec.label} 未填"
    if spec.kind in RANGES:
        low, _, high = typed.partition("..")
        return f"{spec.label} " + "，".join(word for word in (low and f"从 {low}", high and f"到 {high}") if word)
    labels = {option.key: option.label for option in spec.options}
    return f"{spec.label} {'、'.join(labels.get(one, one) for one in typed.split('、'))}"
