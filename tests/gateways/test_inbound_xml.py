"""What is read from decrypted documents, and that no document can hurt."""

import contextlib
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.wecom.inbound_xml import Unreadable, as_list, parse


def test_a_card_click_is_read_with_its_nested_choice() -> None:
    event = parse(
        b"<xml><FromUserName><![CDATA[zhangsan]]></FromUserName><CreateTime> 1700000000 </CreateTime>"
        b"<SelectedItems><SelectedItem><QuestionKey><![CDATA[stage]]></QuestionKey>"
        b"<OptionIds><OptionId><![CDATA[s1]]></OptionId></OptionIds></SelectedItem></SelectedItems><EventKey/></xml>"
    )
    assert event == {
        "FromUserName": "zhangsan",
        "CreateTime": "1700000000",
        "SelectedItems": {"SelectedItem": {"QuestionKey": "stage", "OptionIds": {"OptionId": "s1"}}},
        "EventKey": "",
    }


@pytest.mark.parametrize(("inner", "count"), [("", 0), ("<I>a</I>", 1), ("<I>a</I><I>a</I>", 2), ("<I>a</I>" * 9, 9)])
def test_one_many_and_none_are_read_alike_through_as_list(inner: str, count: int) -> None:
    document = parse(f"<xml><L>{inner}</L></xml>".encode())
    items = document["L"]["I"] if count else document["L"]
    assert as_list(items) == ["a"] * count
    assert as_list(document.get("absent")) == []


def test_siblings_of_one_name_keep_their_order_when_others_stand_between() -> None:
    assert parse(b"<xml><A>1</A><B>x</B><A><C>2</C></A><A/></xml>") == {"A": ["1", {"C": "2"}, ""], "B": "x"}


@pytest.mark.parametrize("text", ["]]>", "a & b < c", "👨‍👩‍👧", "第一行\n第二行", "&#20320;"])
def test_text_comes_back_as_it_was_written(text: str) -> None:
    inside = text.replace("]]>", "]]]]><![CDATA[>")
    assert parse(f"<xml><Content><![CDATA[{inside}]]></Content></xml>".encode()) == {"Content": text}


def test_a_false_encoding_declaration_and_a_byte_order_mark_do_not_mislead() -> None:
    document = '<?xml version="1.0" encoding="gbk"?><xml><A>你好</A></xml>'
    assert parse(document.encode()) == {"A": "你好"}
    assert parse(b"\xef\xbb\xbf" + document.encode()) == {"A": "你好"}


def test_an_empty_root_has_nothing_in_it() -> None:
    assert parse(b"<xml/>") == {}
    assert parse(b"<xml>only text</xml>") == {}


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"hello",
        b"{}",
        b"<xml>",
        b"<xml><A></xml>",
        b"<xml><A>\x00</A></xml>",
        b"<xml><A>&#0;</A></xml>",
        b"<xml><A>\xff\xfe</A></xml>",
        b"<xml><A>\xed\xa0\x80</A></xml>",
        b"<xml/><xml/>",
        b"<!DOCTYPE xml><xml/>",
        b'<!DOCTYPE xml [<!ENTITY a "b">]><xml>&a;</xml>',
        b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml/>',
        b"<xml>&nbsp;</xml>",
        "<xml/>".encode("utf-16"),
    ],
)
def test_what_is_no_plain_document_is_unreadable(plain: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(plain)


def test_the_depth_is_capped_before_it_costs_anything() -> None:
    assert parse(b"<a>" * 32 + b"</a>" * 32)
    with pytest.raises(Unreadable):
        parse(b"<a>" * 33 + b"</a>" * 33)
    start = time.process_time()
    with pytest.raises(Unreadable):
        parse(b"<a>" * 200_000)
    assert time.process_time() - start < 0.1


@given(st.binary(max_size=200) | st.text(alphabet="<>/&;![]CDAT x\"'=?-", max_size=80).map(str.encode))
def test_anything_is_read_or_unreadable(plain: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert isinstance(parse(plain), dict)


def test_every_real_event_is_read() -> None:
    folder = os.environ.get("REAL_DATA_DIR")
    if not folder:
        pytest.skip("REAL_DATA_DIR not set")
    seen: list[dict[str, Any]] = []
    for path in sorted(Path(folder, "wecom_fixtures", "xml").glob("*.xml")):
        try:
            seen.append(parse(path.read_bytes()))
        except Unreadable:
            assert "unreadable" in path.name, path.name
    assert len(seen) > 60
    assert sum("MsgType" in event for event in seen) > 40
