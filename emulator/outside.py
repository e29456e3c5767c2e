"""People outside the company and whose friends they are, the company's tags, its customer groups and 联系我 codes."""

from collections.abc import Collection

from emulator.state import State
from emulator.tenant import Json

DISSOLVED = "dissolved_at"


class Outside:
    """Questions over the state, answered by index: a call may be about one of 200,000. Call with the lock held."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._life = ""
        self._friends: dict[str, dict[str, None]] = {}

    def people(self) -> Collection[Json]:
        found: dict[str, Json] = self._state.data["people"]
        return found.values()

    def person(self, external_userid: object) -> Json | None:
        found: Json | None = self._state.data["people"].get(external_userid)
        return found

    def called(self, name: str, company: str) -> Json | None:
        """Somebody who was met before under this name."""
        return next((one for one in self.people() if (one["name"], one.get("corp_name", "")) == (name, company)), None)

    def friends_of(self, userid: str) -> Collection[str]:
        """The external_userids of a member's customers, in the order in which they came."""
        return self._index().get(userid, {}).keys()

    def meet(self, person: Json) -> Json:
        """The person of this external_userid, made out of `person` where there is none yet."""
        found: Json = self._state.data["people"].setdefault(person["external_userid"], person)
        self._state.touch_person(person["external_userid"])
        return found

    def befriend(self, external_userid: str, friend: Json) -> None:
        index = self._index()
        self._state.data["people"][external_userid]["friends"][friend["userid"]] = friend
        index.setdefault(friend["userid"], {})[external_userid] = None
        self._state.touch_person(external_userid)

    def part(self, external_userid: str, userid: str) -> None:
        index = self._index()
        del self._state.data["people"][external_userid]["friends"][userid]
        index[userid].pop(external_userid, None)
        self._state.touch_person(external_userid)

    def changed(self, external_userid: str) -> None:
        """Something was written into this person's friendships."""
        self._state.touch_person(external_userid)

    def rename(self, old: str, new: str) -> None:
        """A member is called otherwise: his friendships, groups and codes name him so."""
        for external_userid in list(self.friends_of(old)):
            friend = self._state.data["people"][external_userid]["friends"][old]
            self.part(external_userid, old)
            self.befriend(external_userid, {**friend, "userid": new})
        for group in self._state.data["groups"].values():
            group["owner"] = new if group["owner"] == old else group["owner"]
            for member in group["members"]:
                member["userid"] = new if member["userid"] == old else member["userid"]
        for way in self._state.data["ways"].values():
            way["user"] = [new if userid == old else userid for userid in way["user"]]

    def group(self, chat_id: object) -> Json | None:
        found: Json | None = self._state.data["groups"].get(chat_id)
        return found

    def standing(self) -> list[Json]:
        """Customer groups that nobody has dissolved."""
        return [group for group in self._state.data["groups"].values() if not group.get(DISSOLVED)]

    def tag(self, tag_id: object) -> Json | None:
        return next(
            (tag for group in self._state.data["tags"].values() for tag in group["tag"] if tag["id"] == tag_id), None
        )

    def _index(self) -> dict[str, dict[str, None]]:
        """Built anew when talk and people began anew."""
        if self._life != self._state.life():
            self._life, self._friends = self._state.life(), {}
            for external_userid, person in self._state.data["people"].items():
                for userid in person["friends"]:
                    self._friends.setdefault(userid, {})[external_userid] = None
        return self._friends
