"""What the emulator remembers: one JSON document behind one lock, saved shortly after each change."""

import copy
import hashlib
import json
import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from emulator.tenant import Json, Tenant

CHAT_KEPT = 500  # messages per member
CODES_KEPT = 20_000  # remembered task ids, duplicate checks and response codes; the oldest go first
SAVE_AFTER = 0.2  # seconds between a change and its snapshot
VERSION = 3
_UNSAVED = 10_000  # more numbers than can be given out between two snapshots


class State:
    """Shared by all threads: hold `lock` while reading or changing `data`, call `touch()` after a change.

    People outside are many: each one that changes (`touch_person`) is appended to a file beside the snapshot, which
    holds the rest.

    `data` keys: ids (counters), tokens, menu, chats {userid: [entry]}, people {external_userid: person}, members
    {userid: what differs from the tenant file}, task_ids, response_codes, recent (duplicate checks), codes (login),
    eyes {userid: count}, tags {group_id: group}, groups {chat_id: customer group}, ways {config_id: 联系我 code},
    archive (entries, and what outsiders said to it), archive_keys {version: public key}, check_ins (打卡).
    """

    def __init__(self, tenant: Tenant, path: Path | None) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self._tenant = tenant
        self._path = path
        self._beside = path.with_name(f"{path.name}.people") if path is not None else None
        self._dirty, self._people_anew = False, False
        self._people_dirty: dict[str, None] = {}
        self._stopping = threading.Event()
        self.data = self._load() or self._fresh()
        self._saver: threading.Thread | None = None
        if path is not None:
            self._saver = threading.Thread(target=self._save_loop, name="emulator-saver", daemon=True)
            self._saver.start()

    def _fresh(self) -> Json:
        birth = self._tenant.id_epoch if self._tenant.id_epoch is not None else int(time.time())
        return {
            "version": VERSION,
            "corpid": self._tenant.corpid,
            "birth": birth,
            "rev": 1,
            "resets": 0,
            "ids": {},
            "tokens": {},
            "menu": None,
            "archive_keys": {},
            **self._beginning(),
        }

    def _beginning(self) -> Json:
        """The part of the data that `reset` puts back: people and talk, not the app's tokens, menu and counters."""
        people = {}
        for person in copy.deepcopy(self._tenant.outside):
            friends = person.pop("friends", [])
            people[person["external_userid"]] = {**person, "friends": {friend["userid"]: friend for friend in friends}}
        return {
            "members": {},
            "people": people,
            "tags": {group["group_id"]: group for group in copy.deepcopy(self._tenant.tags)},
            "groups": {group["chat_id"]: group for group in copy.deepcopy(self._tenant.groups)},
            "ways": {},
            "chats": {},
            "eyes": {},
            "task_ids": {},
            "response_codes": {},
            "recent": {},
            "codes": {},
            "archive": {"entries": [], "said": {}},
            "check_ins": [],
        }

    def reset(self) -> None:
        """Talk and people go back to the tenant file. Ids go on counting: a used message id must not come again."""
        with self.lock:
            self.data.update(self._beginning())
            self.data["resets"] += 1
            self._people_dirty, self._people_anew = {}, True
            self.touch()

    def next_id(self, kind: str) -> int:
        """1, 2, 3 … per kind, never again the same, not even after `reset` or a restart."""
        with self.lock:
            number: int = self.data["ids"].get(kind, 0) + 1
            self.data["ids"][kind] = number
            return number

    def opaque(self, kind: str, length: int = 40) -> str:
        """A new identifier that looks like WeCom's but follows from birth, kind and counter alone."""
        digits = ""
        seed = f"{self.data['corpid']}:{self.data['birth']}:{kind}:{self.next_id(kind)}"
        while len(digits) < length:
            digits += hashlib.sha256(f"{seed}:{len(digits)}".encode()).hexdigest()
        return digits[:length]

    def touch(self) -> int:
        """Note a change and wake whoever waits for one; returns the new revision."""
        with self.lock:
            self.data["rev"] += 1
            self._dirty = True
            self.changed.notify_all()
            revision: int = self.data["rev"]
            return revision

    def touch_person(self, external_userid: str) -> None:
        """Note a change of somebody outside or of his friendships."""
        with self.lock:
            self._people_dirty[external_userid] = None
            self.touch()

    def life(self) -> str:
        """Changes when the talk begins anew, so that a page knows that what it shows is gone."""
        return f"{self.data['birth']}-{self.data['resets']}"

    def trim(self) -> None:
        """Forget the oldest of what would otherwise grow for ever."""
        for name in ("task_ids", "response_codes", "recent"):
            book: Json = self.data[name]
            while len(book) > CODES_KEPT:
                del book[next(iter(book))]
        for name, kept in (("tokens", 200), ("codes", 2000)):
            book = self.data[name]
            while len(book) > kept:
                del book[next(iter(book))]

    def close(self) -> None:
        """Save what is not saved yet."""
        self._stopping.set()
        with self.lock:
            self.changed.notify_all()
        if self._saver is not None:
            self._saver.join(timeout=10)
        self._save()

    def _load(self) -> Json | None:
        if self._path is None or not self._path.exists():
            return None
        try:
            data: Json = json.loads(self._path.read_text(encoding="utf-8"))
            fresh = self._fresh()
            if data["version"] != VERSION or data["corpid"] != self._tenant.corpid:
                raise ValueError("it belongs to another company or version")
            kept = {key: value for key, value in fresh.items() if key not in ("menu", "people")}
            if any(type(data.get(key)) is not type(value) for key, value in kept.items()):
                raise ValueError("parts are missing")
            data["people"] = {**fresh["people"], **self._people_saved()}
            # Whoever was killed may have given out numbers that he had no time to save.
            data["ids"] = {kind: number + _UNSAVED for kind, number in data["ids"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            sys.stderr.write(f"emulator: state file {self._path} is not usable ({error}); starting afresh\n")
            return None
        return data

    def _people_saved(self) -> Json:
        """The last of what was written of each; a line that was cut off by a kill is not read."""
        found: Json = {}
        if self._beside is not None and self._beside.exists():
            for line in self._beside.read_text(encoding="utf-8").splitlines():
                with suppress(ValueError):
                    person = json.loads(line)
                    found[person["external_userid"]] = person
        return found

    def _save_loop(self) -> None:
        pause = SAVE_AFTER
        while not self._stopping.is_set():
            with self.lock:
                if not self._dirty:
                    self.changed.wait(timeout=60)
                    if not self._dirty:
                        continue
            self._stopping.wait(pause)
            began = time.monotonic()
            self._save()
            # A large state takes long to write; saving may use a tenth of the time, not all of it.
            pause = max(SAVE_AFTER, 10 * (time.monotonic() - began))

    def _save(self) -> None:
        if self._path is None:
            return
        with self.lock:
            if not self._dirty:
                return
            self.trim()
            text = _compact({key: value for key, value in self.data.items() if key != "people"})
            lines = [_compact(self.data["people"][one]) for one in self._people_dirty if one in self.data["people"]]
            mode = "w" if self._people_anew else "a"
            self._dirty, self._people_anew, self._people_dirty = False, False, {}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._beside is not None and (lines or mode == "w"):
                with self._beside.open(mode, encoding="utf-8") as file:
                    file.write("".join(f"\n{line}" for line in lines))  # behind what a kill may have cut off
            beside = self._path.with_name(f"{self._path.name}.tmp")
            beside.write_text(text, encoding="utf-8")
            os.replace(beside, self._path)
        except OSError as error:
            sys.stderr.write(f"emulator: cannot write {self._path}: {error}\n")


def _compact(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
