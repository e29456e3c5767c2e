"""The environment of every process of the demo: development, SQLite, the emulator as WeCom."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from Crypto.PublicKey import RSA

ROOT = Path(__file__).parent.parent.parent
COMPANY = Path(__file__).parent / "company.json"
_USUAL = "var"
_MARK = "made-by-make-demo"
_KEYS = "archive-keys"
_ARCHIVE_SECRET = "demo-archive-secret-local-emulator-only"  # noqa: S105 - nobody but the emulator takes it
# Everything the demo's processes write; a reset takes nothing else away, whatever VAR_DIR names.
_OURS = (
    *(f"{store}{suffix}" for store in ("crm.db", "spool.db") for suffix in ("", "-wal", "-shm")),
    *(
        "secret_key",
        "clock",
        "emulator.json",
        "emulator.json.people",
        "emulator.json.tmp",
        "company.json",
        "audit.head",
        "planted",
        "log",
        "redis",
        _KEYS,
    ),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """Where things are. Paths are absolute."""

    var: Path
    port: int
    emulator_port: int

    @classmethod
    def load(cls) -> "Demo":
        return cls(
            var=(ROOT / (os.environ.get("VAR_DIR") or _USUAL)).resolve(),
            port=int(os.environ.get("PORT", "8000")),
            emulator_port=int(os.environ.get("EMULATOR_PORT", "8001")),
        )

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def wecom(self) -> str:
        return f"http://127.0.0.1:{self.emulator_port}"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.var}/crm.db"

    def environment(self, redis_url: str) -> dict[str, str]:
        """What the product reads, for all its processes alike."""
        app = json.loads(COMPANY.read_text(encoding="utf-8"))
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("WECOM_")},
            "APP_ENV": "development",
            "VAR_DIR": str(self.var),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": redis_url,
            "PORT": str(self.port),
            "EMULATOR_PORT": str(self.emulator_port),
            "PUBLIC_URL": self.web,
            "EMULATOR_URL": self.wecom,
            "WECOM_API_BASE": f"{self.wecom}/cgi-bin/",
            "WECOM_LOGIN_URL": f"{self.wecom}/wwlogin/sso/login",
            "WECOM_OAUTH_URL": f"{self.wecom}/connect/oauth2/authorize",
            "WECOM_CORP_ID": app["corpid"],
            "WECOM_AGENT_ID": str(app["app"]["agentid"]),
            "WECOM_AGENT_SECRET": app["app"]["secret"],
            "WECOM_TOKEN": app["app"]["token"],
            "WECOM_ENCODING_AES_KEY": app["app"]["aeskey"],
            "WECOM_ROBOT_URL": f"ws://127.0.0.1:{self.emulator_port}/robot",
            "WECOM_ROBOT_ID": app["robot"]["id"],
            "WECOM_ROBOT_SECRET": app["robot"]["secret"],
            "WECOM_ARCHIVE_SECRET": _ARCHIVE_SECRET,
            "WECOM_ARCHIVE_PRIVATE_KEYS": str(self._archive_keys),
            "WECOM_ARCHIVE_URL": f"{self.wecom}/archive",
            "TZ": "Asia/Shanghai",
            "PYTHONUNBUFFERED": "1",
        }

    def company_file(self) -> Path:
        """The demo company with this run's own addresses among the trusted ones."""
        company = json.loads(COMPANY.read_text(encoding="utf-8"))
        company["app"]["trusted_domains"] = [f"127.0.0.1:{self.port}", f"localhost:{self.port}"]
        company["archive"] = {"secret": _ARCHIVE_SECRET, "public_keys": {"1": self._public_key()}}
        path = self.var / "company.json"
        path.write_text(json.dumps(company, ensure_ascii=False, indent=1), encoding="utf-8")
        return path

    @property
    def planted(self) -> bool:
        """Whether the store holds the company already, under the schema of this very version."""
        note = self.var / "planted"
        return note.exists() and note.read_text(encoding="utf-8") == _schema()

    def note_planted(self) -> None:
        (self.var / "planted").write_text(_schema(), encoding="utf-8")

    def prepare(self) -> None:
        """Make the folder, and mark it as ours if nobody else had anything in it: only a marked one is ever reset."""
        self.var.mkdir(parents=True, exist_ok=True)
        if not any(self.var.iterdir()):
            (self.var / _MARK).touch()

    def _public_key(self) -> str:
        """Of the archive's key pair, which the demo makes once, as a company would."""
        path = self._archive_keys / "1.pem"
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_bytes(RSA.generate(2048).export_key())
        return RSA.import_key(path.read_bytes()).public_key().export_key().decode()

    @property
    def _archive_keys(self) -> Path:
        return self.var / _KEYS

    def forget(self) -> None:
        """Take away what the demo wrote; refuses as `must_be_ours` does."""
        self.must_be_ours()
        for name in _OURS:
            path = self.var / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def must_be_ours(self) -> None:
        """Nobody resets a folder that no demo made: SystemExit says which, and what to do."""
        if self._holds_others():
            raise SystemExit(
                f"VAR_DIR={self.var} was not made by `make demo`, so nothing in it is deleted. "
                "Name an empty or new folder, or delete this one yourself."
            )

    def _holds_others(self) -> bool:
        if ROOT.is_relative_to(self.var):
            return True
        if self.var == ROOT / _USUAL or (self.var / _MARK).exists() or not self.var.exists():
            return False
        return not self.var.is_dir() or any(self.var.iterdir())


def _schema() -> str:
    return "\n".join(sorted(path.name for path in (ROOT / "models" / "migrations" / "versions").glob("*.py")))
