"""A position sent in chat becomes a check-in: the nearest customers are offered, the distance is said."""

from datetime import datetime, timedelta

from bot.commands import CHAT
from bot.forms import Filled, Slot, form, some_text
from bot.inbound import Position
from config.vocabulary import Datum, FixSource
from crm import policy as numbers
from crm.access import Actor
from crm.cards import is_open
from crm.messages import Tap, prompt_card
from crm.notices import Fact, Notice
from crm.uow import Session
from crm.usecases.linking import current_customer
from crm.usecases.visits import Near, add_report, nearby, point_of

_MINUTE = timedelta(minutes=1)
_OFFERED = 3  # buttons for customers; a card has six


def reply_to_position(s: Session, actor: Actor, position: Position, key: str, now: datetime) -> str:
    """Positions in chat carry no datum; the map in WeCom draws GCJ-02, so that is what is kept with the point."""
    point_of(position.latitude, position.longitude, Datum.GCJ02)
    near = nearby(s, actor, position.latitude, position.longitude, Datum.GCJ02, _OFFERED)
    current = current_customer(s, actor)
    matter, before = (_matter(actor, position, current, at) for at in (now, now - _MINUTE))
    waiting = is_open(s, matter)
    if waiting or is_open(s, before):
        return "这个位置刚收到，请在上面的卡片上选客户"
    offers = [(one.customer_id, one.name) for one in near]
    if current is not None and current not in offers:
        offers.append(current)
    if not offers:
        return (
            f"收到位置：{position.place or '未命名地点'}。附近没有找到您的客户（按客户档案里的坐标找）。"
            "先发 /关联 客户名，再发一次位置，就记到那个客户"
        )
    fix = {
        "latitude": position.latitude,
        "longitude": position.longitude,
        "datum": Datum.GCJ02,
        "source": FixSource.MENU if position.from_menu else FixSource.MESSAGE,
        "place": position.place[:255],
        "at": now.isoformat(),
    }
    taps = [
        Tap(_short(name), "check_in", {**fix, "customer": i}, 1 if n == 0 else 2) for n, (i, name) in enumerate(offers)
    ]
    policy = numbers.current(s)
    notice = Notice(
        title="在哪个客户打卡？",
        desc=position.place or "您发来的位置",
        facts=tuple(_fact(one) for one in near),
        body=f"点客户名完成打卡，按错了 {policy.undo_minutes} 分钟内可撤销",
    )
    taps.append(Tap("都不是", "dismiss", {}))
    if waiting is not None:  # asked and answered within this minute; sent again, it is asked again
        matter = f"place:{key}"
    prompt_card(s, actor.person_id, notice, taps, matter=matter, dedupe=matter, now=now, policy=policy)
    return "收到位置，请在下面的卡片上选客户" if near else "附近没有找到您的客户，要记到正在谈的客户吗？请看下面的卡片"


@form("report", Slot("text", "聊了什么？直接发一句", some_text))
def _report(s: Session, it: Filled) -> str:
    name = add_report(s, it.actor, str(it.values["visit"]), str(it.values["text"]), it.now, entrance=CHAT)
    return f"已记到「{name}」这次的拜访小结。发 /撤销 会把打卡和小结一起收回"


def _matter(actor: Actor, position: Position, current: tuple[int, str] | None, at: datetime) -> str:
    """One place in one minute, as the same question: the menu sends an event, and then the message as well."""
    about = current[0] if current else 0
    return f"place:{actor.person_id}:{about}:{position.latitude:.5f},{position.longitude:.5f}:{at:%Y%m%d%H%M}"


def _fact(one: Near) -> Fact:
    return Fact("附近", f"{one.name} {one.said}")


def _short(name: str) -> str:
    return name if len(name) <= 10 else name[:9] + "…"
