"""The environment, read once and checked at once: a wrong value stops the start with one line naming it."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SQLITE_IN_VAR = "sqlite:///{var}/crm.db"
REDIS_IN_VAR = "unix://{var}/redis/redis.sock"
LOOPBACK = "http://127.0.0.1:8000"


class Settings(BaseSettings):
    """Each field is the environment variable of the same name in capitals (`docs/guide.zh.md` lists them)."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    app_env: Literal["development", "production"] = "development"
    var_dir: Path = Path("var")
    database_url: str = ""
    redis_url: str = ""
    secret_key: str = ""
    public_url: str = LOOPBACK
    port: int = Field(default=8000, ge=1, le=65535)
    emulator_port: int = Field(default=8001, ge=1, le=65535)
    # How many proxies of our own stand before us: so many of the last addresses in X-Forwarded-For are believed.
    trusted_proxies: int = Field(default=0, ge=0, le=10)

    # Of /api/v1: calls of one person; sign-ins and unknown tokens of one address (a whole office may be behind it).
    api_calls_per_minute: int = Field(default=600, ge=300, le=100_000)
    api_sign_ins_per_minute: int = Field(default=300, ge=10, le=100_000)

    wecom_api_base: str = "https://qyapi.weixin.qq.com/cgi-bin/"
    wecom_login_url: str = "https://login.work.weixin.qq.com/wwlogin/sso/login"
    wecom_oauth_url: str = "https://open.weixin.qq.com/connect/oauth2/authorize"
    emulator_url: str = ""
    wecom_corp_id: str = Field(min_length=1)
    wecom_agent_id: int = Field(gt=0)
    wecom_agent_secret: str = Field(min_length=1)
    wecom_token: str = Field(pattern=r"^[A-Za-z0-9]{1,32}$")
    wecom_encoding_aes_key: str = Field(pattern=r"^[A-Za-z0-9]{43}$")
    wecom_robot_url: str = "wss://openws.work.weixin.qq.com"
    wecom_robot_id: str = ""  # the 智能机器人, if there is one
    wecom_robot_secret: str = ""

    # An OpenAI-compatible endpoint for digests, e.g. https://llm.example/v1; without it they are made offline.
    summariser_base_url: str = ""
    summariser_api_key: str = ""
    summariser_model: str = ""

    # 会话内容存档, off without its secret. The keys are a folder of <version>.pem, looked into while we run.
    wecom_archive_secret: str = ""
    wecom_archive_private_keys: Path | None = None
    wecom_archive_library: str = "libWeWorkFinanceSdk_C.so"
    wecom_archive_url: str = ""  # a development platform's archive instead of the library

    @field_validator("wecom_api_base")
    @classmethod
    def _ends_with_a_slash(cls, value: str) -> str:
        return value if value.endswith("/") else value + "/"

    @field_validator("public_url", "wecom_api_base", "wecom_login_url", "wecom_oauth_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("must be an http(s) address")
        return value

    @field_validator("wecom_robot_url")
    @classmethod
    def _is_a_socket(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("ws", "wss") or not parts.netloc:
            raise ValueError("must be a ws(s) address")
        return value

    @field_validator("summariser_base_url")
    @classmethod
    def _is_an_address_or_nothing(cls, value: str) -> str:
        return cls._is_an_address(value) if value else value

    @model_validator(mode="after")
    def _fill_or_refuse(self) -> Self:
        production = self.app_env == "production"
        if bool(self.wecom_robot_id) != bool(self.wecom_robot_secret):
            raise ValueError("WECOM_ROBOT_ID and WECOM_ROBOT_SECRET belong together: set both, or neither")
        if production:
            for name, value in (("DATABASE_URL", self.database_url), ("REDIS_URL", self.redis_url)):
                if not value:
                    raise ValueError(f"{name} must be set in production")
            if self.database_url.startswith("sqlite"):
                raise ValueError("DATABASE_URL must be postgresql+psycopg://… in production")
            if len(self.secret_key) < 32:
                raise ValueError("SECRET_KEY must be set to at least 32 characters in production")
            if not self.public_url.startswith("https://"):
                raise ValueError("PUBLIC_URL must be the https address that phones reach in production")
            if not self.wecom_robot_url.startswith("wss://"):
                raise ValueError("WECOM_ROBOT_URL must be a wss address in production")
            if self.emulator_url:
                raise ValueError("EMULATOR_URL is for development only")
            if self.wecom_archive_url:
                raise ValueError("WECOM_ARCHIVE_URL is for development only")
            if (self.var_dir / "clock").exists():
                raise ValueError("VAR_DIR holds a shifted development clock (file 'clock'): remove it")
            if self.summariser_base_url.startswith("http:"):
                raise ValueError("SUMMARISER_BASE_URL must be https in production: customers' words go there")
        if bool(self.summariser_base_url) != bool(self.summariser_model):
            raise ValueError("SUMMARISER_BASE_URL and SUMMARISER_MODEL are set together")
        self._refuse_half_an_archive()
        var = self.var_dir.resolve()
        fill: dict[str, object] = {
            "var_dir": var,
            "database_url": self.database_url or SQLITE_IN_VAR.format(var=var),
            "redis_url": self.redis_url or REDIS_IN_VAR.format(var=var),
            "public_url": self.public_url.rstrip("/"),
            "secret_key": self.secret_key or _development_secret(var),
        }
        for name, filled in fill.items():
            object.__setattr__(self, name, filled)  # frozen for everybody else
        return self

    def _refuse_half_an_archive(self) -> None:
        keys = self.wecom_archive_private_keys
        if bool(self.wecom_archive_secret) != bool(keys):
            raise ValueError("WECOM_ARCHIVE_SECRET and WECOM_ARCHIVE_PRIVATE_KEYS go together")
        if keys and not keys.is_dir():
            raise ValueError("WECOM_ARCHIVE_PRIVATE_KEYS must be a folder with a <version>.pem for each private key")
        if keys and not any(path.stem.isdigit() for path in keys.glob("*.pem")):
            raise ValueError("WECOM_ARCHIVE_PRIVATE_KEYS holds no key: put <version>.pem in it")
        if self.wecom_archive_url and urlsplit(self.wecom_archive_url).scheme not in ("http", "https"):
            raise ValueError("WECOM_ARCHIVE_URL must be an http(s) address")

    @property
    def production(self) -> bool:
        return self.app_env == "production"

    @classmethod
    def load(cls) -> Self:
        """Read the environment (and `.env` in development), or stop with one line naming the bad value."""
        env_file = None if os.environ.get("APP_ENV") == "production" else ".env"
        try:
            return cls(_env_file=env_file)
        except ValidationError as error:
            raise SystemExit("configuration: " + "; ".join(_line(problem) for problem in error.errors())) from None


def _line(problem: Mapping[str, Any]) -> str:
    name = "_".join(str(part) for part in problem["loc"]).upper()
    said = str(problem["msg"]).removeprefix("Value error, ")
    return f"{name}: {said}" if name else said


def _development_secret(var: Path) -> str:
    """Made once and kept, so that a restart does not sign everybody out. Never there half written."""
    var.mkdir(parents=True, exist_ok=True)
    path = var / "secret_key"
    if not path.exists():
        beside = var / f"secret_key.{secrets.token_hex(8)}"
        beside.touch(mode=0o600)
        beside.write_text(secrets.token_urlsafe(48), encoding="ascii")
        with suppress(FileExistsError):  # of several processes that start together one is first
            os.link(beside, path)
        beside.unlink()
    return path.read_text(encoding="ascii")
