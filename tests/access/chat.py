"""What a command or a button must answer a role about a record of each relation, and what is wrong with it."""

from crm.access import DECIDE, WRITE
from crm.cards import UNDO
from tests.access.declared import BUTTONS, MAY, Asks, Plain, Say
from tests.access.probe import Probe
from tests.access.routes import FRIENDS
from tests.access.world import NOBODYS, Relation


def wrong_on_verb(probe: Probe, name: str, verb: Say | Plain | Asks) -> list[str]:
    if isinstance(verb, Plain):
        _, told = probe.say(verb.words)
        return probe.leaks(f"{probe.role} /{name}", told, NOBODYS)
    nothing, _ = probe.say(verb.words.format(name=NOBODYS.name))
    missing = nothing.replace(NOBODYS.name, "□")
    wrong = []
    for relation in Relation:
        things = probe.stage.world.of(probe.role, relation)
        if things is None:
            continue
        reply, told = probe.say(verb.words.format(name=things.name))
        what, may = f"{probe.role} /{name} {relation}", MAY[probe.role].get(relation, frozenset())
        if not may:
            told = told.replace(things.name, "□")  # he typed it himself
        wrong += probe.leaks(what, told, things if may else NOBODYS)
        if "系统出错" in reply:
            wrong.append(f"{what}: {reply}")
        if isinstance(verb, Asks):
            continue
        same = reply.replace(things.name, "□") == missing
        if not may and not same:
            wrong.append(f"{what}: {reply!r}, differs from a name that does not exist: {missing!r}")
        if verb.to in may and same:
            wrong.append(f"{what}: {reply!r}, should be let in")
        if may and verb.to not in may and "共享给您看" not in reply and "只有负责人" not in reply:
            wrong.append(f"{what}: {reply!r}, should be refused by name")
    return wrong


def wrong_on_button(probe: Probe, name: str) -> list[str]:
    tapping = BUTTONS[name]
    nothing, _ = probe.tap(name, NOBODYS)
    wrong = []
    for relation in Relation:
        things = probe.stage.world.of(probe.role, relation)
        if things is None or (tapping.of == "friend" and relation not in FRIENDS):
            continue
        if tapping.of not in ("customer", "friend") and relation is Relation.MERGED:
            continue
        refusal, told = probe.tap(name, things)
        what, may = f"{probe.role} [{name}] {relation}", MAY[probe.role].get(relation, frozenset())
        if "系统出错" in refusal + nothing:
            wrong.append(f"{what}: {refusal or nothing}")
        if tapping.to is None:
            continue
        if tapping.of not in ("customer", "friend"):
            may = frozenset({WRITE}) if relation is Relation.OWN else frozenset()
        elif tapping.of == "friend":
            may = frozenset({WRITE}) if DECIDE in may else frozenset()
        wrong += probe.leaks(what, told, things if relation in MAY[probe.role] else NOBODYS)
        if probe.role not in tapping.roles:
            wrong += [] if refusal else [f"{what}: done, is for other roles"]
            continue
        if not may and refusal != nothing:
            wrong.append(f"{what}: {refusal!r}, differs from what does not exist: {nothing!r}")
        if tapping.to in may and refusal == nothing != "" and not name.startswith(UNDO):
            wrong.append(f"{what}: {refusal!r}, should be let in")
        if may and tapping.to not in may and not refusal:
            wrong.append(f"{what}: done, should be refused")
    return wrong
