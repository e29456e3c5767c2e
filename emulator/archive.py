"""The chat archive (wecom.md §3.15): what was said, sealed for the company's public key, and who agreed to it.

The vendor's cipher is not published. What stands in for it here opens with the same random key, so that everything up
to DecryptData is as it is out there.
"""

import base64
import binascii
import hashlib
import json
import threading
import time

from Crypto.Cipher import AES, PKCS1_v1_5
from Crypto.PublicKey import RSA

from emulator.clock import Clock
from emulator.events import Post
from emulator.state import State
from emulator.tenant import Json, Tenant

KEPT_SECONDS = 5 * 24 * 3600
ENTRIES_KEPT = 20_000
NOTIFY_EVERY = 15.0  # seconds
ARCHIVE_AGENT = 2000004  # the platform's own archive app, which the notice comes from
UNKNOWN_VERSION = 99


class ArchiveRefusal(Exception):
    """A call that the vendor's library would end with this return code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Archive:
    """Takes the lock itself. Off until a public key is known; then everything said is in it, agreed to or not: what may
    be kept is the product's to judge.
    """

    def __init__(self, tenant: Tenant, state: State, clock: Clock, post: Post) -> None:
        self._tenant, self._state, self._clock, self._post = tenant, state, clock, post
        self._notified = -NOTIFY_EVERY
        self._timer: threading.Timer | None = None
        self._timer_lock = threading.Lock()

    def upload(self, version: int, pem: str) -> None:
        """The administrator uploads a public key; from now on it is the one in use. ValueError for what is none."""
        RSA.import_key(pem)
        with self._state.lock:
            self._state.data["archive_keys"][str(version)] = pem
            self._state.touch()

    def version(self) -> int:
        """The newest public key's version, 0 while there is none."""
        return max(self._keys(), default=0)

    def add(self, sender: str, receivers: list[str], kind: str, body: Json, room: str = "") -> int:
        """Something was said: its number, 0 while the archive is off."""
        with self._state.lock:
            version = self.version()
            if not version:
                return 0
            seq, now = self._state.next_id("archive_seq"), self._clock.now()
            outside = self._state.data["people"]
            suffix = "_external" if {sender, *receivers} & outside.keys() else ""
            part = "info" if kind in ("markdown", "news") else kind
            plain = {
                "msgid": f"{self._state.opaque('archived', 20)}_{int(now)}{suffix}",
                "action": "recall" if kind == "revoke" else "send",
                "from": sender,
                "tolist": receivers,
                "roomid": room,
                "msgtime": int(now * 1000),
                "msgtype": kind,
                part: body,
            }
            entries = self._state.data["archive"]["entries"]
            entries.append({"seq": seq, "version": version, "plain": plain})
            del entries[:-ENTRIES_KEPT]
            self._state.touch()
        self._notify()
        return seq

    def msgid(self, seq: int) -> str:
        with self._state.lock:
            found = (one["plain"]["msgid"] for one in self._state.data["archive"]["entries"] if one["seq"] == seq)
            return str(next(found, ""))

    def agree(self, place: str, external_userid: str, agreed: bool) -> None:
        """An outsider says yes or no in one place: a userid, or a group's id. Said again, it stays as it was."""
        with self._state.lock:
            words = self._state.data["archive"]["said"].setdefault(place, {})
            if words.get(external_userid, {}).get("agreed") is not agreed:
                words[external_userid] = {"agreed": agreed, "at": int(self._clock.now())}
                self._state.touch()

    def said(self, place: str) -> Json:
        """What outsiders said in one place: {external_userid: {"agreed", "at"}}."""
        with self._state.lock:
            return dict(self._state.data["archive"]["said"].get(place, {}))

    def page(self, corpid: str, secret: str, seq: int, limit: int) -> list[Json]:
        """GetChatData: sealed messages after `seq`, of the last five days."""
        if corpid != self._tenant.corpid or not secret or secret != self._tenant.archive_secret:
            raise ArchiveRefusal(10004)
        if not 1 <= limit <= 1000:
            raise ArchiveRefusal(10000)
        oldest = (self._clock.now() - KEPT_SECONDS) * 1000
        with self._state.lock:
            entries = self._state.data["archive"]["entries"]
            kept = [one for one in entries if one["seq"] > seq and one["plain"]["msgtime"] > oldest][:limit]
        return [self._sealed(one) for one in kept]

    def decrypt(self, key: bytes, sealed: str) -> str:
        """DecryptData: the JSON of one message for the random key that it was sealed with."""
        try:
            content = base64.b64decode(sealed, validate=True)
            cipher = AES.new(hashlib.sha256(key).digest(), AES.MODE_GCM, nonce=content[:12])
            return cipher.decrypt_and_verify(content[28:], content[12:28]).decode()
        except (binascii.Error, ValueError):
            raise ArchiveRefusal(10006) from None

    def _sealed(self, entry: Json) -> Json:
        """Each time anew, as `seq` decides the random key: the padding differs, what it opens to does not."""
        key = hashlib.sha256(f"{self._tenant.corpid}:{self._state.data['birth']}:{entry['seq']}".encode()).hexdigest()
        public = RSA.import_key(self._keys()[entry["version"]])
        nonce = hashlib.sha256(f"nonce:{key}".encode()).digest()[:12]
        cipher = AES.new(hashlib.sha256(key.encode()).digest(), AES.MODE_GCM, nonce=nonce)
        body, tag = cipher.encrypt_and_digest(json.dumps(entry["plain"], ensure_ascii=False).encode())
        return {
            "seq": entry["seq"],
            "msgid": entry["plain"]["msgid"],
            "publickey_ver": entry["version"],
            "encrypt_random_key": base64.b64encode(PKCS1_v1_5.new(public).encrypt(key.encode())).decode(),
            "encrypt_chat_msg": base64.b64encode(nonce + tag + body).decode(),
        }

    def _keys(self) -> dict[int, str]:
        uploaded = {int(version): pem for version, pem in self._state.data["archive_keys"].items()}
        return {**self._tenant.archive_keys, **uploaded}

    def _notify(self) -> None:
        """`msgaudit_notify`, at most one in fifteen seconds: what comes sooner waits for the next."""
        with self._timer_lock:
            wait = self._notified + NOTIFY_EVERY - time.monotonic()
            if self._timer is not None:
                return
            if wait > 0:
                self._timer = threading.Timer(wait, self._notify_now)
                self._timer.daemon = True
                self._timer.start()
                return
        self._notify_now()

    def _notify_now(self) -> None:
        with self._timer_lock:
            self._notified, self._timer = time.monotonic(), None
        self._post.send(self._post.corp_event("msgaudit_notify", {"AgentID": ARCHIVE_AGENT}), later=True)
