"""The offline digest of a talk: the messages that matter, in the words that were said, each with its number.

What matters is judged twice: by learnt weights (`digest_features`, `digest_weights`), which know how people talk, and
by the facts of the trade (`digest_facts`), which may not be missed. Nothing is made up: a sentence is the speaker, one
of four verbs, and what he said. So what a customer writes stays his words, whatever it asks for.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from config.vocabulary import DigestKind
from crm.rules.days import day_of
from crm.rules.digest_facts import Said, judged
from crm.rules.digest_features import features
from crm.rules.digest_weights import FLOOR, START, WEIGHTS
from crm.rules.utterance import Sentence as Sentence
from crm.rules.utterance import Utterance as Utterance

MOST = 40  # sentences: what is longer nobody reads
_LETTERS, _LETTERS_EACH = 110, 4  # of a short talk, and for each message more
_SHORT = 20  # messages of a short talk
_TOLD = (DigestKind.NEED, DigestKind.PROMISE)
_KEEN = 1.5  # what these add to the sum of the weights
_ALIKE = 0.6  # part of a message's letter pairs that another already said
_JOINED = 120  # letters of a sentence to which one more message of the same speaker is put


def digest(utterances: Sequence[Utterance], today: date) -> tuple[Sentence, ...]:
    """The digest in the order of the talk, () where it says nothing. `today` is the day of messages without one."""
    said = [judged(one, day_of(one.at) if one.at else today) for one in utterances]
    sums = [(START + sum(WEIGHTS[place] for place in places)) / 100 for places in features(utterances)]
    return tuple(_sentences(said, _chosen(said, sums)))


def _chosen(said: Sequence[Said], sums: Sequence[float]) -> list[int]:
    """Places of what is said, in order: what must be first, then by weight while there is room."""
    worth = [total + _KEEN * (one.kind in _TOLD) for one, total in zip(said, sums, strict=True)]
    room = _LETTERS + _LETTERS_EACH * max(0, len(said) - _SHORT)
    chosen: list[int] = []
    told: list[frozenset[str]] = []
    letters = 0
    for place in sorted(range(len(said)), key=lambda place: (-_must(said[place]), -worth[place], place)):
        one = said[place]
        pairs = frozenset(one.words[at : at + 2] for at in range(len(one.words) - 1))
        if not one.words or any(len(pairs & other) > _ALIKE * len(pairs) for other in told):
            continue
        dull = bool(one.one.speaker) and worth[place] < FLOOR / 100  # a dictated note is the gist already
        if not _must(one) and len(chosen) > 1 and (dull or letters + len(one.words) > room):
            continue
        chosen.append(place)
        told.append(pairs)
        letters += len(one.words)
        if len(chosen) == MOST:
            break
    return sorted(chosen)


def _must(one: Said) -> bool:
    """What names a figure or a day to come, what speaks against us and what we promise is never left out for room."""
    return one.sure or one.kind is DigestKind.OBJECTION or one.kind is DigestKind.PROMISE


def _sentences(said: Sequence[Said], chosen: Sequence[int]) -> Iterator[Sentence]:
    """Neighbours of one speaker are one sentence; a promise is always one of its own."""
    together: list[Said] = []
    answering = False
    for place in chosen:
        one = said[place]
        if together and not _joins(together, one):
            yield _sentence(together, answering)
            answering = answering or not together[-1].one.ours
            together = []
        together.append(one)
    if together:
        yield _sentence(together, answering)


def _joins(together: Sequence[Said], one: Said) -> bool:
    last = together[-1]
    kinds = {other.kind for other in (*together, one)} - {DigestKind.GIST}
    return (
        bool(one.one.speaker)
        and len(kinds) < 2
        and (last.one.speaker, last.one.ours) == (one.one.speaker, one.one.ours)
        and DigestKind.PROMISE not in (last.kind, one.kind)
        and sum(len(other.words) for other in together) + len(one.words) <= _JOINED
    )


def _sentence(together: Sequence[Said], answering: bool) -> Sentence:
    first = together[0]
    verb = _verb(first, answering)
    words = "，".join(one.words for one in together)
    kind = next((one.kind for one in together if one.kind is not DigestKind.GIST), DigestKind.GIST)
    due = next((one.due for one in together if one.due is not None), None)
    text = f"{first.one.speaker}{verb}：{words}" if first.one.speaker else words
    return Sentence(kind, text, tuple(one.one.number for one in together), due)


def _verb(one: Said, answering: bool) -> str:
    if one.asks:
        return "询问"
    if one.kind is DigestKind.PROMISE:
        return "答应"
    return "回复" if one.one.ours and answering else "表示"
