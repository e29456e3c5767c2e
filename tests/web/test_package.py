"""The mini-program's package: what WeChat's tools would refuse is found without them, and so is what the host cannot play."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bootstrap import WEB, find_node

pytestmark = pytest.mark.slow
PACKAGE = WEB / "dist" / "weapp"
LARGEST = 1024 * 1024  # bytes, half of what WeChat takes
ME = "pages/me/me"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    if not (PACKAGE / "app.json").exists():
        pytest.skip("web/ was not built")
    return Path(shutil.copytree(PACKAGE, tmp_path / "weapp"))


def check(package: Path) -> tuple[int, str]:
    node, _ = find_node()
    words = [*node, str(WEB / "check_weapp.mjs"), str(package)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_nothing_is_wrong_with_it_and_it_is_small(package: Path) -> None:
    code, said = check(package)
    assert code == 0, said
    assert sum(path.stat().st_size for path in package.rglob("*") if path.is_file()) < LARGEST


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def plant(package: Path) -> None:
        text = (package / name).read_text(encoding="utf-8")
        assert old in text
        (package / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return plant


def add(name: str, more: str) -> Callable[[Path], None]:
    def plant(package: Path) -> None:
        with (package / name).open("a", encoding="utf-8") as file:
            file.write(more)

    return plant


def in_app(**changes: object) -> Callable[[Path], None]:
    def plant(package: Path) -> None:
        app = json.loads((package / "app.json").read_text(encoding="utf-8"))
        (package / "app.json").write_text(json.dumps(app | changes), encoding="utf-8")

    return plant


def without(name: str) -> Callable[[Path], None]:
    return lambda package: (package / name).unlink()


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a page's template is gone": (without(f"{ME}.wxml"), f"{ME}.wxml is missing"),
    "JSON that is none": (add(f"{ME}.json", "}"), f"{ME}.json: "),
    "a tab without its picture": (without("icons/me-on.png"), "icons/me-on.png is missing"),
    "a component that is not there": (
        edit("pages/today/today.json", "/components/bones/bones", "/components/bone/bone"), "which is no component"
    ),
    "a position without its declaration": (
        lambda package: (in_app(requiredPrivateInfos=[])(package), add("app.js", "\nwx.getLocation({});")(package)),  # type: ignore[dict-item]
        "wx.getLocation is not in requiredPrivateInfos",
    ),
    "code from text": (add("app.js", "\nnew Function('return 1')"), "code is made at run time"),
    "a way to no page": (add("app.js", "\nconst there = '/pages/nowhere/nowhere';"), "/pages/nowhere/nowhere is no page"),
    "a page that another one loads": (add("app.js", f"\nrequire('./{ME}');"), "a page or component is nobody's module"),
    "a module that does not run": (add("lib/words.js", "\nnowhere();"), "nowhere is not defined"),
    "a tag that closes nothing": (add(f"{ME}.wxml", "</view>"), f"{ME}.wxml: "),
    "a handler with another name": (edit(f"{ME}.wxml", 'bind:tap="leave"', 'bind:tap="leeve"'), "nothing is called leeve"),
    "a tag that nobody knows": (add(f"{ME}.wxml", "<marquee></marquee>"), "<marquee> is neither built in nor used here"),
    "a style sheet that is none": (add(f"{ME}.wxss", ".who { color: "), f"{ME}.wxss: "),
    "a selector by tag": (add(f"{ME}.wxss", ".who view { color: red }"), "is no selector by class"),
    "a unit the host has not": (add(f"{ME}.wxss", ".who { height: 20rpx }"), "rpx; write px"),
    "more than WeChat takes": (add("app.js", "//" + "x" * 2_100_000), "is the most"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(package: Path, fault: str) -> None:
    plant, finding = FAULTS[fault]
    plant(package)
    code, said = check(package)
    assert (code, finding in said) == (1, True), said


@pytest.mark.parametrize("project", ["miniapp", "host"])
def test_typescript_finds_nothing_wrong(project: str) -> None:
    compiler = WEB / "node_modules" / "typescript" / "bin" / "tsc"
    if not compiler.exists():
        pytest.skip("the packages of web/ are not installed")
    node, _ = find_node()
    words = [*node, str(compiler), "-p", str(WEB / project), "--noEmit"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
