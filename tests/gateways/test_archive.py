"""The archive's gateway: keys, pages, words and the vendor's library, as far as it can be had without the vendor."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from Crypto.Cipher import PKCS1_v1_5
from Crypto.PublicKey import RSA

from gateways.archive.errors import ArchiveError
from gateways.archive.keys import KeyRing
from gateways.archive.messages import NoMessage, message
from gateways.archive.native import Native
from gateways.archive.over_http import OverHttp
from gateways.archive.source import Archive
from gateways.archive.words import words
from gateways.wecom.errors import Kind
from tests.support.archive import key_folder, key_pair


def _part(kind: str, content: str) -> dict[str, str]:
    return {"type": kind, "content": content}


CODES = (*range(10000, 10012), 301042, 301048)


def sealed_key(version: int, key: bytes = b"random key") -> str:
    return base64.b64encode(PKCS1_v1_5.new(RSA.import_key(key_pair(version)[1])).encrypt(key)).decode()


def entry(seq: int, version: int = 1, **more: object) -> dict[str, object]:
    whole = {"seq": seq, "msgid": f"m{seq}", "publickey_ver": version, "encrypt_random_key": sealed_key(version)}
    return {**whole, "encrypt_chat_msg": f"sealed {seq}", **more}


class Fixed:
    """A transport that gives these entries, and opens every one to the same text."""

    def __init__(self, *entries: object, plain: bytes | ArchiveError = b"", longest: int = 1000) -> None:
        self.entries, self.plain, self.longest = entries, plain, longest
        self.limits: list[int] = []
        self.keys: list[bytes] = []

    def fetch(self, seq: int, limit: int) -> bytes:
        self.limits.append(limit)
        content = json.dumps({"errcode": 0, "errmsg": "ok", "chatdata": self.entries}).encode()
        return content if limit <= self.longest else content[: len(content) // 2]

    def decrypt(self, key: bytes, sealed: str) -> bytes:
        self.keys.append(key)
        if isinstance(self.plain, ArchiveError):
            raise self.plain
        return self.plain


PLAIN = json.dumps(
    {
        "msgid": "m1", "action": "send", "from": "wm1", "tolist": ["zhang"], "roomid": "", "msgtime": 1700000000123,
        "msgtype": "text", "text": {"content": " 两台\x00水泵 "},
    }
).encode()  # fmt: skip


def test_a_page_is_opened_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    transport = Fixed(entry(9), entry(7), entry(8), entry(8), entry(3), plain=PLAIN)
    page = Archive(transport, KeyRing(key_folder(tmp_path, 1))).page(6, 5000)
    assert [one.seq for one in page] == [7, 8, 9], "what was asked for already is left out"
    assert transport.limits == [1000]
    assert set(transport.keys) == {b"random key"}
    first = page[0].message
    assert first is not None
    assert (first.sender, first.receivers, first.kind, first.text) == ("wm1", ("zhang",), "text", "两台水泵")
    assert first.at.isoformat() == "2023-11-14T22:13:20.123000+00:00"


def test_a_page_that_comes_cut_is_asked_for_at_half_the_length(tmp_path: Path) -> None:
    transport = Fixed(entry(1), plain=PLAIN, longest=60)
    assert len(Archive(transport, KeyRing(key_folder(tmp_path, 1))).page(0, 200)) == 1
    assert transport.limits == [200, 100, 50]
    hopeless = Fixed(entry(1), longest=0)
    with pytest.raises(ArchiveError) as refused:
        Archive(hopeless, KeyRing(tmp_path)).page(0, 200)
    assert refused.value.kind is Kind.RETRY
    assert hopeless.limits == [200, 100, 50, 25, 12, 6]


@pytest.mark.parametrize("broken", [{"msgid": "m"}, {"seq": "1"}, "text", None], ids=str)
def test_an_entry_without_its_number_makes_the_page_as_good_as_cut(tmp_path: Path, broken: object) -> None:
    with pytest.raises(ArchiveError):
        Archive(Fixed(entry(1), broken), KeyRing(tmp_path)).page(0, 5)


@pytest.mark.parametrize(
    ("bad", "plain", "key_missing"),
    [
        pytest.param(entry(1, version=2), PLAIN, True, id="no key of this version"),
        pytest.param(entry(1, encrypt_random_key="&&&"), PLAIN, False, id="no base64"),
        pytest.param(entry(1, encrypt_random_key=base64.b64encode(b"x" * 256).decode()), PLAIN, False, id="other key"),
        pytest.param({"seq": 1}, PLAIN, True, id="nothing but its number"),
        pytest.param(entry(1), ArchiveError("x", 10006), False, id="the library cannot open it"),
        pytest.param(entry(1), b"{cut", False, id="no JSON"),
        pytest.param(entry(1), b'{"msgid":"m","msgtype":"text"}', False, id="from nobody"),
        pytest.param(entry(1), b"[" * 100_000, False, id="too deep"),
    ],
)
def test_what_cannot_be_opened_is_told_in_its_place(
    tmp_path: Path, bad: object, plain: bytes | ArchiveError, key_missing: bool
) -> None:
    (one,) = Archive(Fixed(bad, plain=plain), KeyRing(key_folder(tmp_path, 1))).page(0, 5)
    assert one.message is None
    assert one.wrong
    assert one.key_missing is key_missing


def test_a_line_that_breaks_while_opening_is_an_outage_and_no_unreadable_message(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError):
        Archive(Fixed(entry(1), plain=ArchiveError("x", 10001)), KeyRing(key_folder(tmp_path, 1))).page(0, 5)


def test_a_key_that_is_put_in_while_we_run_is_found(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    assert not ring.has(2)
    with pytest.raises(ArchiveError) as refused:
        ring.open(2, sealed_key(2))
    assert refused.value.code == 10007
    key_folder(tmp_path, 2)
    assert ring.has(2)
    assert ring.open(2, sealed_key(2, b"k")) == b"k"
    (tmp_path / "3.pem").write_text(key_pair(2)[1])
    (tmp_path / "4.pem").write_text("not a key")
    assert not ring.has(3)
    assert not ring.has(4)


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_a_sentence_that_says_what_to_do(code: int) -> None:
    error = ArchiveError("会话存档拉取", code)
    assert str(code) in str(error)
    assert error.hint
    assert str(error).endswith("。")
    assert error.kind is not Kind.UNKNOWN or code == 10006
    assert len({str(ArchiveError("x", one)) for one in CODES}) == len(CODES)


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("text", {"content": "你好"}, "你好"),
        ("markdown", {"content": "**重要**"}, "**重要**"),
        ("image", {"md5sum": "x", "sdkfileid": "secret"}, "[图片]"),
        ("voice", {"play_length": 10}, "[语音]"),
        ("file", {"filename": "报价.xlsx"}, "[文件] 报价.xlsx"),
        ("location", {"title": "恒泽水务", "address": "前进东路 1 号"}, "[位置] 恒泽水务 前进东路 1 号"),
        ("link", {"title": "样册", "link_url": "https://a.example/b"}, "[链接] 样册 https://a.example/b"),
        ("news", {"item": [{"title": "一", "link_url": ""}]}, "[链接] 一"),
        ("meeting", {"topic": "夕会"}, "[会议] 夕会"),
        ("something_new", {"content": "x"}, "[不支持的消息]"),
        ("mixed", {"item": [_part("text", '{"content":"看图"}'), _part("image", "{}")]}, "看图\n[图片]"),
        ("mixed", {"item": [_part("mixed", '{"item":[]}')]}, "[不支持的消息]"),
        ("mixed", {"item": "x"}, "[不支持的消息]"),
        ("chatrecord", {"title": "群", "item": [_part("ChatRecordText", '{"content":"一"}')]}, "[聊天记录] 群\n一"),
        ("text", {"content": None}, ""),
        ("text", {"content": "长" * 9000}, "长" * 4000),
        ("text", {"content": "半个\ud83d"}, "半个"),
    ],
)  # fmt: skip
def test_what_is_said_is_plain_words(kind: str, body: dict[str, Any], said: str) -> None:
    assert words(kind, body) == said


@pytest.mark.parametrize(
    "wrong", [{"msgid": ""}, {"msgid": "x" * 129}, {"from": 1}, {"msgtime": "1"}, {"msgtime": 10**30}, {"msgtype": ""}]
)
def test_a_message_without_what_it_must_have_is_none(wrong: dict[str, object]) -> None:
    with pytest.raises(NoMessage):
        message({**json.loads(PLAIN), **wrong})


def test_messages_of_other_projects_are_read() -> None:
    """The published examples of every kind: each with its own words, and none without."""
    folder = os.environ.get("REAL_DATA_DIR")
    if not folder:
        pytest.skip("REAL_DATA_DIR not set")
    found = {
        path.name.partition("__")[0]: message(json.loads(path.read_text(encoding="utf-8")))
        for path in (Path(folder) / "wecom_fixtures" / "msgaudit_json").glob("*.json")
    }
    assert len(found) >= 15
    said = {kind: one.text for kind, one in found.items() if one}
    assert said["text"].startswith("这是一条引用/回复消息")
    assert said["mixed"].startswith("你好[微笑]\n[图片]")
    assert said["markdown"] == "请前往系统查看，谢谢。"
    assert (said["file"], said["meeting"], said["sphfeed"]) == (
        "[文件] 资料.docx",
        "[会议] 夕会",
        "[视频号] 云游天地旅行家",
    )
    assert "[不支持的消息]" not in said.values()
    assert {kind: one.agrees for kind, one in found.items() if one and one.agrees is not None} == {
        "agree": True, "disagree": False,
    }  # fmt: skip


def test_without_the_library_it_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as refused:
        Native(str(tmp_path / "libWeWorkFinanceSdk_C.so"), "ww", "secret").fetch(0, 10)
    assert "动态库装不上" in str(refused.value)
    assert "WECOM_ARCHIVE_LIBRARY" in refused.value.hint
    assert "secret" not in str(refused.value)


def test_another_library_is_refused_before_it_is_called() -> None:
    with pytest.raises(ArchiveError, match="缺少 NewSdk"):
        Native("libm.so.6", "ww", "secret").fetch(0, 10)


# The vendor's functions with the vendor's signatures, doing as little as can be seen from here.
STUB = r"""
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
typedef struct { char *buf; int len; } Slice_t;
static int slices = 0;
void *NewSdk() { return malloc(1 << 20); }
int Init(void *sdk, const char *corp, const char *secret) { return strcmp(secret, "right") ? 10004 : 0; }
Slice_t *NewSlice() { slices++; return calloc(1, sizeof(Slice_t)); }
void FreeSlice(Slice_t *s) { slices--; free(s->buf); free(s); }
char *GetContentFromSlice(Slice_t *s) { return s->buf; }
int GetSliceLen(Slice_t *s) { return s->len; }
static int fill(Slice_t *s, const char *text) { s->buf = strdup(text); s->len = strlen(text); return 0; }
int GetChatData(void *sdk, unsigned long long seq, unsigned int limit, const char *proxy, const char *passwd,
                int timeout, Slice_t *out) {
  char text[200];
  if (seq == 7) return 10001;
  sprintf(text, "{\"errcode\":0,\"chatdata\":[],\"seq\":%llu,\"limit\":%u,\"held\":%d}", seq, limit, slices);
  return fill(out, text);
}
int DecryptData(const char *key, const char *msg, Slice_t *out) {
  char text[200];
  if (strcmp(key, "key")) return 10006;
  sprintf(text, "opened %s", msg);
  return fill(out, text);
}
"""


@pytest.fixture
def library(tmp_path: Path) -> str:
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler: the library is only tried where one is")
    (tmp_path / "stub.c").write_text(STUB)
    path = tmp_path / "libWeWorkFinanceSdk_C.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-w", "-o", str(path), str(tmp_path / "stub.c")], check=True)
    return str(path)


def test_the_library_is_called_with_its_own_types_and_every_slice_is_given_back(library: str) -> None:
    native = Native(library, "ww", "right")
    for _ in range(3):
        answer = json.loads(native.fetch(2**40, 1000))
        assert (answer["seq"], answer["limit"], answer["held"]) == (2**40, 1000, 1)
        with pytest.raises(ArchiveError) as refused:
            native.fetch(7, 10)
        assert refused.value.code == 10001
    assert native.decrypt(b"key", "a sealed message") == b"opened a sealed message"
    with pytest.raises(ArchiveError) as unopened:
        native.decrypt(b"other", "a sealed message")
    assert unopened.value.code == 10006


@pytest.mark.parametrize("short", ["", "twelve chars", "cut\x00by a zero byte"])
def test_a_message_that_would_end_the_process_never_reaches_the_library(library: str, short: str) -> None:
    with pytest.raises(ArchiveError) as refused:
        Native(library, "ww", "right").decrypt(b"key", short)
    assert refused.value.code == 10006


def test_a_wrong_secret_is_told_by_the_library(library: str) -> None:
    with pytest.raises(ArchiveError) as refused:
        Native(library, "ww", "wrong").fetch(0, 1)
    assert refused.value.code == 10004
    assert "WECOM_ARCHIVE_SECRET" in refused.value.hint


def test_nobody_at_the_other_end_is_an_outage() -> None:
    with pytest.raises(ArchiveError) as refused:
        OverHttp("http://127.0.0.1:1/archive", "ww", "secret").fetch(0, 1)
    assert refused.value.kind is Kind.RETRY
    assert "secret" not in str(refused.value)
