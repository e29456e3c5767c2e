"""A chat archive to pull from: key pairs, an emulator with the tests' own company, a source of made-up pages."""

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import requests
from Crypto.PublicKey import RSA

from config.settings import Settings
from gateways.archive.consents import Consent, PairConsent
from gateways.archive.messages import Message
from gateways.archive.source import Pulled
from tests.support.company import NOW

SECRET = "archive-secret-of-the-tests"
ANNA, BEN, CARL = (
    "wmAnna0000000000000000000000000001",
    "woBen00000000000000000000000000002",
    "wmCarl000000000000000000000000003",
)
OUTSIDE = {ANNA: "安娜", BEN: "本恩", CARL: "卡尔"}
COLLEAGUES = ("Zhang", "sun", "qian")
_DEMO = json.loads((Path(__file__).parents[2] / "emulator" / "demo" / "company.json").read_text(encoding="utf-8"))


@cache
def key_pair(version: int) -> tuple[str, str]:
    """Private and public key as PEM, one pair for each version, the same in one process."""
    key = RSA.generate(2048)
    return key.export_key().decode(), key.public_key().export_key().decode()


def key_folder(folder: Path, *versions: int) -> Path:
    """What WECOM_ARCHIVE_PRIVATE_KEYS names."""
    folder.mkdir(exist_ok=True)
    for version in versions:
        (folder / f"{version}.pem").write_text(key_pair(version)[0], encoding="ascii")
    return folder


def tenant(folder: Path) -> Path:
    """The emulator's company file: three colleagues, three outsiders who are their friends, one public key."""
    company = copy.deepcopy(_DEMO)
    shape = {"department": [2], "main_department": 2, "is_leader_in_dept": [0], "direct_leader": [], "status": 1}
    company["members"] = [{"userid": one, "name": one, "position": "销售", **shape} for one in COLLEAGUES]
    company["outside"] = [
        {
            "external_userid": external, "name": name, "corp_name": "", "type": 1, "gender": 0,
            "friends": [{"userid": one, "remark": "", "createtime": 1754010000, "add_way": 1} for one in COLLEAGUES],
        }
        for external, name in OUTSIDE.items()
    ]  # fmt: skip
    company["archive"] = {"secret": SECRET, "public_keys": {"1": key_pair(1)[1]}}
    path = folder / "company.json"
    path.write_text(json.dumps(company, ensure_ascii=False), encoding="utf-8")
    return path


def settings_for(emulator: str, folder: Path, database_url: str) -> Settings:
    app = _DEMO["app"]
    values: dict[str, Any] = {
        "var_dir": folder / "var",
        "database_url": database_url,
        "redis_url": f"unix://{folder}/nobody.sock",
        "wecom_api_base": f"{emulator}/cgi-bin/",
        "wecom_corp_id": _DEMO["corpid"],
        "wecom_agent_id": app["agentid"],
        "wecom_agent_secret": app["secret"],
        "wecom_token": app["token"],
        "wecom_encoding_aes_key": app["aeskey"],
        "wecom_archive_secret": SECRET,
        "wecom_archive_private_keys": key_folder(folder / "keys", 1),
        "wecom_archive_url": f"{emulator}/archive",
    }
    return Settings(**values)


def act(emulator: str, action: str, **body: object) -> dict[str, Any]:
    """What people do, through the emulator's control API."""
    answer = requests.post(f"{emulator}/emu/api/{action}", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def said(
    seq: int, words: str, *, sender: str = ANNA, to: Sequence[str] = ("Zhang",), at: datetime = NOW, **more: Any
) -> Pulled:
    """One entry as a source hands it out."""
    whole = Message(f"msg{seq}", sender, tuple(to), "", at, "text", words, "", None)
    return Pulled(seq, 1, replace(whole, **more))


@dataclass
class Made:
    """A source and a platform of consents that say what they are told to."""

    entries: list[Pulled] = field(default_factory=list)
    agreed: Mapping[tuple[str, str], datetime | None] = field(default_factory=dict)  # (place, external_userid)
    keys: set[int] = field(default_factory=lambda: {1})
    broken: Exception | None = None
    asked: int = 0

    def page(self, seq: int, limit: int) -> list[Pulled]:
        self.asked += 1
        if self.broken:
            raise self.broken
        return [one for one in self.entries if one.seq > seq][:limit]

    def has_key(self, version: int) -> bool:
        return version in self.keys

    def of_pairs(self, pairs: Iterable[tuple[str, str]]) -> list[PairConsent]:
        return [PairConsent(userid, self._consent(userid, external)) for userid, external in pairs]

    def of_room(self, room: str) -> list[Consent]:
        return [self._consent(place, external) for place, external in self.agreed if place == room]

    def _consent(self, place: str, external: str) -> Consent:
        """Userids are compared without case, as the platform does."""
        agreed = {(one.casefold(), who): since for (one, who), since in self.agreed.items()}
        asked = (place.casefold(), external)
        return Consent(external, asked in agreed, agreed.get(asked))
