"""The shape of everything the system says first, and every such sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    name: str  # at most 5 characters
    value: str


@dataclass(frozen=True, slots=True)
class Button:
    """`key` is empty until the card is made: `crm.cards` gives every button its opaque name."""

    text: str
    key: str = ""
    style: int = 2  # WeCom's 1..4; 1 is the one we hope for


@dataclass(frozen=True, slots=True)
class Choice:
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Selection:
    key: str
    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """With buttons it is drawn as a card, without as plain text (title, desc, facts, body as lines)."""

    title: str
    desc: str = ""
    facts: tuple[Fact, ...] = ()
    body: str = ""
    buttons: tuple[Button, ...] = ()
    selection: Selection | None = None
    url: str = ""

    def stored(self) -> dict[str, Any]:
        """Written out, since `asdict` copies word by word, which takes as long as all the rest of a promise."""
        chosen = self.selection
        return {
            "title": self.title,
            "desc": self.desc,
            "facts": [{"name": one.name, "value": one.value} for one in self.facts],
            "body": self.body,
            "buttons": [{"text": one.text, "key": one.key, "style": one.style} for one in self.buttons],
            "selection": chosen
            and {
                "key": chosen.key,
                "title": chosen.title,
                "choices": [{"id": one.id, "text": one.text} for one in chosen.choices],
            },
            "url": self.url,
        }


def as_notice(stored: Mapping[str, Any]) -> Notice:
    """The way back from the JSON column."""
    selection = stored["selection"]
    return Notice(
        title=stored["title"],
        desc=stored["desc"],
        facts=tuple(Fact(**f) for f in stored["facts"]),
        body=stored["body"],
        buttons=tuple(Button(**b) for b in stored["buttons"]),
        selection=selection
        and Selection(selection["key"], selection["title"], tuple(Choice(**c) for c in selection["choices"])),
        url=stored["url"],
    )


def text(words: str) -> Notice:
    """A plain message; long words are split by the outbox before they are stored."""
    return Notice(title="", body=words)
