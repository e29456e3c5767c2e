"""The envelope against vectors others published, against wechatpy, and against everything a stranger can send."""

import base64
import json
import os
import struct
import time
from pathlib import Path

import pytest
from Crypto.Cipher import AES
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.work.crypto import WeChatCrypto

from gateways.wecom import envelope as module
from gateways.wecom.envelope import BadEnvelope, Envelope, Sealed, unwrap
from gateways.wecom.inbound_xml import parse

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
RAW_KEY = bytes(range(32))
TOKEN, CORP, AT, NONCE = "demotoken", "wwdemo0000000001", "1700000000", "nonce123"
OURS, THEIRS = Envelope(TOKEN, KEY, CORP), WeChatCrypto(TOKEN, KEY, CORP)

V4 = [
    (
        "1234567890123456789",
        "4j/AuRx71kQlxVlzbpsMWPEOoXwCFLp+PtRNUFFDGb2fCozOS+RGANVhmhPepg3yWAdoyx2TczBUsph9Mld7KQ==",
        "c6fa3ee4927fdd04283e92daf07163c139cc3319",
    ),
    (
        "你好",
        "4j/AuRx71kQlxVlzbpsMWHkBQN2YFGKWmbhVQQ81vdm5Gp/lA0tMP5yfaINeTTTODp3Ync79QnO1Mh1wCgfHDA==",
        "d6fbd465f82ef895517183dde1a5eca8af99f04b",
    ),
]

texts = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=400) | st.sampled_from(
    ["]]>", "a]]>b]]>", "👨‍👩‍👧", "<xml>&amp;</xml>", "跟进：已报价 😀 ]]>" * 20]
)


def seal_raw(plain: bytes) -> tuple[str, str]:
    """Any plaintext, well padded or not, sealed and signed as only the owner of the key can."""
    encrypt = base64.b64encode(AES.new(RAW_KEY, AES.MODE_CBC, RAW_KEY[:16]).encrypt(plain)).decode()
    return encrypt, OURS.sign(encrypt, AT, NONCE)


def padded(content: bytes, receive_id: bytes = CORP.encode(), size: int | None = None) -> bytes:
    plain = bytes(16) + struct.pack(">I", len(content) if size is None else size) + content + receive_id
    pad = 32 - len(plain) % 32
    return plain + bytes([pad]) * pad


@pytest.mark.parametrize(("message", "encrypt", "signature"), V4)
def test_our_own_vector_is_opened_and_sealed_to_the_letter(
    message: str, encrypt: str, signature: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert OURS.open(encrypt, signature, AT, NONCE) == message.encode()
    monkeypatch.setattr(module, "token_bytes", lambda n: b"0123456789abcdef"[:n])
    answer = fromstring(OURS.seal(message, AT, NONCE))
    assert [(e.tag, e.text) for e in answer] == [
        ("Encrypt", encrypt),
        ("MsgSignature", signature),
        ("TimeStamp", AT),
        ("Nonce", NONCE),
    ]


def test_published_vectors_of_three_other_hands_are_opened() -> None:
    folder = os.environ.get("REAL_DATA_DIR")
    if not folder:
        pytest.skip("REAL_DATA_DIR not set")
    vectors = json.loads(Path(folder, "wecom_fixtures", "crypto_vectors.json").read_text(encoding="utf-8"))
    assert len(vectors) >= 9
    for v in vectors:
        ours = Envelope(v["token"], v["encoding_aes_key"], v["receive_id"])
        arguments = v["encrypt"], v["msg_signature"], v["timestamp"], v["nonce"]
        assert ours.open(*arguments).decode() == v["plaintext"], v["name"]
        with pytest.raises(BadEnvelope):
            Envelope(v["token"], v["encoding_aes_key"], "ww-another-corp").open(*arguments)


def test_real_pushed_bodies_are_unwrapped_or_refused_but_never_break() -> None:
    folder = os.environ.get("REAL_DATA_DIR")
    if not folder:
        pytest.skip("REAL_DATA_DIR not set")
    bodies = [path.read_bytes() for path in Path(folder, "wecom_fixtures", "xml").glob("*encrypted*.xml")]
    assert bodies
    for body in bodies:
        try:
            assert unwrap(body).encrypt
        except BadEnvelope:
            assert b"msg_encrypt" in body  # a placeholder in somebody's documentation


@given(texts)
def test_what_wechatpy_seals_we_open(message: str) -> None:
    sealed = unwrap(THEIRS.encrypt_message(message, NONCE, AT).encode())
    signature = OURS.sign(sealed.encrypt, AT, NONCE)
    assert OURS.open(sealed.encrypt, signature, AT, NONCE) == message.encode()


@given(texts.filter(bool))
def test_what_we_seal_wechatpy_opens(message: str) -> None:
    answer = fromstring(OURS.seal(message, AT, NONCE))
    opened = THEIRS.decrypt_message({"Encrypt": answer.findtext("Encrypt")}, answer.findtext("MsgSignature"), AT, NONCE)
    assert opened == message


def test_a_hostile_nonce_cannot_break_out_of_the_answer() -> None:
    nonce = "]]></Nonce><Evil/><Nonce>"
    answer = fromstring(OURS.seal("<xml/>", "1<2", nonce))
    assert [e.tag for e in answer] == ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"]
    assert answer.findtext("Nonce") == nonce
    assert answer.findtext("TimeStamp") == "1<2"


def test_every_flipped_byte_of_ciphertext_signature_time_or_nonce_is_refused() -> None:
    encrypt, signature = V4[0][1], V4[0][2]
    parts = [encrypt, signature, AT, NONCE]
    for which, part in enumerate(parts):
        for position in range(len(part)):
            for bit in (1, 2, 64):
                flipped = part[:position] + chr(ord(part[position]) ^ bit) + part[position + 1 :]
                with pytest.raises(BadEnvelope):
                    OURS.open(*(flipped if i == which else given for i, given in enumerate(parts)))


def test_every_flipped_byte_under_a_good_signature_changes_nothing_we_trust() -> None:
    """Only the message and the random bytes are malleable to the owner of the key; the frame is checked."""
    plain = padded(b"hello")
    frame = [*range(16, 20), *range(20 + 5, len(plain))]  # length word, receive id, padding
    for position in frame:
        broken = plain[:position] + bytes([plain[position] ^ 1]) + plain[position + 1 :]
        with pytest.raises(BadEnvelope):
            OURS.open(*seal_raw(broken), AT, NONCE)
    assert OURS.open(*seal_raw(plain), AT, NONCE) == b"hello"


@pytest.mark.parametrize(
    "plain",
    [
        padded(b"x")[:-1] + b"\x00",
        padded(b"x")[:-1] + b"\x21",
        padded(b"x" * 40)[:-33] + bytes([33]) * 33,
        bytes([32]) * 32,
        bytes(15) + bytes([17]) * 17,
        padded(b"x", size=2),
        padded(b"x", size=0xFFFFFFFF),
        padded(b"x", receive_id=b"wwsomebodyelse01"),
        padded(b"x", receive_id=b""),
        padded(b"x", receive_id=CORP.encode() + b"1"),
        b"",
    ],
    ids=["pad0", "pad33", "run33", "allpad", "short", "toolong", "huge", "foreign", "none", "longer", "empty"],
)
def test_a_genuine_signature_over_a_broken_frame_is_refused(plain: bytes) -> None:
    with pytest.raises(BadEnvelope):
        OURS.open(*seal_raw(plain), AT, NONCE)


@pytest.mark.parametrize("pad", range(1, 33))
def test_every_legal_padding_is_opened(pad: int) -> None:
    content = b"x" * (32 * 3 - pad - 20 - len(CORP))
    sealed = padded(content)
    assert sealed[-1] == pad
    assert OURS.open(*seal_raw(sealed), AT, NONCE) == content


@pytest.mark.parametrize("encrypt", ["", "=", "YQ==", "YWJj" * 5, "你好", "a b", V4[0][1][:-4], "\ud800"])
def test_signed_nonsense_is_refused(encrypt: str) -> None:
    signature = OURS.sign(encrypt, AT, NONCE) if encrypt != "\ud800" else "0" * 40
    with pytest.raises(BadEnvelope):
        OURS.open(encrypt, signature, AT, NONCE)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_no_stranger_gets_anything_but_bad_envelope(encrypt: str, signature: str, at: str, nonce: str) -> None:
    for attempt in (OURS.open, OURS.open_echo):
        with pytest.raises(BadEnvelope):
            attempt(encrypt, signature, at, nonce)


def test_an_unescaped_plus_in_the_echo_is_put_back() -> None:
    message, encrypt, signature = V4[0]
    assert "+" in encrypt
    assert OURS.open_echo(encrypt.replace("+", " "), signature, AT, NONCE) == message.encode()


@pytest.mark.parametrize("key", ["", "short", KEY + "A", KEY[:-1], "!" * 43, "密" * 43])
def test_a_key_that_is_none_stops_the_start(key: str) -> None:
    with pytest.raises(ValueError, match="EncodingAESKey"):
        Envelope(TOKEN, key, CORP)


@pytest.mark.parametrize(
    ("body", "sealed"),
    [
        (
            (
                b"<xml><ToUserName><![CDATA[ww1]]></ToUserName><Encrypt><![CDATA[YWJj]]></Encrypt>"
                b"<AgentID><![CDATA[1000002]]></AgentID></xml>"
            ),
            Sealed("YWJj", "ww1", "1000002"),
        ),
        (
            (
                b"<?xml version='1.0'?>\n<xml>\n <AgentID>7</AgentID>\n <Encrypt>\n YWI= \n</Encrypt>"
                b"<ToUserName>ww1</ToUserName></xml>"
            ),
            Sealed("YWI=", "ww1", "7"),
        ),
        (b"<xml><Encrypt><![CDATA[YQ==]]></Encrypt><AgentID></AgentID></xml>", Sealed("YQ==", "", "")),
    ],
)
def test_the_outer_document_is_read_in_any_order(body: bytes, sealed: Sealed) -> None:
    assert unwrap(body) == sealed


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<xml><Encrypt></Encrypt></xml>",
        b"<xml><Encrypt><![CDATA[]]></Encrypt></xml>",
        b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>",
        b"<xml><Encrypt>a</Encrypt><Encrypt x='1'>b</Encrypt></xml>",
        b"<xml><Encrypt>a&b;</Encrypt></xml>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><xml><Encrypt>YQ==</Encrypt></xml>",
        b"<xml><Encrypt>YQ==</Encrypt></xml>".decode().encode("utf-16"),
        b"<xml><Encrypt>YQ==</Encrypt></xml>" + b" " * (256 * 1024),
    ],
)
def test_any_other_outer_document_is_refused(body: bytes) -> None:
    with pytest.raises(BadEnvelope):
        unwrap(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<Encrypt>" * 28000,
        b"<Encrypt>" + b" " * 260000,
        b"<Encrypt>" + b"A" * 260000,
        b"<Encrypt>" + b"A" * 9 + b"=" * 260000,
    ],
)
def test_a_hostile_body_costs_next_to_nothing(body: bytes) -> None:
    start = time.process_time()
    with pytest.raises(BadEnvelope):
        unwrap(body)
    assert time.process_time() - start < 0.1


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_unwrapped_or_refused(noise: bytes) -> None:
    with pytest.raises(BadEnvelope):
        unwrap(b"<xml><Encrypt>" + noise + b"<")


def test_opening_and_reading_a_message_takes_a_fraction_of_a_millisecond() -> None:
    message = (
        f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[zhangsan]]></FromUserName>"
        "<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        "<Content><![CDATA[/客户 某公司]]></Content><MsgId>7254171400000000001</MsgId><AgentID>1000002</AgentID></xml>"
    )
    outer = OURS.seal(message, AT, NONCE).encode()
    sealed = unwrap(outer)
    signature = OURS.sign(sealed.encrypt, AT, NONCE)
    fastest = min(_cost(outer, signature) for _ in range(200))
    assert parse(OURS.open(sealed.encrypt, signature, AT, NONCE))["Content"] == "/客户 某公司"
    assert fastest < 0.3e-3, f"{fastest * 1e6:.0f} µs"


def _cost(outer: bytes, signature: str) -> float:
    start = time.process_time()
    for _ in range(5):
        parse(OURS.open(unwrap(outer).encrypt, signature, AT, NONCE))
    return (time.process_time() - start) / 5


def test_two_answers_to_one_question_never_look_alike() -> None:
    rounds = {OURS.seal("<xml/>", AT, NONCE) for _ in range(20)}
    assert len(rounds) == 20
