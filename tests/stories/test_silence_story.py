"""Story 3: warned at 30, 40 and 44 days, freed on day 45, the supervisor told at once; who acts meanwhile keeps it."""

from datetime import UTC, datetime, timedelta

import pytest

from config.vocabulary import HolderKind
from models.customers import Customer, OwnershipPeriod
from models.people import Person
from tests.stories.house import House
from tests.support.company import rows

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
# A Sunday: the days 30, 40, 44 and 45 after it are working days.
START = datetime(2026, 6, 7, 2, 0, tzinfo=UTC)
LOST, KEPT = "宁波海蔚船舶配件有限公司", "常州天屹化工设备制造有限公司"


def holder(name: str) -> tuple[str, str]:
    """Kind of holder, and the person's userid."""
    (found,) = rows(Customer, Customer.name == name)
    period = rows(OwnershipPeriod, OwnershipPeriod.customer_id == found.id)[-1]
    person = rows(Person, Person.id == period.holder_id)[0].userid if period.holder_kind == HolderKind.PERSON else ""
    return period.holder_kind, person


def test_warned_freed_and_assigned(house: House) -> None:
    house.open(START)
    assert "recycling_live = True" in house.run("policy", "set", "recycling_live", "true")
    for name in (LOST, KEPT):
        assert "已新建" in house.say("liqiang", f"/新建 {name}")
    for day in (30, 40, 44):
        house.forward_to(START + timedelta(days=day))
        for name in (LOST, KEPT):
            house.card("liqiang", f"{name} {day} 天没跟进了"[:30])
    house.press("liqiang", house.card("liqiang", f"{KEPT} 44"), "写跟进")
    assert "沉默计时重新开始" in house.say("liqiang", "杜科长约周五去看三号反应釜")
    house.forward_to(START + timedelta(days=45))
    asked = house.card("wanglei", f"请分配：{LOST}")
    assert holder(LOST) == (HolderKind.QUEUE, "")
    assert holder(KEPT) == (HolderKind.PERSON, "liqiang")
    done = house.press("wanglei", asked, "分配", house.option(asked, "张敏"))
    assert "已分配给 张敏" in str(done["reply"])
    assert holder(LOST) == (HolderKind.PERSON, "zhangmin")
    house.until(lambda: any("分配给您" in str(m["body"]) for m in house.inbox("zhangmin")), "word to the new owner")
    house.until(lambda: any("已释放" in str(m["body"]) for m in house.inbox("liqiang")), "word to the old owner")
    assert house.titles("wanglei") == [f"请分配：{LOST}"]
