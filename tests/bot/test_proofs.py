"""Evidence in the chat: links for files, a picture that is fetched as what was asked for, and what becomes of it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from config.vocabulary import FileKind, InboxState
from crm import uow
from crm.flows.evidence import read_evidence
from crm.flows.inbox import Handlers
from gateways.files import FileStore
from gateways.reader.reading import Content
from gateways.upload_links import Grant, UploadLinks
from gateways.wecom.errors import WecomError
from jobs import inbox
from models.deals import Evidence
from models.files import Attachment
from models.messages import InboxEvent
from models.people import Person
from tests.bot.test_moves import opened, prove
from tests.bot.wecom import SECRET, Wecom
from tests.support.company import IDS, rows
from tests.support.papers import photo, picture_file

PHOTO = picture_file(Random(1), photo(Random(1)), FileKind.JPEG)[1]
OTHER = picture_file(Random(2), photo(Random(2)), FileKind.JPEG)[1]
Work = Callable[..., None]


def handlers(folder: Path, media: Callable[[str], bytes]) -> Handlers:
    files = FileStore(folder / "files")
    return inbox.handlers(None, None, media, files)  # type: ignore[arg-type]  # nobody asks for contacts here


@pytest.fixture
def work(wecom: Wecom, tmp_path: Path) -> Work:
    """The job, with what WeCom would give for a media id."""

    def work(media: Callable[[str], bytes] = lambda _: PHOTO, at: datetime | None = None) -> None:
        inbox.work_due(handlers(tmp_path, media), lambda: at or wecom.clock.now())

    return work


def image(wecom: Wecom, media: str = "media1", who: str = "Zhang", **more: object) -> str:
    return wecom.hear(wecom.document(who, "image", PicUrl="http://x/1", MediaId=media, **more))


def told(wecom: Wecom, who: str = "Zhang") -> str:
    return wecom.waiting(who)[-1].body


def test_a_file_that_is_missing_comes_with_its_link(wecom: Wecom) -> None:
    deal = opened("Zhang")
    said = wecom.say("Zhang", "/推进 二期循环泵")
    (link,) = re.findall(r"上传 (http://\S+)", said)
    assert link.startswith("http://127.0.0.1:8000/upload/")
    assert "15 分钟内有效" in said
    grant = UploadLinks(SECRET, "http://127.0.0.1:8000").read(link.rsplit("/", 1)[1], wecom.clock.now())
    assert grant == Grant(IDS["zhang"], deal, "proposal", "minutes")
    assert wecom.app.test_client().get("/upload/" + link.rsplit("/", 1)[1]).status_code == 200


def test_a_picture_becomes_the_one_thing_that_is_missing(wecom: Wecom, work: Work) -> None:
    deal = opened("Zhang")
    wecom.say("Zhang", "/推进 二期循环泵")
    assert "正在取来作「二期循环泵」的会议纪要" in image(wecom)
    work({"media1": PHOTO}.__getitem__)
    assert "已作为「二期循环泵」的会议纪要收下" in told(wecom)
    assert "什么都不缺了，发 /推进 二期循环泵" in told(wecom)
    (proof,) = rows(Evidence)
    assert (proof.stage_key, proof.kind) == ("proposal", "minutes")
    assert re.fullmatch(r"会议纪要 \d{8} \d{6}\.jpg", rows(Attachment)[0].name)
    assert "从「需求确认」到「方案提交」了" in wecom.say("Zhang", "/推进 二期循环泵")
    assert deal


def test_of_several_the_number_says_which_and_the_rest_is_told(wecom: Wecom, work: Work) -> None:
    deal = opened("Zhang")
    prove(deal, "proposal", "minutes")
    _keep_read()
    wecom.say("Zhang", "/推进 二期循环泵")
    said = wecom.say("Zhang", "/推进 二期循环泵")
    assert said.count("/upload/") == 2
    question = image(wecom)
    assert question == "这份凭证是哪一种？回复序号：\n1. 技术协议草稿\n2. 报价单"
    assert "没有第 7 个" in wecom.say("Zhang", "7")
    assert "作「二期循环泵」的报价单" in wecom.say("Zhang", "2")
    work()
    assert "还缺：技术协议草稿" in told(wecom)
    assert "接着发技术协议草稿的照片" in wecom.say("Zhang", "1")
    assert "作「二期循环泵」的技术协议草稿" in image(wecom, "media2")
    work(lambda _: OTHER)
    assert "什么都不缺了" in told(wecom)


def _keep_read() -> None:
    """`prove` plants rows whose files nobody has: they are read as gone."""

    class Gone:
        def content(self, name: str, kind: FileKind) -> Content:
            return Content(refused="没有了")

    sum(read_evidence(Gone()))


def test_a_picture_out_of_such_a_talk_is_answered_as_ever(wecom: Wecom, work: Work) -> None:
    opened("Zhang")
    said = image(wecom)
    assert "不知道它是什么" in said
    wecom.say("Zhang", "/推进 二期循环泵")
    wecom.say("Zhang", "/待办")
    assert image(wecom) == said
    wecom.say("Zhang", "/推进 二期循环泵")
    wecom.clock.forward(timedelta(minutes=11))
    assert image(wecom) == said
    work()
    assert rows(Evidence) == []


def test_the_same_event_again_is_fetched_and_told_once(wecom: Wecom, work: Work) -> None:
    opened("Zhang")
    wecom.say("Zhang", "/推进 二期循环泵")
    sent = wecom.document("Zhang", "image", PicUrl="http://x/1", MediaId="media1")
    first = wecom.hear(sent)
    assert wecom.hear(sent) == first
    work()
    with uow.transaction() as s:  # a worker that died before it could say that it was done
        row = s.scalars(select(InboxEvent).where(InboxEvent.event == "picture_proves")).one()
        row.state, row.next_at, row.done_at = InboxState.WAITING, wecom.clock.now(), None
    work()
    answers = [one.body for one in wecom.waiting("Zhang")]
    assert (len(answers), len(rows(Evidence)), len(rows(Attachment))) == (1, 1, 1)
    assert "收下" in answers[0]


@pytest.mark.parametrize(
    ("media", "why"),
    [
        (lambda _: PHOTO[:2000], "不完整"),
        (lambda _: picture_file(Random(3), photo(Random(3), (100, 100)), FileKind.PNG)[1], "太小"),
        (lambda _: (_ for _ in ()).throw(WecomError("media/get", 40007)), "只保留三天"),
    ],
)
def test_what_does_not_prove_is_told_and_not_kept(
    wecom: Wecom, work: Work, tmp_path: Path, media: Callable[[str], bytes], why: str
) -> None:
    opened("Zhang")
    wecom.say("Zhang", "/推进 二期循环泵")
    image(wecom)
    work(media)
    assert why in told(wecom)
    assert (rows(Evidence), rows(Attachment)) == ([], [])
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []
    assert "正在取来" in image(wecom, "media2")  # it is still asked for
    work()
    assert "收下" in told(wecom)


def test_while_wecom_does_not_answer_it_is_tried_again_and_then_told(wecom: Wecom, work: Work) -> None:
    opened("Zhang")
    wecom.say("Zhang", "/推进 二期循环泵")
    image(wecom)

    def away(_: str) -> bytes:
        raise WecomError("media/get")

    start = wecom.clock.now()
    for minutes in (0, 1, 5, 20):
        work(away, start + timedelta(minutes=minutes))
        assert wecom.waiting("Zhang") == []
    work(away, start + timedelta(hours=2))
    assert "一直没有取到" in told(wecom)
    (row,) = rows(InboxEvent, InboxEvent.event == "picture_proves")
    assert row.state == InboxState.DONE


def test_whether_he_may_is_judged_again_when_it_is_fetched(wecom: Wecom, work: Work) -> None:
    opened("Zhang")
    wecom.say("Zhang", "/推进 二期循环泵")
    image(wecom)
    with uow.transaction() as s:
        s.get_one(Person, IDS["zhang"]).status = "disabled"
    work()
    assert (rows(Evidence), rows(Attachment)) == ([], [])
    assert wecom.waiting("Zhang") == []
