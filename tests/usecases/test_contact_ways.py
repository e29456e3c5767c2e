"""联系我 codes: made for one's own people, and whoever comes by one is known by it; and whom nobody has filed yet."""

from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy.engine import Engine

from config.prospects import IgnoreReason, LeadInlet
from config.vocabulary import CustomerSource
from crm import uow
from crm.agenda.customers import contacts as unfiled
from crm.errors import Conflict, Invalid, NotFound
from crm.flows import contact_ways as flow
from crm.reads import contact_ways as reads
from crm.reads.coverage import covered
from crm.usecases import contact_ways, contacts, lead_sources, linking
from crm.usecases.contact_ways import WayDraft
from models.customers import Customer
from models.leads import Lead
from models.links import ExternalContact
from models.messages import OutboxMessage
from models.mirror import ContactWay
from tests.support.company import DAY, IDS, NOW, ONE, actor, customer, rows


@dataclass
class Wecom:
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    broken: bool = False

    def make_way(self, userid: str, state: str, remark: str) -> tuple[str, bytes]:
        if self.broken:
            raise OSError("WeCom does not answer")
        self.asked.append((userid, state, remark))
        return f"config{len(self.asked)}", b"\x89PNG..."

    def remove_way(self, config_id: str) -> None:
        self.removed.append(config_id)


def make(who: str, wecom: Wecom, **draft: object) -> str:
    plain = WayDraft(IDS["zhang"], "展会码")
    return flow.make(actor(who), replace(plain, **draft), wecom, NOW, entrance="console")[0]  # type: ignore[arg-type]


def scanned(state: str, external: str = "wmAAAA") -> None:
    who = contacts.Stranger(external, "王工", "", "", "", state)
    uow.attempt(lambda s: contacts.meet(s, "zhang", who, NOW))


def test_whoever_comes_by_a_customers_code_is_offered_that_customer_first(company: Engine) -> None:
    number, wecom = customer("Zhang", "华东泵业有限公司"), Wecom()
    make("Zhang", wecom, customer=rows(Customer, Customer.id == number)[0].public_id)
    (asked,) = wecom.asked
    assert (asked[0].casefold(), len(asked[1]) <= 30, asked[2]) == ("zhang", True, "展会码")
    scanned(asked[1])
    (card,) = rows(OutboxMessage)
    assert card.notice["selection"]["choices"][0]["text"] == "华东泵业有限公司"
    assert card.notice["buttons"][0]["text"] == "关联"
    scanned("another", "wmBBBB")
    assert rows(OutboxMessage)[-1].notice["selection"] is None
    with uow.reading() as s:
        assert [(one.customer, one.came) for one in reads.contact_ways(s, actor("Zhang"))] == [("华东泵业有限公司", 1)]


def test_whoever_comes_by_a_code_with_a_source_is_a_lead_of_that_source_until_it_is_closed(company: Engine) -> None:
    draft = lead_sources.SourceDraft(LeadInlet.WECOM_CONTACT, "展会", CustomerSource.EVENT, ONE, state="fair26")
    source = uow.attempt(lambda s: lead_sources.open_source(s, actor("wang"), draft, NOW, entrance="console"))
    wecom = Wecom()
    way = make("Zhang", wecom, lead_source=source.public_id)
    scanned(wecom.asked[0][1])
    assert [(lead.owner_id, lead.source) for lead in rows(Lead)] == [(IDS["zhang"], "event")]
    for _ in range(2):
        flow.close(actor("Zhang"), way, wecom, NOW, entrance="console")
    assert wecom.removed == ["config1", "config1"]
    scanned(wecom.asked[0][1], "wmBBBB")
    assert len(rows(Lead)) == 1
    with pytest.raises(Conflict, match="停用"), uow.reading() as s:
        contact_ways.picture_of(s, actor("Zhang"), way)


def test_a_code_is_made_for_ones_own_people_and_customers_only(company: Engine) -> None:
    number, wecom = customer("qian", "苏州阀门厂"), Wecom()
    with pytest.raises(NotFound):
        make("Zhang", wecom, customer=rows(Customer, Customer.id == number)[0].public_id)
    with pytest.raises(Invalid, match="您负责的在职同事"):
        make("qian", wecom)
    way = make("li", wecom)
    with pytest.raises(NotFound), uow.reading() as s:
        contact_ways.picture_of(s, actor("qian"), way)
    assert len(wecom.asked) == len(rows(ContactWay)) == 1


def test_a_code_that_wecom_did_not_make_is_shown_to_nobody(company: Engine) -> None:
    with pytest.raises(OSError, match="does not answer"):
        make("Zhang", Wecom(broken=True))
    with uow.reading() as s:
        assert reads.contact_ways(s, actor("Zhang")) == ()


def test_the_list_names_the_oldest_three_and_counts_the_rest_until_nobody_is_left(company: Engine) -> None:
    for n in range(5):
        who = contacts.Stranger(f"wm{n}", f"王{n}", "", "", "")
        uow.attempt(lambda s, who=who, n=n: contacts.meet(s, "zhang", who, NOW - (n + 1) * DAY))  # type: ignore[misc]
    zhang = actor("Zhang")
    with uow.reading() as s:
        items = unfiled(s, zhang, NOW)
        (before,) = [one for one in covered(s, actor("li")) if one.all]
    assert [one.title for one in items] == ["王4", "王3", "王2", "还有 2 位联系人"]
    assert (items[0].why, items[3].why) == ("加好友 5 天，还没关联客户", "共 5 位还没关联客户，下一位是 王1")
    assert (before.all, before.waiting, before.percent) == (5, 5, 0)
    for contact in rows(ExternalContact):
        uow.attempt(
            lambda s, c=contact.id: linking.ignore_contact(s, zhang, c, IgnoreReason.PEER, NOW, entrance="card")  # type: ignore[misc]
        )
    assert {contact.ignored_for for contact in rows(ExternalContact)} == {"peer"}
    with uow.reading() as s:
        assert list(unfiled(s, zhang, NOW)) == []
        assert [(one.ignored, one.percent) for one in covered(s, actor("li")) if one.all] == [(5, 100)]
