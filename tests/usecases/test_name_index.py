"""The index of names: what is put in is found at once, what is taken out is not, and many are judged like one."""

import pytest
from sqlalchemy import delete
from sqlalchemy.engine import Engine

from config.vocabulary import NameKind, NameVerdict
from crm import name_index, uow
from crm.reads import meant
from crm.usecases.customers import withdraw_customer
from models.names import CompanyName, NamePosting
from tests.support.company import NOW, actor, customer, rows

PUMP = "苏州瑞衡热能工程有限公司"


def offered(typed: str) -> set[int]:
    with uow.reading() as s:
        return {who for who, _ in name_index.candidates(s, typed)}


@pytest.mark.parametrize("typed", [PUMP, "瑞衡热能", "蘇州瑞衡", "*ST瑞衡", "瑞衡热能Ａ"])
def test_a_new_customer_is_found_by_its_name_and_parts_of_it(company: Engine, typed: str) -> None:
    made = customer("Zhang", PUMP)
    assert offered(typed) == {made}


def test_a_customer_is_found_by_each_of_its_names_until_it_is_taken_back(company: Engine) -> None:
    made = customer("Zhang", PUMP)
    uow.attempt(lambda s: name_index.put(s, made, ["金陵锅炉厂"], NameKind.FORMER))
    assert offered("金陵锅炉") == offered("瑞衡热能") == {made}
    uow.attempt(lambda s: withdraw_customer(s, actor("Zhang"), made, NOW, entrance="chat"))
    assert offered("金陵锅炉") == offered("瑞衡热能") == set()


def test_what_is_rolled_back_is_not_found(company: Engine) -> None:
    made = customer("Zhang", PUMP)

    def half(s: uow.Session) -> None:
        name_index.put(s, made, ["金陵锅炉厂"], NameKind.SHORT)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        uow.attempt(half)
    assert offered("金陵锅炉") == set()


def test_many_names_at_once_are_found_like_names_put_one_by_one(company: Engine) -> None:
    made = customer("Zhang", PUMP)
    names = [f"{chr(0x4E00 + 7 * number)}{chr(0x5E00 + 11 * number)}机电有限公司" for number in range(200)]
    uow.attempt(lambda s: name_index.put_many(s, [(made, name) for name in names], NameKind.SHORT))
    assert len(rows(CompanyName)) == 201
    with uow.reading() as s:
        found = name_index.candidates_many(s, [names[3], names[150], "从来没有过"])
    assert [{who for who, _ in some} for some in found] == [{made}, {made}, set()]


def test_rows_of_a_sheet_are_judged_in_their_order(company: Engine) -> None:
    made = customer("Zhang", PUMP)
    customer("qian", "广州灵朗科技有限公司")
    with uow.reading() as s:
        same, none, again = name_index.judge_many(s, ["苏州市瑞衡热能工程有限公司", "乐清市实杰电器有限公司", PUMP], 82)
    assert (same[0].item, same[0].verdict) == (again[0].item, again[0].verdict) == (made, NameVerdict.SAME)
    assert none == []


def test_customers_from_before_the_index_are_caught_up_once(company: Engine) -> None:
    made = customer("Zhang", PUMP)
    with uow.transaction() as s:
        s.execute(delete(CompanyName))
        s.execute(delete(NamePosting))
    assert offered(PUMP) == set()
    assert [uow.attempt(name_index.catch_up) for _ in range(2)] == [1, 0]
    assert offered(PUMP) == {made}


def test_who_sees_more_than_can_be_compared_asks_the_index_and_still_sees_only_his(
    company: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meant, "_EACH_COMPARED", 1)
    mine = {customer("Zhang", name) for name in (PUMP, "上海华东泵业有限公司")}
    customer("qian", "苏州瑞衡热能设备有限公司")
    with uow.reading() as s:
        found = meant.near(s, actor("li"), "瑞衡热能工程公司")
    assert {one.id for one in found} < mine
    assert [one.name for one in found] == [PUMP]
