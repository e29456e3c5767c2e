"""统一社会信用代码: is it one? GB 32100-2015, by form and check digit."""

import unicodedata

LENGTH = 18
_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, Z, S, V: too easily misread
_VALUE = {sign: value for value, sign in enumerate(_SIGNS)}
# GB 32100-2015, 4.7: the weight of place i is 3^(i-1) mod 31.
_WEIGHTS = tuple(pow(3, place, 31) for place in range(LENGTH - 1))
_MISREAD = {"I": "1", "O": "0", "Z": "2", "S": "5", "V": "U 或 Y"}


def check_sign(first17: str) -> str:
    """The eighteenth sign for the seventeen before it: 31 - (Σ value * weight mod 31), 31 being written 0."""
    total = sum(_VALUE[sign] * weight for sign, weight in zip(first17, _WEIGHTS, strict=True))
    return _SIGNS[-total % 31]


def clean_uscc(text: str) -> str:
    """The code in capital letters without spaces and dashes; ValueError says what is wrong and where to look."""
    folded = unicodedata.normalize("NFKC", text).upper()
    code = "".join(sign for sign in folded if sign not in "-—–_" and not sign.isspace())
    if len(code) != LENGTH:
        raise ValueError(f"统一社会信用代码是 18 位，您填了 {len(code)} 位。请对照营业执照，例如 91350100M000100Y43")
    for sign in code:
        if sign in _MISREAD:
            raise ValueError(f"统一社会信用代码里没有字母 {sign}，是不是 {_MISREAD[sign]}？请对照营业执照")
        if sign not in _VALUE:
            raise ValueError(f"统一社会信用代码只有数字和大写字母，「{sign}」不对。请对照营业执照")
    # 4.3: places 3 to 8 are the GB/T 2260 number of the authority that keeps the register: digits only.
    if not code[2:8].isdigit():
        raise ValueError("统一社会信用代码的第 3 到 8 位是登记机关的行政区划码，要全是数字。请对照营业执照")
    if check_sign(code[:17]) != code[17]:
        raise ValueError("统一社会信用代码的校验位对不上，可能抄错了一位。请对照营业执照核对")
    return code
