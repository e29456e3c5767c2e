"""阶段 × 字段: how many lack what is counted in the store, and many fields are required in one go or not at all."""

import pytest
from sqlalchemy.engine import Engine

from config.vocabulary import CooperationStage, FieldKind, FieldObject
from crm import uow
from crm.errors import Conflict, NotAllowed
from crm.reads.field_stages import StageRow, by_stage
from crm.usecases import customer_file
from crm.usecases.field_stages import require_by_stage
from crm.usecases.fields import FieldDraft, add_field
from tests.support.company import NOW, actor, customer

OF = FieldObject.CUSTOMER
POTENTIAL, TRIAL = CooperationStage.POTENTIAL, CooperationStage.TRIAL


def row(label: str, of: FieldObject = OF) -> StageRow:
    with uow.reading() as s:
        return next(one for one in by_stage(s, actor("wang"), of) if one.spec.label == label)


def test_what_is_empty_is_counted_by_stage(company: Engine) -> None:
    with uow.transaction() as s:
        draft = FieldDraft("介质", "more", added=("清水", "污水"))
        add_field(s, actor("wang"), OF, FieldKind.MULTI_SELECT, draft, NOW, entrance="console")
    first, second = customer("Zhang", "昆山恒泽水务"), customer("qian", "苏州瑞衡热能")
    with uow.transaction() as s:
        customer_file.update_customer(
            s, actor("Zhang"), first, {"jiezhi": "清水、污水", "industry": "水务"}, NOW, entrance="console"
        )
        customer_file.update_customer(s, actor("qian"), second, {"cooperation_stage": "trial"}, NOW, entrance="console")
    assert (row("介质").lacking[POTENTIAL], row("介质").lacking[TRIAL]) == (0, 1)
    assert (row("行业").lacking[POTENTIAL], row("行业").lacking[TRIAL]) == (0, 1)
    assert (row("年采购额").lacking[POTENTIAL], row("年采购额").lacking[TRIAL]) == (1, 1)
    for of in FieldObject:
        with uow.reading() as s:
            assert all(not any(one.lacking.values()) for one in by_stage(s, actor("wang"), of)) or of is OF


def test_many_are_required_at_once_or_none(company: Engine) -> None:
    industry, address = row("行业"), row("地址")
    wanted = {
        industry.spec.id: (industry.version, frozenset({TRIAL})),
        address.spec.id: (address.version, frozenset[CooperationStage]()),
    }
    with uow.transaction() as s, pytest.raises(NotAllowed):
        require_by_stage(s, actor("Zhang"), OF, wanted, NOW, entrance="console")
    with uow.transaction() as s:
        assert require_by_stage(s, actor("wang"), OF, wanted, NOW, entrance="console") == 1
    assert row("行业").spec.required_at == {TRIAL}
    late = {**wanted, address.spec.id: (address.version, frozenset({TRIAL}))}
    with pytest.raises(Conflict, match="刚被别人改过"), uow.transaction() as s:
        require_by_stage(s, actor("wang"), OF, late, NOW, entrance="console")
    assert row("地址").spec.required_at == frozenset()
