"""Whether two files say the same: words by their shingles, pictures field by field; a template alone is not enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

SHINGLE = 5  # letters
MOST_CHANGED = 3  # passages, one behind the other: a paragraph as people see it may be three lines to a machine
MOST_LETTERS = 0.25  # of a text in them, where they are more than one
LEAST_INTACT = 3  # passages that stay for the place that was changed
LEAST_SHARED = 0.6  # of the letters of either text
FAR_OFF = 12.0  # grey levels between two fields of a small picture
MOST_FAR_OFF = 8  # of its 4096 fields: another name written into the same form changes more
LEAST_PAGES = 0.6  # of the pages of the shorter scan

_MOST_FLIPPED = 64  # of 256 steps: more, and no closer look is needed
_LEAST_GAIN, _MOST_GAIN = 0.6, 1.6  # of the contrast of one picture to the other's
_ROWS = 3  # values of a minhash in a band: with 40 bands a Jaccard index of 0.5 is found in 99.5 of 100 cases
_STEPS, _PIECE = 32, 2  # bytes by which a picture is found, and of a band


@dataclass(frozen=True, slots=True)
class Print:
    """What a file is known by: passages without layout, their minhash, marks of pictures (`crm.ports.FileContent`)."""

    words: Sequence[str]
    minhash: Sequence[int]
    pictures: Sequence[bytes]


def bands(one: Print) -> set[int]:
    """Keys of which two files that may be the same share at least one; signed numbers of 64 bits."""
    keys = {_key("words", at, one.minhash[at : at + _ROWS]) for at in range(0, len(one.minhash), _ROWS)}
    for picture in one.pictures:
        for at in range(0, _STEPS, _PIECE):
            piece = picture[at : at + _PIECE]
            if any(piece):  # no step at all is a margin or a sky, and tells nothing
                keys.add(_key("picture", at, piece))
    return keys


def _key(kind: str, at: int, values: Sequence[int]) -> int:
    digest = blake2b(f"{kind} {at} {list(values)}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class Known:
    """One file, held ready to be compared with many."""

    def __init__(self, one: Print) -> None:
        self._one = one
        self._shingles = _shingles(one.words)
        self._passages = set(one.words)

    def likeness(self, other: Print) -> float:
        """By which those that may be the same are looked at in order: the likeliest first.

        Hundreds of contracts from one template share nine tenths of their shingles; the copy shares every passage but
        one, too.
        """
        agree = sum(mine == theirs for mine, theirs in zip(self._one.minhash, other.minhash, strict=False))
        common = sum(len(one) for one in other.words if one in self._passages)
        letters = max(1, sum(map(len, other.words)))
        pages = _pages_alike(self._one.pictures, other.pictures)
        return agree / max(1, len(self._one.minhash)) + common / letters + pages

    def same(self, other: Print) -> bool:
        """Whether one of the two was made from the other by another name, format or size, or by changing one place.

        Of two texts from one template the passages that make them different (who, what, how many, for how much) are
        several on both sides. What a new layout adds (page numbers, headers) stands on one side alone: the side with
        fewer changes decides.
        """
        if _pages_alike(self._one.pictures, other.pictures) >= LEAST_PAGES:
            return True
        if not self._one.words or not other.words:
            return False
        theirs = _looked_through(other.words, self._shingles)
        if theirs.shared < LEAST_SHARED:
            return False
        if _one_change(theirs):
            return _looked_through(self._one.words, _shingles(other.words)).shared >= LEAST_SHARED
        mine = _looked_through(self._one.words, _shingles(other.words))
        return mine.shared >= LEAST_SHARED and _one_change(mine)


@dataclass(frozen=True, slots=True)
class _Found:
    """Passages that hold something the other text has not, in how many places; those that hold nothing of the kind.

    `touched` and `shared` are parts of the letters: of those in changed passages, of those that both texts have.
    """

    changed: int
    places: int
    intact: int
    touched: float
    shared: float


def _one_change(found: _Found) -> bool:
    if found.places > 1 or found.intact < LEAST_INTACT * found.places:
        return False
    return found.changed <= 1 or (found.changed <= MOST_CHANGED and found.touched <= MOST_LETTERS)


def _shingles(words: Sequence[str]) -> set[str]:
    text = "".join(words)
    return {text[at : at + SHINGLE] for at in range(max(1, len(text) - SHINGLE + 1))}


def _looked_through(words: Sequence[str], known: set[str]) -> _Found:
    """A letter is shared if it stands in a shingle that the other text has as well, wherever in it."""
    text = "".join(words)
    shared = bytearray(len(text))
    for at in range(max(1, len(text) - SHINGLE + 1)):
        if text[at : at + SHINGLE] in known:
            shared[at : at + SHINGLE] = b"\1" * len(text[at : at + SHINGLE])
    changed = places = touched = start = 0
    before = False
    for passage in words:
        end = start + len(passage)
        new = 0 in shared[start:end]
        changed, places, touched = changed + new, places + (new and not before), touched + new * len(passage)
        before, start = new, end
    many = max(1, len(text))
    return _Found(changed, places, len(words) - changed, touched / many, sum(shared) / many)


def _pages_alike(ones: Sequence[bytes], others: Sequence[bytes]) -> float:
    """The part of the pages of the shorter scan that the other one has too."""
    few, many = sorted((ones, others), key=len)
    if not few:
        return 0.0
    return sum(any(_one_picture(page, other) for other in many) for page in few) / len(few)


def _one_picture(one: bytes, other: bytes) -> bool:
    """Field by field, whatever the brightness and contrast: forms of one kind look alike from afar and differ here."""
    steps, others = (int.from_bytes(mark[:_STEPS], "big") for mark in (one, other))
    if (steps ^ others).bit_count() > _MOST_FLIPPED:
        return False
    mine, theirs = one[_STEPS:], other[_STEPS:]
    many = len(mine)
    middle, other_middle = sum(mine) / many, sum(theirs) / many
    spread = sum((level - middle) ** 2 for level in mine)
    both = sum((level - middle) * (there - other_middle) for level, there in zip(mine, theirs, strict=True))
    gain = both / spread if spread else 0.0
    if not _LEAST_GAIN <= gain <= _MOST_GAIN:
        return False
    far = 0
    for level, there in zip(mine, theirs, strict=True):
        far += abs(there - other_middle - gain * (level - middle)) > FAR_OFF
    return far <= MOST_FAR_OFF
