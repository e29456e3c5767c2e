"""Approvals in tests: a deal with all its evidence, asked for and signed in one line."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from config.vocabulary import Measure
from crm import uow
from crm.rules.approvals import Step
from crm.rules.funnel import Said
from crm.usecases import signing
from crm.usecases.approval_rules import RuleDraft, add_rule, install_rules
from crm.usecases.approvals import Filed, move_or_ask
from crm.usecases.deals import open_deal
from models.approvals import Approval, ApprovalRule
from models.deals import Deal, Stage
from models.messages import OutboxMessage
from tests.support.company import IDS, NOW, actor, customer, rows
from tests.support.deals import prove_all

HOUR = timedelta(hours=1)
BIG = Decimal(800_000)


def opened(name: str = "二期循环泵", amount: Decimal = BIG, who: str = "Zhang", at: str = "甲机电有限公司") -> str:
    """A deal with all the evidence of its ladder."""
    made = customer(who, at)
    return opened_at(made, name, amount, who)


def opened_at(made: int, name: str, amount: Decimal, who: str = "Zhang", now=NOW) -> str:  # type: ignore[no-untyped-def]
    with uow.transaction() as s:
        public_id = open_deal(s, actor(who), made, name, amount, now, entrance="chat").public_id
    prove_all(public_id)
    return public_id


def go(deal: str, to: str = "contract_review", who: str = "Zhang", said: Said = Said(), force: bool = False):  # type: ignore[no-untyped-def]  # noqa: B008
    return uow.attempt(lambda s: move_or_ask(s, actor(who), deal, to, said, NOW, entrance="chat", force=force))


def asked(deal: str, who: str = "Zhang", to: str = "contract_review") -> str:
    filed = go(deal, to, who)
    assert isinstance(filed, Filed)
    return filed.public_id


def sign(who: str, approval: str, now=NOW + HOUR) -> signing.Signed:  # type: ignore[no-untyped-def]
    return uow.attempt(lambda s: signing.approve(s, actor(who), approval, now, entrance="miniapp"))


def stands(deal: str) -> str:
    with uow.reading() as s:
        return s.scalars(select(Stage.key).join(Deal, Deal.stage_id == Stage.id).where(Deal.public_id == deal)).one()


def state(approval: str) -> str:
    (row,) = rows(Approval, Approval.public_id == approval)
    return row.state


def told(who: str) -> list[str]:
    found = rows(OutboxMessage, OutboxMessage.person_id == IDS[who.casefold()])
    return [f"{row.notice['title']} {row.notice['desc']} {row.notice['body']}" for row in found]


def a_rule(*steps: Step, stage: str = "proposal", bound: int = 1) -> None:
    """The only rule there is."""
    with uow.transaction() as s:
        install_rules(s, NOW)
        for one in s.scalars(select(ApprovalRule)):
            one.retired_at = NOW
        s.flush()
        draft = RuleDraft("试规则", stage, Measure.AMOUNT, Decimal(bound), steps)
        add_rule(s, actor("wang"), draft, NOW, entrance="console")
