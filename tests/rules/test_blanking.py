"""What leaves for a model outside: numbers however they are written, and the names that are known, stay here."""

import pytest

from crm.rules.blanking import Blanks


@pytest.mark.parametrize(
    "secret",
    [
        "13812345678",
        "138 1234 5678",
        "138.1234.5678",
        "138—1234—5678",
        "138－1234－5678",
        "+86 138-1234-5678",
        "0512-5555 6666",
        "（0512）55556666",
        "400.123.4567",
        "6222.0212.3456.7890.123",
        "wang@pump.cn",
    ],
)
def test_a_number_of_somebody_is_blanked_and_comes_back(secret: str) -> None:
    blanks = Blanks()
    (out,) = blanks.out([f"打这个{secret}找我，要20台"])
    assert secret not in out
    assert not any(len(run) > 2 and run.isdigit() for run in out.split())
    assert blanks.back(out) == f"打这个{secret}找我，要20台"


@pytest.mark.parametrize("plain", ["单价3200.50元", "2026-12-20 14:30 到货", "WQ15-15-1.5，DN50-80", "共 1234.56 万元"])
def test_what_a_talk_is_about_stays(plain: str) -> None:
    assert Blanks().out([plain]) == [plain]


def test_known_names_are_blanked_the_longest_first_and_latin_ones_as_whole_words() -> None:
    blanks = Blanks(["恒泽", "昆山恒泽水务设备有限公司", "Li", "王工", "客户", "王", ""])
    said = "王工，昆山恒泽水务设备有限公司的合同，恒泽的li说客户要 list"
    (out,) = blanks.out([said])
    assert out == "〔名称1〕，〔名称2〕的合同，〔名称3〕的〔名称4〕说客户要 list"
    assert blanks.back(out) == said
