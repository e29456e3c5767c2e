"""A customer's files as rows: who adds, sees and removes them, how many, and when their bytes are nobody's any more."""

from datetime import datetime
from functools import partial

import pytest
from sqlalchemy.engine import Engine

from config.vocabulary import FieldKind, FieldObject, FileKind, ShareAccess, TimelineKind
from crm import uow
from crm.access import actor_by_userid
from crm.errors import Conflict, CrmError, Gone, Invalid, NotAllowed, NotFound, TooMany
from crm.reads.attachments import AttachmentList, attachments_of, served, thumbnail
from crm.reads.customer_page import customer_page
from crm.rules.days import day_of
from crm.usecases import attachments as files
from crm.usecases.customer_file import update_customer
from crm.usecases.fields import FieldDraft, add_field
from crm.usecases.merging import merge, take_apart
from crm.usecases.sharing import Wish, share_customer
from models.audit import AuditEntry
from models.customers import Customer
from models.files import Attachment
from models.timeline import TimelineEntry
from tests.support.company import DAY, IDS, MINUTE, NOW, at_once, customer, rows, set_policy
from tests.support.files import attach, taken


@pytest.fixture
def file(company: Engine) -> int:
    return customer("zhang", "苏州瑞衡机电有限公司")


def listed(who: str, customer_id: int) -> AttachmentList:
    with uow.reading() as s:
        return attachments_of(s, actor_by_userid(s, who, NOW), customer_id)


def remove(who: str, one: str, now: datetime = NOW) -> None:
    with uow.transaction() as s:
        files.remove_attachment(s, actor_by_userid(s, who, now), one, now, entrance="console")


def restore(who: str, one: str, now: datetime = NOW) -> None:
    with uow.transaction() as s:
        files.restore_attachment(s, actor_by_userid(s, who, now), one, now, entrance="console")


def kind_of_refusal(who: str, one: str) -> tuple[str, str]:
    with uow.reading() as s:
        try:
            served(s, actor_by_userid(s, who, NOW), one)
        except CrmError as refusal:
            return type(refusal).__name__, str(refusal)
    return "", ""


def share(customer_id: int, access: ShareAccess) -> None:
    with uow.transaction() as s:
        wish = Wish(IDS["qian"], access, day_of(NOW + 30 * DAY))
        share_customer(s, actor_by_userid(s, "zhang", NOW), customer_id, wish, NOW, entrance="console")


def test_a_file_is_listed_told_and_booked_and_moves_no_clock(file: int) -> None:
    before = rows(Customer)[0].silent_since
    later = NOW + 3 * DAY
    one = attach("zhang", file, "..\\图纸/旧泵 铭牌.PDF", later)
    found = listed("zhang", file)
    assert [(row.public_id, row.name, row.kind_label, row.uploaded_by) for row in found.rows] == [
        (one, "旧泵 铭牌.pdf", "PDF", "张三")
    ]
    assert found.may_write
    with uow.reading() as s:
        page = customer_page(s, actor_by_userid(s, "zhang", NOW), file, later)
    entry = page.timeline[0]
    assert (entry.kind, entry.text, entry.counts) == (TimelineKind.ATTACHMENT, "上传了 旧泵 铭牌.pdf", False)
    assert (rows(Customer)[0].silent_since, rows(Customer)[0].last_activity_at) == (before, None)
    assert rows(AuditEntry)[-1].verb == "add_attachment"


def test_not_yours_is_not_there_and_removed_is_the_same(file: int) -> None:
    one, gone = attach("zhang", file), attach("zhang", file)
    remove("zhang", gone)
    missing = kind_of_refusal("zhang", "0" * 20)
    assert missing[0] == "NotFound"
    assert kind_of_refusal("qian", one) == kind_of_refusal("zhang", gone) == missing
    assert kind_of_refusal("li", one) == ("", "")
    for act in (remove, restore):
        with pytest.raises(NotFound) as refusal:
            act("qian", one)
        assert str(refusal.value) == missing[1]
    with pytest.raises(NotFound):
        listed("qian", file)
    with pytest.raises(NotFound), uow.reading() as s:
        files.may_attach(s, actor_by_userid(s, "qian", NOW), file, NOW)


def test_who_may_only_look_sees_the_copy_and_never_the_original(file: int) -> None:
    picture = taken(FileKind.JPEG)
    one, paper = attach("zhang", file, "现场.jpg", file=picture), attach("zhang", file)
    share(file, ShareAccess.READ)
    assert not listed("qian", file).may_write
    with uow.reading() as s:
        qian, zhang = actor_by_userid(s, "qian", NOW), actor_by_userid(s, "zhang", NOW)
        assert served(s, qian, one).stored_name == picture.shown_name
        assert thumbnail(s, qian, one).stored_name == picture.thumb_name
        assert served(s, qian, paper, original=True).name == "技术协议.pdf"
        with pytest.raises(NotAllowed, match="共享给您看"):
            served(s, qian, one, original=True)
        assert served(s, zhang, one, original=True).stored_name == picture.stored_name
        with pytest.raises(NotFound):
            thumbnail(s, zhang, paper)
    for refused in (partial(remove, "qian", one), partial(attach, "qian", file)):
        with pytest.raises(NotAllowed):
            refused()
    share(file, ShareAccess.TOGETHER)
    attach("qian", file)
    remove("qian", one)


def test_a_copy_is_called_what_it_is(file: int) -> None:
    one = attach("zhang", file, "截图.webp", file=taken(FileKind.WEBP))
    with uow.reading() as s:
        zhang = actor_by_userid(s, "zhang", NOW)
        assert (served(s, zhang, one).name, served(s, zhang, one).mime) == ("截图.jpg", "image/jpeg")
        assert served(s, zhang, one, original=True).name == "截图.webp"


def test_a_removal_is_taken_back_within_the_undo_minutes_and_not_after(file: int) -> None:
    one = attach("zhang", file)
    remove("zhang", one)
    remove("zhang", one, NOW + MINUTE)
    assert (listed("zhang", file).rows, rows(TimelineEntry)[-1].retracted_at) == ((), NOW)
    restore("zhang", one, NOW + 10 * MINUTE)
    restore("zhang", one, NOW + 11 * MINUTE)
    assert (len(listed("zhang", file).rows), rows(TimelineEntry)[-1].retracted_at) == (1, None)
    remove("zhang", one, NOW + 12 * MINUTE)
    with pytest.raises(Gone, match="重新上传"):
        restore("zhang", one, NOW + 23 * MINUTE)
    verbs = [entry.verb for entry in rows(AuditEntry) if "attachment" in entry.verb]
    assert verbs == ["add_attachment", "remove_attachment", "restore_attachment", "remove_attachment"]


def test_a_customer_and_a_day_have_room_for_so_many(file: int) -> None:
    set_policy(attachments_per_customer=10, attachments_per_day=12)
    first = [attach("zhang", file) for _ in range(10)]
    with pytest.raises(Conflict, match="已经有 10 个附件"):
        attach("zhang", file)
    remove("zhang", first[0])
    attach("zhang", file)
    second = customer("zhang", "无锡华光环保设备有限公司")
    attach("zhang", second)
    with pytest.raises(TooMany, match="今天已经上传 12 个"):
        attach("zhang", second)
    attach("zhang", second, now=NOW + DAY)
    attach("li", second)


def test_two_at_once_do_not_share_the_last_place_of_a_day(file: int) -> None:
    set_policy(attachments_per_day=3)
    others = [customer("zhang", f"苏州第{n}水泵厂有限公司") for n in "一二三四五六"]

    def add(customer_id: int) -> str:
        def effect(s: uow.Session) -> str:
            who = actor_by_userid(s, "zhang", NOW)
            return files.add_attachment(s, who, customer_id, taken(), "图.pdf", NOW, entrance="console").public_id

        return uow.attempt(effect)

    results = at_once([partial(add, one) for one in others])
    assert sum(isinstance(result, TooMany) for result in results) == 3
    assert len(rows(Attachment)) == 3


def test_what_was_removed_long_ago_is_let_go_and_the_rest_stays_named(file: int) -> None:
    picture, other = taken(FileKind.JPEG), taken()
    one, kept = attach("zhang", file, "现场.jpg", file=picture), attach("zhang", file, file=other)
    every = [picture.stored_name, picture.shown_name, picture.thumb_name, other.stored_name, "f" * 40]
    remove("zhang", one)

    def purge(now: datetime) -> tuple[int, set[str]]:
        with uow.transaction() as s:
            gone = files.purge_removed(s, now)
        with uow.reading() as s:
            return gone, files.named_files(s, every)

    assert purge(NOW + 89 * DAY) == (0, set(every[:4]))
    assert purge(NOW + 90 * DAY) == (1, {other.stored_name})
    assert purge(NOW + 90 * DAY)[0] == 0
    with pytest.raises(Gone):
        restore("zhang", one, NOW + 5 * MINUTE)
    assert [row.public_id for row in listed("zhang", file).rows] == [kept]


def field(label: str) -> None:
    draft = FieldDraft(label, "more", "", frozenset())
    with uow.transaction() as s:
        admin = actor_by_userid(s, "wang", NOW)
        add_field(s, admin, FieldObject.CUSTOMER, FieldKind.ATTACHMENT, draft, NOW, entrance="console")


def write(who: str, customer_id: int, **raw: str) -> None:
    with uow.transaction() as s:
        update_customer(s, actor_by_userid(s, who, NOW), customer_id, raw, NOW, entrance="console")


def test_a_field_holds_only_a_file_of_its_own_customer(file: int) -> None:
    field("图纸")
    foreign = attach("qian", customer("qian", "宁波海天机械有限公司"))
    gone, own = attach("zhang", file), attach("zhang", file)
    remove("zhang", gone)
    told = set()
    for wrong in (foreign, gone, "0" * 20):
        with pytest.raises(Invalid, match="没有这个附件") as refusal:
            write("zhang", file, tuzhi=wrong)
        told.add(str(refusal.value))
    assert len(told) == 1
    write("zhang", file, tuzhi=own)
    with pytest.raises(Conflict, match="字段「图纸」"):
        remove("zhang", own)
    write("zhang", file, tuzhi="")
    remove("zhang", own)


def test_files_go_with_their_customer_into_another_and_back(file: int) -> None:
    other = customer("zhang", "苏州瑞衡换热设备有限公司")
    one = attach("zhang", other)
    with uow.transaction() as s:
        lead = actor_by_userid(s, "li", NOW)
        merged = merge(s, lead, file, other, frozenset(), NOW, entrance="console")
    assert [row.public_id for row in listed("zhang", file).rows] == [one]
    with uow.transaction() as s:
        take_apart(s, actor_by_userid(s, "li", NOW), merged.public_id, NOW + DAY, entrance="console")
    assert listed("zhang", file).rows == ()
    assert [row.public_id for row in listed("zhang", other).rows] == [one]
