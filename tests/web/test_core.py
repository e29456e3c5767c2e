"""The mini-program's core in node: compiled without a browser's or WeChat's names, then held to its promises."""

import os
import subprocess
from pathlib import Path

import pytest

from bootstrap import WEB, find_node

TESTS = sorted((Path(__file__).parent / "core").glob("*.test.mjs"))


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the compiled modules."""
    compiler = WEB / "node_modules" / "typescript" / "bin" / "tsc"
    if not compiler.exists():
        pytest.skip("the packages of web/ are not installed")
    node, _ = find_node()
    out = tmp_path_factory.mktemp("core")
    words = [*node, str(compiler), "-p", str(TESTS[0].parent), "--outDir", str(out)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    return out


@pytest.mark.slow
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_in_node(path: Path, core: Path) -> None:
    node, _ = find_node()
    words = [*node, "--test", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | {"CORE": str(core)})
    assert done.returncode == 0, done.stdout
