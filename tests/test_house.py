"""The house rules, checked like any other behaviour: what a newcomer may rely on in every room."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("bot", "miniapp_api", "console", "jobs", "crm", "gateways", "models", "config")
CLOCKS = ("wsgi.py", "jobs/wiring.py", "config/clock.py")
COMMITS = ("crm/uow.py", "gateways/spool.py")
TARGETS = ("demo", "demo-reset", "test", "test-fast", "lint", "bench", "shots", "chaos", "load", "help")
LINT_IMPORTS = str(Path(sys.executable).with_name("lint-imports"))


def tracked() -> list[Path]:
    """Every file that is in the repository or would be added to it, relative to the top."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file()]


FILES = tracked()
MODULES = [path for path in FILES if path.suffix == ".py"]
OURS = [path for path in MODULES if path.parts[0] in PRODUCT or path.name == "wsgi.py"]


def read(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def calls(path: Path) -> frozenset[str]:
    """The dotted names that a module calls: `datetime.now`, `session.commit`."""
    called = (node.func for node in ast.walk(ast.parse(read(path))) if isinstance(node, ast.Call))
    return frozenset(ast.unparse(one) for one in called if isinstance(one, ast.Attribute))


def asks_the_clock(call: str) -> bool:
    return re.search(r"\b(datetime\.now|datetime\.utcnow|datetime\.today|date\.today)$", call) is not None


def test_no_module_is_longer_than_one_sitting() -> None:
    # a migration is one revision, however many tables it makes
    sources = [path for path in MODULES if path.parts[0] != "tests" and path.parent.name != "versions"]
    assert [(path, n) for path in sources if (n := read(path).count("\n")) > 300] == []


def test_only_the_unit_of_work_commits() -> None:
    guilty = [path for path in OURS if any(call.endswith(".commit") for call in calls(path))]
    assert [path for path in guilty if str(path) not in COMMITS] == []


def test_the_time_of_day_enters_at_composition_roots_only() -> None:
    assert [path for path in OURS if str(path) not in CLOCKS and any(map(asks_the_clock, calls(path)))] == []


def test_rules_never_look_at_any_clock() -> None:
    rules = [path for path in OURS if path.is_relative_to("crm/rules")]
    assert rules
    assert [path for path in rules if any(re.search(r"\.(now|utcnow|today)$", call) for call in calls(path))] == []


def test_the_makefile_has_the_targets_that_outsiders_rely_on() -> None:
    listed = subprocess.run(["make", "--silent", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [name for name in TARGETS if not re.search(rf"^  make {name} +\S", listed, re.MULTILINE)] == []


def test_the_readme_names_every_make_target() -> None:
    readme = read(Path("README.md"))
    assert [name for name in TARGETS if not re.search(rf"make {name}(?![\w-])", readme)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"(^|[^A-Za-z0-9_./-])/(work|farm)/", id="paths of one machine"),
        pytest.param(r'"resolved": *"https?://', id="addresses in a lock file"),
        pytest.param(r"--(extra-)?index-url|^registry *=", id="a chosen registry"),
        pytest.param(r"(registry\.npmjs|files\.pythonhosted|pypi)\.(org|com)", id="registry hosts"),
    ],
)
def test_the_tree_holds_nothing_of_the_machine_it_was_written_on(pattern: str) -> None:
    found = []
    for path in FILES:
        try:
            lines = read(path).splitlines()
        except UnicodeDecodeError:
            continue
        found += [f"{path}:{number}" for number, line in enumerate(lines, 1) if re.search(pattern, line)]
    assert found == []


def test_secrets_and_data_stay_out_of_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in listed if re.search(r"(^|/)\.env$|^var/|^web/dist/|node_modules/", name)] == []


@pytest.mark.parametrize("path", [path for path in FILES if re.fullmatch(r"requirements.*\.txt", str(path))], ids=str)
def test_requirements_are_exact_and_the_odd_ones_have_a_reason(path: Path) -> None:
    lock = read(path.with_suffix(".lock"))
    for line in read(path).splitlines():
        if line.startswith("#") or not line.strip():
            continue
        wanted = re.fullmatch(r"([a-z0-9-]+)(\[[a-z,]+\])?==([\w.]+)(; [^#]+?)?(\s+# .+)?", line)
        assert wanted, f"not an exact pin: {line}"
        name, _, version, marker, reason = wanted.groups()
        odd = marker or re.search(r"(a|b|rc|dev|post)\d+$", version)
        assert reason or not odd, f"say why: {line}"
        assert re.search(rf"^{name}(\[[a-z,]+\])?=={re.escape(version)} ", lock, re.MULTILINE), f"not locked: {line}"


@pytest.mark.parametrize("path", [path for path in FILES if re.fullmatch(r"requirements.*\.lock", str(path))], ids=str)
def test_every_locked_package_has_a_hash(path: Path) -> None:
    packages = re.findall(r"^\S+==.*(?:\n(?!\S+==).*)*", read(path), re.MULTILINE)
    assert packages
    assert [package.split("\n")[0] for package in packages if "--hash=sha256:" not in package] == []


def test_imports_only_point_downward() -> None:
    words = [LINT_IMPORTS, "--no-logo", "--no-cache"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# contract id, file, the import that must break it
FORBIDDEN = [
    ("layers", "bot/planted.py", "import jobs"),
    ("layers", "crm/usecases/planted.py", "import gateways.wecom"),
    ("layers", "gateways/planted.py", "import crm.uow"),
    ("layers", "config/planted.py", "import models"),
    ("business-layers", "crm/usecases/planted.py", "import crm.flows"),
    ("business-layers", "crm/reads/planted.py", "import crm.usecases"),
    ("business-layers", "crm/access/rows.py", "import crm.messages"),
    ("business-layers", "crm/unnamed_room.py", ""),
    ("pure", "crm/rules/planted.py", "import os"),
    ("pure", "crm/rules/planted.py", "import config.settings"),
    ("pure", "config/policy.py", "import sqlalchemy"),
    ("store", "jobs/planted.py", "import models.people"),
    ("no-network", "crm/flows/planted.py", "import requests"),
    ("no-sql", "console/planted.py", "import sqlalchemy"),
    ("wechatpy", "crm/usecases/planted.py", "import wechatpy"),
    ("wechatpy", "gateways/planted.py", "import wechatpy"),
    ("emulator-apart", "emulator/planted.py", "import config.vocabulary"),
    ("emulator-unknown", "jobs/planted.py", "import emulator"),
    ("demo-on-top", "emulator/planted.py", "import emulator.demo"),
    ("wsgi", "jobs/planted.py", "import wsgi"),
]
ALLOWED = [
    ("layers", "jobs/planted.py", "import crm.uow, gateways.wecom, config.settings"),
    ("store", "crm/usecases/planted.py", "import models.people"),
    ("wechatpy", "gateways/wecom/planted.py", "import wechatpy"),
    ("emulator-apart", "emulator/demo/planted.py", "import crm.uow"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of the house and its contracts, to plant imports in."""
    folder = tmp_path_factory.mktemp("house")
    for path in [*MODULES, Path("pyproject.toml")]:
        if path.parts[0] != "tests":
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, folder / path)
    return folder


def plant(copy: Path, contract: str, path: str, line: str) -> subprocess.CompletedProcess[str]:
    file = copy / path
    before = file.read_text(encoding="utf-8") if file.exists() else None
    file.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        words = [LINT_IMPORTS, "--no-logo", "--no-cache", "--contract", contract]
        return subprocess.run(words, cwd=copy, capture_output=True, text=True, check=False)
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_text(before, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(("contract", "path", "line"), FORBIDDEN)
def test_a_forbidden_import_breaks_its_contract(copy: Path, contract: str, path: str, line: str) -> None:
    done = plant(copy, contract, path, line)
    assert done.returncode == 1, done.stdout + done.stderr
    # Broken by the import, not by a mistake in the configuration, which also ends with 1.
    assert "Contracts: 0 kept, 1 broken." in done.stdout, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("contract", "path", "line"), ALLOWED)
def test_an_import_that_the_plan_allows_keeps_its_contract(copy: Path, contract: str, path: str, line: str) -> None:
    done = plant(copy, contract, path, line)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_contract_has_an_import_that_breaks_it() -> None:
    contracts = tomllib.loads(read(Path("pyproject.toml")))["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == {contract for contract, _, _ in FORBIDDEN}
