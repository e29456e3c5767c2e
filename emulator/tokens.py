"""Access tokens, JS tickets and one-time login codes, all expiring on the emulator's clock."""

from emulator.clock import Clock
from emulator.errors import ApiError
from emulator.state import State
from emulator.tenant import Json, Tenant

TOKEN_SECONDS = 7200
CODE_SECONDS = 300
ACCESS, ARCHIVE = "access", "archive"  # the app's token, and the archive's


class Tokens:
    def __init__(self, tenant: Tenant, state: State, clock: Clock) -> None:
        self._tenant = tenant
        self._state = state
        self._clock = clock

    def issue(self, corpid: str, secret: str) -> Json:
        """gettoken: while a token is valid every call gets the same one (wecom.md §3.1)."""
        if corpid != self._tenant.corpid:
            raise ApiError(40013)
        kinds = {self._tenant.app.secret: ACCESS, self._tenant.archive_secret: ARCHIVE}
        if not secret or secret not in kinds:
            raise ApiError(40001)
        token, left = self._current(kinds[secret], 200)
        return {"access_token": token, "expires_in": left}

    def check(self, token: str | None) -> str:
        """Whose token it is, the app's or the archive's; 41001 without, 40014 unknown or revoked, 42001 expired."""
        if not token:
            raise ApiError(41001)
        with self._state.lock:
            known = self._state.data["tokens"].get(token)
            if known is None or known["kind"] not in (ACCESS, ARCHIVE) or known["dead"] == 40014:
                raise ApiError(40014)
            if known["dead"] or known["until"] <= self._clock.now():
                raise ApiError(42001)
            return str(known["kind"])

    def end(self, code: int) -> None:
        """The platform ends the current access token early: 42001 = as expired, 40014 = as invalid."""
        with self._state.lock:
            for known in self._state.data["tokens"].values():
                if known["kind"] in (ACCESS, ARCHIVE) and not known["dead"]:
                    known["dead"] = code
            self._state.touch()

    def ticket(self, kind: str) -> Json:
        ticket, left = self._current(kind, 86)
        return {"ticket": ticket, "expires_in": left}

    def living(self, kind: str) -> list[str]:
        """Every ticket of a kind that has not expired."""
        now = self._clock.now()
        with self._state.lock:
            book: Json = self._state.data["tokens"]
            return [
                text for text, one in book.items() if one["kind"] == kind and not one["dead"] and now < one["until"]
            ]

    def _current(self, kind: str, length: int) -> tuple[str, int]:
        now = self._clock.now()
        with self._state.lock:
            book: Json = self._state.data["tokens"]
            for text, known in reversed(book.items()):
                # A token from the future stays from a clock that was put back since.
                if known["kind"] == kind and not known["dead"] and now < known["until"] <= now + TOKEN_SECONDS:
                    return text, int(known["until"] - now)
            text = self._state.opaque(kind, length)
            book[text] = {"kind": kind, "until": now + TOKEN_SECONDS, "dead": 0}
            self._state.touch()
            return text, TOKEN_SECONDS

    def code(self, kind: str, who: Json) -> str:
        """A login code, good once within five minutes. `kind`: oauth | web | mp; `who`: {"userid"} or {"openid", …}."""
        with self._state.lock:
            text = self._state.opaque("code", 43)
            self._state.data["codes"][text] = {
                "kind": kind,
                "who": who,
                "until": self._clock.now() + CODE_SECONDS,
                "used": False,
            }
            self._state.touch()
            return text

    def redeem(self, text: str | None, kinds: tuple[str, ...]) -> Json:
        """Who the code stands for; unknown, used, late and other kinds are all 40029."""
        with self._state.lock:
            known: Json | None = self._state.data["codes"].get(text)
            now = self._clock.now()
            if (
                known is None
                or known["kind"] not in kinds
                or known["used"]
                or not now < known["until"] <= now + CODE_SECONDS
            ):
                raise ApiError(40029)
            known["used"] = True
            self._state.touch()
            who: Json = known["who"]
            return who
