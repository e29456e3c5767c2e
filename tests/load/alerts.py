"""`python -m tests.load.alerts --alerts 2000 --people 75 --db pg`: a wave of alerts through the emulator.

The clocks of both sides are moved on together, so that hours of limits pass in minutes. One person is asked forty
things at once besides, which are cards that nobody may merge: they have to keep to the limits of a minute. Some
people cannot be reached. It prints what each phone got, and fails if a promise of the module `crm.bundles` is broken.
"""

import argparse
import json
import sys
import threading
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from config.clock import machine_time
from config.vocabulary import NoticeClass, OutboxState, Role
from crm import policy as numbers
from crm import uow
from crm.messages import Reminder, Tap, prompt_card, remind_all
from crm.notices import Fact, Notice
from crm.rules.days import SHANGHAI, WorkCalendar
from crm.usecases.drawing import OutboxDraft
from gateways.wecom import cards
from gateways.wecom.client import WecomClient
from gateways.wecom.tokens import OwnTokens
from jobs.deliver import deliver_due
from models.messages import OutboxMessage
from models.people import Person
from tests.load.company import Company
from tests.load.stage import Stage, machine, stage

MOST, A_MINUTE, AN_HOUR = 3, 25, 900
PROMPTS = 40
_TOGETHER = 100  # alerts of one transaction, as a round takes them
_STEP = timedelta(seconds=20)
_STEPS = 120
_SENDERS = 4


@dataclass
class Clock:
    """Both sides' time: the machine's and an offset that is moved on."""

    offset: timedelta

    def __call__(self) -> datetime:
        return machine_time() + self.offset


@dataclass(frozen=True, slots=True)
class Found:
    """`most` messages of the wave on one phone, the fullest minute and hour; where each of the alerts ended."""

    most: int
    minute: int
    hour: int
    dropped: int
    ends: Mapping[str, int]
    lost: int

    @property
    def kept(self) -> bool:
        within = self.minute <= A_MINUTE and self.hour <= AN_HOUR
        return self.most <= MOST and within and not self.dropped and not self.lost

    def __str__(self) -> str:
        ends = "、".join(f"{state} {many}" for state, many in sorted(self.ends.items()))
        return (
            f"at most {self.most} messages each (promised {MOST}), fullest minute {self.minute} (promised {A_MINUTE}), "
            f"fullest hour {self.hour}, dropped {self.dropped}; alerts: {ends}; lost {self.lost}"
        )


def promise_wave(ids: Sequence[int], alerts: int, now: datetime) -> None:
    """`alerts` cards about deals of their own, dealt out to these people in turn, a hundred a transaction."""
    numbered = [_alert(number, ids[number % len(ids)]) for number in range(alerts)]
    for start in range(0, alerts, _TOGETHER):
        with uow.transaction() as s:
            policy, calendar = numbers.current(s), numbers.calendar(s)
            remind_all(s, numbered[start : start + _TOGETHER], now=now, policy=policy, calendar=calendar)


def _alert(number: int, person_id: int) -> Reminder:
    notice = Notice(
        title=f"黄牌 · 循环泵改造{number:04d}",
        desc=f"在方案提交停了 {number % 30 + 7} 个工作日",
        facts=(Fact("客户", f"第{number}家泵业有限公司"),),
    )
    taps = [Tap("写跟进", "write", {"customer": number}, 1), Tap("知道了", "seen", {})]
    return Reminder(person_id, notice, taps, f"wave:{number}", f"wave:{number}:{person_id}", f"wave:{number}")


def ask_at_once(person_id: int, many: int, now: datetime) -> None:
    for number in range(many):
        with uow.transaction() as s:
            matter = f"asked:{number}"
            notice = Notice(title=f"请审批第 {number} 单")
            taps = [Tap("知道了", "seen", {})]
            policy = numbers.current(s)
            prompt_card(s, person_id, notice, taps, matter=matter, dedupe=matter, now=now, policy=policy)


def run(it: Stage, alerts: int) -> Found:
    """Promise, deliver while the clocks move on, and count on the phones."""
    clock = Clock(_to_a_working_morning())
    _act(it, "clock", set=clock.offset.total_seconds())
    client = WecomClient(
        base=f"{it.emulator_url}/cgi-bin/", corp_id=it.env["WECOM_CORP_ID"], agent_id=int(it.env["WECOM_AGENT_ID"]),
        secret=it.env["WECOM_AGENT_SECRET"], tokens=OwnTokens(), clock=clock,
    )  # fmt: skip
    with uow.transaction() as s:
        lead = s.scalars(select(Person).order_by(Person.id)).first()
        assert lead is not None
        lead.role = Role.ADMIN  # somebody who answers for those who cannot be reached
        asked, boss = lead.id, lead.userid
        ids = list(s.scalars(select(Person.id).where(Person.id != asked).order_by(Person.id)))
    promise_wave(ids, alerts, clock())
    ask_at_once(asked, PROMPTS, clock())
    for _ in range(_STEPS):
        _deliver(client, it, clock)
        if not _waiting():
            break
        clock.offset += _STEP
        _act(it, "clock", set=clock.offset.total_seconds())
    return _found(it, boss, alerts)


def _deliver(client: WecomClient, it: Stage, clock: Clock) -> None:
    """Several deliverers at once, as schedulers and workers are."""

    def draw(draft: OutboxDraft) -> str:
        return cards.render(
            draft.notice, to_user=draft.userid, agent_id=int(it.env["WECOM_AGENT_ID"]), task_id=draft.task_id,
            home_url=it.env["PUBLIC_URL"],
        )  # fmt: skip

    senders = [threading.Thread(target=deliver_due, args=(client.send, draw, clock)) for _ in range(_SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()


def _waiting() -> int:
    unsent = OutboxMessage.state.in_([OutboxState.READY, OutboxState.LEASED])
    with uow.reading() as s:
        return s.scalar(select(func.count()).select_from(OutboxMessage).where(unsent)) or 0


def _found(it: Stage, boss: str, alerts: int) -> Found:
    """On the phones by the emulator's own book; in the store by where each alert can be seen."""
    seen: dict[str, list[float]] = defaultdict(list)
    for item in it.eye():
        seen[item["userid"]].append(float(item["at"]))
    with uow.reading() as s:
        rows = s.execute(
            select(OutboxMessage.id, OutboxMessage.state, OutboxMessage.folded_into_id).where(
                OutboxMessage.notice_class == NoticeClass.REMINDER, OutboxMessage.dedupe.not_like("%:up:%")
            )
        ).all()
        bundles = dict(
            s.execute(
                select(OutboxMessage.id, OutboxMessage.state).where(OutboxMessage.notice_class == NoticeClass.BUNDLE)
            ).all()
        )
    ends = Counter(
        f"folded into {bundles[row.folded_into_id]}" if row.folded_into_id else str(row.state) for row in rows
    )
    visible = sum(ends[end] for end in ("sent", "dead", "folded into sent", "folded into dead"))
    return Found(
        most=max((len(times) for userid, times in seen.items() if userid != boss), default=0),
        minute=max(_fullest(times, 60) for times in seen.values()),
        hour=max(_fullest(times, 3600) for times in seen.values()),
        dropped=len(it.dropped()),
        ends=ends,
        lost=alerts - visible,
    )


def _fullest(times: Sequence[float], seconds: float) -> int:
    """The most messages in any window of so many seconds."""
    ranked = sorted(times)
    return max(sum(1 for other in ranked if start <= other < start + seconds) for start in ranked)


def _to_a_working_morning() -> timedelta:
    """From now to ten o'clock of the next day that people work."""
    now = machine_time()
    morning = WorkCalendar({}).next_working_moment(now + timedelta(days=1)).astimezone(SHANGHAI)
    return morning.replace(hour=10, minute=0, second=0, microsecond=0) - now


def _act(it: Stage, action: str, **body: Any) -> None:
    request = urllib.request.Request(  # noqa: S310
        f"{it.emulator_url}/emu/api/{action}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310
        pass


def wave(db: str, alerts: int, people: int, seed: int) -> Found:
    """The whole of it on one store; two of the people are out of the app's sight."""
    company = Company(seed, reps=people + 1, customers_each=1, strangers=0)
    unreachable = company.reps[-2:]
    members: list[dict[str, Any]] = company.tenant["members"]
    for member in members:
        if member["userid"] in unreachable:
            member["status"] = 4  # WeCom: not activated
    with stage(db, company, redis=False) as it:
        return run(it, alerts)


def main() -> int:
    options = _options()
    began = time.monotonic()
    print(f"{machine()}; seed {options.seed}, {options.db}: {options.alerts} alerts to {options.people} people")
    found = wave(options.db, options.alerts, options.people, options.seed)
    print(f"{found}: {'kept' if found.kept else 'BROKEN'} ({time.monotonic() - began:.0f} s)")
    return 0 if found.kept else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load.alerts", description=__doc__)
    parser.add_argument("--alerts", type=int, default=2_000)
    parser.add_argument("--people", type=int, default=75)
    parser.add_argument("--db", choices=("pg", "sqlite"), default="pg")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
