"""The board at the desk: what it shows to whom, a card dropped on another stage, the way back, and the figures."""

import pytest
from sqlalchemy import select, update

from config.vocabulary import EndReason, StageKind
from crm import uow
from crm.access import actor_by_userid
from crm.rules.funnel import Said
from crm.usecases.deals import move_deal
from models.approvals import ApprovalRule
from models.customers import Customer
from models.deals import Deal, Stage, StagePeriod
from tests.console.conftest import SignIn
from tests.console.office import CANARY, NOW
from tests.console.test_deals import fresh
from tests.console.test_pages import ADMIN, HTMX, LEAD, REP
from tests.support.company import rows

FIRST = "恒力泵业二期循环泵"


def deal_called(name: str) -> str:
    with uow.reading() as s:
        return s.scalars(select(Deal.public_id).where(Deal.name == name)).one()


def stands(public_id: str) -> str:
    with uow.reading() as s:
        mine = select(Stage.key).join(Deal, Deal.stage_id == Stage.id)
        return s.scalars(mine.where(Deal.public_id == public_id)).one()


def test_the_board_shows_a_team_its_deals_with_colour_word_and_sums(sign_in: SignIn) -> None:
    page = sign_in(LEAD).get("/console/board").text
    for words in (
        "方案提交",
        "价格谈判",
        "红牌",
        FIRST,
        "张伟",
        "¥52.8 万",
        "按赢率加权",
        "个工作日",
        'draggable="true"',
    ):
        assert words in page, words
    assert CANARY not in page
    assert page.count('class="lane"') == 4
    assert "金丝雀一期" in sign_in(ADMIN).get("/console/board").text


def test_filters_are_in_the_address_and_a_column_is_looked_at_alone(sign_in: SignIn) -> None:
    lead = sign_in(LEAD)
    assert FIRST not in lead.get("/console/board?colour=green").text
    assert "没有符合条件的商机" in lead.get("/console/board?pipeline=小单流程").text
    alone = lead.get("/console/board?stage=proposal&sort=amount").text
    assert (alone.count('class="lane"'), FIRST in alone, "看全部阶段" in alone) == (1, False, True)
    with uow.reading() as s:
        mine = s.scalars(select(Customer.public_id).where(Customer.name.contains("恒力"))).one()
        theirs = s.scalars(select(Customer.public_id).where(Customer.name.contains(f"广州{CANARY}"))).one()
    one = lead.get(f"/console/board?customer={mine}").text
    assert ("客户：苏州恒力泵业有限公司" in one, one.count('<article class="deal')) == (True, 1)
    assert lead.get(f"/console/board?customer={theirs}").status_code == 404
    assert lead.get("/console/board?pipeline=火星").status_code == 422
    assert lead.get("/console/board?colour=blue&sort=x&owner=x&scope=y").status_code == 200


def test_a_card_dropped_on_a_stage_that_is_not_open_yet_is_told_what_it_lacks(sign_in: SignIn) -> None:
    deal, before = fresh(), len(rows(StagePeriod))
    refused = sign_in(REP).post(f"/console/deals/{deal}/move", data={"to": "contract_review"}, headers=HTMX)
    assert (refused.status_code, refused.content_type) == (409, "text/plain; charset=utf-8")
    assert "缺 4 项" in refused.text  # three files, and an approval
    assert "报价单" in refused.text
    assert "没有这个阶段" in sign_in(REP).post(f"/console/deals/{deal}/move", data={"to": "x"}, headers=HTMX).text
    assert len(rows(StagePeriod)) == before


def test_a_card_that_may_move_moves_and_is_taken_back(sign_in: SignIn) -> None:
    rep, deal = sign_in(REP), deal_called(FIRST)
    with uow.transaction() as s:  # an end is a stage like the others, and needs no evidence
        said = Said("客户暂停了项目")
        move_deal(s, actor_by_userid(s, REP), deal, "shelved", said, NOW, entrance="console")
        move_deal(s, actor_by_userid(s, REP), deal, "negotiation", said, NOW, entrance="console")
    back = rep.post(f"/console/deals/{deal}/move", data={"to": "proposal", "reason": "客户换了方案"}, headers=HTMX)
    assert (back.status_code, "从「价格谈判」到「方案提交」" in back.text, "撤销" in back.text) == (200, True, True)
    period = rows(StagePeriod)[-1].id
    address = f"/console/deals/{deal}/move/undo"
    assert rep.post(address, data={"period": "x"}, headers=HTMX).status_code == 400
    undone = rep.post(address, data={"period": str(period)}, headers=HTMX)
    assert (undone.status_code, undone.text, stands(deal)) == (200, "", "negotiation")
    again = rep.post(address, data={"period": str(period)})
    assert (again.status_code, "没有撤销" in again.text) == (409, True)


def test_the_deals_page_compares_it_with_the_won_ones(sign_in: SignIn) -> None:
    page = sign_in(REP).get(f"/console/deals/{deal_called(FIRST)}").text
    for words in ("和赢单比", "44 天", "赢单才 0 个，太少", "红牌", "期限 15"):
        assert words in page, words


def ended() -> None:
    with uow.transaction() as s:
        admin = actor_by_userid(s, ADMIN)
        s.execute(update(ApprovalRule).values(retired_at=NOW))  # nobody is asked: it is about what has ended
        for number, deal in enumerate(s.scalars(select(Deal).where(~Deal.name.contains(CANARY)).order_by(Deal.id))):
            won = number % 2 == 0
            why = Said("签字合同在纸质档案", EndReason.PRICE, "格兰富" if won else "无")
            to = "won" if won else "lost"
            move_deal(s, admin, deal.public_id, to, why, NOW, entrance="console", force=True)


def test_the_figures_say_how_many_they_rest_on_and_their_numbers_open(sign_in: SignIn) -> None:
    lead = sign_in(LEAD)
    funnel = lead.get("/console/funnel").text
    for words in ("到下一阶段", "太少，不算比例", "排不出月份", "华东一部", "张伟", "依据 0 个赢单"):
        assert words in funnel, words
    assert "还没有结束的商机" in lead.get("/console/sales-path").text
    ended()
    assert "最近结束的 5 个，其中赢单 3 个" in lead.get("/console/sales-path").text
    endings = lead.get("/console/endings").text
    for words in ("价格", "格兰富", "60%", "3 / 5 个"):
        assert words in endings, words
    for address, many in (("kind=won", 3), ("kind=lost&reason=price", 2), ("kind=won&rival=格兰富", 3)):
        page = lead.get(f"/console/endings/deals?{address}").text
        assert page.count('href="/console/deals/') == many, address
    assert lead.get("/console/endings/deals?kind=open").status_code == 404
    assert lead.get("/console/endings/deals?kind=won&reason=x").status_code == 404
    for path in ("funnel", "sales-path", "endings", "endings/deals?kind=won"):
        assert CANARY not in lead.get(f"/console/{path}").text


@pytest.mark.parametrize("path", ["board", "funnel", "sales-path", "endings", "endings/deals?kind=won"])
def test_finance_has_no_such_page(sign_in: SignIn, path: str) -> None:
    assert sign_in("qianfang").get(f"/console/{path}").status_code == 404


def test_every_end_has_its_list(sign_in: SignIn) -> None:
    ended()
    for kind in (StageKind.WON, StageKind.LOST, StageKind.SHELVED):
        assert sign_in(LEAD).get(f"/console/endings/deals?kind={kind}").status_code == 200
