"""What is read for the sidebar, as it travels."""

from config.vocabulary import DigestOrigin, label
from crm.access import Actor
from crm.reads.sidebar import Card, ChatState, Sidebar
from miniapp_api.answers import said_sum
from miniapp_api.customers import contact_line
from miniapp_api.products import said_price
from miniapp_api.session import me_of
from miniapp_api.sidebar_answers import (
    BesideCandidateOut,
    BesideCustomerOut,
    BesideDealOut,
    BesideEntryOut,
    BesideLinkOut,
    BesideMayOut,
    BesideMemberOut,
    BesideQuoteOut,
    SidebarOut,
    TodoOut,
)

_TIMELINE = 15
_SAID = {
    ChatState.ELSEWHERE: "已经关联到同事在跟进的客户。需要配合的话，请找您的主管协调",
    ChatState.EMPTY: "这个群里没有外部联系人，不能关联客户。可以搜索客户查看资料",
    ChatState.IGNORED: "已忽略，不再提醒关联。是客户的话，关联后恢复",
}


def sidebar_out(found: Sidebar, actor: Actor) -> SidebarOut:
    return SidebarOut(
        me=me_of(actor),
        at=found.at,
        state=found.state,
        kind=found.kind,
        name=found.name,
        company=found.company,
        position=found.position,
        remark=found.remark,
        said=_SAID.get(found.state, ""),
        members=[
            BesideMemberOut(
                id=one.external_userid or None,
                name=one.name,
                known=one.known,
                customer=one.customer or None,
                customer_id=one.customer_id or None,
            )
            for one in found.members
        ],
        customer=None if found.card is None else _customer(found.card, actor),
        candidates=[
            BesideCandidateOut(
                id=one.customer_id or None, name=one.name, owner=one.owner, reason=one.reason, same=one.same
            )
            for one in found.candidates
        ],
    )


def _customer(card: Card, actor: Actor) -> BesideCustomerOut:
    file = card.file
    return BesideCustomerOut(
        id=file.public_id,
        name=file.name,
        stage=card.stage,
        level=card.level,
        owner=file.owner or "待分配",
        mine=file.owner_id == actor.person_id,
        silent_days=file.silent_days,
        days_left=file.days_left,
        why=file.why,
        linked_by=card.linked_by,
        linked_at=card.linked_at,
        undo_until=card.undo_until,
        contacts=[contact_line(row) for row in file.contacts],
        linked=[BesideLinkOut(name=row.contact, linked_by=row.linked_by) for row in file.links],
        deals=[
            BesideDealOut(
                id=one.public_id, name=one.name, amount=said_sum(one.amount), stage=one.stage, owner=one.owner,
                days=one.days, colour=one.colour,
            )
            for one in card.deals
        ],
        quotes=[
            BesideQuoteOut(
                id=one.row.public_id, number=one.row.number, state=one.row.state, state_label=label(one.row.state),
                total=said_price(one.row.total), currency=one.row.currency, valid_until=one.row.valid_until,
                text=one.text or None,
            )
            for one in card.offers
        ],
        todos=[TodoOut(id=one.public_id, text=one.text, due_at=one.due_at) for one in card.todos],
        timeline=[
            BesideEntryOut(
                id=one.public_id, digest_id=one.digest and one.digest.public_id,
                from_archive=one.digest is not None and one.digest.origin is DigestOrigin.ARCHIVE,
                kind_label=one.kind_label, author=one.author, at=one.at, text=one.text,
            )
            for one in file.timeline[:_TIMELINE]
        ],
        may=BesideMayOut(write=file.writes, deal=card.opens_deals),
    )  # fmt: skip
