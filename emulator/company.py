"""Who works here, who may be seen by the app, and which outside people are whose friends."""

from emulator.state import State
from emulator.tenant import Json, Tenant

ACTIVE, DISABLED, NOT_ACTIVATED, LEFT = 1, 2, 4, 5


class Company:
    """Questions over the tenant file and what has changed since. Call with the state's lock held."""

    def __init__(self, tenant: Tenant, state: State) -> None:
        self.tenant = tenant
        self._state = state
        self._base = {member["userid"]: member for member in tenant.members}
        self.departments = {department["id"]: department for department in tenant.departments}

    def members(self) -> list[Json]:
        """Everybody who has not left."""
        changed: Json = self._state.data["members"]
        names = [*self._base, *(userid for userid in changed if userid not in self._base)]
        everybody = [{**self._base.get(userid, {}), **changed.get(userid, {})} for userid in names]
        return [member for member in everybody if member["status"] != LEFT]

    def member(self, userid: object) -> Json | None:
        """By userid, without regard to case as on the platform."""
        if not isinstance(userid, str):
            return None
        member = {**self._base.get(userid, {}), **self._state.data["members"].get(userid, {})}
        if member.get("status", LEFT) != LEFT:
            return member
        wanted = userid.casefold()
        return next((member for member in self.members() if member["userid"].casefold() == wanted), None)

    def change_member(self, userid: str, fields: Json) -> None:
        self._state.data["members"].setdefault(userid, {"userid": userid}).update(fields)
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
        for person in self.people():
            if old in person["friends"]:
                person["friends"][new] = {**person["friends"].pop(old), "userid": new}
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

    def visible_departments(self) -> set[int]:
        """The app's departments with everything below them."""
        return self.subtree({number for number in self.tenant.app.visible_departments if number in self.departments})

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
        return bool(
            names & set(self.tenant.app.visible_users) or self.visible_departments() & set(member["department"])
        )

    def reachable(self, member: Json | None) -> bool:
        """Messages arrive: active and inside the visible range."""
        return member is not None and member["status"] == ACTIVE and self.sees_app(member)

    def in_department(self, number: int, *, below: bool = False) -> list[Json]:
        """Members of one department; with `below`, of its whole subtree."""
        wanted = self.subtree({number}) if below else {number}
        return [member for member in self.members() if wanted & set(member["department"])]

    def people(self) -> list[Json]:
        return list(self._state.data["people"].values())

    def person(self, external_userid: object) -> Json | None:
        found: Json | None = self._state.data["people"].get(external_userid)
        return found
