"""Tags of ours reach WeCom once, in order, and again where it failed; a tag is made once however often it is told."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from crm import uow
from crm.access import actor_by_userid
from crm.errors import Conflict, NotAllowed
from crm.flows import tags as flow
from crm.usecases import mirror, tags
from gateways.wecom.customers import Tag, TagGroup
from models.links import ExternalContact
from models.mirror import CorpTag, FollowTag, TagChange
from tests.jobs.company import NOW
from tests.jobs.test_mirror import friend

DAY = timedelta(days=1)


@dataclass
class Wecom:
    groups: list[TagGroup] = field(default_factory=list)
    marks: list[tuple[str, str, list[str], list[str]]] = field(default_factory=list)
    broken: bool = False

    def tag_groups(self) -> list[TagGroup]:
        return self.groups

    def add_tag(self, group: str, name: str) -> str:
        self.groups.append(TagGroup("g", group, (Tag(f"made:{name}", name),)))
        if self.broken:
            raise OSError("the answer is lost")
        return f"made:{name}"

    def mark(self, userid: str, external_userid: str, add: object, remove: object) -> None:
        if self.broken:
            raise OSError("busy")
        assert isinstance(add, list)
        assert isinstance(remove, list)
        self.marks.append((userid, external_userid, add, remove))


def contact() -> int:
    with uow.transaction() as s:
        mirror.take(s, [friend("wm0", "ZhangSan")], 0, NOW)
        return s.scalars(select(ExternalContact.id)).one()


def put(who: str, number: int, *wanted: str, new: str = "") -> None:
    with uow.transaction() as s:
        tags.put_tags(s, actor_by_userid(s, who), number, wanted, NOW, entrance="console", new=new)


def known() -> dict[str, str]:
    with uow.reading() as s:
        return {tag.name: tag.public_id for tag in s.scalars(select(CorpTag))}


def tell(wecom: Wecom, at: timedelta = timedelta(0)) -> int:
    times = 0
    while flow.tell_next(wecom, NOW + at):
        times += 1
    return times


def test_a_new_tag_is_made_once_also_when_the_answer_is_lost_and_then_put_on_the_friend(store: Engine) -> None:
    number, wecom = contact(), Wecom(broken=True)
    with pytest.raises(NotAllowed):
        put("zhangsan", number, new="样机客户")
    with uow.transaction() as s:
        mirror.take(s, [friend("wm0", "lisi")], 0, NOW)
    put("lisi", number, new="样机客户")
    assert tell(wecom) == 1  # putting it on waits for the tag
    wecom.broken = False
    assert tell(wecom, DAY) == 2
    assert [tag.id for group in wecom.groups for tag in group.tags] == ["made:样机客户"]
    assert wecom.marks == [("lisi", "wm0", ["made:样机客户"], [])]
    assert tell(wecom, DAY) == 0


def test_the_last_word_about_a_tag_is_the_one_that_wecom_hears(store: Engine) -> None:
    number, wecom = contact(), Wecom()
    with uow.transaction() as s:
        mirror.take_tags(s, [TagGroup("g", "等级", (Tag("t1", "重点"), Tag("t2", "普通")))], NOW)
    ids = known()
    put("zhangsan", number, ids["重点"], ids["普通"])
    put("zhangsan", number, ids["普通"])
    assert tell(wecom) == 2
    assert sorted(wecom.marks) == [("ZhangSan", "wm0", [], ["t1"]), ("ZhangSan", "wm0", ["t2"], [])]
    with pytest.raises(Conflict, match="不是您自己的好友"):
        put("lisi", number)


def test_what_wecom_refuses_for_days_is_given_up_and_its_word_stands(store: Engine) -> None:
    number, wecom = contact(), Wecom(broken=True)
    with uow.transaction() as s:
        mirror.take_tags(s, [TagGroup("g", "等级", (Tag("t1", "重点"),))], NOW)
    put("zhangsan", number, known()["重点"])
    for day in range(9):
        tell(wecom, day * DAY)
    with uow.transaction() as s:
        (change,) = s.scalars(select(TagChange)).all()
        assert (change.tries, change.error, change.done_at is not None) == (6, "busy", True)
        mirror.take(s, [friend("wm0", "ZhangSan")], 0, NOW)
        assert [one.worn for one in tags.tags_of(s, actor_by_userid(s, "zhangsan"), number) or ()] == [False]


def a_change_under_way() -> tuple[int, str, tags.Change]:
    """A friend, a tag, and that it is put on him: a worker has just taken it on."""
    number = contact()
    with uow.transaction() as s:
        mirror.take_tags(s, [TagGroup("g", "等级", (Tag("t1", "重点"),))], NOW)
    tag = known()["重点"]
    put("zhangsan", number, tag)
    change = uow.attempt(lambda s: tags.lease_next(s, NOW))
    assert change is not None
    return number, tag, change


def test_what_is_being_told_is_not_overtaken_by_what_was_changed_meanwhile(store: Engine) -> None:
    number, tag, under_way = a_change_under_way()
    put("zhangsan", number)
    put("zhangsan", number, tag)
    put("zhangsan", number)
    wecom = Wecom()
    assert tell(wecom) == 0  # another worker
    uow.attempt(lambda s: tags.record_done(s, under_way, "", NOW))
    assert tell(wecom) == 1
    assert wecom.marks == [("ZhangSan", "wm0", [], ["t1"])]


def test_what_has_failed_is_not_told_again_after_what_was_changed_since(store: Engine) -> None:
    number, _, under_way = a_change_under_way()
    put("zhangsan", number)
    uow.attempt(lambda s: tags.record_failed(s, under_way, "busy", NOW))
    wecom = Wecom()
    assert tell(wecom, DAY) == 1
    assert wecom.marks == [("ZhangSan", "wm0", [], ["t1"])]


def test_what_waits_for_its_next_try_makes_way_at_once(store: Engine) -> None:
    number, _, under_way = a_change_under_way()
    uow.attempt(lambda s: tags.record_failed(s, under_way, "", NOW))
    put("zhangsan", number)
    wecom = Wecom()
    assert tell(wecom) == 1
    assert wecom.marks == [("ZhangSan", "wm0", [], ["t1"])]


def test_whoever_died_over_a_change_leaves_it_to_be_told_before_the_next(store: Engine) -> None:
    number, _, _ = a_change_under_way()
    put("zhangsan", number)
    wecom = Wecom()
    assert tell(wecom, DAY) == 2
    assert [(add, remove) for _, _, add, remove in wecom.marks] == [(["t1"], []), ([], ["t1"])]


def test_a_tag_that_could_not_be_made_is_gone_with_all_that_waited_for_it(store: Engine) -> None:
    number, wecom = contact(), Wecom(broken=True)
    with uow.transaction() as s:
        mirror.take(s, [friend("wm0", "lisi")], 0, NOW)
    put("lisi", number, new="样机客户")
    wecom.add_tag = broken  # type: ignore[method-assign]
    for day in range(9):
        tell(wecom, day * DAY)
    with uow.reading() as s:
        assert s.scalars(select(TagChange).where(TagChange.done_at.is_(None))).all() == []
        assert tags.tags_of(s, actor_by_userid(s, "lisi"), number) == ()
        assert s.scalars(select(FollowTag)).all() == []
    wecom = Wecom()
    put("lisi", number, new="样机客户")
    assert tell(wecom, 10 * DAY) == 2


def broken(group: str, name: str) -> str:
    raise OSError("45009")
