"""What a page hears after a button was pressed: a toast, a settled row that can be taken back, or the way back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from console.desk import partial

_LONGEST = 160  # characters of a toast: it travels in a header, each Chinese one as six bytes, and is read in seconds


@dataclass(frozen=True, slots=True)
class Undo:
    """Where 撤销 goes, and what it carries."""

    url: str
    fields: Mapping[str, str] = field(default_factory=dict)


def toast(sentence: str, *, changed: bool = False) -> dict[str, str]:
    """The header that makes the page say something; `changed` has its counts and lists asked for again."""
    short = _short(sentence)
    events = {"toast": short, "changed": ""} if changed else {"toast": short}
    return {"HX-Trigger": json.dumps(events)}


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= _LONGEST else sentence[:_LONGEST] + "……"


def done(sentence: str, back: str) -> ResponseReturnValue:
    """Nothing to swap: the toast says it, and what shows the state asks again. Without scripts `back` shows it."""
    return Response(status=204, headers=toast(sentence, changed=True)) if partial() else redirect(back, 303)


def moved(sentence: str, to: str) -> ResponseReturnValue:
    """On to another page, which says the sentence once it is there."""
    if not partial():
        return redirect(to, 303)
    return Response(status=204, headers={"HX-Redirect": to, "HX-Trigger": json.dumps({"later": _short(sentence)})})


def settled(sentence: str, undo: Undo, back: str = "") -> ResponseReturnValue:
    """The row gives way to what was done, with 撤销; without scripts back to the desk.

    A page that shows its state again by itself names itself as `back`, and keeps the row until it is left.
    """
    if not partial():
        return redirect(back or url_for("console.home"), 303)
    body = render_template("console/_settled.html", sentence=sentence, undo=undo)
    return Response(body, headers=toast(sentence, changed=not back))


def row_again(sentence: str, template: str, **values: object) -> ResponseReturnValue:
    """What was settled stands as a row again."""
    if not partial():
        return redirect(url_for("console.home"), 303)
    return Response(render_template(template, **values), headers=toast(sentence, changed=True))
