"""The environment: read once, checked at once, refused with one line that names the bad value."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.settings import Settings

GOOD = {
    "WECOM_CORP_ID": "wwdemo0000000001",
    "WECOM_AGENT_ID": "1000002",
    "WECOM_AGENT_SECRET": "secret",
    "WECOM_TOKEN": "demotoken",
    "WECOM_ENCODING_AES_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
}
PRODUCTION = GOOD | {
    "APP_ENV": "production",
    "DATABASE_URL": "postgresql+psycopg://crm@db/crm",
    "REDIS_URL": "redis://redis",
    "SECRET_KEY": "k" * 40,
    "PUBLIC_URL": "https://crm.example.com",
}


Load = Callable[[Mapping[str, str]], Settings]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name in PRODUCTION or name.startswith(("WECOM_", "EMULATOR_", "PORT", "VAR_DIR")):
            monkeypatch.delenv(name)

    def read(env: Mapping[str, str]) -> Settings:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        return Settings.load()

    return read


def test_development_fills_in_what_is_not_set(load: Load, tmp_path: Path) -> None:
    settings = load(GOOD)
    assert settings.database_url == f"sqlite:///{tmp_path}/var/crm.db"
    assert settings.redis_url == f"unix://{tmp_path}/var/redis/redis.sock"
    assert len(settings.secret_key) >= 32
    assert load(GOOD).secret_key == settings.secret_key, "a restart signs nobody out"


def test_processes_that_start_together_share_one_whole_secret(load: Load, tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: load(GOOD).secret_key, range(64)))
    assert [len(secret) for secret in found] == [64]
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WECOM_CORP_ID", ""),
        ("WECOM_AGENT_ID", "app"),
        ("WECOM_TOKEN", "with space"),
        ("WECOM_ENCODING_AES_KEY", "short"),
        ("PORT", "70000"),
        ("PUBLIC_URL", "crm.example.com"),
        ("APP_ENV", "staging"),
    ],
)
def test_a_malformed_value_stops_the_start_with_one_line_naming_it(load: Load, name: str, value: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        load(GOOD | {name: value})
    assert name in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_a_missing_value_is_named(load: Load) -> None:
    with pytest.raises(SystemExit, match="WECOM_TOKEN"):
        load({name: value for name, value in GOOD.items() if name != "WECOM_TOKEN"})


def test_production_starts_with_everything_set(load: Load) -> None:
    assert load(PRODUCTION).production


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "sqlite:///crm.db"),
        ("REDIS_URL", ""),
        ("SECRET_KEY", "short"),
        ("PUBLIC_URL", "http://crm.example.com"),
        ("EMULATOR_URL", "http://127.0.0.1:8001"),
        ("WECOM_ROBOT_URL", "ws://127.0.0.1:8001/robot"),
    ],
)
def test_production_refuses_what_is_for_development(load: Load, name: str, value: str) -> None:
    with pytest.raises(SystemExit, match=name):
        load(PRODUCTION | {name: value})


@pytest.mark.parametrize("name", ["WECOM_ROBOT_ID", "WECOM_ROBOT_SECRET"])
def test_half_a_robot_is_none(load: Load, name: str) -> None:
    with pytest.raises(SystemExit, match="WECOM_ROBOT_ID and WECOM_ROBOT_SECRET belong together"):
        load(GOOD | {name: "x"})


def test_production_refuses_a_shifted_clock(load: Load, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "clock").write_text("86400")
    with pytest.raises(SystemExit, match="clock"):
        load(PRODUCTION)


def test_an_env_file_is_read_in_development_alone(load: Load, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9000\n")
    assert load(GOOD).port == 9000
    assert load(PRODUCTION).port == 8000


def test_half_an_archive_is_refused_in_one_line(load: Load, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    secret = GOOD | {"WECOM_ARCHIVE_SECRET": "s"}
    for env, said in (
        (secret, "WECOM_ARCHIVE_SECRET and WECOM_ARCHIVE_PRIVATE_KEYS go together"),
        (GOOD | {"WECOM_ARCHIVE_PRIVATE_KEYS": str(keys)}, "go together"),
        (secret | {"WECOM_ARCHIVE_PRIVATE_KEYS": str(keys)}, "must be a folder"),
        (secret | {"WECOM_ARCHIVE_PRIVATE_KEYS": str(tmp_path)}, "holds no key"),
    ):
        with pytest.raises(SystemExit) as stopped:
            load(env)
        assert said in str(stopped.value)
        assert "\n" not in str(stopped.value)
        os.environ.pop("WECOM_ARCHIVE_SECRET", None)
    keys.mkdir()
    (keys / "1.pem").touch()
    whole = secret | {"WECOM_ARCHIVE_PRIVATE_KEYS": str(keys), "WECOM_ARCHIVE_URL": "http://127.0.0.1:8001/archive"}
    assert load(whole).wecom_archive_private_keys == keys
    with pytest.raises(SystemExit, match="WECOM_ARCHIVE_URL is for development only"):
        load(PRODUCTION | whole)
