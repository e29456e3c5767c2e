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
        if userid not in self._base and userid not in self._state.data["members"]:
            wanted = userid.casefold()
            return next((member for member in self.members() if member["userid"].casefold() == wanted), None)
        member = {**self._base.get(userid, {}), **self._state.data["members"].get(userid, {})}
        return None if member["status"] == LEFT else member

    def change_member(self, userid: str, fields: Json) -> None:
        self._state.data["members"].setdefault(userid, {"userid": userid}).update(fields)
        self._state.touch()

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
        return member["userid"] in self.tenant.app.visible_users or bool(
            self.visible_departments() & set(member["department"])
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
