"""What WeCom's own 外出打卡 says is held against the visits of those days, once, and of nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from config.vocabulary import Verdict
from crm import uow
from crm.flows import outdoor
from crm.usecases.outdoor import purge_signs
from gateways.wecom.check_ins import OutdoorCheckIn
from models.visits import OutdoorSign, Visit
from tests.api.conftest import MINE, NOW, Phone, Shifting
from tests.api.test_visits import visit

SOON = NOW + timedelta(minutes=20)
THERE = (31.230412, 121.470367)


@dataclass
class Wecom:
    rows: list[OutdoorCheckIn] = field(default_factory=list)
    asked: list[tuple[list[str], datetime, datetime]] = field(default_factory=list)
    refusal: Exception | None = None

    def outdoor(self, userids: Sequence[str], since: datetime, until: datetime) -> list[OutdoorCheckIn]:
        self.asked.append((list(userids), since, until))
        if self.refusal is not None:
            raise self.refusal
        return self.rows


def sign(
    at: datetime, place: tuple[float, float] = THERE, exception: str = "", userid: str = "Zhang"
) -> OutdoorCheckIn:
    return OutdoorCheckIn(userid, at, *place, exception, "device-1")


def compare(wecom: Wecom, now: datetime = SOON) -> list[str]:
    return [line for line in outdoor.run(wecom, lambda error: isinstance(error, PermissionError), now) if line]


def judged() -> tuple[str | None, list[str]]:
    with uow.reading() as s:
        one = s.scalars(select(Visit)).one()
        return one.verdict, [signal["code"] for signal in one.signals]


def kept() -> list[OutdoorSign]:
    with uow.reading() as s:
        return list(s.scalars(select(OutdoorSign)))


def test_a_sign_elsewhere_at_that_time_makes_a_visit_doubtful_and_is_kept_once(phone: Phone) -> None:
    phone.post("/visits", visit())
    assert judged()[0] == Verdict.VALID
    far = sign(NOW + timedelta(minutes=5), (39.90, 116.40))
    wecom = Wecom([far, far, sign(NOW, userid="sun")])
    assert compare(wecom) == ["外出打卡 1 条，对照 1 位同事的拜访"]
    verdict, signals = judged()
    assert verdict != Verdict.VALID
    assert signals
    assert [one.person_id for one in kept()] == [1]
    assert [userids for userids, *_ in wecom.asked] == [["zhang"]]
    assert compare(wecom) == []
    assert len(wecom.asked) == 1, "it was asked once"


def test_who_was_found_strange_by_wecom_is_looked_at_and_who_agrees_stays_believed(phone: Phone) -> None:
    phone.post("/visits", visit())
    compare(Wecom([sign(NOW)]))
    assert judged() == (Verdict.VALID, ["wecom_agrees"])
    phone.post("/visits", visit("v-2", at=(NOW - timedelta(hours=2)).isoformat(), customer_id=MINE))
    compare(Wecom([sign(NOW - timedelta(hours=2), exception="非常用设备")]))
    with uow.reading() as s:
        other = s.scalars(select(Visit).where(Visit.client_id == "v-2")).one()
    assert "wecom" in str(other.signals)


def test_nobody_is_asked_about_who_visited_nobody_or_has_just_come_in(phone: Phone) -> None:
    wecom = Wecom()
    assert compare(wecom) == []
    phone.post("/visits", visit())
    assert compare(wecom, NOW + timedelta(minutes=3)) == []
    assert wecom.asked == []
    compare(wecom)
    (asked,) = wecom.asked
    assert asked[1:] == (NOW - timedelta(days=1), SOON)


def test_a_busy_wecom_is_asked_again_and_one_that_forbids_it_is_not(phone: Phone) -> None:
    phone.post("/visits", visit())
    with pytest.raises(OSError, match="busy"):
        compare(Wecom(refusal=OSError("busy")))
    forbidding = Wecom(refusal=PermissionError("请勾选本应用"))
    assert compare(forbidding) == ["拜访没有和外出打卡对照：请勾选本应用"]
    assert compare(forbidding) == []
    assert judged()[0] == Verdict.VALID


def test_signs_go_when_no_judgement_looks_at_them(phone: Phone, clock: Shifting) -> None:
    phone.post("/visits", visit())
    compare(Wecom([sign(NOW)]))
    assert uow.attempt(lambda s: purge_signs(s, NOW + timedelta(days=89))) == 0
    assert uow.attempt(lambda s: purge_signs(s, NOW + timedelta(days=91))) == 1
    assert kept() == []
