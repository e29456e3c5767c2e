"""What people read when WeCom refuses, and what the caller is told to do."""

import pytest

from gateways.wecom.errors import Kind, WecomError, kind_of


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        ([-1, 45009, 45033, 6000], Kind.RETRY),
        ([40014, 42001], Kind.TOKEN),
        ([40001, 40013, 40056, 41001, 43012, 48002, 50001, 60020, 301002], Kind.CONFIG),
        ([60011, 60111, 81013, 84061, 40003], Kind.RECEIVER),
        ([40008, 40058, 44004, 45002, 42045, 42037], Kind.REQUEST),
        ([40029, 42003, 60140, 40007], Kind.EXPIRED),
        ([123456789, 0, 99999], Kind.UNKNOWN),
    ],
)
def test_every_documented_code_has_its_class(codes: list[int], kind: Kind) -> None:
    assert {kind_of(code) for code in codes} == {kind}


@pytest.mark.parametrize(
    "code", [60020, 48002, 60011, 301002, 40001, 40013, 40056, 81013, 43012, 50001, 50003, 48006, 84074, 60111]
)
def test_what_an_administrator_can_mend_names_the_place(code: int) -> None:
    error = WecomError("message/send", code)
    assert "企业微信管理后台" in str(error)
    assert error.hint in str(error)
    assert f"错误码 {code}" in str(error)
    assert "message/send" in str(error)


def test_a_missing_right_names_the_switch_of_its_own_interface() -> None:
    assert "可调用接口的应用" in str(WecomError("externalcontact/get", 48002))
    assert "打卡 › 可调用接口的应用" in str(WecomError("checkin/getcheckindata", 48002))
    assert "可调用接口的应用" not in str(WecomError("message/send", 48002))


@pytest.mark.parametrize("kind", list(Kind))
def test_every_class_has_words_of_its_own(kind: Kind) -> None:
    error = WecomError("x/y", 987654, kind=kind)
    assert error.kind is kind
    assert error.hint
    assert "。" in str(error)


def test_no_answer_at_all_is_for_another_try() -> None:
    error = WecomError("gettoken")
    assert (error.code, error.kind, error.retry_after) == (None, Kind.RETRY, 0)
    assert "暂时连不上企业微信" in str(error)
    assert "None" not in str(error)


def test_a_rate_limit_says_how_long_to_wait() -> None:
    assert WecomError("message/send", 45009).retry_after == 60


def test_a_credential_refused_by_an_ordinary_call_is_about_the_token() -> None:
    assert "WECOM_AGENT_SECRET" in str(WecomError("gettoken", 40001))
    assert "令牌" in str(WecomError("user/get", 40001, kind=Kind.TOKEN))
