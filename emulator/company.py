"""Who works here, and who may be seen by the app."""

from dataclasses import dataclass

from emulator.outside import Outside
from emulator.state import State
from emulator.tenant import Json, Tenant

ACTIVE, DISABLED, NOT_ACTIVATED, LEFT = 1, 2, 4, 5


@dataclass(frozen=True)
class Roll:
    """Everybody who has not left, found by userid without case and by department."""

    everybody: tuple[Json, ...]
    by_key: dict[str, Json]
    by_department: dict[int, list[Json]]


class Company:
    """Questions over the tenant file and what has changed since. Call with the state's lock held."""

    def __init__(self, tenant: Tenant, state: State, outside: Outside) -> None:
        self.tenant = tenant
        self._state = state
        self._outside = outside
        self._base = {member["userid"]: member for member in tenant.members}
        self.departments = {department["id"]: department for department in tenant.departments}
        self.look_again()
        self._roll: Roll | None = None
        self._life = ""

    def look_again(self) -> None:
        """The visible range was set up anew."""
        named = {number for number in self.tenant.app.visible_departments if number in self.departments}
        self._visible = frozenset(self.subtree(named))

    def members(self) -> tuple[Json, ...]:
        """Everybody who has not left."""
        return self._everybody().everybody

    def _everybody(self) -> Roll:
        """Called anew after each change, and when people began anew."""
        if self._roll is None or self._life != self._state.life():
            changed: Json = self._state.data["members"]
            names = [*self._base, *(userid for userid in changed if userid not in self._base)]
            merged = [{**self._base.get(userid, {}), **changed.get(userid, {})} for userid in names]
            there = tuple(member for member in merged if member["status"] != LEFT)
            departments: dict[int, list[Json]] = {}
            for member in there:
                for number in member["department"]:
                    departments.setdefault(number, []).append(member)
            self._roll = Roll(there, {member["userid"].casefold(): member for member in there}, departments)
            self._life = self._state.life()
        return self._roll

    def member(self, userid: object) -> Json | None:
        """By userid, without regard to case as on the platform."""
        return self._everybody().by_key.get(userid.casefold()) if isinstance(userid, str) else None

    def change_member(self, userid: str, fields: Json) -> None:
        self._state.data["members"].setdefault(userid, {"userid": userid}).update(fields)
        self._roll = None
        self._state.touch()

    def rename_member(self, old: str, new: str) -> None:
        """Another userid for the same person: whatever names the old one names the new one from now on."""
        data, record = self._state.data, self.member(old)
        if record is None:
            raise KeyError(old)
        data["members"][old] = {"userid": old, "status": LEFT}
        data["members"][new] = {**record, "userid": new, "formerly": [*record.get("formerly", []), old]}
        for book in (data["chats"], data["eyes"]):
            if old in book:
                book[new] = book.pop(old)
        self._outside.rename(old, new)
        self._roll = None
        for member in self.members():
            if old in member["direct_leader"]:
                leaders = [new if leader == old else leader for leader in member["direct_leader"]]
                self.change_member(member["userid"], {"direct_leader": leaders})
        self._state.touch()

    def listed_departments(self) -> list[Json]:
        """With their leaders as they are called now."""
        now = {old: member["userid"] for member in self.members() for old in member.get("formerly", [])}
        return [
            {**row, "department_leader": [now.get(leader, leader) for leader in row["department_leader"]]}
            for row in self.departments.values()
        ]

    def visible_departments(self) -> frozenset[int]:
        """The app's departments with everything below them."""
        return self._visible

    def subtree(self, roots: set[int]) -> set[int]:
        """These departments and all below them."""
        found, newest = set(roots), set(roots)
        while newest:
            newest = {number for number, row in self.departments.items() if row["parentid"] in newest} - found
            found |= newest
        return found

    def sees_app(self, member: Json) -> bool:
        """Inside the visible range, whether active or not."""
        names = {member["userid"], *member.get("formerly", [])}
        return bool(names & set(self.tenant.app.visible_users) or self._visible & set(member["department"]))

    def reachable(self, member: Json | None) -> bool:
        """Messages arrive: active and inside the visible range."""
        return member is not None and member["status"] == ACTIVE and self.sees_app(member)

    def in_department(self, number: int, *, below: bool = False) -> list[Json]:
        """Members of one department; with `below`, of its whole subtree, each once."""
        if not below:
            return self._everybody().by_department.get(number, [])
        wanted = self.subtree({number})
        return [member for member in self.members() if wanted & set(member["department"])]
