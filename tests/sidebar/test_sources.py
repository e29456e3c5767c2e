"""The page's sources pass TypeScript, and what the server adds for the emulator is only there with one."""

import subprocess
from pathlib import Path

import pytest
from flask import Flask

from bootstrap import WEB, find_node
from miniapp_api import SidebarDeps, sidebar_page


def page_of(folder: Path, emulator: str) -> tuple[str, str]:
    app = Flask(__name__)
    app.register_blueprint(
        sidebar_page(SidebarDeps(folder, "ww1", 7, "https://o.example/a", "https://c.example", emulator))
    )
    answer = app.test_client().get("/sidebar/")
    return answer.get_data(as_text=True), answer.headers["Content-Security-Policy"]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    names = '{"sidebar.css": "sidebar.1.css", "sidebar.js": "sidebar.2.js", "console.css": "console.3.css"}'
    (tmp_path / "manifest.json").write_text(names, encoding="utf-8")
    for name in ("sidebar.1.css", "sidebar.2.js", "console.3.css"):
        (tmp_path / name).write_text("/**/", encoding="utf-8")
    return tmp_path


def test_without_an_emulator_nothing_foreign_runs_and_nobody_frames_it(built: Path) -> None:
    page, policy = page_of(built, "")
    assert page.count("<script") == 1
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


def test_with_one_there_is_one_script_more(built: Path) -> None:
    page, policy = page_of(built, "http://127.0.0.1:8001")
    assert page.count("<script") == 2
    assert '<script src="http://127.0.0.1:8001/static/bridge.js">' in page
    assert "script-src 'self' http://127.0.0.1:8001;" in policy
    assert policy.endswith("frame-ancestors http://127.0.0.1:8001")


def test_only_its_own_files_are_served(built: Path) -> None:
    app = Flask(__name__)
    app.register_blueprint(sidebar_page(SidebarDeps(built, "ww1", 7, "https://o.example/a", "https://c.example", "")))
    client = app.test_client()
    with client.get("/sidebar/static/sidebar.2.js") as answer:
        assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert client.get("/sidebar/static/console.3.css").status_code == 404
    assert client.get("/sidebar/static/manifest.json").status_code == 404


def test_a_page_that_was_not_built_says_so(tmp_path: Path) -> None:
    page, _ = page_of(tmp_path, "")
    assert "make setup" in page


@pytest.mark.slow
def test_typescript_finds_nothing_wrong() -> None:
    compiler = WEB / "node_modules" / "typescript" / "bin" / "tsc"
    if not compiler.exists():
        pytest.skip("the packages of web/ are not installed")
    node, _ = find_node()
    done = subprocess.run([*node, str(compiler), "-p", str(WEB)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
