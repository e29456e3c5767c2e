"""Real service dialogues with reference summaries from REAL_DATA_DIR, in two halves, and the character ROUGE."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crm.rules.utterance import Utterance

OURS = "客服"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """`key` are the places of the messages that an annotator marked; `held`: nothing is learnt from it."""

    talk: tuple[Utterance, ...]
    key: tuple[int, ...]
    summary: str
    held: bool


def dialogues() -> list[Dialogue]:
    """All of them, every second one held out."""
    path = Path(os.environ["REAL_DATA_DIR"]) / "dialog" / "csds_400.jsonl"
    with path.open(encoding="utf-8") as lines:
        return [_dialogue(json.loads(line), number % 2 == 1) for number, line in enumerate(lines)]


def _dialogue(row: dict[str, list[dict[str, str]]], held: bool) -> Dialogue:
    turns = row["turns"]
    talk = tuple(
        Utterance(number, turn["role"], turn["role"] == OURS, turn["text"], None)
        for number, turn in enumerate(turns, start=1)
    )
    key = tuple(place for place, turn in enumerate(turns) if turn["gold_key"])
    return Dialogue(talk, key, str(row["summary"]), held)


def rouge(text: str, summary: str, size: int) -> float:
    """F of the runs of `size` characters that two texts share, each counted as often as it stands there; 0 to 1."""
    ours, theirs = _runs(text, size), _runs(summary, size)
    shared = sum((ours & theirs).values())
    return 2 * shared / (sum(ours.values()) + sum(theirs.values())) if shared else 0.0


def _runs(text: str, size: int) -> Counter[Sequence[str]]:
    letters = "".join(text.split())
    return Counter(letters[at : at + size] for at in range(len(letters) - size + 1))
