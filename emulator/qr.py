"""A QR code: one size (version 5, 37 modules a side), one level of correction (L), one mask. Enough for an address."""

from collections.abc import Iterator

SIDE = 37
LONGEST = 106  # bytes
_DATA, _CORRECTION = 108, 26  # codewords
_FORMAT = 0b111011111000100  # level L, mask 0, with its own correction (ISO/IEC 18004, annex C)
_ALIGNED = 30  # the centre of the one alignment pattern
_FINDERS = ((0, 0), (0, SIDE - 7), (SIDE - 7, 0))

Matrix = list[list[bool]]


def encode(text: str) -> Matrix:
    """Rows of modules, True is dark, without the quiet zone; ValueError for more than it holds."""
    data = text.encode()
    if len(data) > LONGEST:
        raise ValueError(f"{len(data)} bytes, at most {LONGEST}")
    drawn, fixed = _frame()
    bits = iter(_bits(data))
    for row, column in _path():
        if (row, column) not in fixed:
            drawn[row][column] = next(bits, False) ^ ((row + column) % 2 == 0)
    return drawn


def _bits(data: bytes) -> Iterator[bool]:
    """Byte mode, the length, the bytes, padding; then what corrects it."""
    number = (4 << 8 | len(data)) << 8 * len(data) | int.from_bytes(data, "big")
    words = list((number << 4).to_bytes(len(data) + 2, "big"))
    words += [(0xEC, 0x11)[n % 2] for n in range(_DATA - len(words))]
    for word in words + _corrections(words):
        yield from (bool(word >> place & 1) for place in range(7, -1, -1))


def _corrections(words: list[int]) -> list[int]:
    """Reed-Solomon: what is left of the words as a polynomial, divided by (x - 1)(x - 2)(x - 4)…"""
    divisor, root = [1], 1
    for _ in range(_CORRECTION):
        scaled = [_times(one, root) for one in divisor]
        divisor = [a ^ b for a, b in zip([*divisor, 0], [0, *scaled], strict=True)]
        root = _times(root, 2)
    rest = [*words, *[0] * _CORRECTION]
    for place in range(len(words)):
        factor = rest[place]
        for n, one in enumerate(divisor):
            rest[place + n] ^= _times(one, factor)
    return rest[-_CORRECTION:]


def _times(a: int, b: int) -> int:
    """Product in the field of 256 elements that QR codes use."""
    product = 0
    while b:
        product ^= a * (b & 1)
        a, b = a << 1 ^ (a >> 7) * 0x11D, b >> 1
    return product


def _frame() -> tuple[Matrix, set[tuple[int, int]]]:
    """What every code of this kind has, and where it stands."""
    drawn, fixed = [[False] * SIDE for _ in range(SIDE)], set[tuple[int, int]]()

    def put(row: int, column: int, dark: bool) -> None:
        drawn[row][column] = dark
        fixed.add((row, column))

    for n in range(SIDE):
        put(6, n, n % 2 == 0)
        put(n, 6, n % 2 == 0)
    for top, left in _FINDERS:
        for row in range(max(0, top - 1), min(SIDE, top + 8)):
            for column in range(max(0, left - 1), min(SIDE, left + 8)):
                put(row, column, max(abs(row - top - 3), abs(column - left - 3)) in (0, 1, 3))
    for row in range(_ALIGNED - 2, _ALIGNED + 3):
        for column in range(_ALIGNED - 2, _ALIGNED + 3):
            put(row, column, max(abs(row - _ALIGNED), abs(column - _ALIGNED)) != 1)
    beside = [*range(6), 7, 8]
    for n in range(15):
        dark = bool(_FORMAT >> n & 1)
        put(beside[n] if n < 8 else SIDE - 15 + n, 8, dark)
        put(8, SIDE - 1 - n if n < 8 else beside[14 - n], dark)
    put(SIDE - 8, 8, True)
    return drawn, fixed


def _path() -> Iterator[tuple[int, int]]:
    """The modules in the order in which they are filled: pairs of columns from the right, up and down by turns."""
    upward = True
    for right in (*range(SIDE - 1, 6, -2), 5, 3, 1):
        for row in range(SIDE - 1, -1, -1) if upward else range(SIDE):
            yield row, right
            yield row, right - 1
        upward = not upward
