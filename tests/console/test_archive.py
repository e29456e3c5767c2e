"""会话存档 at the desk: names lead to what was said, which is read by whom it concerns."""

from datetime import timedelta

import pytest

from config.vocabulary import ChatKind, Role
from crm import uow
from crm.access import actor_by_userid
from crm.flows import archive
from crm.usecases.customers import CustomerDraft, create_customer
from gateways.wecom.errors import WecomError
from models.audit import AuditEntry
from models.links import ChatLink
from models.mirror import CustomerGroup, CustomerGroupMember
from tests.console.conftest import SignIn
from tests.console.office import BY_ROLE, NOW
from tests.support.archive import Made, said
from tests.support.company import rows

THEIR_OWN, IN_GROUP = "wm0", "woBen"  # 赵工, a friend of 张伟's; and somebody whom a group alone knows


@pytest.fixture
def customer(sign_in: SignIn) -> str:
    """张伟's, with a contact and a group whose talk is kept; its public id."""
    lines = [
        said(1, "二期要 4 台循环泵", sender=THEIR_OWN, to=["zhangwei"], at=NOW),
        said(2, "明天报价", sender="zhangwei", to=[THEIR_OWN], at=NOW),
        said(3, "群里也说一声", sender=IN_GROUP, to=["zhangwei"], at=NOW, room="wr1"),
    ]
    asked = {("zhangwei", THEIR_OWN): NOW - timedelta(days=1), ("wr1", IN_GROUP): NOW - timedelta(days=1)}
    source = Made(lines, asked)
    list(archive.run(source, source, WecomError, NOW))
    with uow.transaction() as s:
        rep = actor_by_userid(s, "zhangwei")
        made = create_customer(s, rep, CustomerDraft("江阴船舶辅机厂"), NOW, entrance="chat", anyway=True)
        group = CustomerGroup(chat_id="wr1", name="二期泵房", made_at=NOW)
        s.add(group)
        s.flush()
        s.add(CustomerGroupMember(group_id=group.id, key=IN_GROUP, outside=True, name="本恩", joined_at=NOW))
        for kind, key in ((ChatKind.EXTERNAL_CONTACT, THEIR_OWN), (ChatKind.CUSTOMER_GROUP, "wr1")):
            link = {"kind": kind, "key": key, "customer_id": made.id, "linked_by_id": rep.person_id}
            s.add(ChatLink(**link, linked_at=NOW))
        return made.public_id


def test_the_page_names_whoever_was_heard_and_leads_to_what_he_said(sign_in: SignIn, customer: str) -> None:
    page = sign_in(BY_ROLE[Role.OPERATIONS]).get("/console/archive").text
    for words in ("2 个会话", "/console/talks/wm0", "赵工", "/console/talks/woBen", "本恩", "只在群里"):
        assert words in page
    assert "处<" not in page


def test_a_rep_comes_from_his_customer_to_the_talk_and_the_book_knows(sign_in: SignIn, customer: str) -> None:
    desk = sign_in("zhangwei")
    file = desk.get(f"/console/customers/{customer}").text
    assert "/console/talks/wm0" in file
    assert "/console/talks/groups/wr1" in file
    talk = desk.get("/console/talks/wm0").text
    assert talk.index("二期要 4 台循环泵") < talk.index("明天报价")
    assert "群里也说一声" in desk.get("/console/talks/groups/wr1").text
    for userid in ("gaorep", BY_ROLE[Role.FINANCE]):
        assert sign_in(userid).get("/console/talks/wm0").status_code == 404
        assert sign_in(userid).get("/console/talks/groups/wr1").status_code == 404
    assert [row.detail["messages"] for row in rows(AuditEntry, AuditEntry.verb == "read_talk")] == [2, 1]
    assert "查看会话存档" in sign_in(BY_ROLE[Role.ADMIN]).get("/console/audit").text


def test_somebody_known_from_a_group_alone_is_deleted_by_a_button(sign_in: SignIn, customer: str) -> None:
    desk = sign_in(BY_ROLE[Role.OPERATIONS])
    page = desk.get("/console/talks/woBen").text
    assert "二期泵房" in page
    assert "没有一对一的会话" in page
    assert desk.post("/console/archive/woBen/purge").status_code == 303
    assert "本恩" not in desk.get("/console/archive").text
    assert sign_in("zhangwei").post("/console/archive/wm0/purge").status_code in (403, 404)
