"""Fields without code: operations defines them, forms follow at once, nothing that was filled in is lost."""

from functools import partial

import pytest
from sqlalchemy.engine import Engine

from config.vocabulary import CooperationStage, FieldKind, FieldObject
from crm import uow
from crm.errors import Conflict, CrmError, Invalid, NotAllowed
from crm.reads import fields as reads
from crm.rules.fields import FieldSpec
from crm.usecases import customer_file, fields
from models.fields import FieldRevision, FieldValue
from tests.support.company import NOW, actor, at_once, customer, rows, snapshot

OF = FieldObject.CUSTOMER
PUMP = fields.FieldDraft("泵型", "more", "主力机型", frozenset({CooperationStage.TRIAL}), added=["离心泵", "螺杆泵"])


def add(draft: fields.FieldDraft = PUMP, kind: FieldKind = FieldKind.SELECT, who: str = "wang") -> int:
    return uow.attempt(lambda s: fields.add_field(s, actor(who), OF, kind, draft, NOW, entrance="console"))


def spec(field_id: int) -> FieldSpec:
    with uow.reading() as s:
        return next(one for one in reads.specs(s, OF) if one.id == field_id)


def version(field_id: int) -> int:
    with uow.reading() as s:
        return reads.definition(s, actor("wang"), field_id)[1].version


def edit(field_id: int, seen: int, draft: fields.FieldDraft) -> None:
    uow.attempt(lambda s: fields.edit_field(s, actor("wang"), field_id, seen, draft, NOW, entrance="console"))


def test_the_products_own_fields_are_there_from_the_start(company: Engine) -> None:
    with uow.reading() as s:
        known = {of: [one.key for one in reads.specs(s, of)] for of in FieldObject}
    assert known[OF][:3] == ["name", "uscc", "industry"]
    assert {"phone", "website", "parent", "campaign", "annual_estimate", "cooperation_stage"} <= set(known[OF])
    assert known[FieldObject.CONTACT] == ["name", "title", "decision_role", "phone", "email", "note"]
    assert known[FieldObject.DEAL] == ["name", "amount"]


def test_a_field_is_on_the_form_at_once_with_its_choices_and_its_key(company: Engine) -> None:
    made = spec(add())
    assert (made.key, made.label, made.group, made.help) == ("bengxing", "泵型", "more", "主力机型")
    assert [(one.key, one.label) for one in made.options] == [("lixinbeng", "离心泵"), ("luoganbeng", "螺杆泵")]
    assert made.required_at == {CooperationStage.TRIAL}


@pytest.mark.parametrize("who", ["Zhang", "li", "zhou"])
def test_only_operations_and_administrators_define_fields(company: Engine, who: str) -> None:
    before = snapshot()
    with pytest.raises(NotAllowed):
        add(who=who)
    assert snapshot() == before


@pytest.mark.parametrize(
    ("draft", "kind"),
    [
        (fields.FieldDraft("  ", "more"), FieldKind.TEXT),
        (fields.FieldDraft("长" * 41, "more"), FieldKind.TEXT),
        (fields.FieldDraft("行业", "more"), FieldKind.TEXT),
        (fields.FieldDraft("泵型", "nowhere"), FieldKind.TEXT),
        (fields.FieldDraft("泵型", "more"), FieldKind.SELECT),
        (fields.FieldDraft("泵型", "more", added=["甲", "甲"]), FieldKind.SELECT),
        (fields.FieldDraft("总公司", "more"), FieldKind.COMPANY),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused_and_leaves_nothing(
    company: Engine, draft: fields.FieldDraft, kind: FieldKind
) -> None:
    before = snapshot()
    with pytest.raises((Invalid, Conflict)):
        add(draft, kind)
    assert snapshot() == before


def test_two_administrators_do_not_overwrite_each_other(company: Engine) -> None:
    made = add()
    seen = version(made)
    edit(made, seen, fields.FieldDraft("主力泵型", "more"))
    with pytest.raises(Conflict, match="刚被别人改过"):
        edit(made, seen, fields.FieldDraft("机型", "more"))
    assert spec(made).label == "主力泵型"
    words = (fields.FieldDraft("甲", "more"), fields.FieldDraft("乙", "more"))
    results = at_once([partial(edit, made, version(made), draft) for draft in words])
    assert sorted(type(one).__name__ for one in results) == ["Conflict", "NoneType"]


def test_every_change_counts_the_version_up_and_keeps_what_was_before(company: Engine) -> None:
    made = add()
    edit(
        made,
        1,
        fields.FieldDraft("泵型", "more", labels={"lixinbeng": "单级离心泵", "luoganbeng": ""}, added=["齿轮泵"]),
    )
    edit(made, 2, fields.FieldDraft("泵型", "more"))
    assert version(made) == 2  # the second changed nothing
    first, second = rows(FieldRevision, FieldRevision.field_id == made)
    assert (first.before, first.after["options"]) == (None, ["离心泵", "螺杆泵"])
    assert (second.after["options"], second.after["retired_options"]) == (["单级离心泵", "齿轮泵"], ["螺杆泵"])
    assert second.before == first.after


def test_a_retired_field_keeps_what_was_filled_in_and_comes_back_with_it(company: Engine) -> None:
    made, who = add(), actor("Zhang")
    file = customer("Zhang", "甲机电有限公司")
    write = partial(customer_file.update_customer, actor=who, customer_id=file, now=NOW, entrance="console")
    uow.attempt(lambda s: write(s, raw={"bengxing": "离心泵"}))
    uow.attempt(lambda s: fields.retire_field(s, actor("wang"), made, 1, NOW, entrance="console"))
    with pytest.raises(Invalid, match="停用"):
        uow.attempt(lambda s: write(s, raw={"bengxing": "螺杆泵"}))
    assert len(rows(FieldValue)) == 1
    uow.attempt(lambda s: fields.restore_field(s, actor("wang"), made, 2, NOW, entrance="console"))
    assert uow.attempt(lambda s: write(s, raw={"bengxing": "螺杆泵"})).changed == ("泵型",)


def test_what_the_product_needs_is_not_put_away(company: Engine) -> None:
    with uow.reading() as s:
        needed = [one for one in reads.specs(s, OF) if one.key in fields.NEEDED[OF]]
    for one in needed:
        with pytest.raises(Conflict, match="不能停用"):
            uow.attempt(
                partial(fields.retire_field, actor=actor("wang"), field_id=one.id, version=1, now=NOW, entrance="c")
            )


def test_fields_move_past_each_other_and_stop_at_the_end(company: Engine) -> None:
    def move(field_id: int, up: bool) -> None:
        uow.attempt(lambda s: fields.move_field(s, actor("wang"), field_id, up, NOW, entrance="console"))

    def order() -> list[str]:
        with uow.reading() as s:
            return [one.label for one in reads.specs(s, OF) if one.group == "more"]

    made = [add(fields.FieldDraft(name, "more"), FieldKind.TEXT) for name in ("甲", "乙", "丙")]
    move(made[2], True)
    assert order() == ["甲", "丙", "乙"]
    move(made[0], True)
    move(made[1], False)
    assert order() == ["甲", "丙", "乙"]


def test_fields_added_in_the_same_moment_have_keys_of_their_own(company: Engine) -> None:
    results = at_once(
        [partial(add, fields.FieldDraft(name, "more"), FieldKind.TEXT) for name in ("泵型", "泵形", "崩行")]
    )
    assert not [one for one in results if isinstance(one, CrmError)]
    with uow.reading() as s:
        assert {"bengxing", "bengxing2", "bengxing3"} <= {one.key for one in reads.specs(s, OF)} or len(
            set(results)
        ) == 3
