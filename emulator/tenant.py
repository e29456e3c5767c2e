"""The company as its file describes it: the corp, the app's settings, departments, members and outside people."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class TenantError(Exception):
    """The tenant file cannot be used; the text says what to mend."""


@dataclass(slots=True)
class App:
    """One self-built app as the WeCom administrator has set it up, and may set it up otherwise (`setup_faults.py`)."""

    agentid: int
    name: str
    description: str
    secret: str
    token: str
    aeskey: str
    trusted_domains: tuple[str, ...]
    trusted_ips: tuple[str, ...]
    visible_departments: tuple[int, ...]
    visible_users: tuple[str, ...]
    external_contact_enabled: bool
    reads_check_ins: bool  # among 打卡 › 可调用接口的应用
    isreportenter: bool
    truncates: bool  # over-long text: cut (the message page) or refused with 45002 (the error list)
    closed: bool  # switched off in the administration
    serving: tuple[str, ...] | None  # who may serve customers; None: everybody whom the app sees
    home_url: str | None  # what opens from the workbench; None: the address given at the start


@dataclass(frozen=True, slots=True)
class Robot:
    """The company's 智能机器人."""

    id: str
    secret: str
    name: str


@dataclass(frozen=True, slots=True)
class Tenant:
    corpid: str
    corp_name: str
    app: App
    timeout: float  # seconds the callback may take
    retry_waits: tuple[float, ...]  # pause before each retry; their number is the number of retries
    id_epoch: int | None  # fixes the first part of every id, for repeatable tests; else the birth second of the state
    departments: tuple[Json, ...]
    members: tuple[Json, ...]
    outside: tuple[Json, ...]
    robot: Robot | None
    archive_secret: str  # "": the company has no chat archive
    archive_keys: dict[int, str]  # public keys (PEM) by version
    tags: tuple[Json, ...]  # groups of tags, as get_corp_tag_list shows them
    groups: tuple[Json, ...]  # customer groups: chat_id, name, owner, create_time, members


def load(path: Path) -> Tenant:
    """Read a tenant file; raises TenantError naming what is missing."""
    try:
        raw: Json = json.loads(path.read_text(encoding="utf-8"))
        app, callback = raw["app"], raw.get("callback", {})
        tenant = Tenant(
            corpid=raw["corpid"],
            corp_name=raw["corp_name"],
            app=App(
                agentid=int(app["agentid"]),
                name=app["name"],
                description=app.get("description", ""),
                secret=app["secret"],
                token=app["token"],
                aeskey=app["aeskey"],
                trusted_domains=tuple(app["trusted_domains"]),
                trusted_ips=tuple(app.get("trusted_ips", ())),
                visible_departments=tuple(app["visible_departments"]),
                visible_users=tuple(app.get("visible_users", ())),
                external_contact_enabled=bool(app.get("external_contact_enabled", False)),
                reads_check_ins=bool(app.get("reads_check_ins", True)),
                isreportenter=bool(app.get("isreportenter", False)),
                truncates=app.get("overlong", "refuse") == "truncate",
                closed=bool(app.get("closed", False)),
                serving=tuple(app["serving"]) if "serving" in app else None,
                home_url=app.get("home_url"),
            ),
            timeout=float(callback.get("timeout", 5)),
            retry_waits=tuple(float(wait) for wait in callback.get("retry_waits", (1, 2, 4))),
            id_epoch=raw.get("id_epoch"),
            departments=tuple(raw["departments"]),
            members=tuple(raw["members"]),
            outside=tuple(raw.get("outside", ())),
            robot=Robot(**raw["robot"]) if "robot" in raw else None,
            archive_secret=raw.get("archive", {}).get("secret", ""),
            archive_keys={int(number): pem for number, pem in raw.get("archive", {}).get("public_keys", {}).items()},
            tags=tuple(raw.get("tags", ())),
            groups=tuple(raw.get("groups", ())),
        )
    except (OSError, ValueError, TypeError) as error:
        raise TenantError(f"{path}: {error}") from error
    except KeyError as error:
        raise TenantError(f"{path}: {error} is missing") from error
    if len(tenant.app.aeskey) != 43:
        raise TenantError(f"{path}: app.aeskey must have 43 characters")
    return tenant
