"""The offline digest against reference summaries of real dialogues: character ROUGE-1 and ROUGE-2, F in percent.

`make bench WHAT=digest` prints both halves of the data (learnt from, held out) and the baselines of the same run: the
longest message, the first four, LexPageRank, and the messages that annotators marked. Each message of a baseline begins
with its speaker, as the reference does. It fails where the engine falls below what is promised, or where a sentence
names a fact that no cited message has.
"""

from collections.abc import Callable, Sequence
from datetime import date

from crm.rules.citing import supported
from crm.rules.digest import Utterance, digest
from tests.bench.digest_data import Dialogue, dialogues, rouge

PROMISED = (40.0, 23.0)
_DAY = date(2026, 11, 30)
_ROUNDS = 40  # of the power iteration


def run() -> bool:
    """Everything, printed; whether what is promised is kept."""
    everybody = dialogues()
    halves = {
        "learnt from": [one for one in everybody if not one.held],
        "held out": [one for one in everybody if one.held],
        "all": everybody,
    }
    for which, method in METHODS.items():
        said = ", ".join(f"{half} {_shown(method, some)}" for half, some in halves.items())
        print(f"{which}: {said}", flush=True)
    one, two = scores(offline, halves["held out"])
    unproven = unsupported(everybody)
    print(f"held out {one:.2f}/{two:.2f}, promised {PROMISED[0]:.0f}/{PROMISED[1]:.0f}; unproven sentences: {unproven}")
    return (one, two) >= PROMISED and two >= PROMISED[1] and unproven == 0


def _shown(method: "Method", some: Sequence[Dialogue]) -> str:
    one, two = scores(method, some)
    return f"{one:.2f}/{two:.2f}"


def scores(method: "Method", some: Sequence[Dialogue]) -> tuple[float, float]:
    """(ROUGE-1, ROUGE-2), the mean over the dialogues."""
    pairs = [(method(one), one.summary) for one in some]
    first, second = (100 * sum(rouge(text, gold, size) for text, gold in pairs) / len(pairs) for size in (1, 2))
    return first, second


def unsupported(some: Sequence[Dialogue]) -> int:
    """How many sentences name a fact that none of their messages has, or cite nothing."""
    wrong = 0
    for one in some:
        for sentence in digest(one.talk, _DAY):
            cited = [f"{one.talk[number - 1].speaker} {one.talk[number - 1].text}" for number in sentence.cites]
            wrong += not cited or not supported(sentence.text, cited)
    return wrong


def offline(one: Dialogue) -> str:
    return "".join(f"{sentence.text}。" for sentence in digest(one.talk, _DAY))


def longest(one: Dialogue) -> str:
    return _written([max(one.talk, key=lambda message: len(message.text))])


def first_four(one: Dialogue) -> str:
    return _written(one.talk[:4])


def marked(one: Dialogue) -> str:
    return _written([one.talk[place] for place in one.key])


def lex_page_rank(one: Dialogue) -> str:
    """The four messages that are most like the others: PageRank over the likeness of their letter pairs."""
    pairs = [frozenset(message.text[at : at + 2] for at in range(len(message.text) - 1)) for message in one.talk]
    alike = [[len(a & b) / (len(a) + len(b)) if a is not b and a and b else 0.0 for b in pairs] for a in pairs]
    ranks = [1.0] * len(pairs)
    out = [sum(row) or 1.0 for row in alike]
    for _ in range(_ROUNDS):
        ranks = [
            0.15 + 0.85 * sum(ranks[other] * alike[other][place] / out[other] for other in range(len(pairs)))
            for place in range(len(pairs))
        ]
    best = sorted(sorted(range(len(pairs)), key=lambda place: -ranks[place])[:4])
    return _written([one.talk[place] for place in best])


def _written(messages: Sequence[Utterance]) -> str:
    return "".join(f"{one.speaker}{one.text}。" for one in messages)


Method = Callable[[Dialogue], str]
METHODS: dict[str, Method] = {
    "longest message": longest,
    "first four": first_four,
    "LexPageRank": lex_page_rank,
    "marked by annotators": marked,
    "offline digest": offline,
}
