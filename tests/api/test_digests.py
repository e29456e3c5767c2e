"""Digests from the phone: made once, read with what they stand on, taken back, and nobody else's."""

from collections.abc import Callable

from sqlalchemy import func, select

from crm import uow
from models.digests import Digest
from tests.api.conftest import MINE, OTHERS, Phone

TALK = "王工 2026-11-20 10:03:11\n我们需要20台WQ15-15-1.5\nzhang名 2026-11-20 10:05:00\n周五前给您报价"


def many() -> int:
    with uow.reading() as s:
        return s.scalar(select(func.count(Digest.id))) or 0


def test_it_is_made_once_and_read_with_the_messages(phone: Phone) -> None:
    first = phone.post(f"/customers/{MINE}/digests", {"text": TALK}, key="k1")
    again = phone.post(f"/customers/{MINE}/digests", {"text": TALK}, key="k1")
    assert (first.status_code, again.get_json(), many()) == (201, first.get_json(), 1)
    made = first.get_json()
    assert (made["engine"], made["origin"], made["counts"]) == ("extractive", "pasted", True)
    assert [one["kind"] for one in made["sentences"]] == ["need", "promise"]
    assert [one["text"] for one in made["todos"]] == []  # that Friday is over
    read = phone.get(f"/digests/{made['id']}").get_json()
    assert read == {key: value for key, value in made.items() if key not in ("todos", "remark")}
    assert [(one["speaker"], one["ours"]) for one in read["sentences"][0]["cited"]] == [("王工", False)]


def test_it_is_taken_back_by_whoever_made_it(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    made = phone.post(f"/customers/{MINE}/digests", {"text": TALK, "ours": ["小张"]}).get_json()
    assert phone_of("li").get(f"/digests/{made['id']}").status_code == 200
    assert phone_of("sun").get(f"/digests/{made['id']}").status_code == 404
    assert phone_of("li").delete(f"/digests/{made['id']}").status_code == 404
    assert [phone.delete(f"/digests/{made['id']}").status_code for _ in range(2)] == [204, 204]
    assert phone.get(f"/digests/{made['id']}").status_code == 404


def test_what_cannot_be_summed_up_is_told(phone: Phone) -> None:
    refused = {
        "没有收到聊天内容": "\u0000 \u200b",
        "没有找到可以记下来的事": "好的",
        "最多 2 万字": "DN50\n" * 6_000,
    }
    for words, text in refused.items():
        answer = phone.post(f"/customers/{MINE}/digests", {"text": text})
        assert answer.status_code == 422
        assert words in str(answer.get_json())
    too_large = phone.post(f"/customers/{MINE}/digests", {"text": "王工: 要20台\n" * 200_000})
    assert (too_large.status_code, "约 2 万字" in str(too_large.get_json())) == (413, True)
    assert phone.post(f"/customers/{OTHERS}/digests", {"text": TALK}).status_code == 404
    assert many() == 0
