"""Before a customer is made, and when somebody asks: which ones are like it, and what may be done next."""

from collections.abc import Sequence
from datetime import datetime

from crm import policy as numbers
from crm.access import Actor
from crm.messages import Tap, prompt_card
from crm.notices import Fact, Notice
from crm.rules.typed_names import no_company, read_as
from crm.uow import Session
from crm.usecases import look_alikes

_CALLED = {"name": "", "phone": "电话 ", "uscc": "信用代码 ", "website": "网址 "}


def asks_first(
    s: Session, actor: Actor, name: str, taps: Sequence[Tap], key: str, now: datetime, *, entrance: str
) -> bool:
    """Whether there are customers like it: then they are shown on a card with these taps, and nothing is made yet."""
    similar = look_alikes.doubts(s, actor, {"name": name}, now, entrance=entrance)
    if not similar:
        return False
    notice = Notice(
        title=f"先别急着建：{name}",
        desc="系统里有名称相近的客户",
        facts=tuple(
            Fact(f"相近 {n}", f"{hit.name or '名称相近的公司'} · {hit.owner}") for n, hit in enumerate(similar[:4], 1)
        ),
        body="是同一家就别重复建，找负责人配合；确实不是，再点「不是，新建」",
    )
    matter = f"create:{key}"
    prompt_card(s, actor.person_id, notice, taps, matter=matter, dedupe=matter, now=now, policy=numbers.current(s))
    return True


def looked_up(s: Session, actor: Actor, typed: str, now: datetime, *, entrance: str) -> str:
    """What 查重 says of a name, a telephone, a credit code or a web address."""
    key, value = read_as(typed)
    alike = look_alikes.look_alikes(s, actor, {key: value}, now, entrance=entrance)
    asked = f"{_CALLED[key]}{alike.name or value}"
    if not alike.hits:
        to_make = "公司全称" if no_company(typed) else alike.name
        return f"没有和「{asked}」相同或相近的客户，可以发 /新建 {to_make}"
    lines = [f"· {hit.name or '名称相近的公司'}：{hit.owner}（{hit.reason}）" for hit in alike.hits]
    return f"和「{asked}」相同或相近的有：\n" + "\n".join(lines) + "\n同一家就别重复建；需要配合请找主管协调"
