"""`make demo`: starts everything, keeps its data over a second start, and leaves no process behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from emulator.demo.settings import Demo
from tests.support.process import ROOT, free_port

pytestmark = [pytest.mark.slow, pytest.mark.redis]


class Running:
    """A demo on ports and in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.port, self.emulator_port = free_port(), free_port()
        self.folder = folder
        self._http = requests.Session()
        self._http.trust_env = False
        self.process: subprocess.Popen[str] | None = None

    @property
    def env(self) -> dict[str, str]:
        own = {"VAR_DIR": str(self.folder), "PORT": str(self.port), "EMULATOR_PORT": str(self.emulator_port)}
        return os.environ | own

    def start(self) -> str:
        """What it printed until it ran."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "emulator.demo"],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if "Ctrl-C" in line:
                return said
        raise AssertionError(f"the demo ended: {said}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.communicate(timeout=30)
            assert self.process.returncode == 0
            self.process = None

    def say(self, userid: str, text: str) -> str:
        url = f"http://127.0.0.1:{self.emulator_port}/emu/api/say"
        answer = self._http.post(url, json={"userid": userid, "text": text}, timeout=30)
        return json.dumps(answer.json(), ensure_ascii=False)

    def processes(self) -> list[str]:
        """Command lines of whatever still runs with this folder in its environment or on its command line."""
        found = []
        for one in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it ended meanwhile
                command = (one / "cmdline").read_bytes()
                if str(self.folder).encode() in command + (one / "environ").read_bytes():
                    found.append(command.replace(b"\0", b" ").decode())
        return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "var")
    yield running
    if running.process is not None:
        running.process.kill()
        running.process.communicate()


@pytest.mark.timeout(240)
def test_the_demo_talks_keeps_its_data_and_leaves_nobody_behind(demo: Running) -> None:
    assert "fresh demo company" in demo.start()
    assert "已记到「昆山恒泽水务设备有限公司」" in demo.say("liqiang", "/跟进 恒泽 电话确认了二期的付款方式")
    assert len(demo.processes()) >= 7  # supervisor, emulator, web and its two, scheduler, worker, Redis
    demo.stop()
    assert demo.processes() == []

    assert "as you left it" in demo.start()
    assert "电话确认了二期的付款方式" in demo.say("liqiang", "/客户 恒泽")
    demo.stop()
    assert demo.processes() == []


def test_a_port_in_use_is_told_in_a_sentence(demo: Running) -> None:
    with subprocess.Popen([sys.executable, "-m", "http.server", str(demo.port), "--bind", "127.0.0.1"]) as squatter:
        try:
            _wait_for(demo.port)
            said = subprocess.run(
                [sys.executable, "-m", "emulator.demo"],
                cwd=ROOT,
                env=demo.env,
                capture_output=True,
                text=True,
                timeout=60,
            )
        finally:
            squatter.terminate()
    assert said.returncode == 1
    assert f"Port {demo.port} is in use" in said.stdout


def test_the_company_trusts_the_addresses_of_this_run(tmp_path: Path) -> None:
    company = json.loads(Demo(tmp_path, 8010, 8011).company_file().read_text(encoding="utf-8"))
    assert company["app"]["trusted_domains"] == ["127.0.0.1:8010", "localhost:8010"]


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            requests.get(f"http://127.0.0.1:{port}", timeout=1)
        except requests.ConnectionError:
            time.sleep(0.1)  # a refusal comes at once; an interpreter takes its second to start
            continue
        return
    raise AssertionError("the squatter never listened")
