"""What a route must answer a role on a record of each relation, and what is wrong with what it answered."""

from collections.abc import Collection

from config.vocabulary import Role
from crm.access import DECIDE, HOLDERS, READ
from tests.access.declared import (
    MAY,
    OPERATORS,
    About,
    Beyond,
    Contested,
    Friend,
    Matter,
    Mine,
    Page,
    Quoted,
    Signing,
    Site,
)
from tests.access.probe import Probe, all_of
from tests.access.world import NOBODYS, Relation

_OF_HIS_TEAM = (Relation.TEAM, Relation.QUEUE, Relation.LEAVER)
FRIENDS = (Relation.OWN, Relation.TEAM, Relation.OTHER, Relation.LEAVER)


def wrong_on_route(probe: Probe, way: str, door: Page | About | Beyond) -> list[str]:
    if isinstance(door, Beyond):
        return _wrong_beyond(probe, way, door)
    if isinstance(door, Page):
        answer, told = probe.ask(way, door, None)
        wrong = probe.leaks(way, told, NOBODYS, book=door.roles <= OPERATORS, named=probe.role in door.named)
        if probe.role not in door.roles:
            fine = answer.status_code == (404 if "/console/" in way else 403)
            return wrong + ([] if fine else [f"{probe.role} {way}: {answer.status_code}, for other roles only"])
        bad = answer.status_code >= 500 or (answer.status_code in (401, 403) and not door.at)
        return wrong + ([f"{probe.role} {way}: {answer.status_code}"] if bad else [])
    nothing, _ = probe.ask(way, door, NOBODYS)
    wrong = []
    for relation in Relation:
        things = probe.stage.world.of(probe.role, relation)
        if things is None or relation not in _relations(door):
            continue
        answer, told = probe.ask(way, door, things)
        what = f"{probe.role} {way} {relation}"
        expected = _expected(probe.role, door, relation)
        acting = way.startswith(("POST /api/", "DELETE /api/"))
        if acting and isinstance(door, Friend | Matter) and probe.role not in door.roles:
            expected = "barred"  # a desk has no such page; the API says that it is not for him
        if expected == "yes" and (answer.status_code in (401, 403, 404) or answer.status_code >= 500):
            wrong.append(f"{what}: {answer.status_code} {answer.get_data()[-200:]!r}, should be let in")
        if expected == "yes" and getattr(door, "done", False) and answer.status_code >= 400:
            wrong.append(f"{what}: {answer.status_code} {answer.get_data()[-200:]!r}, should be done")
        if expected == "no" and answer.status_code != 403:
            wrong.append(f"{what}: {answer.status_code}, should be refused by name")
        if expected == "gone" and all_of(answer) != all_of(nothing):
            wrong.append(f"{what}: {answer.status_code}, differs from what does not exist ({nothing.status_code})")
        if expected == "barred" and (answer.status_code != 403 or all_of(answer) != all_of(nothing)):
            wrong.append(f"{what}: {answer.status_code}, should be barred by role, whoever's it is")
        if expected == "gone" and answer.status_code != 404:
            wrong.append(f"{what}: {answer.status_code}, should not be there")
        seen = (
            things
            if expected == "yes" or (isinstance(door, Quoted) and expected == "no") or relation in MAY[probe.role]
            else NOBODYS
        )
        wrong += probe.leaks(what, told, seen, revealing="phone" in way)
    return wrong


def _wrong_beyond(probe: Probe, way: str, door: Beyond) -> list[str]:
    """It is found for everybody; by name and id for whom it is there."""
    wrong = []
    for relation in Relation:
        things = probe.stage.world.of(probe.role, relation)
        if things is None:
            continue
        answer, told = probe.ask(way, door, things)
        what, seen = f"{probe.role} {way} {relation}", READ in MAY[probe.role].get(relation, frozenset())
        hits = (answer.get_json() or {}).get("hits", [])
        if not hits:
            wrong.append(f"{what}: {answer.status_code}, should be found")
        if seen != any(hit["id"] for hit in hits):
            wrong.append(f"{what}: {hits}, {'should' if seen else 'must not'} be told by its id")
        told = told if seen else told.replace(things.name, "□")  # he typed it himself
        wrong += probe.leaks(what, told, things if seen else NOBODYS)
    return wrong


def _relations(door: About) -> Collection[Relation]:
    """A friend is nobody's customer yet; of one's own notes the merged customer's say that it is gone, a project
    stays its maker's, and a collision goes with the customer."""
    if isinstance(door, Friend):
        return FRIENDS
    return [one for one in Relation if one is not Relation.MERGED or not isinstance(door, Mine | Site | Matter)]


def _expected(role: Role, door: About, relation: Relation) -> str:
    """`yes`, `no` (it is there, and that is said), or `gone`."""
    may = MAY[role].get(relation, frozenset())
    if isinstance(door, Mine):
        return "yes" if relation is Relation.OWN else "gone"
    if isinstance(door, Signing):
        his = door.mine and relation in (Relation.OWN, Relation.MERGED)  # he asked before it went into another one
        return "gone" if READ not in may else "yes" if his else "no"
    if isinstance(door, Contested):
        above = role in (Role.DIRECTOR, Role.ADMIN) or (
            role in (Role.TEAM_LEAD, Role.REGIONAL_MANAGER) and relation in _OF_HIS_TEAM
        )
        return "yes" if above and relation not in (Relation.OWN, Relation.MERGED) else "gone"
    if isinstance(door, Quoted) and role is Role.FINANCE:
        return "yes" if door.to is READ else "no"
    if isinstance(door, Quoted) and relation in (Relation.SHARED_READ, Relation.TOGETHER):
        return "yes" if DECIDE in may else "gone"  # the quote is team TWO's
    if isinstance(door, Matter):
        return "yes" if DECIDE in may and role in door.judges else "gone"
    if isinstance(door, Friend):
        return "yes" if DECIDE in may and role in door.roles else "gone"
    if role not in door.roles or (isinstance(door, Site) and role not in HOLDERS):
        return "gone"
    if door.to in may:
        return "yes"
    return "no" if may and getattr(door, "thing", "") != "share" else "gone"
